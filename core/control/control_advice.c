#include "base/log.h"
#include "control/control_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Advice that the controller leaves unanswered, although it answers keepalives, is dropped after
 * this many tries, because other advice is queued behind it. The second try follows at once, on a
 * new connection; the third after the controller has answered another request. */
#define TRIES 3

void control_advice_send(struct control *control) {
    if (!control->up || control->advice_held || http_busy(control->http, HTTP_ADVICE)) {
        return;
    }
    char *const body = advice_queue_head(control->queue, control->all_flows);
    if (!body) {
        return;
    }
    char path[MESSAGE_UUID + 32];
    snprintf(path, sizeof path, "%s/services/tc/classify/",
             join_identity(control->join)->uuid_controller);
    struct error error = {0};
    if (http_start(control->http, HTTP_ADVICE, "POST", path, body, &error) != 0) {
        advice_queue_done(control->queue, ADVICE_KEPT);
        control->advice_held = true;
        log_error(LOG_CONTROLPLANE, "%s: %s", control->options.if_name, error.message);
    }
    free(body);
}

static void give_up(struct control *control, const struct http_reply *reply) {
    advice_queue_done(control->queue, ADVICE_REFUSED);
    control->advice_failures = 0;
    unsigned left_out;
    if (!control_rate_limit_allows(&control->advice_log_limit, &left_out)) {
        return;
    }
    char text[160];
    message_excerpt(reply->body, reply->length, text, sizeof text);
    if (reply->status == 0) {
        snprintf(text, sizeof text, "no answer: %.140s", reply->error);
    }
    log_warning(
        LOG_CONTROLPLANE,
        "%s: the controller refused advice (status %ld: %s), which is dropped (%u similar lines "
        "suppressed); check the controller's log",
        control->options.if_name, reply->status, text, left_out);
}

static void retry(struct control *control, const struct http_reply *reply) {
    control->advice_failures++;
    if (control->advice_failures == TRIES) {
        give_up(control, reply);
        return;
    }
    advice_queue_done(control->queue, ADVICE_KEPT);
    control->advice_held = control->advice_failures > 1;
}

/* A proxy returns these statuses for a controller that does not answer. */
static bool is_missing_reply(long status) {
    return status == 0 || (status >= 502 && status <= 504);
}

void control_advice_take_reply(struct control *control, const struct http_reply *reply) {
    if (reply->status >= 200 && reply->status < 300) {
        advice_queue_done(control->queue, ADVICE_SENT);
        control->advice_failures = 0;
    } else if (is_missing_reply(reply->status)) {
        retry(control, reply);
    } else if (reply->status == 400 && message_is_unknown_uuid(reply->body, reply->length)) {
        advice_queue_done(control->queue, ADVICE_KEPT);
        control->advice_held = true;
        if (!control->stopping) {
            control_session_unknown_uuid(control);
        }
    } else {
        give_up(control, reply);
    }
}

void control_advice_session_lost(struct control *control) {
    http_abort(control->http, HTTP_ADVICE);
    advice_queue_done(control->queue, ADVICE_KEPT);
    control->advice_failures = 0;
}

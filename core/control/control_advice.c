#include "base/log.h"
#include "control/control_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* An advice that the controller does not answer, although it answers keepalives, is given up after
 * so many tries: others wait behind it. The second is made at once, on a new connection; the third
 * when the controller has shown that it lives. */
#define TRIES 3

void control_advice_send(struct control *control) {
    if (!control->up || control->advice_waits || http_busy(control->http, HTTP_ADVICE)) {
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
        control->advice_waits = true;
        log_error(LOG_CONTROLPLANE, "%s: %s", control->options.if_name, error.message);
    }
    free(body);
}

static void give_up(struct control *control, const struct http_reply *reply) {
    advice_queue_done(control->queue, ADVICE_REFUSED);
    control->advice_failures = 0;
    unsigned left_out;
    if (!control_pace_line(&control->advice_pace, &left_out)) {
        return;
    }
    char text[160];
    message_excerpt(reply->body, reply->length, text, sizeof text);
    if (reply->status == 0) {
        snprintf(text, sizeof text, "no answer: %.140s", reply->error);
    }
    log_warning(LOG_CONTROLPLANE,
                "%s: an advice was refused (status %ld: %s) and given up, %u more since this was "
                "said last; check the log of the controller",
                control->options.if_name, reply->status, text, left_out);
}

static void try_again(struct control *control, const struct http_reply *reply) {
    control->advice_failures++;
    if (control->advice_failures == TRIES) {
        give_up(control, reply);
        return;
    }
    advice_queue_done(control->queue, ADVICE_KEPT);
    control->advice_waits = control->advice_failures > 1;
}

/* A proxy in between answers so for a controller that does not. */
static bool is_no_answer(long status) {
    return status == 0 || (status >= 502 && status <= 504);
}

void control_advice_take_reply(struct control *control, const struct http_reply *reply) {
    if (reply->status >= 200 && reply->status < 300) {
        advice_queue_done(control->queue, ADVICE_SENT);
        control->advice_failures = 0;
    } else if (is_no_answer(reply->status)) {
        try_again(control, reply);
    } else if (reply->status == 400 && message_is_unknown_uuid(reply->body, reply->length)) {
        advice_queue_done(control->queue, ADVICE_KEPT);
        control->advice_waits = true;
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

#include "base/clock.h"
#include "base/log.h"
#include "control/control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET_HEADER  14
#define FRAME_MAX        1514
#define FRAMES_PER_ROUND 64

static const struct {
    const char *method;
    const char *path; /* below the session's; NULL: the collection itself */
} calls[] = {
    [JOIN_CALL_CREATE] = {"POST", NULL},
    [JOIN_CALL_READ] = {"GET", ""},
    [JOIN_CALL_SEND_CONF] = {"POST", "/send_conf_packet/"},
    [JOIN_CALL_MAIN_POLICY] = {"GET", "/main_policy/"},
    [JOIN_CALL_OPT_RULES] = {"GET", "/services/tc/opt_rules/"},
    [JOIN_CALL_TC_STATE] = {"PUT", "/services/tc/state/"},
    [JOIN_CALL_KEEPALIVE] = {"PUT", "/keepalive/"},
};

/* Sets *body to NULL when the call has no body. Returns false when memory is exhausted. */
static bool make_body(const struct control *control, enum join_call call, char **body) {
    const struct message_identity *const identity = join_identity(control->join);
    *body = NULL;
    switch (call) {
    case JOIN_CALL_CREATE:
        *body = message_create_body(identity);
        return *body != NULL;
    case JOIN_CALL_READ:
    case JOIN_CALL_SEND_CONF:
        *body = message_read_body(identity);
        return *body != NULL;
    case JOIN_CALL_TC_STATE:
        *body = message_tc_state_body(identity, control->options.dpae_version);
        return *body != NULL;
    case JOIN_CALL_KEEPALIVE:
        *body = message_keepalive_body(identity);
        return *body != NULL;
    case JOIN_CALL_MAIN_POLICY:
    case JOIN_CALL_OPT_RULES:
    case JOIN_CALL_NONE:
        break;
    }
    return true;
}

static int start_call(struct control *control, enum join_call call, struct error *error) {
    char path[MESSAGE_UUID + 64] = "";
    if (calls[call].path) {
        snprintf(path, sizeof path, "%s%s", join_identity(control->join)->uuid_controller,
                 calls[call].path);
    }
    char *body;
    if (!make_body(control, call, &body)) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    const enum http_lane lane = call == JOIN_CALL_KEEPALIVE ? HTTP_KEEPALIVE : HTTP_SESSION;
    http_abort(control->http, lane); /* the reply to an earlier call is obsolete */
    if (call == JOIN_CALL_CREATE) {
        http_abort(control->http, HTTP_KEEPALIVE);
    }
    const int result = http_start(control->http, lane, calls[call].method, path, body, error);
    free(body);
    if (lane == HTTP_SESSION) {
        control->call = call;
    }
    return result;
}

static void warn_about_frames(struct control *control, const struct error *error) {
    unsigned left_out;
    if (control_rate_limit_allows(&control->frame_log_limit, &left_out)) {
        log_warning(LOG_CONTROLPLANE, "%s: %s (%u similar lines suppressed)",
                    control->options.if_name, error->message, left_out);
    }
}

static void close_frames(struct control *control) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    struct error error = {0};
    if (control->frame_fd >= 0 && callbacks->listen(callbacks->context, 0, &error) < 0) {
        warn_about_frames(control, &error);
    }
    control->frame_fd = -1;
}

static void open_frames(struct control *control) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    const uint16_t ethertype = join_created(control->join)->dpae_ethertype;
    if (control->frame_fd >= 0 && control->frame_ethertype == ethertype) {
        return;
    }
    close_frames(control);
    struct error error = {0};
    const int fd = callbacks->listen(callbacks->context, ethertype, &error);
    if (fd < 0) {
        warn_about_frames(control, &error);
        return;
    }
    control->frame_fd = fd;
    control->frame_ethertype = ethertype;
}

static void put_ethernet(uint8_t header[ETHERNET_HEADER], const uint8_t destination[6],
                         const uint8_t source[6], uint16_t ethertype) {
    memcpy(header, destination, 6);
    memcpy(header + 6, source, 6);
    header[12] = (uint8_t)(ethertype >> 8);
    header[13] = (uint8_t)ethertype;
}

static void send_discovery(struct control *control) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    const struct message_created *const created = join_created(control->join);
    uint8_t frame[FRAME_MAX];
    put_ethernet(frame, created->dpae2ctrl_mac, created->ctrl2dpae_mac, created->dpae_ethertype);
    const size_t length =
        message_discovery_payload(join_identity(control->join), (char *)frame + ETHERNET_HEADER,
                                  sizeof frame - ETHERNET_HEADER);
    struct error error = {0};
    if (length == 0) {
        (void)error_set(&error, -ENOMEM,
                        "cannot build the discovery frame: out of memory, or a name is too long");
        warn_about_frames(control, &error);
    } else if (callbacks->send_frame(callbacks->context, frame, ETHERNET_HEADER + length, &error) !=
               0) {
        warn_about_frames(control, &error);
    }
}

static void report_session(struct control *control, bool up) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    const struct message_created *const created = join_created(control->join);
    if (up || control->reported_up) {
        callbacks->session(callbacks->context, up, join_mode(control->join), created->dpae2ctrl_mac,
                           created->ctrl2dpae_mac, created->dpae_ethertype);
    }
    control->reported_up = up;
}

static void begin_session(struct control *control) {
    log_info(LOG_CONTROLPLANE, "%s: session %u with controller %s, mode %s, is up",
             control->options.if_name, join_count(control->join),
             join_created(control->join)->hostname_controller,
             join_mode(control->join) == POLICY_ACTIVE ? "active" : "passive");
    report_session(control, true);
    control->up = true;
}

static void lose_session(struct control *control) {
    report_session(control, false);
    if (control->up) {
        control_advice_session_lost(control);
    }
    control->up = false;
}

static void log_faults(const struct faults *faults) {
    for (size_t i = 0; i < faults->count; i++) {
        char text[640];
        fault_format(&faults->items[i], text, sizeof text);
        if (faults->items[i].severity == FAULT_ERROR) {
            log_error(LOG_TC_POLICY_DPAE, "%s", text);
        } else {
            log_debug(LOG_TC_POLICY_DPAE, "%s", text);
        }
    }
}

/* Passes the policy to the data plane when it is valid. */
static bool apply_policy(const struct control *control, struct faults *faults) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    const struct policy_text text = join_policy(control->join);
    const struct policy_sources sources = {.policy = "main_policy of the controller",
                                           .rules = "opt_rules of the controller"};
    struct policy *policy = NULL;
    const int result = policy_text_parse(&text, &sources, &policy, faults);
    policy_free(policy);
    return result == 0 && callbacks->apply_policy(callbacks->context, &text);
}

static void take_policy(struct control *control, struct join_actions *actions) {
    struct faults faults = {0};
    const bool accepted = apply_policy(control, &faults);
    join_policy_applied(control->join, clock_monotonic_ns(), accepted, actions);
    if (accepted || actions->note[0] != '\0') { /* as rarely as the join machine's notes */
        log_faults(&faults);
    }
    faults_free(&faults);
}

/* Performs the actions of a step of the join machine, and those of resulting steps. */
static void perform_actions(struct control *control, struct join_actions *actions) {
    struct error error = {0};
    bool more = true;
    while (more) {
        more = false;
        if (actions->note[0] != '\0') {
            log_warning(LOG_CONTROLPLANE, "%s: %s", control->options.if_name, actions->note);
            memcpy(control->note, actions->note, sizeof control->note);
        }
        if (actions->session_lost) {
            lose_session(control);
        }
        if (actions->session_up) {
            begin_session(control);
        }
        if (actions->policy_offered) {
            take_policy(control, actions);
            more = true;
            continue;
        }
        if (actions->await_confirmation) {
            open_frames(control);
        }
        if (actions->send_discovery) {
            send_discovery(control);
        }
        if (actions->call != JOIN_CALL_NONE && start_call(control, actions->call, &error) != 0) {
            join_reply(control->join, clock_monotonic_ns(), actions->call, 0, error.message,
                       strlen(error.message), actions);
            more = true;
        }
    }
    control->wake_ns = actions->wake_ns;
    if (join_phase(control->join) != JOIN_CONFIRM) {
        close_frames(control);
    }
}

void control_session_begin(struct control *control) {
    struct join_actions actions;
    join_begin(control->join, clock_monotonic_ns(), &actions);
    perform_actions(control, &actions);
}

void control_session_set_timing(struct control *control, const struct join_timing *timing) {
    struct join_actions actions;
    join_set_timing(control->join, clock_monotonic_ns(), timing, &actions);
    perform_actions(control, &actions);
}

void control_session_tick(struct control *control) {
    const uint64_t now_ns = clock_monotonic_ns();
    if (now_ns >= control->wake_ns) {
        struct join_actions actions;
        join_tick(control->join, now_ns, &actions);
        perform_actions(control, &actions);
    }
}

void control_session_take_reply(struct control *control, enum join_call call,
                                const struct http_reply *reply) {
    const bool answered = reply->status != 0;
    if (reply->status == 200) {
        control->advice_held = false;
    }
    struct join_actions actions;
    join_reply(control->join, clock_monotonic_ns(), call, reply->status,
               answered ? reply->body : reply->error,
               answered ? reply->length : strlen(reply->error), &actions);
    perform_actions(control, &actions);
}

/* A confirmation frame has the addresses of a discovery frame swapped, so our own frame does not
 * match. */
static bool is_for_us(const struct control *control, const uint8_t *frame, size_t length) {
    const struct message_created *const created = join_created(control->join);
    uint8_t header[ETHERNET_HEADER];
    put_ethernet(header, created->ctrl2dpae_mac, created->dpae2ctrl_mac, created->dpae_ethertype);
    return length > ETHERNET_HEADER && memcmp(frame, header, ETHERNET_HEADER) == 0;
}

void control_session_take_frames(struct control *control) {
    const struct control_callbacks *const callbacks = &control->options.callbacks;
    for (int i = 0; i < FRAMES_PER_ROUND && control->frame_fd >= 0; i++) {
        uint8_t frame[FRAME_MAX];
        const size_t length = callbacks->receive_frame(callbacks->context, frame, sizeof frame);
        if (length == 0) {
            return;
        }
        if (is_for_us(control, frame, length)) {
            struct join_actions actions;
            join_frame(control->join, clock_monotonic_ns(), (const char *)frame + ETHERNET_HEADER,
                       length - ETHERNET_HEADER, &actions);
            perform_actions(control, &actions);
        }
    }
}

void control_session_unknown_uuid(struct control *control) {
    struct join_actions actions;
    join_unknown_uuid(control->join, clock_monotonic_ns(), &actions);
    perform_actions(control, &actions);
}

void control_session_end(struct control *control) {
    report_session(control, false);
    close_frames(control);
    http_abort(control->http, HTTP_SESSION);
    http_abort(control->http, HTTP_KEEPALIVE);
}

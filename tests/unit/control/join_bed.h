#ifndef TESTS_CONTROL_JOIN_BED_H
#define TESTS_CONTROL_JOIN_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/join.h"

/* A join machine with its clock. Inputs are given by name; their results are read as text. */
struct bed {
    struct join *join;
    const char *name; /* name of the case, for failures */
    uint64_t now_ns;
    enum join_call pending; /* the latest call, which is answered next */
    enum join_call other;   /* also in progress: one of the two is a keepalive */
    struct join_actions actions;
    char reply[1024];
};

enum input {
    BEGIN,
    TICK,
    CREATED,         /* 201 */
    ANSWERED,        /* 200 with an irrelevant body */
    NOT_SEEN,        /* read: without dpid and switch_port */
    SEEN,            /* read: with both */
    PKT_SEND_FAILED, /* the original's reply after sending the frame */
    NO_DATAPATH,     /* these three: its replies when it did not send it */
    NO_DPID,
    UUID_MISMATCH,
    FRAME,       /* the confirmation */
    OTHER_FRAME, /* the confirmation of another session */
    MAIN_POLICY,
    OTHER_POLICY,
    RULES,
    POLICY_TAKEN,
    POLICY_REFUSED,
    TC_PASSIVE,
    TC_ACTIVE,
    ALIVE,
    NOT_FOUND, /* 404 with an HTML page */
    BROKEN,    /* 500 with a traceback */
    GARBAGE,   /* 200 (create: 201) with a body that is not JSON */
    NO_REPLY,
    UNKNOWN_UUID,  /* as the reply to a call */
    ADVICE_UNKNOWN /* as the reply to advice */
};

struct script_step {
    unsigned after_ms;
    enum input input;
    const char *expected; /* as written by bed_text() */
};

static const struct join_settings bed_settings = {
    .hostname = "probe.example",
    .if_name = "dpae0",
    .timing = {.keepalive_ns = 1000 * NS_PER_MS,
               .policy_poll_ns = 30 * NS_PER_S,
               .tc_state_ns = 20 * NS_PER_S,
               .keepalive_retries = 3,
               .confirm_wait_ns = 5 * NS_PER_S},
    .epoch_ns = 1795376611ull * NS_PER_S,
    .seed = 1,
};

#define BED_CONTROLLER "ff3950ea-e6ac-11f1-948a-0d5b97b6ac4e"

static inline void bed_open(struct bed *bed, const struct join_settings *settings) {
    struct error error;
    *bed = (struct bed){.name = "script", .now_ns = 77 * NS_PER_S};
    assert_int_equal(join_new(&bed->join, settings, &error), 0);
}

/* Tracks the calls in progress, as the driver must. */
static inline void bed_after(struct bed *bed) {
    const enum join_call call = bed->actions.call;
    if (call == JOIN_CALL_CREATE) {
        bed->other = JOIN_CALL_NONE;
    } else if (call && (call == JOIN_CALL_KEEPALIVE) != (bed->pending == JOIN_CALL_KEEPALIVE)) {
        bed->other = bed->pending;
    }
    if (call) {
        bed->pending = call;
    }
    assert_true(bed->actions.wake_ns <= bed->now_ns + NS_PER_S);
}

/* Selects the keepalive, or the other call, to be answered next. */
static inline void bed_select(struct bed *bed, bool keepalive) {
    if (bed->other && (bed->pending == JOIN_CALL_KEEPALIVE) != keepalive) {
        const enum join_call pending = bed->pending;
        bed->pending = bed->other;
        bed->other = pending;
    }
}

/* Answers the pending call. */
static inline void bed_reply(struct bed *bed, long status, const char *body) {
    const enum join_call call = bed->pending;
    bed->pending = bed->other;
    bed->other = JOIN_CALL_NONE;
    join_reply(bed->join, bed->now_ns, call, status, body, body ? strlen(body) : 0, &bed->actions);
    bed_after(bed);
}

/* As bed_reply(), with our uuid_dpae for the %s in format. */
static inline void __attribute__((format(printf, 3, 0)))
bed_reply_ours(struct bed *bed, long status, const char *format) {
    snprintf(bed->reply, sizeof bed->reply, format, join_identity(bed->join)->uuid_dpae);
    bed_reply(bed, status, bed->reply);
}

static inline void bed_frame(struct bed *bed, const char *uuid_controller) {
    const struct message_identity *identity = join_identity(bed->join);
    const int length =
        snprintf(bed->reply, sizeof bed->reply,
                 "{\"uuid_controller\": \"%s\", \"hostname_dpae\": \"%s\", \"if_name\": \"%s\", "
                 "\"uuid_dpae\": \"%s\"}",
                 uuid_controller, identity->hostname_dpae, identity->if_name, identity->uuid_dpae);
    join_frame(bed->join, bed->now_ns, bed->reply, (size_t)length, &bed->actions);
    bed_after(bed);
}

static inline void bed_input(struct bed *bed, enum input input) {
    switch (input) {
    case BEGIN:
        join_begin(bed->join, bed->now_ns, &bed->actions);
        bed_after(bed);
        break;
    case TICK:
        join_tick(bed->join, bed->now_ns, &bed->actions);
        bed_after(bed);
        break;
    case CREATED:
        bed_reply_ours(bed, 201,
                       "\"{\\\"dpae_ethertype\\\": 8267, \\\"hostname_controller\\\": "
                       "\\\"localhost\\\", \\\"uuid_dpae\\\": \\\"%s\\\", \\\"ctrl2dpae_mac\\\": "
                       "\\\"02:6e:6d:65:74:61\\\", \\\"uuid_controller\\\": "
                       "\\\"" BED_CONTROLLER "\\\", \\\"dpae2ctrl_mac\\\": "
                       "\\\"01:80:c2:00:00:0e\\\"}\"");
        break;
    case NOT_SEEN:
        bed_reply_ours(bed, 200,
                       "\"{\\\"hostname_dpae\\\": \\\"probe.example\\\", \\\"time_created\\\": "
                       "1795376614.990636, \\\"uuid_dpae\\\": \\\"%s\\\"}\"");
        break;
    case SEEN:
        bed_reply_ours(bed, 200,
                       "\"{\\\"dpid\\\": 1, \\\"switch_port\\\": 4, \\\"hostname_dpae\\\": "
                       "\\\"probe.example\\\", \\\"time_created\\\": 1795376614.990636, "
                       "\\\"uuid_dpae\\\": \\\"%s\\\"}\"");
        break;
    case PKT_SEND_FAILED:
        bed_reply(bed, 500, "\"{\\\"Error\\\": \\\"Pkt send failed\\\"}\"");
        break;
    case NO_DATAPATH:
        bed_reply(bed, 500, "\"{\\\"Error\\\": \\\"no datapath\\\"}\"");
        break;
    case NO_DPID:
        bed_reply(bed, 500, "\"{\\\"Error\\\": \\\"no dpid stored\\\"}\"");
        break;
    case UUID_MISMATCH:
        bed_reply(bed, 400, "\"{\\\"Error\\\": \\\"UUID mismatch\\\"}\"");
        break;
    case FRAME:
        bed_frame(bed, BED_CONTROLLER);
        break;
    case OTHER_FRAME:
        bed_frame(bed, "01401d24-e6ad-11f1-948a-ad7a378b88a7");
        break;
    case MAIN_POLICY:
        bed_select(bed, false);
        bed_reply(bed, 200, "{\"tc_policies\": 1}");
        break;
    case OTHER_POLICY:
        bed_select(bed, false);
        bed_reply(bed, 200, "{\"tc_policies\": 2}");
        break;
    case RULES:
        bed_select(bed, false);
        bed_reply(bed, 200, "[]");
        break;
    case POLICY_TAKEN:
    case POLICY_REFUSED:
        join_policy_applied(bed->join, bed->now_ns, input == POLICY_TAKEN, &bed->actions);
        bed_after(bed);
        break;
    case TC_PASSIVE:
        bed_select(bed, false);
        bed_reply_ours(bed, 200,
                       "\"{\\\"status\\\": \\\"tc_started\\\", \\\"mode\\\": \\\"passive\\\", "
                       "\\\"uuid_dpae\\\": \\\"%s\\\"}\"");
        break;
    case TC_ACTIVE:
        bed_select(bed, false);
        bed_reply_ours(bed, 200,
                       "{\"status\": \"tc_started\", \"mode\": \"active\", \"uuid_dpae\": "
                       "\"%s\"}");
        break;
    case ALIVE:
        bed_select(bed, true);
        bed_reply(bed, 200, "\"Okay, got that\"");
        break;
    case ANSWERED:
        bed_reply(bed, 200, "\"Sent\"");
        break;
    case NOT_FOUND:
        bed_reply(bed, 404, "<html>\n <head><title>404 Not Found</title></head></html>");
        break;
    case BROKEN:
        bed_reply(bed, 500, "{\"result\": \"failure\", \"details\": \"exc_type=TypeError\"}");
        break;
    case GARBAGE:
        bed_reply(bed, bed->pending == JOIN_CALL_CREATE ? 201 : 200, "\x01\xff{{{\"");
        break;
    case NO_REPLY:
        bed_reply(bed, 0, "Connection refused");
        break;
    case UNKNOWN_UUID:
        bed_reply(bed, 400, "\"{\\\"Error\\\": \\\"UUID not in DB\\\"}\"");
        break;
    case ADVICE_UNKNOWN:
        join_unknown_uuid(bed->join, bed->now_ns, &bed->actions);
        bed_after(bed);
        break;
    }
}

/* The result of the latest input: session changes, frames and the call, in the order of execution;
 * then "wait" during back-off, or "+N" when a tick is requested within N ms, less than a second. */
static inline const char *bed_text(const struct bed *bed, char text[128]) {
    static const char *const calls[] = {"",           "create ",      "read ",
                                        "send_conf ", "main_policy ", "opt_rules ",
                                        "tc_state ",  "keepalive "};
    const struct join_actions *actions = &bed->actions;
    char wake[24] = "";
    const uint64_t wake_ms = (actions->wake_ns - bed->now_ns) / NS_PER_MS;
    if (join_phase(bed->join) == JOIN_WAIT) {
        snprintf(wake, sizeof wake, "wait ");
    } else if (wake_ms < 1000) {
        snprintf(wake, sizeof wake, "+%u ", (unsigned)wake_ms);
    }
    const int length =
        snprintf(text, 128, "%s%s%s%s%s%s%s", actions->session_lost ? "lost " : "",
                 actions->session_up ? "up " : "", actions->policy_offered ? "asked " : "",
                 actions->await_confirmation ? "await " : "",
                 actions->send_discovery ? "discovery " : "", calls[actions->call], wake);
    if (length > 0) {
        text[length - 1] = '\0';
    }
    return text;
}

static inline void bed_run(struct bed *bed, const struct script_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char text[128];
        bed->now_ns += steps[i].after_ms * NS_PER_MS;
        bed_input(bed, steps[i].input);
        if (strcmp(bed_text(bed, text), steps[i].expected) != 0) {
            fail_msg("%s, step %zu: '%s' instead of '%s'; note: %s", bed->name, i, text,
                     steps[i].expected, bed->actions.note);
        }
    }
}

#define BED_RUN(bed, ...)                                                                          \
    do {                                                                                           \
        static const struct script_step script_steps[] = {__VA_ARGS__};                            \
        bed_run((bed), script_steps, sizeof script_steps / sizeof *script_steps);                  \
    } while (0)

/* Advances a new machine to its first call of this kind (KEEPALIVE: up). */
static inline void bed_reach(struct bed *bed, enum join_call call) {
    static const struct script_step steps[] = {
        {0, BEGIN, "create"},
        {2, CREATED, "discovery +50"},
        {50, TICK, "discovery read"},
        {2, SEEN, "await send_conf"},
        {3, PKT_SEND_FAILED, ""},
        {1, FRAME, "main_policy"},
        {1, MAIN_POLICY, "opt_rules +999"},
        {1, RULES, "asked +998"},
        {1, POLICY_TAKEN, "tc_state +997"},
        {4, TC_PASSIVE, "up +993"},
        {993, TICK, "keepalive"},
    };
    size_t count = 0;
    do {
        bed_run(bed, &steps[count++], 1);
    } while (bed->pending != call);
}

/* A starting point, and the result of each step from there. */
struct bed_case {
    const char *name;
    enum join_call begin;
    struct script_step steps[14];
};

static inline void bed_assert_cases(const struct bed_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct bed bed;
        size_t steps = 0;
        bed_open(&bed, &bed_settings);
        bed_reach(&bed, cases[i].begin);
        while (steps < 14 && cases[i].steps[steps].expected) {
            steps++;
        }
        bed.name = cases[i].name;
        bed_run(&bed, cases[i].steps, steps);
        join_free(bed.join);
    }
}

#define BED_CASES(cases) bed_assert_cases(cases, sizeof cases / sizeof *(cases))

#endif

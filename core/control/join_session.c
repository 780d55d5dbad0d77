#include "base/clock.h"
#include "control/join_internal.h"

#include <errno.h>
#include <string.h>

enum {
    TRIES = 3,         /* for phases 2 and 3 and the tc state, before the next create */
    READS_PER_TRY = 4, /* each follows the previous discovery frame after a gap */
    BACKOFF_STEPS = 3  /* consecutive failed joins after which the wait stops growing */
};

/* A try thus reads 50, 100, 200 and 400 ms after its first frame. */
static const uint64_t read_gaps_ns[READS_PER_TRY] = {50 * NS_PER_MS, 50 * NS_PER_MS,
                                                     100 * NS_PER_MS, 200 * NS_PER_MS};

#define RETRY_NS         (250 * NS_PER_MS)
#define REQUEST_AGAIN_NS (3 * NS_PER_S)    /* for a policy or a renewal of the tc state */
#define BACKOFF_FIRST    (500 * NS_PER_MS) /* the wait is at least half of it */
#define BACKOFF_MAX      (1500 * NS_PER_MS)

/* SplitMix64. */
uint64_t join_random(struct join *join) {
    uint64_t mixed = join->random += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static void note_problem(struct join *join, enum join_problem problem,
                         const struct join_answer *answer) {
    const struct join_problem_context at = {.call = answer->call,
                                            .status = answer->status,
                                            .body = answer->body,
                                            .length = answer->length,
                                            .if_name = join->identity.if_name,
                                            .ethertype = join->created.dpae_ethertype};
    join_note(&join->notes, join->now_ns, problem, &at, join->actions->note,
              sizeof join->actions->note);
}

static void note_failure(struct join *join, const struct join_answer *answer) {
    note_problem(join, answer->status == 0 ? JOIN_NO_REPLY : JOIN_BAD_STATUS, answer);
}

static void note_bad_reply(struct join *join, enum join_call call, const struct error *error) {
    const struct join_answer answer = {
        .call = call, .body = error->message, .length = strlen(error->message)};
    note_problem(join, JOIN_BAD_REPLY, &answer);
}

void join_cancel_calls(struct join *join) {
    for (size_t i = 0; i < JOIN_CALLS; i++) {
        join->due_ns[i] = JOIN_NEVER;
    }
    join->confirm_deadline_ns = JOIN_NEVER;
    join->pending = JOIN_CALL_NONE;
    join->keepalive_pending = false;
    join->policy_offered = false;
}

static uint64_t backoff_ns(struct join *join) {
    uint64_t limit = BACKOFF_FIRST;
    for (unsigned i = 1; i < join->joins_failed && limit < BACKOFF_MAX; i++) {
        limit *= 2;
    }
    limit = limit < BACKOFF_MAX ? limit : BACKOFF_MAX;
    return limit / 2 + join_random(join) % (limit / 2 + 1);
}

static void fail_create(struct join *join) {
    join->joins_failed += join->joins_failed < BACKOFF_STEPS;
    join_cancel_calls(join);
    join->phase = JOIN_WAIT;
    join->due_ns[JOIN_CALL_CREATE] = join->now_ns + backoff_ns(join);
}

/* Ends the session or the attempt to join. After a session with an answered keepalive, the next
 * join starts at once. */
static void fail_join(struct join *join) {
    join->actions->session_lost = join->phase == JOIN_UP;
    if (join->joins_failed > 0) {
        fail_create(join);
        return;
    }
    join->joins_failed = 1;
    join_cancel_calls(join);
    join->due_ns[JOIN_CALL_CREATE] = join->now_ns;
}

static void begin_phase(struct join *join, enum join_phase phase, enum join_call call,
                        uint64_t due_ns) {
    join->phase = phase;
    join->tries = 0;
    join->due_ns[call] = due_ns;
}

static void retry(struct join *join, enum join_call call) {
    if (++join->tries < TRIES) {
        join->due_ns[call] = join->now_ns + RETRY_NS;
    } else {
        fail_join(join);
    }
}

void join_send_discovery(struct join *join) {
    join->actions->send_discovery = true;
    join->discovery_ns = join->now_ns;
}

static void on_create(struct join *join, const struct join_answer *answer) {
    struct error error;
    if (answer->status != 201) {
        note_failure(join, answer);
        fail_create(join);
    } else if (message_parse_created(answer->body, answer->length, &join->identity, &join->created,
                                     &error) != 0) {
        note_bad_reply(join, answer->call, &error);
        fail_create(join);
    } else {
        memcpy(join->identity.uuid_controller, join->created.uuid_controller, MESSAGE_UUID);
        join_send_discovery(join);
        begin_phase(join, JOIN_READ, JOIN_CALL_READ, join->now_ns + read_gaps_ns[0]);
    }
}

/* An error ends the current try: further reads are pointless. */
static void on_read(struct join *join, const struct join_answer *answer) {
    struct error error;
    struct message_location place = {0};
    enum join_problem problem = JOIN_NOT_SEEN;
    if (answer->status != 200) {
        problem = JOIN_BAD_STATUS;
        note_failure(join, answer);
    } else if (message_parse_location(answer->body, answer->length, &join->identity, &place,
                                      &error) != 0) {
        problem = JOIN_BAD_REPLY;
        note_bad_reply(join, answer->call, &error);
    } else if (place.known) {
        join->confirmed = false;
        begin_phase(join, JOIN_CONFIRM, JOIN_CALL_SEND_CONF, join->now_ns);
        return;
    }
    join->tries += problem == JOIN_NOT_SEEN ? 1 : READS_PER_TRY - join->tries % READS_PER_TRY;
    if (join->tries < TRIES * READS_PER_TRY) {
        join->due_ns[JOIN_CALL_READ] =
            join->discovery_ns + read_gaps_ns[join->tries % READS_PER_TRY];
        return;
    }
    if (problem == JOIN_NOT_SEEN) {
        note_problem(join, problem, answer);
    }
    fail_join(join);
}

static void begin_policy(struct join *join) {
    join->confirm_deadline_ns = JOIN_NEVER;
    join->pending = JOIN_CALL_NONE;
    join->policy_changed = true;
    join->keepalives_failed = 0;
    join->due_ns[JOIN_CALL_KEEPALIVE] = join->now_ns + join->settings.timing.keepalive_ns;
    begin_phase(join, JOIN_POLICY, JOIN_CALL_MAIN_POLICY, join->now_ns);
}

static void fail_confirmation(struct join *join, enum join_problem problem,
                              const struct join_answer *answer) {
    note_problem(join, problem, answer);
    join->confirm_deadline_ns = JOIN_NEVER;
    join->pending = JOIN_CALL_NONE;
    retry(join, JOIN_CALL_SEND_CONF);
}

static void on_send_conf(struct join *join, const struct join_answer *answer) {
    if (join->confirmed) {
        begin_policy(join);
    } else if (answer->status == 0) {
        fail_confirmation(join, JOIN_NO_REPLY, answer);
    } else if (answer->status >= 400 && message_is_unconfirmed(answer->body, answer->length)) {
        fail_confirmation(join, JOIN_BAD_STATUS, answer);
    }
}

void join_take_confirmation(struct join *join) {
    join->confirmed = true;
    if (!join->pending) { /* otherwise the reply to send_conf is still outstanding */
        join->due_ns[JOIN_CALL_SEND_CONF] = JOIN_NEVER;
        begin_policy(join);
    }
}

void join_miss_confirmation(struct join *join) {
    const struct join_answer none = {.call = JOIN_CALL_SEND_CONF};
    if (join->confirmed) {
        begin_policy(join);
    } else {
        fail_confirmation(join, JOIN_NOT_CONFIRMED, &none);
    }
}

/* Returns false when the body is invalid. */
static bool keep_body(struct join *join, const struct join_answer *answer, struct join_body *body) {
    struct join_body incoming = join->incoming;
    incoming.length =
        message_policy_text(answer->body, answer->length, incoming.text, MESSAGE_REPLY_MAX);
    if (incoming.length == 0) {
        struct error error;
        (void)error_set(&error, -EBADMSG, "the policy or its rules are empty or too large");
        note_bad_reply(join, answer->call, &error);
        return false;
    }
    if (incoming.length != body->length || memcmp(incoming.text, body->text, body->length) != 0) {
        join->incoming = *body;
        *body = incoming;
        join->policy_changed = true;
    }
    return true;
}

static void on_policy(struct join *join, const struct join_answer *answer) {
    const bool rules = answer->call == JOIN_CALL_OPT_RULES;
    if (answer->status != 200) {
        note_failure(join, answer);
        join->due_ns[JOIN_CALL_MAIN_POLICY] = join->now_ns + REQUEST_AGAIN_NS;
    } else if (!keep_body(join, answer, rules ? &join->rules : &join->main_policy)) {
        join->due_ns[JOIN_CALL_MAIN_POLICY] = join->now_ns + REQUEST_AGAIN_NS;
    } else if (!rules) {
        join->due_ns[JOIN_CALL_OPT_RULES] = join->now_ns;
    } else if (join->policy_changed) {
        join->actions->policy_offered = true;
        join->policy_offered = true;
    } else {
        join->due_ns[JOIN_CALL_MAIN_POLICY] = join->now_ns + join->settings.timing.policy_poll_ns;
    }
}

void join_take_policy_result(struct join *join, bool accepted) {
    join->policy_offered = false;
    join->policy_changed = !accepted;
    join->due_ns[JOIN_CALL_MAIN_POLICY] =
        join->now_ns + (accepted ? join->settings.timing.policy_poll_ns : REQUEST_AGAIN_NS);
    if (!accepted) {
        const struct join_answer none = {.call = JOIN_CALL_MAIN_POLICY};
        note_problem(join, JOIN_POLICY_REFUSED, &none);
    } else if (join->phase == JOIN_POLICY) {
        begin_phase(join, JOIN_START, JOIN_CALL_TC_STATE, join->now_ns);
    } else {
        join->due_ns[JOIN_CALL_TC_STATE] = join->now_ns; /* the reply contains the mode */
    }
}

static void on_tc_state_taken(struct join *join, enum policy_mode mode) {
    join->due_ns[JOIN_CALL_TC_STATE] = join->now_ns + join->settings.timing.tc_state_ns;
    if (join->phase == JOIN_START) {
        join->phase = JOIN_UP;
        join->sessions++;
        join->actions->session_up = true;
    } else if (join->mode != mode) {
        join->actions->session_up = true;
    }
    join->mode = mode;
}

static void on_tc_state(struct join *join, const struct join_answer *answer) {
    struct error error;
    enum policy_mode mode;
    if (answer->status != 200) {
        note_failure(join, answer);
    } else if (message_parse_tc_state(answer->body, answer->length, &join->identity, &mode,
                                      &error) != 0) {
        note_bad_reply(join, answer->call, &error);
    } else {
        on_tc_state_taken(join, mode);
        return;
    }
    if (join->phase == JOIN_START) {
        retry(join, JOIN_CALL_TC_STATE);
    } else {
        join->due_ns[JOIN_CALL_TC_STATE] = join->now_ns + REQUEST_AGAIN_NS;
    }
}

/* The next interval starts with the reply, so that a slow controller is not called faster than it
 * replies. */
static void on_keepalive(struct join *join, const struct join_answer *answer) {
    join->due_ns[JOIN_CALL_KEEPALIVE] = join->now_ns + join->settings.timing.keepalive_ns;
    if (answer->status == 200) {
        join->keepalives_failed = 0;
        if (join->phase == JOIN_UP) {
            join->joins_failed = 0;
        }
        return;
    }
    note_failure(join, answer);
    if (++join->keepalives_failed >= join->settings.timing.keepalive_retries) {
        note_problem(join, JOIN_SESSION_LOST, answer);
        fail_join(join);
    }
}

void join_forget_session(struct join *join, enum join_call call) {
    const struct join_answer about = {.call = call};
    note_problem(join, JOIN_UNKNOWN_UUID, &about);
    fail_join(join);
}

void join_take_answer(struct join *join, const struct join_answer *answer) {
    if (answer->status == 400 && answer->call != JOIN_CALL_CREATE &&
        message_is_unknown_uuid(answer->body, answer->length)) {
        join_forget_session(join, answer->call);
        return;
    }
    switch (answer->call) {
    case JOIN_CALL_NONE:
        break;
    case JOIN_CALL_CREATE:
        on_create(join, answer);
        break;
    case JOIN_CALL_READ:
        on_read(join, answer);
        break;
    case JOIN_CALL_SEND_CONF:
        on_send_conf(join, answer);
        break;
    case JOIN_CALL_MAIN_POLICY:
    case JOIN_CALL_OPT_RULES:
        on_policy(join, answer);
        break;
    case JOIN_CALL_TC_STATE:
        on_tc_state(join, answer);
        break;
    case JOIN_CALL_KEEPALIVE:
        on_keepalive(join, answer);
        break;
    }
}

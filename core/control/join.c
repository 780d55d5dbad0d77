#include "base/clock.h"
#include "control/join_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TICK_NS NS_PER_S

_Static_assert(MESSAGE_REPLY_MAX <= POLICY_TEXT_MAX, "the controller's bodies fit a policy text");

int join_new(struct join **join, const struct join_settings *settings, struct error *error) {
    struct message_identity identity = {0};
    if (strlen(settings->hostname) >= sizeof identity.hostname_dpae ||
        strlen(settings->if_name) >= sizeof identity.if_name) {
        return error_set(error, -EINVAL, "host name '%s' or interface name '%s' is too long",
                         settings->hostname, settings->if_name);
    }
    memcpy(identity.hostname_dpae, settings->hostname, strlen(settings->hostname));
    memcpy(identity.if_name, settings->if_name, strlen(settings->if_name));
    struct join *made = calloc(1, sizeof *made);
    if (made) {
        made->settings = *settings;
        made->settings.hostname = made->settings.if_name = NULL;
        made->identity = identity;
        made->random = settings->seed;
        join_cancel_calls(made);
        made->main_policy.text = malloc(MESSAGE_REPLY_MAX);
        made->rules.text = malloc(MESSAGE_REPLY_MAX);
        made->incoming.text = malloc(MESSAGE_REPLY_MAX);
    }
    if (!made || !made->main_policy.text || !made->rules.text || !made->incoming.text) {
        join_free(made);
        return error_set(error, -ENOMEM, "out of memory for a controller session");
    }
    *join = made;
    return 0;
}

void join_free(struct join *join) {
    if (join) {
        free(join->main_policy.text);
        free(join->rules.text);
        free(join->incoming.text);
        free(join);
    }
}

static void begin_step(struct join *join, uint64_t now_ns, struct join_actions *actions) {
    *actions = (struct join_actions){0};
    join->now_ns = now_ns;
    join->actions = actions;
}

/* Returns true while the call's reply is outstanding. */
static bool is_pending(const struct join *join, enum join_call call) {
    return call == JOIN_CALL_KEEPALIVE ? join->keepalive_pending : join->pending == call;
}

static void set_pending(struct join *join, enum join_call call, bool pending) {
    if (call == JOIN_CALL_KEEPALIVE) {
        join->keepalive_pending = pending;
    } else {
        join->pending = pending ? call : JOIN_CALL_NONE;
    }
}

/* A keepalive has its own connection; the other calls share one. */
static bool may_call(const struct join *join, enum join_call call) {
    return call == JOIN_CALL_KEEPALIVE ? !join->keepalive_pending : !join->pending;
}

static void make_call(struct join *join, enum join_call call) {
    set_pending(join, call, true);
    join->actions->call = call;
    join->due_ns[call] = JOIN_NEVER;
    switch (call) {
    case JOIN_CALL_CREATE:
        join->phase = JOIN_CREATE;
        join->identity.uuid_controller[0] = '\0';
        message_new_uuid(join->settings.epoch_ns + join->now_ns, join_random(join),
                         join->identity.uuid_dpae);
        break;
    case JOIN_CALL_READ:
        join_send_discovery(join);
        break;
    case JOIN_CALL_SEND_CONF:
        join->actions->await_confirmation = true;
        join->confirm_deadline_ns = join->now_ns + join->settings.timing.confirm_wait_ns;
        break;
    default:
        break;
    }
}

/* Makes the most urgent call that is due and sets the time of the next step: now, when another call
 * is due as well. */
static void finish_step(struct join *join) {
    uint64_t wake_ns = join->now_ns + TICK_NS;
    for (enum join_call call = JOIN_CALL_KEEPALIVE; call > JOIN_CALL_NONE; call--) {
        if (!may_call(join, call)) {
            continue;
        }
        if (!join->actions->call && !join->actions->policy_offered &&
            join->due_ns[call] <= join->now_ns) {
            make_call(join, call);
        } else if (join->due_ns[call] < wake_ns) {
            wake_ns = join->due_ns[call];
        }
    }
    join->actions->wake_ns =
        join->confirm_deadline_ns < wake_ns ? join->confirm_deadline_ns : wake_ns;
    join->actions = NULL;
}

void join_begin(struct join *join, uint64_t now_ns, struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    join_cancel_calls(join);
    join->due_ns[JOIN_CALL_CREATE] = now_ns;
    finish_step(join);
}

static void bring_forward(struct join *join, enum join_call call, uint64_t interval_ns) {
    const uint64_t due_ns = join->now_ns + interval_ns;
    if (join->due_ns[call] != JOIN_NEVER && join->due_ns[call] > due_ns) {
        join->due_ns[call] = due_ns;
    }
}

void join_set_timing(struct join *join, uint64_t now_ns, const struct join_timing *timing,
                     struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    join->settings.timing = *timing;
    bring_forward(join, JOIN_CALL_KEEPALIVE, timing->keepalive_ns);
    bring_forward(join, JOIN_CALL_MAIN_POLICY, timing->policy_poll_ns);
    bring_forward(join, JOIN_CALL_TC_STATE, timing->tc_state_ns);
    finish_step(join);
}

void join_tick(struct join *join, uint64_t now_ns, struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    if (join->confirm_deadline_ns <= now_ns) {
        join_miss_confirmation(join);
    }
    finish_step(join);
}

void join_reply(struct join *join, uint64_t now_ns, enum join_call call, long status,
                const char *body, size_t length, struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    if (call != JOIN_CALL_NONE && is_pending(join, call)) {
        const struct join_answer answer = {
            .call = call, .status = status, .body = body, .length = body ? length : 0};
        set_pending(join, call, false);
        join_take_answer(join, &answer);
    }
    finish_step(join);
}

void join_frame(struct join *join, uint64_t now_ns, const char *payload, size_t length,
                struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    if (join->phase == JOIN_CONFIRM && message_is_confirmation(payload, length, &join->identity)) {
        join_take_confirmation(join);
    }
    finish_step(join);
}

void join_policy_applied(struct join *join, uint64_t now_ns, bool accepted,
                         struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    if (join->policy_offered) {
        join_take_policy_result(join, accepted);
    }
    finish_step(join);
}

void join_unknown_uuid(struct join *join, uint64_t now_ns, struct join_actions *actions) {
    begin_step(join, now_ns, actions);
    if (join->phase == JOIN_UP) {
        join_forget_session(join, JOIN_CALL_NONE);
    }
    finish_step(join);
}

struct policy_text join_policy(const struct join *join) {
    return (struct policy_text){.policy = join->main_policy.text,
                                .rules = join->rules.text,
                                .policy_length = join->main_policy.length,
                                .rules_length = join->rules.length};
}

enum join_phase join_phase(const struct join *join) {
    return join->phase;
}

enum policy_mode join_mode(const struct join *join) {
    return join->mode;
}

const struct message_identity *join_identity(const struct join *join) {
    return &join->identity;
}

const struct message_created *join_created(const struct join *join) {
    return &join->created;
}

unsigned join_count(const struct join *join) {
    return join->sessions;
}

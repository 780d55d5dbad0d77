#ifndef DPAE_CONTROL_JOIN_H
#define DPAE_CONTROL_JOIN_H

#include "control/message.h"
#include "policy/policy_text.h"

#include <stdbool.h>
#include <stdint.h>

/* The session of one interface with its controller, from the first create to keepalives, and back,
 * as a pure state machine: inputs are replies, frames and the clock; outputs are actions. No
 * network, no clock of its own, no randomness but the seed: so tests drive it through years in
 * milliseconds. */
enum join_phase {
    JOIN_CREATE,  /* phase 1 */
    JOIN_READ,    /* phase 2: discovery frames and reading back */
    JOIN_CONFIRM, /* phase 3: the confirmation frame */
    JOIN_POLICY,  /* phases 4 and 5: main policy, optimised rules, data plane ready; keepalives */
    JOIN_START,   /* tc state, keepalives */
    JOIN_UP,      /* keepalives, policy polls, tc-state renewals */
    JOIN_WAIT     /* back-off before the next create */
};

enum join_call {
    JOIN_CALL_NONE,
    JOIN_CALL_CREATE,
    JOIN_CALL_READ,
    JOIN_CALL_SEND_CONF,
    JOIN_CALL_MAIN_POLICY,
    JOIN_CALL_OPT_RULES,
    JOIN_CALL_TC_STATE,
    JOIN_CALL_KEEPALIVE
};

/* What may change while a session is up. */
struct join_pace {
    uint64_t keepalive_ns, policy_poll_ns, tc_state_ns; /* intervals */
    unsigned keepalive_retries;                         /* failures in a row that end a session */
    uint64_t confirm_wait_ns; /* how long to wait for the confirmation frame */
};

struct join_settings {
    const char *hostname, *if_name; /* copied */
    struct join_pace pace;
    uint64_t epoch_ns; /* what makes now_ns the time of day (ns since 1970), for UUIDs */
    uint64_t seed;     /* of jitter and UUIDs: another one for each machine */
};

/* What the driver is to do after a step; several may be set, and are done in this order. */
struct join_actions {
    char note[256];          /* for the log: what went wrong and what to check; empty: nothing. The
                                same trouble is told again after 1 s, 2, 4, ... 30 s only */
    bool session_lost;       /* stop returning frames, at once; advice that is under way for it no
                                longer matters */
    bool session_up;         /* tc state was taken: mode() holds, frames may be returned. Told again
                                when the controller changes the mode */
    bool policy_asked;       /* the bodies of main policy and rules are complete: hand them to the
                                data plane, answer with join_policy_applied(). Comes without a
                                call */
    bool await_confirmation; /* be receptive to the frame from now on */
    bool send_discovery;     /* send the discovery frame */
    enum join_call call;     /* one HTTP call; its reply, or that there was none, comes back as
                                join_reply(). A keepalive and one other may be under way at a time,
                                apart: when an earlier one of the same sort still is, abort it, its
                                reply is not wanted any more. CREATE ends both */
    uint64_t wake_ns;        /* call join_tick() at this monotonic time at the latest: a second
                                ahead at most */
};

struct join; /* opaque; join_new() allocates what it keeps, a step only what reading a reply takes
                for a moment */

/* Returns 0, -EINVAL (a name that is too long) or -ENOMEM. */
int join_new(struct join **join, const struct join_settings *settings, struct error *error);
void join_free(struct join *join); /* NULL is allowed */

/* Every step clears and fills *actions. now_ns is monotonic and does not go back. */
void join_begin(struct join *join, uint64_t now_ns, struct join_actions *actions);
void join_tick(struct join *join, uint64_t now_ns, struct join_actions *actions);

/* Another pace from now on: what is due later than it says is brought forward. */
void join_set_pace(struct join *join, uint64_t now_ns, const struct join_pace *pace,
                   struct join_actions *actions);

/* status 0: no reply (connection refused, timed out, too long); body may then say why, for the
 * note. body is borrowed for the call. */
void join_reply(struct join *join, uint64_t now_ns, enum join_call call, long status,
                const char *body, size_t length, struct join_actions *actions);

/* A frame of the discovery ethertype came in; payload after the Ethernet header. */
void join_frame(struct join *join, uint64_t now_ns, const char *payload, size_t length,
                struct join_actions *actions);

/* The data plane took the policy, or refused it (then it is asked for again after a while). */
void join_policy_applied(struct join *join, uint64_t now_ns, bool taken,
                         struct join_actions *actions);

/* Some advice of this session was answered "UUID not in DB": the controller restarted. Ignored when
 * no session is up. */
void join_unknown_uuid(struct join *join, uint64_t now_ns, struct join_actions *actions);

/* The bodies that policy_asked announced, borrowed until the next step. */
struct policy_text join_policy(const struct join *join);

enum join_phase join_phase(const struct join *join);
enum policy_mode join_mode(const struct join *join); /* since session_up */
const struct message_identity *join_identity(const struct join *join);
const struct message_created *join_created(const struct join *join);
unsigned join_count(const struct join *join); /* sessions brought up so far */

#endif

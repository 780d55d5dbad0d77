#ifndef DPAE_CONTROL_JOIN_H
#define DPAE_CONTROL_JOIN_H

#include "control/message.h"
#include "policy/policy_text.h"

#include <stdbool.h>
#include <stdint.h>

/* The session of one interface with its controller, from the first create to keepalives and back,
 * as a pure state machine: inputs are replies, frames and the clock; outputs are actions. It has no
 * network, no clock, and no randomness but the seed, so tests can simulate years in milliseconds.
 */
enum join_phase {
    JOIN_CREATE,  /* phase 1 */
    JOIN_READ,    /* phase 2: discovery frames and reads */
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

/* Settings that may change during a session. */
struct join_timing {
    uint64_t keepalive_ns, policy_poll_ns, tc_state_ns; /* intervals */
    unsigned keepalive_retries; /* consecutive failures that end a session */
    uint64_t confirm_wait_ns;   /* how long to wait for the confirmation frame */
};

struct join_settings {
    const char *hostname, *if_name; /* copied */
    struct join_timing timing;
    uint64_t epoch_ns; /* added to now_ns, gives the time of day (ns since 1970), for UUIDs */
    uint64_t seed;     /* for jitter and UUIDs: must differ between machines */
};

/* The actions for the driver after a step. Several may be set; they are performed in this order. */
struct join_actions {
    char note[256];    /* for the log: the problem and what to check, or empty. The same problem is
                          reported again only after 1 s, 2, 4, ... 30 s */
    bool session_lost; /* stop returning frames at once; advice in progress for the session is
                          obsolete */
    bool session_up;   /* the controller accepted the tc state: join_mode() is valid, and frames may
                          be returned. Set again when the controller changes the mode */
    bool policy_offered; /* the bodies of main policy and rules are complete: pass them to the data
                            plane and answer with join_policy_applied(). Never set together with a
                            call */
    bool await_confirmation; /* receive the confirmation frame from now on */
    bool send_discovery;     /* send the discovery frame */
    enum join_call call; /* one HTTP call; pass its reply, or the lack of one, to join_reply(). A
                            keepalive and one other call may be in progress at the same time; a new
                            call of either sort aborts an earlier one of the same sort: its reply
                            is obsolete. CREATE aborts both */
    uint64_t wake_ns; /* call join_tick() at this monotonic time at the latest, within a second */
};

struct join; /* opaque; join_new() allocates its memory, and a step allocates only temporarily, to
                parse a reply */

/* Returns 0, -EINVAL (a name is too long) or -ENOMEM. */
int join_new(struct join **join, const struct join_settings *settings, struct error *error);
void join_free(struct join *join); /* accepts NULL */

/* Every step clears and fills *actions. now_ns is monotonic and never decreases. */
void join_begin(struct join *join, uint64_t now_ns, struct join_actions *actions);
void join_tick(struct join *join, uint64_t now_ns, struct join_actions *actions);

/* Changes the timing from now on, and brings forward calls that are scheduled later than it says.
 */
void join_set_timing(struct join *join, uint64_t now_ns, const struct join_timing *timing,
                     struct join_actions *actions);

/* status 0: no reply (connection refused, timed out, too long); body may then contain the reason,
 * for the note. body is borrowed for the call. */
void join_reply(struct join *join, uint64_t now_ns, enum join_call call, long status,
                const char *body, size_t length, struct join_actions *actions);

/* Passes a received frame of the discovery ethertype; payload follows the Ethernet header. */
void join_frame(struct join *join, uint64_t now_ns, const char *payload, size_t length,
                struct join_actions *actions);

/* Reports that the data plane accepted the policy, or refused it (then the machine requests it
 * again later). */
void join_policy_applied(struct join *join, uint64_t now_ns, bool accepted,
                         struct join_actions *actions);

/* Reports that advice of this session was answered with "UUID not in DB": the controller restarted.
 * Ignored when no session is up. */
void join_unknown_uuid(struct join *join, uint64_t now_ns, struct join_actions *actions);

/* Returns the bodies announced by policy_offered, borrowed until the next step. */
struct policy_text join_policy(const struct join *join);

enum join_phase join_phase(const struct join *join);
enum policy_mode join_mode(const struct join *join); /* valid after session_up */
const struct message_identity *join_identity(const struct join *join);
const struct message_created *join_created(const struct join *join);
unsigned join_count(const struct join *join); /* sessions established so far */

#endif

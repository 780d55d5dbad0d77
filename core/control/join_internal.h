#ifndef DPAE_CONTROL_JOIN_INTERNAL_H
#define DPAE_CONTROL_JOIN_INTERNAL_H

#include "control/join.h"
#include "control/join_note.h"

/* The join machine between its files: join.c takes the inputs and makes the calls when they are
 * due; join_session.c knows what an answer means, and moves the session on. */
enum { JOIN_CALLS = JOIN_CALL_KEEPALIVE + 1 };

#define JOIN_NEVER UINT64_MAX

struct join_body {
    char *text; /* MESSAGE_REPLY_MAX bytes */
    size_t length;
};

struct join {
    struct join_settings settings; /* without its strings */
    struct message_identity identity;
    struct message_created created;
    enum join_phase phase;
    enum join_call pending;       /* its reply is awaited; never KEEPALIVE */
    bool keepalive_pending;       /* and that of a keepalive */
    uint64_t due_ns[JOIN_CALLS];  /* when each call is to be made; JOIN_NEVER */
    uint64_t confirm_deadline_ns; /* JOIN_NEVER unless the frame is awaited */
    uint64_t discovery_ns;        /* when the latest discovery frame was sent */
    unsigned tries;               /* failed, in this phase; READ: single reads */
    unsigned keepalives_failed;   /* in a row */
    unsigned joins_failed;        /* in a row: since a session proved itself by a keepalive */
    unsigned sessions;
    enum policy_mode mode;
    bool confirmed;
    bool policy_changed; /* since the data plane took it */
    bool policy_asked;   /* the data plane has not answered yet */
    struct join_body main_policy, rules, incoming;
    uint64_t random;
    struct join_notes notes;

    uint64_t now_ns; /* these two: of the step under way */
    struct join_actions *actions;
};

/* What a call was answered. */
struct join_answer {
    enum join_call call;
    long status;
    const char *body;
    size_t length;
};

/* All of these work within a step: join->now_ns and join->actions are set. */
uint64_t join_random(struct join *join);
void join_clear_agenda(struct join *join);   /* nothing is due, nothing awaited */
void join_send_discovery(struct join *join); /* now */
void join_take_answer(struct join *join, const struct join_answer *answer);
void join_take_confirmation(struct join *join); /* the frame came */
void join_miss_confirmation(struct join *join); /* it did not, and the time is over */
void join_take_policy_result(struct join *join, bool taken);
void join_forget_session(struct join *join, enum join_call call); /* "UUID not in DB" */

#endif

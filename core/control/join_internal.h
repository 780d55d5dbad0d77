#ifndef DPAE_CONTROL_JOIN_INTERNAL_H
#define DPAE_CONTROL_JOIN_INTERNAL_H

#include "control/join.h"
#include "control/join_note.h"

/* Shared by the files of the join machine: join.c takes the inputs and makes calls when they are
 * due; join_session.c interprets the replies and moves the session on. */
enum { JOIN_CALLS = JOIN_CALL_KEEPALIVE + 1 };

#define JOIN_NEVER UINT64_MAX

struct join_body {
    char *text; /* MESSAGE_REPLY_MAX bytes */
    size_t length;
};

struct join {
    struct join_settings settings; /* strings are NULL */
    struct message_identity identity;
    struct message_created created;
    enum join_phase phase;
    enum join_call pending;       /* call with an outstanding reply; never KEEPALIVE */
    bool keepalive_pending;       /* the reply to a keepalive is outstanding */
    uint64_t due_ns[JOIN_CALLS];  /* when to make each call, or JOIN_NEVER */
    uint64_t confirm_deadline_ns; /* JOIN_NEVER unless waiting for the frame */
    uint64_t discovery_ns;        /* time of the latest discovery frame */
    unsigned tries;               /* failed tries in this phase; READ: single reads */
    unsigned keepalives_failed;   /* consecutive */
    unsigned joins_failed;        /* consecutive: since a session last got a keepalive answered */
    unsigned sessions;
    enum policy_mode mode;
    bool confirmed;
    bool policy_changed; /* since the data plane accepted one */
    bool policy_offered; /* the data plane has not answered yet */
    struct join_body main_policy, rules, incoming;
    uint64_t random;
    struct join_notes notes;

    uint64_t now_ns; /* these two: of the current step */
    struct join_actions *actions;
};

/* The reply to a call. */
struct join_answer {
    enum join_call call;
    long status;
    const char *body;
    size_t length;
};

/* These work within a step: join->now_ns and join->actions are set. */
uint64_t join_random(struct join *join);
void join_cancel_calls(struct join *join);   /* cancels all scheduled and outstanding calls */
void join_send_discovery(struct join *join); /* at once */
void join_take_answer(struct join *join, const struct join_answer *answer);
void join_take_confirmation(struct join *join); /* the frame arrived */
void join_miss_confirmation(struct join *join); /* the deadline passed */
void join_take_policy_result(struct join *join, bool accepted);
void join_forget_session(struct join *join, enum join_call call); /* "UUID not in DB" */

#endif

#ifndef DPAE_CONTROL_CONTROL_INTERNAL_H
#define DPAE_CONTROL_CONTROL_INTERNAL_H

/* Shared by the parts of the control thread: control.c (life cycle and loop), control_session.c
 * (performs the join machine's actions), control_advice.c (sends the queue). Once the thread runs,
 * it owns all members except state, timing and flush_ms. */

#include "control/advice_queue.h"
#include "control/control.h"
#include "control/http.h"
#include "control/join.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Rate limit for one kind of log line: the first is logged at once, later ones at intervals with
 * the number of suppressed lines. */
struct control_rate_limit {
    uint64_t next_ns;
    unsigned left_out;
};

struct control {
    struct control_options options; /* owns its strings */
    struct http *http;
    struct join *join;
    struct advice_queue *queue;

    bool up;             /* advice can be sent in a session */
    bool reported_up;    /* the state last reported to the data plane */
    enum join_call call; /* in progress on HTTP_SESSION */
    uint64_t wake_ns;
    int frame_fd; /* open while waiting for the confirmation frame, else -1 */
    uint16_t frame_ethertype;
    char note[256]; /* the latest note */

    bool all_flows;
    unsigned advice_failures; /* consecutive unanswered tries of the queue's head */
    bool advice_held;         /* until the controller answers another request */
    struct control_rate_limit advice_log_limit, frame_log_limit;

    pthread_t thread;
    int stop_fd; /* an eventfd */
    bool stopping;
    atomic_uint flush_ms;
    pthread_mutex_t lock;
    struct control_state state; /* under lock */
    struct join_timing timing;  /* under lock; the thread applies it when timing_changed */
    bool timing_changed;
};

/* Returns true when the line may be logged, and sets *left_out to the lines suppressed since the
 * last one. */
bool control_rate_limit_allows(struct control_rate_limit *timing, unsigned *left_out);

/* ---- control_session.c ---- */
void control_session_begin(struct control *control);
void control_session_set_timing(struct control *control, const struct join_timing *timing);
void control_session_tick(struct control *control);
void control_session_take_reply(struct control *control, enum join_call call,
                                const struct http_reply *reply);
void control_session_take_frames(struct control *control);
void control_session_unknown_uuid(struct control *control);
/* Stops the return of frames and closes the frame socket; the session remains usable for advice. */
void control_session_end(struct control *control);

/* ---- control_advice.c ---- */
/* Sends the next advice, if there is one and sending is possible. */
void control_advice_send(struct control *control);
void control_advice_take_reply(struct control *control, const struct http_reply *reply);
void control_advice_session_lost(struct control *control); /* keeps the advice in progress */

#endif

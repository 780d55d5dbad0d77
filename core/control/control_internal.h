#ifndef DPAE_CONTROL_CONTROL_INTERNAL_H
#define DPAE_CONTROL_CONTROL_INTERNAL_H

/* Shared by the parts of the control thread: control.c (life and loop), control_session.c (what the
 * join machine wants done), control_advice.c (what the queue holds is sent). All but state,
 * pace and flush_ms is the thread's own once it runs. */

#include "control/advice_queue.h"
#include "control/control.h"
#include "control/http.h"
#include "control/join.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Lines of one kind: the first at once, then one in a while, with how many were left out. */
struct control_pace {
    uint64_t next_ns;
    unsigned left_out;
};

struct control {
    struct control_options options; /* its strings are owned */
    struct http *http;
    struct join *join;
    struct advice_queue *queue;

    bool up;             /* a session is there to advise in */
    bool told_up;        /* what the data plane was told last */
    enum join_call call; /* under way on HTTP_SESSION */
    uint64_t wake_ns;
    int frame_fd; /* open while the confirmation frame is awaited, else -1 */
    uint16_t frame_ethertype;
    char note[256]; /* the latest */

    bool all_flows;
    unsigned advice_failures; /* of the head of the queue, in a row: no reply */
    bool advice_waits;        /* until the controller has answered something else */
    struct control_pace advice_pace, frame_pace;

    pthread_t thread;
    int stop_fd; /* an eventfd */
    bool stopping;
    atomic_uint flush_ms;
    pthread_mutex_t lock;
    struct control_state state; /* under lock */
    struct join_pace pace;      /* likewise: for the thread to take over when pace_changed */
    bool pace_changed;
};

/* True when the line may be written; *left_out is how many were not since the last one. */
bool control_pace_line(struct control_pace *pace, unsigned *left_out);

/* ---- control_session.c ---- */
void control_session_begin(struct control *control);
void control_session_set_pace(struct control *control, const struct join_pace *pace);
void control_session_tick(struct control *control);
void control_session_take_reply(struct control *control, enum join_call call,
                                const struct http_reply *reply);
void control_session_take_frames(struct control *control);
void control_session_unknown_uuid(struct control *control);
/* Stops the return of frames and closes what is open; the session stays good for advice. */
void control_session_end(struct control *control);

/* ---- control_advice.c ---- */
/* Starts the next advice when there is one and nothing is in its way. */
void control_advice_send(struct control *control);
void control_advice_take_reply(struct control *control, const struct http_reply *reply);
void control_advice_session_lost(struct control *control); /* what is under way is kept */

#endif

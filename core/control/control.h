#ifndef DPAE_CONTROL_CONTROL_H
#define DPAE_CONTROL_CONTROL_H

#include "config/config.h"
#include "control/advice_queue.h"
#include "event/event.h"
#include "policy/policy_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The thread that holds one interface's session with the controller: it drives the join machine,
 * sends advice, renews the tc state and polls the policy. It knows neither packets nor processes:
 * the daemon passes it these callbacks, all called from the control thread. */
struct control_callbacks {
    void *context;
    /* Sends one Ethernet frame on the interface (whole frame, without FCS). Returns 0 or a negative
     * errno. */
    int (*send_frame)(void *context, const uint8_t *frame, size_t length, struct error *error);
    /* Starts receiving frames of this ethertype (0 stops it). Returns a descriptor that is readable
     * when a frame is pending, or a negative errno. */
    int (*listen)(void *context, uint16_t ethertype, struct error *error);
    /* Reads one such frame. Returns its length, or 0 when no frame is pending. */
    size_t (*receive_frame)(void *context, uint8_t *frame, size_t size);
    /* Passes a changed policy, or the first of a session, to the data plane: valid, borrowed for
     * the call. Returns true when it is accepted; otherwise the thread requests it again. */
    bool (*apply_policy)(void *context, const struct policy_text *policy);
    /* Reports whether frames may be returned now, and the session's discovery addresses. Called
     * again when the mode changes. */
    void (*session)(void *context, bool up, enum policy_mode mode, const uint8_t dpae2ctrl_mac[6],
                    const uint8_t ctrl2dpae_mac[6], uint16_t ethertype);
    /* Takes the next event from the data plane. Returns false when no event is pending. */
    bool (*take_event)(void *context, struct event *event);
};

struct control_options {
    const struct config *config; /* borrowed for the life of the thread */
    const char *if_name;
    const char *dpae_version;
    int event_fd; /* an eventfd, written when the data plane has queued events; only this thread
                     reads it */
    struct control_callbacks callbacks;
};

/* A snapshot for status and logs. */
struct control_state {
    bool up;
    enum policy_mode mode; /* valid while up */
    uint64_t since_ns;     /* wall clock of the last change of up; initially the start */
    unsigned sessions;
    char phase[32];
    char last_note[256];
    struct advice_counters advice;
};

struct control;

/* Starts the thread; call http_global_init() first. On failure (a bad URL, an unreadable file, no
 * memory) returns a negative errno and sets *control to NULL. */
int control_start(struct control **control, const struct control_options *options,
                  struct error *error);

/* Ends the thread: stops the return of frames, sends queued advice for at most flush_ms, joins the
 * thread and frees control. Accepts NULL. */
void control_stop(struct control *control, unsigned flush_ms);

/* Changes the session's intervals and time-outs within a second; callable from any thread. Accepts
 * NULL. */
void control_take_config(struct control *control, const struct config *config);

void control_get_state(struct control *control, struct control_state *state);

#endif

#ifndef DPAE_CONTROL_CONTROL_H
#define DPAE_CONTROL_CONTROL_H

#include "config/config.h"
#include "control/advice_queue.h"
#include "event/event.h"
#include "policy/policy_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The thread that holds one interface's session with the controller: drives the join machine, sends
 * advice, renews the tc state, polls the policy. It knows no packets and no processes: the daemon
 * hands it these callbacks, all called from the control thread. */
struct control_callbacks {
    void *context;
    /* Sends one Ethernet frame on the interface (whole frame, without FCS). 0 or a negative errno.
     */
    int (*send_frame)(void *context, const uint8_t *frame, size_t length, struct error *error);
    /* Opens reception of frames of this ethertype (and closes it with 0): returns a descriptor that
     * is readable when one is there, or a negative errno. */
    int (*listen)(void *context, uint16_t ethertype, struct error *error);
    /* Reads one such frame; 0 when none is there. */
    size_t (*receive_frame)(void *context, uint8_t *frame, size_t size);
    /* A policy that is new, or the first of a session, for the data plane: valid, borrowed for the
     * call. True when it was taken; otherwise it is asked for again. */
    bool (*apply_policy)(void *context, const struct policy_text *policy);
    /* Whether frames may be returned now, and the session's discovery addresses. Called again when
     * the mode changes. */
    void (*session)(void *context, bool up, enum policy_mode mode, const uint8_t dpae2ctrl_mac[6],
                    const uint8_t ctrl2dpae_mac[6], uint16_t ethertype);
    /* Next event from the data plane; false when there is none now. */
    bool (*take_event)(void *context, struct event *event);
};

struct control_options {
    const struct config *config; /* borrowed for the thread's life */
    const char *if_name;
    const char *dpae_version;
    int event_fd; /* an eventfd, written when the data plane has put events; read here only */
    struct control_callbacks callbacks;
};

/* For status and logs; a snapshot. */
struct control_state {
    bool up;
    enum policy_mode mode; /* while it is up */
    uint64_t since_ns;     /* wall clock: when it became up, or down; at first the start */
    unsigned sessions;
    char phase[32];
    char last_note[256];
    struct advice_counters advice;
};

struct control;

/* Starts the thread; http_global_init() was called before. On failure (a bad URL, a file that
 * cannot be read, no memory) returns a negative errno, and *control is NULL. */
int control_start(struct control **control, const struct control_options *options,
                  struct error *error);

/* Asks the thread to end: no frames are returned any more; what is queued is sent for at most
 * flush_ms. Joins the thread and frees control. NULL is allowed. */
void control_stop(struct control *control, unsigned flush_ms);

/* Other intervals and time-outs of the session, within a second; from any thread. NULL is allowed.
 */
void control_take_config(struct control *control, const struct config *config);

void control_get_state(struct control *control, struct control_state *state);

#endif

#ifndef DPAE_EVENT_OUTLET_H
#define DPAE_EVENT_OUTLET_H

#include "base/error.h"
#include "event/event.h"

/* Writes events to a file as JSON lines, in its own thread: callers never block on a slow disk or
 * on the reader of a pipe. Events that do not fit in the queue are lost, counted and logged. */
struct outlet;

/* Creates an outlet without starting its thread. fd is borrowed until outlet_end(), and made
 * non-blocking unless it is a regular file; name is borrowed for the log. */
int outlet_new(struct outlet **outlet, int fd, const char *name, struct error *error);

/* Queues an event. Never blocks unless outlet_allow_waiting() was called. Calls must not overlap.
 * The first call starts the thread, which inherits the caller's privileges at that time. */
void outlet_put(struct outlet *outlet, const struct event *event);

/* Allows outlet_put() to wait for room from now on, limit_ms in total. Must not run concurrently
 * with outlet_put(). */
void outlet_allow_waiting(struct outlet *outlet, unsigned limit_ms);

/* Waits at most limit_ms until the queued events are written, logs the losses, and frees the
 * outlet. Returns 0, or the negative errno of a failed write, after which no event was written.
 * Accepts NULL. */
int outlet_end(struct outlet *outlet, unsigned limit_ms);

#endif

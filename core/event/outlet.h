#ifndef DPAE_EVENT_OUTLET_H
#define DPAE_EVENT_OUTLET_H

#include "base/error.h"
#include "event/event.h"

/* Events to a file as JSON lines, by a thread of its own: who has an event to tell never waits for
 * a slow disk, or for the reader of a pipe. What finds no room in the queue is lost, and counted;
 * the log says so. */
struct outlet;

/* fd is borrowed until outlet_end(), and made non-blocking unless it is a regular file; name is
 * borrowed, for the log. Starts nothing yet. */
int outlet_new(struct outlet **outlet, int fd, const char *name, struct error *error);

/* Never waits, unless outlet_be_patient() was called. Calls must not overlap. The first one starts
 * the thread, which has the rights that its caller has by then. */
void outlet_put(struct outlet *outlet, const struct event *event);

/* From now on there is nothing better to do than to wait for room, limit_ms in all. Not while
 * outlet_put() runs. */
void outlet_be_patient(struct outlet *outlet, unsigned limit_ms);

/* Waits at most limit_ms for what is queued to be written, tells in the log what was lost, and
 * frees it. Returns 0 or the negative errno of a write that failed, after which nothing was
 * written. NULL is allowed. */
int outlet_end(struct outlet *outlet, unsigned limit_ms);

#endif

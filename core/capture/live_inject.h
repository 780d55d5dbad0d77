#ifndef DPAE_CAPTURE_LIVE_INJECT_H
#define DPAE_CAPTURE_LIVE_INJECT_H

#include "base/error.h"
#include "packet/frame.h"

/* Inside of live.c: sending frames. */

/* Returns a packet socket on the interface, or a negative errno. */
int live_inject_open(const char *interface, struct error *error);

/* Sends the frames in order, as they are. Returns how many the interface took. It does not take a
 * frame longer than its MTU, nor one that its queue has no room for; when the socket's own buffer
 * is full it is waited for, up to 5 ms at a time without progress. */
unsigned live_inject_send(int fd, const struct frame *frames, unsigned count);

#endif

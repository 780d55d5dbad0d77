#ifndef DPAE_CAPTURE_LIVE_INJECT_H
#define DPAE_CAPTURE_LIVE_INJECT_H

#include "base/error.h"
#include "packet/frame.h"

/* Internal to live.c: sending frames. */

/* Returns a packet socket on the interface, or a negative errno. */
int live_inject_open(const char *interface, struct error *error);

/* Sends the frames in order, unchanged. Returns how many the interface accepted. It rejects frames
 * longer than its MTU or beyond the room of its queue. While the socket's own buffer is full, waits
 * up to 5 ms at a time without progress. */
unsigned live_inject_send(int fd, const struct frame *frames, unsigned count);

#endif

#ifndef DPAE_EVENT_EVENT_WIRE_H
#define DPAE_EVENT_EVENT_WIRE_H

#include "event/event.h"

#include <stddef.h>

/* Events on their way through shared memory, from a process that may have been taken over by what
 * it parses to one that must not. */

/* How many bytes of *event matter: what is beyond needs not travel. */
size_t event_size(const struct event *event);

/* Makes an event out of size bytes that were read into *event: what did not travel is zeroed, texts
 * are terminated and printable. False when it can not be one. */
bool event_accept(struct event *event, size_t size);

#endif

#ifndef DPAE_EVENT_EVENT_WIRE_H
#define DPAE_EVENT_EVENT_WIRE_H

#include "event/event.h"

#include <stddef.h>

/* The transfer of events through shared memory, from a process that its input may have compromised
 * to one that must stay safe. */

/* Returns how many bytes of *event are significant: the rest need not be transferred. */
size_t event_size(const struct event *event);

/* Validates an event of size bytes in *event: zeroes the rest, terminates texts and makes them
 * printable. Returns false when the event is invalid. */
bool event_accept(struct event *event, size_t size);

#endif

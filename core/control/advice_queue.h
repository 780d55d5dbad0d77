#ifndef DPAE_CONTROL_ADVICE_QUEUE_H
#define DPAE_CONTROL_ADVICE_QUEUE_H

#include "base/error.h"
#include "event/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Advice that waits for the controller: bounded, first in first out. A flow's treatment and
 * suppression that wait together become one (treatment+suppress, the newest packet's numbers); DNS
 * answers of one packet become one message. Survives the loss of a session.
 *
 * Holds capacity events, identities at most an eighth of that, or 256 when that is more: they are
 * large. When full, the oldest identity goes first, then the oldest verdict; an identity never
 * takes a verdict's place. Bodies aside, nothing is allocated after new. */
struct advice_queue;

/* In events. taken = merged + sent + refused + skipped + dropped + those that wait. */
struct advice_counters {
    uint64_t taken, merged, sent;
    uint64_t refused; /* answered with an error, and given up */
    uint64_t skipped; /* not for this controller */
    uint64_t dropped_verdicts, dropped_identities;
};

int advice_queue_new(struct advice_queue **queue, uint32_t capacity, struct error *error);
void advice_queue_free(struct advice_queue *queue); /* NULL is allowed */

void advice_queue_put(struct advice_queue *queue,
                      const struct event *event); /* other kinds: no-op */
bool advice_queue_empty(const struct advice_queue *queue);

/* The body of the next advice (owned by the caller, free()), NULL when nothing waits or when out of
 * memory. What is not for this controller is passed over. It stays at the head until
 * advice_queue_done(); what is put for the same flow meanwhile waits behind it. */
char *advice_queue_head(struct advice_queue *queue, bool all_flows);

/* The head was answered: sent (200) or refused (other 4xx/5xx, given up); or not sent at all
 * (kept): it is offered again, together with what came for its flow. */
enum advice_outcome { ADVICE_SENT, ADVICE_REFUSED, ADVICE_KEPT };
void advice_queue_done(struct advice_queue *queue, enum advice_outcome outcome);

const struct advice_counters *advice_queue_counters(const struct advice_queue *queue);

#endif

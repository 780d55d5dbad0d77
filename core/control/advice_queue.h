#ifndef DPAE_CONTROL_ADVICE_QUEUE_H
#define DPAE_CONTROL_ADVICE_QUEUE_H

#include "base/error.h"
#include "event/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded first-in first-out queue of advice for the controller. A treatment and a suppression
 * queued for the same flow are merged into one (treatment+suppress, with the newest packet's
 * numbers); DNS answers of one packet share one message. The queue outlives a session.
 *
 * It holds up to capacity events. Identities, which are large, may take an eighth of that, but at
 * least 256. When full, it drops the oldest identity, or else the oldest verdict; an identity never
 * displaces a verdict. After advice_queue_new() only message bodies are allocated. */
struct advice_queue;

/* In events. taken = merged + sent + refused + skipped + dropped + queued. */
struct advice_counters {
    uint64_t taken, merged, sent;
    uint64_t refused; /* answered with an error and dropped */
    uint64_t skipped; /* not meant for this controller */
    uint64_t dropped_verdicts, dropped_identities;
};

int advice_queue_new(struct advice_queue **queue, uint32_t capacity, struct error *error);
void advice_queue_free(struct advice_queue *queue); /* accepts NULL */

void advice_queue_put(struct advice_queue *queue,
                      const struct event *event); /* ignores other kinds */
bool advice_queue_empty(const struct advice_queue *queue);

/* Returns the body of the next advice (owned by the caller, free()), or NULL when the queue is
 * empty or memory is exhausted. Skips advice that is not meant for this controller. The advice
 * stays at the head until advice_queue_done(); later advice for the same flow queues behind it. */
char *advice_queue_head(struct advice_queue *queue, bool all_flows);

/* Reports the outcome of the head: sent (200), refused (other 4xx/5xx, dropped), or kept (not
 * sent), which offers it again, merged with newer advice for its flow. */
enum advice_outcome { ADVICE_SENT, ADVICE_REFUSED, ADVICE_KEPT };
void advice_queue_done(struct advice_queue *queue, enum advice_outcome outcome);

const struct advice_counters *advice_queue_counters(const struct advice_queue *queue);

#endif

#ifndef DPAE_STORE_OUTBOX_H
#define DPAE_STORE_OUTBOX_H

#include "event/event.h"
#include "store/write.h"

#include <stdbool.h>
#include <stdint.h>

/* What waits to be written, in memory. States of one flow coalesce to the newest, with all that was
 * advised on it since it was written last; an end takes the place of a state. Verdicts alone are
 * held until their flow's state comes. Not locked. */
struct outbox;

/* The lists that an entry may be in. */
enum outbox_list {
    OUTBOX_FINAL, /* ends of flows, identities: said once */
    OUTBOX_OPEN,  /* states of flows that go on: said again when they change */
    OUTBOX_HELD,  /* verdicts without a state */
    OUTBOX_LIST_COUNT
};

struct outbox_entry {
    uint64_t hash, start_ns;        /* of its flow; an identity has none: 0, 0 */
    uint64_t version;               /* changes with what it says */
    uint64_t since_ns;              /* monotonic: when it came first */
    struct event *event;            /* owned, event_size() bytes; NULL: held */
    struct write_verdict *verdicts; /* owned */
    uint32_t verdict_count;
    uint32_t previous, next; /* in its list */
    uint16_t source;         /* number of the interface */
    uint8_t list;            /* enum outbox_list */
    uint8_t refused;         /* how often the server refused it */
    bool in_flight;          /* a call that writes it is under way */
};

/* capacity entries at most. NULL when out of memory. */
struct outbox *outbox_new(uint32_t capacity);
void outbox_free(struct outbox *outbox); /* NULL is allowed */

enum outbox_result {
    OUTBOX_TAKEN,
    OUTBOX_FULL /* nothing was taken */
};

/* Takes a copy of event: a verdict, an identity, a flow's state or end. Verdicts that have waited
 * longest for their flow may have to go for it. */
enum outbox_result outbox_add(struct outbox *outbox, const struct event *event, uint16_t source,
                              uint64_t now_ns);

/* Walks a list from its oldest entry: start with SLOT_NONE, ends with SLOT_NONE. */
uint32_t outbox_next(const struct outbox *outbox, enum outbox_list list, uint32_t slot);
struct outbox_entry *outbox_entry(struct outbox *outbox, uint32_t slot);

/* After its write: the entry is gone, unless its flow said something newer meanwhile. */
void outbox_written(struct outbox *outbox, uint32_t slot, uint64_t version);
void outbox_remove(struct outbox *outbox, uint32_t slot);

uint32_t outbox_count(const struct outbox *outbox, enum outbox_list list);
/* Verdicts that had to go so far, for others or for newer ones of their flow. */
uint64_t outbox_dropped_verdicts(const struct outbox *outbox);

#endif

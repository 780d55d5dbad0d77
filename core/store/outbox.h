#ifndef DPAE_STORE_OUTBOX_H
#define DPAE_STORE_OUTBOX_H

#include "event/event.h"
#include "store/write.h"

#include <stdbool.h>
#include <stdint.h>

/* Events waiting in memory to be written. States of a flow coalesce to the newest one, with all
 * advice since its last write; an end replaces a state. Verdicts are held until a state of
 * their flow arrives. Not thread-safe. */
struct outbox;

/* The lists of entries. */
enum outbox_list {
    OUTBOX_FINAL, /* ends of flows, identities: reported once */
    OUTBOX_OPEN,  /* states of live flows: reported again after a change */
    OUTBOX_HELD,  /* verdicts without a state */
    OUTBOX_LIST_COUNT
};

struct outbox_entry {
    uint64_t hash, start_ns;        /* key of its flow; 0, 0 for an identity */
    uint64_t version;               /* changes with the contents */
    uint64_t since_ns;              /* monotonic: first arrival */
    struct event *event;            /* owned, event_size() bytes; NULL: held */
    struct write_verdict *verdicts; /* owned */
    uint32_t verdict_count;
    uint32_t previous, next; /* in its list */
    uint16_t source;         /* interface index */
    uint8_t list;            /* enum outbox_list */
    uint8_t refused;         /* number of refusals by the server */
    bool in_flight;          /* being written */
};

/* Holds up to capacity entries. NULL if out of memory. */
struct outbox *outbox_new(uint32_t capacity);
void outbox_free(struct outbox *outbox); /* NULL is allowed */

enum outbox_result {
    OUTBOX_TAKEN,
    OUTBOX_FULL /* the event was not taken */
};

/* Takes a copy of a verdict, an identity, or a flow's state or end. May drop the verdicts that
 * have waited longest for their flow. */
enum outbox_result outbox_add(struct outbox *outbox, const struct event *event, uint16_t source,
                              uint64_t now_ns);

/* Walks a list from its oldest entry: start with SLOT_NONE, ends with SLOT_NONE. */
uint32_t outbox_next(const struct outbox *outbox, enum outbox_list list, uint32_t slot);
struct outbox_entry *outbox_entry(struct outbox *outbox, uint32_t slot);

/* Removes a written entry, unless its flow has changed in the meantime. */
void outbox_written(struct outbox *outbox, uint32_t slot, uint64_t version);
void outbox_remove(struct outbox *outbox, uint32_t slot);

uint32_t outbox_count(const struct outbox *outbox, enum outbox_list list);
/* Total of dropped verdicts, dropped for lack of room or for newer ones of their flow. */
uint64_t outbox_dropped_verdicts(const struct outbox *outbox);

#endif

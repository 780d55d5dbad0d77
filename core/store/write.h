#ifndef DPAE_STORE_WRITE_H
#define DPAE_STORE_WRITE_H

#include "event/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Converts events to database writes in BSON (docs/database.md lists the fields). A write is
 * idempotent: executed twice, or late by a server that had hung, it has no further effect. */

enum store_collection { STORE_FLOWS, STORE_IDENTITIES, STORE_COLLECTION_COUNT };

/* The origin of documents. */
struct write_source {
    const char *dpae_id, *interface;
    uint64_t run_ns;         /* wall clock at the start of the program */
    uint32_t retention_days; /* 0: keep forever */
};

/* Advice on a flow. */
struct write_verdict {
    uint64_t time_ns, packet, flow_packets;
    uint8_t actions, treatment;
    char classifier[EVENT_NAME_MAX];
};

/* One write: {c: collection, o: whether the flow is live, q: filter, u: update}. */
struct store_write {
    uint8_t *bytes; /* owned: write_free() */
    uint32_t size;
};

/* Converts the state of a live flow (EVENT_FLOW_STATE), its end (EVENT_FLOW_END) or an
 * identity, as of now_ns (wall clock); verdicts are those of the flow not yet written. Invalid
 * UTF-8 is escaped. A state never replaces an end. Returns 0, -ENOMEM, or -EINVAL for other
 * events. */
int write_make(const struct event *event, const struct write_verdict *verdicts, size_t count,
               const struct write_source *source, uint64_t now_ns, struct store_write *write);
void write_free(struct store_write *write);

/* "DPAE/HASH/SECONDS.NANOSECONDS" */
#define WRITE_ID_MAX 384
void write_flow_id(const char *dpae_id, uint64_t hash, uint64_t start_ns, char id[WRITE_ID_MAX]);

#endif

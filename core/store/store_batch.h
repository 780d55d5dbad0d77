#ifndef DPAE_STORE_BATCH_H
#define DPAE_STORE_BATCH_H

#include "store/store_internal.h"

/* One bulk: writes from the spool come first, then those of entries in memory. Used by the writing
 * thread, within the store's lock but for the writes and their results. */
struct store_batch {
    struct store_write writes[MONGO_WRITES_MAX];
    uint8_t results[MONGO_WRITES_MAX];
    uint32_t slots[MONGO_WRITES_MAX]; /* of entries: all behind from_spool */
    uint64_t versions[MONGO_WRITES_MAX];
    unsigned from_spool, count;
    unsigned spool_refused; /* how often in a row the server refused some of the spool's */
    uint8_t record[SPOOL_RECORD_MAX];
};

/* Takes what is to be written next, limit writes at most. */
void store_batch_fill(struct store_batch *batch, struct store *store, unsigned limit);

/* After the call, by its results: what was written is gone from the store, and the batch is empty.
 * Returns whether the server refused some. */
bool store_batch_settle(struct store_batch *batch, struct store *store);

#endif

#ifndef DPAE_STORE_BATCH_H
#define DPAE_STORE_BATCH_H

#include "store/store_internal.h"

/* One bulk: first writes from the spool, then those of entries in memory. Used by the writing
 * thread, which holds the store's lock except while it uses the writes and their results. */
struct store_batch {
    struct store_write writes[MONGO_WRITES_MAX];
    uint8_t results[MONGO_WRITES_MAX];
    uint32_t slots[MONGO_WRITES_MAX]; /* of entries, from index from_spool on */
    uint64_t versions[MONGO_WRITES_MAX];
    unsigned from_spool, count;
    unsigned spool_refused; /* consecutive batches with writes from the spool that were refused */
    uint8_t record[SPOOL_RECORD_MAX];
};

/* Takes the next writes, up to limit. */
void store_batch_fill(struct store_batch *batch, struct store *store, unsigned limit);

/* Applies the results of the call: removes written entries from the store and empties the
 * batch. Returns whether the server refused any. */
bool store_batch_settle(struct store_batch *batch, struct store *store);

#endif

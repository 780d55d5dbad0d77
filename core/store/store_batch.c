#include "store/store_batch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "base/slot_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_MAX 3u

static void log_damage(struct store *store, uint64_t lost, int reason) {
    log_error(LOG_NMETA_DPAE, "spool: reading failed (%s): %llu flow%s lost",
              strerrordesc_np(-reason), (unsigned long long)lost, plural(lost, " is", "s are"));
    store->counters.lost[STORE_LOST_SPOOL] += lost;
}

static void fill_from_spool(struct store_batch *batch, struct store *store, unsigned limit) {
    while (batch->count < limit) {
        const uint64_t before = spool_records(store->spool);
        const int size = spool_read(store->spool, batch->record, sizeof batch->record);
        if (size == -EBADMSG) {
            log_damage(store, before - spool_records(store->spool), size);
        }
        uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
        if (size > 0 && !bytes) { /* put the batch back into the spool */
            spool_rewind(store->spool);
            while (batch->count > 0) {
                write_free(&batch->writes[--batch->count]);
            }
        }
        if (!bytes) {
            break;
        }
        memcpy(bytes, batch->record, (size_t)size);
        batch->writes[batch->count++] =
            (struct store_write){.bytes = bytes, .size = (uint32_t)size};
    }
    batch->from_spool = batch->count;
}

static void fill_from_list(struct store_batch *batch, struct store *store, enum outbox_list list,
                           unsigned limit) {
    const uint64_t now_ns = clock_wall_ns();
    for (uint32_t slot = outbox_next(store->outbox, list, SLOT_NONE);
         slot != SLOT_NONE && batch->count < limit; slot = outbox_next(store->outbox, list, slot)) {
        struct outbox_entry *entry = outbox_entry(store->outbox, slot);
        if (write_make(entry->event, entry->verdicts, entry->verdict_count,
                       &store->sources[entry->source].document, now_ns,
                       &batch->writes[batch->count]) != 0) {
            break;
        }
        entry->in_flight = true;
        batch->slots[batch->count] = slot;
        batch->versions[batch->count] = entry->version;
        batch->count++;
    }
}

/* A quarter is reserved for states, so that a backlog does not hide live flows. */
void store_batch_fill(struct store_batch *batch, struct store *store, unsigned limit) {
    const unsigned open = outbox_count(store->outbox, OUTBOX_OPEN);
    const unsigned reserved = open < limit / 4 ? open : limit / 4;
    batch->count = batch->from_spool = 0;
    if (store->spool && spool_records(store->spool) > 0) {
        fill_from_spool(batch, store, limit - reserved);
    } else {
        fill_from_list(batch, store, OUTBOX_FINAL, limit - reserved);
    }
    fill_from_list(batch, store, OUTBOX_OPEN, limit);
}

static void settle_entry(struct store *store, uint32_t slot, uint64_t version, uint8_t result) {
    struct outbox_entry *entry = outbox_entry(store->outbox, slot);
    entry->in_flight = false;
    switch (result) {
    case MONGO_WRITTEN:
        store->counters.written++;
        outbox_written(store->outbox, slot, version);
        break;
    case MONGO_DUPLICATE: /* for a state: its flow has ended; or, once, two writers created the
                             document at the same time */
    case MONGO_REFUSED:
        if (entry->version == version && ++entry->refused >= REFUSED_MAX) {
            if (result == MONGO_DUPLICATE && entry->list == OUTBOX_OPEN) {
                store->counters.superseded++;
            } else {
                store->counters.lost[STORE_LOST_REFUSED]++;
            }
            outbox_remove(store->outbox, slot);
        }
        break;
    default:
        break;
    }
}

/* The spool's part of a batch is forgotten as a whole or kept as a whole. */
static void settle_spool(struct store_batch *batch, struct store *store) {
    unsigned written = 0, refused = 0;
    for (unsigned i = 0; i < batch->from_spool; i++) {
        written += batch->results[i] == MONGO_WRITTEN;
        refused += batch->results[i] == MONGO_DUPLICATE || batch->results[i] == MONGO_REFUSED;
    }
    const bool answered = written + refused == batch->from_spool;
    if (answered && refused > 0) {
        batch->spool_refused++;
    }
    if (answered && (refused == 0 || batch->spool_refused >= REFUSED_MAX)) {
        store->counters.written += written;
        store->counters.lost[STORE_LOST_REFUSED] += refused;
        batch->spool_refused = 0;
        spool_forget(store->spool);
    } else {
        spool_rewind(store->spool);
    }
}

bool store_batch_settle(struct store_batch *batch, struct store *store) {
    bool refused = false;
    if (batch->from_spool > 0) {
        settle_spool(batch, store);
    }
    for (unsigned i = batch->from_spool; i < batch->count; i++) {
        settle_entry(store, batch->slots[i], batch->versions[i], batch->results[i]);
    }
    for (unsigned i = 0; i < batch->count; i++) {
        refused |= batch->results[i] == MONGO_REFUSED;
        write_free(&batch->writes[i]);
    }
    batch->count = 0;
    return refused;
}

#include "base/clock.h"
#include "base/log.h"
#include "base/slot_index.h"
#include "store/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_NS      (200 * NS_PER_MS) /* how long a bulk waits for more */
#define CALL_LONG_NS   (700 * NS_PER_MS) /* the next bulk is smaller after such a call, */
#define CALL_SHORT_NS  (350 * NS_PER_MS) /* and larger after such a one */
#define RETRY_FIRST_NS (250 * NS_PER_MS)
#define RETRY_MAX_NS   (4 * NS_PER_S)
#define TOLD_AGAIN_NS  (60 * NS_PER_S)
#define UPKEEP_NS      (60 * NS_PER_S)
#define EXPIRE_MAX     1000u
#define EXPIRE_NS      NS_PER_S /* of a minute, at most */
#define REFUSED_MAX    3u

/* One bulk: writes from the spool come first, then those of entries in memory. */
struct batch {
    struct store_write writes[MONGO_WRITES_MAX];
    uint8_t results[MONGO_WRITES_MAX];
    uint32_t slots[MONGO_WRITES_MAX]; /* of entries: all behind from_spool */
    uint64_t versions[MONGO_WRITES_MAX];
    unsigned from_spool, count;
};

struct writer {
    struct store *store;
    struct batch batch;
    unsigned limit;         /* of a bulk: as many as the server takes in good time */
    bool down;              /* the latest call failed */
    bool prepared, by_hand; /* by_hand: the server does not expire documents */
    uint64_t upkeep_at_ns;
    unsigned earlier_ended; /* how often the flows of earlier runs were */
    unsigned failures, spool_refused;
    uint64_t down_since_ns, told_ns, refused_ns;
    uint8_t record[SPOOL_RECORD_MAX];
};

static struct timespec to_timespec(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static unsigned total(const struct store *store) {
    return outbox_count(store->outbox, OUTBOX_FINAL) + outbox_count(store->outbox, OUTBOX_OPEN);
}

/* Nothing more to do, or no time left. Locked. */
static bool is_over(const struct store *store) {
    if (!store->last) {
        return false;
    }
    const bool empty = total(store) == 0 && (!store->spool || spool_records(store->spool) == 0);
    /* With a spool there is no point in waiting for a database that is away. */
    return empty || clock_monotonic_ns() >= store->stop_at_ns ||
           (!store->counters.up && store->spool);
}

/* Waits until there is a bulk's worth, or some time has gone by. Locked. False: it is the end. */
static bool await_work(const struct writer *writer) {
    struct store *store = writer->store;
    uint64_t until_ns = clock_monotonic_ns() + GATHER_NS;
    if (store->retry_at_ns > until_ns) {
        until_ns = store->retry_at_ns;
    }
    while (!is_over(store)) {
        const uint64_t now_ns = clock_monotonic_ns();
        const bool much = (store->stop && total(store) > 0) || total(store) >= writer->limit ||
                          (store->spool && spool_records(store->spool) > 0);
        if (now_ns >= until_ns || (much && now_ns >= store->retry_at_ns)) {
            return true;
        }
        uint64_t wake_ns = much ? store->retry_at_ns : until_ns;
        if (store->stop && store->stop_at_ns < wake_ns) {
            wake_ns = store->stop_at_ns;
        }
        const struct timespec wake = to_timespec(wake_ns);
        if (pthread_cond_timedwait(&store->news, &store->lock, &wake) == EINVAL) {
            return true;
        }
    }
    return false;
}

static void begin_call(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->call_started_ns = clock_monotonic_ns();
    pthread_mutex_unlock(&store->lock);
}

/* The first of a kind, and one in a minute. */
static void tell_trouble(struct writer *writer, bool first, const struct error *error) {
    struct store *store = writer->store;
    const uint64_t now_ns = clock_monotonic_ns();
    snprintf(store->counters.trouble, sizeof store->counters.trouble, "%s", error->message);
    if (first || now_ns - writer->told_ns > TOLD_AGAIN_NS) {
        writer->told_ns = now_ns;
        log_error(LOG_NMETA_DPAE,
                  "the database %s cannot be used: %s; flows wait, it is tried again",
                  mongo_name(store->mongo), error->message);
    }
}

static void tell_refused(struct writer *writer, const struct error *error) {
    const uint64_t now_ns = clock_monotonic_ns();
    if (writer->refused_ns == 0 || now_ns - writer->refused_ns > TOLD_AGAIN_NS) {
        writer->refused_ns = now_ns;
        log_error(LOG_NMETA_DPAE, "the database %s refuses a document: %s",
                  mongo_name(writer->store->mongo), error->message);
    }
}

static void tell_recovery(struct writer *writer) {
    struct store *store = writer->store;
    const uint64_t records = store->spool ? spool_records(store->spool) : 0;
    const double seconds =
        (double)(clock_monotonic_ns() - writer->down_since_ns) / (double)NS_PER_S;
    log_info(LOG_NMETA_DPAE, "the database %s is back after %.0f s; %llu writes wait in the spool",
             mongo_name(store->mongo), seconds, (unsigned long long)records);
    store->counters.trouble[0] = '\0';
}

/* Locked. */
static void end_call(struct writer *writer, int result, const struct error *error) {
    struct store *store = writer->store;
    const uint64_t now_ns = clock_monotonic_ns();
    store->call_started_ns = 0;
    writer->down = result != 0;
    if (result == 0) {
        if (!store->counters.up) {
            tell_recovery(writer);
        }
        store->counters.up = true;
        store->retry_at_ns = 0;
        writer->failures = 0;
        return;
    }
    const bool first = store->counters.up;
    if (first) {
        writer->down_since_ns = now_ns;
    }
    store->counters.up = false;
    const unsigned doublings = writer->failures < 8 ? writer->failures++ : 8;
    const uint64_t wait_ns = RETRY_FIRST_NS << doublings;
    store->retry_at_ns = now_ns + (wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS);
    tell_trouble(writer, first, error);
    store_spool(store);
}

static int end_earlier(struct writer *writer, struct error *error) {
    struct store *store = writer->store;
    for (unsigned i = 0; i < store->source_count; i++) {
        uint64_t count;
        if (mongo_end_earlier(store->mongo, &store->sources[i].document, &count, error) != 0) {
            return error->code;
        }
        if (count > 0) {
            log_info(LOG_NMETA_DPAE, "%llu flows of an earlier run of %s were unfinished: restart",
                     (unsigned long long)count, store->sources[i].dpae_id);
        }
        pthread_mutex_lock(&store->lock);
        store->counters.restarted += count;
        pthread_mutex_unlock(&store->lock);
    }
    return 0;
}

static int expire(struct writer *writer, struct error *error) {
    struct store *store = writer->store;
    const uint64_t limit_ns = clock_monotonic_ns() + EXPIRE_NS;
    for (unsigned i = 0; i < store->source_count; i++) {
        uint64_t count;
        do {
            if (mongo_expire(store->mongo, &store->sources[i].document, clock_wall_ns(), EXPIRE_MAX,
                             &count, error) != 0) {
                return error->code;
            }
            pthread_mutex_lock(&store->lock);
            store->counters.expired += count;
            pthread_mutex_unlock(&store->lock);
        } while (count >= EXPIRE_MAX && clock_monotonic_ns() < limit_ns);
    }
    return 0;
}

/* Before the first write. */
static bool prepare(struct writer *writer) {
    struct store *store = writer->store;
    struct error error = {0};
    bool expires = true;
    begin_call(store);
    const int result = mongo_prepare(store->mongo, &expires, &error);
    pthread_mutex_lock(&store->lock);
    end_call(writer, result, &error);
    store->counters.ready |= result == 0;
    pthread_mutex_unlock(&store->lock);
    if (result != 0) {
        mongo_disconnect(store->mongo);
        return false;
    }
    writer->prepared = true;
    writer->by_hand = !expires;
    return true;
}

/* At the start and once a minute. A server may be too slow for it, or not allow it: writing goes
 * on. The earlier run's flows are ended a second time after a minute, as a server that had stood
 * still may execute writes of that run late. */
static void keep_up(struct writer *writer) {
    struct store *store = writer->store;
    struct error error = {0};
    int result = 0;
    writer->upkeep_at_ns = clock_monotonic_ns() + UPKEEP_NS;
    begin_call(store);
    if (writer->earlier_ended < 2) {
        result = end_earlier(writer, &error);
        writer->earlier_ended += result == 0;
    }
    if (result == 0 && writer->by_hand) {
        result = expire(writer, &error);
    }
    pthread_mutex_lock(&store->lock);
    store->call_started_ns = 0;
    pthread_mutex_unlock(&store->lock);
    if (result != 0) {
        log_warning(LOG_NMETA_DPAE, "database: earlier or expired flows: %s; again in a minute",
                    error.message);
        mongo_disconnect(store->mongo);
    }
}

static void fill_from_spool(struct writer *writer, unsigned limit) {
    struct store *store = writer->store;
    struct batch *batch = &writer->batch;
    while (batch->count < limit) {
        const uint64_t before = spool_records(store->spool);
        const int size = spool_read(store->spool, writer->record, sizeof writer->record);
        if (size == -EBADMSG) {
            log_error(LOG_NMETA_DPAE, "the spool is damaged: up to %llu flows are lost",
                      (unsigned long long)before);
            store->counters.lost[STORE_LOST_SPOOL] += before - batch->count;
        }
        uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
        if (size > 0 && !bytes) { /* it was read, but not taken */
            spool_rewind(store->spool);
            while (batch->count > 0) {
                write_free(&batch->writes[--batch->count]);
            }
        }
        if (!bytes) {
            break;
        }
        memcpy(bytes, writer->record, (size_t)size);
        batch->writes[batch->count++] =
            (struct store_write){.bytes = bytes, .size = (uint32_t)size};
    }
    batch->from_spool = batch->count;
}

static void fill_from_list(struct writer *writer, enum outbox_list list, unsigned limit) {
    struct store *store = writer->store;
    struct batch *batch = &writer->batch;
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

/* Locked. States have a quarter to themselves, so that a backlog does not hide what goes on. */
static void fill(struct writer *writer) {
    struct store *store = writer->store;
    struct batch *batch = &writer->batch;
    const unsigned open = outbox_count(store->outbox, OUTBOX_OPEN);
    const unsigned reserved = open < writer->limit / 4 ? open : writer->limit / 4;
    batch->count = batch->from_spool = 0;
    if (store->spool && spool_records(store->spool) > 0) {
        fill_from_spool(writer, writer->limit - reserved);
    } else {
        fill_from_list(writer, OUTBOX_FINAL, writer->limit - reserved);
    }
    fill_from_list(writer, OUTBOX_OPEN, writer->limit);
}

static void settle_entry(struct store *store, uint32_t slot, uint64_t version, uint8_t result) {
    struct outbox_entry *entry = outbox_entry(store->outbox, slot);
    entry->in_flight = false;
    switch (result) {
    case MONGO_WRITTEN:
        store->counters.written++;
        outbox_written(store->outbox, slot, version);
        break;
    case MONGO_DUPLICATE: /* of a state; once may be two that made the document at the same time */
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

/* All of them are forgotten together, or none. */
static void settle_spool(struct writer *writer) {
    struct store *store = writer->store;
    const struct batch *batch = &writer->batch;
    unsigned written = 0, refused = 0;
    for (unsigned i = 0; i < batch->from_spool; i++) {
        written += batch->results[i] == MONGO_WRITTEN;
        refused += batch->results[i] == MONGO_DUPLICATE || batch->results[i] == MONGO_REFUSED;
    }
    const bool answered = written + refused == batch->from_spool;
    if (answered && refused > 0) {
        writer->spool_refused++;
    }
    if (answered && (refused == 0 || writer->spool_refused >= REFUSED_MAX)) {
        store->counters.written += written;
        store->counters.lost[STORE_LOST_REFUSED] += refused;
        writer->spool_refused = 0;
        spool_forget(store->spool);
    } else {
        spool_rewind(store->spool);
    }
}

static void settle(struct writer *writer) {
    struct store *store = writer->store;
    struct batch *batch = &writer->batch;
    if (batch->from_spool > 0) {
        settle_spool(writer);
    }
    for (unsigned i = batch->from_spool; i < batch->count; i++) {
        settle_entry(store, batch->slots[i], batch->versions[i], batch->results[i]);
    }
    for (unsigned i = 0; i < batch->count; i++) {
        write_free(&batch->writes[i]);
    }
}

static bool any_refused(const struct batch *batch) {
    for (unsigned i = 0; i < batch->count; i++) {
        if (batch->results[i] == MONGO_REFUSED) {
            return true;
        }
    }
    return false;
}

static void adapt(struct writer *writer, uint64_t took_ns) {
    if (took_ns > CALL_LONG_NS && writer->limit > STORE_BULK_MIN) {
        writer->limit /= 2;
    } else if (took_ns < CALL_SHORT_NS && writer->limit < MONGO_WRITES_MAX) {
        writer->limit = writer->limit * 2 < MONGO_WRITES_MAX ? writer->limit * 2 : MONGO_WRITES_MAX;
    }
}

static void write_batch(struct writer *writer) {
    struct store *store = writer->store;
    struct batch *batch = &writer->batch;
    struct error error = {0};
    pthread_mutex_lock(&store->lock);
    fill(writer);
    pthread_mutex_unlock(&store->lock);
    if (batch->count == 0) {
        return;
    }
    begin_call(store);
    const uint64_t start_ns = clock_monotonic_ns();
    const int result =
        mongo_write(store->mongo, batch->writes, batch->count, batch->results, &error);
    adapt(writer, clock_monotonic_ns() - start_ns);
    pthread_mutex_lock(&store->lock);
    settle(writer);
    end_call(writer, result, &error);
    if (result == 0 && any_refused(batch)) {
        tell_refused(writer, &error);
        store->retry_at_ns = clock_monotonic_ns() + RETRY_FIRST_NS;
    }
    pthread_mutex_unlock(&store->lock);
    if (result != 0) {
        mongo_disconnect(store->mongo);
    }
}

void *store_writer(void *context) {
    struct store *store = context;
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        log_critical(LOG_NMETA_DPAE, "store: out of memory; nothing is written");
        return NULL;
    }
    writer->store = store;
    writer->limit = MONGO_WRITES_MAX / 2;
    for (;;) {
        pthread_mutex_lock(&store->lock);
        const bool more = await_work(writer);
        pthread_mutex_unlock(&store->lock);
        if (!more) {
            break;
        }
        if (!writer->prepared && !prepare(writer)) {
            continue;
        }
        if (clock_monotonic_ns() >= writer->upkeep_at_ns && !writer->down) {
            keep_up(writer);
        }
        write_batch(writer);
    }
    free(writer);
    return NULL;
}

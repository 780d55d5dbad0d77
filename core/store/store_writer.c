#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "store/store_batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GATHER_NS      (200 * NS_PER_MS) /* how long a bulk waits for more writes */
#define CALL_LONG_NS   (700 * NS_PER_MS) /* after a longer call, the next bulk is smaller, */
#define CALL_SHORT_NS  (350 * NS_PER_MS) /* after a shorter one, larger */
#define RETRY_FIRST_NS (250 * NS_PER_MS)
#define RETRY_MAX_NS   (4 * NS_PER_S)
#define LOG_AGAIN_NS   (60 * NS_PER_S)
#define UPKEEP_NS      (60 * NS_PER_S)
#define EXPIRE_MAX     1000u
#define EXPIRE_NS      NS_PER_S /* per minute, at most */

struct writer {
    struct store *store;
    struct store_batch batch;
    unsigned limit;         /* of a bulk: adapts to the speed of the server */
    bool down;              /* the latest call failed */
    bool prepared, by_hand; /* by_hand: expired documents must be removed here */
    uint64_t upkeep_at_ns;
    unsigned earlier_ended; /* how often end_earlier() has succeeded */
    unsigned failures;
    uint64_t down_since_ns, logged_ns, refused_ns;
};

static struct timespec to_timespec(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static unsigned total(const struct store *store) {
    return outbox_count(store->outbox, OUTBOX_FINAL) + outbox_count(store->outbox, OUTBOX_OPEN);
}

static bool is_empty(const struct store *store) {
    return total(store) == 0 && (!store->spool || spool_records(store->spool) == 0);
}

/* All work is done, or the time is up. Locked. */
static bool is_over(const struct store *store) {
    if (!store->last) {
        return false;
    }
    /* With a spool, waiting for an unreachable database is pointless. */
    return is_empty(store) || clock_monotonic_ns() >= store->stop_at_ns ||
           (!store->counters.up && store->spool);
}

/* Waits until a bulk is full or GATHER_NS have passed. Locked. False: time to end. */
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

/* Logs the first failure, then once a minute. */
static void log_trouble(struct writer *writer, bool first, const struct error *error) {
    struct store *store = writer->store;
    const uint64_t now_ns = clock_monotonic_ns();
    const struct config *config = store->config;
    snprintf(store->counters.trouble, sizeof store->counters.trouble, "%s", error->message);
    store->counters.trouble_code = error->code;
    if (store->awaited && !store->counters.ready) {
        return;
    }
    if (first || now_ns - writer->logged_ns > LOG_AGAIN_NS) {
        writer->logged_ns = now_ns;
        log_error(LOG_NMETA_DPAE,
                  "database %s (%s in %s): cannot be used: %s; flows wait, dpae keeps trying",
                  mongo_name(store->mongo), mongo_setting(config),
                  config->path ? config->path : "the configuration", error->message);
    }
}

static void log_refused(struct writer *writer, const struct error *error) {
    const uint64_t now_ns = clock_monotonic_ns();
    if (writer->refused_ns == 0 || now_ns - writer->refused_ns > LOG_AGAIN_NS) {
        writer->refused_ns = now_ns;
        log_error(LOG_NMETA_DPAE, "database %s: refuses a document: %s",
                  mongo_name(writer->store->mongo), error->message);
    }
}

static void log_recovery(struct writer *writer) {
    struct store *store = writer->store;
    const uint64_t records = store->spool ? spool_records(store->spool) : 0;
    const double seconds =
        (double)(clock_monotonic_ns() - writer->down_since_ns) / (double)NS_PER_S;
    log_info(LOG_NMETA_DPAE, "database %s: is back after %.0f s; %llu write%s in the spool",
             mongo_name(store->mongo), seconds, (unsigned long long)records,
             plural(records, " waits", "s wait"));
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
            log_recovery(writer);
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
    log_trouble(writer, first, error);
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
            log_info(LOG_NMETA_DPAE,
                     "database: marked %llu unfinished flow%s of an earlier run of %s as ended "
                     "by restart",
                     (unsigned long long)count, plural(count, "", "s"), store->sources[i].dpae_id);
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

/* Prepares the database before the first write. */
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

/* Upkeep, at the start and once a minute. A server may be too slow for it, or not allow it:
 * writing goes on. Flows of earlier runs are ended a second time after a minute, since a server
 * that had hung may execute writes of that run late. */
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
        log_warning(
            LOG_NMETA_DPAE,
            "database: cannot update earlier or expired flows: %s; next attempt in a minute",
            error.message);
        mongo_disconnect(store->mongo);
    }
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
    struct store_batch *batch = &writer->batch;
    struct error error = {0};
    pthread_mutex_lock(&store->lock);
    store_batch_fill(batch, store, writer->limit);
    if (batch->count == 0 && !is_empty(store)) { /* out of memory */
        store->retry_at_ns = clock_monotonic_ns() + RETRY_FIRST_NS;
    }
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
    const bool refused = store_batch_settle(batch, store);
    end_call(writer, result, &error);
    if (result == 0 && refused) {
        log_refused(writer, &error);
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
        log_critical(LOG_NMETA_DPAE, "store: out of memory; no flows are written");
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

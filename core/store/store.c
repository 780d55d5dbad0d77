#include "store/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "base/slot_index.h"
#include "store/store_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLLECT_MS 10
/* While a call takes longer, ended flows, including those it is writing, go to the spool. */
#define CALL_SLOW_NS NS_PER_S

/* Moves an entry to the spool. On false it stays. */
static bool spool_entry(struct store *store, uint32_t slot) {
    struct outbox_entry *entry = outbox_entry(store->outbox, slot);
    struct store_write write;
    if (write_make(entry->event, entry->verdicts, entry->verdict_count,
                   &store->sources[entry->source].document, clock_wall_ns(), &write) != 0) {
        return false;
    }
    const int result = spool_append(store->spool, write.bytes, write.size);
    write_free(&write);
    if (result != 0) {
        if (!store->spool_full_logged) {
            log_error(LOG_NMETA_DPAE, "spool: cannot take more flows: %s",
                      result == -ENOSPC ? "it has reached spool_max_mb" : strerrordesc_np(-result));
        }
        store->spool_full_logged = true;
        return false;
    }
    store->spool_full_logged = false;
    store->counters.spooled++;
    outbox_remove(store->outbox, slot);
    return true;
}

static void spool_finals(struct store *store, bool in_flight) {
    for (uint32_t next, slot = outbox_next(store->outbox, OUTBOX_FINAL, SLOT_NONE);
         slot != SLOT_NONE; slot = next) {
        next = outbox_next(store->outbox, OUTBOX_FINAL, slot);
        if ((in_flight || !outbox_entry(store->outbox, slot)->in_flight) &&
            !spool_entry(store, slot)) {
            return;
        }
    }
}

void store_spool(struct store *store) {
    const uint64_t now_ns = clock_monotonic_ns();
    const bool slow = store->call_started_ns && now_ns - store->call_started_ns > CALL_SLOW_NS;
    if (store->spool && (slow || !store->counters.up || spool_records(store->spool) > 0 ||
                         outbox_count(store->outbox, OUTBOX_FINAL) > STORE_FINALS)) {
        spool_finals(store, slow);
    }
}

void store_spool_all(struct store *store) {
    if (store->spool) {
        spool_finals(store, true);
    }
}

static uint32_t waiting(const struct store *store) {
    return outbox_count(store->outbox, OUTBOX_FINAL) + outbox_count(store->outbox, OUTBOX_OPEN);
}

static bool put(struct store *store, unsigned source, const struct event *event) {
    const bool state = event->kind == EVENT_FLOW_STATE;
    /* Workers never send these. They are never written, and must not block the events behind
     * them. */
    if (event->kind == EVENT_SHADOW || event->kind == EVENT_SCRIPT_ERROR) {
        return false;
    }
    if ((state && outbox_count(store->outbox, OUTBOX_OPEN) >= 3 * (STORE_WAITING / 4)) ||
        (event->kind != EVENT_VERDICT && waiting(store) >= STORE_WAITING)) {
        return false;
    }
    const enum outbox_result result =
        outbox_add(store->outbox, event, (uint16_t)source, clock_monotonic_ns());
    store->counters.lost[STORE_LOST_VERDICTS] = outbox_dropped_verdicts(store->outbox);
    if (result == OUTBOX_FULL) {
        return false;
    }
    store->counters.taken++;
    if (!state && event->kind != EVENT_VERDICT) {
        store_spool(store);
    }
    return true;
}

bool store_put(struct store *store, unsigned source, const struct event *event) {
    pthread_mutex_lock(&store->lock);
    const bool taken = source < store->source_count && put(store, source, event);
    if (waiting(store) >= MONGO_WRITES_MAX) {
        pthread_cond_signal(&store->news);
    }
    pthread_mutex_unlock(&store->lock);
    return taken;
}

int store_await(struct store *store, struct error *error) {
    struct store_counters counters;
    for (;;) {
        store_get_counters(store, &counters);
        if (counters.ready) {
            return 0;
        }
        if (counters.trouble[0]) {
            error_set(error, counters.trouble_code, "%s", counters.trouble);
            return mongo_explain(error, mongo_name(store->mongo), store->config, NULL);
        }
        usleep(COLLECT_MS * 1000);
    }
}

static bool is_up(struct store *store) {
    pthread_mutex_lock(&store->lock);
    const bool up = store->counters.up;
    pthread_mutex_unlock(&store->lock);
    return up;
}

bool store_put_waiting(struct store *store, unsigned source, const struct event *event,
                       unsigned patience_ms) {
    uint64_t up_ns = clock_monotonic_ns();
    while (!store_put(store, source, event)) {
        const uint64_t now_ns = clock_monotonic_ns();
        if (is_up(store)) {
            up_ns = now_ns;
        } else if (now_ns - up_ns > patience_ms * NS_PER_MS) {
            pthread_mutex_lock(&store->lock);
            store->counters.lost[STORE_LOST_ROOM]++;
            pthread_mutex_unlock(&store->lock);
            return false;
        }
        usleep(2000);
    }
    return true;
}

/* Takes all available events. Holds the lock for one event at a time, so that rings drain while
 * the writer fills its batch. Events without room are lost: left in the rings, they would keep
 * flows from ending for as long as the database is away. */
static bool collect_round(struct store *store) {
    struct event event;
    unsigned source = 0;
    bool any = false;
    for (;;) {
        pthread_mutex_lock(&store->lock);
        const bool states =
            store->counters.up && outbox_count(store->outbox, OUTBOX_OPEN) < STORE_STATES;
        pthread_mutex_unlock(&store->lock);
        if (!store->take_event(store->context, states, &event, &source)) {
            return any;
        }
        any = true;
        /* A state that is not taken comes again, or the flow's end does. */
        if (!store_put(store, source, &event) && event.kind != EVENT_FLOW_STATE) {
            pthread_mutex_lock(&store->lock);
            store->counters.lost[STORE_LOST_ROOM]++;
            pthread_mutex_unlock(&store->lock);
        }
    }
}

static void *collect(void *context) {
    struct store *store = context;
    for (;;) {
        pthread_mutex_lock(&store->lock);
        const bool stop = store->stop;
        store_spool(store); /* a call may have become slow */
        pthread_mutex_unlock(&store->lock);
        /* The caller of store_stop() has stopped producing events. */
        if (!collect_round(store) && stop) {
            return NULL;
        }
        usleep(COLLECT_MS * 1000);
    }
}

static void name_sources(struct store *store, const struct store_options *options) {
    const struct config *config = options->config;
    const uint64_t now_ns = clock_wall_ns();
    char host[128] = "localhost";
    if (gethostname(host, sizeof host - 1) != 0) {
        snprintf(host, sizeof host, "localhost");
    }
    for (char *at = host; *at; at++) {
        /* The name becomes part of a file name. */
        *at = isalnum((unsigned char)*at) || *at == '-' || *at == '.' ? *at : '_';
    }
    store->source_count = options->interface_count;
    for (unsigned i = 0; i < options->interface_count; i++) {
        struct store_source *source = &store->sources[i];
        const char *interface = options->interfaces[i];
        const bool named = config->dpae_id[0] != '\0';
        const char *first = named ? config->dpae_id : host;
        const bool alone = named && options->interface_count == 1 && !options->apart;
        snprintf(source->dpae_id, sizeof source->dpae_id, alone ? "%.200s" : "%.200s:%.32s", first,
                 interface);
        snprintf(source->interface, sizeof source->interface, "%.32s", interface);
        source->document = (struct write_source){.dpae_id = source->dpae_id,
                                                 .interface = source->interface,
                                                 .run_ns = now_ns,
                                                 .retention_days = config->mongo_retention_days};
    }
}

/* Reports flows of an earlier run, and damage at the end of the file. */
static void take_over_spool(struct store *store, const char *path) {
    const uint64_t records = spool_records(store->spool), torn = spool_torn(store->spool);
    if (records > 0) {
        log_info(LOG_NMETA_DPAE, "%s: %llu flow%s of an earlier run wait%s for the database", path,
                 (unsigned long long)records, plural(records, "", "s"), plural(records, "s", ""));
    }
    if (torn > 0) {
        store->counters.lost[STORE_LOST_SPOOL]++;
        log_error(
            LOG_NMETA_DPAE,
            "%s: a flow of an earlier run is truncated or damaged; it and the rest of the file, "
            "%llu bytes, are lost",
            path, (unsigned long long)torn);
    }
}

/* Named after the source, so that two DPAEs on a host use two files, and a restarted one finds
 * its own. */
static int open_spool(struct store *store, struct error *error) {
    char path[1024];
    snprintf(path, sizeof path, "%.700s/dpae-%s.spool", store->config->spool_directory,
             store->sources[0].dpae_id);
    if (spool_open(&store->spool, path, (uint64_t)store->config->spool_max_mb << 20, error) != 0) {
        return error->code;
    }
    take_over_spool(store, path);
    return 0;
}

static int start_threads(struct store *store, struct error *error) {
    int code = pthread_create(&store->writer, NULL, store_writer, store);
    store->writing = code == 0;
    if (code == 0 && store->take_event) {
        code = pthread_create(&store->collector, NULL, collect, store);
        store->collecting = code == 0;
    }
    return code == 0 ? 0 : error_set(error, -code, "store: %s", strerrordesc_np(code));
}

int store_start(struct store **out, const struct store_options *options, struct error *error) {
    *out = NULL;
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        return error_set(error, -ENOMEM, "store: out of memory");
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&store->lock, NULL);
    store->config = options->config;
    store->take_event = options->take_event;
    store->context = options->context;
    store->awaited = options->awaited;
    store->counters.up = true;
    name_sources(store, options);
    int result = mongo_open(&store->mongo, store->config, error);
    if (result == 0 && options->spool) {
        result = open_spool(store, error);
    }
    if (result == 0) {
        store->outbox = outbox_new(STORE_OUTBOX);
        result = store->outbox ? 0 : error_set(error, -ENOMEM, "store: out of memory");
    }
    if (result == 0) {
        result = start_threads(store, error);
    }
    if (result != 0) {
        store_stop(store, 0, NULL);
        return result;
    }
    log_info(LOG_NMETA_DPAE, "flows are stored in %s, as %s", mongo_name(store->mongo),
             store->sources[0].dpae_id);
    *out = store;
    return 0;
}

void store_get_counters(struct store *store, struct store_counters *counters) {
    pthread_mutex_lock(&store->lock);
    *counters = store->counters;
    counters->waiting = waiting(store);
    counters->waiting_spool = store->spool ? spool_records(store->spool) : 0;
    pthread_mutex_unlock(&store->lock);
}

static void ask_to_stop(struct store *store, unsigned flush_ms) {
    pthread_mutex_lock(&store->lock);
    store->stop_at_ns = clock_monotonic_ns() + flush_ms * NS_PER_MS;
    store->stop = true;
    pthread_cond_signal(&store->news);
    pthread_mutex_unlock(&store->lock);
}

/* Verdicts of flows that never sent a state. */
static uint64_t held_verdicts(struct outbox *outbox) {
    uint64_t count = 0;
    for (uint32_t slot = outbox_next(outbox, OUTBOX_HELD, SLOT_NONE); slot != SLOT_NONE;
         slot = outbox_next(outbox, OUTBOX_HELD, slot)) {
        count += outbox_entry(outbox, slot)->verdict_count;
    }
    return count;
}

void store_stop(struct store *store, unsigned flush_ms, struct store_counters *counters) {
    if (!store) {
        return;
    }
    ask_to_stop(store, flush_ms);
    if (store->collecting) {
        pthread_join(store->collector, NULL);
    }
    pthread_mutex_lock(&store->lock);
    store->last = true;
    pthread_cond_signal(&store->news);
    pthread_mutex_unlock(&store->lock);
    if (store->writing) {
        pthread_join(store->writer, NULL);
        store_spool_all(store);
        store->counters.lost[STORE_LOST_END] += waiting(store);
        store->counters.lost[STORE_LOST_VERDICTS] += held_verdicts(store->outbox);
    }
    if (counters) {
        store_get_counters(store, counters);
    }
    mongo_close(store->mongo);
    spool_close(store->spool);
    outbox_free(store->outbox);
    pthread_cond_destroy(&store->news);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int store_check(const struct config *config, struct error *error) {
    struct mongo *mongo;
    const int result = mongo_open(&mongo, config, error);
    if (result == 0) {
        mongo_close(mongo);
    }
    return result;
}

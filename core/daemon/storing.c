#include "daemon/storing.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* One event of each worker in turn. */
static bool take_event(void *context, bool states, struct event *event, unsigned *source) {
    struct storing *storing = context;
    unsigned tries = 0;
    for (unsigned i = 0; i < storing->count; i++) {
        tries += storing->interfaces[i].workers;
    }
    for (; tries > 0; tries--) {
        struct interface *interface = &storing->interfaces[storing->interface];
        struct child *child = &interface->children[storing->worker];
        *source = storing->interface;
        if (++storing->worker >= interface->workers) {
            storing->worker = 0;
            storing->interface = (storing->interface + 1) % storing->count;
        }
        uint64_t refused = 0;
        const bool taken = child_take_stored(child, states, event, &refused);
        atomic_fetch_add_explicit(&storing->refused, refused, memory_order_relaxed);
        if (taken) {
            return true;
        }
    }
    return false;
}

int storing_start(struct storing *storing, const struct config *config,
                  struct interface *interfaces, unsigned count, struct error *error) {
    struct store_options options = {
        .config = config,
        .interface_count = count,
        .spool = true,
        .take_event = take_event,
        .context = storing,
    };
    if (!config->mongo_enabled) {
        return 0;
    }
    storing->interfaces = interfaces;
    storing->count = count;
    for (unsigned i = 0; i < count; i++) {
        options.interfaces[i] = interfaces[i].name;
    }
    return store_start(&storing->store, &options, error);
}

static uint64_t count_untaken(const struct storing *storing) {
    struct worker_counters total = {0};
    for (unsigned i = 0; i < storing->count; i++) {
        interface_add_counters(&storing->interfaces[i], &total);
    }
    uint64_t untaken = total.flow.unstored + atomic_load(&storing->refused);
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        untaken += total.pipeline.store_lost[i];
    }
    return untaken;
}

bool storing_get_counters(const struct storing *storing, struct store_counters *counters) {
    if (!storing->store) {
        return false;
    }
    store_get_counters(storing->store, counters);
    counters->lost[STORE_LOST_UNTAKEN] = count_untaken(storing);
    return true;
}

void storing_stop(struct storing *storing, uint64_t flush_ms) {
    struct store_counters counters;
    if (!storing->store) {
        return;
    }
    store_stop(storing->store, (unsigned)flush_ms, &counters);
    storing->store = NULL;
    char text[512];
    store_describe(&counters, text, sizeof text);
    const uint64_t untaken = count_untaken(storing);
    log_info(LOG_NMETA_DPAE, "database: %s; %llu never left their worker", text,
             (unsigned long long)untaken);
}

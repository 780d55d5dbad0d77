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
        if (child_take_stored(child, states, event, &storing->refused)) {
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

void storing_stop(struct storing *storing, uint64_t flush_ms) {
    struct worker_counters total = {0};
    struct store_counters counters;
    if (!storing->store) {
        return;
    }
    for (unsigned i = 0; i < storing->count; i++) {
        interface_add_counters(&storing->interfaces[i], &total);
    }
    store_stop(storing->store, (unsigned)flush_ms, &counters);
    storing->store = NULL;
    char text[512];
    store_describe(&counters, text, sizeof text);
    uint64_t untaken = total.flow.unstored + storing->refused;
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        untaken += total.pipeline.store_lost[i];
    }
    log_info(LOG_NMETA_DPAE, "database: %s; %llu never left their worker", text,
             (unsigned long long)untaken);
}

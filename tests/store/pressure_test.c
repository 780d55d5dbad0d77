/* A database that is never reachable, and more flows than memory and spool hold. */
#include "base/clock.h"
#include "event/event.h"
#include "server.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Simulates rings with ended flows. */
struct source {
    atomic_uint offered, taken;
};

static bool take_event(void *context, bool states, struct event *event, unsigned *number) {
    struct source *source = context;
    const unsigned taken = atomic_load(&source->taken);
    (void)states;
    if (taken >= atomic_load(&source->offered)) {
        return false;
    }
    *number = 0;
    *event = (struct event){.kind = EVENT_FLOW_END, .time_ns = 1};
    event->flow_end = (struct event_flow_end){.hash = taken + 1, .start_ns = 1, .end_ns = 1};
    event->flow_end.ends.ip_version = 4;
    atomic_store(&source->taken, taken + 1);
    return true;
}

static void replace(const char **member, const char *text) {
    free((char *)*member);
    *member = strdup(text);
    assert_non_null(*member);
}

static uint64_t lost_of(const struct store_counters *counters) {
    uint64_t lost = 0;
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        lost += counters->lost[i];
    }
    return lost;
}

static void await_all(struct source *source) {
    const uint64_t limit_ns = clock_monotonic_ns() + 30 * NS_PER_S;
    while (atomic_load(&source->taken) != atomic_load(&source->offered)) {
        usleep(10000);
        assert_true(clock_monotonic_ns() < limit_ns);
    }
}

static void events_without_room_are_counted_and_delay_no_others(void **state) {
    (void)state;
    char folder[] = "/tmp/dpae-pressure-XXXXXX", command[64];
    struct config config;
    struct store *store;
    struct error error;
    struct store_counters counters;
    static struct source source;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(config_defaults(&config), 0);
    replace(&config.mongo_uri, "mongodb://127.0.0.1:1/");
    replace(&config.spool_directory, folder);
    config.spool_max_mb = 1;
    atomic_store(&source.offered, 60000);
    const struct store_options options = {.config = &config,
                                          .interfaces = {"eth0"},
                                          .interface_count = 1,
                                          .spool = true,
                                          .take_event = take_event,
                                          .context = &source};
    if (store_start(&store, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    await_all(&source);
    store_stop(store, 100, &counters);
    print_message("of 60000 %llu are in the spool, %llu were lost for room, %llu at the end\n",
                  (unsigned long long)counters.waiting_spool,
                  (unsigned long long)counters.lost[STORE_LOST_ROOM],
                  (unsigned long long)counters.lost[STORE_LOST_END]);
    assert_true(counters.waiting_spool > 1000);
    assert_true(counters.lost[STORE_LOST_ROOM] > 1000);
    assert_in_range(counters.lost[STORE_LOST_END], 32000, 32768); /* memory is bounded */
    assert_int_equal(counters.waiting_spool + lost_of(&counters), 60000);

    /* Simulates a power failure: the last record is truncated. */
    const uint64_t before = counters.waiting_spool;
    snprintf(command, sizeof command, "truncate -s -3 %s/*.spool", folder);
    assert_int_equal(system(command), 0);
    if (store_start(&store, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    store_stop(store, 0, &counters);
    assert_int_equal(counters.waiting_spool, before - 1);
    assert_int_equal(counters.lost[STORE_LOST_SPOOL], 1);
    config_free(&config);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* A compromised worker may put any event into its ring; an event that is never written must not
 * block those behind it. */
static void what_is_never_written_is_refused(void **state) {
    (void)state;
    char folder[] = "/tmp/dpae-pressure-XXXXXX", command[64];
    struct config config;
    struct store *store;
    struct error error;
    struct store_counters counters;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(config_defaults(&config), 0);
    replace(&config.mongo_uri, "mongodb://127.0.0.1:1/");
    replace(&config.spool_directory, folder);
    const struct store_options options = {
        .config = &config, .interfaces = {"eth0"}, .interface_count = 1, .spool = true};
    if (store_start(&store, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    static struct event forged = {.kind = EVENT_SHADOW}, end = {.kind = EVENT_FLOW_END};
    end.flow_end = (struct event_flow_end){.hash = 1, .start_ns = 1, .end_ns = 1};
    end.flow_end.ends.ip_version = 4;
    assert_false(store_put(store, 0, &forged));
    assert_true(store_put(store, 0, &end));
    store_stop(store, 100, &counters);
    assert_int_equal(counters.waiting_spool, 1);
    assert_int_equal(lost_of(&counters), 0);
    config_free(&config);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_without_room_are_counted_and_delay_no_others),
        cmocka_unit_test(what_is_never_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

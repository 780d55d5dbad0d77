/* The speed of the store compared with a plain loop of bulks of the same documents.
 * DPAE_THROUGHPUT_ROUNDS (default 3) and DPAE_THROUGHPUT_FLOWS (1500 per round) make it longer.
 * If the median says that the store is slower, there are more rounds, up to 11: other load on
 * the machine may have hit only one of them. */
#include "base/clock.h"
#include "flow/flow.h"
#include "server.h"
#include "store/store.h"
#include "store/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS_MAX 25
#define MORE_MAX   11
#define LEAST      0.8

static unsigned number_from(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* As large as flows get with 10 kept packets: arrays of 40 elements in total. */
static struct event flow_end(uint32_t number) {
    struct event event = {.kind = EVENT_FLOW_END, .time_ns = 1, .packet = number};
    event.flow_end = (struct event_flow_end){
        .hash = number * UINT64_C(0x9e3779b97f4a7c15),
        .ends = {.ip_version = 4,
                 .proto = 6,
                 .port_a = 40000,
                 .port_b = 80,
                 .ip_a = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number},
                 .ip_b = {10, 9, 9, 9}},
        .start_ns = UINT64_C(1700000000000000000) + number,
        .end_ns = UINT64_C(1700000001000000000) + number,
        .reason = FLOW_END_FIN,
        .verified = 1,
        .packets = {6, 4},
        .bytes = {600, 4000},
        .kept_count = 10,
    };
    for (unsigned i = 0; i < 10; i++) {
        event.flow_end.kept[i] =
            (struct event_kept_packet){.time_ns = event.flow_end.start_ns + i * NS_PER_MS,
                                       .length = 60 + i,
                                       .tcp_flags = 16,
                                       .from_client = i % 2 == 0};
    }
    return event;
}

static void part(const struct store_write *write, const char *key, bson_t *out) {
    bson_t whole;
    bson_iter_t at;
    const uint8_t *bytes;
    uint32_t size;
    assert_true(bson_init_static(&whole, write->bytes, write->size));
    assert_true(bson_iter_init_find(&at, &whole, key));
    bson_iter_document(&at, &size, &bytes);
    assert_true(bson_init_static(out, bytes, size));
}

/* Bulks of 1000, prepared before the clock starts. */
static double plain_rate(mongoc_collection_t *collection, uint32_t first, unsigned count) {
    const struct write_source source = {
        .dpae_id = "plain", .interface = "eth0", .run_ns = 1, .retention_days = 30};
    mongoc_bulk_operation_t *bulks[64];
    unsigned bulk_count = 0;
    bson_t options = BSON_INITIALIZER, upsert = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&options, "ordered", false);
    BSON_APPEND_BOOL(&upsert, "upsert", true);
    for (uint32_t i = 0; i < count; i++) {
        const struct event event = flow_end(first + i);
        struct store_write write;
        bson_t filter, update;
        if (i % 1000 == 0) {
            assert_true(bulk_count < 64);
            bulks[bulk_count++] =
                mongoc_collection_create_bulk_operation_with_opts(collection, &options);
        }
        assert_int_equal(write_make(&event, NULL, 0, &source, clock_wall_ns(), &write), 0);
        part(&write, "q", &filter);
        part(&write, "u", &update);
        assert_true(mongoc_bulk_operation_update_one_with_opts(bulks[bulk_count - 1], &filter,
                                                               &update, &upsert, NULL));
        write_free(&write);
    }
    const uint64_t start_ns = clock_monotonic_ns();
    for (unsigned i = 0; i < bulk_count; i++) {
        bson_t reply;
        bson_error_t error;
        if (!mongoc_bulk_operation_execute(bulks[i], &reply, &error)) {
            fail_msg("%s", error.message);
        }
        bson_destroy(&reply);
    }
    const double seconds = (double)(clock_monotonic_ns() - start_ns) / (double)NS_PER_S;
    for (unsigned i = 0; i < bulk_count; i++) {
        mongoc_bulk_operation_destroy(bulks[i]);
    }
    bson_destroy(&options);
    bson_destroy(&upsert);
    return count / seconds;
}

/* From the first event to the last confirmation. */
static double store_rate(struct store *store, uint32_t first, unsigned count) {
    struct store_counters counters;
    store_get_counters(store, &counters);
    const uint64_t before = counters.written;
    const uint64_t start_ns = clock_monotonic_ns();
    for (uint32_t i = 0; i < count; i++) {
        const struct event event = flow_end(first + i);
        assert_true(store_put_waiting(store, 0, &event, 10000));
    }
    do {
        usleep(1000);
        store_get_counters(store, &counters);
    } while (counters.written < before + count);
    const double seconds = (double)(clock_monotonic_ns() - start_ns) / (double)NS_PER_S;
    assert_int_equal(counters.written, before + count);
    return count / seconds;
}

static int ascending(const void *a, const void *b) {
    const double *first = a, *second = b;
    return (*first > *second) - (*first < *second);
}

static double median_of(const double *values, unsigned count) {
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, ascending);
    return sorted[count / 2];
}

static void the_store_is_nearly_as_fast_as_a_plain_loop(void **state) {
    (void)state;
    const unsigned rounds = number_from("DPAE_THROUGHPUT_ROUNDS", 3);
    const unsigned count = number_from("DPAE_THROUGHPUT_FLOWS", 1500);
    struct server server;
    struct config config;
    struct store *store;
    struct error error;
    double ratios[ROUNDS_MAX] = {0}, median = 0;
    uint32_t next = 0;
    assert_in_range(rounds, 1, ROUNDS_MAX);
    server_start(&server);
    mongoc_client_t *client = server_client(&server);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, SERVER_DATABASE, "fcip");
    assert_int_equal(config_defaults(&config), 0);
    free((char *)config.mongo_uri);
    config.mongo_uri = strdup(server.uri);
    const struct store_options options = {
        .config = &config, .interfaces = {"eth0"}, .interface_count = 1};
    assert_int_equal(store_start(&store, &options, &error), 0);
    assert_int_equal(store_await(store, &error), 0);
    for (unsigned round = 0; round < rounds || (median < LEAST && round < MORE_MAX); round++) {
        /* The order alternates, since the collection grows. */
        double plain = 0, stored = 0;
        for (unsigned turn = 0; turn < 2; turn++) {
            if ((turn + round) % 2 == 0) {
                plain = plain_rate(collection, next, count);
            } else {
                stored = store_rate(store, next, count);
            }
            next += count;
        }
        ratios[round] = stored / plain;
        median = median_of(ratios, round + 1);
        print_message("plain %.0f/s, store %.0f/s: %.2f, median %.2f\n", plain, stored,
                      ratios[round], median);
    }
    store_stop(store, 10000, NULL);
    config_free(&config);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    server_end(&server);
    assert_true(median >= LEAST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_is_nearly_as_fast_as_a_plain_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The store against a real server, with events made by the tests. */
#include "base/clock.h"
#include "flow/flow.h"
#include "load.h"
#include "policy/policy.h"
#include "server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define START_NS UINT64_C(1700000000123456789)
#define WAIT_S   30

static struct server server;
static mongoc_client_t *client;

/* A store without rings; the test puts its events. */
struct bed {
    struct config config;
    struct store *store;
    char folder[64];
};

static void replace(const char **member, const char *text) {
    free((char *)*member);
    *member = strdup(text);
    assert_non_null(*member);
}

static void bed_configure(struct bed *bed, const char *uri, const char *id) {
    *bed = (struct bed){0};
    snprintf(bed->folder, sizeof bed->folder, "/tmp/dpae-store-XXXXXX");
    assert_non_null(mkdtemp(bed->folder));
    assert_int_equal(config_defaults(&bed->config), 0);
    replace(&bed->config.mongo_uri, uri);
    replace(&bed->config.dpae_id, id);
    replace(&bed->config.spool_directory, bed->folder);
}

static void bed_start(struct bed *bed) {
    const struct store_options options = {
        .config = &bed->config, .interfaces = {"eth0"}, .interface_count = 1, .spool = true};
    struct error error;
    if (store_start(&bed->store, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

static void bed_open(struct bed *bed, const char *id) {
    bed_configure(bed, server.uri, id);
    bed_start(bed);
}

static void bed_stop(struct bed *bed, struct store_counters *counters) {
    store_stop(bed->store, 10000, counters);
    bed->store = NULL;
}

static void bed_close(struct bed *bed) {
    char command[128];
    store_stop(bed->store, 0, NULL);
    config_free(&bed->config);
    snprintf(command, sizeof command, "rm -rf '%s'", bed->folder);
    assert_int_equal(system(command), 0);
}

static struct event flow_event(enum event_kind kind, uint32_t number, uint64_t packets) {
    struct event event = {.kind = kind, .time_ns = START_NS + packets, .packet = packets};
    event.flow_end = (struct event_flow_end){
        .hash = UINT64_C(0x1000000000) + number,
        .ends = {.ip_version = 4,
                 .proto = 6,
                 .port_a = 40000,
                 .port_b = 80,
                 .ip_a = {10, 0, (uint8_t)(number >> 8), (uint8_t)number},
                 .ip_b = {10, 9, 9, 9}},
        .start_ns = START_NS,
        .end_ns = START_NS + packets,
        .reason = FLOW_END_FIN,
        .packets = {packets, 0},
        .kept_count = 1,
        .kept = {{.time_ns = START_NS, .length = 60}},
    };
    return event;
}

static void put(const struct bed *bed, enum event_kind kind, uint32_t number, uint64_t packets) {
    const struct event event = flow_event(kind, number, packets);
    assert_true(store_put(bed->store, 0, &event));
}

static void put_verdict(const struct bed *bed, uint32_t number, uint64_t packets) {
    struct event event = {.kind = EVENT_VERDICT, .time_ns = START_NS + packets, .packet = packets};
    event.verdict = (struct event_verdict){.hash = UINT64_C(0x1000000000) + number,
                                           .start_ns = START_NS,
                                           .ends = {.ip_version = 4},
                                           .actions = EVENT_TREATMENT,
                                           .treatment = TREATMENT_CONSTRAINED_BW,
                                           .flow_packets = packets,
                                           .classifier = "one"};
    assert_true(store_put(bed->store, 0, &event));
}

static void await_written(const struct bed *bed, uint64_t written) {
    struct store_counters counters;
    const uint64_t limit_ns = clock_monotonic_ns() + WAIT_S * NS_PER_S;
    do {
        assert_true(clock_monotonic_ns() < limit_ns);
        usleep(5000);
        store_get_counters(bed->store, &counters);
    } while (counters.written < written);
    assert_int_equal(counters.written, written);
}

static void assert_nothing_lost(const struct store_counters *counters) {
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        assert_int_equal(counters->lost[i], 0);
    }
}

static void assert_count(int64_t expected, const char *filter) {
    assert_int_equal(server_count(client, "fcip", filter), expected);
}

static int64_t number_of(const bson_t *document, const char *path) {
    bson_iter_t at, found;
    assert_true(bson_iter_init(&at, document));
    assert_true(bson_iter_find_descendant(&at, path, &found));
    return bson_iter_as_int64(&found);
}

static void text_is(const bson_t *document, const char *path, const char *expected) {
    bson_iter_t at, found;
    assert_true(bson_iter_init(&at, document));
    assert_true(bson_iter_find_descendant(&at, path, &found));
    assert_string_equal(bson_iter_utf8(&found, NULL), expected);
}

static void states_that_wait_together_are_written_once(void **state) {
    (void)state;
    struct bed bed;
    struct store_counters counters;
    server_signal(&server, SIGSTOP); /* hold back writes until the last event */
    bed_open(&bed, "once");
    for (uint64_t packets = 1; packets <= 50; packets++) {
        put(&bed, EVENT_FLOW_STATE, 1, packets);
    }
    put_verdict(&bed, 1, 4);
    put(&bed, EVENT_FLOW_END, 1, 51);
    server_signal(&server, SIGCONT);
    await_written(&bed, 1);
    bed_stop(&bed, &counters);
    assert_int_equal(counters.written, 1);
    assert_nothing_lost(&counters);
    bson_t *document = server_find(client, "fcip", "{\"dpae_id\": \"once\"}");
    assert_int_equal(number_of(document, "packet_count"), 51);
    assert_int_equal(number_of(document, "verdicts.0.flow_packets"), 4);
    text_is(document, "verdicts.0.qos_treatment", "constrained_bw");
    text_is(document, "_id", "once/0000001000000001/1700000000.123456789");
    bson_destroy(document);
    bed_close(&bed);
}

static void verdicts_add_up_and_the_end_stays_the_end(void **state) {
    (void)state;
    struct bed bed;
    struct store_counters counters;
    bed_open(&bed, "end");
    put_verdict(&bed, 1, 4);
    put(&bed, EVENT_FLOW_STATE, 1, 5);
    await_written(&bed, 1);
    assert_count(1, "{\"dpae_id\": \"end\", \"end_reason\": null, \"packet_count\": 5}");
    put_verdict(&bed, 1, 8);
    put(&bed, EVENT_FLOW_END, 1, 9);
    await_written(&bed, 2);
    /* As a server that had hung would execute an older write. */
    put(&bed, EVENT_FLOW_STATE, 1, 7);
    put(&bed, EVENT_FLOW_END, 2, 1);
    bed_stop(&bed, &counters);
    assert_int_equal(counters.superseded, 1);
    assert_int_equal(counters.written, 3);
    assert_nothing_lost(&counters);
    bson_t *document = server_find(client, "fcip", "{\"dpae_id\": \"end\", \"packet_count\": 9}");
    assert_non_null(document);
    text_is(document, "end_reason", "fin");
    assert_int_equal(number_of(document, "verdicts.0.flow_packets"), 4);
    assert_int_equal(number_of(document, "verdicts.1.flow_packets"), 8);
    bson_destroy(document);
    bed_close(&bed);
}

/* Uses the pipeline. */
static void a_short_flow_is_written_once(void **state) {
    (void)state;
    static struct load load;
    struct store_counters counters;
    double took;
    load_configure(&load, server.uri, "short");
    replace(&load.config.mongo_collection, "short");
    load.config.mongo_flush_interval = 600; /* longer than the test takes */
    load_open(&load);
    load_run(&load, 200, 2);
    assert_true(load_await(&load, WAIT_S, &took));
    load_end(&load, &counters);
    assert_int_equal(counters.written, load.flows);
    load_close(&load);
}

/* The child, which runs until it is killed. */
static void write_states(struct bed *bed, int ready_fd) {
    const pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(1);
    }
    bed_start(bed);
    for (uint32_t i = 0; i < 40; i++) {
        put(bed, EVENT_FLOW_STATE, i, 3);
    }
    for (uint32_t i = 40; i < 50; i++) {
        put(bed, EVENT_FLOW_END, i, 3);
    }
    await_written(bed, 50);
    if (write(ready_fd, "", 1) == 1) {
        pause();
    }
    _exit(1);
}

static void only_own_flows_of_an_earlier_run_are_ended(void **state) {
    (void)state;
    struct bed killed, other;
    struct store_counters counters;
    int ready[2];
    char byte;
    bed_configure(&killed, server.uri, "killed");
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        write_states(&killed, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);

    bed_open(&other, "other");
    put(&other, EVENT_FLOW_STATE, 1, 3);
    await_written(&other, 1);
    assert_count(40, "{\"dpae_id\": \"killed\", \"end_reason\": null}");

    bed_start(&killed);
    assert_int_equal(store_await(killed.store, &(struct error){0}), 0);
    put(&killed, EVENT_FLOW_STATE, 100, 1);
    await_written(&killed, 1);
    assert_count(1, "{\"dpae_id\": \"killed\", \"end_reason\": null}");
    assert_count(40, "{\"dpae_id\": \"killed\", \"end_reason\": \"restart\", \"packet_count\": 3}");
    assert_count(10, "{\"dpae_id\": \"killed\", \"end_reason\": \"fin\"}");
    assert_count(1, "{\"dpae_id\": \"other\", \"end_reason\": null}");
    bed_stop(&killed, &counters);
    assert_int_equal(counters.restarted, 40);
    bed_close(&killed);
    bed_close(&other);
}

static void two_dpaes_share_a_database(void **state) {
    (void)state;
    struct bed one, two;
    bed_open(&one, "one");
    bed_open(&two, "two");
    for (uint32_t i = 0; i < 20; i++) { /* both see the same flows */
        put(&one, EVENT_FLOW_END, i, 3);
        put(&two, EVENT_FLOW_END, i, 4);
    }
    await_written(&one, 20);
    await_written(&two, 20);
    assert_count(20, "{\"dpae_id\": \"one\", \"packet_count\": 3}");
    assert_count(20, "{\"dpae_id\": \"two\", \"packet_count\": 4}");
    bed_close(&one);
    bed_close(&two);
}

/* Redirects stderr to a file during a test. */
static int redirect(const char *path) {
    fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
    return saved;
}

static size_t give_back(int saved, const char *path, char *text, size_t size) {
    fflush(stderr);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
    return length;
}

static unsigned occurrences(const char *text, const char *word) {
    unsigned count = 0;
    while ((text = strstr(text, word))) {
        count++;
        text++;
    }
    return count;
}

static void await_trouble(const struct bed *bed, struct store_counters *counters) {
    const uint64_t limit_ns = clock_monotonic_ns() + WAIT_S * NS_PER_S;
    do {
        assert_true(clock_monotonic_ns() < limit_ns);
        usleep(5000);
        store_get_counters(bed->store, counters);
    } while (!counters->trouble[0]);
}

static const struct trouble {
    const char *id, *uri, *says;
} troubles[] = {
    {"nobody", "mongodb://127.0.0.1:1/", "refused"},
    {"credentials", "mongodb://someone:s3cret@127.0.0.1:%u/", ""},
    {"tls", "mongodb://127.0.0.1:%u/?tls=true", ""},
};

static void trouble_is_told_once_and_flows_wait(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        const struct trouble *trouble = &troubles[i];
        struct bed bed;
        struct store_counters counters;
        char uri[128], path[128], log[4096];
        print_message("%s\n", trouble->id);
        snprintf(uri, sizeof uri, trouble->uri, server.port);
        bed_configure(&bed, uri, trouble->id);
        snprintf(path, sizeof path, "%s/log", bed.folder);
        const int saved = redirect(path);
        bed_start(&bed);
        await_trouble(&bed, &counters);
        uint64_t longest_ns = 0;
        for (uint32_t flow = 0; flow < 300; flow++) {
            const uint64_t start_ns = clock_monotonic_ns();
            put(&bed, EVENT_FLOW_END, flow, 3);
            const uint64_t took_ns = clock_monotonic_ns() - start_ns;
            longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
            usleep(10000);
        }
        assert_true(longest_ns < NS_PER_S); /* no call delayed a caller */
        store_get_counters(bed.store, &counters);
        assert_false(counters.up);
        assert_int_equal(counters.waiting_spool, 300);
        bed_stop(&bed, &counters);
        give_back(saved, path, log, sizeof log);
        print_message("%s", log);
        assert_int_equal(occurrences(log, "cannot be used"), 1);
        assert_int_equal(occurrences(log, "s3cret"), 0);
        assert_non_null(strstr(counters.trouble, trouble->says));
        assert_int_equal(counters.waiting_spool, 300);
        assert_nothing_lost(&counters);

        replace(&bed.config.mongo_uri, server.uri);
        bed_start(&bed);
        await_written(&bed, 300);
        char filter[64];
        snprintf(filter, sizeof filter, "{\"dpae_id\": \"%s\"}", trouble->id);
        assert_count(300, filter);
        bed_close(&bed);
    }
}

static void a_full_database_is_waited_for(void **state) {
    (void)state;
    struct server full;
    struct bed bed;
    struct store_counters counters;
    server_start(&full);
    if (full.mongod) {
        print_message("only FerretDB can be made full\n");
        server_end(&full);
        return;
    }
    bed_configure(&bed, full.uri, "full");
    bed_start(&bed);
    put(&bed, EVENT_FLOW_END, 0, 3);
    await_written(&bed, 1);
    server_kill(&full);
    server_start_again(&full, "_pragma=max_page_count(60)");
    for (uint32_t flow = 1; flow < 1000; flow++) {
        put(&bed, EVENT_FLOW_END, flow, 3);
    }
    const uint64_t limit_ns = clock_monotonic_ns() + WAIT_S * NS_PER_S;
    do {
        assert_true(clock_monotonic_ns() < limit_ns);
        usleep(20000);
        store_get_counters(bed.store, &counters);
    } while (!strstr(counters.trouble, "full"));
    print_message("%s\n", counters.trouble);
    server_kill(&full);
    server_start_again(&full, NULL);
    bed_stop(&bed, NULL);
    bed_start(&bed); /* the rest is in the spool */
    const uint64_t until_ns = clock_monotonic_ns() + WAIT_S * NS_PER_S;
    do {
        assert_true(clock_monotonic_ns() < until_ns);
        usleep(20000);
        store_get_counters(bed.store, &counters);
    } while (counters.waiting + counters.waiting_spool > 0);
    mongoc_client_t *other = server_client(&full);
    assert_int_equal(server_count(other, "fcip", "{\"dpae_id\": \"full\"}"), 1000);
    mongoc_client_destroy(other);
    bed_close(&bed);
    server_end(&full);
}

static void insert(const char *collection, const char *json) {
    bson_error_t error;
    mongoc_collection_t *documents =
        mongoc_client_get_collection(client, SERVER_DATABASE, collection);
    bson_t *bson = bson_new_from_json((const uint8_t *)json, -1, &error);
    assert_non_null(bson);
    assert_true(mongoc_collection_insert_one(documents, bson, NULL, NULL, &error));
    bson_destroy(bson);
    mongoc_collection_destroy(documents);
}

#define OLD   "\"expires_at\": {\"$date\": \"2020-01-01T00:00:00Z\"}"
#define LATER "\"expires_at\": {\"$date\": \"2099-01-01T00:00:00Z\"}"

static void what_is_expired_is_removed(void **state) {
    (void)state;
    struct bed bed;
    struct store_counters counters;
    if (server.mongod) {
        print_message("mongod does this itself\n");
        return;
    }
    insert("fcip", "{\"_id\": 1, \"dpae_id\": \"keeper\", " OLD "}");
    insert("fcip", "{\"_id\": 2, \"dpae_id\": \"keeper\", " LATER "}");
    insert("fcip", "{\"_id\": 3, \"dpae_id\": \"keeper\"}");
    insert("fcip", "{\"_id\": 4, \"dpae_id\": \"another\", " OLD "}");
    insert("identity", "{\"_id\": 5, \"dpae_id\": \"keeper\", " OLD "}");
    bed_open(&bed, "keeper");
    put(&bed, EVENT_FLOW_END, 1, 1);
    await_written(&bed, 1);
    bed_stop(&bed, &counters);
    assert_int_equal(counters.expired, 2);
    assert_count(0, "{\"_id\": 1}");
    assert_count(1, "{\"_id\": 2}");
    assert_count(1, "{\"_id\": 3}");
    assert_count(1, "{\"_id\": 4}");
    assert_int_equal(server_count(client, "identity", "{\"_id\": 5}"), 0);
    assert_count(1, "{\"dpae_id\": \"keeper\", \"hash\": \"0000001000000001\"}");
    bed_close(&bed);
}

static bool has_index(const char *collection, const char *name) {
    mongoc_collection_t *documents =
        mongoc_client_get_collection(client, SERVER_DATABASE, collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(documents, NULL);
    const bson_t *index;
    bool found = false;
    while (mongoc_cursor_next(cursor, &index)) {
        bson_iter_t at;
        found |=
            bson_iter_init_find(&at, index, "name") && strcmp(bson_iter_utf8(&at, NULL), name) == 0;
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(documents);
    return found;
}

static void indexes_are_made(void **state) {
    (void)state;
    static const char *const names[] = {"dpae_hash", "dpae_start", "dpae_client_server",
                                        "dpae_unfinished", "dpae_expiry"};
    struct bed bed;
    bed_open(&bed, "indexes");
    assert_int_equal(store_await(bed.store, &(struct error){0}), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(has_index("fcip", names[i]));
    }
    assert_true(has_index("identity", "dpae_who"));
    assert_true(has_index("identity", "dpae_expiry"));
    bed_close(&bed);
}

static void put_host(const struct bed *bed, uint64_t seconds, const char *name) {
    struct event event = {.kind = EVENT_IDENTITY, .time_ns = seconds * (uint64_t)NS_PER_S};
    event.identity = (struct identity){.kind = IDENTITY_DHCP,
                                       .time_ns = event.time_ns,
                                       .src_mac = {2, 0, 0, 0, 0, 1},
                                       .dhcp = {.message_type = 5,
                                                .client_mac = {2, 0, 0, 0, 0, 1},
                                                .assigned_ip = {10, 0, 0, 7},
                                                .lease_s = 60}};
    snprintf(event.identity.dhcp.host_name, sizeof event.identity.dhcp.host_name, "%s", name);
    assert_true(store_put(bed->store, 0, &event));
}

static void identities_have_a_first_and_a_last_time(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, "hosts");
    put_host(&bed, 2000, "pc1");
    await_written(&bed, 1);
    put_host(&bed, 1000, "pc1");
    await_written(&bed, 2);
    put_host(&bed, 3000, "pc1");
    put_host(&bed, 3000, "pc\xff\xfe\xc3");
    await_written(&bed, 4);
    bson_t *document =
        server_find(client, "identity", "{\"dpae_id\": \"hosts\", \"what\": \"pc1\"}");
    assert_non_null(document);
    assert_int_equal(number_of(document, "first_seen"), 1000);
    assert_int_equal(number_of(document, "last_seen"), 3000);
    text_is(document, "who", "02:00:00:00:00:01");
    text_is(document, "source", "dhcp");
    text_is(document, "detail.assigned_ip", "10.0.0.7");
    bson_destroy(document);
    document = server_find(client, "identity",
                           "{\"dpae_id\": \"hosts\", \"what\": \"pc\\\\xff\\\\xfe\\\\xc3\"}");
    assert_non_null(document);
    assert_true(bson_validate(document, BSON_VALIDATE_UTF8, NULL));
    bson_destroy(document);
    bed_close(&bed);
}

static int begin(void **state) {
    (void)state;
    server_start(&server);
    client = server_client(&server);
    return 0;
}

static int end(void **state) {
    (void)state;
    mongoc_client_destroy(client);
    server_end(&server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_that_wait_together_are_written_once),
        cmocka_unit_test(verdicts_add_up_and_the_end_stays_the_end),
        cmocka_unit_test(a_short_flow_is_written_once),
        cmocka_unit_test(only_own_flows_of_an_earlier_run_are_ended),
        cmocka_unit_test(two_dpaes_share_a_database),
        cmocka_unit_test(trouble_is_told_once_and_flows_wait),
        cmocka_unit_test(a_full_database_is_waited_for),
        cmocka_unit_test(what_is_expired_is_removed),
        cmocka_unit_test(indexes_are_made),
        cmocka_unit_test(identities_have_a_first_and_a_last_time),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

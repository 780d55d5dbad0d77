#include "daemon/publish.h"

#include "base/clock.h"
#include "status/metrics.h"
#include "worker/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An interface of two workers that do not run, standalone. */
struct bed {
    struct interface interface;
    struct status_interface out;
};

static int begin(void **state) {
    static struct bed bed;
    struct error error;
    bed = (struct bed){.interface = {.name = "nowhere0", .workers = 2}};
    for (unsigned i = 0; i < 2; i++) {
        bed.interface.children[i].interface = bed.interface.name;
        if (child_open(&bed.interface.children[i], &error) != 0) {
            return -1;
        }
    }
    *state = &bed;
    return 0;
}

static int end(void **state) {
    struct bed *bed = *state;
    child_close(&bed->interface.children[0]);
    child_close(&bed->interface.children[1]);
    return 0;
}

/* The structs that consist of counters, or begin with them, and the tables about these. */
enum { OF_WORKER, OF_INTERFACE, OF_SESSION, OF_STORE };
static const struct {
    const char *name;
    size_t bytes;
} structs[] = {
    [OF_WORKER] = {"worker_counters", offsetof(struct worker_counters, scripts.quarantined)},
    [OF_INTERFACE] = {"interface_counters", sizeof(struct interface_counters)},
    [OF_SESSION] = {"session_counters", sizeof(struct session_counters)},
    [OF_STORE] = {"store_counters", PUBLISH_STORE_BYTES},
};

enum { WORKER, CLASSIFIER, INTERFACE, SESSION, ADVICE, STORE, TABLES };
struct table {
    struct counter_table table;
    unsigned about, several;
    const char *path; /* in /status, within what it is about */
};

static const struct table *tables(void) {
    static struct table all[TABLES];
    struct status_tables of;
    publish_tables(&of);
    all[WORKER] = (struct table){of.worker, OF_WORKER, 1, ""};
    all[CLASSIFIER] =
        (struct table){of.classifier, OF_WORKER, SCRIPT_CLASSIFIERS_MAX, "classifiers."};
    all[INTERFACE] = (struct table){of.interface, OF_INTERFACE, 1, ""};
    all[SESSION] = (struct table){of.session, OF_SESSION, 1, "session."};
    all[ADVICE] = (struct table){of.advice, OF_SESSION, 1, "session.advice."};
    all[STORE] = (struct table){of.store, OF_STORE, 1, "database."};
    return all;
}

/* The published value of a counter, by its name in /status. */
static uint64_t number(unsigned table, const void *counters, const char *member, unsigned part,
                       unsigned which) {
    const struct counter_table *of = &tables()[table].table;
    for (unsigned i = 0; i < of->count; i++) {
        if (of->rows[i].member && strcmp(of->rows[i].member, member) == 0) {
            return counter_numbers(&of->rows[i], counters, which)[part];
        }
    }
    fail_msg("no row of %s", member);
    return 0;
}

static void worker_states(void **state) {
    struct bed *bed = *state;
    struct child *child = &bed->interface.children[0];
    static const struct {
        int pid;
        bool beat;
        unsigned beat_ago_ms;
        bool interface_lost;
        enum status_worker_state state;
    } cases[] = {
        {1, true, 10, false, STATUS_WORKER_UP},
        {1, true, 5000, false, STATUS_WORKER_STUCK},
        {1, false, 0, false, STATUS_WORKER_STARTING},
        {0, true, 10, false, STATUS_WORKER_WAITING},
        {0, true, 10, true, STATUS_WORKER_INTERFACE_LOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        child->pid = cases[i].pid;
        child->interface_lost = cases[i].interface_lost;
        child->heard_ns =
            cases[i].beat ? clock_monotonic_ns() - cases[i].beat_ago_ms * NS_PER_MS : 0;
        publish_workers(&bed->interface, &bed->out);
        assert_int_equal(bed->out.workers[0].state, cases[i].state);
        assert_int_equal(bed->out.workers[0].pid, cases[i].pid);
    }
    assert_int_equal(bed->out.worker_count, 2);
}

static void policies(void **state) {
    struct bed *bed = *state;
    static const struct {
        uint32_t wanted[2], done[2], outcome[2];
        enum status_policy policy;
        const char *fault;
    } cases[] = {
        {{0, 0}, {0, 0}, {0, 0}, STATUS_POLICY_AWAITED, ""},
        {{1, 1}, {1, 0}, {POLICY_IN_FORCE, POLICY_IN_FORCE}, STATUS_POLICY_AWAITED, ""},
        {{2, 2}, {2, 2}, {POLICY_IN_FORCE, POLICY_IN_FORCE}, STATUS_POLICY_IN_FORCE, ""},
        {{2, 2}, {2, 2}, {POLICY_IN_FORCE, POLICY_PARTIAL}, STATUS_POLICY_PARTIAL, "fault of 1"},
        {{2, 2}, {2, 2}, {POLICY_REFUSED, POLICY_PARTIAL}, STATUS_POLICY_REFUSED, "fault of 0"},
        {{2, 2}, {2, 2}, {77, POLICY_IN_FORCE}, STATUS_POLICY_REFUSED, "fault of 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned j = 0; j < 2; j++) {
            struct worker_shared *shared = bed->interface.children[j].shared;
            bed->interface.children[j].orders->policy_wanted = cases[i].wanted[j];
            shared->policy_done = cases[i].done[j];
            shared->policy_outcome = cases[i].outcome[j];
            memcpy(shared->policy_fault, j ? "fault of 1" : "fault of 0", sizeof "fault of 0");
        }
        publish_workers(&bed->interface, &bed->out);
        assert_int_equal(bed->out.policy, cases[i].policy);
        assert_string_equal(bed->out.policy_fault, cases[i].fault);
    }
    publish_interface(&bed->interface, &bed->out);
    assert_true(bed->out.standalone);
    assert_string_equal(bed->out.name, "nowhere0");
    assert_int_equal(bed->out.promiscuity, -1);
}

/* Of classifiers that a worker could not load it was told when they were tried out why. */
static void the_first_classifier_that_is_not_there_is_told_with_its_error(void **state) {
    struct bed *bed = *state;
    static const struct {
        uint32_t ready, quarantined; /* masks: one, two, three */
        const char *fault;
    } cases[] = {
        {0, 0, "two.lua:2: wrong"}, /* of the first one nothing is known */
        {1, 0, "two.lua:2: wrong"},   {1, 2, "three.lua:3: wrong"},
        {3, 0, "three.lua:3: wrong"}, {7, 0, "fault of the worker"},
    };
    struct worker_shared *shared = bed->interface.children[0].shared;
    bed->interface.workers = 1;
    bed->interface.refusals = (struct refusals){
        .items = {{"three", 1, "three.lua:3: wrong"}, {"two", 1, "two.lua:2: wrong"}}, .count = 2};
    bed->interface.children[0].orders->policy_wanted = shared->policy_done = 1;
    shared->policy_outcome = POLICY_PARTIAL;
    memcpy(shared->policy_fault, "fault of the worker", sizeof "fault of the worker");
    memcpy(shared->counters.classifiers[0], "one", sizeof "one");
    memcpy(shared->counters.classifiers[1], "two", sizeof "two");
    memcpy(shared->counters.classifiers[2], "three", sizeof "three");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shared->counters.ready = cases[i].ready;
        shared->counters.scripts.quarantined = cases[i].quarantined;
        publish_workers(&bed->interface, &bed->out);
        assert_string_equal(bed->out.policy_fault, cases[i].fault);
    }
}

/* A worker may write what it likes. */
static void a_fault_without_an_end_is_cut(void **state) {
    struct bed *bed = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct worker_shared *shared = bed->interface.children[i].shared;
        bed->interface.children[i].orders->policy_wanted = shared->policy_done = 1;
        shared->policy_outcome = POLICY_REFUSED;
        memset(shared->policy_fault, 'x', sizeof shared->policy_fault);
        memset(shared->counters.classifiers, 'x', sizeof shared->counters.classifiers);
    }
    publish_workers(&bed->interface, &bed->out);
    assert_int_equal(strlen(bed->out.policy_fault), sizeof bed->out.policy_fault - 1);
    assert_int_equal(bed->out.workers[0].classifier_count, SCRIPT_CLASSIFIERS_MAX);
    assert_int_equal(strlen(bed->out.workers[0].classifiers[0].name), SCRIPT_NAME_MAX - 1);
}

static void counters_go_on_over_a_death(void **state) {
    struct bed *bed = *state;
    struct child *child = &bed->interface.children[1];
    child->before = (struct worker_counters){.live.received = 100,
                                             .pipeline.classes = {[PIPELINE_ARP] = 40},
                                             .flow.ended = {[0] = 9},
                                             .flows = 4};
    child->shared->counters = (struct worker_counters){
        .live.received = 1,
        .pipeline = {.classes = {[PIPELINE_ARP] = 2},
                     .treatments = {[0][TREATMENT_LOW_PRIORITY] = 6},
                     .lost = {[EVENT_VERDICT] = 8}},
        .flow.ended = {[0] = 3},
        .flows = 5,
        .classifiers = {"one", "two"},
        .scripts = {.errors = {[1] = 7}, .quarantined = 2},
    };
    child->deaths = 3;
    child->gap.missed = 77;
    publish_workers(&bed->interface, &bed->out);
    const struct status_worker *worker = &bed->out.workers[1];
    assert_int_equal(number(WORKER, worker->counters, "received", 0, 0), 101);
    assert_int_equal(number(WORKER, worker->counters, "packets", PIPELINE_ARP, 0), 42);
    assert_int_equal(number(WORKER, worker->counters, "flow_ends", 0, 0), 12);
    assert_int_equal(number(WORKER, worker->counters, "flows", 0, 0), 5);
    assert_int_equal(number(WORKER, worker->counters, "events_lost", EVENT_VERDICT, 0), 8);
    assert_int_equal(number(WORKER, worker->counters, "deaths", 0, 0), 3);
    assert_int_equal(number(WORKER, worker->counters, "missed_packets_estimate", 0, 0), 77);
    assert_int_equal(worker->classifier_count, 2);
    assert_string_equal(worker->classifiers[0].name, "one");
    assert_int_equal(number(CLASSIFIER, worker->counters, "treatments", TREATMENT_LOW_PRIORITY, 0),
                     6);
    assert_false(worker->classifiers[0].quarantined);
    assert_int_equal(number(CLASSIFIER, worker->counters, "errors", 0, 1), 7);
    assert_true(worker->classifiers[1].quarantined);
    assert_int_equal(number(WORKER, bed->out.workers[0].counters, "received", 0, 0), 0);
}

/* Every worker sees the same packets dropped. */
static void drops_of_the_interface_are_counted_once(void **state) {
    struct bed *bed = *state;
    bed->interface.children[0].before.live.interface_drops = 5;
    bed->interface.children[1].before.live.interface_drops = 4;
    bed->interface.children[1].shared->counters.live.interface_drops = 3;
    atomic_store(&bed->interface.events_refused, 2);
    publish_workers(&bed->interface, &bed->out);
    assert_int_equal(number(INTERFACE, bed->out.counters, "interface_drops", 0, 0), 7);
    assert_int_equal(number(INTERFACE, bed->out.counters, "events_refused", 0, 0), 2);
}

/* Those of classifiers that a later policy does not name are not told of any more. */
static void refusals_are_told_while_the_classifier_is_in_the_set(void **state) {
    struct bed *bed = *state;
    static const struct refusals refusals = {
        .items = {{.classifier = "one", .since_ns = 5, .error = "first"},
                  {.classifier = "gone", .since_ns = 6, .error = "second"},
                  {.classifier = "", .since_ns = 7, .error = "third"}},
        .count = 3};
    bed->interface.refusals = refusals;
    struct worker_counters *counters = &bed->interface.children[1].shared->counters;
    memcpy(counters->classifiers[0], "other", sizeof "other");
    memcpy(counters->classifiers[1], "one", sizeof "one");
    publish_workers(&bed->interface, &bed->out);
    assert_int_equal(bed->out.refusal_count, 2);
    assert_string_equal(bed->out.refusals[0].classifier, "one");
    assert_string_equal(bed->out.refusals[0].error, "first");
    assert_int_equal(bed->out.refusals[0].since_ns, 5);
    assert_string_equal(bed->out.refusals[1].error, "third");
}

/* ---- the tables ---- */

static void every_number_belongs_to_one_row(void **state) {
    (void)state;
    enum { NUMBERS_MAX = 1024 };
    for (size_t i = 0; i < sizeof structs / sizeof *structs; i++) {
        unsigned rows[NUMBERS_MAX] = {0};
        const size_t numbers = structs[i].bytes / sizeof(uint64_t);
        assert_true(numbers <= NUMBERS_MAX);
        for (size_t j = 0; j < TABLES; j++) {
            const struct table *table = &tables()[j];
            for (unsigned k = 0; table->about == i && k < table->table.count; k++) {
                const struct counter *row = &table->table.rows[k];
                for (unsigned n = 0; n < row->count * table->several; n++) {
                    rows[row->offset / sizeof(uint64_t) + n]++;
                }
            }
        }
        for (size_t n = 0; n < numbers; n++) {
            if (rows[n] != 1) {
                fail_msg("the number at byte %zu of struct %s has %u rows", n * sizeof(uint64_t),
                         structs[i].name, rows[n]);
            }
        }
    }
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), of_end = strlen(end);
    return length >= of_end && strcmp(text + length - of_end, end) == 0;
}

static void check_row(const struct counter *row) {
    static const char *const units[] = {
        [COUNTER_NUMBER] = "", [COUNTER_BYTES] = "bytes", [COUNTER_MILLISECONDS] = "milliseconds"};
    if (row->elsewhere) {
        assert_true(!row->member && !row->metric && !row->title && !row->help);
        return;
    }
    assert_true(row->member && row->metric && row->title && row->help);
    assert_true(ends_with(row->help, "."));
    assert_true(strncmp(row->metric, "dpae_", 5) == 0);
    assert_int_equal(ends_with(row->metric, "_total"), row->kind != COUNTER_LEVEL);
    assert_non_null(strstr(row->metric, units[row->unit]));
    assert_true(!row->label == !row->name);
    assert_true(row->name || row->count == 1);
}

static void every_row_is_shown_or_says_where_its_numbers_are(void **state) {
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        const struct counter_table *table = &tables()[i].table;
        for (unsigned j = 0; j < table->count; j++) {
            check_row(&table->rows[j]);
            for (unsigned k = 0; k < j && table->rows[j].member; k++) {
                const char *other = table->rows[k].member;
                assert_true(!other || strcmp(other, table->rows[j].member) != 0);
            }
        }
    }
}

/* Only the name for "no reason" may be hidden. */
static void every_number_of_an_array_has_a_name_of_its_own(void **state) {
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        const struct counter_table *table = &tables()[i].table;
        for (unsigned j = 0; j < table->count; j++) {
            const struct counter *row = &table->rows[j];
            unsigned hidden = 0;
            for (unsigned part = 0; row->name && part < row->count; part++) {
                const char *name = row->name(part);
                hidden += !name;
                assert_true(!name || name[0]);
                for (unsigned other = 0; name && other < part; other++) {
                    assert_true(!row->name(other) || strcmp(row->name(other), name) != 0);
                }
            }
            assert_true(hidden <= 1);
        }
    }
}

static char *read_manual(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(DPAE_SOURCE_DIR "/docs/operating.md", "r");
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static unsigned count_of(const char *text, const char *part) {
    unsigned found = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        found++;
    }
    return found;
}

static void the_manual_lists_every_counter(void **state) {
    (void)state;
    char *manual = read_manual();
    for (size_t i = 0; i < TABLES; i++) {
        for (unsigned j = 0; j < tables()[i].table.count; j++) {
            const struct counter *row = &tables()[i].table.rows[j];
            const char *const by = i == CLASSIFIER ? "`classifier`" : "";
            char line[256];
            snprintf(line, sizeof line, "\n| `%s` | `%s%s` | %s | %s%s%s%s%s%s| ", row->metric,
                     tables()[i].path, row->member,
                     row->kind == COUNTER_LEVEL ? "gauge" : "counter", by,
                     by[0] && row->label ? ", " : "", row->label ? "`" : "",
                     row->label ? row->label : "", row->label ? "`" : "",
                     by[0] || row->label ? " " : "");
            if (!row->elsewhere && !strstr(manual, line)) {
                fail_msg("docs/operating.md lacks%s", line);
            }
        }
    }
    free(manual);
}

/* All of them, those without a table too, and no others. */
static void the_manual_lists_every_metric(void **state) {
    (void)state;
    static struct status_snapshot snapshot = {.version = "1", .store.used = true};
    char *manual = read_manual(), *text = NULL;
    size_t length;
    unsigned types = 0;
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    publish_tables(&snapshot.tables);
    metrics_write(file, &snapshot);
    assert_int_equal(fclose(file), 0);
    for (const char *at = text; (at = strstr(at, "# TYPE ")) != NULL; types++) {
        char name[64], row[128];
        at += strlen("# TYPE ");
        assert_int_equal(sscanf(at, "%63s", name), 1);
        snprintf(row, sizeof row, "\n| `%s` |", name);
        if (count_of(manual, row) != 1) {
            fail_msg("docs/operating.md lacks, or has twice,%s", row);
        }
    }
    assert_int_equal(count_of(manual, "\n| `dpae_"), types);
    free(text);
    free(manual);
}

static void every_number_is_added_or_the_latest_one_holds(void **state) {
    (void)state;
    static struct worker_counters more, total;
    uint64_t *const numbers = (uint64_t *)&more;
    for (size_t i = 0; i < structs[OF_WORKER].bytes / sizeof *numbers; i++) {
        numbers[i] = i + 1;
    }
    worker_counters_add(&total, &more);
    assert_memory_equal(&total, &more, structs[OF_WORKER].bytes);
    worker_counters_add(&total, &more);
    assert_int_equal(total.live.received, 2 * more.live.received);
    assert_int_equal(total.pipeline.malformed[5], 2 * more.pipeline.malformed[5]);
    assert_int_equal(total.flows, more.flows);
    assert_int_equal(total.scripts.errors[7], more.scripts.errors[7]);
    assert_int_equal(total.pipeline.treatments[7][1], more.pipeline.treatments[7][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worker_states, begin, end),
        cmocka_unit_test_setup_teardown(policies, begin, end),
        cmocka_unit_test_setup_teardown(
            the_first_classifier_that_is_not_there_is_told_with_its_error, begin, end),
        cmocka_unit_test_setup_teardown(a_fault_without_an_end_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(counters_go_on_over_a_death, begin, end),
        cmocka_unit_test_setup_teardown(refusals_are_told_while_the_classifier_is_in_the_set, begin,
                                        end),
        cmocka_unit_test_setup_teardown(drops_of_the_interface_are_counted_once, begin, end),
        cmocka_unit_test(every_number_belongs_to_one_row),
        cmocka_unit_test(every_row_is_shown_or_says_where_its_numbers_are),
        cmocka_unit_test(every_number_of_an_array_has_a_name_of_its_own),
        cmocka_unit_test(the_manual_lists_every_counter),
        cmocka_unit_test(the_manual_lists_every_metric),
        cmocka_unit_test(every_number_is_added_or_the_latest_one_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

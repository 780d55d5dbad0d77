#include "daemon/publish.h"

#include "base/clock.h"
#include "worker/counters.h"

#include <setjmp.h>
#include <stdarg.h>
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
    child->before = (struct worker_counters){
        .live.received = 100, .pipeline.classes = {[PIPELINE_ARP] = 40}, .flow.ended = {[0] = 9}};
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
    publish_workers(&bed->interface, &bed->out);
    const struct status_worker *worker = &bed->out.workers[1];
    assert_int_equal(worker->received, 101);
    assert_int_equal(worker->classes[PIPELINE_ARP], 42);
    assert_int_equal(worker->flow_ends[0], 12);
    assert_int_equal(worker->flows, 5);
    assert_int_equal(worker->events_lost[EVENT_VERDICT], 8);
    assert_int_equal(worker->classifier_count, 2);
    assert_string_equal(worker->classifiers[0].name, "one");
    assert_int_equal(worker->classifiers[0].treatments[TREATMENT_LOW_PRIORITY - 1], 6);
    assert_false(worker->classifiers[0].quarantined);
    assert_int_equal(worker->classifiers[1].errors, 7);
    assert_true(worker->classifiers[1].quarantined);
    assert_int_equal(bed->out.workers[0].received, 0);
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

static unsigned length_of(const char *const *names) {
    unsigned length = 0;
    while (names[length]) {
        assert_true(names[length][0] != '\0');
        length++;
    }
    return length;
}

static void every_counter_has_a_name(void **state) {
    (void)state;
    struct status_names names;
    publish_names(&names);
    assert_int_equal(length_of(names.classes), PIPELINE_CLASS_COUNT);
    assert_int_equal(length_of(names.flow_ends), FLOW_END_COUNT);
    assert_int_equal(length_of(names.identities), IDENTITY_KIND_COUNT);
    /* States of flows are for the database alone, and never lost. */
    assert_int_equal(length_of(names.events_lost), EVENT_FLOW_STATE);
    assert_int_equal(length_of(names.treatments), TREATMENT_COUNT - 1);
}

/* Whatever members there are: each is a number of 64 bits, and none is left out. */
static void every_counter_is_added(void **state) {
    (void)state;
    struct worker_counters more = {.flows = 5}, total = {0};
    uint64_t *const parts[] = {(uint64_t *)&more.pipeline, (uint64_t *)&more.flow,
                               (uint64_t *)&more.live};
    const size_t sizes[] = {sizeof more.pipeline, sizeof more.flow, sizeof more.live};
    uint64_t number = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizes[i] / sizeof number; j++) {
            parts[i][j] = number++;
        }
    }
    memset(more.pipeline.treatments, 0, sizeof more.pipeline.treatments);
    worker_counters_add(&total, &more);
    assert_memory_equal(&total, &more, sizeof total);
    worker_counters_add(&total, &more);
    assert_int_equal(total.live.received, 2 * more.live.received);
    assert_int_equal(total.flows, 10);
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
        cmocka_unit_test(every_counter_has_a_name),
        cmocka_unit_test(every_counter_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

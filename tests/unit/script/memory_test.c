/* The memory limit of classifiers, and which one is quarantined when it is exceeded. */
#include "script/host_bed.h"

#include <errno.h>

#define HIGH "return { qos_treatment = 'high_priority' }"

static void a_hoarder_is_quarantined_and_the_others_go_on(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "works",
               CLASSIFIER("self.n = (self.n or 0) + 1 local s = ('y'):rep(6e4) .. self.n "
                          "assert(#s > 6e4) return { qos_treatment = 'high_priority' }"));
    bed_script(bed, "hoards",
               "local kept = {}\n" CLASSIFIER(
                   "for _ = 1, 10 do kept[#kept + 1] = ('x'):rep(6e4) .. #kept end"));
    const char *const names[] = {"works", "hoards"};
    static const char *const texts[] = {
        "tc hoards: is quarantined for 100 s: it holds ",
        " MiB; the limit for all classifiers together is 16 MiB (classifier_memory_mb); it is then",
        NULL};
    unsigned counts[2] = {0};
    load(bed, names, 2);
    count_log_lines(bed, 60, texts, counts);
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(counters->quarantined, 2);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counters->errors[0], 0);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 60);
    assert_true(counters->memory_bytes < 6 << 20);
}

/* More than its share of the memory, but less than the leaking classifier. */
static void a_leak_is_quarantined_but_not_a_large_classifier(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "big",
               "local kept = {} for i = 1, 100 do kept[i] = ('x'):rep(6e4) .. i end\n" CLASSIFIER(
                   "assert(#kept == 100) return { qos_treatment = 'high_priority' }"));
    bed_script(bed, "busy", /* creates garbage, and keeps some of it for a while */
               "local kept = {}\n" CLASSIFIER(
                   "local n = flow.packet_count % 8 + 1 kept[n] = ('x'):rep(6e4) .. flow.time "
                   "return { qos_treatment = 'high_priority' }"));
    bed_script(bed, "leaks",
               "local kept = {}\n" CLASSIFIER("kept[#kept + 1] = ('x'):rep(3e4) .. #kept"));
    const char *const names[] = {"big", "busy", "leaks"};
    load(bed, names, 3);
    for (unsigned i = 0; i < 90; i++) {
        run(bed, 5);
    }
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(counters->quarantines[0], 0);
    assert_int_equal(counters->quarantines[1], 0);
    assert_true(counters->quarantines[2] > 0);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 450);
    assert_int_equal(bed->told[1][TREATMENT_HIGH_PRIORITY], 450);
}

/* Eight flows of 3 MB exceed the cap. */
static void state_is_freed_when_a_flow_is_finalised(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "keeps",
               CLASSIFIER("for i = 1, 50 do flow.state[i] = ('x'):rep(6e4) .. flow.time * i end "
                          "flow.finalised = true"));
    bed_script(
        bed, "other",
        CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 assert(s.n == flow.packet_count)"));
    const char *const names[] = {"keeps", "other"};
    bed->flow_count = 8;
    load(bed, names, 2);
    run(bed, 80);
    assert_int_equal(script_host_counters(bed->host)->quarantined, 0);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    assert_string_equal(script_host_last_error(bed->host, 1), "");
    assert_int_equal(bed->finalised[0], 8);
}

static void garbage_is_not_an_error(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("local s = ('x'):rep(6e4) .. flow.packet_count assert(s)"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    run(bed, 1000);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

/* More than half of the cap for a long time: the collector must keep up. */
static void much_memory_may_be_in_use(void **state) {
    struct bed *bed = *state;
    bed_script(
        bed, "it",
        "local kept = {} for i = 1, 150 do kept[i] = ('x'):rep(6e4) .. i end\n" CLASSIFIER(
            "local n = flow.packet_count % 150 + 1 kept[n] = ('x'):rep(6e4) .. n .. flow.time"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    run(bed, 3000);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    assert_int_equal(script_host_counters(bed->host)->quarantined, 0);
}

/* Leaks next to a healthy classifier, for 400 packets of 8 flows. */
static const struct leak {
    const char *what, *script;
} leaks[] = {
    {"strings in a table", "local kept = {}\n" CLASSIFIER(
                               "for _ = 1, 4 do kept[#kept + 1] = ('x'):rep(4e4) .. #kept end")},
    {"small tables, by compiled code",
     "local kept = {}\n" CLASSIFIER("for i = 1, 3000 do kept[#kept + 1] = { i } end")},
    {"functions and their upvalues",
     "local last\n" CLASSIFIER("for i = 1, 1000 do local before = last "
                               "last = function() return before, i end end")},
    {"flow.state", CLASSIFIER("local s = flow.state for i = 1, 4 do s[#s + 1] = ('x'):rep(4e4) .. "
                              "flow.time .. i end")},
    {"objects of helper modules", "local stats = require('stats') local kept = {}\n" CLASSIFIER(
                                      "for i = 1, 1000 do kept[#kept + 1] = stats.new() end")},
    {"sets of tokens", "local tokens = require('tokens') local kept = {}\n" CLASSIFIER(
                           "kept[#kept + 1] = tokens.new({ ('x'):rep(200) })")},
    {"strings that the healthy one also creates",
     "local kept = {}\n" CLASSIFIER("kept[#kept + 1] = ('y'):rep(6e4) .. flow.time")},
    {"the locals of a deep call",
     CLASSIFIER("local function f(n) local t = { ('z'):rep(6e4) .. n } if n > 0 then "
                "return f(n - 1), t end end f(1000)")},
};

static void a_leak_does_not_affect_its_neighbours(void **state) {
    for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) {
        struct bed *bed = *state;
        print_message("%s\n", leaks[i].what);
        bed_script(bed, "healthy",
                   "local kept = {}\n" CLASSIFIER("kept[flow.packet_count % 4] = ('y'):rep(6e4) .. "
                                                  "flow.time " HIGH));
        bed_script(bed, "leaks", leaks[i].script);
        const char *const names[] = {"healthy", "leaks"};
        bed->flow_count = FLOWS_MAX;
        memset(bed->told, 0, sizeof bed->told);
        load(bed, names, 0); /* without state of the previous row */
        load(bed, names, 2);
        for (unsigned k = 0; k < 40; k++) {
            run(bed, 10);
        }
        const struct script_counters *counters = script_host_counters(bed->host);
        assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 400);
        assert_int_equal(counters->quarantines[0], 0);
        assert_int_equal(counters->errors[0], 0);
        assert_true(counters->quarantines[1] > 0 || counters->errors[1] > 0);
        script_host_flush_log(bed->host);
    }
}

/* Compiled code refers to the table and keeps it alive. */
#define HOLDS_3_MB                                                                                 \
    "local kept = {} for i = 1, 3000 do kept[i] = ('x'):rep(1000) .. i end\n" CLASSIFIER(          \
        "local n = 0 for i = 1, 300 do n = n + #kept[i] end assert(n > 0) " HIGH)

static uint64_t memory_of(struct bed *bed) {
    script_host_flush_log(bed->host);
    return script_host_counters(bed->host)->memory_bytes;
}

static void memory_of_a_removed_classifier_is_freed(void **state) {
    struct bed *bed = *state;
    const char *const both[] = {"holds", "other"}, *const one[] = {"other"};
    bed_script(bed, "holds", HOLDS_3_MB);
    bed_script(bed, "other", CLASSIFIER(HIGH));
    load(bed, one, 1);
    run(bed, 100);
    const uint64_t before = memory_of(bed);
    load(bed, both, 2);
    run(bed, 100);
    assert_true(memory_of(bed) > before + 3000000);
    load(bed, one, 1);
    run(bed, 10);
    assert_true(memory_of(bed) < before + 300000);
}

static void reloads_do_not_grow_memory(void **state) {
    struct bed *bed = *state;
    const char *const names[] = {"holds"};
    struct faults faults = {0};
    uint64_t first = 0, last = 0;
    bed_script(bed, "holds", HOLDS_3_MB);
    load(bed, names, 1);
    for (uint32_t i = 0; i < 60; i++) {
        char script[512];
        run(bed, 20);
        snprintf(script, sizeof script, "%s-- %u", HOLDS_3_MB, i);
        bed_script(bed, "holds", script);
        assert_int_equal(script_host_reload(bed->host, i + 2, &faults), 1);
        last = memory_of(bed);
        first = i == 1 ? last : first;
    }
    print_message("%u KiB, then %u KiB\n", (unsigned)(first >> 10), (unsigned)(last >> 10));
    assert_true(last < first + first / 20);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 60 * 20);
}

/* The new version and the one it replaces exceed the cap together. */
static void a_classifier_too_large_to_load_is_refused(void **state) {
    struct bed *bed = *state;
    const char *const names[] = {"other", "large"};
    struct faults faults = {0};
    bed_script(bed, "other", CLASSIFIER(HIGH));
    bed_script(bed, "large", CLASSIFIER(HIGH));
    load(bed, names, 2);
    bed_script(
        bed, "large",
        "local kept = {} for i = 1, 30000 do kept[i] = ('x'):rep(1000) .. i end\n" CLASSIFIER(
            HIGH));
    assert_int_equal(script_host_reload(bed->host, 2, &faults), 0);
    assert_int_equal(faults.count, 1);
    assert_non_null(strstr(faults.items[0].message,
                           "not enough memory: the limit for all classifiers together is 16 MiB "
                           "(classifier_memory_mb)"));
    faults_free(&faults);
    run(bed, 20);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 20);
    assert_int_equal(bed->told[1][TREATMENT_HIGH_PRIORITY], 20);
    assert_true(memory_of(bed) < 4 << 20);
}

#define ADDS(keys)                                                                                 \
    "local t, n = {}, 0\n" CLASSIFIER("for i = 1, 40000 do n = n + 1 t[" keys "] = true end")

/* A table has up to 131072 keys in its hash part, of any type. */
static void a_table_of_too_many_keys_is_quarantined(void **state) {
    static const struct {
        const char *script;
        unsigned quarantines;
    } cases[] = {
        {ADDS("n + 0.5"), 1},          {ADDS("-n"), 1}, {ADDS("'k' .. n"), 1}, {ADDS("n"), 0},
        {ADDS("n % 100000 + 0.5"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bed *bed = *state;
        const char *const names[] = {"other", "grows"};
        bed_script(bed, "other", CLASSIFIER(HIGH));
        bed_script(bed, "grows", cases[i].script);
        load(bed, names, 0);
        load(bed, names, 2);
        memset(bed->told, 0, sizeof bed->told);
        run(bed, 6);
        const struct script_counters *counters = script_host_counters(bed->host);
        assert_int_equal(counters->quarantines[1], cases[i].quarantines);
        assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 6);
        if (cases[i].quarantines) {
            assert_non_null(strstr(script_host_last_error(bed->host, 1),
                                   "a table has more than 131072 keys in its hash part"));
        }
    }
}

static void a_classifier_that_loads_with_too_many_keys_is_refused(void **state) {
    struct bed *bed = *state;
    struct faults faults = {0};
    const char *const names[] = {"grows"};
    bed_script(bed, "grows", "local t = {} for i = 1, 140000 do t[-i] = i end\n" CLASSIFIER(HIGH));
    assert_int_equal(script_host_load(bed->host, names, 1, &faults), -EINVAL);
    assert_int_equal(faults.count, 1);
    assert_non_null(strstr(faults.items[0].message, "a table has more than 131072 keys"));
    faults_free(&faults);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(a_hoarder_is_quarantined_and_the_others_go_on),
        BED_TEST(a_leak_is_quarantined_but_not_a_large_classifier),
        BED_TEST(a_leak_does_not_affect_its_neighbours),
        BED_TEST(state_is_freed_when_a_flow_is_finalised),
        BED_TEST(garbage_is_not_an_error),
        BED_TEST(much_memory_may_be_in_use),
        BED_TEST(memory_of_a_removed_classifier_is_freed),
        BED_TEST(reloads_do_not_grow_memory),
        BED_TEST(a_classifier_too_large_to_load_is_refused),
        BED_TEST(a_table_of_too_many_keys_is_quarantined),
        BED_TEST(a_classifier_that_loads_with_too_many_keys_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

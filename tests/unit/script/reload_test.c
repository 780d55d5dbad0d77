/* Classifiers that change while they run. */
#include "script/host_bed.h"

#define SECOND          UINT64_C(1000000000)
#define SAYS(treatment) CLASSIFIER("return { qos_treatment = '" treatment "' }")
#define COUNTS                                                                                     \
    CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 self.n = (self.n or 0) + 1 "             \
               "assert(s.n == flow.packet_count and self.n >= s.n)")

static void what_changed_is_loaded_and_what_did_not_is_left_alone(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "counts", COUNTS);
    bed_script(bed, "says", SAYS("low_priority"));
    const char *const names[] = {"counts", "says"};
    script_host_set_generation(bed->host, 1);
    load(bed, names, 2);
    const struct script_source before = *script_host_source(bed->host, 1);
    assert_int_equal(before.generation, 1);
    run(bed, 10);
    assert_int_equal(script_host_reload(bed->host, 2, &bed->faults), 0);
    bed_script(bed, "says", SAYS("high_priority"));
    assert_int_equal(script_host_reload(bed->host, 3, &bed->faults), 2);
    run(bed, 10);
    assert_int_equal(bed->told[1][TREATMENT_LOW_PRIORITY], 10);
    assert_int_equal(bed->told[1][TREATMENT_HIGH_PRIORITY], 10);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
    assert_int_equal(script_host_source(bed->host, 0)->generation, 1);
    assert_int_equal(script_host_source(bed->host, 1)->generation, 3);
    assert_true(script_host_source(bed->host, 1)->hash != before.hash);
    bed_script(bed, "says", SAYS("low_priority"));
    assert_int_equal(script_host_reload(bed->host, 4, &bed->faults), 2);
    assert_true(script_host_source(bed->host, 1)->hash == before.hash);
}

struct failing_case {
    const char *what;
    const char *source; /* NULL: the file is removed */
    const char *message;
};

static void one_that_does_not_load_stays_what_it_was(void **state) {
    static const struct failing_case cases[] = {
        {"a syntax error", "return = 1", "unexpected symbol near '='"},
        {"a new() that fails", "return { new = function() error('no luck') end }", "no luck"},
        {"an endless top", "while true do end", "took more than 500000 us of CPU time to load"},
        {"a file that is gone", NULL, "cannot be opened: No such file or directory"},
    };
    struct bed *bed = *state;
    bed_script(bed, "counts", COUNTS);
    const char *const names[] = {"counts"};
    load(bed, names, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults faults = {0};
        run(bed, 5);
        if (cases[i].source) {
            bed_script(bed, "counts", cases[i].source);
        } else {
            char path[192];
            snprintf(path, sizeof path, "%s/counts.lua", bed->directory);
            assert_int_equal(unlink(path), 0);
        }
        assert_int_equal(script_host_reload(bed->host, 2, &faults), 0);
        assert_int_equal(faults.count, 1);
        assert_non_null(strstr(faults.items[0].message, cases[i].message));
        assert_int_equal(script_host_ready(bed->host), 1);
        run(bed, 5);
        assert_string_equal(script_host_last_error(bed->host, 0), "");
        faults_free(&faults);
    }
}

static void one_that_was_not_there_is_loaded_when_it_comes(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "counts", COUNTS);
    const char *const names[] = {"late", "counts"};
    struct faults faults = {0};
    assert_int_equal(script_host_load(bed->host, names, 2, &faults), -22);
    faults_free(&faults);
    run(bed, 5);
    bed_script(bed, "late", SAYS("low_priority"));
    assert_int_equal(script_host_reload(bed->host, 2, &bed->faults), 1);
    run(bed, 5);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 5);
    assert_string_equal(script_host_last_error(bed->host, 1), "");
}

static void a_mended_script_leaves_its_quarantine(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "it", CLASSIFIER("error('always')"));
    const char *const names[] = {"it"};
    load(bed, names, 1);
    run(bed, 12);
    assert_int_equal(script_host_ready(bed->host), 0);
    assert_int_equal(script_host_reload(bed->host, 2, &bed->faults), 0);
    assert_int_equal(script_host_ready(bed->host), 0);
    bed_script(bed, "it", CLASSIFIER("if flow.packet_count == 20 then error('once') end"));
    assert_int_equal(script_host_reload(bed->host, 3, &bed->faults), 1);
    run(bed, 20);
    assert_int_equal(script_host_ready(bed->host),
                     1); /* not on trial: one error is none too many */
    assert_int_equal(script_host_counters(bed->host)->errors[0], 11);
}

/* Neither the VM nor the verdicts of the others show how often. */
static void a_thousand_reloads_leave_no_trace(void **state) {
    struct bed *bed = *state;
    char source[2][256];
    bed_script(bed, "counts", COUNTS);
    const char *const names[] = {"counts", "says"};
    for (int i = 0; i < 2; i++) {
        snprintf(source[i], sizeof source[i], "-- %d\n%s", i, SAYS("low_priority"));
    }
    bed_script(bed, "says", source[0]);
    load(bed, names, 2);
    uint64_t memory[2] = {0};
    for (unsigned i = 0; i < 1200; i++) {
        bed_script(bed, "says", source[(i + 1) % 2]);
        assert_int_equal(script_host_reload(bed->host, i, &bed->faults), 2);
        run(bed, 64);
        script_host_flush_log(bed->host);
        const uint64_t now = script_host_counters(bed->host)->memory_bytes;
        memory[i >= 200] = now > memory[i >= 200] ? now : memory[i >= 200];
    }
    print_message("most memory: %lu KiB in 200 reloads, %lu KiB in 1000 more\n",
                  (unsigned long)(memory[0] >> 10), (unsigned long)(memory[1] >> 10));
    assert_true(memory[1] <= memory[0] + memory[0] / 4);
    assert_int_equal(bed->told[1][TREATMENT_LOW_PRIORITY], 1200 * 64);
    assert_string_equal(script_host_last_error(bed->host, 0), "");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(what_changed_is_loaded_and_what_did_not_is_left_alone),
        BED_TEST(one_that_does_not_load_stays_what_it_was),
        BED_TEST(one_that_was_not_there_is_loaded_when_it_comes),
        BED_TEST(a_mended_script_leaves_its_quarantine),
        BED_TEST(a_thousand_reloads_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reloading classifiers that change while they run. */
#include "script/host_bed.h"

#include "base/clock.h"

#define SECOND          UINT64_C(1000000000)
#define SAYS(treatment) CLASSIFIER("return { qos_treatment = '" treatment "' }")
#define COUNTS                                                                                     \
    CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 self.n = (self.n or 0) + 1 "             \
               "assert(s.n == flow.packet_count and self.n >= s.n)")

static void only_changed_classifiers_are_reloaded(void **state) {
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

static void a_classifier_that_fails_to_load_keeps_running(void **state) {
    static const struct failing_case cases[] = {
        {"a syntax error", "return = 1", "unexpected symbol near '='"},
        {"a new() that fails", "return { new = function() error('no luck') end }", "no luck"},
        {"an endless loop at the top", "while true do end",
         "took more than 10000000 steps to load"},
        {"a deleted file", NULL, "cannot be opened: No such file or directory"},
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

static void a_missing_classifier_is_loaded_when_it_appears(void **state) {
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

static void a_fixed_script_leaves_its_quarantine(void **state) {
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
                     1); /* no probation: a single error is tolerated */
    assert_int_equal(script_host_counters(bed->host)->errors[0], 11);
}

struct set_case {
    const char *what;
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    const char *fresh; /* names that are new or with a changed file, each followed by a space */
};

/* Each classifier keeps a count per flow and a count of its own. */
static void sets_keep_their_common_classifiers(void **state) {
    static const struct set_case cases[] = {
        {"the first set", {"a", "b", "c"}, "a b c "},
        {"another order", {"c", "a", "b"}, ""},
        {"one less, at the front", {"a", "b"}, ""},
        {"one more, at the front", {"c", "a", "b"}, "c "},
        {"one replaced by another", {"c", "d", "b"}, "d "},
        {"reversed, and one changed", {"b", "changed", "c"}, "changed "},
        {"reversed again", {"c", "changed", "b"}, ""},
        {"a full set",
         {"q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "a", "b", "c", "d", "e", "f"},
         "q r s t u v w x y z a d e f "},
        {"a full set, rotated by one, one less",
         {"0", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "a", "b", "c", "d", "e"},
         "0 "},
        {"nothing in common", {"g"}, "g "},
        {"an empty set", {NULL}, ""},
        {"the first set again", {"a", "b", "c"}, "a b c "},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct set_case *now = &cases[i];
        unsigned count = 0;
        for (; count < SCRIPT_CLASSIFIERS_MAX && now->names[count]; count++) {
            bed_script(bed, now->names[count],
                       CLASSIFIER("local s = flow.state s.n = (s.n or 0) + 1 "
                                  "self.n = (self.n or 0) + 1 assert(s.n == self.n) "
                                  "return s.n > 1 and { qos_treatment = 'low_priority' } or nil"));
        }
        script_host_set_generation(bed->host, (uint32_t)i + 1);
        memset(bed->told, 0, sizeof bed->told);
        load(bed, now->names, count);
        run(bed, 1);
        for (unsigned place = 0; place < count; place++) {
            char fresh[80];
            snprintf(fresh, sizeof fresh, "%s ", now->names[place]);
            const bool is_fresh = strstr(now->fresh, fresh) != NULL;
            if ((bed->told[place][TREATMENT_LOW_PRIORITY] == 0) != is_fresh ||
                (script_host_source(bed->host, place)->generation == i + 1) != is_fresh) {
                fail_msg("%s: %s", now->what, now->names[place]);
            }
            assert_string_equal(script_host_name(bed->host, place), now->names[place]);
            assert_string_equal(script_host_last_error(bed->host, place), "");
        }
        assert_int_equal(script_host_ready(bed->host), (1u << count) - 1);
    }
}

static void errors_and_quarantine_move_with_their_classifier(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "counts", COUNTS);
    bed_script(bed, "fails", CLASSIFIER("error('always')"));
    bed_script(bed, "other", SAYS("low_priority"));
    static const char *const sets[][2] = {{"counts", "fails"}, {"fails", "counts"}};
    load(bed, sets[0], 2);
    run(bed, 12);
    load(bed, sets[1], 2);
    run(bed, 12);
    const struct script_counters *counters = script_host_counters(bed->host);
    assert_int_equal(counters->errors[0], 10);
    assert_int_equal(counters->errors[1], 0);
    assert_int_equal(counters->quarantines[0], 1);
    assert_int_equal(counters->quarantined, 1);
    assert_int_equal(script_host_ready(bed->host), 2);
    assert_non_null(strstr(script_host_last_error(bed->host, 0), "always"));
    assert_string_equal(script_host_last_error(bed->host, 1), "");
    run(bed, 100); /* long enough for the probation to end */
    assert_int_equal(counters->errors[0], 11);
    const char *const without[] = {"other", "counts"};
    load(bed, without, 2);
    assert_int_equal(counters->errors[0], 0);
    assert_int_equal(counters->quarantined, 0);
    run(bed, 5);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 5);
}

static void memory_stays_charged_to_its_holder(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "works", SAYS("low_priority"));
    bed_script(bed, "hoards",
               "local kept = {}\n" CLASSIFIER(
                   "for _ = 1, #kept < 160 and 8 or 0 do kept[#kept + 1] = ('x'):rep(6e4) .. #kept "
                   "end"));
    bed_script(bed, "greedy",
               "local kept = {}\n" CLASSIFIER(
                   "for _ = 1, 4 do kept[#kept + 1] = ('z'):rep(6e4) .. #kept end"));
    static const char *const sets[][3] = {{"hoards", "works", "greedy"},
                                          {"greedy", "hoards", "works"}};
    load(bed, sets[0], 2);
    run(bed, 15); /* holds 7.5 of 16 MB */
    load(bed, sets[1], 3);
    run(bed, 40); /* 10 MB, and up to 9.6 MB by another classifier */
    assert_int_equal(script_host_counters(bed->host)->quarantined, 2);
    assert_int_equal(bed->told[2][TREATMENT_LOW_PRIORITY], 40);
}

static void a_new_set_loads_changed_classifiers(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "says", SAYS("low_priority"));
    const char *const names[] = {"says"};
    load(bed, names, 1);
    run(bed, 1);
    bed_script(bed, "says", "no Lua");
    struct faults faults = {0};
    assert_int_equal(script_host_load(bed->host, names, 1, &faults), -22);
    assert_int_equal(faults.count, 1);
    faults_free(&faults);
    run(bed, 1);
    bed_script(bed, "says", SAYS("high_priority"));
    load(bed, names, 1);
    run(bed, 1);
    assert_int_equal(bed->told[0][TREATMENT_LOW_PRIORITY], 2);
    assert_int_equal(bed->told[0][TREATMENT_HIGH_PRIORITY], 1);
}

/* A change of another classifier does not load a classifier that ended a process. */
static void an_offender_waits_until_it_changes(void **state) {
    struct bed *bed = *state;
    bed_script(bed, "ended", SAYS("low_priority"));
    bed_script(bed, "other", SAYS("low_priority"));
    strcpy(bed->offences[0].classifier, "ended");
    bed->offences[0].strikes = 1;
    bed->offences[0].time_ns = clock_wall_ns();
    const char *const names[] = {"ended", "other"};
    load(bed, names, 2);
    assert_int_equal(script_host_ready(bed->host), 2);
    bed_script(bed, "other", SAYS("high_priority"));
    assert_int_equal(script_host_reload(bed->host, 2, &bed->faults), 2);
    assert_int_equal(script_host_ready(bed->host), 2);
    bed_script(bed, "ended", SAYS("high_priority"));
    assert_int_equal(script_host_reload(bed->host, 3, &bed->faults), 1);
    assert_int_equal(script_host_ready(bed->host), 3);
    assert_int_equal(script_host_counters(bed->host)->quarantined, 0);
}

/* Neither the VM nor the other classifiers' verdicts depend on the number of reloads. */
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

/* Up to 4 MB. */
#define KEEPS                                                                                      \
    "local kept = {}\n" CLASSIFIER(                                                                \
        "for _ = 1, #kept < 70 and 8 or 0 do kept[#kept + 1] = ('x'):rep(6e4) .. #kept end")

/* Replaced texts leave no memory that would be charged to another classifier. */
static void large_texts_leave_no_memory_behind(void **state) {
    struct bed *bed = *state;
    enum { SIZE = 1000000, TEXTS = 10 };
    char *text = malloc(SIZE + 1);
    assert_non_null(text);
    memset(text, '\n', SIZE);
    text[SIZE] = '\0';
    memcpy(text + SIZE - strlen(SAYS("low_priority")), SAYS("low_priority"),
           strlen(SAYS("low_priority")));
    bed_script(bed, "keeps", KEEPS);
    const char *const names[] = {"keeps", "says"};
    for (int i = 0; i < TEXTS; i++) {
        memcpy(text, "--", 2);
        text[2] = (char)('a' + i);
        bed_script(bed, "says", text);
        if (i == 0) {
            load(bed, names, 2);
        } else {
            assert_int_equal(script_host_reload(bed->host, (uint32_t)i, &bed->faults), 2);
        }
        run(bed, 4);
    }
    free(text);
    script_host_flush_log(bed->host);
    assert_int_equal(script_host_counters(bed->host)->quarantines[0], 0);
    assert_in_range(script_host_counters(bed->host)->memory_bytes, 1, 15 << 20);
}

/* Also in the next process; and the classifier waits again when its old text returns. */
static void an_offence_belongs_to_a_text(void **state) {
    static const struct {
        const char *source;
        uint32_t ready;
    } texts[] = {{SAYS("low_priority"), 0}, {SAYS("high_priority"), 1}, {SAYS("low_priority"), 0}};
    struct bed *bed = *state;
    const char *const names[] = {"ended"};
    bed_script(bed, "ended", texts[0].source);
    load(bed, names, 1);
    bed->offences[0] = (struct script_offence){.classifier = "ended",
                                               .strikes = 1,
                                               .time_ns = clock_wall_ns(),
                                               .file = script_host_source(bed->host, 0)->file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bed_script(bed, "ended", texts[i].source);
        load(bed, names, 0); /* simulates a restarted process */
        load(bed, names, 1);
        assert_int_equal(script_host_ready(bed->host), texts[i].ready);
    }
}

/* When the next process starts, the file is missing or refused; later it is fixed. */
static void an_offender_without_a_file_is_loaded_when_it_appears(void **state) {
    struct bed *bed = *state;
    const char *const names[] = {"ended"};
    struct faults faults = {0};
    bed->offences[0] =
        (struct script_offence){.classifier = "ended", .strikes = 1, .time_ns = clock_wall_ns()};
    (void)script_host_load(bed->host, names, 1, &faults);
    assert_int_equal(script_host_ready(bed->host), 0);
    bed_script(bed, "ended", SAYS("low_priority"));
    assert_int_equal(script_host_reload(bed->host, 2, &bed->faults), 1);
    assert_int_equal(script_host_ready(bed->host), 1);
    assert_int_equal(script_host_counters(bed->host)->quarantined, 0);
    faults_free(&faults);
}

/* LuaJIT records traces throughout, and errors are described. Stopping a call must not interrupt
 * the recorder, or LuaJIT loops forever. */
static void limits_do_not_disturb_the_recording_of_traces(void **state) {
    struct bed *bed = *state;
    const char *const names[] = {"one", "two", "three"};
    bed->flow_count = 8;
    for (unsigned round = 0; round < 600; round++) {
        for (unsigned i = 0; i < 3; i++) {
            char source[512];
            snprintf(
                source, sizeof source,
                "-- %u\n" CLASSIFIER(
                    "local s = flow.state s.n = (s.n or 0) + 1 for k = 1, 60 do s[k %% 5] = k end "
                    "if s.n %% %u == 0 then error('planned') end "
                    "if s.n > %u then return { qos_treatment = 'low_priority' } end"),
                round, 20 + i, 30 + round % 40);
            bed_script(bed, names[i], source);
        }
        load(bed, names, 3);
        run(bed, 400);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(script_host_counters(bed->host)->quarantined, 0);
        assert_non_null(strstr(script_host_last_error(bed->host, i), "planned"));
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(only_changed_classifiers_are_reloaded),
        BED_TEST(a_classifier_that_fails_to_load_keeps_running),
        BED_TEST(a_missing_classifier_is_loaded_when_it_appears),
        BED_TEST(a_fixed_script_leaves_its_quarantine),
        BED_TEST(sets_keep_their_common_classifiers),
        BED_TEST(errors_and_quarantine_move_with_their_classifier),
        BED_TEST(memory_stays_charged_to_its_holder),
        BED_TEST(large_texts_leave_no_memory_behind),
        BED_TEST(a_new_set_loads_changed_classifiers),
        BED_TEST(an_offender_waits_until_it_changes),
        BED_TEST(an_offence_belongs_to_a_text),
        BED_TEST(an_offender_without_a_file_is_loaded_when_it_appears),
        PATIENT_TEST(limits_do_not_disturb_the_recording_of_traces),
        BED_TEST(a_thousand_reloads_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "pipeline/shadow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SLOTS 4

static void set_policy(struct policy *policy, const char *const *names) {
    *policy = (struct policy){0};
    for (; names[policy->classifier_count]; policy->classifier_count++) {
        struct policy_classifier *classifier = &policy->classifiers[policy->classifier_count];
        snprintf(classifier->name, sizeof classifier->name, "%s", names[policy->classifier_count]);
    }
}

static struct shadow *open_shadow(void) {
    struct shadow *shadow;
    struct error error;
    const struct config config = {
        .flow_table_size = SLOTS, .stream_buffers = 1, .stream_bytes = 16};
    assert_int_equal(shadow_new(&shadow, "now", "next", &config, &error), 0);
    return shadow;
}

/* Both are ready and all conditions hold, unless a case says otherwise. */
static void a_refused_run_has_no_effect(void **state) {
    (void)state;
    static const struct {
        const char *names[4], *fault; /* NULL: it runs */
    } cases[] = {
        {{"first", "now", NULL}, NULL},
        {{"first", "second", NULL}, "the policy has no classifier 'now'"},
        {{"now", "next", NULL}, "the policy already runs 'next'"},
        {{"next", NULL}, "the policy has no classifier 'now'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shadow *shadow = open_shadow();
        struct faults faults = {0};
        struct event_shadow difference;
        struct policy policy;
        set_policy(&policy, cases[i].names);
        assert_int_equal(shadow_take_policy(shadow, &policy, &faults), cases[i].fault == NULL);
        assert_int_equal(shadow_mask(shadow), cases[i].fault ? 0 : 4);
        assert_int_equal(shadow_begin_flow(shadow, 1, 0xffff, 0), 0);
        /* A refused run must not take the verdicts of the policy's first classifier for its
         * own. */
        struct script_exchange exchange = {.spoke = 1, .treatment = {TREATMENT_LOW_PRIORITY}};
        shadow_note(shadow, 1, &exchange, 3);
        assert_false(shadow_end_flow(shadow, 1, &difference));
        const struct shadow_result *result = shadow_result(shadow);
        assert_int_equal(result->flows[SHADOW_NEITHER], cases[i].fault ? 0 : 1);
        assert_int_equal(result->flows[SHADOW_AGREED] + result->flows[SHADOW_DIFFERED], 0);
        if (cases[i].fault) {
            assert_int_equal(faults.count, 1);
            assert_non_null(strstr(faults.items[0].message, cases[i].fault));
        }
        faults_free(&faults);
        shadow_free(shadow);
    }
}

static void the_candidate_is_called_with_the_incumbent(void **state) {
    (void)state;
    static const char *const names[] = {"now", "other", NULL};
    static const struct {
        uint32_t ready, decided, expected;
    } cases[] = {
        {7, 0, 0}, {7, 2, 2}, {7, 1, 5}, /* the incumbent is not called: neither is the candidate */
        {3, 0, 4},                       /* the candidate is not running */
        {6, 0, 0}, /* the incumbent is not running: the candidate's verdict is a difference */
    };
    struct shadow *shadow = open_shadow();
    struct faults faults = {0};
    struct policy policy;
    set_policy(&policy, names);
    assert_true(shadow_take_policy(shadow, &policy, &faults));
    assert_string_equal(shadow_candidate_name(shadow), "next");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(shadow_begin_flow(shadow, 0, cases[i].ready, cases[i].decided),
                         cases[i].expected);
    }
    faults_free(&faults);
    shadow_free(shadow);
}

static void the_latest_verdicts_are_compared(void **state) {
    (void)state;
    static const char *const names[] = {"now", NULL};
    enum { NOTHING = TREATMENT_NONE, LOW = TREATMENT_LOW_PRIORITY, HIGH = TREATMENT_HIGH_PRIORITY };
    static const struct {
        uint8_t said[2][2]; /* on packets 1 and 2, by incumbent and candidate */
        enum shadow_outcome outcome;
    } cases[] = {
        {{{LOW, LOW}, {NOTHING, NOTHING}}, SHADOW_AGREED},
        {{{LOW, NOTHING}, {NOTHING, LOW}}, SHADOW_AGREED},
        {{{NOTHING, HIGH}, {LOW, LOW}}, SHADOW_AGREED},
        {{{LOW, LOW}, {HIGH, NOTHING}}, SHADOW_DIFFERED},
        {{{LOW, NOTHING}, {NOTHING, NOTHING}}, SHADOW_DIFFERED},
        {{{NOTHING, NOTHING}, {NOTHING, HIGH}}, SHADOW_DIFFERED},
        {{{NOTHING, NOTHING}, {NOTHING, NOTHING}}, SHADOW_NEITHER},
    };
    struct shadow *shadow = open_shadow();
    struct faults faults = {0};
    struct policy policy;
    uint64_t expected[SHADOW_OUTCOME_COUNT] = {0};
    set_policy(&policy, names);
    assert_true(shadow_take_policy(shadow, &policy, &faults));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_shadow difference = {0};
        (void)shadow_begin_flow(shadow, 2, 3, 0);
        for (unsigned packet = 0; packet < 2; packet++) {
            struct script_exchange exchange = {0};
            for (unsigned who = 0; who < 2; who++) {
                exchange.treatment[who] = cases[i].said[packet][who];
                exchange.spoke |= exchange.treatment[who] != NOTHING ? 1u << who : 0;
            }
            shadow_note(shadow, 2, &exchange, packet + 1);
        }
        expected[cases[i].outcome]++;
        assert_int_equal(shadow_end_flow(shadow, 2, &difference),
                         cases[i].outcome == SHADOW_DIFFERED);
        assert_memory_equal(shadow_result(shadow)->flows, expected, sizeof expected);
        assert_false(shadow_end_flow(shadow, 2, &difference)); /* reported only once */
    }
    assert_int_equal(shadow_result(shadow)->only_incumbent, 1);
    assert_int_equal(shadow_result(shadow)->only_candidate, 1);
    faults_free(&faults);
    shadow_free(shadow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_run_has_no_effect),
        cmocka_unit_test(the_candidate_is_called_with_the_incumbent),
        cmocka_unit_test(the_latest_verdicts_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

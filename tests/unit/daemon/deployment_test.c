#include "deployment_bed.h"

/* Every state that inputs lead to, and what each input leads to in it: "ACTIONS > NEW STATE".
 * Inputs that are not listed change nothing. REFUSES is as PASSED. */
static const struct row {
    const char *state, *leads_to[INPUTS];
} rows[] = {
    {"new", {[OFFER] = "> offered", [REPEAT] = "> offered", [CLOSE] = "> closed"}},
    {"settled",
     {[OFFER] = "> offered",
      [REPEAT] = "in-force",
      [FILES] = "> settled changed",
      [CLOSE] = "> closed"}},
    {"settled changed",
     {[OFFER] = "> offered changed",
      [REPEAT] = "in-force",
      [TICK] = "start > settled files",
      [CLOSE] = "> closed"}},
    {"settled files",
     {[OFFER] = "> offered files",
      [REPEAT] = "in-force",
      [FILES] = "> settled files changed",
      [PASSED] = "admit keep note classifiers > settled",
      [DIFFERS] = "admit keep note classifiers > settled",
      [FAILED] = "keep note fail > settled",
      [UNSTARTED] = "fail > settled",
      [CLOSE] = "stop > closed"}},
    {"settled files changed",
     {[OFFER] = "> offered files changed",
      [REPEAT] = "in-force",
      [PASSED] = "start > settled files",
      [DIFFERS] = "start > settled files",
      [FAILED] = "start > settled files",
      [UNSTARTED] = "start > settled files",
      [CLOSE] = "stop > closed"}},
    {"straggling",
     {[OFFER] = "> offered",
      [REPEAT] = "in-force",
      [FILES] = "> straggling changed",
      [CLOSE] = "> closed"}},
    {"straggling changed",
     {[OFFER] = "> offered changed",
      [REPEAT] = "in-force",
      [TICK] = "start > straggling files",
      [CLOSE] = "> closed"}},
    {"straggling files",
     {[OFFER] = "> offered files",
      [REPEAT] = "in-force",
      [FILES] = "> straggling files changed",
      [PASSED] = "admit keep note classifiers > straggling",
      [DIFFERS] = "admit keep note classifiers > straggling",
      [FAILED] = "keep note fail > straggling",
      [UNSTARTED] = "fail > straggling",
      [CLOSE] = "stop > closed"}},
    {"straggling files changed",
     {[OFFER] = "> offered files changed",
      [REPEAT] = "in-force",
      [PASSED] = "start > straggling files",
      [DIFFERS] = "start > straggling files",
      [FAILED] = "start > straggling files",
      [UNSTARTED] = "start > straggling files",
      [CLOSE] = "stop > closed"}},
    {"given",
     {[OFFER] = "> offered",
      [REPEAT] = "> offered",
      [FILES] = "> given changed",
      [CLOSE] = "> closed"}},
    {"given changed",
     {[OFFER] = "> offered changed",
      [REPEAT] = "> offered changed",
      [TICK] = "start > given files",
      [CLOSE] = "> closed"}},
    {"given files",
     {[OFFER] = "> offered files",
      [REPEAT] = "> offered files",
      [FILES] = "> given files changed",
      [PASSED] = "admit keep note classifiers > given",
      [DIFFERS] = "admit keep note classifiers > given",
      [FAILED] = "keep note fail > given",
      [UNSTARTED] = "fail > given",
      [CLOSE] = "stop > closed"}},
    {"given files changed",
     {[OFFER] = "> offered files changed",
      [REPEAT] = "> offered files changed",
      [PASSED] = "start > given files",
      [DIFFERS] = "start > given files",
      [FAILED] = "start > given files",
      [UNSTARTED] = "start > given files",
      [CLOSE] = "stop > closed"}},
    {"offered",
     {[FILES] = "> offered changed", [TICK] = "start > rehearsal policy", [CLOSE] = "> closed"}},
    {"offered changed", {[TICK] = "start > rehearsal files", [CLOSE] = "> closed"}},
    {"offered policy",
     {[FILES] = "> offered policy changed",
      [PASSED] = "start > rehearsal policy",
      [DIFFERS] = "start > rehearsal policy",
      [FAILED] = "start > rehearsal policy",
      [UNSTARTED] = "start > rehearsal policy",
      [CLOSE] = "stop > closed"}},
    {"offered policy changed",
     {[PASSED] = "start > rehearsal files",
      [DIFFERS] = "start > rehearsal files",
      [FAILED] = "start > rehearsal files",
      [UNSTARTED] = "start > rehearsal files",
      [CLOSE] = "stop > closed"}},
    {"offered files",
     {[FILES] = "> offered files changed",
      [PASSED] = "start > rehearsal files",
      [DIFFERS] = "start > rehearsal files",
      [FAILED] = "start > rehearsal files",
      [UNSTARTED] = "start > rehearsal files",
      [CLOSE] = "stop > closed"}},
    {"offered files changed",
     {[PASSED] = "start > rehearsal files",
      [DIFFERS] = "start > rehearsal files",
      [FAILED] = "start > rehearsal files",
      [UNSTARTED] = "start > rehearsal files",
      [CLOSE] = "stop > closed"}},
    {"rehearsal policy",
     {[OFFER] = "> offered policy",
      [REPEAT] = "> offered policy",
      [FILES] = "> rehearsal policy changed",
      [PASSED] = "admit note policy > given",
      [DIFFERS] = "admit note classifiers policy > given",
      [FAILED] = "refuse > settled",
      [UNSTARTED] = "refuse > settled",
      [CLOSE] = "stop > closed"}},
    {"rehearsal policy changed",
     {[OFFER] = "> offered policy changed",
      [REPEAT] = "> offered policy changed",
      [PASSED] = "admit note policy > given changed",
      [DIFFERS] = "admit note classifiers policy > given changed",
      [FAILED] = "refuse > settled changed",
      [UNSTARTED] = "refuse > settled changed",
      [CLOSE] = "stop > closed"}},
    {"rehearsal files",
     {[OFFER] = "> offered files",
      [REPEAT] = "> offered files",
      [FILES] = "> rehearsal files changed",
      [PASSED] = "admit note classifiers policy > given",
      [DIFFERS] = "admit note classifiers policy > given",
      [FAILED] = "refuse > settled changed",
      [UNSTARTED] = "refuse > settled changed",
      [CLOSE] = "stop > closed"}},
    {"rehearsal files changed",
     {[OFFER] = "> offered files changed",
      [REPEAT] = "> offered files changed",
      [PASSED] = "admit note classifiers policy > given changed",
      [DIFFERS] = "admit note classifiers policy > given changed",
      [FAILED] = "refuse > settled changed",
      [UNSTARTED] = "refuse > settled changed",
      [CLOSE] = "stop > closed"}},
    {"closed", {[OFFER] = "refused", [REPEAT] = "refused"}},
};

static struct text step(struct deployment *deployment, enum input input) {
    struct deployment_actions actions;
    const struct deployment before = *deployment;
    struct text text = take(deployment, input, &actions);
    const struct text was = state_text(&before), is = state_text(deployment);
    if (strcmp(was.bytes, is.bytes) != 0) {
        add(&text, true, ">");
        add(&text, true, is.bytes);
    }
    assert_int_equal(deployment->policy, before.policy + actions.give_policy);
    assert_int_equal(deployment->generation, before.generation + actions.give_classifiers);
    assert_int_equal(deployment->outcome, actions.refuse_policy ? POLICY_REFUSED : before.outcome);
    return text;
}

static void every_input_leads_from_every_state_where_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (enum input input = 0; input < INPUTS; input++) {
            struct deployment deployment = make(rows[i].state);
            const struct text text = step(&deployment, input);
            const char *expected = rows[i].leads_to[input == REFUSES ? PASSED : input];
            if (strcmp(text.bytes, expected ? expected : "") != 0) {
                fail_msg("%s, input %d: '%s' instead of '%s'", rows[i].state, input, text.bytes,
                         expected ? expected : "");
            }
        }
    }
}

static size_t row_of(const struct deployment *deployment) {
    const struct text text = state_text(deployment);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].state, text.bytes) == 0) {
            return i;
        }
    }
    fail_msg("not in the table: %s", text.bytes);
    return 0;
}

/* Walks from the first state along every input until no state is new. */
static void the_table_has_the_states_that_can_be_reached(void **state) {
    (void)state;
    static const struct deployment_report late[] = {{.policy = POLICY_NUMBER, .generation = 1},
                                                    {.waiting = true}};
    bool reached[COUNT(rows)] = {0};
    reached[0] = true;
    for (size_t pass = 0; pass < COUNT(rows); pass++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            for (enum input input = 0; reached[i] && input <= INPUTS; input++) {
                struct deployment_actions actions;
                struct deployment deployment = make(rows[i].state);
                if (input < INPUTS) {
                    step(&deployment, input);
                } else {
                    deployment_take_reports(&deployment, late, 2, &actions);
                }
                reached[row_of(&deployment)] = true;
                deployment_take_reports(&deployment, late, 1, &actions);
                reached[row_of(&deployment)] = true;
            }
        }
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!reached[i]) {
            fail_msg("no input leads to: %s", rows[i].state);
        }
    }
}

/* Without a policy in force, the files that were to be rehearsed no longer matter. */
static void a_first_policy_that_is_refused_leaves_nothing(void **state) {
    (void)state;
    static const char *const states[] = {"rehearsal policy", "rehearsal policy changed",
                                         "rehearsal files", "rehearsal files changed"};
    for (size_t i = 0; i < COUNT(states); i++) {
        for (enum input input = FAILED; input <= UNSTARTED; input++) {
            struct deployment deployment = make(states[i]);
            deployment.policy = 0;
            assert_string_equal(step(&deployment, input).bytes, "refuse > new");
        }
    }
}

static void a_policy_is_in_force_already_only_when_it_is_so_as_a_whole(void **state) {
    (void)state;
    static const struct {
        enum deployment_stage stage;
        enum policy_outcome outcome;
        enum offer_result result;
    } cases[] = {{DEPLOYMENT_SETTLED, POLICY_IN_FORCE, OFFER_IN_FORCE},
                 {DEPLOYMENT_SETTLED, POLICY_PARTIAL, OFFER_TAKEN},
                 {DEPLOYMENT_SETTLED, POLICY_REFUSED, OFFER_TAKEN},
                 {DEPLOYMENT_STRAGGLING, POLICY_IN_FORCE, OFFER_IN_FORCE},
                 {DEPLOYMENT_STRAGGLING, POLICY_PARTIAL, OFFER_TAKEN},
                 {DEPLOYMENT_GIVEN, POLICY_IN_FORCE, OFFER_TAKEN}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct deployment deployment = {
            .stage = cases[i].stage, .outcome = cases[i].outcome, .policy = 1};
        assert_int_equal(deployment_offer(&deployment, true), cases[i].result);
    }
}

static void waiting_for_a_policy_ends_when_it_is_settled(void **state) {
    (void)state;
    static const struct {
        enum deployment_stage stage;
        bool settled;
    } cases[] = {{DEPLOYMENT_SETTLED, true},       {DEPLOYMENT_OFFERED, false},
                 {DEPLOYMENT_IN_REHEARSAL, false}, {DEPLOYMENT_GIVEN, false},
                 {DEPLOYMENT_STRAGGLING, true},    {DEPLOYMENT_CLOSED, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (enum policy_outcome outcome = POLICY_REFUSED; outcome <= POLICY_IN_FORCE; outcome++) {
            const struct deployment deployment = {.stage = cases[i].stage, .outcome = outcome};
            bool in_force;
            assert_int_equal(deployment_has_settled(&deployment, &in_force), cases[i].settled);
            assert_int_equal(in_force, !cases[i].settled || outcome != POLICY_REFUSED);
        }
    }
}

static void numbers_begin_with_one_and_skip_zero(void **state) {
    (void)state;
    const struct deployment first = make("new");
    assert_int_equal(first.policy, 0);
    assert_int_equal(first.generation, 1);
    struct deployment deployment = make("rehearsal files");
    struct deployment_actions actions;
    deployment.policy = deployment.generation = UINT32_MAX;
    take(&deployment, PASSED, &actions);
    assert_int_equal(deployment.policy, 1);
    assert_int_equal(deployment.generation, 1);
}

static void a_generation_is_in_part_when_its_rehearsal_refused_some(void **state) {
    (void)state;
    static const char *const states[] = {"settled files", "rehearsal files"};
    for (size_t i = 0; i < COUNT(states); i++) {
        struct deployment deployment = make(states[i]);
        step(&deployment, PASSED);
        assert_int_equal(deployment.classifiers, DEPLOYMENT_CLASSIFIERS_GIVEN);
        deployment = make(states[i]);
        step(&deployment, REFUSES);
        assert_int_equal(deployment.classifiers, DEPLOYMENT_CLASSIFIERS_GIVEN_IN_PART);
    }
    struct deployment untouched = make("rehearsal policy");
    step(&untouched, REFUSES);
    assert_int_equal(untouched.classifiers, DEPLOYMENT_CLASSIFIERS_SETTLED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_input_leads_from_every_state_where_it_should),
        cmocka_unit_test(the_table_has_the_states_that_can_be_reached),
        cmocka_unit_test(a_first_policy_that_is_refused_leaves_nothing),
        cmocka_unit_test(a_policy_is_in_force_already_only_when_it_is_so_as_a_whole),
        cmocka_unit_test(waiting_for_a_policy_ends_when_it_is_settled),
        cmocka_unit_test(numbers_begin_with_one_and_skip_zero),
        cmocka_unit_test(a_generation_is_in_part_when_its_rehearsal_refused_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy_bed.h"

#include <errno.h>

/* A rule as the controller writes it, including keys that are not used here. */
#define SENT(install, type, value)                                                                 \
    "{\"install_type\": \"" install "\", \"instruction\": \"none\", \"value\": " value             \
    ", \"match\": {\"a\": " value "}, \"action\": {\"Set-Queue\": 1}, \"table\": \"ft_tt\", "      \
    "\"type\": \"" type "\", \"condition\": \"c\"}"
#define TO_DPAE(type, name) SENT("to_dpae", type, "\"" name "\"")

static struct policy *make_policy(void) {
    struct faults faults = {0};
    struct policy *policy =
        bed_parse(POLICY(RULE("any", "{match_type: all, payload: old, tcp_dst: 80}")), &faults);
    faults_free(&faults);
    return policy;
}

static void the_classifiers_of_to_dpae_rules_replace_the_derived_ones(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *classifiers;
    } cases[] = {
        {"[]", ""},
        {"[" TO_DPAE("payload", "payload_uri_1") "]", "payload_uri_1"},
        {"[" TO_DPAE("statistical", "s_1") ", " TO_DPAE("payload", "p_1") "]", "s_1 p_1"},
        {"[" TO_DPAE("payload", "p") ", " TO_DPAE("payload", "p") "]", "p"},
        {"[" SENT("immediate", "static", "1234") "]", ""},
        {"[" SENT("immediate", "static", "1234") ", " SENT(
             "on_identity", "identity", "\"pc.*\\\\.example\"") ", " TO_DPAE("payload", "p") "]",
         "p"},
        {"- install_type: to_dpae\n  type: payload\n  value: p_1\n", "p_1"},
        {"[{install_type: immediate}]", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy *policy = make_policy();
        struct faults faults = {0};
        char text[128];
        const int result =
            policy_apply_rules(policy, cases[i].text, strlen(cases[i].text), "controller", &faults);
        bed_print_faults(&faults);
        assert_int_equal(result, 0);
        assert_int_equal(faults.count, 0);
        assert_string_equal(bed_classifiers(policy, text, sizeof text), cases[i].classifiers);
        assert_true(policy->rules_from_controller);
        assert_int_equal(policy->mode, POLICY_ACTIVE);
        policy_free(policy);
    }
}

static void the_type_of_a_classifier_is_that_of_its_rule(void **state) {
    (void)state;
    struct policy *policy = make_policy();
    struct faults faults = {0};
    const char *text = "[" TO_DPAE("statistical", "s") ", " TO_DPAE("payload", "p") "]";
    assert_int_equal(policy_apply_rules(policy, text, strlen(text), "controller", &faults), 0);
    assert_int_equal(policy->classifiers[0].type, POLICY_STATISTICAL);
    assert_int_equal(policy->classifiers[1].type, POLICY_PAYLOAD);
    policy_free(policy);
}

static void invalid_rules_are_rejected_and_leave_the_policy_unchanged(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
        const char *words;
    } cases[] = {
        {"", 0, 0, "is empty"},
        {"{}", 1, 1, "the optimised rules must be a list"},
        {"\"[]\"", 1, 1, "the optimised rules must be a list"},
        {"[1]", 1, 2, "an optimised rule must be a mapping"},
        {"[{}]", 1, 2, "lacks the key 'install_type'"},
        {"[{install_type: [to_dpae]}]", 1, 17, "install_type must be text"},
        {"[{install_type: to_dpae, type: payload}]", 1, 2, "lacks the key 'value'"},
        {"[{install_type: to_dpae, value: p}]", 1, 2, "lacks the key 'type'"},
        {"[{install_type: to_dpae, type: static, value: p}]", 1, 32, "write payload or statistica"},
        {"[{install_type: to_dpae, type: payload, value: a/b}]", 1, 48, "is not a classifier name"},
        {"[{install_type: to_dpae, type: payload, value: [a]}]", 1, 48, "must be text"},
        {"[" TO_DPAE("payload", "p") ",\n {}]", 2, 2, "lacks the key 'install_type'"},
        {"[" TO_DPAE("payload", "p"), 2, 1, "did not find expected"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy *policy = make_policy();
        struct faults faults = {0};
        char text[128];
        const int result =
            policy_apply_rules(policy, cases[i].text, strlen(cases[i].text), "controller", &faults);
        if (result != -EINVAL || faults.errors != 1 ||
            !bed_has_fault(&faults, FAULT_ERROR, cases[i].line, cases[i].column, cases[i].words)) {
            bed_print_faults(&faults);
            fail_msg("%s: %d", cases[i].text, result);
        }
        const struct policy_subject web = {.is_tcp = true, .dst_port = 80};
        assert_string_equal(bed_classifiers(policy, text, sizeof text), "old?");
        assert_true(policy_condition_matches(policy->classifiers[0].when, &web));
        assert_false(policy->rules_from_controller);
        policy_free(policy);
        faults_free(&faults);
    }
}

static void an_unknown_install_type_is_ignored_with_a_warning(void **state) {
    (void)state;
    struct policy *policy = make_policy();
    struct faults faults = {0};
    const char *text = "[" SENT("later", "payload", "\"x\"") ", " TO_DPAE("payload", "p") "]";
    assert_int_equal(policy_apply_rules(policy, text, strlen(text), "controller", &faults), 0);
    assert_true(bed_has_fault(&faults, FAULT_WARNING, 1, 19, "unknown install_type 'later'"));
    assert_int_equal(policy->classifier_count, 1);
    policy_free(policy);
    faults_free(&faults);
}

static void too_many_classifiers_are_rejected(void **state) {
    (void)state;
    struct policy *policy = make_policy();
    struct faults faults = {0};
    char text[4096] = "";
    size_t used = 0;
    for (int i = 0; i <= POLICY_CLASSIFIERS_MAX; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "- {install_type: to_dpae, type: payload, value: p%d}\n", i);
    }
    assert_int_equal(policy_apply_rules(policy, text, used, "controller", &faults), -EINVAL);
    assert_true(bed_has_fault(&faults, FAULT_ERROR, 17, 49, "exceeds the maximum"));
    assert_int_equal(policy->classifier_count, 1);
    policy_free(policy);
    faults_free(&faults);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_classifiers_of_to_dpae_rules_replace_the_derived_ones),
        cmocka_unit_test(the_type_of_a_classifier_is_that_of_its_rule),
        cmocka_unit_test(invalid_rules_are_rejected_and_leave_the_policy_unchanged),
        cmocka_unit_test(an_unknown_install_type_is_ignored_with_a_warning),
        cmocka_unit_test(too_many_classifiers_are_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

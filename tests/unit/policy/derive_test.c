#include "policy_bed.h"

#include "base/address.h"

/* The classifiers that a policy names; '?' follows one that does not run on every flow. */
static void every_stanza_contributes_its_classifiers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        const char *classifiers;
        const char *warning; /* the only warning; NULL: no warning */
    } cases[] = {
        {"no rules", POLICY("    []\n"), "", NULL},
        {"static only", POLICY(RULE("any", "{match_type: any, tcp_src: 1234, tcp_dst: 1234}")), "",
         NULL},
        {"identity only", POLICY(RULE("any", "{match_type: any, identity_lldp_systemname: pc1}")),
         "", NULL},
        {"identity and static, all",
         POLICY(RULE("all", "{match_type: all, identity_lldp_systemname: pc1, tcp_src: 1}")), "",
         NULL},
        {"one", POLICY(RULE("any", "{match_type: any, payload: p1}")), "p1", NULL},
        {"two in one stanza",
         POLICY(RULE("any", "{match_type: any, statistical: s1, payload: p1}")), "s1 p1", NULL},
        {"two rules, in their order",
         POLICY(RULE("any", "{match_type: any, statistical: s1}")
                    RULE("any", "{match_type: any, payload: p1}")),
         "s1 p1", NULL},
        {"named twice",
         POLICY(RULE("any", "{match_type: any, payload: p1}")
                    RULE("any", "{match_type: any, payload: p1}")),
         "p1", NULL},
        {"beside static ones, any",
         POLICY(RULE("any", "{match_type: any, tcp_dst: 80, payload: p1}")), "p1", NULL},
        {"beside an identity, any",
         POLICY(RULE("any", "{match_type: any, identity_service_dns: a, payload: p1}")), "p1",
         NULL},
        {"rule-level all over one stanza",
         POLICY(RULE("all", "{match_type: any, tcp_dst: 80, payload: p1}")), "p1", NULL},

        {"alone in an all", POLICY(RULE("any", "{match_type: all, payload: p1}")), "p1",
         "ignores a stanza with 'match_type: all'; without one 'p1' runs on all flows"},
        {"beside static ones, all",
         POLICY(RULE("any", "{match_type: all, tcp_dst: 80, payload: p1}")), "p1?",
         "without one 'p1' runs on the flows that match the rest"},
        {"second stanza",
         POLICY(RULE("any", "{match_type: any, tcp_dst: 80}, {match_type: any, payload: p1}")),
         "p1", "reads only the first stanza"},
        {"rule-level all over two stanzas",
         POLICY(RULE("all", "{match_type: any, payload: p1}, {match_type: any, tcp_dst: 80}")),
         "p1?", "ignores the match_type of a rule"},
        {"nested",
         POLICY(RULE("any", "{match_type: any, tcp_dst: 80, conditions_x: [{n: "
                            "{match_type: any, payload: p1}}]}")),
         "p1", "ignores nested conditions"},
        {"nested in an all",
         POLICY(RULE("any", "{match_type: all, tcp_dst: 80, conditions_x: [{n: "
                            "{match_type: any, payload: p1}}]}")),
         "p1?", "ignores nested conditions"},
        {"payload and statistical of one name",
         POLICY(RULE("any", "{match_type: any, statistical: p1, payload: p1}")), "p1",
         "listed as payload and as statistical"},
        {"union with an unconditional mention",
         POLICY(RULE("any", "{match_type: all, tcp_dst: 80, payload: p1}")
                    RULE("any", "{match_type: any, payload: p1}")),
         "p1", "match_type: all"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        char text[512];
        struct policy *policy = bed_parse(cases[i].text, &faults);
        bed_classifiers(policy, text, sizeof text);
        const bool warned = cases[i].warning ? faults.count == 1 &&
                                                   strstr(faults.items[0].message, cases[i].warning)
                                             : faults.count == 0;
        if (strcmp(text, cases[i].classifiers) != 0 || !warned) {
            bed_print_faults(&faults);
            fail_msg("%s: %s", cases[i].name, text);
        }
        policy_free(policy);
        faults_free(&faults);
    }
}

static void a_classifier_that_depends_on_an_identity_causes_a_warning(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *classifiers;
        bool warned;
    } cases[] = {
        {POLICY(RULE("any", "{match_type: all, identity_service_dns: a, payload: p1}")), "p1",
         true},
        {POLICY(RULE("any",
                     "{match_type: all, identity_service_dns: a, payload: p1, ip_src: 10.0.0.1}")),
         "p1?", true},
        {POLICY(RULE("all", "{match_type: any, payload: p1}, "
                            "{match_type: any, identity_service_dns: a}")),
         "p1", true},
        {POLICY(RULE("any", "{match_type: all, conditions: [{n: {match_type: any, "
                            "identity_service_dns: a, payload: p1}}]}")),
         "p1", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        char text[128];
        struct policy *policy = bed_parse(cases[i].text, &faults);
        bool warned = false;
        for (size_t j = 0; j < faults.count; j++) {
            warned = warned || strstr(faults.items[j].message, "only the controller can evaluate");
        }
        assert_string_equal(bed_classifiers(policy, text, sizeof text), cases[i].classifiers);
        if (warned != cases[i].warned) {
            bed_print_faults(&faults);
            fail_msg("case %zu", i);
        }
        policy_free(policy);
        faults_free(&faults);
    }
}

static void a_rule_with_a_classifier_must_leave_the_treatment_to_it(void **state) {
    (void)state;
#define TREATMENT "which decides the treatment"
#define ACTING(stanzas, treatment)                                                                 \
    POLICY("    - comment: c\n"                                                                    \
           "      match_type: any\n"                                                               \
           "      conditions_list: [" stanzas "]\n"                                                \
           "      actions: {set_qos: " treatment ", set_desc: d}\n")
    static const struct {
        const char *text;
        size_t static_rules;
        const char *warning; /* NULL: no warning about set_qos */
    } cases[] = {
        {ACTING("{match_type: any, payload: p1}", "high_priority"), 0, TREATMENT},
        {ACTING("{match_type: any, payload: p1}, {match_type: any, tcp_dst: 80}", "low_priority"),
         0, TREATMENT},
        {ACTING("{match_type: any, tcp_dst: 80}, {match_type: any, payload: p1}", "low_priority"),
         0, TREATMENT},
        {ACTING("{match_type: any, payload: p1}", "classifier_return"), 0, NULL},
        {ACTING("{match_type: any, payload: p1}", "clasifier_return"), 0,
         "set_qos is 'clasifier_return', neither a treatment nor classifier_return; did you mean "
         "'classifier_return'?"},
        {ACTING("{match_type: any, payload: p1}", "constraind_bw"), 0,
         "did you mean 'constrained_bw'?"},
        {ACTING("{match_type: any, payload: p1}", "zzz"), 0, "did you mean 'classifier_return'?"},
        {ACTING("{match_type: any, tcp_dst: 80}", "high_priority"), 1, NULL},
        {ACTING("{match_type: any, tcp_dst: 80}", "zzz"), 1, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        struct policy *policy = bed_parse(cases[i].text, &faults);
        const char *warning = cases[i].warning ? cases[i].warning : "";
        assert_int_equal(policy->static_rules, cases[i].static_rules);
        policy_free(policy);
        if (bed_has_fault(&faults, FAULT_WARNING, 6, 26, warning) != (cases[i].warning != NULL)) {
            bed_print_faults(&faults);
            fail_msg("%s", cases[i].text);
        }
        faults_free(&faults);
    }
}

/* Parses a policy of count rules, each with its own classifier. */
static int parse_classifiers(int count, struct policy **policy, struct faults *faults) {
    static const char sound[] = POLICY("%s");
    const char *gap = strstr(sound, "%s");
    char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "%.*s", (int)(gap - sound), sound);
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "    - {comment: c, match_type: any, conditions_list: "
                                 "[{match_type: any, payload: p%d}], "
                                 "actions: {set_qos: x, set_desc: d}}\n",
                                 i);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", gap + 2);
    assert_true(used < sizeof text);
    return policy_parse(text, used, "test", policy, faults);
}

static void more_classifiers_than_the_maximum_are_rejected(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = NULL;
    assert_int_equal(parse_classifiers(POLICY_CLASSIFIERS_MAX, &policy, &faults), 0);
    assert_int_equal(policy->classifier_count, POLICY_CLASSIFIERS_MAX);
    policy_free(policy);
    assert_true(parse_classifiers(POLICY_CLASSIFIERS_MAX + 1, &policy, &faults) < 0);
    assert_null(policy);
    assert_int_equal(faults.errors, 1);
    assert_true(bed_has_fault(&faults, FAULT_ERROR, 3 + POLICY_CLASSIFIERS_MAX, 82,
                              "'p16' exceeds the maximum; list at most 16"));
    faults_free(&faults);
}

enum packet { WEB, WEB_BACK, UDP, WEB6 };

/* From MAC ..:01 to ..:02. */
static struct policy_subject make_packet(enum packet which) {
    static const uint8_t macs[2][6] = {{0, 0, 0x5e, 0, 0x53, 1}, {0, 0, 0x5e, 0, 0x53, 2}};
    static const struct {
        const char *source, *destination;
        uint16_t src_port, dst_port;
        bool is_tcp;
    } packets[] = {
        [WEB] = {"10.0.0.1", "10.0.0.2", 1000, 80, true},
        [WEB_BACK] = {"10.0.0.2", "10.0.0.1", 80, 1000, true},
        [UDP] = {"10.0.0.1", "10.0.0.2", 1000, 80, false},
        [WEB6] = {"2001:db8::1", "2001:db8::ffff", 1000, 80, true},
    };
    struct policy_subject packet = {.eth_src = macs[0],
                                    .eth_dst = macs[1],
                                    .is_tcp = packets[which].is_tcp,
                                    .src_port = packets[which].src_port,
                                    .dst_port = packets[which].dst_port};
    packet.ip_version = (uint8_t)address_parse_ip(packets[which].source, packet.ip_src);
    assert_int_equal(address_parse_ip(packets[which].destination, packet.ip_dst),
                     packet.ip_version);
    packet.eth_type = packet.ip_version == 4 ? 0x0800 : 0x86dd;
    return packet;
}

/* The flows on which a classifier p1 runs, by the stanzas (and rules) that name it. */
static void a_classifier_runs_on_flows_that_match_the_rest_of_each_all(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum packet packet;
        bool runs;
    } cases[] = {
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 80}")), WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 80}")), WEB_BACK, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 80}")), UDP, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_src: 0x3e8}")), WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_src: '80'}")), WEB_BACK, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 80, tcp_src: 1}")), WEB,
         false},

        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_src: 10.0.0.1}")), WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_src: 10.0.0.2}")), WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 10.0.0.99/24}")), WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 10.0.1.0/24}")), WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 10.0.0.2-10.0.0.3}")), WEB,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 10.0.0.1-10.0.0.2}")), WEB,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 10.0.0.3-10.0.0.9}")), WEB,
         false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: 0.0.0.0/0}")), WEB6, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: '::/0'}")), WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: '2001:db8::/112'}")), WEB6,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: '2001:db8::/113'}")), WEB6,
         false},

        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_src: '00:00:5E:00:53:01'}")), WEB,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_src: 0000.5e00.5302}")), WEB,
         false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_dst: 00-00-5e-00-53-02}")), WEB,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_type: 0x800}")), WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_type: '0x86dd'}")), WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, eth_type: 34525}")), WEB6, true},

        /* conditions that cannot be evaluated here are assumed to hold */
        {POLICY(RULE("any", "{match_type: all, payload: p1, statistical: s1, tcp_dst: 80}")), WEB,
         true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, identity_service_dns: a, tcp_dst: 1}")),
         WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, identity_service_dns: a, tcp_dst: "
                            "80}")),
         WEB, true},

        /* rule-level match_type */
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 80}, "
                            "{match_type: any, tcp_src: 1}")),
         WEB, true},
        {POLICY(RULE("all", "{match_type: all, payload: p1, tcp_dst: 80}, "
                            "{match_type: any, tcp_src: 1}")),
         WEB, false},
        {POLICY(RULE("all", "{match_type: any, payload: p1, tcp_dst: 1}, "
                            "{match_type: any, tcp_src: 1000}")),
         WEB, true},
        {POLICY(RULE("all", "{match_type: any, tcp_src: 1, tcp_dst: 80}, "
                            "{match_type: any, payload: p1}")),
         WEB, true},
        {POLICY(RULE("all", "{match_type: any, tcp_src: 1, tcp_dst: 80}, "
                            "{match_type: any, payload: p1}")),
         WEB_BACK, false},

        /* nested stanzas */
        {POLICY(RULE("any", "{match_type: all, payload: p1, conditions_x: [{a: {match_type: any, "
                            "tcp_dst: 80, tcp_src: 80}}]}")),
         WEB_BACK, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, conditions_x: [{a: {match_type: all, "
                            "tcp_dst: 80, tcp_src: 80}}]}")),
         WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, conditions_x: [{a: {match_type: any, "
                            "tcp_dst: 80}}, {b: {match_type: any, ip_src: 10.0.0.9}}]}")),
         WEB, false},
        {POLICY(RULE("any", "{match_type: all, payload: p1, conditions_x: [{a: {match_type: any, "
                            "tcp_dst: 80}}], conditions_y: [{b: {match_type: any, ip_src: "
                            "10.0.0.1}}]}")),
         WEB, true},
        {POLICY(RULE("any", "{match_type: all, ip_src: 10.0.0.1, conditions: [{a: {match_type: "
                            "all, payload: p1, tcp_dst: 80}}]}")),
         WEB, true},
        {POLICY(RULE("any", "{match_type: all, ip_src: 10.0.0.9, conditions: [{a: {match_type: "
                            "all, payload: p1, tcp_dst: 80}}]}")),
         WEB, false},
        {POLICY(RULE("any", "{match_type: any, ip_src: 10.0.0.9, conditions: [{a: {match_type: "
                            "all, payload: p1, tcp_dst: 80}}]}")),
         WEB, true},
        {POLICY(RULE("any", "{match_type: all, ip_src: 10.0.0.1, conditions: [{a: {match_type: "
                            "any, tcp_src: 1000, conditions: [{b: {match_type: all, payload: p1, "
                            "tcp_dst: 1}}]}}]}")),
         WEB, false}, /* an ANY between two ALLs releases neither */

        /* a stanza without conditions: an empty ALL holds, an empty ANY does not */
        {POLICY(RULE("all", "{match_type: all, payload: p1, tcp_dst: 80}, {match_type: all}")), WEB,
         true},
        {POLICY(RULE("all", "{match_type: all, payload: p1, tcp_dst: 80}, {match_type: any}")), WEB,
         false},

        /* named several times: any mention suffices */
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 1}, "
                            "{match_type: all, payload: p1, tcp_dst: 80}")),
         WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 1}")
                    RULE("any", "{match_type: all, payload: p1, tcp_dst: 2}")
                        RULE("any", "{match_type: all, payload: p1, ip_src: 10.0.0.1}")),
         WEB, true},
        {POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 1}")
                    RULE("any", "{match_type: all, payload: p1, tcp_dst: 2}")),
         WEB, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        struct policy *policy = bed_parse(cases[i].text, &faults);
        const struct policy_subject packet = make_packet(cases[i].packet);
        assert_string_equal(policy->classifiers[0].name, "p1");
        assert_non_null(policy->classifiers[0].when);
        if (policy_condition_matches(policy->classifiers[0].when, &packet) != cases[i].runs) {
            fail_msg("case %zu: packet %d\n%s", i, (int)cases[i].packet, cases[i].text);
        }
        policy_free(policy);
        faults_free(&faults);
    }
}

static void missing_headers_match_no_condition(void **state) {
    (void)state;
    const struct policy_subject nothing = {0};
    static const char *const texts[] = {
        POLICY(RULE("any", "{match_type: all, payload: p1, eth_src: 000000000000}")),
        POLICY(RULE("any", "{match_type: all, payload: p1, eth_dst: 000000000000}")),
        POLICY(RULE("any", "{match_type: all, payload: p1, eth_type: 1}")),
        POLICY(RULE("any", "{match_type: all, payload: p1, ip_src: 0.0.0.0/0}")),
        POLICY(RULE("any", "{match_type: all, payload: p1, ip_dst: '::/0'}")),
        POLICY(RULE("any", "{match_type: all, payload: p1, tcp_dst: 1}")),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct faults faults = {0};
        struct policy *policy = bed_parse(texts[i], &faults);
        assert_false(policy_condition_matches(policy->classifiers[0].when, &nothing));
        policy_free(policy);
        faults_free(&faults);
    }
    assert_true(policy_condition_matches(NULL, &nothing));
}

/* The hash does not depend on the classifier's position. */
static void a_hash_distinguishes_classifiers_and_conditions(void **state) {
    (void)state;
    static const char *const texts[] = {
        POLICY(RULE("any", "{match_type: any, payload: p1}")),
        POLICY(RULE("any", "{match_type: any, payload: p2}")),
        POLICY(RULE("any", "{match_type: all, tcp_dst: 80, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, tcp_src: 80, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, tcp_dst: 81, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, eth_type: 80, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, eth_src: '02:00:00:00:00:01', payload: p1}")),
        POLICY(RULE("any", "{match_type: all, eth_src: '02:00:00:00:00:02', payload: p1}")),
        POLICY(RULE("any", "{match_type: all, ip_src: 10.0.0.1, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, ip_src: 10.0.0.0/24, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, ip_dst: 10.0.0.1, payload: p1}")),
        POLICY(RULE("any", "{match_type: all, ip_dst: 'fe80::1', payload: p1}")),
        POLICY(RULE("any", "{match_type: all, tcp_dst: 80, tcp_src: 80, payload: p1}")),
        NULL};
    uint64_t hashes[16] = {0};
    for (unsigned i = 0; texts[i]; i++) {
        char later[4096];
        struct faults faults = {0};
        struct policy *policy;
        assert_int_equal(policy_parse(texts[i], strlen(texts[i]), "test", &policy, &faults), 0);
        hashes[i] = policy_classifier_hash(&policy->classifiers[0]);
        policy_free(policy);
        for (unsigned k = 0; k < i; k++) {
            assert_true(hashes[k] != hashes[i]);
        }
        snprintf(later, sizeof later, "# a comment\n\n%s", texts[i]);
        assert_int_equal(policy_parse(later, strlen(later), "test", &policy, &faults), 0);
        assert_true(policy_classifier_hash(&policy->classifiers[0]) == hashes[i]);
        policy_free(policy);
        faults_free(&faults);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_distinguishes_classifiers_and_conditions),
        cmocka_unit_test(every_stanza_contributes_its_classifiers),
        cmocka_unit_test(a_classifier_that_depends_on_an_identity_causes_a_warning),
        cmocka_unit_test(a_rule_with_a_classifier_must_leave_the_treatment_to_it),
        cmocka_unit_test(more_classifiers_than_the_maximum_are_rejected),
        cmocka_unit_test(a_classifier_runs_on_flows_that_match_the_rest_of_each_all),
        cmocka_unit_test(missing_headers_match_no_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

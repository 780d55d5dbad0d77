#include "policy_bed.h"

#include <errno.h>

static void every_part_of_a_valid_policy_is_read(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy =
        bed_parse(POLICY(RULE("any", "{match_type: any, payload: p1}")), &faults);
    assert_int_equal(faults.count, 0);
    assert_int_equal(policy->mode, POLICY_ACTIVE);
    assert_true(policy->identity.arp);
    assert_false(policy->identity.lldp);
    assert_true(policy->identity.dns);
    assert_false(policy->identity.dhcp);
    assert_int_equal(policy->queue[TREATMENT_DEFAULT_PRIORITY], 0);
    assert_int_equal(policy->queue[TREATMENT_CONSTRAINED_BW], 11);
    assert_int_equal(policy->queue[TREATMENT_HIGH_PRIORITY], 12);
    assert_int_equal(policy->queue[TREATMENT_LOW_PRIORITY], 13);
    assert_int_equal(policy->classifier_count, 1);
    assert_string_equal(policy->classifiers[0].name, "p1");
    assert_int_equal(policy->classifiers[0].type, POLICY_PAYLOAD);
    assert_null(policy->classifiers[0].when);
    assert_false(policy->rules_from_controller);
    policy_free(policy);
}

static void the_controllers_json_is_equivalent(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = bed_parse(
        "{\"tc_rules\": {\"set\": [{\"comment\": \"Static\", \"conditions_list\": "
        "[{\"match_type\": "
        "\"any\", \"tcp_src\": 1234, \"tcp_dst\": \"1234\", \"eth_type\": \"0x0800\"}], "
        "\"match_type\": \"any\", \"actions\": {\"set_desc\": \"description=\\\"Static\\\"\", "
        "\"set_qos\": \"constrained_bw\"}}, {\"comment\": \"LLDP\", \"conditions_list\": "
        "[{\"match_type\": \"any\", \"identity_lldp_systemname_re\": "
        "\"pc.*\\\\.example\\\\.com\"}],"
        " \"match_type\": \"any\", \"actions\": {\"set_desc\": \"\", \"set_qos\": "
        "\"high_priority\"}}, {\"comment\": \"\", \"conditions_list\": [{\"statistical\": \"s_1\", "
        "\"match_type\": \"any\"}], \"match_type\": \"any\", \"actions\": {\"set_qos\": "
        "\"classifier_return\", \"set_desc\": \"x\"}}]}, \"tc_policies\": {\"Basic Use\": "
        "{\"comment\": \"\", \"rule_set\": \"set\", \"port_set\": \"all_access_ports\", \"mode\": "
        "\"passive\"}}, \"identity\": {\"arp\": 1, \"lldp\": true, \"dns\": 0, \"dhcp\": false}, "
        "\"port_sets\": {\"all_access_ports\": [{\"sw 1\": {\"ports\": \"1-3,5,66\", \"DPID\": "
        "8796748549206}}]}, \"qos_treatment\": {\"low_priority\": 3, \"high_priority\": 2, "
        "\"constrained_bw\": 1, \"default_priority\": 0}}",
        &faults);
    bed_print_faults(&faults);
    assert_int_equal(faults.count, 0);
    assert_int_equal(policy->mode, POLICY_PASSIVE);
    assert_true(policy->identity.arp && policy->identity.lldp);
    assert_false(policy->identity.dns || policy->identity.dhcp);
    assert_int_equal(policy->queue[TREATMENT_LOW_PRIORITY], 3);
    assert_int_equal(policy->classifier_count, 1);
    assert_string_equal(policy->classifiers[0].name, "s_1");
    assert_int_equal(policy->classifiers[0].type, POLICY_STATISTICAL);
    policy_free(policy);
}

/* Returns the text at that place. */
static const char *find_place(const char *text, unsigned line, unsigned column) {
    while (--line > 0) {
        text = strchr(text, '\n') + 1;
    }
    return text + column - 1;
}

/* Checks that replacing what by with in a valid policy yields one error, and its place. */
static void assert_fault(const char *what, const char *with, const char *where, const char *words) {
    static const char sound[] = POLICY(RULE("any", "{match_type: any, payload: p1}"));
    char text[2048];
    const char *at = strstr(sound, what);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sound), sound, with, at + strlen(what));

    struct faults faults = {0};
    struct policy *policy = (struct policy *)text; /* must be set to NULL */
    const int result = policy_parse(text, strlen(text), "test", &policy, &faults);
    if (result != -EINVAL || policy || faults.errors != 1) {
        bed_print_faults(&faults);
        fail_msg("'%s' for '%s': %d, %zu errors", with, what, result, faults.errors);
    }
    const struct fault *fault = &faults.items[0];
    const char *place = find_place(text, fault->line, fault->column);
    if (strncmp(place, where, strlen(where)) != 0 || !strstr(fault->message, words)) {
        bed_print_faults(&faults);
        fail_msg("'%s' for '%s': at '%.30s'", with, what, place);
    }
    faults_free(&faults);
}

static void each_violation_of_the_grammar_is_a_fault_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *what, *with, *where, *words;
    } cases[] = {
        /* the top */
        {"identity: {", "identify: {arp: 1}\nidentity: {", "identify", "did you mean 'identity'?"},
        {"identity: {", "zzz: 1\nidentity: {", "zzz", "unknown key 'zzz' in the main policy"},
        {"identity: {arp: 1, lldp: 0, dns: true, dhcp: no}\n", "", "tc_rules:\n",
         "lacks the key 'identity'"},
        {"{arp: 1, lldp: 0, dns: true, dhcp: no}", "all", "all\n", "identity must be a mapping"},
        {"tc_policies:", "tc_policies: {}\ntc_policies:", "tc_policies:\n",
         "duplicate key 'tc_policies'"},
        /* tc_policies */
        {"mode: active}\n", "mode: active}\n  two: 1\n", "two:", "tc_policies has 2 entries"},
        {"active", "activ", "activ}", "mode is 'activ'; write passive or active"},
        {"active", "[active]", "[active]", "mode must be a single word"},
        {", mode: active", "", "{comment", "lacks the key 'mode'"},
        {"mode: active", "mode: active, node: x", "node", "did you mean 'mode'?"},
        {"one: {comment: c", "one: {comment: [c]", "[c]", "comment must be text"},
        /* tc_rules */
        {"  rules:\n", "  more: []\n  rules:\n", "rules:", "tc_rules has 2 entries"},
        {"  rules:\n    -", "  rules:\n    x:", "x: {", "the ruleset in tc_rules must be a list"},
        {"match_type: any, cond", "match_type: some, cond", "some", "'some'; write any or all"},
        {"match_type: any, cond", "cond", "{comment", "a rule of tc_rules lacks the key 'match_ty"},
        {"comment: c", "comment: d, coment: d", "coment", "did you mean 'comment'?"},
        {"comment: c", "comment: *c", "*c", "aliases"},
        {"[{match_type: any, payload: p1}]", "{match_type: any}", "{match",
         "conditions_list must be a list"},
        {"[{match_type: any, payload: p1}]", "[]", "[]", "conditions_list is empty"},
        {"[{match_type: any, payload: p1}]", "[payload]", "payload]", "must be a mapping"},
        {", set_desc: d", "", "{set_qos", "actions lacks the key 'set_desc'"},
        {"classifier_return", "[high_priority]", "[high", "set_qos must be text"},
        {"set_desc: d", "set_desc: d, set_qs: x", "set_qs", "did you mean 'set_qos'?"},
        /* stanzas */
        {"{match_type: any, pay", "{pay", "{payload", "a stanza lacks match_type"},
        {"any, payload", "no, payload", "no,", "match_type is 'no'; write any or all"},
        {"payload: p1", "paylod: p1", "paylod", "condition 'paylod'; did you mean 'payload'?"},
        {"payload: p1", "payload: p1, vlan: 7", "vlan", "unknown condition 'vlan'; use eth_"},
        {"payload: p1", "payload: [p1]", "[p1]", "payload must be text"},
        {"payload: p1", "payload: ../p1", "../p1", "'../p1', not a classifier name"},
        {"payload: p1", "payload: ''", "''", "not a classifier name"},
        {"payload: p1", "statistical: p-1", "p-1", "not a classifier name"},
        {"payload: p1", "payload: a23456789b123456789c123456789d123456789e123456789f12345678888888",
         "a2345", "at most 63"},
        {"payload: p1", "tcp_src: 0", "0}", "tcp_src is '0'; write a number from 1 to 65535"},
        {"payload: p1", "tcp_dst: 65536", "65536", "tcp_dst is '65536'"},
        {"payload: p1", "tcp_dst: -1", "-1", "tcp_dst is '-1'"},
        {"payload: p1", "tcp_dst: http", "http", "tcp_dst is 'http'"},
        {"payload: p1", "eth_type: 0x10000", "0x10000", "eth_type is '0x10000'"},
        {"payload: p1", "eth_type: IPv4", "IPv4", "eth_type is 'IPv4'"},
        {"payload: p1", "eth_src: '00:00'", "'00:00'", "eth_src is '00:00'; write a MAC"},
        {"payload: p1", "eth_dst: {a: b}", "{a: b}", "eth_dst must be text"},
        {"payload: p1", "ip_src: 10.0.0.256", "10.0.0.256", "ip_src is '10.0.0.256'"},
        {"payload: p1", "ip_src: 10.0.0.0/33", "10.0.0.0/33", "ip_src is '10.0.0.0/33'"},
        {"payload: p1", "ip_dst: 10.0.0.9-10.0.0.1", "10.0.0.9-", "the lower one first"},
        {"payload: p1", "ip_dst: 10.0.0.9-fe80::1", "10.0.0.9-", "ip_dst is"},
        {"payload: p1", "identity_service_dns: [a]", "[a]", "must be text"},
        /* nested stanzas */
        {"payload: p1", "conditions_x: {match_type: any}", "{match_type: any}}",
         "conditions_x must be a list"},
        {"payload: p1", "conditions: [{a: {match_type: any, tcp_src: 1}, b: 1}]", "b: 1",
         "has 2 entries"},
        {"payload: p1", "conditions: [{}]", "{}", "has 0 entries"},
        {"payload: p1", "conditions: [{a: {tcp_src: 1}}]", "{tcp_src", "lacks match_type"},
        {"payload: p1", "conditions: [{a: {match_type: all, c: 1}}]", "c: 1", "unknown condition"},
        /* identity, qos_treatment, port_sets */
        {"lldp: 0", "lldp: '0'", "'0'", "identity lldp must be 1 or 0"},
        {"lldp: 0", "lldp: 2", "2,", "identity lldp must be 1 or 0"},
        {"lldp: 0, ", "", "{arp", "identity lacks the key 'lldp'"},
        {"lldp: 0", "lldp: 0, nd: 1", "nd: 1", "unknown key 'nd' in identity"},
        {"constrained_bw: 11", "constrained_bw: -1", "-1", "must be a queue number"},
        {"constrained_bw: 11", "constrained_bw: 4294967296", "4294967296", "a queue number"},
        {"constrained_bw: 11, ", "", "{default_priority", "lacks the key 'constrained_bw'"},
        {"constrained_bw: 11", "constrained_bw: 11, none: 1", "none", "unknown key 'none'"},
        {"all_access_ports: [", "all_ports: [", "{all_ports", "lacks the key 'all_access_ports'"},
        {"5'}}", "5'}, s2: 1}", "s2: 1", "has 2 entries"},
        {"18446744073709551615", "18446744073709551616", "18446744073709551616", "64 bits"},
        {"18446744073709551615", "'1'", "'1'", "without quotes"},
        {"'1-3,5'", "1-", "1-", "write them as 1-3,5,66"},
        {"'1-3,5'", "[1]", "[1]", "write them as 1-3,5,66"},
        {"ports: '1-3,5'", "ports: 1, port: 1", "port: 1", "did you mean 'ports'?"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_fault(cases[i].what, cases[i].with, cases[i].where, cases[i].words);
    }
}

static void all_faults_are_reported_at_once(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = NULL;
    const char *text = "tc_policies: {}\ntc_rules: {r: [{}, 1]}\nidentity: {}\nqos_treatment: 1\n";
    assert_int_equal(policy_parse(text, strlen(text), "test", &policy, &faults), -EINVAL);
    assert_null(policy);
    /* 1 port_sets, 1 tc_policies, 4 keys of a rule, 1 missing rule, 4 identities, 1 qos_treatment
     */
    assert_int_equal(faults.errors, 12);
    faults_free(&faults);
}

static void other_documents_are_rejected(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# only this\n", "word", "[]", "--- ~\n", "{", "\x01"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct faults faults = {0};
        struct policy *policy = NULL;
        assert_int_equal(policy_parse(texts[i], strlen(texts[i]), "test", &policy, &faults),
                         -EINVAL);
        assert_null(policy);
        assert_true(faults.errors > 0);
        faults_free(&faults);
    }
}

static void doubtful_but_valid_conditions_cause_warnings(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned column;
        const char *words; /* NULL: no warning */
    } cases[] = {
        {POLICY(RULE("any", "{match_type: any}")), 55, "has no effect"},
        {POLICY(RULE("any", "{match_type: any, identity_service_dns_re: 'a(b'}")), 98,
         "probably not a regular expression"},
        {POLICY(RULE("any", "{match_type: any, identity_service_dns_re: '[a-z]+\\.x'}")), 0, NULL},
        {POLICY(RULE("any", "{match_type: any, identity_service_dns_re: '(?:a|b)'}")), 0, NULL},
        {POLICY(RULE("any", "{match_type: any, identity_service_dns: 'a(b'}")), 0, NULL},
        /* would need gigabytes in glibc */
        {POLICY(RULE("any", "{match_type: any, identity_service_dns_re: "
                            "'(((a{1,999}){1,999}){1,999}){1,999}'}")),
         0, NULL},
        {POLICY(RULE("any", "{match_type: any, identity_service_dns_re: "
                            "'a++++++++++++++++++++++++++++++++++++++'}")),
         0, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        policy_free(bed_parse(cases[i].text, &faults));
        if (cases[i].words
                ? !bed_has_fault(&faults, FAULT_WARNING, 3, cases[i].column, cases[i].words)
                : faults.count > 0) {
            bed_print_faults(&faults);
            fail_msg("%s", cases[i].text);
        }
        faults_free(&faults);
    }
}

static void a_dangling_reference_causes_a_warning(void **state) {
    (void)state;
    static const char sound[] = POLICY(RULE("any", "{match_type: any, payload: p1}"));
    static const struct {
        const char *what, *with;
        unsigned column;
        const char *words; /* NULL: no warning */
    } cases[] = {
        {"rule_set: rules", "rule_set: ruels", 31,
         "rule_set is 'ruels', which does not exist; write 'rules'"},
        {"port_set: all_access_ports", "port_set: all", 48,
         "port_set is 'all', which does not exist; write 'all_access_ports'"},
        {"port_set: all_access_ports", "port_set: 'all_access_ports'", 0, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct faults faults = {0};
        char text[2048];
        const char *at = strstr(sound, cases[i].what);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sound), sound, cases[i].with,
                 at + strlen(cases[i].what));
        policy_free(bed_parse(text, &faults));
        if (cases[i].words
                ? !bed_has_fault(&faults, FAULT_WARNING, 5, cases[i].column, cases[i].words)
                : faults.count > 0) {
            bed_print_faults(&faults);
            fail_msg("%s", cases[i].with);
        }
        faults_free(&faults);
    }
}

static void a_config_instead_of_a_policy_is_one_fault(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = NULL;
    assert_int_equal(policy_load(DPAE_SOURCE_DIR "/config/config.yaml", &policy, &faults), -EINVAL);
    assert_int_equal(faults.count, 1);
    assert_true(bed_has_fault(&faults, FAULT_ERROR, 0, 0, "is a config, not a policy"));
    faults_free(&faults);
}

static void the_bundled_policy_is_valid_and_runs_both_classifiers(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = NULL;
    char text[128];
    assert_int_equal(policy_load(DPAE_SOURCE_DIR "/config/main_policy.yaml", &policy, &faults), 0);
    assert_int_equal(faults.count, 0);
    assert_int_equal(policy->mode, POLICY_PASSIVE);
    assert_true(policy->identity.arp && policy->identity.lldp && policy->identity.dns &&
                policy->identity.dhcp);
    assert_string_equal(bed_classifiers(policy, text, sizeof text),
                        "payload_uri_1 statistical_qos_bandwidth_1");
    policy_free(policy);
}

static void an_unreadable_file_is_a_fault(void **state) {
    (void)state;
    struct faults faults = {0};
    struct policy *policy = NULL;
    assert_int_equal(policy_load("/no/such/policy.yaml", &policy, &faults), -ENOENT);
    assert_null(policy);
    assert_true(bed_has_fault(&faults, FAULT_ERROR, 0, 0, "check the path"));
    assert_string_equal(faults.items[0].source, "/no/such/policy.yaml");
    faults_free(&faults);
    policy_free(NULL);
}

static void treatments_have_four_names(void **state) {
    (void)state;
    for (int i = TREATMENT_NONE + 1; i < TREATMENT_COUNT; i++) {
        const enum treatment treatment = (enum treatment)i;
        assert_int_equal(treatment_from_name(treatment_name(treatment)), treatment);
    }
    assert_string_equal(treatment_name(TREATMENT_CONSTRAINED_BW), "constrained_bw");
    assert_string_equal(treatment_name(TREATMENT_NONE), "none");
    static const char *const others[] = {"none", "", "Constrained_bw", "classifier_return"};
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(treatment_from_name(others[i]), TREATMENT_NONE);
    }
}

static void a_policy_can_be_built_from_names(void **state) {
    (void)state;
    const char *const names[] = {"b", "a"};
    struct faults faults = {0};
    struct policy *policy;
    assert_int_equal(policy_from_names(names, 2, "names", &policy, &faults), 0);
    assert_int_equal(policy->classifier_count, 2);
    assert_string_equal(policy->classifiers[0].name, "b");
    assert_string_equal(policy->classifiers[1].name, "a");
    assert_null(policy->classifiers[0].when);
    assert_int_equal(policy->mode, POLICY_PASSIVE);
    assert_true(policy->identity.dns);
    assert_int_equal(faults.count, 0);
    policy_free(policy);
}

static void invalid_names_are_faults(void **state) {
    (void)state;
    const char *const names[] = {"../a", "b",   "b",   "",    "n1",  "n2", "n3",
                                 "n4",   "n5",  "n6",  "n7",  "n8",  "n9", "n10",
                                 "n11",  "n12", "n13", "n14", "n15", "n16"};
    struct faults faults = {0};
    struct policy *policy;
    assert_int_equal(
        policy_from_names(names, sizeof names / sizeof *names, "names", &policy, &faults), -EINVAL);
    assert_null(policy);
    assert_int_equal(faults.errors, 4);
    assert_string_equal(faults.items[1].message, "'b' occurs twice");
    assert_string_equal(faults.items[3].message, "'n16' exceeds the maximum of 16 classifiers");
    faults_free(&faults);
}

static void classifier_names_cannot_leave_their_folder(void **state) {
    (void)state;
    static const char *const good[] = {"a", "payload_uri_1", "_", "A9"};
    static const char *const bad[] = {"", "..", "a/b", "a.lua", "a b", "a-b", "\xc3\xa9", "a\n"};
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(policy_classifier_name_valid(good[i]));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(policy_classifier_name_valid(bad[i]));
    }
    char longest[POLICY_NAME_MAX + 1];
    memset(longest, 'x', sizeof longest);
    longest[POLICY_NAME_MAX] = '\0';
    assert_false(policy_classifier_name_valid(longest));
    longest[POLICY_NAME_MAX - 1] = '\0';
    assert_true(policy_classifier_name_valid(longest));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_valid_policy_is_read),
        cmocka_unit_test(the_controllers_json_is_equivalent),
        cmocka_unit_test(each_violation_of_the_grammar_is_a_fault_with_its_place),
        cmocka_unit_test(all_faults_are_reported_at_once),
        cmocka_unit_test(other_documents_are_rejected),
        cmocka_unit_test(doubtful_but_valid_conditions_cause_warnings),
        cmocka_unit_test(a_dangling_reference_causes_a_warning),
        cmocka_unit_test(a_config_instead_of_a_policy_is_one_fault),
        cmocka_unit_test(the_bundled_policy_is_valid_and_runs_both_classifiers),
        cmocka_unit_test(an_unreadable_file_is_a_fault),
        cmocka_unit_test(treatments_have_four_names),
        cmocka_unit_test(a_policy_can_be_built_from_names),
        cmocka_unit_test(invalid_names_are_faults),
        cmocka_unit_test(classifier_names_cannot_leave_their_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

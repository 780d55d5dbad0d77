#include "config/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses a config as if read from a file with this text. */
static struct config parse(const char *text) {
    struct config config;
    struct faults faults = {0};
    if (config_parse("/tmp/config.yaml", text, strlen(text), &config, &faults) != 0) {
        fail_msg("'%s': %s", text, faults.count ? faults.items[0].message : "no fault");
    }
    faults_free(&faults);
    return config;
}

static void write_key(void *context, const char *key, bool live) {
    char *text = context;
    const size_t used = strlen(text);
    snprintf(text + used, 256 - used, "%s%s%s", used ? " " : "", key, live ? "" : "!");
}

/* The differing keys, with a ! where a restart is necessary. */
static void differences_are_reported_with_the_need_to_restart(void **state) {
    (void)state;
    static const struct {
        const char *first, *second, *output_of;
    } cases[] = {
        {"", "", ""},
        {"", "suppress_flow_pkt_count_initial: 8", ""},
        {"", "suppress_flow_pkt_count_initial: 9", "suppress_flow_pkt_count_initial"},
        {"keepalive_interval: 0.5", "keepalive_interval: 0.25", "keepalive_interval"},
        {"dp_logging_level_c: INFO", "dp_logging_level_c: DEBUG", "dp_logging_level_c"},
        {"sniff_if_names: eth1", "sniff_if_names: eth2", "sniff_if_names!"},
        {"", "flow_table_size: 100\nflow_timeout_udp: 1", "flow_table_size! flow_timeout_udp"},
        {"syslog_enabled: 0", "syslog_enabled: 1", "syslog_enabled!"},
        {"logfacility: 16", "logfacility: 17", "logfacility!"},
        {"", "nmeta_controller_port: 80", "nmeta_controller_port!"},
        {"classifiers: {a: {b: 1}}", "classifiers:\n  a:\n    b: 1", ""},
        {"classifiers: {a: {b: 1}}", "classifiers: {a: {b: 2}}", "classifiers!"},
        {"classifier_shadow: {a: b}", "classifier_shadow: {a: b}", ""},
        {"classifier_shadow: {a: b}", "classifier_shadow: {a: c}", "classifier_shadow!"},
        {"classifier_shadow: {a: b}", "classifier_shadow: {}", "classifier_shadow!"},
        {"", "classifiers: {a: {b: 2}}", "classifiers!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config first = parse(cases[i].first), second = parse(cases[i].second);
        char output_of[256] = "";
        const unsigned count = config_compare(&first, &second, write_key, output_of);
        assert_string_equal(output_of, cases[i].output_of);
        assert_int_equal(count != 0, *output_of != '\0');
        config_free(&first);
        config_free(&second);
    }
}

static void only_live_options_are_copied(void **state) {
    (void)state;
    struct config from = parse("flow_timeout_udp: 7\nflow_table_size: 100\n"
                               "sniff_if_names: eth7\nrequests_logging_level: ERROR\n");
    struct config to = {0};
    config_copy_live(&from, &to);
    assert_true(to.flow_timeout_udp == 7);
    assert_int_equal(to.flow_table_size, 0);
    assert_null(to.sniff_if_names);
    assert_int_equal(to.logging_level_s[LOG_REQUESTS], LOG_LEVEL_ERROR);
    assert_int_equal(to.logging_level_c[LOG_REQUESTS], LOG_LEVEL_ERROR);
    config_free(&from);
}

/* They pass through shared memory unchanged. */
static void live_options_are_numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].live) {
            assert_int_not_equal(option_table[i].type, OPTION_STRING);
            assert_int_not_equal(option_table[i].type, OPTION_CLASSIFIERS);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_reported_with_the_need_to_restart),
        cmocka_unit_test(only_live_options_are_copied),
        cmocka_unit_test(live_options_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

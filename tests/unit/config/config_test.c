#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Every test runs in its own folder; load_text() writes FOLDER/config/config.yaml. */
static char folder[] = "/tmp/dpae-config-XXXXXX";

static int enter_folder(void **state) {
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? mkdir("config", 0700) : -1;
}

static int leave_folder(void **state) {
    (void)state;
    (void)unlink("config/config.yaml");
    (void)rmdir("config");
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static int load_text(const char *text, struct config *config, struct faults *faults) {
    FILE *const file = fopen("config/config.yaml", "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_load("config/config.yaml", config, faults);
}

static void load_valid(const char *text, struct config *config) {
    struct faults faults = {0};
    if (load_text(text, config, &faults) != 0) {
        fail_msg("'%s': %s", text, faults.items[0].message);
    }
    assert_int_equal(faults.count, 0);
    faults_free(&faults);
}

static void defaults_match_the_original_program(void **state) {
    (void)state;
    struct config config;
    assert_int_equal(config_defaults(&config), 0);
    assert_string_equal(config.nmeta_controller_address, "10.1.0.3");
    assert_int_equal(config.nmeta_controller_port, 8080);
    assert_string_equal(config.nmeta_api_path, "nmeta/api");
    assert_string_equal(config.sniff_if_names, "eth1");
    assert_false(config.syslog_enabled);
    assert_string_equal(config.loghost, "localhost");
    assert_int_equal(config.logport, 514);
    assert_int_equal(config.logfacility, 19);
    assert_string_equal(config.syslog_format,
                        "sev=%(levelname)s module=%(name)s func=%(funcName)s %(message)s");
    assert_string_equal(config.syslog_protocol, "rfc5424");
    for (int module = 0; module < LOG_MODULE_COUNT; module++) {
        const int level = module == LOG_TC_POLICY_DPAE ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
        assert_int_equal(config.logging_level_s[module], level);
        assert_int_equal(config.logging_level_c[module], level);
    }
    assert_true(config.console_log_enabled);
    assert_true(config.coloredlogs_enabled);
    assert_string_equal(config.console_format, "%(levelname)s: %(name)s %(funcName)s: %(message)s");
    assert_true(config.phase3_sniff_wait_time == 1);
    assert_int_equal(config.phase3_queue_reads, 5);
    assert_true(config.phase3_sniff_dc_timeout == 5);
    assert_true(config.keepalive_interval == 1);
    assert_int_equal(config.keepalive_retries, 3);
    assert_string_equal(config.mongo_addr, "localhost");
    assert_int_equal(config.mongo_port, 27017);
    assert_int_equal(config.suppress_flow_pkt_count_initial, 8);
    assert_int_equal(config.suppress_flow_pkt_count_backoff, 500);
    config_free(&config);
}

static void new_options_have_their_defaults(void **state) {
    (void)state;
    struct config config;
    assert_int_equal(config_defaults(&config), 0);
    assert_true(config.policy_poll_interval == 30);
    assert_true(config.tc_state_interval == 15);
    assert_string_equal(config.controller_flow_advice, "ipv4-tcp");
    assert_int_equal(config.advice_queue_size, 4096);
    assert_true(config.controller_timeout == 5);
    assert_string_equal(config.controller_ca_file, "");
    assert_string_equal(config.controller_client_cert, "");
    assert_string_equal(config.controller_client_key, "");
    assert_string_equal(config.controller_token_file, "");
    assert_int_equal(config.capture_buffer_mb, 32);
    assert_int_equal(config.workers_per_interface, 1);
    assert_string_equal(config.run_as, "nobody");
    assert_string_equal(config.status_address, "127.0.0.1");
    assert_int_equal(config.status_port, 8642);
    assert_int_equal(config.suppress_max_wait_packets, 64);
    assert_int_equal(config.flow_table_size, 1000000);
    assert_int_equal(config.flow_packets_kept, 10);
    assert_true(config.flow_timeout_tcp_opening == 75);
    assert_true(config.flow_timeout_tcp_established == 3600);
    assert_true(config.flow_timeout_tcp_closed == 5);
    assert_true(config.flow_timeout_udp == 60);
    assert_true(config.flow_timeout_other == 30);
    assert_true(config.flow_tcp_reuse_idle == 60);
    assert_int_equal(config.fragment_table_size, 4096);
    assert_true(config.fragment_timeout == 30);
    assert_true(config.identity_refresh_interval == 300);
    assert_int_equal(config.identity_table_size, 8192);
    assert_int_equal(config.name_table_size, 16384);
    assert_int_equal(config.classifier_budget_us, 20000);
    assert_int_equal(config.classifier_memory_mb, 64);
    assert_int_equal(config.classifier_errors_max, 10);
    assert_true(config.classifier_errors_window == 60);
    assert_true(config.classifier_quarantine == 10);
    assert_int_equal(config.stream_bytes, 4096);
    assert_int_equal(config.stream_buffers, 4096);
    assert_null(config.classifiers);
    assert_null(config.path);
    config_free(&config);
}

static void a_file_overrides_the_defaults(void **state) {
    (void)state;
    struct config config;
    load_valid("nmeta_controller_port: 0x1f90\nloghost: log.example.org\nlogfacility: 23\n"
               "syslog_enabled: true\ncoloredlogs_enabled: 0\nkeepalive_interval: 0.25\n"
               "flow_table_size: 268435456\ntc_logging_level_s: error\ntc_logging_level_c: Debug\n"
               "requests_logging_level: WARNING\nsyslog_protocol: \"rfc3164\"\n",
               &config);
    assert_int_equal(config.nmeta_controller_port, 8080);
    assert_string_equal(config.loghost, "log.example.org");
    assert_int_equal(config.logfacility, 23);
    assert_true(config.syslog_enabled);
    assert_false(config.coloredlogs_enabled);
    assert_true(config.keepalive_interval == 0.25);
    assert_int_equal(config.flow_table_size, 268435456);
    assert_int_equal(config.logging_level_s[LOG_TC], LOG_LEVEL_ERROR);
    assert_int_equal(config.logging_level_c[LOG_TC], LOG_LEVEL_DEBUG);
    assert_int_equal(config.logging_level_s[LOG_REQUESTS], LOG_LEVEL_WARNING);
    assert_int_equal(config.logging_level_c[LOG_REQUESTS], LOG_LEVEL_WARNING);
    assert_string_equal(config.syslog_protocol, "rfc3164");
    assert_int_equal(config.logport, 514);
    assert_string_equal(config.path, "config/config.yaml");
    config_free(&config);
}

static void a_file_without_options_yields_the_defaults(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# nothing\n", "{}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config config;
        load_valid(texts[i], &config);
        assert_int_equal(config.nmeta_controller_port, 8080);
        config_free(&config);
    }
}

/* Valid values of options with their own rules. */
static void special_values_are_accepted(void **state) {
    (void)state;
    static const char *const texts[] = {
        "nmeta_controller_address: 10.1.0.3",
        "nmeta_controller_address: http://10.1.0.3",
        "nmeta_controller_address: https://controller.example.org",
        "nmeta_controller_address: 'http://[2001:db8::1]'",
        "nmeta_controller_address: '[::ffff:10.0.0.1]'",
        "nmeta_api_path: nmeta/v2/aux/",
        "nmeta_api_path: api",
        "sniff_if_names: eth1",
        "sniff_if_names: eth1,eth2,veth-a.100,name-of-15-byte",
        "sniff_if_names: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
        "syslog_format: '%(asctime)s.%(msecs)03d %(process)d %% %(message)s'",
        "syslog_enabled: 1",
        "syslog_enabled: False",
        "controller_flow_advice: all",
        "controller_ca_file: /etc/dpae/ca.pem",
        "controller_ca_file: \"\"",
        "controller_token_file:",
        "tc_state_interval: 10",
        "tc_state_interval: 30",
        "capture_buffer_mb: 1024",
        "workers_per_interface: 16",
        "status_port: 0",
        "status_address: 0.0.0.0",
        "status_address: '::1'",
        "flow_packets_kept: 0",
        "flow_packets_kept: 64",
        "flow_timeout_udp: 0.001",
        "flow_timeout_udp: 86400",
        "suppress_max_wait_packets: 0",
        "suppress_flow_pkt_count_backoff: 4294967295",
        "classifiers: {}",
        "classifier_shadow: {}",
        "classifier_shadow: {payload_uri_1: b_2}",
        "classifiers: {payload_uri_1: {}, b_2: {uri: /x, limit: 3}}",
        "classifiers: {a: {list: [1, x], map: {b: 1, c: [2]}}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config config;
        load_valid(texts[i], &config);
        config_free(&config);
    }
}

static void settings_of_classifiers_are_kept(void **state) {
    (void)state;
    struct config config;
    load_valid("classifiers:\n  payload_uri_1:\n    uri: /x\n    limit: 3\n", &config);
    const struct yaml_node *const settings = yaml_find(config.classifiers, "payload_uri_1");
    assert_non_null(settings);
    assert_string_equal(yaml_find(settings, "uri")->text, "/x");
    int64_t limit = 0;
    assert_true(yaml_as_int(yaml_find(settings, "limit"), &limit));
    assert_int_equal(limit, 3);
    config_free(&config);
}

#define DIFFERENT_SIZE 256

static void note_key(void *context, const char *key, bool live) {
    char *const list = context;
    const size_t used = strlen(list);
    (void)live;
    snprintf(list + used, DIFFERENT_SIZE - used, "%s", key);
}

/* The text passed to a worker. */
static void the_public_text_is_equal_but_for_secrets(void **state) {
    (void)state;
    static const char text[] = "# mongodb://dpae:s3cret-old@db/\n"
                               "mongo_uri: 'mongodb://dpae:s3cret@db/' # s3cret too\n"
                               "nmeta_controller_port: 81\n"
                               "\"console_format\": \"%(asctime)s: \\\"# {x}\\\" \\u00e9 ~\"\n"
                               "classifiers:\n"
                               "  a: {uri: 'true', n: 1, m: true, e: , l: [1, '2', {k: v w}, []]}\n"
                               "  b_2: {}\n";
    struct config config, read;
    struct faults faults = {0};
    char *public = NULL, different[DIFFERENT_SIZE] = "";
    size_t length = 0;
    load_valid(text, &config);
    FILE *const file = open_memstream(&public, &length);
    assert_non_null(file);
    assert_int_equal(config_write_public(&config, file), 0);
    assert_int_equal(fclose(file), 0);
    assert_null(strstr(public, "s3cret"));
    if (config_parse("config/config.yaml", public, length, &read, &faults) != 0) {
        fail_msg("%s: %s", public, faults.items[0].message);
    }
    assert_int_equal(config_compare(&config, &read, note_key, different), 1);
    assert_string_equal(different, "mongo_uri");
    assert_string_equal(read.mongo_uri, "");
    assert_true(yaml_equal(config.classifiers, read.classifiers));
    config_free(&read);
    config_free(&config);
    free(public);
}

#define FILE_NAME "config/config.yaml"
#define ADDRESS_RULE                                                                               \
    "expected a host name or address, with or without http:// or https:// (IPv6 in brackets; "     \
    "the port is nmeta_controller_port, the path nmeta_api_path)"
#define ADDRESS_FOUND FILE_NAME ":1:27: nmeta_controller_address (the controller): found "
#define NAMES_FOUND   FILE_NAME ":1:17: sniff_if_names (interfaces to capture on): found "
#define NAMES_RULE                                                                                 \
    "; expected 1 to 16 interface names, separated by commas without blanks, as in "               \
    "eth1,eth2 (a name has at most 15 bytes, no slash, no colon)"
#define PATH_RULE "; expected the path of a URL without a leading slash, as in nmeta/v2/aux/"
#define KNOWN_CONVERSIONS                                                                          \
    "use one of %(asctime)s %(msecs)03d %(levelname)s %(name)s %(funcName)s %(process)d "          \
    "%(message)s %%"

static const struct {
    const char *text;
    const char *faults; /* one per line */
} fault_cases[] = {
    /* keys */
    {"logprt: 1", FILE_NAME ":1:1: unknown key 'logprt'; did you mean logport?"},
    {"loghost: a\n\nSniff_if_name: eth0",
     FILE_NAME ":3:1: unknown key 'Sniff_if_name'; did you mean sniff_if_names?"},
    {"colour: 1", FILE_NAME
     ":1:1: unknown key 'colour'; see the config/config.yaml shipped with dpae for all keys"},
    {"colour: 1\nloghost: good", FILE_NAME
     ":1:1: unknown key 'colour'; see the config/config.yaml shipped with dpae for all keys"},
    {"logport: 1\nlogport: 2",
     FILE_NAME ":2:1: duplicate key 'logport', first used on line 1; remove one of them"},
    {"- loghost", FILE_NAME ":1:1: a config must be a mapping: lines of the form key: value"},
    {"loghost", FILE_NAME ":1:1: a config must be a mapping: lines of the form key: value"},
    {"---\n", FILE_NAME ":2:1: a config must be a mapping: lines of the form key: value"},
    /* whole numbers */
    {"logport: abc", FILE_NAME ":1:10: logport (UDP port of loghost): found 'abc'; expected a "
                               "whole number from 1 to 65535"},
    {"logport: 0", FILE_NAME ":1:10: logport (UDP port of loghost): found '0'; expected a whole "
                             "number from 1 to 65535"},
    {"logport: 65536", FILE_NAME ":1:10: logport (UDP port of loghost): found '65536'; expected "
                                 "a whole number from 1 to 65535"},
    {"logport: -1", FILE_NAME ":1:10: logport (UDP port of loghost): found '-1'; expected a "
                              "whole number from 1 to 65535"},
    {"logport: 5.5", FILE_NAME ":1:10: logport (UDP port of loghost): found '5.5'; expected a "
                               "whole number from 1 to 65535"},
    {"logport: '514'", FILE_NAME ":1:10: logport (UDP port of loghost): found '514' in quotes; "
                                 "expected a whole number from 1 to 65535, without quotes"},
    {"logport: [514]", FILE_NAME ":1:10: logport (UDP port of loghost): found a list; expected a "
                                 "whole number from 1 to 65535"},
    {"logport: {a: 514}", FILE_NAME ":1:10: logport (UDP port of loghost): found a mapping; "
                                    "expected a whole number from 1 to 65535"},
    {"\nlogport:\n", FILE_NAME ":2:9: logport (UDP port of loghost): found an empty value; "
                               "expected a whole number from 1 to 65535"},
    {"logfacility: 24", FILE_NAME ":1:14: logfacility (syslog facility, 16 to 23 are local0 to "
                                  "local7): found '24'; expected a whole number from 0 to 23"},
    {"logfacility: 256", FILE_NAME ":1:14: logfacility (syslog facility, 16 to 23 are local0 to "
                                   "local7): found '256'; expected a whole number from 0 to 23"},
    {"flow_table_size: 268435457",
     FILE_NAME ":1:18: flow_table_size (maximum number of flows): found '268435457'; expected a "
               "whole number from 1 to 268435456"},
    {"suppress_flow_pkt_count_initial: 4294967296",
     FILE_NAME ":1:34: suppress_flow_pkt_count_initial (packets of a flow before it is "
               "suppressed): found '4294967296'; expected a whole number from 1 to 4294967295"},
    /* numbers */
    {"flow_timeout_udp: 0", FILE_NAME ":1:19: flow_timeout_udp (idle seconds after which a UDP "
                                      "flow ends): found '0'; expected a number from 0.001 to "
                                      "86400"},
    {"flow_timeout_udp: 86401", FILE_NAME ":1:19: flow_timeout_udp (idle seconds after which a UDP "
                                          "flow ends): found '86401'; expected a number from "
                                          "0.001 to 86400"},
    {"flow_timeout_udp: .nan", FILE_NAME ":1:19: flow_timeout_udp (idle seconds after which a UDP "
                                         "flow ends): found '.nan'; expected a number from 0.001 "
                                         "to 86400"},
    {"flow_timeout_udp: 1 s", FILE_NAME ":1:19: flow_timeout_udp (idle seconds after which a UDP "
                                        "flow ends): found '1 s'; expected a number from 0.001 "
                                        "to 86400"},
    {"keepalive_interval: \"1\"", FILE_NAME ":1:21: keepalive_interval (seconds between "
                                            "keepalives): found '1' in quotes; expected a number "
                                            "from 0.001 to 86400, without quotes"},
    /* switches and levels */
    {"syslog_enabled: 2", FILE_NAME ":1:17: syslog_enabled (whether to log to syslog): found '2'; "
                                    "expected 0, 1, true or false"},
    {"syslog_enabled: '1'", FILE_NAME ":1:17: syslog_enabled (whether to log to syslog): found '1' "
                                      "in quotes; expected 0, 1, true or false, without quotes"},
    {"dp_logging_level_c: LOUD",
     FILE_NAME ":1:21: dp_logging_level_c (lowest level sent to the console): found 'LOUD'; "
               "expected DEBUG, INFO, WARNING, ERROR or CRITICAL"},
    {"dp_logging_level_s: 20",
     FILE_NAME ":1:21: dp_logging_level_s (lowest level sent to syslog): found '20'; expected "
               "DEBUG, INFO, WARNING, ERROR or CRITICAL"},
    /* texts */
    {"loghost: ''",
     FILE_NAME ":1:10: loghost (host that receives syslog): found an empty value; expected text"},
    {"loghost: [a]",
     FILE_NAME ":1:10: loghost (host that receives syslog): found a list; expected text"},
    {"syslog_protocol: rfc1", FILE_NAME ":1:18: syslog_protocol (framing of syslog messages): "
                                        "found 'rfc1'; expected rfc5424 or rfc3164"},
    {"console_format: '%(level)s'",
     FILE_NAME ":1:17: console_format (format of a console line): found '%(level)s' in quotes; "
               "unknown conversion '%(level)s' in a log format; " KNOWN_CONVERSIONS},
    {"nmeta_controller_address: http://10.1.0.3:8080",
     ADDRESS_FOUND "'http://10.1.0.3:8080'; " ADDRESS_RULE},
    {"nmeta_controller_address: http://10.1.0.3/",
     ADDRESS_FOUND "'http://10.1.0.3/'; " ADDRESS_RULE},
    {"nmeta_controller_address: ftp://10.1.0.3", ADDRESS_FOUND "'ftp://10.1.0.3'; " ADDRESS_RULE},
    {"nmeta_controller_address: http://", ADDRESS_FOUND "'http://'; " ADDRESS_RULE},
    {"nmeta_controller_address: http://https://a",
     ADDRESS_FOUND "'http://https://a'; " ADDRESS_RULE},
    {"nmeta_controller_address: me@host", ADDRESS_FOUND "'me@host'; " ADDRESS_RULE},
    {"nmeta_controller_address: 2001:db8::1", ADDRESS_FOUND "'2001:db8::1'; " ADDRESS_RULE},
    {"nmeta_controller_address: 'http://[::1'",
     ADDRESS_FOUND "'http://[::1' in quotes; " ADDRESS_RULE},
    {"nmeta_controller_address: 'http://[]'", ADDRESS_FOUND "'http://[]' in quotes; " ADDRESS_RULE},
    {"nmeta_api_path: /nmeta/api",
     FILE_NAME ":1:17: nmeta_api_path (path of the controller's REST API): found "
               "'/nmeta/api'" PATH_RULE},
    {"nmeta_api_path: nmeta?a=1",
     FILE_NAME ":1:17: nmeta_api_path (path of the controller's REST API): found "
               "'nmeta?a=1'" PATH_RULE},
    /* interfaces */
    {"sniff_if_names: eth1, eth2", NAMES_FOUND "'eth1, eth2'" NAMES_RULE},
    {"sniff_if_names: eth1,", NAMES_FOUND "'eth1,'" NAMES_RULE},
    {"sniff_if_names: eth/1", NAMES_FOUND "'eth/1'" NAMES_RULE},
    {"sniff_if_names: eth0:1", NAMES_FOUND "'eth0:1'" NAMES_RULE},
    {"sniff_if_names: ..", NAMES_FOUND "'..'" NAMES_RULE},
    {"sniff_if_names: name-of-16-bytes", NAMES_FOUND "'name-of-16-bytes'" NAMES_RULE},
    {"sniff_if_names: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
     NAMES_FOUND "'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q'" NAMES_RULE},
    {"sniff_if_names: eth1,eth10,eth1",
     NAMES_FOUND "'eth1,eth10,eth1'; eth1 occurs twice; remove one"},
    {"sniff_if_names: eth0,eth1,eth1",
     NAMES_FOUND "'eth0,eth1,eth1'; eth1 occurs twice; remove one"},
    {"sniff_if_names: [eth1]", NAMES_FOUND "a list; expected text"},
    /* session, capture */
    {"controller_flow_advice: ipv6",
     FILE_NAME ":1:25: controller_flow_advice (flows to advise the controller on): found 'ipv6'; "
               "expected ipv4-tcp or all"},
    {"controller_client_key: key.pem",
     FILE_NAME ":1:24: controller_client_key (private key of that certificate): found 'key.pem'; "
               "expected an absolute path of a file, or \"\" for no file"},
    {"controller_ca_file: {}", FILE_NAME ":1:21: controller_ca_file (CA certificates that verify "
                                         "the controller): found a mapping; expected text"},
    {"status_address: localhost", FILE_NAME
     ":1:17: status_address (address of the status page): found 'localhost'; expected a numeric "
     "address of this machine, as in 127.0.0.1 or ::1, or 0.0.0.0 or :: for all its interfaces"},
    {"status_address: '[::1]'",
     FILE_NAME ":1:17: status_address (address of the status page): found '[::1]' in quotes; "
               "expected a numeric address of this machine, as in 127.0.0.1 or ::1, or 0.0.0.0 or "
               ":: for all its interfaces"},
    {"status_port: 65536", FILE_NAME ":1:14: status_port (TCP port of the status page; 0: off): "
                                     "found '65536'; expected a whole number from 0 to 65535"},
    {"tc_state_interval: 9.9", FILE_NAME ":1:20: tc_state_interval (seconds between renewals of "
                                         "the tc state): found '9.9'; expected a number from 10 "
                                         "to 30"},
    {"tc_state_interval: 31", FILE_NAME ":1:20: tc_state_interval (seconds between renewals of the "
                                        "tc state): found '31'; expected a number from 10 to 30"},
    {"capture_buffer_mb: 1025",
     FILE_NAME ":1:20: capture_buffer_mb (capture buffer of a worker in MiB): found '1025'; "
               "expected a whole number from 1 to 1024"},
    {"workers_per_interface: 17",
     FILE_NAME ":1:24: workers_per_interface (worker processes of an interface): found '17'; "
               "expected a whole number from 1 to 16"},
    {"run_as: ''",
     FILE_NAME ":1:9: run_as (user that workers run as): found an empty value; expected text"},
    /* classifiers */
    {"classifier_shadow: {a: b, c: d}",
     FILE_NAME ":1:20: classifier_shadow (a classifier of the policy and its shadow candidate): "
               "found a mapping; expected {NAME: CANDIDATE}, the names of two classifiers, or {}"},
    {"classifier_shadow: {a: a}",
     FILE_NAME ":1:20: classifier_shadow (a classifier of the policy and its shadow candidate): "
               "found a mapping; expected {NAME: CANDIDATE}, the names of two classifiers, or {}"},
    {"classifiers: on", FILE_NAME ":1:14: classifiers (settings of classifiers by name): found "
                                  "'on'; expected a mapping of names to settings"},
    {"classifiers: [a]", FILE_NAME ":1:14: classifiers (settings of classifiers by name): found a "
                                   "list; expected a mapping of names to settings"},
    {"classifiers:\n  ../x: {}\n",
     FILE_NAME ":2:3: classifiers: '../x' is not the name of a classifier; expected letters, "
               "digits and _, as in payload_uri_1"},
    {"classifiers:\n  a: 1\n  b:\n", FILE_NAME
     ":2:6: classifiers: found '1' for a; expected a mapping of its settings, {} when there are no "
     "settings\n" FILE_NAME ":3:5: classifiers: found an empty value for b; expected a mapping of "
     "its settings, {} when there are no settings"},
    /* all faults in order, with hostile text escaped */
    {"logport: 0\nnone: 1\nloghost: \"\"\nsyslog_enabled: \"\\e[2J\\n\"\n", FILE_NAME
     ":1:10: logport (UDP port of loghost): found '0'; expected a whole number from 1 "
     "to 65535\n" FILE_NAME ":2:1: unknown key 'none'; see the config/config.yaml shipped with "
     "dpae for all keys\n" FILE_NAME
     ":3:10: loghost (host that receives syslog): found an empty value; expected text\n" FILE_NAME
     ":4:17: syslog_enabled (whether to log "
     "to syslog): found '\\x1b[2J\\n' in quotes; expected 0, 1, true or false, without "
     "quotes"},
};

/* The faults as text, one per line. */
static const char *faults_text(const struct faults *faults) {
    static char text[16384];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < faults->count; i++) {
        if (i > 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, "\n");
        }
        fault_format(&faults->items[i], text + used, sizeof text - used);
        used += strlen(text + used);
    }
    return text;
}

static void faults_name_place_value_and_allowed_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fault_cases / sizeof *fault_cases; i++) {
        struct config config;
        struct faults faults = {0};
        const int result = load_text(fault_cases[i].text, &config, &faults);
        const char *const text = faults_text(&faults);
        const char *const expected = fault_cases[i].faults;
        if (result != -EINVAL || strcmp(text, expected) != 0) {
            fail_msg("'%s' gives %d,\n%s, not\n%s", fault_cases[i].text, result, text, expected);
        }
        static const struct config empty;
        assert_memory_equal(&config, &empty, sizeof config);
        config_free(&config);
        faults_free(&faults);
    }
}

static void an_unreadable_file_is_a_fault_with_a_remedy(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int result;
        const char *fault;
    } cases[] = {
        {"none.yaml", -ENOENT,
         "none.yaml: cannot be opened: No such file or directory; check the path and its "
         "permissions"},
        {"config", -EISDIR, "config: cannot be read: Is a directory; it must be a text file"},
        {"config/none/config.yaml", -ENOENT,
         "config/none/config.yaml: cannot be opened: No such file or directory; check the path and "
         "its permissions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config config;
        struct faults faults = {0};
        assert_int_equal(config_load(cases[i].path, &config, &faults), cases[i].result);
        assert_string_equal(faults_text(&faults), cases[i].fault);
        config_free(&config);
        faults_free(&faults);
    }
}

static void folders_in_a_file_are_relative_to_its_parent_folder(void **state) {
    (void)state;
    struct config config;
    char expected[128];
    assert_int_equal(mkdir("mine", 0700), 0);
    load_valid("classifiers_directory: mine\nlua_directory: /tmp\n", &config);
    snprintf(expected, sizeof expected, "%s/mine", folder);
    assert_string_equal(config.classifiers_directory, expected);
    assert_string_equal(config.lua_directory, "/tmp");
    config_free(&config);
    assert_int_equal(rmdir("mine"), 0);
}

static void a_missing_folder_is_a_fault_at_its_line(void **state) {
    (void)state;
    struct config config;
    struct faults faults = {0};
    char expected[640];
    snprintf(expected, sizeof expected,
             "config/config.yaml:2:24: classifiers_directory (folder of the classifiers): 'mine' "
             "resolves to %s/mine, which does not exist; correct the path or remove the "
             "line\nconfig/config.yaml:3:16: lua_directory (folder of their helper modules): "
             "'/dev/null' resolves to /dev/null, which is not a folder; correct the path or remove "
             "the line",
             folder);
    assert_int_equal(
        load_text("logport: 1\nclassifiers_directory: mine\nlua_directory: /dev/null\n", &config,
                  &faults),
        -EINVAL);
    assert_string_equal(faults_text(&faults), expected);
    assert_null(config.path);
    faults_free(&faults);
}

static void a_policy_instead_of_a_config_is_one_fault(void **state) {
    (void)state;
    struct config config;
    struct faults faults = {0};
    assert_int_equal(load_text("tc_policies: {}\ntc_rules: {}\nidentity: {}\n", &config, &faults),
                     -EINVAL);
    assert_string_equal(
        faults_text(&faults),
        "config/config.yaml: is a policy, not a config; pass a policy with -p, a config with -c");
    faults_free(&faults);
    /* a file that mixes the two gets a fault per key */
    faults = (struct faults){0};
    assert_int_equal(load_text("tc_policies: {}\ntc_rules: {}\nlogport: 1\n", &config, &faults),
                     -EINVAL);
    assert_int_equal(faults.errors, 2);
    faults_free(&faults);
}

static void unnamed_folders_do_not_depend_on_the_file(void **state) {
    (void)state;
    struct config defaults, config;
    assert_int_equal(config_defaults(&defaults), 0);
    load_valid("logport: 1\n", &config);
    assert_string_equal(config.classifiers_directory, defaults.classifiers_directory);
    assert_string_equal(config.lua_directory, defaults.lua_directory);
    assert_int_equal(config.lua_directory[0], '/');
    config_free(&defaults);
    config_free(&config);
}

static void log_settings_follow_the_config(void **state) {
    (void)state;
    struct config config;
    load_valid("syslog_enabled: 1\nloghost: log\nlogport: 1514\nlogfacility: 3\n"
               "syslog_protocol: rfc3164\nsyslog_format: s\nconsole_format: c\n"
               "console_log_enabled: 0\ncoloredlogs_enabled: 0\n"
               "sniff_logging_level_s: ERROR\nsniff_logging_level_c: DEBUG\n",
               &config);
    struct log_settings settings;
    config_log_settings(&config, &settings);
    assert_true(settings.syslog_enabled);
    assert_string_equal(settings.syslog_host, "log");
    assert_int_equal(settings.syslog_port, 1514);
    assert_int_equal(settings.syslog_facility, 3);
    assert_true(settings.syslog_rfc3164);
    assert_string_equal(settings.syslog_format, "s");
    assert_string_equal(settings.console_format, "c");
    assert_false(settings.console_enabled);
    assert_false(settings.colour);
    assert_int_equal(settings.syslog_level[LOG_SNIFF], LOG_LEVEL_ERROR);
    assert_int_equal(settings.console_level[LOG_SNIFF], LOG_LEVEL_DEBUG);
    assert_int_equal(settings.console_level[LOG_TC_POLICY_DPAE], LOG_LEVEL_DEBUG);
    config_free(&config);

    load_valid("", &config);
    config_log_settings(&config, &settings);
    assert_true(settings.console_enabled);
    assert_true(settings.colour);
    assert_false(settings.syslog_enabled);
    assert_false(settings.syslog_rfc3164);
    config_free(&config);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_match_the_original_program),
        cmocka_unit_test(new_options_have_their_defaults),
        IN_FOLDER(a_file_overrides_the_defaults),
        IN_FOLDER(a_file_without_options_yields_the_defaults),
        IN_FOLDER(special_values_are_accepted),
        IN_FOLDER(settings_of_classifiers_are_kept),
        IN_FOLDER(the_public_text_is_equal_but_for_secrets),
        IN_FOLDER(faults_name_place_value_and_allowed_values),
        IN_FOLDER(an_unreadable_file_is_a_fault_with_a_remedy),
        IN_FOLDER(folders_in_a_file_are_relative_to_its_parent_folder),
        IN_FOLDER(a_missing_folder_is_a_fault_at_its_line),
        IN_FOLDER(a_policy_instead_of_a_config_is_one_fault),
        IN_FOLDER(unnamed_folders_do_not_depend_on_the_file),
        IN_FOLDER(log_settings_follow_the_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

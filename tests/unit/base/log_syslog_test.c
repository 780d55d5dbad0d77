#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* A syslog receiver for the tests. */
static int receiver = -1;
static uint16_t receiver_port;

/* port 0: any free one. */
static void receiver_open(uint16_t port) {
    receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(receiver >= 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    assert_int_equal(bind(receiver, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(receiver, (struct sockaddr *)&address, &length), 0);
    receiver_port = ntohs(address.sin_port);
    const struct timeval patience = {.tv_sec = 5};
    assert_int_equal(setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
}

/* Returns the next datagram as text; fails when no datagram arrives. */
static const char *receive(void) {
    static char datagram[65536];
    const ssize_t length = recv(receiver, datagram, sizeof datagram - 1, 0);
    assert_true(length >= 0);
    datagram[length] = '\0';
    assert_int_equal(strlen(datagram), length);
    return datagram;
}

static void assert_matches(const char *text, const char *pattern) {
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const int result = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (result != 0) {
        fail_msg("'%s' does not match '%s'", text, pattern);
    }
}

static struct log_settings syslog_settings(const char *format) {
    struct log_settings settings = {.syslog_enabled = true,
                                    .syslog_host = "127.0.0.1",
                                    .syslog_port = receiver_port,
                                    .syslog_facility = 19,
                                    .syslog_format = format};
    memset(settings.syslog_level, LOG_LEVEL_DEBUG, sizeof settings.syslog_level);
    return settings;
}

static void open_log(const struct log_settings *settings) {
    struct error error = {0};
    if (log_open(settings, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

static int set_up(void **state) {
    (void)state;
    receiver_open(0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    log_close();
    return close(receiver);
}

static void the_rfc5424_header_is_complete(void **state) {
    (void)state;
    const struct log_settings settings = syslog_settings(NULL);
    open_log(&settings);
    log_warning(LOG_SNIFF, "no carrier on %s", "eth1");
    char host[256];
    assert_int_equal(gethostname(host, sizeof host), 0);
    char pattern[1024];
    snprintf(pattern, sizeof pattern,
             "^<156>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z %s "
             "dpae %d - - sev=WARNING module=sniff func=the_rfc5424_header_is_complete "
             "no carrier on eth1$",
             host, (int)getpid());
    assert_matches(receive(), pattern);
}

static void the_rfc3164_header_is_complete(void **state) {
    (void)state;
    struct log_settings settings = syslog_settings("%(name)s %(message)s");
    settings.syslog_rfc3164 = true;
    open_log(&settings);
    log_error(LOG_DP, "gone");
    char host[256];
    assert_int_equal(gethostname(host, sizeof host), 0);
    host[strcspn(host, ".")] = '\0';
    char pattern[1024];
    snprintf(pattern, sizeof pattern,
             "^<155>(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123][0-9] "
             "[0-9]{2}:[0-9]{2}:[0-9]{2} %s dpae\\[%d\\]: dp gone$",
             host, (int)getpid());
    assert_matches(receive(), pattern);
}

static void the_priority_combines_facility_and_severity(void **state) {
    (void)state;
    static const struct {
        uint8_t facility;
        enum log_level level;
        const char *priority;
    } cases[] = {
        {0, LOG_LEVEL_CRITICAL, "<2>1 "}, {1, LOG_LEVEL_ERROR, "<11>1 "},
        {3, LOG_LEVEL_WARNING, "<28>1 "}, {19, LOG_LEVEL_INFO, "<158>1 "},
        {23, LOG_LEVEL_DEBUG, "<191>1 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_settings settings = syslog_settings(NULL);
        settings.syslog_facility = cases[i].facility;
        open_log(&settings);
        log_write(LOG_TC, cases[i].level, __func__, "x");
        assert_memory_equal(receive(), cases[i].priority, strlen(cases[i].priority));
    }
}

static void the_level_of_the_module_decides(void **state) {
    (void)state;
    struct log_settings settings = syslog_settings("%(message)s");
    settings.syslog_level[LOG_TC] = LOG_LEVEL_ERROR;
    open_log(&settings);
    log_warning(LOG_TC, "too low");
    log_debug(LOG_DP, "first");
    log_error(LOG_TC, "second");
    assert_matches(receive(), " - - first$");
    assert_matches(receive(), " - - second$");
}

static void hostile_text_is_escaped(void **state) {
    (void)state;
    const struct log_settings settings = syslog_settings("%(message)s");
    open_log(&settings);
    log_error(LOG_TC, "%s", "x\n<0>1 - - forged\033[2J\x9b");
    assert_matches(receive(), " - - x\\\\n<0>1 - - forged\\\\x1b\\[2J\\\\x9b$");
}

static void utf8_carries_the_byte_order_mark(void **state) {
    (void)state;
    const struct log_settings settings = syslog_settings("%(message)s");
    open_log(&settings);
    log_error(LOG_TC, "caf\xc3\xa9");
    assert_matches(receive(), " - - \xef\xbb\xbf"
                              "caf\xc3\xa9$");
}

static void long_lines_are_truncated_to_the_limit_of_the_rfc(void **state) {
    (void)state;
    char text[6000];
    for (size_t i = 0; i + 3 < sizeof text; i += 3) {
        memcpy(text + i, "\xe2\x82\xac", 4);
    }
    for (int rfc3164 = 0; rfc3164 <= 1; rfc3164++) {
        struct log_settings settings = syslog_settings("%(message)s");
        settings.syslog_rfc3164 = rfc3164;
        open_log(&settings);
        log_error(LOG_TC, "%s", text);
        const char *const datagram = receive();
        const size_t most = rfc3164 ? 1024 : 2048;
        assert_in_range(strlen(datagram), most - 2, most);
        assert_string_equal(datagram + strlen(datagram) - 3, "\xe2\x82\xac");
    }
}

static void an_absent_receiver_loses_no_later_line(void **state) {
    (void)state;
    const struct log_settings settings = syslog_settings("%(message)s");
    open_log(&settings);
    assert_int_equal(close(receiver), 0);
    log_error(LOG_TC, "lost");
    receiver_open(receiver_port);
    log_error(LOG_TC, "seen");
    assert_matches(receive(), " - - seen$");
}

static void an_unresolvable_host_is_an_error(void **state) {
    (void)state;
    struct log_settings settings = syslog_settings(NULL);
    settings.syslog_host = "no..host"; /* an empty label fails without a resolver */
    struct error error = {0};
    assert_int_equal(log_open(&settings, &error), -EHOSTUNREACH);
    assert_matches(error.message, "^loghost: cannot resolve 'no\\.\\.host': .*; correct "
                                  "the name, or set syslog_enabled to 0$");
}

static void an_unreachable_host_is_an_error(void **state) {
    (void)state;
    struct log_settings settings = syslog_settings(NULL);
    settings.syslog_host = "255.255.255.255"; /* broadcast: refused without SO_BROADCAST */
    settings.syslog_port = 514;
    struct error error = {0};
    assert_true(log_open(&settings, &error) < 0);
    assert_matches(error.message,
                   "^loghost: cannot reach '255\\.255\\.255\\.255' port 514: .*; check the "
                   "network, or set syslog_enabled to 0$");
}

static void facility_over_23_is_an_error(void **state) {
    (void)state;
    struct log_settings settings = syslog_settings(NULL);
    settings.syslog_facility = 24;
    struct error error = {0};
    assert_int_equal(log_open(&settings, &error), -EINVAL);
    assert_string_equal(error.message, "logfacility: 24 is not a facility; use 0 to 23");
}

#define NETWORK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        NETWORK_TEST(the_rfc5424_header_is_complete),
        NETWORK_TEST(the_rfc3164_header_is_complete),
        NETWORK_TEST(the_priority_combines_facility_and_severity),
        NETWORK_TEST(the_level_of_the_module_decides),
        NETWORK_TEST(hostile_text_is_escaped),
        NETWORK_TEST(utf8_carries_the_byte_order_mark),
        NETWORK_TEST(long_lines_are_truncated_to_the_limit_of_the_rfc),
        NETWORK_TEST(an_absent_receiver_loses_no_later_line),
        NETWORK_TEST(an_unreachable_host_is_an_error),
        NETWORK_TEST(an_unresolvable_host_is_an_error),
        NETWORK_TEST(facility_over_23_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

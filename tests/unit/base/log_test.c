#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Console only, every module at INFO. */
static struct log_settings console_settings(const char *format) {
    struct log_settings settings = {.console_enabled = true, .console_format = format};
    memset(settings.console_level, LOG_LEVEL_INFO, sizeof settings.console_level);
    memset(settings.syslog_level, LOG_LEVEL_INFO, sizeof settings.syslog_level);
    return settings;
}

/* Redirects stderr to `to` until stderr_restore(). */
static int real_stderr;

static void stderr_redirect(int to) {
    real_stderr = dup(STDERR_FILENO);
    assert_true(real_stderr >= 0);
    assert_int_equal(dup2(to, STDERR_FILENO), STDERR_FILENO);
}

static void stderr_restore(void) {
    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
}

/* Opens the log with settings on a file, calls write_lines, and returns the content of the file. */
static const char *capture_console(const struct log_settings *settings, void (*write_lines)(void)) {
    static char text[65536];
    FILE *const file = tmpfile();
    assert_non_null(file);
    struct error error = {0};
    stderr_redirect(fileno(file));
    const int opened = settings ? log_open(settings, &error) : 0;
    if (opened == 0) {
        write_lines();
    }
    log_close();
    stderr_restore();
    assert_int_equal(opened, 0);
    const ssize_t length = pread(fileno(file), text, sizeof text - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static void levels_are_parsed_in_any_case(void **state) {
    (void)state;
    assert_int_equal(log_level_parse("DEBUG"), 10);
    assert_int_equal(log_level_parse("info"), 20);
    assert_int_equal(log_level_parse("Warning"), 30);
    assert_int_equal(log_level_parse("ERROR"), 40);
    assert_int_equal(log_level_parse("critical"), 50);
    assert_int_equal(log_level_parse("WARN"), 0);
    assert_int_equal(log_level_parse(""), 0);
    assert_int_equal(log_level_parse("20"), 0);
}

static void modules_carry_their_names(void **state) {
    (void)state;
    static const char *const names[] = {"nmeta_dpae", "sniff",          "controlplane", "dp",
                                        "tc",         "tc_policy_dpae", "requests"};
    for (int module = 0; module < LOG_MODULE_COUNT; module++) {
        assert_string_equal(log_module_name((enum log_module)module), names[module]);
    }
}

#define KNOWN                                                                                      \
    "; use one of %(asctime)s %(msecs)03d %(levelname)s %(name)s %(funcName)s %(process)d "        \
    "%(message)s %%"

static void formats_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *format;
        const char *fault; /* NULL: valid */
    } cases[] = {
        {LOG_CONSOLE_FORMAT, NULL},
        {LOG_SYSLOG_FORMAT, NULL},
        {"%(asctime)s.%(msecs)03d %(process)d %% %(message)s", NULL},
        {"", NULL},
        {"no conversion", NULL},
        {"%(levelnme)s: %(message)s", "unknown conversion '%(levelnme)s' in a log format" KNOWN},
        {"%(name)s %(lineno)04d x", "unknown conversion '%(lineno)04d' in a log format" KNOWN},
        {"%(msecs)d", "unknown conversion '%(msecs)d' in a log format" KNOWN},
        {"100%", "unknown conversion '%' in a log format" KNOWN},
        {"%s", "unknown conversion '%s' in a log format" KNOWN},
        {"%n%n", "unknown conversion '%n' in a log format" KNOWN},
        {"%%%", "unknown conversion '%' in a log format" KNOWN},
        {"%(message", "unknown conversion '%(message' in a log format" KNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        const int result = log_format_check(cases[i].format, &error);
        assert_int_equal(result, cases[i].fault ? -EINVAL : 0);
        assert_string_equal(error.message, cases[i].fault ? cases[i].fault : "");
    }
}

static void write_one_of_each_level(void) {
    log_debug(LOG_TC, "d");
    log_info(LOG_TC, "i");
    log_warning(LOG_TC, "w");
    log_error(LOG_TC, "e");
    log_critical(LOG_TC, "c");
}

static void before_open_warnings_go_to_stderr_in_the_default_format(void **state) {
    (void)state;
    assert_string_equal(capture_console(NULL, write_one_of_each_level),
                        "WARNING: tc write_one_of_each_level: w\n"
                        "ERROR: tc write_one_of_each_level: e\n"
                        "CRITICAL: tc write_one_of_each_level: c\n");
}

static void the_level_of_the_module_decides(void **state) {
    (void)state;
    static const struct {
        enum log_level level;
        const char *lines;
    } cases[] = {
        {LOG_LEVEL_DEBUG, "d\ni\nw\ne\nc\n"}, {LOG_LEVEL_INFO, "i\nw\ne\nc\n"},
        {LOG_LEVEL_WARNING, "w\ne\nc\n"},     {LOG_LEVEL_ERROR, "e\nc\n"},
        {LOG_LEVEL_CRITICAL, "c\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_settings settings = console_settings("%(message)s");
        settings.console_level[LOG_TC] = (uint8_t)cases[i].level;
        assert_string_equal(capture_console(&settings, write_one_of_each_level), cases[i].lines);
    }
    struct log_settings settings = console_settings("%(message)s");
    settings.console_enabled = false;
    assert_string_equal(capture_console(&settings, write_one_of_each_level), "");
}

static void enabled_reports_whether_a_sink_accepts_the_line(void **state) {
    (void)state;
    struct error error = {0};
    struct log_settings settings = console_settings("%(message)s");
    settings.console_level[LOG_DP] = LOG_LEVEL_ERROR;
    settings.syslog_level[LOG_DP] = LOG_LEVEL_DEBUG; /* the sink itself is disabled */
    assert_int_equal(log_open(&settings, &error), 0);
    assert_true(log_enabled(LOG_TC, LOG_LEVEL_INFO));
    assert_false(log_enabled(LOG_TC, LOG_LEVEL_DEBUG));
    assert_true(log_enabled(LOG_DP, LOG_LEVEL_ERROR));
    assert_false(log_enabled(LOG_DP, LOG_LEVEL_WARNING));

    settings.syslog_enabled = true;
    settings.syslog_host = "127.0.0.1";
    settings.syslog_port = 9;
    assert_int_equal(log_open(&settings, &error), 0);
    assert_true(log_enabled(LOG_DP, LOG_LEVEL_DEBUG));
    log_close();
    assert_false(log_enabled(LOG_DP, LOG_LEVEL_INFO));
}

static void write_name_and_percent(void) {
    log_warning(LOG_TC_POLICY_DPAE, "%s is %d%% done", "job", 50);
}

static void every_conversion_is_expanded(void **state) {
    (void)state;
    struct log_settings settings =
        console_settings("<%(levelname)s|%(name)s|%(funcName)s|%(message)s|100%%>");
    assert_string_equal(capture_console(&settings, write_name_and_percent),
                        "<WARNING|tc_policy_dpae|write_name_and_percent|job is 50% done|100%>\n");

    settings = console_settings("%(process)d");
    char process[16];
    snprintf(process, sizeof process, "%d\n", (int)getpid());
    assert_string_equal(capture_console(&settings, write_name_and_percent), process);

    settings = console_settings("%(asctime)s.%(msecs)03d");
    const char *const time = capture_console(&settings, write_name_and_percent);
    static const char shape[] = "dddd-dd-dd dd:dd:dd.ddd\n";
    assert_int_equal(strlen(time), strlen(shape));
    for (size_t i = 0; shape[i] != '\0'; i++) {
        assert_true(shape[i] == 'd' ? time[i] >= '0' && time[i] <= '9' : time[i] == shape[i]);
    }
}

static void write_hostile_lines(void) {
    log_error(LOG_TC, "%s", "x\nCRITICAL: dp forged: \033[2Jgone\r");
    log_error(LOG_TC, "%s", "%(name)s %n");
}

static void hostile_text_cannot_forge_lines_or_conversions(void **state) {
    (void)state;
    const struct log_settings settings = console_settings("%(levelname)s %(message)s");
    assert_string_equal(capture_console(&settings, write_hostile_lines),
                        "ERROR x\\nCRITICAL: dp forged: \\x1b[2Jgone\\r\n"
                        "ERROR %(name)s %n\n");
}

static void write_a_long_line(void) {
    char text[10000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_error(LOG_TC, "%s", text);
    log_error(LOG_TC, "next");
}

static void a_long_line_is_truncated_and_still_ends_in_a_newline(void **state) {
    (void)state;
    const struct log_settings settings = console_settings("%(message)s|");
    const char *const text = capture_console(&settings, write_a_long_line);
    assert_int_equal(strspn(text, "x"), 4095);
    assert_string_equal(text + 4095, "\nnext|\n");
}

static void logging_preserves_errno(void **state) {
    (void)state;
    stderr_redirect(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    errno = ENOTTY;
    log_error(LOG_TC, "nobody reads this");
    const int after = errno;
    stderr_restore();
    assert_int_equal(after, ENOTTY);
}

/* Returns the output as a terminal receives it. */
static const char *capture_terminal(const struct log_settings *settings,
                                    void (*write_lines)(void)) {
    static char text[4096];
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    char name[64];
    assert_int_equal(ptsname_r(terminal, name, sizeof name), 0);
    const int slave = open(name, O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    struct error error = {0};
    stderr_redirect(slave);
    const int opened = log_open(settings, &error);
    write_lines();
    log_close();
    stderr_restore();
    assert_int_equal(opened, 0);
    (void)close(slave); /* so that reading ends */
    size_t length = 0;
    for (ssize_t got; (got = read(terminal, text + length, sizeof text - 1 - length)) > 0;) {
        length += (size_t)got;
    }
    text[length] = '\0';
    (void)close(terminal);
    return text;
}

static void write_one_error(void) {
    log_error(LOG_TC, "e");
}

/* Only one thread runs here. NOLINTBEGIN(concurrency-mt-unsafe) */
static void colour_needs_a_terminal_the_wish_and_no_NO_COLOR(void **state) {
    (void)state;
    struct log_settings settings = console_settings("%(message)s");
    settings.colour = true;
    assert_int_equal(unsetenv("NO_COLOR"), 0);
    assert_string_equal(capture_terminal(&settings, write_one_error), "\033[31me\033[0m\r\n");
    assert_string_equal(capture_console(&settings, write_one_error), "e\n");
    assert_int_equal(setenv("NO_COLOR", "", 1), 0);
    assert_string_equal(capture_terminal(&settings, write_one_error), "\033[31me\033[0m\r\n");
    assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
    assert_string_equal(capture_terminal(&settings, write_one_error), "e\r\n");
    assert_int_equal(unsetenv("NO_COLOR"), 0);
    settings.colour = false;
    assert_string_equal(capture_terminal(&settings, write_one_error), "e\r\n");
}

/* NOLINTEND(concurrency-mt-unsafe) */

static void every_level_has_its_colour(void **state) {
    (void)state;
    struct log_settings settings = console_settings("%(message)s");
    settings.colour = true;
    settings.console_level[LOG_TC] = LOG_LEVEL_DEBUG;
    assert_string_equal(capture_terminal(&settings, write_one_of_each_level),
                        "\033[32md\033[0m\r\n\033[36mi\033[0m\r\n\033[33mw\033[0m\r\n"
                        "\033[31me\033[0m\r\n\033[1;31mc\033[0m\r\n");
}

#define THREADS      4
#define THREAD_LINES 200

static void *thread_main(void *argument) {
    for (int i = 0; i < THREAD_LINES; i++) {
        log_info(LOG_TC, "%s", (const char *)argument);
    }
    return NULL;
}

static void write_from_threads(void) {
    static char texts[THREADS][33];
    pthread_t threads[THREADS];
    int started = 0;
    for (; started < THREADS; started++) {
        memset(texts[started], 'a' + started, 32);
        if (pthread_create(&threads[started], NULL, thread_main, texts[started]) != 0) {
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

static void lines_of_concurrent_threads_do_not_mix(void **state) {
    (void)state;
    const struct log_settings settings = console_settings("%(message)s");
    const char *text = capture_console(&settings, write_from_threads);
    int lines = 0;
    for (; *text != '\0'; text += 33, lines++) {
        const char letter[2] = {text[0], '\0'};
        assert_int_equal(strspn(text, letter), 32);
        assert_int_equal(text[32], '\n');
    }
    assert_int_equal(lines, THREADS * THREAD_LINES);
}

static void a_failed_open_names_the_option_and_keeps_the_log(void **state) {
    (void)state;
    struct error error = {0};
    struct log_settings settings = console_settings("%(message)s");
    assert_int_equal(log_open(&settings, &error), 0);
    struct log_settings bad = settings;
    bad.console_level[LOG_TC] = LOG_LEVEL_CRITICAL;
    bad.console_format = "%(what)s";
    assert_int_equal(log_open(&bad, &error), -EINVAL);
    assert_string_equal(error.message,
                        "console_format: unknown conversion '%(what)s' in a log format" KNOWN);
    bad.console_format = NULL;
    bad.syslog_format = "%d";
    assert_int_equal(log_open(&bad, &error), -EINVAL);
    assert_string_equal(error.message,
                        "syslog_format: unknown conversion '%d' in a log format" KNOWN);
    assert_true(log_enabled(LOG_TC, LOG_LEVEL_INFO));
    log_close();
}

static void raise_the_level(void) {
    struct log_settings settings = console_settings("%(message)s");
    log_info(LOG_DP, "one");
    settings.console_level[LOG_DP] = LOG_LEVEL_ERROR;
    log_set_levels(&settings);
    log_info(LOG_DP, "two");
    log_error(LOG_DP, "three");
    log_info(LOG_TC, "four");
}

static void levels_change_while_the_log_is_open(void **state) {
    (void)state;
    const struct log_settings settings = console_settings("%(message)s");
    assert_string_equal(capture_console(&settings, raise_the_level), "one\nthree\nfour\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_parsed_in_any_case),
        cmocka_unit_test(modules_carry_their_names),
        cmocka_unit_test(formats_are_checked),
        cmocka_unit_test(before_open_warnings_go_to_stderr_in_the_default_format),
        cmocka_unit_test(the_level_of_the_module_decides),
        cmocka_unit_test(enabled_reports_whether_a_sink_accepts_the_line),
        cmocka_unit_test(every_conversion_is_expanded),
        cmocka_unit_test(hostile_text_cannot_forge_lines_or_conversions),
        cmocka_unit_test(a_long_line_is_truncated_and_still_ends_in_a_newline),
        cmocka_unit_test(logging_preserves_errno),
        cmocka_unit_test(colour_needs_a_terminal_the_wish_and_no_NO_COLOR),
        cmocka_unit_test(every_level_has_its_colour),
        cmocka_unit_test(lines_of_concurrent_threads_do_not_mix),
        cmocka_unit_test(a_failed_open_names_the_option_and_keeps_the_log),
        cmocka_unit_test(levels_change_while_the_log_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

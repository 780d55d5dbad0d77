#include "event/outlet.h"

#include "base/clock.h"
#include "event/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "samples.h"

#include <cmocka.h>

static char root[] = "/tmp/dpae-outlet-XXXXXX";
static char path[64];

static int begin(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/events", root);
    return 0;
}

static int end(void **state) {
    (void)state;
    return unlink(path);
}

static struct outlet *open_outlet(int fd) {
    struct outlet *outlet;
    struct error error;
    assert_int_equal(outlet_new(&outlet, fd, path, &error), 0);
    return outlet;
}

static unsigned count_lines(int fd) {
    char text[65536];
    unsigned lines = 0;
    for (ssize_t got; (got = read(fd, text, sizeof text)) > 0;) {
        for (ssize_t i = 0; i < got; i++) {
            lines += text[i] == '\n';
        }
    }
    return lines;
}

static void a_file_has_the_same_content_as_from_a_writer(void **state) {
    (void)state;
    const struct event *const events[] = {&sample_arp, &sample_both, &sample_flow_end, &sample_ndp};
    char expected[32768] = "", text[32768] = "";
    FILE *file = fmemopen(expected, sizeof expected, "w");
    struct event_writer writer = {.file = file, .format = EVENT_FORMAT_JSONL};
    struct outlet *outlet = open_outlet(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        event_write(&writer, events[i]);
        outlet_put(outlet, events[i]);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(outlet_end(outlet, 5000), 0);
    file = fopen(path, "re");
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, expected);
}

/* Ends the outlet; returns how many lost events the log reports. */
static unsigned end_and_read_loss(struct outlet *outlet, unsigned limit_ms) {
    FILE *captured = tmpfile();
    char line[512];
    unsigned lost = 0;
    assert_non_null(captured);
    fflush(stderr);
    const int real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(captured), STDERR_FILENO) >= 0);
    const int code = outlet_end(outlet, limit_ms);
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(captured);
    while (fgets(line, sizeof line, captured)) {
        const char *name = strstr(line, path);
        const char *number = name ? name + strlen(path) : "";
        lost += number[0] == ':' ? (unsigned)strtoul(number + 1, NULL, 10) : 0;
    }
    fclose(captured);
    assert_int_equal(code, 0);
    return lost;
}

/* More than a pipe and the queue can hold. */
#define MANY 60000

static void an_unread_pipe_blocks_no_caller(void **state) {
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    struct outlet *outlet = open_outlet(fd);
    uint64_t longest_ns = 0;
    for (unsigned i = 0; i < MANY; i++) {
        const uint64_t begun_ns = clock_monotonic_ns();
        outlet_put(outlet, &sample_flow_end);
        const uint64_t took_ns = clock_monotonic_ns() - begun_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    }
    assert_true(longest_ns < NS_PER_S);
    const uint64_t begun_ns = clock_monotonic_ns();
    const unsigned lost = end_and_read_loss(outlet, 100);
    assert_true(clock_monotonic_ns() - begun_ns < 5 * NS_PER_S);
    assert_int_equal(close(fd), 0);
    const unsigned written = count_lines(reader);
    assert_in_range(written, 1, MANY - 1);
    assert_int_equal(written + lost, MANY);
    close(reader);
}

static void waiting_loses_no_event_to_a_slow_file(void **state) {
    (void)state;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct outlet *outlet = open_outlet(fd);
    outlet_allow_waiting(outlet, 60000);
    for (unsigned i = 0; i < MANY; i++) {
        outlet_put(outlet, &sample_flow_end);
    }
    assert_int_equal(outlet_end(outlet, 60000), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(count_lines(fd), MANY);
    close(fd);
}

static void a_failed_write_is_reported_at_the_end(void **state) {
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    struct outlet *outlet = open_outlet(fd);
    close(reader);
    outlet_put(outlet, &sample_arp);
    outlet_put(outlet, &sample_arp);
    assert_int_equal(outlet_end(outlet, 5000), -EPIPE);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_has_the_same_content_as_from_a_writer, begin, end),
        cmocka_unit_test_setup_teardown(an_unread_pipe_blocks_no_caller, begin, end),
        cmocka_unit_test_setup_teardown(waiting_loses_no_event_to_a_slow_file, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_write_is_reported_at_the_end, begin, end),
    };
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(root)) {
        return 1;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(root) == 0 ? failed : 1;
}

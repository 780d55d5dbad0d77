#include "script/log_queue.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static struct log_queue queue;
static FILE *captured;
static int real_stderr;

static int begin(void **state) {
    (void)state;
    memset(&queue, 0, sizeof queue);
    captured = tmpfile();
    if (!captured) {
        return -1;
    }
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    return dup2(fileno(captured), STDERR_FILENO) < 0;
}

static int end(void **state) {
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    return fclose(captured);
}

/* Number of written lines that contain this text. */
static unsigned written(const char *text) {
    char line[4096];
    unsigned count = 0;
    fflush(stderr);
    rewind(captured);
    while (fgets(line, sizeof line, captured)) {
        count += strstr(line, text) != NULL;
    }
    return count;
}

static void add(const char *text, bool always) {
    log_queue_add(&queue, LOG_LEVEL_ERROR, "some_classifier", text, strlen(text), always);
}

static void a_line_is_written_by_the_flush_and_once(void **state) {
    (void)state;
    add("hello", false);
    assert_int_equal(written("hello"), 0);
    log_queue_flush(&queue, SECOND);
    log_queue_flush(&queue, SECOND);
    assert_int_equal(written("some_classifier: hello"), 1);
}

static void a_full_queue_drops_and_counts(void **state) {
    (void)state;
    for (unsigned i = 0; i < LOG_QUEUE_LINES + 5; i++) {
        add("x", true);
    }
    assert_int_equal(queue.count, LOG_QUEUE_LINES);
    assert_int_equal(queue.dropped, 5);
}

static void classifiers_leave_room_for_the_host(void **state) {
    (void)state;
    for (unsigned i = 0; i < LOG_QUEUE_LINES; i++) {
        add("chatter", false);
    }
    for (unsigned i = 0; i < LOG_QUEUE_RESERVED; i++) {
        add("important", true);
    }
    assert_int_equal(queue.count, LOG_QUEUE_LINES);
    assert_int_equal(queue.dropped, LOG_QUEUE_RESERVED);
    log_queue_flush(&queue, SECOND);
    assert_int_equal(written("important"), LOG_QUEUE_RESERVED);
}

static void lines_over_the_rate_are_dropped_and_reported_later(void **state) {
    (void)state;
    for (unsigned i = 0; i < LOG_QUEUE_PER_SECOND + 20; i++) {
        add("chatter", false);
    }
    add("important", true);
    log_queue_flush(&queue, SECOND);
    assert_int_equal(written("chatter"), LOG_QUEUE_PER_SECOND);
    assert_int_equal(written("important"), 1);
    assert_int_equal(queue.dropped, 20);
    assert_int_equal(written("classifier log: dropped"), 0);
    log_queue_flush(&queue, 2 * SECOND);
    assert_int_equal(written("classifier log: dropped 20 lines: more than 100 per second"), 1);
    log_queue_flush(&queue, 3 * SECOND);
    assert_int_equal(written("classifier log: dropped"), 1);
}

static void lines_without_room_are_reported_as_such(void **state) {
    (void)state;
    for (unsigned i = 0; i < LOG_QUEUE_LINES + 7; i++) {
        add("important", true);
    }
    log_queue_flush(&queue, SECOND);
    assert_int_equal(written("classifier log: dropped 7 lines: the queue was full"), 1);
    log_queue_flush(&queue, 2 * SECOND);
    assert_int_equal(written("classifier log: dropped"), 1);
}

static void both_reasons_are_reported_separately(void **state) {
    (void)state;
    for (unsigned i = 0; i < LOG_QUEUE_LINES; i++) {
        add("chatter", false);
    }
    log_queue_flush(&queue, SECOND);
    log_queue_flush(&queue, 2 * SECOND);
    assert_int_equal(written("classifier log: dropped 28 lines: more than"), 1);
    assert_int_equal(written("classifier log: dropped 128 lines: the queue"), 1);
    assert_int_equal(queue.dropped, 28 + 128);
}

static void a_long_line_is_cut(void **state) {
    static char text[2 * LOG_QUEUE_TEXT];
    (void)state;
    memset(text, 'a', sizeof text);
    log_queue_add(&queue, LOG_LEVEL_ERROR, "c", text, sizeof text, false);
    assert_int_equal(strlen(queue.lines[0].text), LOG_QUEUE_TEXT - 1);
}

static void count_line(void *context, const struct log_queue_line *line) {
    unsigned *lines = context;
    assert_string_equal(line->name, "some_classifier");
    assert_string_equal(line->text, "hello");
    ++*lines;
}

/* All lines, regardless of the rate; lines of the host go to the log. */
static void lines_of_classifiers_go_to_a_taker_at_every_level(void **state) {
    (void)state;
    unsigned lines = 0;
    assert_false(dpae_log_enabled(&queue, LOG_LEVEL_DEBUG));
    queue.taker = (struct log_queue_taker){.take = count_line, .context = &lines};
    assert_true(dpae_log_enabled(&queue, LOG_LEVEL_DEBUG));
    for (unsigned i = 0; i < LOG_QUEUE_PER_SECOND + 10; i++) {
        add("hello", false);
    }
    add("the host's", true);
    log_queue_flush(&queue, SECOND);
    assert_int_equal(lines, LOG_QUEUE_PER_SECOND + 10);
    assert_int_equal(written("hello"), 0);
    assert_int_equal(written("the host's"), 1);
    assert_int_equal(queue.dropped, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_written_by_the_flush_and_once, begin, end),
        cmocka_unit_test_setup_teardown(a_full_queue_drops_and_counts, begin, end),
        cmocka_unit_test_setup_teardown(lines_of_classifiers_go_to_a_taker_at_every_level, begin,
                                        end),
        cmocka_unit_test_setup_teardown(classifiers_leave_room_for_the_host, begin, end),
        cmocka_unit_test_setup_teardown(lines_over_the_rate_are_dropped_and_reported_later, begin,
                                        end),
        cmocka_unit_test_setup_teardown(lines_without_room_are_reported_as_such, begin, end),
        cmocka_unit_test_setup_teardown(both_reasons_are_reported_separately, begin, end),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

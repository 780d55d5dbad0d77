#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void the_wall_clock_counts_nanoseconds_since_the_epoch(void **state) {
    (void)state;
    const uint64_t before = (uint64_t)time(NULL);
    const uint64_t now = clock_wall_ns();
    /* time() may lag behind by the kernel's tick. */
    assert_in_range(now / NS_PER_S, before, before + 60);
}

static void monotonic_clock_never_steps_back(void **state) {
    (void)state;
    uint64_t last = clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = clock_monotonic_ns();
        assert_true(now >= last);
        last = now;
    }
}

static void monotonic_clock_counts_nanoseconds(void **state) {
    (void)state;
    const struct timespec pause = {.tv_nsec = 2000000};
    const uint64_t before = clock_monotonic_ns();
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_in_range(clock_monotonic_ns() - before, 2 * NS_PER_MS, 60 * NS_PER_S);
}

static void a_time_is_formatted_in_utc_and_truncated_to_microseconds(void **state) {
    (void)state;
    static const struct {
        uint64_t time_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {UINT64_C(1704067212000000999), "2024-01-01T00:00:12.000000Z"},
        {UINT64_C(951782400123456789), "2000-02-29T00:00:00.123456Z"},
        {UINT64_MAX, "2554-07-21T23:34:33.709551Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_UTC_TEXT];
        assert_string_equal(clock_format_utc(cases[i].time_ns, text), cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_counts_nanoseconds_since_the_epoch),
        cmocka_unit_test(monotonic_clock_never_steps_back),
        cmocka_unit_test(a_time_is_formatted_in_utc_and_truncated_to_microseconds),
        cmocka_unit_test(monotonic_clock_counts_nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

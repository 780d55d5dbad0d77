#include "worker/gap.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A worker that is looked at every 50 ms, from second 100 on, and dies. */
static const struct {
    const char *what;
    unsigned alive_ms;      /* from its start to its latest round */
    unsigned per_s, late;   /* frames in a second; from the last second on */
    unsigned away_ms;       /* until another one captures */
    unsigned missed, range; /* the estimate, and by how much it may be off */
} cases[] = {
    {"packets go on as before", 10000, 1000, 1000, 250, 250, 1},
    {"packets came faster lately", 10000, 10, 1000, 1000, 1000, 510},
    {"it dies just after a mark", 9020, 1000, 1000, 250, 250, 1},
    {"it had just begun", 300, 1000, 1000, 100, 100, 1},
    {"it had not captured yet", 0, 1000, 1000, 100, 0, 0},
    {"nothing came", 10000, 0, 0, 10000, 0, 0},
    {"another one was there at once", 10000, 1000, 1000, 0, 0, 0},
};

static uint64_t frames_at(unsigned i, unsigned ms) {
    const unsigned turn = cases[i].alive_ms > 1000 ? cases[i].alive_ms - 1000 : 0;
    return ms <= turn ? (uint64_t)ms * cases[i].per_s / 1000
                      : (uint64_t)turn * cases[i].per_s / 1000 +
                            (uint64_t)(ms - turn) * cases[i].late / 1000;
}

static void what_was_missed_is_estimated(void **state) {
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gap gap = {0};
        struct gap_report report;
        const uint64_t start_ns = 100 * NS_PER_S;
        gap_start(&gap);
        for (unsigned ms = 0; ms < cases[i].alive_ms; ms += 50) {
            gap_follow(&gap, start_ns + ms * NS_PER_MS, frames_at(i, ms));
        }
        const uint64_t latest_ns = start_ns + cases[i].alive_ms * NS_PER_MS;
        assert_false(gap_end(&gap, latest_ns, &report));
        gap_begin(&gap, latest_ns, frames_at(i, cases[i].alive_ms));
        assert_true(gap_end(&gap, latest_ns + cases[i].away_ms * NS_PER_MS, &report));
        if (report.missed + cases[i].range < cases[i].missed ||
            report.missed > cases[i].missed + cases[i].range) {
            fail_msg("%s: %u instead of %u", cases[i].what, (unsigned)report.missed,
                     cases[i].missed);
        }
        assert_int_equal(gap.total_ms, cases[i].away_ms);
        assert_int_equal(gap.missed, report.missed);
        assert_false(gap_end(&gap, latest_ns + NS_PER_S, &report));
    }
}

static void deaths_without_a_capture_in_between_are_one_gap(void **state) {
    struct gap gap = {0};
    struct gap_report report;
    (void)state;
    gap_start(&gap);
    gap_follow(&gap, 100 * NS_PER_S, 0);
    gap_begin(&gap, 110 * NS_PER_S, 1000);
    gap_start(&gap);
    gap_begin(&gap, 112 * NS_PER_S, 1000);
    assert_true(gap_end(&gap, 115 * NS_PER_S, &report));
    assert_int_equal(report.missed, 500);
    assert_int_equal(gap.total_ms, 5000);
    gap_start(&gap);
    gap_follow(&gap, 115 * NS_PER_S, 1000);
    gap_begin(&gap, 116 * NS_PER_S, 1200);
    assert_true(gap_end(&gap, 117 * NS_PER_S, &report));
    assert_int_equal(report.missed, 200);
    assert_int_equal(gap.total_ms, 6000);
    assert_int_equal(gap.missed, 700);
}

/* What a worker has written is no reason for nonsense. */
static void numbers_of_a_mad_worker_are_bounded(void **state) {
    struct gap gap = {0};
    struct gap_report report;
    (void)state;
    gap_start(&gap);
    gap_follow(&gap, 100 * NS_PER_S, 1000);
    gap_begin(&gap, 101 * NS_PER_S, UINT64_MAX);
    assert_true(gap_end(&gap, 102 * NS_PER_S, &report));
    assert_int_equal(report.missed, 1000000000000);
    gap_start(&gap);
    gap_follow(&gap, 103 * NS_PER_S, 1000);
    gap_begin(&gap, 104 * NS_PER_S, 10);
    assert_true(gap_end(&gap, 103 * NS_PER_S, &report));
    assert_int_equal(report.missed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_missed_is_estimated),
        cmocka_unit_test(deaths_without_a_capture_in_between_are_one_gap),
        cmocka_unit_test(numbers_of_a_mad_worker_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

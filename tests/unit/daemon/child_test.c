#include "daemon/child.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void restarts_back_off(void **state) {
    (void)state;
    static const struct {
        unsigned failures;
        uint64_t ms;
    } cases[] = {{0, 0},     {1, 0},     {2, 500},   {3, 1000},    {4, 2000},
                 {7, 16000}, {8, 30000}, {9, 30000}, {1000, 30000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(child_restart_delay_ns(cases[i].failures), cases[i].ms * NS_PER_MS);
    }
}

static void events_of_a_mad_worker_are_refused(void **state) {
    (void)state;
    struct child child = {.interface = "test", .workers = 1};
    struct error error;
    struct event event = {.kind = EVENT_KIND_COUNT};
    uint64_t refused = 0;
    assert_int_equal(child_open(&child, &error), 0);
    assert_true(ring_put(&child.ring, &event, 100));
    event = (struct event){.kind = EVENT_VERDICT};
    event.verdict.ends.ip_version = 4;
    event.verdict.actions = EVENT_SUPPRESS;
    event.verdict.flow_packets = 8;
    assert_true(ring_put(&child.ring, &event, sizeof event));
    event = (struct event){0};
    assert_true(child_take_event(&child, &event, &refused));
    assert_int_equal(event.verdict.flow_packets, 8);
    assert_int_equal(refused, 1);
    assert_false(child_take_event(&child, &event, &refused));
    child_close(&child);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_back_off),
        cmocka_unit_test(events_of_a_mad_worker_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

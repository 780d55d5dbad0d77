#include "pipeline/sets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NO SETS_NONE

struct set_case {
    uint64_t before[4], after[4]; /* 0 terminates */
    uint8_t places[4];            /* of the members of before in after */
};

static unsigned count_of(const uint64_t members[4]) {
    unsigned count = 0;
    while (count < 4 && members[count]) {
        count++;
    }
    return count;
}

static void places_are_mapped_to_the_current_set(void **state) {
    (void)state;
    static const struct set_case cases[] = {
        {{1, 2, 3}, {1, 2, 3}, {0, 1, 2}},
        {{1, 2, 3}, {3, 1, 2}, {1, 2, 0}},
        {{1, 2, 3}, {4, 2}, {NO, 1, NO}},
        {{1}, {2, 3, 4, 1}, {3}},
        {{1, 2}, {0}, {NO, NO}},
        {{0}, {1}, {0}},
        {{1, 2, 3, 4}, {4, 3, 2, 1}, {3, 2, 1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sets sets = {0};
        const unsigned count = count_of(cases[i].before);
        const uint16_t before = sets_put(&sets, cases[i].before, count);
        const uint16_t after = sets_put(&sets, cases[i].after, count_of(cases[i].after));
        const struct set *set = sets_find(&sets, before);
        assert_true(before != 0 && after != 0);
        assert_non_null(set);
        assert_int_equal(set->count, count);
        assert_memory_equal(set->places, cases[i].places, count);
    }
}

static void a_generation_identifies_a_set(void **state) {
    (void)state;
    static const uint64_t sets_of[][4] = {{1, 2}, {2, 1}, {1}, {2}, {0}, {3, 1, 2}, {1, 2, 3}};
    enum { COUNT = sizeof sets_of / sizeof *sets_of };
    uint16_t generations[COUNT];
    struct sets sets = {0};
    for (unsigned i = 0; i < COUNT; i++) {
        generations[i] = sets_put(&sets, sets_of[i], count_of(sets_of[i]));
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(generations[k], generations[i]);
        }
    }
    struct sets fresh = {0};
    assert_int_equal(sets_put(&fresh, sets_of[3], 1), generations[3]);
    assert_int_equal(sets_put(&sets, sets_of[0], 2), generations[0]);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_non_null(sets_find(&sets, generations[i]));
    }
}

/* The returning set is not evicted. */
static void a_returning_set_evicts_no_other(void **state) {
    (void)state;
    struct sets sets = {0};
    uint16_t generations[SETS_KNOWN];
    for (uint64_t member = 1; member < SETS_KNOWN; member++) {
        generations[member] = sets_put(&sets, &member, 1);
        (void)sets_put(&sets, (const uint64_t[]){1}, 1);
    }
    for (unsigned member = 1; member < SETS_KNOWN; member++) {
        assert_non_null(sets_find(&sets, generations[member]));
    }
    for (uint64_t member = 100; member < 107; member++) { /* 1 was the most recent */
        (void)sets_put(&sets, &member, 1);
    }
    assert_non_null(sets_find(&sets, generations[1]));
    assert_null(sets_find(&sets, generations[2]));
}

static void the_oldest_sets_are_forgotten(void **state) {
    (void)state;
    struct sets sets = {0};
    uint16_t generations[SETS_KNOWN + 1];
    for (unsigned i = 0; i <= SETS_KNOWN; i++) {
        const uint64_t member = 1000 + i;
        generations[i] = sets_put(&sets, &member, 1);
    }
    assert_null(sets_find(&sets, generations[0]));
    assert_null(sets_find(&sets, 0));
    for (unsigned i = 1; i <= SETS_KNOWN; i++) {
        assert_non_null(sets_find(&sets, generations[i]));
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_mapped_to_the_current_set),
        cmocka_unit_test(a_generation_identifies_a_set),
        cmocka_unit_test(a_returning_set_evicts_no_other),
        cmocka_unit_test(the_oldest_sets_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

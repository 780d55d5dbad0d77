#include "base/counter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct numbers {
    uint64_t one, several[3], level, set;
    uint64_t each[2][2]; /* of two things */
};

static const char *name_of(unsigned part) {
    static const char *const names[] = {"first", NULL, "third"};
    return names[part];
}

static const struct counter rows[] = {
    {COUNTER_AT(struct numbers, one)},
    {COUNTER_AT(struct numbers, several), .name = name_of},
    {COUNTER_AT(struct numbers, level), .kind = COUNTER_LEVEL},
    {COUNTER_AT(struct numbers, set), .kind = COUNTER_SET},
};
static const struct counter_table table = COUNTER_TABLE(rows);

static const struct counter each_rows[] = {{COUNTER_AT(struct numbers, each[0])}};
static const struct counter_table each = COUNTER_TABLE(each_rows);

static void sums_add_up_and_of_the_rest_the_latest_holds(void **state) {
    (void)state;
    struct numbers total = {1, {2, 3, 4}, 5, 6, {{7, 8}, {9, 10}}};
    const struct numbers more = {10, {20, 30, 40}, 50, 60, {{70, 80}, {90, 100}}};
    const struct numbers expected = {11, {22, 33, 44}, 50, 60, {{77, 88}, {99, 110}}};
    counter_add(&table, &total, &more, 1);
    counter_add(&each, &total, &more, 2);
    assert_memory_equal(&total, &expected, sizeof total);
}

static void numbers_are_found_by_row_and_place(void **state) {
    (void)state;
    const struct numbers numbers = {1, {2, 3, 4}, 5, 6, {{7, 8}, {9, 10}}};
    assert_int_equal(table.count, 4);
    assert_int_equal(rows[1].count, 3);
    assert_int_equal(counter_numbers(&rows[1], &numbers, 0)[2], 4);
    assert_int_equal(counter_numbers(&each_rows[0], &numbers, 0)[1], 8);
    assert_int_equal(counter_numbers(&each_rows[0], &numbers, 1)[0], 9);
}

static void a_total_has_what_is_shown(void **state) {
    (void)state;
    const struct numbers numbers = {.one = 1, .several = {2, 3, 4}};
    assert_int_equal(counter_total(&rows[0], &numbers.one), 1);
    assert_int_equal(counter_total(&rows[1], numbers.several), 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_add_up_and_of_the_rest_the_latest_holds),
        cmocka_unit_test(numbers_are_found_by_row_and_place),
        cmocka_unit_test(a_total_has_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

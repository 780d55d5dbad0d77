#include "base/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_fault_is_formatted_without_the_parts_that_are_zero(void **state) {
    (void)state;
    static const struct {
        struct fault fault;
        const char *text;
    } cases[] = {
        {{.line = 3, .column = 9, .source = "a.yaml", .message = "bad"}, "a.yaml:3:9: bad"},
        {{.line = 3, .source = "a.yaml", .message = "bad"}, "a.yaml:3: bad"},
        {{.column = 9, .source = "a.yaml", .message = "bad"}, "a.yaml: bad"},
        {{.source = "controller", .message = "bad"}, "controller: bad"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        fault_format(&cases[i].fault, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void format_truncates_and_terminates(void **state) {
    (void)state;
    const struct fault fault = {.line = 12, .source = "a.yaml", .message = "bad"};
    char text[9];
    fault_format(&fault, text, sizeof text);
    assert_string_equal(text, "a.yaml:1");
}

static void add_keeps_faults_in_order(void **state) {
    (void)state;
    struct faults faults = {0};
    faults_add(&faults, FAULT_ERROR, "a.yaml", 1, 2, "first %d", 1);
    faults_add(&faults, FAULT_WARNING, "b.yaml", 0, 0, "second");
    assert_int_equal(faults.count, 2);
    assert_int_equal(faults.errors, 1);
    assert_int_equal(faults.dropped, 0);
    assert_int_equal(faults.items[0].severity, FAULT_ERROR);
    assert_int_equal(faults.items[0].line, 1);
    assert_int_equal(faults.items[0].column, 2);
    assert_string_equal(faults.items[0].source, "a.yaml");
    assert_string_equal(faults.items[0].message, "first 1");
    assert_int_equal(faults.items[1].severity, FAULT_WARNING);
    assert_string_equal(faults.items[1].message, "second");
    faults_free(&faults);
}

static void the_first_error_is_found_among_warnings(void **state) {
    (void)state;
    struct faults faults = {0};
    assert_null(faults_first_error(&faults));
    faults_add(&faults, FAULT_WARNING, "a.yaml", 1, 1, "odd");
    assert_null(faults_first_error(&faults));
    faults_add(&faults, FAULT_ERROR, "a.yaml", 2, 1, "bad");
    faults_add(&faults, FAULT_ERROR, "a.yaml", 3, 1, "worse");
    assert_string_equal(faults_first_error(&faults)->message, "bad");
    faults_free(&faults);
}

static void faults_beyond_the_limit_are_only_counted(void **state) {
    (void)state;
    struct faults faults = {0};
    for (int i = 0; i < FAULTS_MAX + 5; i++) {
        faults_add(&faults, FAULT_ERROR, "a.yaml", 1, 1, "fault %d", i);
    }
    assert_int_equal(faults.count, FAULTS_MAX);
    assert_int_equal(faults.errors, FAULTS_MAX + 5);
    assert_int_equal(faults.dropped, 5);
    assert_string_equal(faults.items[FAULTS_MAX - 1].message, "fault 99");
    faults_free(&faults);
}

static void quoted_hostile_text_cannot_forge_a_line(void **state) {
    (void)state;
    struct faults faults = {0};
    faults_add(&faults, FAULT_ERROR, "a\n.yaml", 1, 1, "found '%s'", "x\na.yaml:9: \033[2J");
    assert_string_equal(faults.items[0].source, "a\\n.yaml");
    assert_string_equal(faults.items[0].message, "found 'x\\na.yaml:9: \\x1b[2J'");
    faults_free(&faults);
}

static void long_texts_are_truncated(void **state) {
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct faults faults = {0};
    faults_add(&faults, FAULT_ERROR, text, 1, 1, "%s", text);
    assert_int_equal(strlen(faults.items[0].source), sizeof faults.items[0].source - 1);
    assert_int_equal(strlen(faults.items[0].message), sizeof faults.items[0].message - 1);
    faults_free(&faults);
}

static void free_leaves_the_list_empty_and_usable(void **state) {
    (void)state;
    struct faults faults = {0};
    faults_free(&faults);
    faults_add(&faults, FAULT_ERROR, "a.yaml", 1, 1, "bad");
    faults_free(&faults);
    assert_null(faults.items);
    assert_int_equal(faults.count + faults.errors + faults.dropped, 0);
    faults_add(&faults, FAULT_ERROR, "a.yaml", 1, 1, "worse");
    assert_string_equal(faults.items[0].message, "worse");
    faults_free(&faults);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_formatted_without_the_parts_that_are_zero),
        cmocka_unit_test(format_truncates_and_terminates),
        cmocka_unit_test(add_keeps_faults_in_order),
        cmocka_unit_test(the_first_error_is_found_among_warnings),
        cmocka_unit_test(faults_beyond_the_limit_are_only_counted),
        cmocka_unit_test(quoted_hostile_text_cannot_forge_a_line),
        cmocka_unit_test(long_texts_are_truncated),
        cmocka_unit_test(free_leaves_the_list_empty_and_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

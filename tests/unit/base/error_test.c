#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void set_formats_the_message_and_returns_the_code(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, -ENOENT, "no file '%s'", "a.yaml"), -ENOENT);
    assert_int_equal(error.code, -ENOENT);
    assert_string_equal(error.message, "no file 'a.yaml'");
}

static void set_may_quote_the_message_it_replaces(void **state) {
    (void)state;
    struct error error = {.message = "disk full"};
    (void)error_set(&error, -EIO, "cannot write: %s", error.message);
    assert_string_equal(error.message, "cannot write: disk full");
}

static void a_prefix_precedes_the_message_and_keeps_the_code(void **state) {
    (void)state;
    struct error error = {.code = -EINVAL, .message = "bad port"};
    assert_int_equal(error_prefix(&error, "%s:%d: ", "a.yaml", 7), -EINVAL);
    assert_string_equal(error.message, "a.yaml:7: bad port");
}

static void long_texts_are_truncated_to_the_message_size(void **state) {
    (void)state;
    char text[2 * sizeof(((struct error *)0)->message)];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error error = {0};
    (void)error_set(&error, -EINVAL, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    (void)error_prefix(&error, "y");
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(error.message[0], 'y');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_formats_the_message_and_returns_the_code),
        cmocka_unit_test(set_may_quote_the_message_it_replaces),
        cmocka_unit_test(a_prefix_precedes_the_message_and_keeps_the_code),
        cmocka_unit_test(long_texts_are_truncated_to_the_message_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

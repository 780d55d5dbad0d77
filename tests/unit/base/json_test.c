#include "base/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One of each kind, into an object or a list. */
static void put_all(struct json *json, const char *const keys[8]) {
    json_put_text(json, keys[0], "a \"quoted\" text");
    json_put_text_or_null(json, keys[1], "");
    json_put_text_or_null(json, keys[2], NULL);
    json_put_number(json, keys[3], UINT64_MAX);
    json_put_number_or_null(json, keys[4], false, 7);
    json_put_seconds(json, keys[5], 1700000000123456789, 9);
    json_put_seconds(json, keys[6], 1999999999, 3);
    json_put_bool(json, keys[7], true);
}

#define WITHOUT_KEYS                                                                               \
    "\"a \\\"quoted\\\" "                                                                          \
    "text\",null,null,18446744073709551615,null,1700000000.123456789,1.999,true"

static void members_keep_their_order_and_their_digits(void **state) {
    (void)state;
    static const char *const keys[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    static const char *const none[8] = {NULL};
    struct json object, list;
    json_open_object(&object);
    json_open_list(&list);
    put_all(&object, keys);
    put_all(&list, none);
    json_put(&object, "list", &list);
    char *text = json_close(&object);
    assert_string_equal(text, "{\"a\":\"a \\\"quoted\\\" text\",\"b\":null,\"c\":null,"
                              "\"d\":18446744073709551615,\"e\":null,"
                              "\"f\":1700000000.123456789,\"g\":1.999,\"h\":true,"
                              "\"list\":[" WITHOUT_KEYS "]}");
    free(text);
}

static void a_text_that_does_not_fit_is_an_error(void **state) {
    (void)state;
    char text[64];
    struct json object;
    json_open_object(&object);
    json_put_number(&object, "n", 1);
    assert_int_equal(json_close_into(&object, text, sizeof text), strlen("{\"n\":1}"));
    assert_string_equal(text, "{\"n\":1}");
    json_open_object(&object);
    json_put_text(&object, "text", "longer than the 16 bytes that it has room for");
    assert_int_equal(json_close_into(&object, text, 16), -ENOSPC);
}

/* As after cJSON found no memory for the object, or for a member of it. */
static void a_lack_of_memory_is_reported_at_the_end(void **state) {
    (void)state;
    char text[64];
    struct json lost = {.node = NULL, .failed = true}, object;
    json_put_number(&lost, "n", 1);
    json_open_object(&object);
    json_put(&object, "member", &lost);
    assert_int_equal(json_close_into(&object, text, sizeof text), -ENOMEM);
    json_open_list(&object);
    object.failed = true;
    assert_null(json_close(&object));
}

static void a_string_is_decoded_and_anything_else_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *content;
    } cases[] = {
        {"\"plain\"", "plain"},
        {" \"a\\nb\" \r\n", "a\nb"},
        {"\"cut\\u0000here\"", "cut"},
        {"", NULL},
        {"  ", NULL},
        {"12", NULL},
        {"[\"a\"]", NULL},
        {"\"a\" b", NULL},
        {"\"open", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *content = json_string_content(cases[i].text, strlen(cases[i].text));
        if (cases[i].content) {
            assert_non_null(content);
            assert_string_equal(content, cases[i].content);
        } else {
            assert_null(content);
        }
        free(content);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_order_and_their_digits),
        cmocka_unit_test(a_text_that_does_not_fit_is_an_error),
        cmocka_unit_test(a_lack_of_memory_is_reported_at_the_end),
        cmocka_unit_test(a_string_is_decoded_and_anything_else_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

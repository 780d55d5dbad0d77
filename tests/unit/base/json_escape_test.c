#include "base/json.h"

#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *json, *text; /* text is the value of "a"; NULL: rejected */
} cases[] = {
    {"{\"a\": \"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80"},
    {" [\"\\uD83D\\uDE00!\"]", "\xf0\x9f\x98\x80!"},
    {"{\"a\": \"x\\ud83d\\ude00\\ud83d\\ude01\"}", "x\xf0\x9f\x98\x80\xf0\x9f\x98\x81"},
    {"{\"a\": \"\\u00e9\\ud83d\\ude00\"}", "\xc3\xa9\xf0\x9f\x98\x80"},
    {"{\"a\": \"\\\\ud83d\\\\ude00\"}", "\\ud83d\\ude00"},
    {"{\"a\": \"\\ud83d\"}", NULL},
    {"{\"a\": \"\\ude00\\ud83d\"}", NULL},
    {"{\"a\": \"\\ud83dx\\ude00\"}", NULL},
};

static void a_surrogate_pair_becomes_one_character(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults faults = {0};
        struct yaml_document *document;
        print_message("%s\n", cases[i].json);
        const int result =
            yaml_parse(cases[i].json, strlen(cases[i].json), "test", &document, &faults);
        if (cases[i].text) {
            assert_int_equal(result, 0);
            assert_string_equal(yaml_root(document)->items[0]->text, cases[i].text);
        } else {
            assert_int_not_equal(result, 0);
            assert_int_equal(faults.errors, 1);
        }
        yaml_release(document);
        faults_free(&faults);
    }
}

static void yaml_text_is_unchanged(void **state) {
    (void)state;
    static const char text[] = "a: '\\ud83d\\ude00'";
    assert_false(json_has_pairs(text, strlen(text)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_surrogate_pair_becomes_one_character),
        cmocka_unit_test(yaml_text_is_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

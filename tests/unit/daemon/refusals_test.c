#include "daemon/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What rehearsals said, one after another at times 1, 2 and so on, and what is refused then:
 * "classifier since error", a line each. */
static const struct refusals_case {
    const char *name;
    struct said {
        const char *text;
        bool failed;
    } said[3];
    const char *refused;
} cases[] = {
    {"nothing is wrong", {{"", false}}, ""},
    {"one is refused", {{"a\ta.lua:1: no\n", false}}, "a 1 a.lua:1: no\n"},
    {"two are", {{"a\tx\nb\ty\n", false}}, "a 1 x\nb 1 y\n"},
    {"it is mended", {{"a\tx\n", false}, {"", false}}, ""},
    {"one of two is mended", {{"a\tx\nb\ty\n", false}, {"b\ty\n", false}}, "b 1 y\n"},
    {"refused again: the first time, the latest error",
     {{"a\tx\n", false}, {"a\ty\n", false}},
     "a 1 y\n"},
    {"mended, then refused again", {{"a\tx\n", false}, {"", false}, {"a\tz\n", false}}, "a 3 z\n"},
    {"its first line counts", {{"a\tx\na\ty\n", false}}, "a 1 x\n"},
    {"one hangs: what was refused before still is",
     {{"a\tx\n", false}, {"b\tclassifier b is stuck\n", true}},
     "a 1 x\nb 2 classifier b is stuck\n"},
    {"it failed without a word", {{"", true}}, " 1 loading them failed\n"},
    {"it failed, nobody knows whose fault it is", {{"no memory\n", true}}, " 1 no memory\n"},
    {"after a failure all is well", {{"", true}, {"", false}}, ""},
    {"a line that was cut", {{"a\tx\nb\ty", false}}, "a 1 x\nb 1 y\n"},
};

static void refusals_are_known_until_they_are_mended(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct refusals refusals = {0};
        char text[1024] = "";
        size_t used = 0;
        for (unsigned j = 0; j < 3 && cases[i].said[j].text; j++) {
            refusals_take(&refusals, cases[i].said[j].text, !cases[i].said[j].failed, j + 1);
        }
        for (unsigned j = 0; j < refusals.count; j++) {
            const struct refusal *refusal = &refusals.items[j];
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s %u %s\n", refusal->classifier,
                                 (unsigned)refusal->since_ns, refusal->error);
        }
        if (strcmp(text, cases[i].refused) != 0) {
            fail_msg("%s: '%s'", cases[i].name, text);
        }
    }
}

/* Whatever a rehearsal that went mad says. */
static void what_is_too_much_is_cut(void **state) {
    (void)state;
    struct refusals refusals = {0};
    static char text[16384];
    memset(text, 'x', sizeof text - 1);
    refusals_take(&refusals, text, true, 1);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(strlen(refusals.items[0].error), sizeof refusals.items[0].error - 1);
    text[100] = '\t';
    refusals_take(&refusals, text, true, 1);
    assert_int_equal(strlen(refusals.items[0].classifier), SCRIPT_NAME_MAX - 1);
    for (unsigned i = 0; i < sizeof text - 3; i += 3) {
        text[i] = (char)('0' + i % 71);
        text[i + 1] = '\t';
        text[i + 2] = '\n';
    }
    refusals_take(&refusals, text, true, 1);
    assert_int_equal(refusals.count, SCRIPT_CLASSIFIERS_MAX + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_are_known_until_they_are_mended),
        cmocka_unit_test(what_is_too_much_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    const char *text;
    size_t size;
    const char *escaped;
} cases[] = {
    {"plain text stays", "GET /index.html", 64, "GET /index.html"},
    {"empty", "", 64, ""},
    {"line ends and tab", "a\nb\rc\td", 64, "a\\nb\\rc\\td"},
    {"terminal escape", "\033[31mred", 64, "\\x1b[31mred"},
    {"lowest control and DEL", "\001\177", 64, "\\x01\\x7f"},
    {"a backslash stays", "a\\b", 64, "a\\b"},
    {"UTF-8 of 2, 3 and 4 bytes stays", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 64,
     "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"C1 control in UTF-8",
     "\xc2\x9b"
     "31m",
     64, "\\xc2\\x9b31m"},
    {"the first character after C1 stays", "\xc2\xa0", 64, "\xc2\xa0"},
    {"lone continuation byte", "\x9b", 64, "\\x9b"},
    {"overlong 2 bytes", "\xc0\x8a", 64, "\\xc0\\x8a"},
    {"overlong 3 bytes", "\xe0\x80\x8a", 64, "\\xe0\\x80\\x8a"},
    {"overlong 4 bytes", "\xf0\x80\x80\x8a", 64, "\\xf0\\x80\\x80\\x8a"},
    {"surrogate", "\xed\xa0\x80", 64, "\\xed\\xa0\\x80"},
    {"beyond U+10FFFF", "\xf4\x90\x80\x80", 64, "\\xf4\\x90\\x80\\x80"},
    {"cut sequence at the end", "a\xe2\x82", 64, "a\\xe2\\x82"},
    {"cut sequence before text", "\xe2\x82 a", 64, "\\xe2\\x82 a"},
    {"text fills the room", "abc", 4, "abc"},
    {"text is truncated", "abcd", 4, "abc"},
    {"no room at all", "abc", 1, ""},
    {"an escape is not cut", "ab\n", 4, "ab"},
    {"a long escape is not cut", "ab\001", 6, "ab"},
    {"a character is not cut", "ab\xe2\x82\xac", 5, "ab"},
};

static void text_is_escaped_for_one_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[65];
        memset(out, '#', sizeof out);
        const size_t length = escape_text(cases[i].text, out, cases[i].size);
        if (strcmp(out, cases[i].escaped) != 0 || length != strlen(out)) {
            fail_msg("%s: got '%s' (%zu)", cases[i].name, out, length);
        }
        assert_int_equal(out[cases[i].size], '#');
    }
}

static void event_text_is_printable_ascii_with_whole_escapes(void **state) {
    (void)state;
    static const struct {
        const char *before, *text;
        size_t length, size;
        const char *after;
    } rows[] = {
        {"", "a~ b", 4, 65, "a~ b"}, {"x", "\\\n\0\377", 4, 65, "x\\\\\\010\\000\\255"},
        {"ab", "cd", 2, 4, "abc"},   {"ab", "\\", 1, 4, "ab"},
        {"", "\1", 1, 4, ""},        {"", "\1", 1, 5, "\\001"},
        {"abc", "d", 1, 4, "abc"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[66];
        memset(text, '#', sizeof text);
        memcpy(text, rows[i].before, strlen(rows[i].before) + 1);
        escape_ascii_append(text, rows[i].size, (const uint8_t *)rows[i].text, rows[i].length);
        assert_string_equal(text, rows[i].after);
        assert_int_equal(text[rows[i].size], '#');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_for_one_line),
        cmocka_unit_test(event_text_is_printable_ascii_with_whole_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "bytes/pattern.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BUDGET 100000

struct find_case {
    const char *name;
    const char *text;
    const char *pattern;
    int32_t init;
    int result; /* 1 + captures, 0, or a problem */
    int32_t first, last;
    int32_t captures[8]; /* first, last, first, ... */
};

static const struct find_case finds[] = {
    {"a letter", "abc", "b", 1, 1, 2, 2, {0}},
    {"the empty match, at init", "abc", "", 2, 1, 2, 1, {0}},
    {"the empty match, after the end", "abc", "", 9, 1, 4, 3, {0}},
    {"init from the end", "abcabc", "b", -3, 1, 5, 5, {0}},
    {"init before the beginning", "abc", "a", -9, 1, 1, 1, {0}},
    {"no match", "abc", "d", 1, 0, 0, 0, {0}},
    {"an anchor", "abc", "^b", 1, 0, 0, 0, {0}},
    {"an anchor at init", "abc", "^b", 2, 1, 2, 2, {0}},
    {"the end", "abc", "c$", 1, 1, 3, 3, {0}},
    {"a $ that is not last", "a$b", "$b", 1, 1, 2, 3, {0}},
    {"the longest", "aaab", "a*", 1, 1, 1, 3, {0}},
    {"the longest, given back", "aaab", "a*ab", 1, 1, 1, 4, {0}},
    {"at least one", "bbab", "a+", 1, 1, 3, 3, {0}},
    {"the shortest", "aaab", "a-b", 1, 1, 1, 4, {0}},
    {"at least one of a class", "1a", "%a+", 1, 1, 2, 2, {0}},
    {"a first byte that need not be there", "xb", "a-b", 1, 1, 2, 2, {0}},
    {"a first byte that occurs at most once", "xb", "a?b", 1, 1, 2, 2, {0}},
    {"an optional one", "ac", "ab?c", 1, 1, 1, 2, {0}},
    {"classes", "x1 _", "%a%d%s%p", 1, 1, 1, 4, {0}},
    {"an empty class", "abc1", "%A", 1, 1, 4, 4, {0}},
    {"bytes above ASCII are of no class", "\xc3\xa4", "%w", 1, 0, 0, 0, {0}},
    {"a set", "xyz-", "[%a-]+", 1, 1, 1, 4, {0}},
    {"a range", "axb", "[b-y]", 1, 1, 2, 2, {0}},
    {"a - that ends a set", "x-a", "[a-]+", 1, 1, 2, 3, {0}},
    {"a set that is inverted", "aab", "[^a]", 1, 1, 3, 3, {0}},
    {"a set that begins with ]", "a]", "[]]", 1, 1, 2, 2, {0}},
    {"a capture", "key=value", "(%w+)=(%w+)", 1, 3, 1, 9, {1, 3, 5, 9}},
    {"a capture that ends in vain first", "aab", "(a-)b", 1, 2, 1, 3, {1, 2}},
    {"a capture that begins in vain first", "aab", "a*(a)b", 1, 2, 1, 3, {2, 2}},
    {"captures in captures", "ab", "((a)b)", 1, 3, 1, 2, {1, 2, 1, 1}},
    {"a position", "abc", "b()", 1, 2, 2, 2, {3, -1}},
    {"an empty capture", "abc", "b(x*)", 1, 2, 2, 2, {3, 2}},
    {"a capture again", "abab", "(a.)%1", 1, 2, 1, 4, {1, 2}},
    {"a position again", "aa", "()a%1", 1, 0, 0, 0, {0}},
    {"brackets", "f(a(b)c)d", "%b()", 1, 1, 2, 8, {0}},
    {"brackets that stay open", "f(a(b)", "^f%b()", 1, 0, 0, 0, {0}},
    {"a frontier", "THE (quick) fox", "%f[%a]%l+%f[%A]", 1, 1, 6, 10, {0}},
    {"a frontier at the end", "ab", "%f[%z]", 1, 1, 3, 2, {0}},
    {"a literal %", "5%", "%%", 1, 1, 2, 2, {0}},
    {"a quantifier in front", "a*b", "*b", 1, 1, 2, 3, {0}},
    {"a % at the end", "a", "a%", 1, PATTERN_ENDS_WITH_ESCAPE, 0, 0, {0}},
    {"a % that is not reached", "b", "a%", 1, 0, 0, 0, {0}},
    {"an open set", "a", "[a", 1, PATTERN_OPEN_SET, 0, 0, {0}},
    {"an open set with %", "a", "[a%]", 1, PATTERN_OPEN_SET, 0, 0, {0}},
    {"%b without its bytes", "a", "%b(", 1, PATTERN_UNBALANCED, 0, 0, {0}},
    {"%f without a set", "a", "%fa", 1, PATTERN_NO_FRONTIER, 0, 0, {0}},
    {"a ) too many", "a", "a)", 1, PATTERN_NO_OPEN_CAPTURE, 0, 0, {0}},
    {"an unfinished capture", "a", "(a", 1, PATTERN_UNFINISHED, 0, 0, {0}},
    {"a capture that there is not", "a", "%1", 1, PATTERN_NO_SUCH_CAPTURE, 0, 0, {0}},
    {"a capture in itself", "a", "(%1)", 1, PATTERN_NO_SUCH_CAPTURE, 0, 0, {0}},
};

static void a_pattern_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
        const struct find_case *c = &finds[i];
        struct pattern_match match;
        const int result = dpae_pattern_find(c->text, (uint32_t)strlen(c->text), c->pattern,
                                             c->init, BUDGET, &match);
        if (result != c->result || (result > 0 && match.first[0] != c->first) ||
            (result > 0 && match.last[0] != c->last)) {
            fail_msg("%s: %d from %d to %d", c->name, result, match.first[0], match.last[0]);
        }
        for (int capture = 0; capture < result - 1; capture++) {
            if (match.first[capture + 1] != c->captures[2 * capture] ||
                match.last[capture + 1] != c->captures[2 * capture + 1]) {
                fail_msg("%s: capture %d from %d to %d", c->name, capture + 1,
                         match.first[capture + 1], match.last[capture + 1]);
            }
        }
    }
}

static void a_frontier_does_not_read_before_the_text(void **state) {
    (void)state;
    struct pattern_match match;
    assert_int_equal(dpae_pattern_find(&"xab"[1], 2, "^%f[%a]ab", 1, BUDGET, &match), 1);
    assert_int_equal(dpae_pattern_find("xab", 3, "^%f[%a]ab", 2, BUDGET, &match), 0);
}

static void classes_match_the_c_locale(void **state) {
    (void)state;
    static const struct {
        char letter;
        int (*is)(int);
    } classes[] = {
        {'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
        {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const char in[] = {'%', classes[i].letter, '\0'};
        const char out[] = {'%', (char)toupper(classes[i].letter), '\0'};
        for (int byte = 0; byte < 256; byte++) {
            const char text = (char)byte;
            struct pattern_match match;
            const int expected = classes[i].is(byte) != 0;
            if (dpae_pattern_find(&text, 1, in, 1, BUDGET, &match) != expected ||
                dpae_pattern_find(&text, 1, out, 1, BUDGET, &match) != !expected) {
                fail_msg("byte %d and %s", byte, in);
            }
        }
    }
}

/* Returns `times` copies of text, then end. */
static char *repeat(const char *text, int times, const char *end) {
    const size_t length = strlen(text) * (size_t)times;
    char *result = malloc(length + strlen(end) + 1);
    assert_non_null(result);
    for (size_t i = 0; i < length; i++) {
        result[i] = text[i % strlen(text)];
    }
    memcpy(result + length, end, strlen(end) + 1);
    return result;
}

struct bound_case {
    const char *name;
    const char *item; /* item of the pattern */
    int times;
    const char *end;
    uint32_t budget;
    int result;
};

static const struct bound_case bounds[] = {
    {"captures that there may be", "()", 32, "", BUDGET, 33},
    {"captures too many", "()", 33, "", BUDGET, PATTERN_MANY_CAPTURES},
    {"depth that there may be", "a?", 199, "", BUDGET, 1},
    {"depth too much", "a?", 200, "", BUDGET, PATTERN_COMPLEX},
    {"items one behind the other have no depth", "a", 250, "", BUDGET, 1},
    {"steps for nearly ever", ".-", 20, "b", 4000000, PATTERN_OVER},
    {"steps for nearly ever, the longest first", "a*", 20, "b", 4000000, PATTERN_OVER},
    {"just enough steps", "a", 10, "", 11, 1},
    {"one step too few", "a", 10, "", 10, PATTERN_OVER},
    {"no step", "", 1, "", 0, PATTERN_OVER},
    {"a set costs by its length", "[bbbbbbbbbbbbbbbba]", 1, "*", 1000, PATTERN_OVER},
    {"a set that is short enough", "[ba]", 1, "*", 1000, 1},
};

static void work_is_bounded(void **state) {
    (void)state;
    char *text = repeat("a", 300, "");
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const struct bound_case *c = &bounds[i];
        struct pattern_match match;
        char *pattern = repeat(c->item, c->times, c->end);
        const int result = dpae_pattern_find(text, 300, pattern, 1, c->budget, &match);
        if (result != c->result || match.steps > c->budget ||
            (result == PATTERN_OVER && match.steps != c->budget)) {
            fail_msg("%s: %d after %u steps", c->name, result, match.steps);
        }
        free(pattern);
    }
    free(text);
}

static void a_nul_is_text_but_ends_the_pattern(void **state) {
    (void)state;
    struct pattern_match match;
    assert_int_equal(dpae_pattern_find("a\0b", 3, "a%zb", 1, BUDGET, &match), 1);
    assert_int_equal(match.last[0], 3);
    assert_int_equal(dpae_pattern_find("a\0b", 3, "a\0x", 1, BUDGET, &match), 1);
    assert_int_equal(match.last[0], 1);
}

struct replace_case {
    const char *name;
    const char *text;
    const char *pattern;
    const char *with;
    int32_t most;
    uint32_t size;
    int result;
    const char *expected;
};

static const struct replace_case replaces[] = {
    {"each letter", "abc", "%a", "<%0>", 9, 64, 3, "<a><b><c>"},
    {"as many as requested", "abc", "%a", "x", 2, 64, 2, "xxc"},
    {"zero requested", "abc", "%a", "x", 0, 64, 0, "abc"},
    {"between all letters", "ab", "", "-", 9, 64, 3, "-a-b-"},
    {"an empty match behind a match", "aab", "a*", "-", 9, 64, 3, "--b-"},
    {"only in front", "aab", "^a", "-", 9, 64, 1, "-ab"},
    {"captures", "k=v", "(%w)=(%w)", "%2=%1%%", 9, 64, 1, "v=k%"},
    {"the match instead of a missing first capture", "ab", "%w", "%1%1", 9, 64, 2, "aabb"},
    {"positions", "ab", "()%w", "%1", 9, 64, 2, "12"},
    {"a capture that there is not", "ab", "%w", "%2", 9, 64, PATTERN_NO_SUCH_CAPTURE, NULL},
    {"a capture that there is not, without a match", "ab", "x", "%2", 9, 64, 0, "ab"},
    {"an unfinished capture", "ab", "(", "%1", 9, 64, PATTERN_UNFINISHED, NULL},
    {"all the room", "abc", "%a", "xx", 9, 6, 3, "xxxxxx"},
    {"too little room", "abc", "%a", "xx", 9, 5, PATTERN_TOO_LONG, NULL},
    {"too little room for the rest", "abc", "a", "xx", 9, 3, PATTERN_TOO_LONG, NULL},
};

static void matches_are_replaced(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof replaces / sizeof *replaces; i++) {
        const struct replace_case *c = &replaces[i];
        struct pattern_match match;
        char out[64];
        const int result =
            dpae_pattern_replace(c->text, (uint32_t)strlen(c->text), c->pattern, c->with,
                                 (uint32_t)strlen(c->with), c->most, BUDGET, &match, out, c->size);
        if (result != c->result || (c->expected && (match.length != strlen(c->expected) ||
                                                    memcmp(out, c->expected, match.length) != 0))) {
            fail_msg("%s: %d, '%.*s'", c->name, result, (int)match.length, out);
        }
    }
}

static void one_budget_covers_all_replacements(void **state) {
    (void)state;
    struct pattern_match match;
    char out[64];
    assert_int_equal(dpae_pattern_replace("aaaa", 4, "%a", "b", 1, 9, 9, &match, out, 64), 4);
    assert_int_equal(match.steps, 9);
    assert_int_equal(dpae_pattern_replace("aaaa", 4, "%a", "b", 1, 9, 8, &match, out, 64),
                     PATTERN_OVER);
}

static void plain_text_is_found(void **state) {
    (void)state;
    assert_int_equal(dpae_pattern_find_plain("abcabc", 6, "bc", 2, 1), 2);
    assert_int_equal(dpae_pattern_find_plain("abcabc", 6, "bc", 2, 3), 5);
    assert_int_equal(dpae_pattern_find_plain("abcabc", 6, "bc", 2, -2), 5);
    assert_int_equal(dpae_pattern_find_plain("abc", 3, "", 0, 9), 4);
    assert_int_equal(dpae_pattern_find_plain("abc", 3, "bcd", 3, 1), 0);
    assert_int_equal(dpae_pattern_find_plain("a\0b", 3, "\0b", 2, 1), 2);
    assert_true(dpae_pattern_is_plain("a b_c\0/", 7));
    assert_true(dpae_pattern_is_plain("a)]", 3));
    assert_false(dpae_pattern_is_plain("a\0.", 3));
    assert_false(dpae_pattern_is_plain("www.", 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_found),
        cmocka_unit_test(a_frontier_does_not_read_before_the_text),
        cmocka_unit_test(classes_match_the_c_locale),
        cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(a_nul_is_text_but_ends_the_pattern),
        cmocka_unit_test(matches_are_replaced),
        cmocka_unit_test(one_budget_covers_all_replacements),
        cmocka_unit_test(plain_text_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

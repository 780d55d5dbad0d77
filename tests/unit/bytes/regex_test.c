#include "bytes/regex.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* CPU time allowed for a match; builds with sanitizers or without optimisation take longer. */
#ifdef __SANITIZE_ADDRESS__
enum { MATCH_MS = 200 };
#elif !defined __OPTIMIZE__
enum { MATCH_MS = 60 };
#else
enum { MATCH_MS = 20 };
#endif

static struct regex *compile(const char *pattern, struct regex_made *made) {
    return dpae_regex_new(pattern, (uint32_t)strlen(pattern), false, REGEX_CODE_MAX, made);
}

struct syntax_case {
    const char *pattern;
    const char *construct; /* NULL: supported */
    uint32_t offset;
};

static const struct syntax_case syntax_cases[] = {
    {"(a)(?:b)(?=c)(?<n>d)(?i)(?-i:e)[(]", NULL, 0},
    {"a(*SKIP)b", "a verb or other word after (*", 1},
    {"(*LIMIT_MATCH=9)a", "a verb or other word after (*", 0},
    {"(*UTF)a", "a verb or other word after (*", 0},
    {"(*positive_lookahead:a)", "a verb or other word after (*", 0},
    {"\\(*", NULL, 0},
    {"\\\\(*F)", "a verb or other word after (*", 2},
    {"\\\\\\(*", NULL, 0},
    {"\\Q\\\\E(*F)", "a verb or other word after (*", 5},
    {"(?#\\)(*F)", "a verb or other word after (*", 5},
    {"(?x)a#\\\n(*F)", "a verb or other word after (*", 8},
    {"a(?R)", "recursion", 1},
    {"(a(?1))", "recursion", 2},
    {"(a(?0))", "recursion", 2},
    {"(a(?-1))", "recursion", 2},
    {"(a(?+1))", "recursion", 2},
    {"(?<n>a(?&n))", "recursion", 6},
    {"(?<n>a(?P>n))", "recursion", 6},
    {"(a\\g<1>)", "recursion", 2},
    {"(a\\g'1')", "recursion", 2},
    {"(a)\\g{1}\\g1\\1(?P=n)\\k<n>", NULL, 0},
    {"a(?C)", "a callout", 1},
    {"a(?C'x')", "a callout", 1},
    {"\\X", "Unicode (\\X, \\p, \\P)", 0},
    {"a\\p{L}", "Unicode (\\X, \\p, \\P)", 1},
    {"[\\PL]", "Unicode (\\X, \\p, \\P)", 1},
    {"\\\\X\\\\p", NULL, 0},
    {"a\\", NULL, 0},
    {"a(", NULL, 0},
    {"", NULL, 0},
};

static void unsupported_constructs_are_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof syntax_cases / sizeof *syntax_cases; i++) {
        const struct syntax_case *c = &syntax_cases[i];
        uint32_t offset = 0;
        const char *construct =
            regex_syntax_find_unsupported(c->pattern, (uint32_t)strlen(c->pattern), &offset);
        const char *expected = c->construct ? c->construct : "nothing";
        if (strcmp(construct ? construct : "nothing", expected) != 0 || offset != c->offset) {
            fail_msg("%s: %s at %u", c->pattern, construct ? construct : "nothing", offset);
        }
    }
}

static const struct {
    const char *pattern;
    uint32_t largest;
} repeats[] = {
    {"a*b+c?", 0},
    {"a{3}", 3},
    {"a{3,}", 3},
    {"a{3,20}b{7}", 20},
    {"a{ 3 , 20 }", 20},
    {"a{,20}", 20},
    {"a{65535}", 65535},
    {"a3,20", 0},
    {"a{b20}", 0},
    {"a{3}20", 3},
    {"a{99999999999}", 99999},
};

static void finds_the_largest_repeat(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
        const char *pattern = repeats[i].pattern;
        const uint32_t largest = regex_syntax_largest_repeat(pattern, (uint32_t)strlen(pattern));
        if (largest != repeats[i].largest) {
            fail_msg("%s: %u", pattern, largest);
        }
    }
}

#define NOT_SET UINT32_MAX

static const struct {
    const char *pattern, *text;
    uint32_t start;
    enum regex_result result;
    uint32_t groups;
    uint32_t at[6];
} matches[] = {
    {"b+", "abbc", 0, REGEX_MATCH, 0, {1, 3}},
    {"b+", "abbc", 2, REGEX_MATCH, 0, {2, 3}},
    {"b+", "abbc", 3, REGEX_NO_MATCH, 0, {0}},
    {"^b", "abbc", 1, REGEX_NO_MATCH, 0, {0}},
    {"\\Gb", "abbc", 1, REGEX_MATCH, 0, {1, 2}},
    {"x*", "", 0, REGEX_MATCH, 0, {0, 0}},
    {"x", "", 0, REGEX_NO_MATCH, 0, {0}},
    {"$", "ab", 2, REGEX_MATCH, 0, {2, 2}},
    {"(a)|(b)", "a", 0, REGEX_MATCH, 2, {0, 1, 0, 1, NOT_SET, NOT_SET}},
    {"(a)|(b)", "b", 0, REGEX_MATCH, 2, {0, 1, NOT_SET, NOT_SET, 0, 1}},
    {"(\\w+) \\1", "a ab ab", 0, REGEX_MATCH, 1, {0, 3, 0, 1}},
    {"(?<=(a))b", "ab", 0, REGEX_MATCH, 1, {1, 2, 0, 1}},
    {"a\\Kb", "ab", 0, REGEX_MATCH, 0, {1, 2}},
    {".", "\n", 0, REGEX_NO_MATCH, 0, {0}},
    {"a.b", "a\rb", 0, REGEX_MATCH, 0, {0, 3}},
    {"\\R", "\x85", 0, REGEX_MATCH, 0, {0, 1}},
    {"^.$", "\xc3\xa4", 0, REGEX_NO_MATCH, 0, {0}},
    {"\\w", "\xe4", 0, REGEX_NO_MATCH, 0, {0}},
    {"A", "a", 0, REGEX_NO_MATCH, 0, {0}},
};

static void finds_the_first_match(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        struct regex_made made;
        struct regex_match match;
        struct regex *regex = compile(matches[i].pattern, &made);
        assert_non_null(regex);
        assert_int_equal(made.groups, matches[i].groups);
        const char *text = matches[i].text;
        const int result = dpae_regex_match(regex, (const uint8_t *)text, (uint32_t)strlen(text),
                                            matches[i].start, REGEX_WORK_MAX, &match);
        const size_t size = result == REGEX_MATCH ? (2 + 2 * made.groups) * sizeof *match.at : 0;
        if (result != (int)matches[i].result || memcmp(match.at, matches[i].at, size) != 0) {
            fail_msg("%s in %s: %d, %u to %u", matches[i].pattern, text, result, match.at[0],
                     match.at[1]);
        }
        dpae_regex_free(regex);
    }
}

static void matches_an_empty_text(void **state) {
    (void)state;
    struct regex_made made;
    struct regex_match match;
    struct regex *regex = compile("^$", &made);
    assert_non_null(regex);
    assert_int_equal(REGEX_MATCH, dpae_regex_match(regex, NULL, 0, 0, REGEX_WORK_MAX, &match));
    dpae_regex_free(regex);
}

static const struct {
    const char *pattern, *problem; /* problem: NULL: PCRE2's own wording */
    int32_t offset;
} problems[] = {
    {"a(b", NULL, 3},
    {"[a", NULL, 2},
    {"a\\C", NULL, 3},
    {"(?(?=a)b|c)",
     "PCRE2 cannot compile it to machine code; one cause is a condition that is an assertion, "
     "(?(?=",
     -1},
    {"a(?R)", "recursion is not available", 1},
};

static void reports_the_fault_of_a_pattern(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        struct regex_made made;
        assert_null(compile(problems[i].pattern, &made));
        assert_true(made.problem[0] != '\0');
        assert_string_equal(problems[i].problem ? problems[i].problem : made.problem, made.problem);
        assert_int_equal(problems[i].offset, made.offset);
    }
}

static void rejects_a_pattern_that_exceeds_the_room(void **state) {
    (void)state;
    struct regex_made made, again;
    struct regex *regex = compile("abc", &made);
    assert_non_null(regex);
    dpae_regex_free(regex);
    assert_null(dpae_regex_new("abc", 3, false, made.size - 1, &again));
    regex = dpae_regex_new("abc", 3, false, made.size, &again);
    assert_non_null(regex);
    dpae_regex_free(regex);
}

/* Each text of REGEX_TEXT_MAX bytes repeats unit, with an x after every run of them. */
static const struct {
    const char *unit;
    size_t run;
} texts[] = {{"a", SIZE_MAX},     {"ab", SIZE_MAX},        {"aaab", SIZE_MAX}, {"a", 60000},
             {"a b\n", SIZE_MAX}, {"ab,cd=ef;", SIZE_MAX}, {"a", 500}};

#define GROUPS_8 "(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)"

static const char *const hostile[] = {
    "(a+)+b",
    "(a+)+[bc]",
    "(a|aa)+$",
    "(?:a|aa)+[xy]",
    "(.*)*x",
    "(.*)*[xy]",
    "(.*?)*?[xy]",
    "(?:a?){30}a{30}[xy]",
    "(a*)*[xy]",
    "((a*)*)*[xy]",
    "(?:(?:a|b)*)*[xy]",
    "([a-z]+)*[0-9]",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    ".*.*.*.*[xy]",
    "(?s).*?.*?.*?[xy]",
    "a*+[xy]",
    "(?:a*+x|a)*[yz]",
    "(?=(?=(?=a*[xy])a*[xy])a*[xy])a",
    "(?=(a+))*[xy]",
    "(?!(?!(?!a*[xy])))[xy]",
    "(?<=a{1000})[xy]",
    "(?:(?<=a{1000})a)*[xy]",
    "(?<!b{255}).*[xy]",
    "(?>a*)*[xy]",
    "(?:a{65535}x|a)*",
    "(?:[ab]{65535}[xy]|[ab])*",
    "(?:\\w{60000}x|a)*[xy]",
    "a{1,65535}[xy]",
    "(?:a{0,9}){0,9}[xy]",
    "(?:(?:a{0,9}){0,9}){0,4}[xy]",
    "(a*)\\1[xy]",
    "(a*)(?:\\1x|a)*[xy]",
    "(?i)(a*)(?:\\1x|a)*[xy]",
    "(a{1,1000})\\1{5}[xy]",
    "(a*)(a*)(a*)(a*)\\4\\3\\2\\1[xy]",
    GROUPS_8 GROUPS_8 GROUPS_8 GROUPS_8 "[xy]",
    "(a)?(?(1)a*|b)*[xy]",
    "(?:(a)|b)*?[xy]",
    "(?:a|b|c|d|e|f|g)*[xy]",
    "(?:\\R|.)*[xy]",
    "(?:\\b|\\B)*.*[xy]",
    "(?m)(?:^.*$\\s?)*[xy]",
    "(\\w+)=(\\w+);[xy]",
    "(x+x+)+y",
    "\\H*+[xy]",
    "(?:(?:(?:(?:(?:(?:a*)*)*)*)*)*)*[xy]",
    "[^x]*[^x]*[^x]*[xy]",
    "(?|(a*)|(b*))*[xy]",
};

static uint64_t cpu_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Work and result must be equal both times; the better time counts. */
static void check_hostile(const struct regex *regex, const char *pattern, const uint8_t *text) {
    uint64_t best_ns = UINT64_MAX;
    struct regex_match match;
    uint32_t work = 0;
    int result = 0;
    for (int run = 0; run < 2; run++) {
        const uint64_t start_ns = cpu_ns();
        const int now = dpae_regex_match(regex, text, REGEX_TEXT_MAX, 0, REGEX_WORK_MAX, &match);
        const uint64_t ns = cpu_ns() - start_ns;
        best_ns = ns < best_ns ? ns : best_ns;
        if (run > 0 && (match.work != work || now != result)) {
            fail_msg("%s: %u, then %u", pattern, work, match.work);
        }
        work = match.work;
        result = now;
    }
    if (best_ns > MATCH_MS * NS_PER_MS || result > REGEX_TOO_DEEP) {
        fail_msg("%s in %.4s...: %d after %u units, %u us", pattern, (const char *)text, result,
                 work, (unsigned)(best_ns / 1000));
    }
    assert_true((result == REGEX_OVER_LIMIT) == (work > REGEX_WORK_MAX));
}

static void stops_every_match_in_time(void **state) {
    (void)state;
    uint8_t *text = malloc(REGEX_TEXT_MAX);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct regex_made made;
        struct regex *regex = compile(hostile[i], &made);
        if (!regex) {
            fail_msg("%s: %s", hostile[i], made.problem);
        }
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            const size_t length = strlen(texts[t].unit);
            for (size_t at = 0; at < REGEX_TEXT_MAX; at++) {
                const bool is_x = (at + 1) % texts[t].run == 0;
                text[at] = is_x ? 'x' : (uint8_t)texts[t].unit[at % length];
            }
            check_hostile(regex, hostile[i], text);
        }
        dpae_regex_free(regex);
    }
    free(text);
}

static void stops_at_the_given_limit(void **state) {
    (void)state;
    static uint8_t text[4096];
    struct regex_made made;
    struct regex_match match;
    struct regex *regex = compile("(?:a+)+[bc]", &made);
    assert_non_null(regex);
    memset(text, 'a', sizeof text);
    assert_int_equal(REGEX_OVER_LIMIT, dpae_regex_match(regex, text, sizeof text, 0, 1000, &match));
    assert_in_range(match.work, 1001, 1001 + sizeof text / 4);
    assert_int_equal(REGEX_OVER_LIMIT, dpae_regex_match(regex, text, sizeof text, 0, 0, &match));
    dpae_regex_free(regex);
}

static void rejects_a_text_over_the_limit(void **state) {
    (void)state;
    struct regex_made made;
    struct regex_match match;
    struct regex *regex = compile("b", &made);
    uint8_t *text = calloc(1, REGEX_TEXT_MAX + 1);
    assert_non_null(regex);
    assert_non_null(text);
    assert_int_equal(REGEX_NO_MATCH,
                     dpae_regex_match(regex, text, REGEX_TEXT_MAX, 0, REGEX_WORK_MAX, &match));
    assert_int_equal(REGEX_TOO_LONG,
                     dpae_regex_match(regex, text, REGEX_TEXT_MAX + 1, 0, REGEX_WORK_MAX, &match));
    free(text);
    dpae_regex_free(regex);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsupported_constructs_are_found),
        cmocka_unit_test(finds_the_largest_repeat),
        cmocka_unit_test(finds_the_first_match),
        cmocka_unit_test(matches_an_empty_text),
        cmocka_unit_test(reports_the_fault_of_a_pattern),
        cmocka_unit_test(rejects_a_pattern_that_exceeds_the_room),
        cmocka_unit_test(stops_every_match_in_time),
        cmocka_unit_test(stops_at_the_given_limit),
        cmocka_unit_test(rejects_a_text_over_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

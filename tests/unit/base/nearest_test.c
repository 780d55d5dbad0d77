#include "base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

static const char *const candidates[] = {"loghost", "logport", "arp", "mode", LONG_64};

static const struct {
    const char *name;
    const char *word;
    const char *nearest; /* NULL: no match */
} cases[] = {
    {"the word itself", "loghost", "loghost"},
    {"one letter wrong", "loghozt", "loghost"},
    {"one letter missing", "loghst", "loghost"},
    {"one letter too many", "logghost", "loghost"},
    {"two neighbours swapped count as one", "apr", "arp"},
    {"case does not count", "LOGPORT", "logport"},
    {"the nearer of two", "logpotr", "logport"},
    {"a third of the word wrong is near", "axp", "arp"},
    {"over a third is not", "axq", NULL},
    {"one of three missing is near", "ar", "arp"},
    {"two of four wrong are not", "moxx", NULL},
    {"no similarity", "qos_treatment", NULL},
    {"empty word", "", NULL},
    {"longest word that is compared", LONG_64, LONG_64},
    {"longer words match no candidate", LONG_64 "4", NULL},
};

static void every_word_finds_its_nearest_candidate(void **state) {
    (void)state;
    const size_t count = sizeof candidates / sizeof *candidates;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = nearest_word(cases[i].word, candidates, count);
        const char *got = nearest ? nearest : "(none)";
        const char *expected = cases[i].nearest ? cases[i].nearest : "(none)";
        if (strcmp(got, expected) != 0) {
            fail_msg("%s: '%s' gives %s, not %s", cases[i].name, cases[i].word, got, expected);
        }
    }
}

static void result_is_the_first_of_equally_near_candidates(void **state) {
    (void)state;
    const char *const twins[] = {"port_a", "port_b"};
    assert_ptr_equal(nearest_word("port_c", twins, 2), twins[0]);
}

static void no_candidates_yield_no_match(void **state) {
    (void)state;
    assert_null(nearest_word("loghost", NULL, 0));
}

static void candidates_too_long_to_compare_are_skipped(void **state) {
    (void)state;
    const char *const words[] = {LONG_64 "4", "loghost"};
    assert_ptr_equal(nearest_word("loghst", words, 2), words[1]);
    assert_null(nearest_word(LONG_64, words, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_finds_its_nearest_candidate),
        cmocka_unit_test(result_is_the_first_of_equally_near_candidates),
        cmocka_unit_test(no_candidates_yield_no_match),
        cmocka_unit_test(candidates_too_long_to_compare_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

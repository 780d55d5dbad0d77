#include "policy/policy_text.h"

#include "policy_bed.h"

#include <errno.h>
#include <stdlib.h>

/* A text of both parts, borrowed. */
static struct policy_text text_of(const char *policy, const char *rules) {
    return (struct policy_text){.policy = policy,
                                .rules = rules,
                                .policy_length = policy ? strlen(policy) : 0,
                                .rules_length = rules ? strlen(rules) : 0};
}

static void texts_are_equal_when_both_parts_are(void **state) {
    (void)state;
    static const struct {
        const char *one[2], *other[2];
        bool equal;
    } cases[] = {{{"a", "b"}, {"a", "b"}, true},    {{"a", "b"}, {"a", "c"}, false},
                 {{"a", "b"}, {"c", "b"}, false},   {{"a", "b"}, {"a", ""}, false},
                 {{"a", ""}, {"a", "b"}, false},    {{"ab", ""}, {"a", "b"}, false},
                 {{"ab", "c"}, {"a", "bc"}, false}, {{"a", "b"}, {"b", "a"}, false},
                 {{"a", ""}, {"a", NULL}, true},    {{NULL, NULL}, {"", ""}, true},
                 {{NULL, NULL}, {"a", NULL}, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct policy_text one = text_of(cases[i].one[0], cases[i].one[1]);
        const struct policy_text other = text_of(cases[i].other[0], cases[i].other[1]);
        assert_int_equal(policy_text_equal(&one, &other), cases[i].equal);
        assert_int_equal(policy_text_equal(&other, &one), cases[i].equal);
    }
}

static void each_part_has_room_of_its_own(void **state) {
    (void)state;
    static const struct {
        size_t policy_length, rules_length;
        bool fits;
    } cases[] = {{0, 0, true},
                 {POLICY_TEXT_MAX, POLICY_TEXT_MAX, true},
                 {POLICY_TEXT_MAX + 1, 0, false},
                 {0, POLICY_TEXT_MAX + 1, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct policy_text text = {.policy_length = cases[i].policy_length,
                                         .rules_length = cases[i].rules_length};
        assert_int_equal(policy_text_fits(&text), cases[i].fits);
    }
}

static void a_copy_outlives_the_text(void **state) {
    (void)state;
    static const char *const parts[][2] = {{"policy", "rules"}, {"policy", ""}, {NULL, NULL}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        char policy[8] = "", rules[8] = "";
        snprintf(policy, sizeof policy, "%s", parts[i][0] ? parts[i][0] : "");
        snprintf(rules, sizeof rules, "%s", parts[i][1] ? parts[i][1] : "");
        const struct policy_text text = text_of(policy, rules);
        const struct policy_text same = text_of(parts[i][0], parts[i][1]);
        struct policy_text copy;
        assert_int_equal(policy_text_copy(&copy, &text), 0);
        memset(policy, 'x', sizeof policy);
        memset(rules, 'x', sizeof rules);
        assert_true(policy_text_equal(&copy, &same));
        policy_text_free(&copy);
        assert_null(copy.policy);
        assert_int_equal(copy.policy_length, 0);
        policy_text_free(&copy); /* of an empty one */
    }
}

static void a_block_gives_back_what_was_written_last(void **state) {
    (void)state;
    struct policy_block *block = calloc(1, sizeof *block);
    assert_non_null(block);
    static const char *const parts[][2] = {
        {"long policy", "long rules"}, {"short", ""}, {"", "r"}, {NULL, NULL}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct policy_text text = text_of(parts[i][0], parts[i][1]);
        policy_block_write(block, &text);
        const struct policy_text read = policy_block_text(block);
        assert_true(policy_text_equal(&read, &text));
        assert_null(read.owned);
    }
    block->policy_length = POLICY_TEXT_MAX + 1;
    block->rules_length = UINT32_MAX;
    const struct policy_text bounded = policy_block_text(block);
    assert_int_equal(bounded.policy_length, POLICY_TEXT_MAX);
    assert_int_equal(bounded.rules_length, POLICY_TEXT_MAX);
    free(block);
}

#define SOUND POLICY(RULE("any", "{match_type: any, payload: one}"))

static void rules_replace_what_is_derived(void **state) {
    (void)state;
    static const struct policy_sources sources = {.policy = "main", .rules = "optimised"};
    static const struct {
        const char *policy, *rules;
        int result;
        bool from_controller;
        const char *fault; /* the first one's source */
    } cases[] = {{SOUND, "", 0, false, NULL},
                 {SOUND, "[]", 0, true, NULL},
                 {SOUND, "{", -EINVAL, false, "optimised"},
                 {"{", "[]", -EINVAL, false, "main"},
                 {"", "[]", -EINVAL, false, "main"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct policy_text text = text_of(cases[i].policy, cases[i].rules);
        struct faults faults = {0};
        struct policy *policy = NULL;
        assert_int_equal(policy_text_parse(&text, &sources, &policy, &faults), cases[i].result);
        assert_int_equal(policy == NULL, cases[i].result != 0);
        if (policy) {
            assert_int_equal(policy->rules_from_controller, cases[i].from_controller);
        }
        if (cases[i].fault) {
            assert_string_equal(faults_first_error(&faults)->source, cases[i].fault);
        }
        policy_free(policy);
        faults_free(&faults);
    }
}

static void a_file_is_read_as_a_main_policy(void **state) {
    (void)state;
    const char *path = DPAE_SOURCE_DIR "/config/main_policy.yaml";
    const struct policy_sources sources = {.policy = path};
    struct faults faults = {0};
    struct policy *policy = NULL;
    struct policy_text text;
    assert_int_equal(policy_text_read(path, &text, &faults), 0);
    assert_int_equal(text.rules_length, 0);
    assert_int_equal(policy_text_parse(&text, &sources, &policy, &faults), 0);
    policy_text_free(&text);
    policy_free(policy);
    assert_int_equal(policy_text_read("/does/not/exist", &text, &faults), -ENOENT);
    assert_null(text.policy);
    policy_text_free(&text);
    faults_free(&faults);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_equal_when_both_parts_are),
        cmocka_unit_test(each_part_has_room_of_its_own),
        cmocka_unit_test(a_copy_outlives_the_text),
        cmocka_unit_test(a_block_gives_back_what_was_written_last),
        cmocka_unit_test(rules_replace_what_is_derived),
        cmocka_unit_test(a_file_is_read_as_a_main_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/policy_text.h"

#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool bytes_equal(const char *one, size_t one_length, const char *other,
                        size_t other_length) {
    return one_length == other_length && (one_length == 0 || memcmp(one, other, one_length) == 0);
}

bool policy_text_equal(const struct policy_text *one, const struct policy_text *other) {
    return bytes_equal(one->policy, one->policy_length, other->policy, other->policy_length) &&
           bytes_equal(one->rules, one->rules_length, other->rules, other->rules_length);
}

bool policy_text_fits(const struct policy_text *text) {
    return text->policy_length <= POLICY_TEXT_MAX && text->rules_length <= POLICY_TEXT_MAX;
}

static void copy_bytes(char *to, const char *from, size_t length) {
    if (length > 0) {
        memcpy(to, from, length);
    }
}

int policy_text_copy(struct policy_text *copy, const struct policy_text *text) {
    *copy = (struct policy_text){0};
    char *owned = malloc(text->policy_length + text->rules_length + 1); /* never of size 0 */
    if (!owned) {
        return -ENOMEM;
    }
    copy_bytes(owned, text->policy, text->policy_length);
    copy_bytes(owned + text->policy_length, text->rules, text->rules_length);
    *copy = (struct policy_text){.policy = owned,
                                 .rules = owned + text->policy_length,
                                 .policy_length = text->policy_length,
                                 .rules_length = text->rules_length,
                                 .owned = owned};
    return 0;
}

int policy_text_read(const char *path, struct policy_text *text, struct faults *faults) {
    *text = (struct policy_text){0};
    const int result = yaml_read_file(path, &text->owned, &text->policy_length, faults);
    text->policy = text->owned;
    return result;
}

void policy_text_free(struct policy_text *text) {
    free(text->owned);
    *text = (struct policy_text){0};
}

int policy_text_parse(const struct policy_text *text, const struct policy_sources *sources,
                      struct policy **policy, struct faults *faults) {
    int result = policy_parse(text->policy, text->policy_length, sources->policy, policy, faults);
    if (result == 0 && text->rules_length > 0) {
        result =
            policy_apply_rules(*policy, text->rules, text->rules_length, sources->rules, faults);
    }
    if (result != 0) {
        policy_free(*policy);
        *policy = NULL;
    }
    return result;
}

void policy_block_write(struct policy_block *block, const struct policy_text *text) {
    copy_bytes(block->policy, text->policy, text->policy_length);
    copy_bytes(block->rules, text->rules, text->rules_length);
    block->policy_length = (uint32_t)text->policy_length;
    block->rules_length = (uint32_t)text->rules_length;
}

static size_t bounded(uint32_t length) {
    return length < POLICY_TEXT_MAX ? length : POLICY_TEXT_MAX;
}

struct policy_text policy_block_text(const struct policy_block *block) {
    return (struct policy_text){.policy = block->policy,
                                .rules = block->rules,
                                .policy_length = bounded(block->policy_length),
                                .rules_length = bounded(block->rules_length)};
}

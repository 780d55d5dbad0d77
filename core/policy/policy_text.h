#ifndef DPAE_POLICY_POLICY_TEXT_H
#define DPAE_POLICY_POLICY_TEXT_H

#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text of a policy on its way from a file or the controller to the workers: the main policy and
 * its optimised rules. Not terminated, not validated. A struct policy_text borrows both texts,
 * unless policy_text_copy() or policy_text_read() made it. Zero-initialise. */
#define POLICY_TEXT_MAX (1u << 20) /* bytes of each of the two */

struct policy_text {
    const char *policy, *rules; /* NULL only when empty; empty rules: derived from the policy */
    size_t policy_length, rules_length;
    char *owned; /* memory of both; NULL: borrowed */
};

bool policy_text_equal(const struct policy_text *one, const struct policy_text *other);

/* True when each of the two has at most POLICY_TEXT_MAX bytes. */
bool policy_text_fits(const struct policy_text *text);

/* Makes *copy, which is overwritten, own copies of both texts; free with policy_text_free().
 * Returns 0 or -ENOMEM (then *copy is empty). */
int policy_text_copy(struct policy_text *copy, const struct policy_text *text);

/* Reads the main policy at path, without rules: as yaml_read_file(). Free with
 * policy_text_free(). */
int policy_text_read(const char *path, struct policy_text *text, struct faults *faults);

/* Frees what text owns and makes it empty. */
void policy_text_free(struct policy_text *text);

/* Where the two texts come from, for faults. */
struct policy_sources {
    const char *policy, *rules;
};

/* Parses the main policy and, unless they are empty, applies the rules: policy_parse() and
 * policy_apply_rules() say what *policy, faults and the return value are. */
int policy_text_parse(const struct policy_text *text, const struct policy_sources *sources,
                      struct policy **policy, struct faults *faults);

/* A policy text as a plain value of fixed size, for memory that processes share. */
struct policy_block {
    uint32_t policy_length, rules_length;
    char policy[POLICY_TEXT_MAX];
    char rules[POLICY_TEXT_MAX];
};

/* text fits, and is not part of block. */
void policy_block_write(struct policy_block *block, const struct policy_text *text);

/* The text in block, borrowed. Another process may write meanwhile: then the bytes may be mixed,
 * but the lengths stay within the block. */
struct policy_text policy_block_text(const struct policy_block *block);

#endif

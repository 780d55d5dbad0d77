#ifndef DPAE_BASE_JSON_ESCAPE_H
#define DPAE_BASE_JSON_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* JSON writes a character beyond U+FFFF as a pair of \u escapes (RFC 8259 section 7). YAML writes
 * it as one \U with eight digits, and libyaml rejects the halves of a pair. */

/* Returns true when text is JSON (it begins with a brace or bracket) that seems to contain such a
 * pair. */
bool json_has_pairs(const char *text, size_t length);

/* Copies length bytes of JSON text to joined, which has room for as many, and turns each pair into
 * one \U escape. Returns the bytes written, two fewer for each pair. */
size_t json_join_pairs(const char *text, size_t length, char *joined);

#endif

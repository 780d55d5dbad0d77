#ifndef DPAE_BYTES_TOKENS_H
#define DPAE_BYTES_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

/* Searches for many byte strings at once (Aho and Corasick, 1975): one step per byte, regardless of
 * the number of tokens. For lua/tokens.lua. */
#define TOKENS_MAX       64
#define TOKENS_BYTES_MAX 1024

/* ffi: begin */
struct token_state {
    uint16_t next[256]; /* by byte */
    uint16_t fallback;  /* the state of the longest proper suffix that is a prefix of a token */
    uint16_t token;     /* token that ends here, from 1, or 0 */
};

/* Builds the automaton of count tokens, which follow one another in text; token i has lengths[i]
 * bytes. states has room for 1 + the sum of lengths. Of tokens that end at the same byte, the
 * longest wins; of equal ones, the first. Returns the number of states, or 0 when a limit above is
 * exceeded or a token is empty. */
uint32_t dpae_tokens_build(struct token_state *states, const uint8_t *text, const uint32_t *lengths,
                           uint32_t count, bool ignore_case);

/* Returns true when the bytes begin with text. */
int dpae_tokens_start(const uint8_t *bytes, uint32_t length, const char *text,
                      uint32_t text_length);

/* Returns the token that ends first in the bytes, counting from 1, and sets *end to the bytes up to
 * its end. Returns 0 without a token. */
uint32_t dpae_tokens_find(const struct token_state *states, const uint8_t *bytes, uint32_t length,
                          uint32_t *end);
/* ffi: end */

#endif

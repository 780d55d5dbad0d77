#ifndef DPAE_BYTES_TOKENS_H
#define DPAE_BYTES_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

/* Many byte strings looked for at once (Aho and Corasick, 1975): each byte that is looked at costs
 * one step, however many tokens there are. For lua/tokens.lua. */
#define TOKENS_MAX       64
#define TOKENS_BYTES_MAX 1024

/* ffi: begin */
struct token_state {
    uint16_t next[256]; /* by byte */
    uint16_t fallback;  /* the state of the longest proper suffix that is a prefix of a token */
    uint16_t token;     /* that ends here, from 1; 0: none */
};

/* Makes the automaton of count tokens, token i being lengths[i] bytes of text after those before
 * it. states has room for 1 + the sum of lengths. Of tokens that end at the same byte the longest
 * counts; of equal ones the first. Returns the number of states, 0 when a limit above is passed or
 * a token is empty. */
uint32_t dpae_tokens_build(struct token_state *states, const uint8_t *text, const uint32_t *lengths,
                           uint32_t count, bool ignore_case);

/* Whether the bytes begin with text. */
int dpae_tokens_start(const uint8_t *bytes, uint32_t length, const char *text,
                      uint32_t text_length);

/* The token that ends first in the bytes, from 1, and after how many bytes in *end; 0: none. */
uint32_t dpae_tokens_find(const struct token_state *states, const uint8_t *bytes, uint32_t length,
                          uint32_t *end);
/* ffi: end */

#endif

#ifndef DPAE_BASE_NEAREST_H
#define DPAE_BASE_NEAREST_H

#include <stddef.h>

/* The candidate with the least edit distance to word (Levenshtein, ASCII, transposition counts as
 * one, case does not count), or NULL when none is near enough to be a likely slip: distance over a
 * third of the longer word. The first of several equally near ones; words over 64 bytes are near
 * nothing. The result is one of the candidates. */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);

#endif

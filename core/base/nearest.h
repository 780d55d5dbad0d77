#ifndef DPAE_BASE_NEAREST_H
#define DPAE_BASE_NEAREST_H

#include <stddef.h>

/* Returns the candidate with the smallest edit distance to word (Levenshtein, ASCII, ignoring case;
 * a transposition counts as one edit), or NULL when the distance of each exceeds a third of the
 * longer word, too far for a typing error. Among equals, the first wins. Words over 64 bytes match
 * nothing. The result points to one of the candidates. */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);

#endif

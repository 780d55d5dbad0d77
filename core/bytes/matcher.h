#ifndef DPAE_BYTES_MATCHER_H
#define DPAE_BYTES_MATCHER_H

#include "bytes/pattern.h"

#include <stddef.h>

/* Bytes with a special meaning in patterns. */
#define PATTERN_SPECIALS "^$*+?.([%-"

/* Lengths of captures without text. */
enum { CAPTURE_POSITION = -1, CAPTURE_OPEN = -2 };

/* Successive attempts to match a pattern (pattern.h) within one budget. */
struct matcher {
    const uint8_t *text;
    const uint8_t *end; /* end of the text */
    uint32_t left;      /* steps left */
    int problem;        /* enum pattern_problem: further matching fails; 0: no problem */
    int depth;
    int captures;
    struct {
        const uint8_t *start;
        ptrdiff_t length;
    } capture[PATTERN_CAPTURES_MAX];
};

/* Borrows the text while the matcher is in use. */
void matcher_begin(struct matcher *m, const char *text, uint32_t length, uint32_t budget);

/* Finds the first match at *at or later, or only at *at when the pattern begins with ^. Returns its
 * end and sets *at to its start; returns NULL without a match, or after a problem. */
const uint8_t *matcher_search(struct matcher *m, const uint8_t **at, const uint8_t *pattern);

/* Takes steps from the budget. Returns false, and records a problem, when too few are left. */
bool matcher_spend(struct matcher *m, size_t steps);

#endif

#ifndef DPAE_BYTES_MATCHER_H
#define DPAE_BYTES_MATCHER_H

#include "bytes/pattern.h"

#include <stddef.h>

/* Bytes with a meaning in patterns. */
#define PATTERN_SPECIALS "^$*+?.([%-"

/* Lengths of captures that are no text. */
enum { CAPTURE_POSITION = -1, CAPTURE_OPEN = -2 };

/* One attempt after another to match a pattern (pattern.h) within one budget. */
struct matcher {
    const uint8_t *text;
    const uint8_t *end; /* of the text */
    uint32_t left;      /* steps */
    int problem;        /* an enum pattern_problem: nothing matches any more; 0: there is none */
    int depth;
    int captures;
    struct {
        const uint8_t *start;
        ptrdiff_t length;
    } capture[PATTERN_CAPTURES_MAX];
};

/* The text is borrowed as long as the matcher is used. */
void matcher_begin(struct matcher *m, const char *text, uint32_t length, uint32_t budget);

/* Looks for the first match from *at on, or at *at only when the pattern has ^ in front. Returns
 * where it ends and sets *at to where it begins; NULL when there is no match, or a problem. */
const uint8_t *matcher_search(struct matcher *m, const uint8_t **at, const uint8_t *pattern);

/* Takes steps off the budget; false when they are not there, which is then the problem. */
bool matcher_spend(struct matcher *m, size_t steps);

#endif

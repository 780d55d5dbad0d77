#ifndef DPAE_CLI_PROGRESS_H
#define DPAE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A progress line on stderr, redrawn in place and erased at the end. Events for the same
 * terminal are buffered between two drawings, so that the two do not mix. */
struct progress {
    bool bar;       /* false: do not draw */
    FILE *terminal; /* stream of events on the same terminal, flushed at each drawing; NULL: other
                       destination */
    bool drawn;
    uint64_t start_ns, next_ns;
};

struct progress_state {
    uint64_t done, total; /* bytes of the input; total 0: unknown */
    uint64_t packets;
    uint32_t flows;
};

void progress_start(struct progress *progress, bool bar, FILE *terminal);

/* Whether to draw: ten times a second, and when much output is buffered. Cheap enough to call
 * once per batch. */
bool progress_due(struct progress *progress);
void progress_draw(struct progress *progress, const struct progress_state *state);

/* Erases the line. */
void progress_clear(struct progress *progress);

#endif

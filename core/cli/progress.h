#ifndef DPAE_CLI_PROGRESS_H
#define DPAE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A line on stderr that is drawn over and over, and gone at the end. Events that go to the same
 * terminal are buffered between two drawings, so that the two do not mix. */
struct progress {
    bool bar;       /* false: nothing is drawn */
    FILE *terminal; /* events: flushed at each drawing; NULL: they go elsewhere */
    bool drawn;
    uint64_t start_ns, next_ns;
};

struct progress_state {
    uint64_t done, total; /* bytes of the input; total 0: unknown */
    uint64_t packets;
    uint32_t flows;
};

void progress_start(struct progress *progress, bool bar, FILE *terminal);

/* True when it is time to draw: ten times a second, and when much is buffered. Cheap: asked once a
 * batch. */
bool progress_due(struct progress *progress);
void progress_draw(struct progress *progress, const struct progress_state *state);

/* Removes the line. */
void progress_clear(struct progress *progress);

#endif

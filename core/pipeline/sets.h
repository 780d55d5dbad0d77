#ifndef DPAE_PIPELINE_SETS_H
#define DPAE_PIPELINE_SETS_H

#include "script/host.h"

#include <stdint.h>

/* The sets of classifiers that the latest policies asked for. A flow remembers which set it met
 * last, by a generation, and by their places in that who has decided on it: this finds those places
 * in the set in force, so that a policy does not make a classifier decide anew that it left alone.
 */
#define SETS_KNOWN 8
#define SETS_NONE  SCRIPT_CLASSIFIERS_MAX /* a place: it has none */

struct set {
    uint16_t generation; /* 0: this one is unused */
    uint32_t put;        /* when it was put in force last: sets.puts */
    uint8_t count;
    uint8_t places[SCRIPT_CLASSIFIERS_MAX]; /* in the set in force, or SETS_NONE */
    uint64_t members[SCRIPT_CLASSIFIERS_MAX];
};

/* Zero-initialise. */
struct sets {
    struct set known[SETS_KNOWN];
    uint32_t puts;
};

/* Puts another set in force. members[i] tells the classifier in place i, and the flows that it is
 * for, from all others: alike, they are the same. Returns the generation, never 0, which the
 * members and their order make: in every process, and whenever they come again. */
uint16_t sets_put(struct sets *sets, const uint64_t *members, unsigned count);

/* The set of a flow; NULL: it is not known any more, or the flow has met none. */
const struct set *sets_find(const struct sets *sets, uint16_t generation);

#endif

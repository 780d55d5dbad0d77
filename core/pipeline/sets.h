#ifndef DPAE_PIPELINE_SETS_H
#define DPAE_PIPELINE_SETS_H

#include "script/host.h"

#include <stdint.h>

/* The classifier sets of the latest policies. A flow stores the generation of the set it last
 * met, and its decisions by place in that set. This module maps these places to the current
 * set, so that a new policy does not make an unchanged classifier decide again. */
#define SETS_KNOWN 8
#define SETS_NONE  SCRIPT_CLASSIFIERS_MAX /* not in the current set */

struct set {
    uint16_t generation; /* 0: unused */
    uint32_t put;        /* value of sets.puts when the set was last put in force */
    uint8_t count;
    uint8_t places[SCRIPT_CLASSIFIERS_MAX]; /* in the current set, or SETS_NONE */
    uint64_t members[SCRIPT_CLASSIFIERS_MAX];
};

/* Zero-initialise. */
struct sets {
    struct set known[SETS_KNOWN];
    uint32_t puts;
};

/* Puts another set in force. members[i] identifies classifier i together with its condition;
 * equal values mean the same. Returns the generation, never 0, a hash of the members in order:
 * the same in every process and each time the set returns. */
uint16_t sets_put(struct sets *sets, const uint64_t *members, unsigned count);

/* The set of a generation; NULL if it is no longer known, or the flow has met no set. */
const struct set *sets_find(const struct sets *sets, uint16_t generation);

#endif

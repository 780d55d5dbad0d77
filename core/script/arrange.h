#ifndef DPAE_SCRIPT_ARRANGE_H
#define DPAE_SCRIPT_ARRANGE_H

#include "script/host.h"

#include <stdbool.h>
#include <stdint.h>

/* The inside of the script host: the places of a set's classifiers. */

/* Gives each name its place in the set, names[i] place i. A classifier that was in the set before
 * keeps what it is and has: its object, flow.state, counters, quarantine. The others' places are
 * empty. *kept is the mask of the former. False: no memory for it, and the set is empty. */
bool arrange_places(struct script_host *host, const char *const *names, unsigned count,
                    uint32_t *kept);

#endif

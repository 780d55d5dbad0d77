#ifndef DPAE_SCRIPT_ARRANGE_H
#define DPAE_SCRIPT_ARRANGE_H

#include "script/host.h"

#include <stdbool.h>
#include <stdint.h>

/* Moves each classifier to its place in the new set, names[i] to place i. A classifier of the
 * previous set keeps its object, flow.state, counters and quarantine, and is in the mask *kept;
 * the other places are empty. On false, memory ran out and the set is empty. */
bool arrange_places(struct script_host *host, const char *const *names, unsigned count,
                    uint32_t *kept);

#endif

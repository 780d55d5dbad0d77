#ifndef DPAE_PIPELINE_RETURN_H
#define DPAE_PIPELINE_RETURN_H

#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* Selects the frames that go back to the switch in active mode. A diverted frame exists only
 * here, so it goes back unchanged, except that group-addressed frames, LLDP and the discovery
 * ethertype never do. With DNS or DHCP harvesting on, the switch sends a copy of such a frame
 * before the diverted frame: every second sighting of identical frames within a second goes
 * back. */
struct return_rules {
    bool returning; /* active mode, session up, and at least one rule diverts traffic */
    bool dns, dhcp; /* the switch sends copies of these first */
    uint16_t discovery_ethertype;
};

/* The latest sightings of copied frames. */
struct sightings;

/* seed keys the hash of frames; capacity is the number of sightings kept. NULL if out of
 * memory. */
struct sightings *sightings_new(uint32_t capacity, uint64_t seed);
void sightings_free(struct sightings *sightings); /* NULL is allowed */

enum return_result {
    RETURN_BACK, /* goes back */
    RETURN_KEPT, /* never goes back, or a copy does */
    RETURN_CUT,  /* should go back, but was captured only in part: lost */
};

/* Whether this frame, decoded as packet, goes back. Call it once per frame, in order. */
enum return_result return_frame(struct sightings *sightings, const struct return_rules *rules,
                                const struct frame *frame, const struct packet *packet);

#endif

#ifndef DPAE_PIPELINE_RETURN_H
#define DPAE_PIPELINE_RETURN_H

#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* Which frames go back to the switch in active mode. One that was diverted here exists nowhere
 * else, so it goes back as it is; but group-addressed frames, LLDP and the discovery ethertype
 * never do. With DNS or DHCP harvesting on, the switch sends a copy of those frames before the
 * diverted frame: of identical sightings within a second the even ones go back. */
struct return_rules {
    bool returning; /* active mode, a session is up, and some rule diverts traffic */
    bool dns, dhcp; /* copies of these come first */
    uint16_t discovery_ethertype;
};

/* Remembers the latest sightings of copied frames. */
struct sightings;

/* seed keys the hash of the frames; capacity sightings are kept. NULL when out of memory. */
struct sightings *sightings_new(uint32_t capacity, uint64_t seed);
void sightings_free(struct sightings *sightings); /* NULL is allowed */

enum return_result {
    RETURN_BACK, /* it goes back */
    RETURN_KEPT, /* it never does, or its copy does */
    RETURN_CUT,  /* it was to, but is not all there: it is lost */
};

/* Whether this frame, decoded as packet, goes back. To be asked once for each frame, in order. */
enum return_result return_frame(struct sightings *sightings, const struct return_rules *rules,
                                const struct frame *frame, const struct packet *packet);

#endif

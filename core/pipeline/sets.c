#include "pipeline/sets.h"

#include <string.h>

static uint16_t generation_of(const uint64_t *members, unsigned count) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (unsigned i = 0; i < count; i++) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            hash = (hash ^ (members[i] >> shift & 0xff)) * UINT64_C(0x100000001b3);
        }
    }
    hash ^= hash >> 32;
    const uint16_t folded = (uint16_t)(hash ^ hash >> 16);
    return folded ? folded : 1;
}

static void find_places(struct set *set, const struct set *in_force) {
    for (unsigned i = 0; i < set->count; i++) {
        set->places[i] = SETS_NONE;
        for (unsigned k = 0; k < in_force->count; k++) {
            if (set->members[i] == in_force->members[k]) {
                set->places[i] = (uint8_t)k;
            }
        }
    }
}

uint16_t sets_put(struct sets *sets, const uint64_t *members, unsigned count) {
    const uint16_t generation = generation_of(members, count);
    const struct set *known = sets_find(sets, generation);
    /* One that comes again stays where it is; else the oldest goes. */
    sets->latest = known ? (unsigned)(known - sets->known) : (sets->latest + 1) % SETS_KNOWN;
    struct set *set = &sets->known[sets->latest];
    *set = (struct set){.generation = generation, .count = (uint8_t)count};
    memcpy(set->members, members, count * sizeof *members);
    for (unsigned i = 0; i < SETS_KNOWN; i++) {
        find_places(&sets->known[i], set);
    }
    return generation;
}

const struct set *sets_find(const struct sets *sets, uint16_t generation) {
    for (unsigned i = 0; i < SETS_KNOWN; i++) {
        if (generation != 0 && sets->known[i].generation == generation) {
            return &sets->known[i];
        }
    }
    return NULL;
}

#include "pipeline/sets.h"

#include "base/hash.h"

#include <stdbool.h>
#include <string.h>

static uint16_t generation_of(const uint64_t *members, unsigned count) {
    uint64_t hash = hash_bytes(HASH_START, members, count * sizeof *members);
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

static bool is_same(const struct set *set, const uint64_t *members, unsigned count) {
    return set->count == count && memcmp(set->members, members, count * sizeof *members) == 0;
}

/* Index of a set; SETS_KNOWN if unknown. */
static unsigned find_set(const struct sets *sets, uint16_t generation) {
    unsigned i = 0;
    while (i < SETS_KNOWN && (generation == 0 || sets->known[i].generation != generation)) {
        i++;
    }
    return i;
}

/* An unused entry, or else the least recently used one. */
static struct set *find_oldest(struct sets *sets) {
    struct set *oldest = &sets->known[0];
    for (unsigned i = 1; i < SETS_KNOWN; i++) {
        oldest = sets->known[i].put < oldest->put ? &sets->known[i] : oldest;
    }
    return oldest;
}

uint16_t sets_put(struct sets *sets, const uint64_t *members, unsigned count) {
    uint16_t generation = generation_of(members, count);
    unsigned number = find_set(sets, generation);
    /* Rarely, two sets have the same hash; then this set gets a number that differs between
     * processes. */
    while (number < SETS_KNOWN && !is_same(&sets->known[number], members, count)) {
        generation = generation == UINT16_MAX ? 1 : (uint16_t)(generation + 1);
        number = find_set(sets, generation);
    }
    struct set *set = number < SETS_KNOWN ? &sets->known[number] : find_oldest(sets);
    if (number == SETS_KNOWN) {
        *set = (struct set){.generation = generation, .count = (uint8_t)count};
        memcpy(set->members, members, count * sizeof *members);
    }
    set->put = ++sets->puts;
    for (unsigned i = 0; i < SETS_KNOWN; i++) {
        find_places(&sets->known[i], set);
    }
    return generation;
}

const struct set *sets_find(const struct sets *sets, uint16_t generation) {
    const unsigned number = find_set(sets, generation);
    return number < SETS_KNOWN ? &sets->known[number] : NULL;
}

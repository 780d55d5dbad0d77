#include "script/arrange.h"

#include "base/log.h"
#include "script/host_internal.h"

#include <string.h>

static void swap(void *one, void *other, size_t size) {
    unsigned char *a = one, *b = other;
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

static uint32_t swap_bits(uint32_t mask, unsigned a, unsigned b) {
    const uint32_t differ = (mask >> a ^ mask >> b) & 1;
    return mask ^ (differ << a | differ << b);
}

static bool call(struct script_host *host, const char *function, unsigned a, unsigned b) {
    lua_State *L = host->L;
    lua_getfield(L, STACK_HOST, function);
    lua_pushinteger(L, (lua_Integer)a);
    lua_pushinteger(L, (lua_Integer)b);
    if (lua_pcall(L, 2, 0, STACK_HANDLER) != 0) {
        host_log(host, SCRIPT_NO_CLASSIFIER, LOG_LEVEL_ERROR, lua_tostring(L, -1));
        lua_settop(L, STACK_HOST);
        return false;
    }
    return true;
}

static bool swap_places(struct script_host *host, unsigned a, unsigned b) {
    struct script_counters *counters = &host->counters;
    swap(host->names[a], host->names[b], sizeof host->names[a]);
    swap(&host->sources[a], &host->sources[b], sizeof host->sources[a]);
    swap(&host->failures[a], &host->failures[b], sizeof host->failures[a]);
    swap(&counters->errors[a], &counters->errors[b], sizeof counters->errors[a]);
    swap(&counters->quarantines[a], &counters->quarantines[b], sizeof counters->quarantines[a]);
    counters->quarantined = swap_bits(counters->quarantined, a, b);
    host->ready = swap_bits(host->ready, a, b);
    if (host->profile) {
        swap(&host->profile[a], &host->profile[b], sizeof host->profile[a]);
    }
    return call(host, "swap", a, b);
}

static bool empty_place(struct script_host *host, unsigned place) {
    struct script_counters *counters = &host->counters;
    memset(host->names[place], 0, SCRIPT_NAME_MAX);
    host->sources[place] = (struct script_source){0};
    memset(&host->failures[place], 0, sizeof host->failures[place]);
    counters->errors[place] = 0;
    counters->quarantines[place] = 0;
    counters->quarantined &= ~(1u << place);
    host->ready &= ~(1u << place);
    if (host->profile) {
        memset(&host->profile[place], 0, sizeof host->profile[place]);
    }
    return call(host, "empty", place, 0);
}

/* Index of the classifier with this name, searching from `from` on ("": an empty place);
 * SCRIPT_NO_CLASSIFIER if absent. */
static unsigned find_place(const struct script_host *host, const char *name, unsigned from) {
    unsigned place = from;
    while (place < SCRIPT_CLASSIFIERS_MAX && strcmp(host->names[place], name) != 0) {
        place++;
    }
    return place;
}

static bool is_among(const char *name, const char *const *names, unsigned count) {
    unsigned i = 0;
    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i < count;
}

static bool empty_unwanted(struct script_host *host, const char *const *names, unsigned count) {
    bool emptied = true;
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && emptied; i++) {
        emptied =
            is_among(host->names[i], names, count) || !host->names[i][0] || empty_place(host, i);
    }
    return emptied;
}

/* Fills places in order; those before i are final. Unwanted classifiers are gone by now, so each
 * new name has an empty place. */
static bool fill(struct script_host *host, const char *const *names, unsigned count,
                 uint32_t *kept) {
    bool filled = true;
    for (unsigned i = 0; i < count && filled; i++) {
        unsigned place = names[i][0] ? find_place(host, names[i], i) : SCRIPT_NO_CLASSIFIER;
        if (place != SCRIPT_NO_CLASSIFIER) {
            *kept |= 1u << i;
        } else {
            place = find_place(host, "", i);
        }
        filled = place == i || swap_places(host, i, place);
    }
    return filled;
}

bool arrange_places(struct script_host *host, const char *const *names, unsigned count,
                    uint32_t *kept) {
    *kept = 0;
    if (empty_unwanted(host, names, count) && fill(host, names, count, kept)) {
        return true;
    }
    *kept = 0;
    host->ready = 0;
    return false;
}

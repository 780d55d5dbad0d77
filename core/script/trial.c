#include "script/trial.h"

#include "script/host.h"

#include <stdio.h>

_Static_assert(TRIAL_PLACES == SCRIPT_CLASSIFIERS_MAX, "a set's places");
_Static_assert(TRIAL_NAME == SCRIPT_NAME_MAX, "and its names");

static uint32_t count_of(const struct trial *trial) {
    const uint32_t count = atomic_load_explicit(&trial->count, memory_order_acquire);
    return count < TRIAL_FILES_MAX ? count : TRIAL_FILES_MAX;
}

uint64_t trial_hash(const char *path, const char *text, uint64_t length) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    do {
        hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
    } while (*path++);
    for (uint64_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

bool trial_begin(struct trial *trial, unsigned place, const char *name) {
    if (atomic_load(&trial->left_out) >> place & 1) {
        return false;
    }
    snprintf(trial->name, sizeof trial->name, "%s", name);
    atomic_store(&trial->loading, place + 1);
    return true;
}

bool trial_note(struct trial *trial, uint64_t hash) {
    const uint32_t count = count_of(trial);
    if (count == TRIAL_FILES_MAX) {
        return false;
    }
    atomic_store(&trial->files[count].hash, hash);
    atomic_store(&trial->files[count].outcome, TRIAL_REFUSED);
    atomic_store_explicit(&trial->count, count + 1, memory_order_release);
    return true;
}

void trial_end(struct trial *trial, uint32_t from, bool loaded) {
    for (uint32_t i = from; loaded && i < count_of(trial); i++) {
        atomic_store(&trial->files[i].outcome, TRIAL_ACCEPTED);
    }
    atomic_store(&trial->loading, 0);
}

enum trial_outcome trial_look_up(const struct trial *trial, uint64_t hash) {
    enum trial_outcome outcome = TRIAL_UNKNOWN;
    for (uint32_t i = 0; i < count_of(trial) && outcome != TRIAL_ACCEPTED; i++) {
        if (atomic_load_explicit(&trial->files[i].hash, memory_order_relaxed) == hash) {
            outcome = atomic_load_explicit(&trial->files[i].outcome, memory_order_relaxed) ==
                              TRIAL_ACCEPTED
                          ? TRIAL_ACCEPTED
                          : TRIAL_REFUSED;
        }
    }
    return outcome;
}

void trial_copy(struct trial *to, const struct trial *from) {
    const uint32_t count = count_of(from);
    for (uint32_t i = 0; i < count; i++) {
        atomic_store(&to->files[i].hash, atomic_load(&from->files[i].hash));
        atomic_store(&to->files[i].outcome, atomic_load(&from->files[i].outcome));
    }
    atomic_store_explicit(&to->count, count, memory_order_release);
}

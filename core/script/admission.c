#include "script/admission.h"

#include "base/hash.h"
#include "script/host.h"

#include <stdio.h>
#include <string.h>

_Static_assert(ADMISSION_NAME == SCRIPT_NAME_MAX, "a classifier's name fits");

static uint32_t count_of(const struct admission *admission) {
    const uint32_t count = atomic_load_explicit(&admission->count, memory_order_acquire);
    return count < ADMISSION_FILES_MAX ? count : ADMISSION_FILES_MAX;
}

uint64_t admission_hash(const char *path, const char *text, size_t length) {
    return hash_bytes(hash_bytes(HASH_START, path, strlen(path) + 1), text, length);
}

bool admission_begin(struct admission *admission, unsigned place, const char *name) {
    if (atomic_load(&admission->left_out) >> place & 1) {
        return false;
    }
    snprintf(admission->name, sizeof admission->name, "%s", name);
    atomic_store(&admission->loading, place + 1);
    return true;
}

bool admission_note(struct admission *admission, uint64_t hash) {
    const uint32_t count = count_of(admission);
    if (count == ADMISSION_FILES_MAX) {
        return false;
    }
    atomic_store(&admission->files[count].hash, hash);
    atomic_store(&admission->files[count].outcome, ADMISSION_REFUSED);
    atomic_store_explicit(&admission->count, count + 1, memory_order_release);
    return true;
}

void admission_end(struct admission *admission, uint32_t from, bool loaded) {
    for (uint32_t i = from; loaded && i < count_of(admission); i++) {
        atomic_store(&admission->files[i].outcome, ADMISSION_ACCEPTED);
    }
    atomic_store(&admission->loading, 0);
}

/* A file may have been read for several classifiers: one that could be loaded is enough. */
enum admission_outcome admission_look_up(const struct admission *admission, uint64_t hash) {
    enum admission_outcome outcome = ADMISSION_UNKNOWN;
    for (uint32_t i = 0; i < count_of(admission); i++) {
        const struct admission_file *file = &admission->files[i];
        if (atomic_load_explicit(&file->hash, memory_order_relaxed) != hash) {
            continue;
        }
        if (atomic_load_explicit(&file->outcome, memory_order_relaxed) == ADMISSION_ACCEPTED) {
            return ADMISSION_ACCEPTED;
        }
        outcome = ADMISSION_REFUSED;
    }
    return outcome;
}

void admission_copy(struct admission *to, const struct admission *from) {
    const uint32_t count = count_of(from);
    for (uint32_t i = 0; i < count; i++) {
        atomic_store(&to->files[i].hash, atomic_load(&from->files[i].hash));
        atomic_store(&to->files[i].outcome, atomic_load(&from->files[i].outcome));
    }
    atomic_store_explicit(&to->count, count, memory_order_release);
}

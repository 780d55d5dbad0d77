#include "script/admission.h"

#include "base/hash.h"
#include "script/host.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* texts[] is a sequence of records. A record without a path marks a classifier as part of the
 * set; one record for each of its files follows, with path and text (not terminated) behind it. */
struct admission_record {
    char classifier[POLICY_NAME_MAX];
    uint32_t path_length, text_length;
};

/* A record and the offsets of its parts in texts[]. */
struct admission_place {
    struct admission_record record;
    uint32_t path, text, end;
};

/* Files leave room for the records without a path. */
#define RESERVED (SCRIPT_CLASSIFIERS_MAX * sizeof(struct admission_record))

static uint32_t used_of(const struct admission *admission) {
    const uint32_t used = atomic_load_explicit(&admission->used, memory_order_acquire);
    return used < ADMISSION_BYTES ? used : ADMISSION_BYTES;
}

uint64_t admission_hash(const char *path, const char *text, size_t length) {
    return hash_bytes(hash_bytes(HASH_START, path, strlen(path) + 1), text, length);
}

static bool append(struct admission *admission, const struct admission_record *record,
                   const void *path, const void *text, size_t limit) {
    const uint32_t used = used_of(admission);
    const size_t size = sizeof *record + record->path_length + record->text_length;
    if (used > limit || size > limit - used) {
        return false;
    }
    uint8_t *to = admission->texts + used;
    memcpy(to, record, sizeof *record);
    memcpy(to + sizeof *record, path, record->path_length);
    memcpy(to + sizeof *record + record->path_length, text, record->text_length);
    atomic_store_explicit(&admission->used, used + (uint32_t)size, memory_order_release);
    return true;
}

/* Moves *place to the next record; start with end = 0. False at the end, or at bytes that are
 * not a valid record. */
static bool next(const struct admission *admission, struct admission_place *place) {
    const uint32_t used = used_of(admission);
    struct admission_record *record = &place->record;
    const uint32_t start = place->end;
    if (start > used || used - start < sizeof *record) {
        return false;
    }
    memcpy(record, admission->texts + start, sizeof *record);
    record->classifier[sizeof record->classifier - 1] = '\0';
    const uint32_t room = used - start - (uint32_t)sizeof *record;
    if (record->path_length > room || record->text_length > room - record->path_length) {
        return false;
    }
    place->path = start + (uint32_t)sizeof *record;
    place->text = place->path + record->path_length;
    place->end = place->text + record->text_length;
    return true;
}

bool admission_begin(struct rehearsal_record *rehearsal, unsigned place, const char *name) {
    struct admission_record record = {.path_length = 0};
    snprintf(record.classifier, sizeof record.classifier, "%s", name);
    const bool room = append(&rehearsal->admission, &record, "", "", ADMISSION_BYTES);
    if (!room || atomic_load(&rehearsal->left_out) >> place & 1) {
        return false;
    }
    memcpy(rehearsal->name, record.classifier, sizeof rehearsal->name);
    rehearsal->before = used_of(&rehearsal->admission);
    atomic_store(&rehearsal->loading, place + 1);
    return true;
}

bool admission_note(struct rehearsal_record *rehearsal, const char *path, const char *text,
                    size_t length) {
    struct admission_record record = {.path_length = (uint32_t)strlen(path),
                                      .text_length = (uint32_t)length};
    memcpy(record.classifier, rehearsal->name, sizeof record.classifier);
    atomic_fetch_add(&rehearsal->files, 1);
    return append(&rehearsal->admission, &record, path, text, ADMISSION_BYTES - RESERVED);
}

void admission_end(struct rehearsal_record *rehearsal, bool loaded) {
    if (!loaded) {
        atomic_store(&rehearsal->admission.used, rehearsal->before);
    }
    atomic_store(&rehearsal->loading, 0);
}

/* As next(), but only records that name a classifier of the set. */
static bool next_mark(const struct admission *admission, struct admission_place *place) {
    while (next(admission, place)) {
        if (place->record.path_length == 0) {
            return true;
        }
    }
    return false;
}

/* As next(), but only files of this classifier. */
static bool next_file(const struct admission *admission, struct admission_place *place,
                      const char *classifier) {
    while (next(admission, place)) {
        if (place->record.path_length > 0 && strcmp(place->record.classifier, classifier) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_files(const struct admission *admission, const char *classifier) {
    return next_file(admission, &(struct admission_place){.end = 0}, classifier);
}

/* Adds all files of a classifier, or, if they do not fit, adds no file and returns false. */
static bool add_files(struct admission *to, const struct admission *from, const char *classifier) {
    const uint32_t used = used_of(to);
    struct admission_place at = {.end = 0};
    while (next_file(from, &at, classifier)) {
        if (!append(to, &at.record, from->texts + at.path, from->texts + at.text,
                    ADMISSION_BYTES)) {
            atomic_store(&to->used, used);
            return false;
        }
    }
    return true;
}

static void copy(struct admission *to, const struct admission *from) {
    const uint32_t used = used_of(from);
    memcpy(to->texts, from->texts, used);
    atomic_store_explicit(&to->used, used, memory_order_release);
}

bool admission_merge(struct admission *fresh, const struct admission *rehearsed,
                     const struct admission *before) {
    struct admission_place at = {.end = 0};
    bool room = true;
    copy(fresh, rehearsed);
    /* A corrupt `rehearsed` may list more classifiers than a set can have; do not follow it. */
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && next_mark(fresh, &at); i++) {
        if (!has_files(fresh, at.record.classifier)) {
            room &= add_files(fresh, before, at.record.classifier);
        }
    }
    return room;
}

static bool is_same(const struct admission *one, const struct admission_place *at,
                    const struct admission *other, const struct admission_place *there) {
    const size_t size = at->end - at->path; /* path and text */
    return at->record.path_length == there->record.path_length &&
           there->end - there->path == size &&
           memcmp(one->texts + at->path, other->texts + there->path, size) == 0;
}

/* Files are stored in the order in which they were read. */
static bool is_changed(const struct admission *fresh, const struct admission *before,
                       const char *classifier) {
    struct admission_place at = {.end = 0}, then = {.end = 0};
    bool more = next_file(fresh, &at, classifier), had = next_file(before, &then, classifier);
    const bool known = had;
    while (more && had && is_same(fresh, &at, before, &then)) {
        more = next_file(fresh, &at, classifier);
        had = next_file(before, &then, classifier);
    }
    return known && (more || had);
}

bool admission_differs(const struct admission *fresh, const struct admission *before) {
    struct admission_place at = {.end = 0};
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX && next_mark(fresh, &at); i++) {
        if (is_changed(fresh, before, at.record.classifier)) {
            return true;
        }
    }
    return false;
}

void admission_write(struct admission *to, const struct admission *from) {
    const uint32_t version = atomic_load_explicit(&to->version, memory_order_relaxed);
    atomic_store_explicit(&to->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    copy(to, from);
    atomic_store_explicit(&to->version, version + 2, memory_order_release);
}

void admission_take(struct admission *to, const struct admission *from) {
    for (;;) {
        const uint32_t version = atomic_load_explicit(&from->version, memory_order_acquire);
        if (version % 2 == 0) {
            copy(to, from);
            atomic_thread_fence(memory_order_acquire);
            if (atomic_load_explicit(&from->version, memory_order_relaxed) == version) {
                return;
            }
        }
        (void)sched_yield();
    }
}

const char *admission_find(const struct admission *admission, const char *classifier,
                           const char *path, size_t *length) {
    const size_t path_length = strlen(path);
    struct admission_place at = {.end = 0};
    while (next_file(admission, &at, classifier)) {
        if (at.record.path_length == path_length &&
            memcmp(admission->texts + at.path, path, path_length) == 0) {
            *length = at.record.text_length;
            return (const char *)admission->texts + at.text;
        }
    }
    return NULL;
}

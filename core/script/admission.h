#ifndef DPAE_SCRIPT_ADMISSION_H
#define DPAE_SCRIPT_ADMISSION_H

#include "policy/policy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limit for all classifiers; a helper module counts once for each classifier that requires it.
 * Untouched memory is never allocated. */
#define ADMISSION_BYTES (16u << 20)

/* The sources of a set of classifiers: for each one its file and the helper modules it
 * requires, as of its last successful load. Contains no pointers, so that processes can share
 * it: one writes, others take copies. Zero-initialise. */
struct admission {
    _Atomic uint32_t version; /* odd: a write is in progress */
    _Atomic uint32_t used;    /* bytes of texts in use: records, see admission.c */
    uint8_t texts[ADMISSION_BYTES];
};

/* The sources and the progress of loading a set of classifiers in one process, so that others can
 * load the same. Lies in memory shared with the observer. */
struct rehearsal_record {
    _Atomic uint32_t loading;   /* index + 1 of the classifier being loaded; 0: not loading */
    char name[POLICY_NAME_MAX]; /* its name */
    _Atomic uint32_t left_out;  /* mask, by index: classifiers to skip */
    _Atomic uint32_t files;     /* read so far */
    uint32_t before;            /* admission.used when loading of this classifier began */
    struct admission admission;
};

/* Hash of a file: its path and its text of length bytes. */
uint64_t admission_hash(const char *path, const char *text, size_t length);

/* Starts loading the classifier with this index. False: skip it. */
bool admission_begin(struct rehearsal_record *rehearsal, unsigned place, const char *name);
/* Records a file of this classifier. False: it does not fit. */
bool admission_note(struct rehearsal_record *rehearsal, const char *path, const char *text,
                    size_t length);
/* Ends loading; if it failed, forgets the files of this classifier. */
void admission_end(struct rehearsal_record *rehearsal, bool loaded);

/* Fills *fresh (empty) with the files of each classifier in the set of rehearsed, or, for those
 * that failed to load, with their files in before. rehearsed may be corrupt, and be written
 * concurrently. False: some files of before do not fit. */
bool admission_merge(struct admission *fresh, const struct admission *rehearsed,
                     const struct admission *before);

/* Whether the files of a classifier differ from before; a classifier without files before does
 * not count. */
bool admission_differs(const struct admission *fresh, const struct admission *before);

/* Copies *from to *to while others may take copies of *to; *from must not change. */
void admission_write(struct admission *to, const struct admission *from);
/* Copies *from to *to while *from may be written; *to must not be in use. Waits for a write to
 * finish. */
void admission_take(struct admission *to, const struct admission *from);

/* Finds a file of a classifier by path; NULL if absent. The text is borrowed from admission. */
const char *admission_find(const struct admission *admission, const char *classifier,
                           const char *path, size_t *length);

#endif

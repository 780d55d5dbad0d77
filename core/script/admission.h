#ifndef DPAE_SCRIPT_ADMISSION_H
#define DPAE_SCRIPT_ADMISSION_H

#include "policy/policy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of all classifiers, the helper modules of each counted with it. Memory is used for what is there.
 */
#define ADMISSION_BYTES (16u << 20)

/* The texts that classifiers are made of: for each of a set, its file and the helper modules that
 * it requires, as they were when it could be loaded last. Values only, in memory that processes
 * share: one writes, others take copies. Zero-initialise. */
struct admission {
    _Atomic uint32_t version; /* odd: it is being written */
    _Atomic uint32_t used;    /* bytes of texts: records, see admission.c */
    uint8_t texts[ADMISSION_BYTES];
};

/* What comes of loading a set of classifiers in one process, so that others can load the same:
 * their texts, and how far it is. In memory that it shares with who is to know. */
struct admission_trial {
    _Atomic uint32_t loading;   /* the classifier, by its place in the set from 1, that is being
                                   loaded now; 0: none */
    char name[POLICY_NAME_MAX]; /* its name */
    _Atomic uint32_t left_out;  /* mask, by place: those that are not to be loaded */
    _Atomic uint32_t files;     /* read so far */
    uint32_t before;            /* admission.used when it began */
    struct admission admission;
};

/* Of a file: its path and its text of length bytes. */
uint64_t admission_hash(const char *path, const char *text, size_t length);

/* A classifier of the set, by its place, is about to be loaded. False: it is not to be. */
bool admission_begin(struct admission_trial *trial, unsigned place, const char *name);
/* A file of it. False: there is no room for it. */
bool admission_note(struct admission_trial *trial, const char *path, const char *text,
                    size_t length);
/* It could be loaded, or not. */
void admission_end(struct admission_trial *trial, bool loaded);

/* Makes *fresh, empty before, what tried says of each classifier of its set, and for those that
 * could not be loaded what before says. tried may be anything, and be written meanwhile. False:
 * there is no room for some of the latter. */
bool admission_merge(struct admission *fresh, const struct admission *tried,
                     const struct admission *before);

/* Whether a classifier has other texts than before; one that had none does not count. */
bool admission_differs(const struct admission *fresh, const struct admission *before);

/* Makes *to what *from is. Others may take copies of *to meanwhile; nobody writes to *from. */
void admission_write(struct admission *to, const struct admission *from);
/* The same where *from may be written meanwhile, but not *to be read. Waits while it is. */
void admission_take(struct admission *to, const struct admission *from);

/* A file of a classifier; NULL: it has none with this path. The text is part of admission. */
const char *admission_find(const struct admission *admission, const char *classifier,
                           const char *path, size_t *length);

#endif

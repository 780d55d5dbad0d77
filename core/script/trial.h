#ifndef DPAE_SCRIPT_TRIAL_H
#define DPAE_SCRIPT_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What came of loading a set of classifiers in one process, for others that are to load the same:
 * which files it was made of, and which classifiers could be loaded. In memory that they share;
 * values only. Zero-initialise. */
#define TRIAL_FILES_MAX                                                                            \
    512                 /* all classifiers together, each with the helper modules it requires      \
                         */
#define TRIAL_PLACES 16 /* SCRIPT_CLASSIFIERS_MAX */
#define TRIAL_NAME   64 /* SCRIPT_NAME_MAX */

struct trial_file {
    _Atomic uint64_t hash;    /* of path and text: trial_hash() */
    _Atomic uint32_t outcome; /* enum trial_outcome */
};

enum trial_outcome {
    TRIAL_UNKNOWN, /* no such file, or not with this text */
    TRIAL_REFUSED,
    TRIAL_ACCEPTED /* a classifier with it could be loaded */
};

struct trial {
    _Atomic uint32_t loading;  /* the classifier, by its place in the set from 1, that is being
                                  loaded now; 0: none */
    char name[TRIAL_NAME];     /* its name */
    _Atomic uint32_t left_out; /* mask, by place: those that are not to be loaded */
    _Atomic uint32_t count;    /* of files */
    struct trial_file files[TRIAL_FILES_MAX];
};

uint64_t trial_hash(const char *path, const char *text, uint64_t length);

/* A classifier, by its place, is about to be loaded. False: it is not to be. */
bool trial_begin(struct trial *trial, unsigned place, const char *name);
/* A file of it. False: there is no room for more. */
bool trial_note(struct trial *trial, uint64_t hash);
/* It could be loaded, or not; from is the count of files when it began. */
void trial_end(struct trial *trial, uint32_t from, bool loaded);

/* What became of a file. */
enum trial_outcome trial_look_up(const struct trial *trial, uint64_t hash);

/* Makes *to what *from is, whatever somebody writes to *from meanwhile; *to may be read meanwhile:
 * its reader finds files of the one or of the other then. */
void trial_copy(struct trial *to, const struct trial *from);

#endif

#ifndef DPAE_SCRIPT_ADMISSION_H
#define DPAE_SCRIPT_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADMISSION_FILES_MAX 512 /* of all classifiers, each with the helper modules it requires */
#define ADMISSION_NAME      64  /* SCRIPT_NAME_MAX */

struct admission_file {
    _Atomic uint64_t hash;    /* of path and text: admission_hash() */
    _Atomic uint32_t outcome; /* enum admission_outcome */
};

enum admission_outcome {
    ADMISSION_UNKNOWN, /* no such file, or not with this text */
    ADMISSION_REFUSED,
    ADMISSION_ACCEPTED /* a classifier with it could be loaded */
};

/* What came of loading a set of classifiers in one process, for others that are to load the same:
 * which files it was made of, and which classifiers could be loaded. In memory that they share;
 * values only. Zero-initialise. */
struct admission {
    _Atomic uint32_t loading;  /* the classifier, by its place in the set from 1, that is being
                                  loaded now; 0: none */
    char name[ADMISSION_NAME]; /* its name */
    _Atomic uint32_t left_out; /* mask, by place: those that are not to be loaded */
    _Atomic uint32_t count;    /* of files */
    struct admission_file files[ADMISSION_FILES_MAX];
};

/* Of a file: its path and its text of length bytes. */
uint64_t admission_hash(const char *path, const char *text, size_t length);

/* A classifier, by its place, is about to be loaded. False: it is not to be. */
bool admission_begin(struct admission *admission, unsigned place, const char *name);
/* A file of it. False: there is no room for more. */
bool admission_note(struct admission *admission, uint64_t hash);
/* It could be loaded, or not; from is the count of files when it began. */
void admission_end(struct admission *admission, uint32_t from, bool loaded);

/* What became of a file. */
enum admission_outcome admission_look_up(const struct admission *admission, uint64_t hash);

/* Makes *to what *from is, whatever somebody writes to *from meanwhile; *to may be read meanwhile:
 * its reader finds files of the one or of the other then. */
void admission_copy(struct admission *to, const struct admission *from);

#endif

#ifndef DPAE_BASE_FAULTS_H
#define DPAE_BASE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a file that a person wrote: all of it, not only the first thing. */
enum fault_severity { FAULT_WARNING, FAULT_ERROR };

struct fault {
    enum fault_severity severity;
    unsigned line;     /* 1-based; 0: the file as a whole */
    unsigned column;   /* 1-based; 0: unknown */
    char source[128];  /* file name as the user gave it, or "controller" */
    char message[384]; /* what, and what to do */
};

/* Zero-initialise before use, faults_free() after. Keeps the first FAULTS_MAX, counts the rest. */
#define FAULTS_MAX 100
struct faults {
    struct fault *items; /* owned */
    size_t count;        /* entries in items */
    size_t errors;       /* all errors added, kept or not */
    size_t dropped;      /* added beyond FAULTS_MAX */
};

/* Control characters in the text are escaped: it may quote hostile input. */
void faults_add(struct faults *faults, enum fault_severity severity, const char *source,
                unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The first error among them; NULL: they are warnings only. */
const struct fault *faults_first_error(const struct faults *faults);

/* "source:line:column: message", without the parts that are 0. Always terminated. */
void fault_format(const struct fault *fault, char *text, size_t size);

void faults_free(struct faults *faults);

#endif

#ifndef DPAE_BASE_FAULTS_H
#define DPAE_BASE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* Every fault found in a file that a person wrote, not only the first. */
enum fault_severity { FAULT_WARNING, FAULT_ERROR };

struct fault {
    enum fault_severity severity;
    unsigned line;     /* 1-based; 0: the whole file */
    unsigned column;   /* 1-based; 0: unknown */
    char source[128];  /* file name as the user gave it, or "controller" */
    char message[384]; /* the fault and its remedy */
};

/* Zero-initialise before use and call faults_free() afterwards. Stores the first FAULTS_MAX faults
 * and counts the rest. */
#define FAULTS_MAX 100
struct faults {
    struct fault *items; /* owned */
    size_t count;        /* entries in items */
    size_t errors;       /* all errors added, stored or not */
    size_t dropped;      /* faults added beyond FAULTS_MAX */
};

/* Adds a fault. Escapes control characters, since the text may quote hostile input. */
void faults_add(struct faults *faults, enum fault_severity severity, const char *source,
                unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Returns the first error, or NULL when there are only warnings. */
const struct fault *faults_first_error(const struct faults *faults);

/* Formats "source:line:column: message", omitting parts that are 0. Always terminates. */
void fault_format(const struct fault *fault, char *text, size_t size);

void faults_free(struct faults *faults);

#endif

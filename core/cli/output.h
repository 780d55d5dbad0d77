#ifndef DPAE_CLI_OUTPUT_H
#define DPAE_CLI_OUTPUT_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

/* Where the events go: a file, or standard output. */
struct output {
    FILE *file;
    const char *name; /* borrowed */
};

/* Opens path (NULL: standard output) for writing, with a large buffer. Refuses a path that is one
 * of the inputs; what else was in the file is gone. A pipe whose reader goes away kills the program
 * when it is standard output, as it does other tools; otherwise it is an error. */
int output_open(struct output *output, const char *path, const char *const *inputs, size_t count,
                struct error *error);

/* Writes what is buffered and closes. code is 0 or the negative errno of an earlier failure, which
 * is reported like one of now. */
int output_close(struct output *output, int code, struct error *error);

#endif

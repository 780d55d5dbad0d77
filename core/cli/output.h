#ifndef DPAE_CLI_OUTPUT_H
#define DPAE_CLI_OUTPUT_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

/* The destination of events: a file, or standard output. */
struct output {
    FILE *file;
    const char *name; /* borrowed */
};

/* Opens path (NULL: standard output) for writing, with a large buffer. Refuses a path that is
 * one of the inputs; otherwise truncates the file. When the reader of a pipe exits, writing to
 * standard output kills the program, as usual for tools; on other files it is an error. */
int output_open(struct output *output, const char *path, const char *const *inputs, size_t count,
                struct error *error);

/* Flushes and closes. code is 0 or the negative errno of an earlier failure, which is reported
 * like a new one. */
int output_close(struct output *output, int code, struct error *error);

#endif

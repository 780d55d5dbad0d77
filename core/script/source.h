#ifndef DPAE_SCRIPT_SOURCE_H
#define DPAE_SCRIPT_SOURCE_H

#include "base/error.h"

#include <stddef.h>

/* Lua source files are small; more is a mistake. */
#define SOURCE_MAX (1 << 20)

/* Reads the script at path whole into *text (free it; not terminated) and *length. Regular files of
 * at most SOURCE_MAX bytes that are text, not bytecode. On failure a negative errno, *text NULL,
 * and a message that does not name the path. */
int source_read(const char *path, char **text, size_t *length, struct error *error);

#endif

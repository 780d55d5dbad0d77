#ifndef DPAE_SCRIPT_SOURCE_H
#define DPAE_SCRIPT_SOURCE_H

#include "base/error.h"
#include "base/export.h"

#include <stddef.h>
#include <stdint.h>

/* Lua source files are small; more is a mistake. */
#define SOURCE_MAX (1 << 20)

/* Reads the script at path whole into *text (free it; not terminated) and *length. Regular files of
 * at most SOURCE_MAX bytes that are text, not bytecode. On failure a negative errno, *text NULL,
 * and a message that does not name the path. */
int source_read(const char *path, char **text, size_t *length, struct error *error);

/* ffi: begin */
/* Where line number (from 1) of a text of size bytes begins, without its leading blanks, and in
 * *length how long it is then. A line that the text does not have is empty. */
uint32_t dpae_source_line(const char *text, uint32_t size, uint32_t number, uint32_t *length);
/* ffi: end */

#endif

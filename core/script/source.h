#ifndef DPAE_SCRIPT_SOURCE_H
#define DPAE_SCRIPT_SOURCE_H

#include "base/error.h"
#include "base/export.h"

#include <stddef.h>
#include <stdint.h>

/* Lua source files are small; a larger one is a mistake. */
#define SOURCE_MAX (1 << 20)

/* Reads the whole script at path into *text (caller frees; not terminated) and *length. Accepts
 * regular files of up to SOURCE_MAX bytes without bytecode. On failure returns a negative
 * errno, sets *text to NULL, and gives a message that does not name the path. */
int source_read(const char *path, char **text, size_t *length, struct error *error);

/* ffi: begin */
/* Offset of line `number` (from 1) of a text of size bytes, after leading blanks; the length of
 * the rest of the line goes to *length. A line beyond the end is empty. */
uint32_t dpae_source_line(const char *text, uint32_t size, uint32_t number, uint32_t *length);
/* ffi: end */

#endif

#ifndef DPAE_BASE_ESCAPE_H
#define DPAE_BASE_ESCAPE_H

#include <stddef.h>

/* Copies text to out (size bytes, at least 1) so that it is safe on one line of a terminal or a
 * log: control characters (C0, DEL, C1) and bytes that are not UTF-8 (RFC 3629) become \n, \r, \t
 * or \xHH. A backslash stays as it is. Cut at size, though never inside a character or an escape;
 * always terminated. Returns the length of out. */
size_t escape_text(const char *text, char *out, size_t size);

#endif

#ifndef DPAE_BASE_ESCAPE_H
#define DPAE_BASE_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

/* Copies text to out (size bytes, at least 1) so that it is safe on one line of a terminal or a
 * log: control characters (C0, DEL, C1) and bytes that are not UTF-8 (RFC 3629) become \n, \r, \t
 * or \xHH. A backslash stays as it is. Cut at size, though never inside a character or an escape;
 * always terminated. Returns the length of out. */
size_t escape_text(const char *text, char *out, size_t size);

/* Text of events (docs/jsonl.md) is printable ASCII: another byte is escaped as \DDD (decimal, RFC
 * 4343), a backslash as two. Writes one byte so. Returns how many bytes that is, up to 4. */
size_t escape_ascii_byte(uint8_t byte, char out[4]);

/* Appends bytes so to text (size bytes with its NUL); what does not fit is left away, an escape
 * whole. */
void escape_ascii_append(char *text, size_t size, const uint8_t *bytes, size_t length);

#endif

#ifndef DPAE_BASE_ESCAPE_H
#define DPAE_BASE_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

/* Copies text to out (size bytes, at least 1), made safe for one line of a terminal or a log:
 * control characters (C0, DEL, C1) and bytes that are not UTF-8 (RFC 3629) become \n, \r, \t or
 * \xHH. Backslashes are copied unchanged. Truncates at size, but never inside a character or an
 * escape; always terminates. Returns the length of out. */
size_t escape_text(const char *text, char *out, size_t size);

/* Writes one byte as the printable ASCII of event text (docs/jsonl.md): unprintable bytes become
 * \DDD (decimal, RFC 4343), a backslash is doubled. Returns the bytes written, 1 to 4. */
size_t escape_ascii_byte(uint8_t byte, char out[4]);

/* Appends bytes to text (size bytes including NUL), escaped as by escape_ascii_byte(). Truncates at
 * size, but never inside an escape. */
void escape_ascii_append(char *text, size_t size, const uint8_t *bytes, size_t length);

#endif

#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Returns the length in bytes of the well-formed character at `at` (RFC 3629 section 4), or 0.
 * Stops reading at the first byte that does not continue the character, so a NUL terminates it
 * safely. */
static size_t utf8_length(const uint8_t *at) {
    size_t length = 0;
    if (at[0] < 0x80) {
        length = 1;
    } else if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        length = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        length = 3;
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        length = 4;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const int overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    const int surrogate = at[0] == 0xed && at[1] > 0x9f;
    const int beyond = at[0] == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

static int is_control(const uint8_t *at) {
    return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

/* Writes the escape of one byte. Returns its length. */
static size_t escape_byte(uint8_t byte, char escape[5]) {
    const char *const letters = "\n\r\t";
    const char *const letter = strchr(letters, byte);
    if (letter) {
        return (size_t)snprintf(escape, 5, "\\%c", "nrt"[letter - letters]);
    }
    return (size_t)snprintf(escape, 5, "\\x%02x", byte);
}

size_t escape_text(const char *text, char *out, size_t size) {
    size_t used = 0;
    for (const uint8_t *at = (const uint8_t *)text; *at != '\0';) {
        char escape[5];
        const char *piece = (const char *)at;
        size_t length = utf8_length(at);
        size_t step = length;
        if (length == 0 || is_control(at)) {
            length = escape_byte(*at, escape);
            piece = escape;
            step = 1;
        }
        if (length > size - 1 - used) {
            break;
        }
        memcpy(out + used, piece, length);
        used += length;
        at += step;
    }
    out[used] = '\0';
    return used;
}

size_t escape_ascii_byte(uint8_t byte, char out[4]) {
    if (byte == '\\') {
        out[0] = out[1] = '\\';
        return 2;
    }
    if (byte >= ' ' && byte <= '~') {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '\\';
    out[1] = (char)('0' + byte / 100);
    out[2] = (char)('0' + byte / 10 % 10);
    out[3] = (char)('0' + byte % 10);
    return 4;
}

void escape_ascii_append(char *text, size_t size, const uint8_t *bytes, size_t length) {
    size_t used = strlen(text);
    for (size_t i = 0; i < length; i++) {
        char escaped[4];
        const size_t need = escape_ascii_byte(bytes[i], escaped);
        if (need >= size - used) {
            break;
        }
        memcpy(text + used, escaped, need);
        used += need;
    }
    text[used] = '\0';
}

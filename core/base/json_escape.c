#include "base/json_escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PAIR_LENGTH   12 /* \uD83D\uDE00 */
#define JOINED_LENGTH 10 /* \U0001f600 */

static bool read_escape(const char *text, uint32_t *unit) {
    if (text[0] != '\\' || text[1] != 'u') {
        return false;
    }
    *unit = 0;
    for (unsigned i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *at = text[i] ? strchr(digits, text[i]) : NULL;
        if (!at) {
            return false;
        }
        const uint32_t value = (uint32_t)(at - digits);
        *unit = *unit << 4 | (value < 16 ? value : value - 6);
    }
    return true;
}

/* Returns the character that the pair of escapes at text encodes, or 0. */
static uint32_t read_pair(const char *text, size_t length) {
    uint32_t high, low;
    if (length < PAIR_LENGTH || !read_escape(text, &high) || !read_escape(text + 6, &low) ||
        high >> 10 != 0xd800 >> 10 || low >> 10 != 0xdc00 >> 10) {
        return 0;
    }
    return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

bool json_has_pairs(const char *text, size_t length) {
    size_t first = 0;
    while (first < length && strchr(" \t\r\n", text[first]) && text[first]) {
        first++;
    }
    if (first == length || (text[first] != '{' && text[first] != '[')) {
        return false;
    }
    return memmem(text, length, "\\ud", 3) || memmem(text, length, "\\uD", 3);
}

size_t json_join_pairs(const char *text, size_t length, char *joined) {
    size_t written = 0;
    for (size_t at = 0; at < length;) {
        const uint32_t character = read_pair(text + at, length - at);
        if (character) {
            char escape[JOINED_LENGTH + 1];
            snprintf(escape, sizeof escape, "\\U%08x", character);
            memcpy(joined + written, escape, JOINED_LENGTH);
            written += JOINED_LENGTH;
            at += PAIR_LENGTH;
            continue;
        }
        /* Copy a backslash and the character it escapes together: "\\ud83d" is a backslash followed
         * by letters. */
        const size_t copied = text[at] == '\\' && at + 1 < length ? 2 : 1;
        memcpy(joined + written, text + at, copied);
        written += copied;
        at += copied;
    }
    return written;
}

#include "bytes/regex.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* As written in a pattern; # stands for a digit. */
static const struct {
    const char *text, *construct;
} unsupported[] = {
    {"(*", "a verb or other word after (*"},
    {"(?R", "recursion"},
    {"(?#", "recursion"},
    {"(?+#", "recursion"},
    {"(?-#", "recursion"},
    {"(?&", "recursion"},
    {"(?P>", "recursion"},
    {"\\g<", "recursion"},
    {"\\g'", "recursion"},
    {"(?C", "a callout"},
    {"\\X", "Unicode (\\X, \\p, \\P)"},
    {"\\p", "Unicode (\\X, \\p, \\P)"},
    {"\\P", "Unicode (\\X, \\p, \\P)"},
};

static bool begins_with(const char *pattern, uint32_t length, const char *text) {
    for (uint32_t i = 0; text[i]; i++) {
        if (i == length) {
            return false;
        }
        const bool same =
            text[i] == '#' ? isdigit((unsigned char)pattern[i]) : pattern[i] == text[i];
        if (!same) {
            return false;
        }
    }
    return true;
}

/* Skips a backslash together with the next character. Where PCRE2 does not (in \Q...\E and
 * comments), its construct ends no later than that pair. So no active construct is missed, though
 * some literal text may be rejected. */
const char *regex_syntax_find_unsupported(const char *pattern, uint32_t length, uint32_t *offset) {
    for (uint32_t at = 0; at < length; at += pattern[at] == '\\' ? 2 : 1) {
        for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++) {
            if (begins_with(pattern + at, length - at, unsupported[i].text)) {
                *offset = at;
                return unsupported[i].construct;
            }
        }
    }
    return NULL;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

uint32_t regex_syntax_largest_repeat(const char *pattern, uint32_t length) {
    uint32_t largest = 0, number = 0;
    bool inside = false;
    for (uint32_t i = 0; i < length; i++) {
        const char c = pattern[i];
        if (inside && isdigit((unsigned char)c)) {
            /* PCRE2 rejects repeats over 65535. */
            number = number > UINT16_MAX ? number : number * 10 + (uint32_t)(c - '0');
            largest = larger(largest, number);
            continue;
        }
        number = 0;
        inside = c == '{' || (inside && (c == ',' || c == ' ' || c == '\t'));
    }
    return largest;
}

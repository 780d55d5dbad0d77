#include "bytes/pattern.h"

#include "base/export.h"
#include "bytes/matcher.h"

#include <stdio.h>
#include <string.h>

DPAE_EXPORT const char *dpae_pattern_problem(int problem) {
    switch ((enum pattern_problem)problem) {
    case PATTERN_OVER:
        return "the pattern takes too many steps";
    case PATTERN_TOO_LONG:
        return "the result is too long";
    case PATTERN_ENDS_WITH_ESCAPE:
        return "malformed pattern (ends with '%')";
    case PATTERN_OPEN_SET:
        return "malformed pattern (missing ']')";
    case PATTERN_UNBALANCED:
        return "unbalanced pattern";
    case PATTERN_NO_FRONTIER:
        return "missing '[' after '%f' in pattern";
    case PATTERN_NO_OPEN_CAPTURE:
        return "invalid pattern capture";
    case PATTERN_NO_SUCH_CAPTURE:
        return "invalid capture index";
    case PATTERN_MANY_CAPTURES:
        return "too many captures";
    case PATTERN_UNFINISHED:
        return "unfinished capture";
    case PATTERN_COMPLEX:
        return "pattern too complex";
    }
    return "";
}

DPAE_EXPORT int dpae_pattern_is_plain(const char *pattern, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        if (pattern[i] != '\0' && strchr(PATTERN_SPECIALS, pattern[i])) {
            return false;
        }
    }
    return true;
}

/* Returns the offset in the text of position init. */
static size_t offset_of(int32_t init, uint32_t length) {
    const int64_t offset = init < 0 ? (int64_t)init + length : (int64_t)init - 1;
    return offset < 0 ? 0 : offset < length ? (size_t)offset : length;
}

DPAE_EXPORT int32_t dpae_pattern_find_plain(const char *text, uint32_t length, const char *part,
                                            uint32_t part_length, int32_t init) {
    const size_t offset = offset_of(init, length);
    const char *found = memmem(text + offset, length - offset, part, part_length);
    return found ? (int32_t)(found - text) + 1 : 0;
}

static int32_t position_of(const struct matcher *m, const uint8_t *at) {
    return (int32_t)(at - m->text) + 1;
}

/* Records a match. Returns 1 + the number of its captures, or a problem. */
static int record_match(const struct matcher *m, const uint8_t *at, const uint8_t *end,
                        struct pattern_match *match) {
    match->first[0] = position_of(m, at);
    match->last[0] = position_of(m, end) - 1;
    for (int i = 0; i < m->captures; i++) {
        const ptrdiff_t length = m->capture[i].length;
        if (length == CAPTURE_OPEN) {
            return PATTERN_UNFINISHED;
        }
        match->first[i + 1] = position_of(m, m->capture[i].start);
        match->last[i + 1] =
            length == CAPTURE_POSITION ? -1 : match->first[i + 1] + (int32_t)length - 1;
    }
    return 1 + m->captures;
}

DPAE_EXPORT int dpae_pattern_find(const char *text, uint32_t length, const char *pattern,
                                  int32_t init, uint32_t budget, struct pattern_match *match) {
    struct matcher m;
    matcher_begin(&m, text, length, budget);
    const uint8_t *at = m.text + offset_of(init, length);
    const uint8_t *end = matcher_search(&m, &at, (const uint8_t *)pattern);
    match->steps = budget - m.left;
    return end ? record_match(&m, at, end, match) : m.problem;
}

struct replacement {
    const char *with;
    size_t with_length;
    bool has_escapes;
    char *out;
    size_t length, size;
};

static void append(struct matcher *m, struct replacement *r, const void *bytes, size_t length) {
    if (length > r->size - r->length) {
        m->problem = PATTERN_TOO_LONG;
    } else if (length > 0) {
        memcpy(r->out + r->length, bytes, length);
        r->length += length;
    }
}

/* index counts from 0. Without captures in the pattern, capture 0 is the match. */
static void append_capture(struct matcher *m, struct replacement *r, int index, const uint8_t *at,
                           const uint8_t *end) {
    if (index >= m->captures) {
        if (index == 0) {
            append(m, r, at, (size_t)(end - at));
        } else {
            m->problem = PATTERN_NO_SUCH_CAPTURE;
        }
        return;
    }
    const uint8_t *start = m->capture[index].start;
    const ptrdiff_t length = m->capture[index].length;
    if (length == CAPTURE_OPEN) {
        m->problem = PATTERN_UNFINISHED;
    } else if (length == CAPTURE_POSITION) {
        char digits[12];
        const int count = snprintf(digits, sizeof digits, "%d", position_of(m, start));
        append(m, r, digits, (size_t)count);
    } else {
        append(m, r, start, (size_t)length);
    }
}

/* Writes the replacement of a match. A trailing % stands for a NUL, because LuaJIT reads on. */
static void append_replacement(struct matcher *m, struct replacement *r, const uint8_t *at,
                               const uint8_t *end) {
    if (!r->has_escapes) {
        append(m, r, r->with, r->with_length);
        return;
    }
    if (!matcher_spend(m, 1 + r->with_length / 4)) {
        return;
    }
    for (size_t i = 0; i < r->with_length && !m->problem; i++) {
        if (r->with[i] != '%') {
            append(m, r, &r->with[i], 1);
            continue;
        }
        char escaped = '\0';
        if (++i < r->with_length) {
            escaped = r->with[i];
        }
        if (escaped < '0' || escaped > '9') {
            append(m, r, &escaped, 1);
        } else if (escaped == '0') {
            append(m, r, at, (size_t)(end - at));
        } else {
            append_capture(m, r, escaped - '1', at, end);
        }
    }
}

/* Returns the number of replaced matches; a problem may be set in m. */
static int replace_all(struct matcher *m, struct replacement *r, const uint8_t *pattern,
                       int max_count) {
    const uint8_t *at = m->text, *copied = m->text;
    int count = 0;
    while (count < max_count) {
        const uint8_t *end = matcher_search(m, &at, pattern);
        if (!end) {
            break;
        }
        append(m, r, copied, (size_t)(at - copied));
        append_replacement(m, r, at, end);
        count++;
        copied = end;
        if (*pattern == '^' || m->problem || at == m->end) {
            break;
        }
        at = end > at ? end : at + 1;
    }
    if (!m->problem) {
        append(m, r, copied, (size_t)(m->end - copied));
    }
    return count;
}

DPAE_EXPORT int dpae_pattern_replace(const char *text, uint32_t length, const char *pattern,
                                     const char *with, uint32_t with_length, int32_t max_count,
                                     uint32_t budget, struct pattern_match *match, char *out,
                                     uint32_t size) {
    struct matcher m;
    struct replacement r = {
        .with = with,
        .with_length = with_length,
        .has_escapes = memchr(with, '%', with_length) != NULL,
        .out = out,
        .size = size,
    };
    matcher_begin(&m, text, length, budget);
    const int count = replace_all(&m, &r, (const uint8_t *)pattern, max_count);
    match->steps = budget - m.left;
    match->length = (uint32_t)r.length;
    return m.problem ? m.problem : count;
}

#include "bytes/matcher.h"

#include <string.h>

#define ESCAPE '%'

enum { CONTROL = 1, SPACE = 2, PUNCTUATION = 4, DIGIT = 8, HEX = 16, UPPER = 32, LOWER = 64 };

static const uint8_t byte_kinds[256] = {
    [0 ... 8] = CONTROL,         [9 ... 13] = CONTROL | SPACE,
    [14 ... 31] = CONTROL,       [' '] = SPACE,
    ['!' ... '/'] = PUNCTUATION, ['0' ... '9'] = DIGIT | HEX,
    [':' ... '@'] = PUNCTUATION, ['A' ... 'F'] = UPPER | HEX,
    ['G' ... 'Z'] = UPPER,       ['[' ... '`'] = PUNCTUATION,
    ['a' ... 'f'] = LOWER | HEX, ['g' ... 'z'] = LOWER,
    ['{' ... '~'] = PUNCTUATION, [127] = CONTROL,
};

/* By lower-case letter; a capital letter means the complement. */
static const uint8_t classes[32] = {
    ['a' - '`'] = UPPER | LOWER,
    ['c' - '`'] = CONTROL,
    ['d' - '`'] = DIGIT,
    ['g' - '`'] = UPPER | LOWER | DIGIT | PUNCTUATION,
    ['l' - '`'] = LOWER,
    ['p' - '`'] = PUNCTUATION,
    ['s' - '`'] = SPACE,
    ['u' - '`'] = UPPER,
    ['w' - '`'] = UPPER | LOWER | DIGIT,
    ['x' - '`'] = HEX,
};

static const uint8_t *fail(struct matcher *m, enum pattern_problem problem) {
    m->problem = problem;
    return NULL;
}

static inline bool spend(struct matcher *m, size_t steps) {
    if (m->left < steps) {
        m->left = 0;
        fail(m, PATTERN_OVER);
        return false;
    }
    m->left -= (uint32_t)steps;
    return true;
}

static bool is_of_class(uint8_t byte, uint8_t class) {
    const uint8_t kind = (class & 0xc0) == 0x40 ? classes[class & 0x1f] : 0;
    if (kind) {
        return ((byte_kinds[byte] & kind) != 0) == ((class & 0x20) != 0);
    }
    switch (class) {
    case 'z':
        return byte == 0;
    case 'Z':
        return byte != 0;
    default:
        return byte == class;
    }
}

/* set points to its [, last to its ]. */
static bool is_in_set(uint8_t byte, const uint8_t *set, const uint8_t *last) {
    const bool inverted = set[1] == '^';
    for (set += inverted ? 2 : 1; set < last; set++) {
        if (*set == ESCAPE) {
            if (is_of_class(byte, *++set)) {
                return !inverted;
            }
        } else if (set[1] == '-' && set + 2 < last) {
            if (*set <= byte && byte <= set[2]) {
                return !inverted;
            }
            set += 2;
        } else if (*set == byte) {
            return !inverted;
        }
    }
    return inverted;
}

/* next points past the item. */
static inline bool matches(uint8_t byte, const uint8_t *item, const uint8_t *next) {
    switch (*item) {
    case '.':
        return true;
    case ESCAPE:
        return is_of_class(byte, item[1]);
    case '[':
        return is_in_set(byte, item, next - 1);
    default:
        return *item == byte;
    }
}

static inline size_t item_cost(const uint8_t *item, const uint8_t *next) {
    return *item == '[' ? (size_t)(next - item) / 2 : 1;
}

/* Returns the position after the ] of a set that begins here, or NULL. */
static const uint8_t *set_end(struct matcher *m, const uint8_t *set) {
    const uint8_t *at = set + (set[1] == '^' ? 2 : 1);
    do {
        if (*at == '\0') {
            return fail(m, PATTERN_OPEN_SET);
        }
        at += *at == ESCAPE && at[1] != '\0' ? 2 : 1;
    } while (*at != ']');
    at++;
    return spend(m, item_cost(set, at) - 1) ? at : NULL;
}

/* Returns the end of an item that matches one byte, or NULL. */
static const uint8_t *item_end(struct matcher *m, const uint8_t *item) {
    switch (*item) {
    case ESCAPE:
        return item[1] == '\0' ? fail(m, PATTERN_ENDS_WITH_ESCAPE) : item + 2;
    case '[':
        return set_end(m, item);
    default:
        return item + 1;
    }
}

/* Returns the byte with which every match of a pattern begins, or -1. */
static int first_byte(const uint8_t *pattern) {
    const bool escaped = *pattern == ESCAPE && !(byte_kinds[pattern[1]] & (UPPER | LOWER | DIGIT));
    const uint8_t byte = pattern[escaped];
    if (byte == '\0' || (!escaped && (byte == ')' || strchr(PATTERN_SPECIALS, byte)))) {
        return -1;
    }
    const uint8_t behind = pattern[escaped + 1];
    return behind != '\0' && strchr("*?-", behind) ? -1 : byte;
}

static const uint8_t *match(struct matcher *m, const uint8_t *at, const uint8_t *item);

/* Returns how many bytes from here on match the item. */
static size_t run_length(struct matcher *m, const uint8_t *at, const uint8_t *item,
                         const uint8_t *next) {
    const size_t cost = item_cost(item, next);
    const size_t available = (size_t)(m->end - at);
    const size_t limit = available < m->left / cost ? available : m->left / cost;
    size_t length = *item == '.' ? limit : 0;
    while (length < limit && matches(at[length], item, next)) {
        length++;
    }
    spend(m, length == limit && limit < available ? UINT32_MAX : length * cost);
    return length;
}

/* Matches as many bytes of the item as possible, then fewer. Skips the recursion when the next byte
 * cannot start the rest of the pattern, unless the depth limit must be reported. */
static const uint8_t *match_longest(struct matcher *m, const uint8_t *at, const uint8_t *item,
                                    const uint8_t *next) {
    const int first = m->depth < PATTERN_DEPTH_MAX ? first_byte(next + 1) : -1;
    size_t length = run_length(m, at, item, next);
    for (; !m->problem; length--) {
        if (first < 0 || (at + length < m->end && at[length] == first)) {
            const uint8_t *end = match(m, at + length, next + 1);
            if (end) {
                return end;
            }
        } else {
            spend(m, 1);
        }
        if (length == 0) {
            return NULL;
        }
    }
    return NULL;
}

/* Matches no byte of the item, then more. */
static const uint8_t *match_shortest(struct matcher *m, const uint8_t *at, const uint8_t *item,
                                     const uint8_t *next) {
    const size_t cost = item_cost(item, next);
    for (;; at++) {
        const uint8_t *end = match(m, at, next + 1);
        if (end || m->problem || at == m->end || !spend(m, cost) || !matches(*at, item, next)) {
            return end;
        }
    }
}

static const uint8_t *open_capture(struct matcher *m, const uint8_t *at, const uint8_t *item,
                                   ptrdiff_t length) {
    if (m->captures == PATTERN_CAPTURES_MAX) {
        return fail(m, PATTERN_MANY_CAPTURES);
    }
    m->capture[m->captures].start = at;
    m->capture[m->captures].length = length;
    m->captures++;
    const uint8_t *end = match(m, at, item);
    m->captures -= !end;
    return end;
}

static const uint8_t *close_capture(struct matcher *m, const uint8_t *at, const uint8_t *item) {
    int last = m->captures - 1;
    while (last >= 0 && m->capture[last].length != CAPTURE_OPEN) {
        last--;
    }
    if (last < 0) {
        return fail(m, PATTERN_NO_OPEN_CAPTURE);
    }
    m->capture[last].length = at - m->capture[last].start;
    const uint8_t *end = match(m, at, item);
    if (!end) {
        m->capture[last].length = CAPTURE_OPEN;
    }
    return end;
}

/* Matches the text of a capture: %1 to %9. */
static const uint8_t *match_backreference(struct matcher *m, const uint8_t *at, uint8_t digit) {
    const int index = digit - '1';
    if (index < 0 || index >= m->captures || m->capture[index].length == CAPTURE_OPEN) {
        return fail(m, PATTERN_NO_SUCH_CAPTURE);
    }
    const ptrdiff_t length = m->capture[index].length;
    if (length == CAPTURE_POSITION || length > m->end - at || !spend(m, (size_t)length / 16) ||
        memcmp(m->capture[index].start, at, (size_t)length) != 0) {
        return NULL;
    }
    return at + length;
}

/* Matches %bxy. ends points to x. */
static const uint8_t *match_balanced(struct matcher *m, const uint8_t *at, const uint8_t *ends) {
    if (ends[0] == '\0' || ends[1] == '\0') {
        return fail(m, PATTERN_UNBALANCED);
    }
    if (at == m->end || *at != ends[0]) {
        return NULL;
    }
    for (size_t open = 1; ++at < m->end && spend(m, 1);) {
        if (*at == ends[1]) {
            if (--open == 0) {
                return at + 1;
            }
        } else if (*at == ends[0]) {
            open++;
        }
    }
    return NULL;
}

/* Matches %f[set]: returns the end of the set at a transition from a byte outside the set to one
 * inside. A NUL is assumed before and after the text. */
static const uint8_t *match_frontier(struct matcher *m, const uint8_t *at, const uint8_t *set) {
    if (*set != '[') {
        return fail(m, PATTERN_NO_FRONTIER);
    }
    const uint8_t *next = set_end(m, set);
    if (!next) {
        return NULL;
    }
    const uint8_t before = at == m->text ? 0 : at[-1];
    const uint8_t here = at == m->end ? 0 : *at;
    return !is_in_set(before, set, next - 1) && is_in_set(here, set, next - 1) ? next : NULL;
}

static inline bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

/* Matches items in sequence, up to one with alternative continuations. */
static const uint8_t *match_items(struct matcher *m, const uint8_t *at, const uint8_t *item) {
    while (at && spend(m, 1)) {
        switch (*item) {
        case '\0':
            return at;
        case '(':
            return item[1] == ')' ? open_capture(m, at, item + 2, CAPTURE_POSITION)
                                  : open_capture(m, at, item + 1, CAPTURE_OPEN);
        case ')':
            return close_capture(m, at, item + 1);
        case '$':
            if (item[1] == '\0') {
                return at == m->end ? at : NULL;
            }
            break;
        case ESCAPE:
            if (item[1] == 'b') {
                at = match_balanced(m, at, item + 2);
                item += at ? 4 : 0;
                continue;
            } else if (item[1] == 'f') {
                item = match_frontier(m, at, item + 2);
                at = item ? at : NULL;
                continue;
            } else if (is_digit(item[1])) {
                at = match_backreference(m, at, item[1]);
                item += 2;
                continue;
            }
            break;
        default:
            break;
        }
        const uint8_t *next = item_end(m, item);
        if (!next) {
            return NULL;
        }
        const bool here = at < m->end && matches(*at, item, next);
        switch (*next) {
        case '*':
            return match_longest(m, at, item, next);
        case '+':
            return here ? match_longest(m, at + 1, item, next) : NULL;
        case '-':
            return match_shortest(m, at, item, next);
        case '?': {
            const uint8_t *end = here ? match(m, at + 1, next + 1) : NULL;
            if (end || m->problem) {
                return end;
            }
            item = next + 1;
            break;
        }
        default:
            at = here ? at + 1 : NULL;
            item = next;
            break;
        }
    }
    return NULL;
}

/* Matches the rest of the pattern at this position. Returns the end of the match, or NULL. */
static const uint8_t *match(struct matcher *m, const uint8_t *at, const uint8_t *item) {
    if (++m->depth > PATTERN_DEPTH_MAX) {
        return fail(m, PATTERN_COMPLEX);
    }
    const uint8_t *end = match_items(m, at, item);
    m->depth--;
    return end;
}

void matcher_begin(struct matcher *m, const char *text, uint32_t length, uint32_t budget) {
    m->text = (const uint8_t *)text;
    m->end = m->text + length;
    m->left = budget;
    m->problem = 0;
    m->captures = 0;
}

static const uint8_t *match_from(struct matcher *m, const uint8_t *at, const uint8_t *pattern) {
    m->depth = 0;
    m->captures = 0;
    return match(m, at, pattern);
}

const uint8_t *matcher_search(struct matcher *m, const uint8_t **at, const uint8_t *pattern) {
    if (*pattern == '^') {
        return match_from(m, *at, pattern + 1);
    }
    const int first = first_byte(pattern);
    for (;; ++*at) {
        if (first >= 0) {
            const uint8_t *next = memchr(*at, first, (size_t)(m->end - *at));
            if (!spend(m, (size_t)((next ? next : m->end) - *at) / 16) || !next) {
                return NULL;
            }
            *at = next;
        }
        const uint8_t *end = match_from(m, *at, pattern);
        if (end || m->problem || *at == m->end) {
            return end;
        }
    }
}

bool matcher_spend(struct matcher *m, size_t steps) {
    return spend(m, steps);
}

#ifndef DPAE_BYTES_PATTERN_H
#define DPAE_BYTES_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

/* Lua's patterns (Lua 5.1 reference manual, 5.4.1) as LuaJIT 2.1 matches them, with bounded work:
 * LuaJIT's own functions return only after trying every alternative. For strings.lua.
 *
 * A step is one item of the pattern tried at one position of the text. A set costs one step per 8
 * of its bytes; bytes that are only compared or skipped cost one step per 16. */
#define PATTERN_CAPTURES_MAX 32
#define PATTERN_SLOTS        33 /* the whole match and the captures */
#define PATTERN_DEPTH_MAX    200

/* ffi: begin */
enum pattern_problem {
    PATTERN_OVER = -1,     /* the budget is exhausted */
    PATTERN_TOO_LONG = -2, /* the result of a replacement does not fit */
    PATTERN_ENDS_WITH_ESCAPE = -3,
    PATTERN_OPEN_SET = -4,
    PATTERN_UNBALANCED = -5,
    PATTERN_NO_FRONTIER = -6,
    PATTERN_NO_OPEN_CAPTURE = -7,
    PATTERN_NO_SUCH_CAPTURE = -8,
    PATTERN_MANY_CAPTURES = -9,
    PATTERN_UNFINISHED = -10,
    PATTERN_COMPLEX = -11,
};

/* Positions count from 1. An empty match has last = first - 1. Slot 0 is the whole match, 1 and up
 * are the captures; last of a position capture is -1. */
struct pattern_match {
    uint32_t steps;  /* steps taken, with or without a match */
    uint32_t length; /* length of the replaced text */
    int32_t first[PATTERN_SLOTS];
    int32_t last[PATTERN_SLOTS];
};

/* Searches the text from position init, as string.find() does: negative positions count from the
 * end. The pattern ends at its first NUL; with a leading ^ it matches at init only. Takes at most
 * budget steps. Returns 0 without a match, 1 + the number of captures with one (and fills match),
 * otherwise an enum pattern_problem. Keeps no pointers. */
int dpae_pattern_find(const char *text, uint32_t length, const char *pattern, int32_t init,
                      uint32_t budget, struct pattern_match *match);

/* Copies text to out (size bytes), with up to max_count matches of pattern replaced by with, in
 * which %0 to %9 stand for the match and its captures, as in string.gsub(). Sets steps and length
 * of match. Returns the number of replacements, or an enum pattern_problem, which leaves out
 * undefined. */
int dpae_pattern_replace(const char *text, uint32_t length, const char *pattern, const char *with,
                         uint32_t with_length, int32_t max_count, uint32_t budget,
                         struct pattern_match *match, char *out, uint32_t size);

/* Returns Lua's message for a problem, such as "malformed pattern (missing ']')". Static text. */
const char *dpae_pattern_problem(int problem);

/* Returns true when a pattern contains no special bytes, so that string.find() can search for plain
 * text. */
int dpae_pattern_is_plain(const char *pattern, uint32_t length);

/* Returns the position of part in the text from position init on, or 0. Runs in linear time. */
int32_t dpae_pattern_find_plain(const char *text, uint32_t length, const char *part,
                                uint32_t part_length, int32_t init);
/* ffi: end */

#endif

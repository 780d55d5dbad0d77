#ifndef DPAE_BYTES_PATTERN_H
#define DPAE_BYTES_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

/* Lua's patterns (Lua 5.1 reference manual, 5.4.1), as LuaJIT 2.1 matches them, with a bound on the
 * work: LuaJIT's own functions do not come back before they have tried all ways. For strings.lua.
 *
 * A step is one item of the pattern that is tried at one place of the text. A set costs one step
 * for each 8 bytes of it, bytes that are only compared or passed over one for each 16. */
#define PATTERN_CAPTURES_MAX 32
#define PATTERN_SLOTS        33 /* the captures, and the whole match */
#define PATTERN_DEPTH_MAX    200

/* ffi: begin */
enum pattern_problem {
    PATTERN_OVER = -1,     /* the budget is used up */
    PATTERN_TOO_LONG = -2, /* the result of a replacement has no room */
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

/* Places count from 1; an empty text ends before it begins (last is first - 1). Slot 0 is the whole
 * match, 1 and up are the captures; last of a position capture is -1. */
struct pattern_match {
    uint32_t steps;  /* that were taken, also when nothing was found */
    uint32_t length; /* of a replacement's result */
    int32_t first[PATTERN_SLOTS];
    int32_t last[PATTERN_SLOTS];
};

/* Looks for pattern, which ends with its first NUL, in the text from place init on, which is as of
 * string.find(): below 0 it counts from the end. A pattern with ^ in front matches there or
 * nowhere. Takes no more than budget steps. Returns 0 when it is not in the text, 1 + the number of
 * captures when it is, and match is filled; otherwise an enum pattern_problem. Keeps no pointer. */
int dpae_pattern_find(const char *text, uint32_t length, const char *pattern, int32_t init,
                      uint32_t budget, struct pattern_match *match);

/* Writes text into out, which has room for size bytes, with up to most matches of pattern replaced
 * by with, where %0 to %9 stand for the match and its captures, as of string.gsub(). Sets steps and
 * length of match. Returns how many were replaced, or an enum pattern_problem; then out has no
 * meaning. */
int dpae_pattern_replace(const char *text, uint32_t length, const char *pattern, const char *with,
                         uint32_t with_length, int32_t most, uint32_t budget,
                         struct pattern_match *match, char *out, uint32_t size);

/* What Lua says of a problem: "malformed pattern (missing ']')". Static text. */
const char *dpae_pattern_problem(int problem);

/* Whether a pattern stands for its own bytes only, so that string.find() need not match. */
int dpae_pattern_is_plain(const char *pattern, uint32_t length);

/* The place of part in the text from place init on, 0 when it is not there. Its time grows with
 * length alone. */
int32_t dpae_pattern_find_plain(const char *text, uint32_t length, const char *part,
                                uint32_t part_length, int32_t init);
/* ffi: end */

#endif

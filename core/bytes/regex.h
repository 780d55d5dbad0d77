#ifndef DPAE_BYTES_REGEX_H
#define DPAE_BYTES_REGEX_H

#include <stdbool.h>
#include <stdint.h>

/* Regular expressions (PCRE2, compiled to machine code), for lua/regex.lua. Text is bytes: no UTF.
 *
 * PCRE2's own limits do not bound a match: match_limit starts anew at each position of the text,
 * and between two of its counts up to the whole text is read (pcre2api(3), "The match context"). So
 * each pattern is compiled with a callout before each of its items (PCRE2_AUTO_CALLOUT), and the
 * callouts count the work: one unit for each item that is tried, and one for each 4 bytes that the
 * match moves on. More is counted where an item may do more before it fails: by the pattern's
 * largest repeat, its groups, and what a backreference may compare. The count is a function of
 * pattern, text, start and version of PCRE2 (and, where a match cannot begin, of the kind of
 * processor that its machine code is for); a unit takes up to 12 ns.
 *
 * One thread at a time: all patterns share the stack that their machine code uses. */
#define REGEX_PATTERN_MAX 1024 /* bytes */
#define REGEX_GROUPS_MAX  32   /* that capture */
#define REGEX_PLACES      66   /* begin and end of the match, and of each group */
/* Bytes that patterns may take together, as PCRE2_INFO_SIZE has them. The machine code of a pattern
 * takes about 30 times as many, and 6 ms to make of all. */
#define REGEX_CODE_MAX  32768
#define REGEX_TEXT_MAX  262144 /* bytes */
#define REGEX_WORK_MAX  1048576
#define REGEX_STACK_MAX 1048576 /* bytes, for what a match may go back to */

enum regex_result {
    REGEX_NO_MATCH,
    REGEX_MATCH,
    REGEX_OVER_LIMIT, /* of work */
    REGEX_TOO_DEEP,   /* over REGEX_STACK_MAX */
    REGEX_TOO_LONG,   /* the text, over REGEX_TEXT_MAX */
    REGEX_FAILED      /* anything else, which nothing is known to cause */
};

/* ffi: begin */
struct regex;

/* What became of a pattern. */
struct regex_made {
    uint32_t size;   /* of REGEX_CODE_MAX */
    uint32_t groups; /* that capture */
    int32_t offset;  /* where the pattern is wrong, from 0; -1: nowhere in particular */
    char problem[160];
};

struct regex_match {
    uint32_t work; /* units, also of no match */
    /* Offsets where the match begins and ends, then those of each group; UINT32_MAX twice: the
     * group took no part. */
    uint32_t at[REGEX_PLACES];
};

/* Compiles a pattern of length bytes, to take up to room bytes of REGEX_CODE_MAX. NULL:
 * made->problem says why not. The caller owns what it returns, and frees it. */
struct regex *dpae_regex_new(const char *pattern, uint32_t length, bool ignore_case, uint32_t room,
                             struct regex_made *made);
void dpae_regex_free(struct regex *regex); /* NULL is allowed */

/* Looks for the first match at or behind offset start (up to length), with no more than limit units
 * of work (up to REGEX_WORK_MAX). bytes may be NULL when length is 0. Returns enum regex_result;
 * match->work is set always, match->at for REGEX_MATCH. No allocation but that of stack, up to
 * REGEX_STACK_MAX. */
int dpae_regex_match(const struct regex *regex, const uint8_t *bytes, uint32_t length,
                     uint32_t start, uint32_t limit, struct regex_match *match);
/* ffi: end */

/* What a pattern may not have, since its work is not counted or it makes no sense over bytes:
 * verbs, recursion, callouts, Unicode. Returns what it is, NULL without any; *offset is where.
 * Pure. */
const char *regex_syntax_refused(const char *pattern, uint32_t length, uint32_t *offset);

/* The largest number in a quantifier of the pattern, such as {3,20}; braces that are none may
 * count, too. 0: none. Pure. */
uint32_t regex_syntax_largest_repeat(const char *pattern, uint32_t length);

#endif

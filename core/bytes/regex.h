#ifndef DPAE_BYTES_REGEX_H
#define DPAE_BYTES_REGEX_H

#include <stdbool.h>
#include <stdint.h>

/* Regular expressions (PCRE2, compiled to machine code), for lua/regex.lua. Text is bytes, not UTF.
 *
 * PCRE2's own limits do not bound a match: match_limit restarts at each position of the text, and
 * between two of its counts PCRE2 may read the whole text (pcre2api(3), "The match context"). So
 * each pattern is compiled with a callout before each item (PCRE2_AUTO_CALLOUT), and the callouts
 * count_work the work: one unit per item tried, and one per 4 bytes that the match advances. An
 * item that may do more before it fails costs more: by the pattern's largest repeat, its groups,
 * and the bytes that a backreference may compare. The count_work is a function of pattern, text,
 * start and version of PCRE2 (and, where a match cannot begin, of the kind of processor that its
 * machine code is for). A unit takes up to 12 ns.
 *
 * Not thread-safe: all patterns share the stack of their machine code. */
#define REGEX_PATTERN_MAX 1024 /* bytes */
#define REGEX_GROUPS_MAX  32   /* capturing groups */
#define REGEX_PLACES      66   /* begin and end of the match and of each group */
/* Bytes for all patterns together, as counted by PCRE2_INFO_SIZE. The machine code takes about 30
 * times as much, and 6 ms to generate for all. */
#define REGEX_CODE_MAX  32768
#define REGEX_TEXT_MAX  262144 /* bytes */
#define REGEX_WORK_MAX  1048576
#define REGEX_STACK_MAX 1048576 /* bytes, for backtracking */

enum regex_result {
    REGEX_NO_MATCH,
    REGEX_MATCH,
    REGEX_OVER_LIMIT, /* exceeds the limit of work */
    REGEX_TOO_DEEP,   /* exceeds REGEX_STACK_MAX */
    REGEX_TOO_LONG,   /* the text exceeds REGEX_TEXT_MAX */
    REGEX_FAILED      /* any other failure; no cause is known */
};

/* ffi: begin */
struct regex;

/* The result of compiling a pattern. */
struct regex_made {
    uint32_t size;   /* bytes of REGEX_CODE_MAX */
    uint32_t groups; /* capturing groups */
    int32_t offset;  /* offset of the fault in the pattern, from 0; -1: unknown */
    char problem[160];
};

struct regex_match {
    uint32_t work; /* units, also without a match */
    /* Offsets of the begin and end of the match, then of each group; UINT32_MAX twice when the
     * group took no part. */
    uint32_t at[REGEX_PLACES];
};

/* Compiles a pattern of length bytes into at most room bytes of REGEX_CODE_MAX. Returns NULL, with
 * the reason in made->problem, on failure. The caller frees the result with dpae_regex_free(). */
struct regex *dpae_regex_new(const char *pattern, uint32_t length, bool ignore_case, uint32_t room,
                             struct regex_made *made);
void dpae_regex_free(struct regex *regex); /* accepts NULL */

/* Finds the first match at or after offset start (at most length) with at most limit units of work
 * (up to REGEX_WORK_MAX). bytes may be NULL when length is 0. Returns enum regex_result. Always
 * sets match->work; sets match->at for REGEX_MATCH only. Allocates only stack, up to
 * REGEX_STACK_MAX. */
int dpae_regex_match(const struct regex *regex, const uint8_t *bytes, uint32_t length,
                     uint32_t start, uint32_t limit, struct regex_match *match);
/* ffi: end */

/* Finds a construct that is not supported because its work is not counted or it is meaningless for
 * bytes: verbs, recursion, callouts, Unicode. Returns its name and sets *offset, or returns NULL.
 * Pure. */
const char *regex_syntax_find_unsupported(const char *pattern, uint32_t length, uint32_t *offset);

/* Returns the largest number in a quantifier of the pattern, such as {3,20}, or 0. Braces that are
 * not quantifiers may count_work, too. Pure. */
uint32_t regex_syntax_largest_repeat(const char *pattern, uint32_t length);

#endif

#include "bytes/regex.h"

#include "base/export.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes that an item of a pattern may scan per unit of work, and groups, which each callout copies.
 */
enum { BYTES_PER_UNIT = 4, GROUPS_PER_UNIT = 8 };

#define OPTIONS (PCRE2_AUTO_CALLOUT | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C)
enum {
    STACK_START = 32768,   /* bytes */
    NESTED_MAX = 100,      /* nested parentheses: the compiler recurses as deep */
    MATCH_LIMIT = 10000000 /* PCRE2's own limit, never reached before that of work */
};

struct regex {
    pcre2_code *code;
    uint32_t groups; /* capturing groups */
    uint32_t cost;   /* units per item tried */
    uint32_t repeat; /* the largest repeat count */
    bool has_backreference;
};

/* Shared by all patterns, created with the first one and kept. */
static struct {
    pcre2_compile_context *compiling;
    pcre2_match_context *matching;
    pcre2_jit_stack *stack;
    pcre2_match_data *data;
} shared;

static struct {
    const struct regex *regex;
    uint64_t work, limit;
    size_t at; /* offset in the text at the latest callout */
} meter;

/* Returns how many bytes a backreference may compare: the longest text of a group, up to the
 * largest repeat + 1 times, but not beyond the end. */
static size_t compared_bytes(const pcre2_callout_block *block) {
    const size_t left = block->subject_length - block->current_position;
    size_t longest = 0;
    for (size_t i = 1; i < block->capture_top; i++) {
        const size_t begin = block->offset_vector[2 * i], end = block->offset_vector[2 * i + 1];
        if (begin != PCRE2_UNSET && end > begin && end - begin > longest) {
            longest = end - begin;
        }
    }
    const size_t limit = longest * ((size_t)meter.regex->repeat + 1);
    return limit < left ? limit : left;
}

static int count_work(pcre2_callout_block *block, void *unused) {
    const size_t at = block->current_position;
    size_t bytes = at > meter.at ? at - meter.at : 0;
    (void)unused;
    if (meter.regex->has_backreference) {
        bytes += compared_bytes(block);
    }
    meter.at = at;
    meter.work += meter.regex->cost + bytes / BYTES_PER_UNIT;
    return meter.work > meter.limit ? PCRE2_ERROR_CALLOUT : 0;
}

/* Returns false when memory is exhausted. */
static bool make_shared(void) {
    if (shared.data) {
        return true;
    }
    shared.compiling = shared.compiling ? shared.compiling : pcre2_compile_context_create(NULL);
    shared.matching = shared.matching ? shared.matching : pcre2_match_context_create(NULL);
    shared.stack =
        shared.stack ? shared.stack : pcre2_jit_stack_create(STACK_START, REGEX_STACK_MAX, NULL);
    if (!shared.compiling || !shared.matching || !shared.stack) {
        return false;
    }
    /* PCRE2's default build options, however this PCRE2 was built. */
    pcre2_set_newline(shared.compiling, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(shared.compiling, PCRE2_BSR_UNICODE);
    pcre2_set_parens_nest_limit(shared.compiling, NESTED_MAX);
    pcre2_jit_stack_assign(shared.matching, NULL, shared.stack);
    pcre2_set_callout(shared.matching, count_work, NULL);
    pcre2_set_match_limit(shared.matching, MATCH_LIMIT);
    shared.data = pcre2_match_data_create(REGEX_PLACES / 2, NULL);
    return shared.data != NULL;
}

static void set_problem(struct regex_made *made, const char *problem) {
    snprintf(made->problem, sizeof made->problem, "%s", problem);
}

static pcre2_code *compile(const char *pattern, uint32_t length, bool ignore_case,
                           struct regex_made *made) {
    uint32_t offset;
    int problem;
    const char *construct = regex_syntax_find_unsupported(pattern, length, &offset);
    if (construct) {
        made->offset = (int32_t)offset;
        snprintf(made->problem, sizeof made->problem, "%s is not available", construct);
        return NULL;
    }
    PCRE2_SIZE place;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, length, OPTIONS | (ignore_case ? PCRE2_CASELESS : 0),
                      &problem, &place, shared.compiling);
    if (!code) {
        PCRE2_UCHAR text[sizeof made->problem];
        pcre2_get_error_message(problem, text, sizeof text);
        made->offset = (int32_t)place;
        set_problem(made, (const char *)text);
    }
    return code;
}

/* Returns true when the compiled pattern is acceptable; fills made. */
static bool accept_code(pcre2_code *code, uint32_t room, struct regex_made *made) {
    size_t size = 0, machine_code = 0;
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &made->groups);
    made->size = (uint32_t)size; /* PCRE2 limits it to 64 KiB */
    if (made->groups > REGEX_GROUPS_MAX) {
        snprintf(made->problem, sizeof made->problem,
                 "%u capturing groups; the maximum is %d; (?:...) does not capture", made->groups,
                 REGEX_GROUPS_MAX);
    } else if (size > room) {
        snprintf(made->problem, sizeof made->problem,
                 "the compiled pattern takes %zu bytes, but only %u are left of the %d for all "
                 "patterns",
                 size, room, REGEX_CODE_MAX);
    } else if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0 ||
               pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &machine_code) != 0 ||
               machine_code == 0) {
        set_problem(made, "PCRE2 cannot compile it to machine code; one cause is a condition that "
                          "is an assertion, (?(?=");
    } else {
        return true;
    }
    return false;
}

DPAE_EXPORT struct regex *dpae_regex_new(const char *pattern, uint32_t length, bool ignore_case,
                                         uint32_t room, struct regex_made *made) {
    *made = (struct regex_made){.offset = -1};
    if (length > REGEX_PATTERN_MAX) {
        snprintf(made->problem, sizeof made->problem, "it has %u bytes; the maximum is %d", length,
                 REGEX_PATTERN_MAX);
        return NULL;
    }
    struct regex *regex = make_shared() ? calloc(1, sizeof *regex) : NULL;
    if (!regex) {
        set_problem(made, "out of memory");
        return NULL;
    }
    regex->code = compile(pattern, length, ignore_case, made);
    if (!regex->code || !accept_code(regex->code, room, made)) {
        dpae_regex_free(regex);
        return NULL;
    }
    uint32_t highest = 0; /* the highest group that a backreference names */
    pcre2_pattern_info(regex->code, PCRE2_INFO_BACKREFMAX, &highest);
    regex->groups = made->groups;
    regex->has_backreference = highest > 0;
    regex->repeat = regex_syntax_largest_repeat(pattern, length);
    regex->cost = 1 + made->groups / GROUPS_PER_UNIT + regex->repeat / BYTES_PER_UNIT;
    return regex;
}

DPAE_EXPORT void dpae_regex_free(struct regex *regex) {
    if (regex) {
        pcre2_code_free(regex->code);
        free(regex);
    }
}

static int result_of(int status) {
    switch (status) {
    case PCRE2_ERROR_NOMATCH:
        return REGEX_NO_MATCH;
    case PCRE2_ERROR_CALLOUT:
    case PCRE2_ERROR_MATCHLIMIT:
        return REGEX_OVER_LIMIT;
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return REGEX_TOO_DEEP;
    default:
        return status > 0 ? REGEX_MATCH : REGEX_FAILED;
    }
}

/* Groups after the last one that took part are not in count. Returns false when the offsets
 * are not usable. */
static bool copy_offsets(const struct regex *regex, struct regex_match *match, uint32_t count) {
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(shared.data);
    for (size_t i = 0; i <= regex->groups; i++) {
        const bool is_set = i < count && places[2 * i] != PCRE2_UNSET;
        if (is_set && places[2 * i] > places[2 * i + 1]) {
            return false;
        }
        match->at[2 * i] = is_set ? (uint32_t)places[2 * i] : UINT32_MAX;
        match->at[2 * i + 1] = is_set ? (uint32_t)places[2 * i + 1] : UINT32_MAX;
    }
    return true;
}

DPAE_EXPORT int dpae_regex_match(const struct regex *regex, const uint8_t *bytes, uint32_t length,
                                 uint32_t start, uint32_t limit, struct regex_match *match) {
    match->work = 0;
    if (length > REGEX_TEXT_MAX) {
        return REGEX_TOO_LONG;
    }
    meter.regex = regex;
    meter.work = 0;
    meter.limit = limit < REGEX_WORK_MAX ? limit : REGEX_WORK_MAX;
    meter.at = start;
    const int status = pcre2_jit_match(regex->code, bytes ? bytes : (const uint8_t *)"", length,
                                       start, 0, shared.data, shared.matching);
    match->work = (uint32_t)meter.work;
    if (status > 0 && !copy_offsets(regex, match, (uint32_t)status)) {
        return REGEX_FAILED;
    }
    return result_of(status);
}

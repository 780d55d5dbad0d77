#include "bytes/regex.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* CPU time of a match: 20 ms, plus a margin for instrumented builds on a slow machine. */
enum { MATCH_MS = 300 };

static uint64_t cpu_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_places(const struct regex_match *match, uint32_t groups, uint32_t length) {
    check(match->at[1] != UINT32_MAX);
    for (size_t i = 0; i <= groups; i++) {
        const uint32_t begin = match->at[2 * i], end = match->at[2 * i + 1];
        check(begin == UINT32_MAX ? end == UINT32_MAX : begin <= end && end <= length);
    }
}

static void run(const struct regex *regex, uint32_t groups, const uint8_t *text, uint32_t length) {
    struct regex_match match, again;
    const uint64_t start_ns = cpu_ns();
    const int result = dpae_regex_match(regex, text, length, 0, REGEX_WORK_MAX, &match);
    check(cpu_ns() - start_ns < MATCH_MS * NS_PER_MS);
    check(result >= REGEX_NO_MATCH && result <= REGEX_TOO_DEEP);
    check((result == REGEX_OVER_LIMIT) == (match.work > REGEX_WORK_MAX));
    if (result == REGEX_MATCH) {
        check_places(&match, groups, length);
    }
    check(dpae_regex_match(regex, text, length, 0, REGEX_WORK_MAX, &again) == result);
    check(again.work == match.work);
}

/* Byte 0 holds flags: 1 ignores case, 2 repeats the text until it is long. Byte 1 is the length of
 * the pattern, which follows; the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t text[32768];
    struct regex_made made;
    if (size < 2 || size - 2 < data[1]) {
        return 0;
    }
    const uint8_t *rest = data + 2 + data[1];
    const size_t length = size - 2 - data[1];
    struct regex *regex =
        dpae_regex_new((const char *)data + 2, data[1], data[0] & 1, REGEX_CODE_MAX, &made);
    check(regex || made.problem[0]);
    if (!regex) {
        return 0;
    }
    check(made.groups <= REGEX_GROUPS_MAX && made.size <= REGEX_CODE_MAX);
    if (data[0] & 2 && length > 0) {
        for (size_t at = 0; at < sizeof text; at++) {
            text[at] = rest[at % length];
        }
        run(regex, made.groups, text, sizeof text);
    } else if (length <= REGEX_TEXT_MAX) {
        run(regex, made.groups, rest, (uint32_t)length);
    }
    dpae_regex_free(regex);
    return 0;
}

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static uint64_t clock_ns(clockid_t id) {
    struct timespec now = {0};
    /* Cannot fail for CLOCK_REALTIME and CLOCK_MONOTONIC: every Linux has both. */
    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_wall_ns(void) {
    return clock_ns(CLOCK_REALTIME);
}

uint64_t clock_monotonic_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

const char *clock_format_utc(uint64_t time_ns, char text[CLOCK_UTC_TEXT]) {
    const time_t seconds = (time_t)(time_ns / NS_PER_S);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    snprintf(text, CLOCK_UTC_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06" PRIu64 "Z",
             utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
             (uint64_t)(time_ns % NS_PER_S / 1000));
    return text;
}

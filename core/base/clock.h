#ifndef DPAE_BASE_CLOCK_H
#define DPAE_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  1000000000ull
#define NS_PER_MS 1000000ull

/* Nanoseconds: since the epoch (CLOCK_REALTIME), and from a clock that never steps
 * (CLOCK_MONOTONIC). */
uint64_t clock_wall_ns(void);
uint64_t clock_monotonic_ns(void);

/* Formats nanoseconds since the epoch as "2024-01-01T00:00:12.000000Z", truncated to microseconds.
 * Returns text. */
#define CLOCK_UTC_TEXT 80 /* long enough for any int year, which satisfies -Wformat-truncation */
const char *clock_format_utc(uint64_t time_ns, char text[CLOCK_UTC_TEXT]);

#endif

#ifndef DPAE_CLI_MOMENT_H
#define DPAE_CLI_MOMENT_H

#include <stdbool.h>

/* Parses a time: a period up to now (90s, 15m, 2h, 7d), or a date with or without a time of day
 * in UTC (2026-11-30, 2026-11-30T08:00, 2026-11-30T08:00:00Z). now and *moment are seconds
 * since 1970. */
bool moment_parse(const char *text, double now, double *moment);

#endif

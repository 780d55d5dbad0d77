#ifndef DPAE_BASE_LOG_FORMAT_H
#define DPAE_BASE_LOG_FORMAT_H

#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

/* What the sinks of the log share: a line's parts, and a format filled in with them. */
#define LOG_LINE_MAX 4096

struct log_line {
    uint64_t wall_ns;
    enum log_level level;
    const char *module;
    const char *function;
    const char *message;
};

/* Fills in a format that log_format_check accepted. Cut at size, always terminated. Nothing is
 * escaped. */
void log_format_expand(const char *format, const struct log_line *line, char *text, size_t size);

#endif

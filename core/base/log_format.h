#ifndef DPAE_BASE_LOG_FORMAT_H
#define DPAE_BASE_LOG_FORMAT_H

#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

/* Shared by the sinks of the log: the parts of a line, and the expansion of a format. */
#define LOG_LINE_MAX 4096

struct log_line {
    uint64_t wall_ns;
    enum log_level level;
    const char *module;
    const char *function;
    const char *message;
};

/* Expands a format that log_format_check accepted. Truncates at size, always terminates, escapes
 * nothing. */
void log_format_expand(const char *format, const struct log_line *line, char *text, size_t size);

#endif

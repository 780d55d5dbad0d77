#ifndef DPAE_BASE_LOG_H
#define DPAE_BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The log: two sinks (console, syslog over UDP), a level per module and sink, formats in Python's
 * notation. Never called on the packet path. Modules keep the seed's names. */
enum log_module {
    LOG_NMETA_DPAE,
    LOG_SNIFF,
    LOG_CONTROLPLANE,
    LOG_DP,
    LOG_TC,
    LOG_TC_POLICY_DPAE,
    LOG_REQUESTS,
    LOG_MODULE_COUNT
};

/* Python's numbers, so that levels compare as in the seed. */
enum log_level {
    LOG_LEVEL_DEBUG = 10,
    LOG_LEVEL_INFO = 20,
    LOG_LEVEL_WARNING = 30,
    LOG_LEVEL_ERROR = 40,
    LOG_LEVEL_CRITICAL = 50
};

#define LOG_CONSOLE_FORMAT "%(levelname)s: %(name)s %(funcName)s: %(message)s"
#define LOG_SYSLOG_FORMAT  "sev=%(levelname)s module=%(name)s func=%(funcName)s %(message)s"

struct log_settings {
    uint8_t console_level[LOG_MODULE_COUNT]; /* the lowest enum log_level that is written */
    uint8_t syslog_level[LOG_MODULE_COUNT];
    bool console_enabled;
    bool colour; /* requested; takes effect only on a terminal and without NO_COLOR */
    bool syslog_enabled;
    bool syslog_rfc3164; /* false: RFC 5424 */
    const char *syslog_host;
    uint16_t syslog_port;       /* UDP, host byte order */
    uint8_t syslog_facility;    /* 0 to 23 */
    const char *console_format; /* NULL: LOG_CONSOLE_FORMAT */
    const char *syslog_format;  /* NULL: LOG_SYSLOG_FORMAT */
};

/* Parses "INFO" etc. in any case. Returns 0 when text is not a level. */
enum log_level log_level_parse(const char *text);
const char *log_module_name(enum log_module module); /* "nmeta_dpae", ... */

/* Checks a format. It consists of plain text, %(asctime)s (local time, "2026-11-23 20:11:21";
 * unlike Python's it omits milliseconds), %(msecs)03d, %(levelname)s, %(name)s (the module),
 * %(funcName)s, %(process)d, %(message)s and %%. Otherwise returns -EINVAL, with a message that
 * names the unknown conversion and lists the known ones. */
int log_format_check(const char *format, struct error *error);

/* Starts logging with a copy of settings. Until then, warnings and above go to stderr in the
 * default format. An unreachable syslog host is an error here; datagrams lost later are not. On
 * failure logging is unchanged. Any thread may log at any time, except during log_open and
 * log_close: call these before threads start and after they end. */
int log_open(const struct log_settings *settings, struct error *error);

/* Applies the levels of settings and ignores its other members. Other threads may log meanwhile. */
void log_set_levels(const struct log_settings *settings);
void log_close(void); /* returns to the state before log_open */

/* Returns true when a line of this level would reach a sink; guards costly arguments. */
bool log_enabled(enum log_module module, enum log_level level);

/* Writes one line to each sink that accepts its level: one write to stderr, one datagram that never
 * blocks. Escapes control characters (escape.h), truncates long lines and preserves errno. */
void log_write(enum log_module module, enum log_level level, const char *function,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

#define log_debug(module, ...)    log_write(module, LOG_LEVEL_DEBUG, __func__, __VA_ARGS__)
#define log_info(module, ...)     log_write(module, LOG_LEVEL_INFO, __func__, __VA_ARGS__)
#define log_warning(module, ...)  log_write(module, LOG_LEVEL_WARNING, __func__, __VA_ARGS__)
#define log_error(module, ...)    log_write(module, LOG_LEVEL_ERROR, __func__, __VA_ARGS__)
#define log_critical(module, ...) log_write(module, LOG_LEVEL_CRITICAL, __func__, __VA_ARGS__)

#endif

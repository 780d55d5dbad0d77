#ifndef DPAE_BASE_LOG_H
#define DPAE_BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Two sinks (console, syslog over UDP), a level per module and sink, formats in the seed's
 * notation. Never called on the packet path. Modules carry the seed's names. */
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

/* Python's numbers, so that a level compares as the seed's did. */
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
    uint8_t console_level[LOG_MODULE_COUNT]; /* the least enum log_level that is written */
    uint8_t syslog_level[LOG_MODULE_COUNT];
    bool console_enabled;
    bool colour; /* wanted; used only on a terminal and without NO_COLOR */
    bool syslog_enabled;
    bool syslog_rfc3164; /* otherwise RFC 5424 */
    const char *syslog_host;
    uint16_t syslog_port;       /* UDP, host byte order */
    uint8_t syslog_facility;    /* 0 to 23 */
    const char *console_format; /* NULL: LOG_CONSOLE_FORMAT */
    const char *syslog_format;  /* NULL: LOG_SYSLOG_FORMAT */
};

/* "INFO" etc. in any case, or 0 when text is no level. */
enum log_level log_level_parse(const char *text);
const char *log_module_name(enum log_module module); /* "nmeta_dpae", ... */

/* Checks a format: plain text and %(asctime)s (local time, "2026-11-23 20:11:21"; Python's ",mmm"
 * is left to %(msecs)03d), %(msecs)03d, %(levelname)s, %(name)s (the module), %(funcName)s,
 * %(process)d, %(message)s and %%. On failure -EINVAL, and the message names the unknown conversion
 * and lists the known ones. */
int log_format_check(const char *format, struct error *error);

/* Starts logging with a copy of settings; before it, warnings and above go to stderr in the default
 * format. An unreachable syslog host is an error; afterwards lost datagrams are not. On failure
 * logging stays as it was. Any thread may write a line at any time, but nobody else may log during
 * log_open and log_close: call them before threads start and after they end. */
int log_open(const struct log_settings *settings, struct error *error);

/* Other levels from now on; everything else of settings is left aside. Any thread may be logging.
 */
void log_set_levels(const struct log_settings *settings);
void log_close(void); /* back to the state before log_open */

/* True when a line of this level would go anywhere: guards costly arguments. */
bool log_enabled(enum log_module module, enum log_level level);

/* One line to each sink that wants it: one write to stderr, one datagram that is never waited for.
 * Control characters are escaped (escape.h), long lines cut. errno is kept. */
void log_write(enum log_module module, enum log_level level, const char *function,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

#define log_debug(module, ...)    log_write(module, LOG_LEVEL_DEBUG, __func__, __VA_ARGS__)
#define log_info(module, ...)     log_write(module, LOG_LEVEL_INFO, __func__, __VA_ARGS__)
#define log_warning(module, ...)  log_write(module, LOG_LEVEL_WARNING, __func__, __VA_ARGS__)
#define log_error(module, ...)    log_write(module, LOG_LEVEL_ERROR, __func__, __VA_ARGS__)
#define log_critical(module, ...) log_write(module, LOG_LEVEL_CRITICAL, __func__, __VA_ARGS__)

#endif

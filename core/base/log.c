#include "base/log.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/log_format.h"
#include "base/log_syslog.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct log_state {
    _Atomic uint8_t console_level[LOG_MODULE_COUNT];
    _Atomic uint8_t syslog_level[LOG_MODULE_COUNT];
    bool console_enabled;
    bool colour;
    char *console_format;
    char *syslog_format;
    struct log_syslog *syslog; /* NULL: off */
};

static char default_format[] = LOG_CONSOLE_FORMAT;

static struct log_state before_open = {
    .console_level = {[0 ... LOG_MODULE_COUNT - 1] = LOG_LEVEL_WARNING},
    .console_enabled = true,
    .console_format = default_format,
};

static struct log_state *current = &before_open;

enum log_level log_level_parse(const char *text) {
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {
        {"DEBUG", LOG_LEVEL_DEBUG},       {"INFO", LOG_LEVEL_INFO},
        {"WARNING", LOG_LEVEL_WARNING},   {"ERROR", LOG_LEVEL_ERROR},
        {"CRITICAL", LOG_LEVEL_CRITICAL},
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcasecmp(text, levels[i].name) == 0) {
            return levels[i].level;
        }
    }
    return (enum log_level)0;
}

const char *log_module_name(enum log_module module) {
    static const char *const names[LOG_MODULE_COUNT] = {
        [LOG_NMETA_DPAE] = "nmeta_dpae",
        [LOG_SNIFF] = "sniff",
        [LOG_CONTROLPLANE] = "controlplane",
        [LOG_DP] = "dp",
        [LOG_TC] = "tc",
        [LOG_TC_POLICY_DPAE] = "tc_policy_dpae",
        [LOG_REQUESTS] = "requests",
    };
    return names[module];
}

static void state_free(struct log_state *state) {
    if (!state || state == &before_open) {
        return;
    }
    log_syslog_close(state->syslog);
    free(state->console_format);
    free(state->syslog_format);
    free(state);
}

/* Returns a checked copy of the format of option `key` (`fallback` when format is NULL), or NULL
 * with *error filled. */
static char *format_copy(const char *key, const char *format, const char *fallback,
                         struct error *error) {
    const char *const chosen = format ? format : fallback;
    if (log_format_check(chosen, error) != 0) {
        (void)error_prefix(error, "%s: ", key);
        return NULL;
    }
    char *const copy = strdup(chosen);
    if (!copy) {
        (void)error_set(error, -ENOMEM, "out of memory for the log formats");
    }
    return copy;
}

static bool colour_is_supported(void) {
    /* No thread changes the environment while the log is opened. */
    const char *const no_color = getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
    return (!no_color || no_color[0] == '\0') && isatty(STDERR_FILENO) == 1;
}

static void set_levels(struct log_state *state, const struct log_settings *settings) {
    for (size_t i = 0; i < LOG_MODULE_COUNT; i++) {
        atomic_store_explicit(&state->console_level[i], settings->console_level[i],
                              memory_order_relaxed);
        atomic_store_explicit(&state->syslog_level[i], settings->syslog_level[i],
                              memory_order_relaxed);
    }
}

int log_open(const struct log_settings *settings, struct error *error) {
    int result = 0;
    struct log_state *state = calloc(1, sizeof *state);
    if (!state) {
        result = error_set(error, -ENOMEM, "out of memory for the log");
        goto out;
    }
    set_levels(state, settings);
    state->console_enabled = settings->console_enabled;
    state->colour = settings->colour && colour_is_supported();
    state->console_format =
        format_copy("console_format", settings->console_format, LOG_CONSOLE_FORMAT, error);
    if (!state->console_format) {
        result = error->code;
        goto out;
    }
    state->syslog_format =
        format_copy("syslog_format", settings->syslog_format, LOG_SYSLOG_FORMAT, error);
    if (!state->syslog_format) {
        result = error->code;
        goto out;
    }
    if (settings->syslog_enabled) {
        result = log_syslog_open(settings, &state->syslog, error);
        if (result != 0) {
            goto out;
        }
    }
    log_close();
    current = state;
    state = NULL;

out:
    state_free(state);
    return result;
}

void log_set_levels(const struct log_settings *settings) {
    set_levels(current, settings);
}

void log_close(void) {
    state_free(current);
    current = &before_open;
}

static bool console_wants(enum log_module module, enum log_level level) {
    return current->console_enabled && level >= current->console_level[module];
}

static bool syslog_wants(enum log_module module, enum log_level level) {
    return current->syslog != NULL && level >= current->syslog_level[module];
}

bool log_enabled(enum log_module module, enum log_level level) {
    return console_wants(module, level) || syslog_wants(module, level);
}

static const char *level_colour(enum log_level level) {
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "\033[32m";
    case LOG_LEVEL_INFO:
        return "\033[36m";
    case LOG_LEVEL_WARNING:
        return "\033[33m";
    case LOG_LEVEL_ERROR:
        return "\033[31m";
    case LOG_LEVEL_CRITICAL:
        return "\033[1;31m";
    }
    return "\033[0m";
}

static void console_write(const struct log_line *line) {
    char expanded[LOG_LINE_MAX], escaped[LOG_LINE_MAX];
    log_format_expand(current->console_format, line, expanded, sizeof expanded);
    (void)escape_text(expanded, escaped, sizeof escaped);

    char output[LOG_LINE_MAX + 16];
    const int printed = snprintf(output, sizeof output, "%s%s%s\n",
                                 current->colour ? level_colour(line->level) : "", escaped,
                                 current->colour ? "\033[0m" : "");
    /* A pipe may accept part of a line. When stderr is closed or full, the line is lost. */
    for (size_t at = 0; at < (size_t)printed;) {
        const ssize_t written = write(STDERR_FILENO, output + at, (size_t)printed - at);
        if (written > 0) {
            at += (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            break;
        }
    }
}

void log_write(enum log_module module, enum log_level level, const char *function,
               const char *format, ...) {
    if (!log_enabled(module, level)) {
        return;
    }
    const int kept_errno = errno;
    char message[LOG_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    const struct log_line line = {.wall_ns = clock_wall_ns(),
                                  .level = level,
                                  .module = log_module_name(module),
                                  .function = function,
                                  .message = message};
    if (console_wants(module, level)) {
        console_write(&line);
    }
    if (syslog_wants(module, level)) {
        char text[LOG_LINE_MAX];
        log_format_expand(current->syslog_format, &line, text, sizeof text);
        log_syslog_send(current->syslog, &line, text);
    }
    errno = kept_errno;
}

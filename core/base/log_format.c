#include "base/log_format.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum field {
    FIELD_ASCTIME,
    FIELD_MSECS,
    FIELD_LEVELNAME,
    FIELD_NAME,
    FIELD_FUNCNAME,
    FIELD_PROCESS,
    FIELD_MESSAGE,
    FIELD_PERCENT
};

static const struct conversion {
    const char *text;
    enum field field;
} conversions[] = {
    {"%(asctime)s", FIELD_ASCTIME},     {"%(msecs)03d", FIELD_MSECS},
    {"%(levelname)s", FIELD_LEVELNAME}, {"%(name)s", FIELD_NAME},
    {"%(funcName)s", FIELD_FUNCNAME},   {"%(process)d", FIELD_PROCESS},
    {"%(message)s", FIELD_MESSAGE},     {"%%", FIELD_PERCENT},
};
#define CONVERSION_COUNT (sizeof conversions / sizeof *conversions)

static const struct conversion *conversion_at(const char *format) {
    for (size_t i = 0; i < CONVERSION_COUNT; i++) {
        if (strncmp(format, conversions[i].text, strlen(conversions[i].text)) == 0) {
            return &conversions[i];
        }
    }
    return NULL;
}

/* Returns how many characters of a format to show as the conversion that starts there. */
static int conversion_length(const char *format) {
    size_t length = 1;
    if (format[length] == '(') {
        length += strcspn(format + length, ")");
    }
    while (format[length] != '\0' && !isalpha((unsigned char)format[length])) {
        length++;
    }
    if (format[length] != '\0') {
        length++;
    }
    return length < 40 ? (int)length : 40;
}

int log_format_check(const char *format, struct error *error) {
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
        const struct conversion *conversion = conversion_at(at);
        if (conversion) {
            at += strlen(conversion->text);
            continue;
        }
        char known[160];
        size_t used = 0;
        for (size_t i = 0; i < CONVERSION_COUNT; i++) {
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", conversions[i].text);
        }
        return error_set(error, -EINVAL, "unknown conversion '%.*s' in a log format; use one of%s",
                         conversion_length(at), at, known);
    }
    return 0;
}

static const char *level_name(enum log_level level) {
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "DEBUG";
    case LOG_LEVEL_INFO:
        return "INFO";
    case LOG_LEVEL_WARNING:
        return "WARNING";
    case LOG_LEVEL_ERROR:
        return "ERROR";
    case LOG_LEVEL_CRITICAL:
        return "CRITICAL";
    }
    return "?";
}

static int print_asctime(uint64_t wall_ns, char *text, size_t size) {
    const time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm local = {0};
    (void)localtime_r(&seconds, &local);
    return snprintf(text, size, "%04d-%02d-%02d %02d:%02d:%02d", local.tm_year + 1900,
                    local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

static int print_field(enum field field, const struct log_line *line, char *text, size_t size) {
    switch (field) {
    case FIELD_ASCTIME:
        return print_asctime(line->wall_ns, text, size);
    case FIELD_MSECS:
        return snprintf(text, size, "%03u", (unsigned)(line->wall_ns / NS_PER_MS % 1000));
    case FIELD_LEVELNAME:
        return snprintf(text, size, "%s", level_name(line->level));
    case FIELD_NAME:
        return snprintf(text, size, "%s", line->module);
    case FIELD_FUNCNAME:
        return snprintf(text, size, "%s", line->function);
    case FIELD_PROCESS:
        return snprintf(text, size, "%d", (int)getpid());
    case FIELD_MESSAGE:
        return snprintf(text, size, "%s", line->message);
    case FIELD_PERCENT:
        return snprintf(text, size, "%%");
    }
    return 0;
}

void log_format_expand(const char *format, const struct log_line *line, char *text, size_t size) {
    size_t used = 0;
    while (*format != '\0' && used < size - 1) {
        const struct conversion *conversion = conversion_at(format);
        if (!conversion) {
            text[used++] = *format++;
            continue;
        }
        const size_t room = size - used;
        const int printed = print_field(conversion->field, line, text + used, room);
        used += printed < (int)room ? (size_t)printed : room - 1;
        format += strlen(conversion->text);
    }
    text[used] = '\0';
}

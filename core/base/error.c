#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...) {
    char message[sizeof error->message]; /* an argument may be error->message itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(error->message, message, sizeof message);
    error->code = code;
    return code;
}

int error_prefix(struct error *error, const char *format, ...) {
    char prefix[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);

    char message[2 * sizeof error->message];
    snprintf(message, sizeof message, "%s%s", prefix, error->message);
    memcpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
    return error->code;
}

#include "base/faults.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns the next free item, or NULL when FAULTS_MAX are stored or memory is exhausted. */
static struct fault *faults_next(struct faults *faults) {
    if (!faults->items) {
        faults->items = calloc(FAULTS_MAX, sizeof *faults->items);
    }
    if (!faults->items || faults->count == FAULTS_MAX) {
        return NULL;
    }
    return &faults->items[faults->count++];
}

void faults_add(struct faults *faults, enum fault_severity severity, const char *source,
                unsigned line, unsigned column, const char *format, ...) {
    if (severity == FAULT_ERROR) {
        faults->errors++;
    }
    struct fault *fault = faults_next(faults);
    if (!fault) {
        faults->dropped++;
        return;
    }
    char message[sizeof fault->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    fault->severity = severity;
    fault->line = line;
    fault->column = column;
    (void)escape_text(source, fault->source, sizeof fault->source);
    (void)escape_text(message, fault->message, sizeof fault->message);
}

const struct fault *faults_first_error(const struct faults *faults) {
    for (size_t i = 0; i < faults->count; i++) {
        if (faults->items[i].severity == FAULT_ERROR) {
            return &faults->items[i];
        }
    }
    return NULL;
}

void fault_format(const struct fault *fault, char *text, size_t size) {
    char place[32] = "";
    if (fault->line != 0 && fault->column != 0) {
        snprintf(place, sizeof place, ":%u:%u", fault->line, fault->column);
    } else if (fault->line != 0) {
        snprintf(place, sizeof place, ":%u", fault->line);
    }
    snprintf(text, size, "%s%s: %s", fault->source, place, fault->message);
}

void faults_free(struct faults *faults) {
    free(faults->items);
    *faults = (struct faults){0};
}

#include "cli/moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool parse_span(const char *text, double now, double *moment) {
    static const struct {
        char letter;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    char *end;
    const double number = strtod(text, &end);
    for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
        if (end[0] == units[i].letter && end[1] == '\0') {
            *moment = now - number * units[i].seconds;
            return true;
        }
    }
    return false;
}

static bool parse_date(const char *text, double *moment) {
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
                                        "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"};
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm utc = {0};
        const char *end = strptime(text, forms[i], &utc);
        if (end && *end == '\0') {
            *moment = (double)timegm(&utc);
            return true;
        }
    }
    return false;
}

bool moment_parse(const char *text, double now, double *moment) {
    return parse_span(text, now, moment) || parse_date(text, moment);
}

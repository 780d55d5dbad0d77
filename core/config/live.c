#include "config/option.h"

#include <string.h>

static size_t size_of(enum option_type type) {
    switch (type) {
    case OPTION_BOOL:
        return sizeof(bool);
    case OPTION_UINT8:
    case OPTION_LEVEL:
        return sizeof(uint8_t);
    case OPTION_UINT16:
        return sizeof(uint16_t);
    case OPTION_UINT32:
        return sizeof(uint32_t);
    case OPTION_DOUBLE:
        return sizeof(double);
    case OPTION_STRING:
    case OPTION_CLASSIFIERS:
    case OPTION_SHADOW:
        break;
    }
    return 0; /* not a number */
}

static bool texts_equal(const char *one, const char *other) {
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool shadows_equal(const struct config_shadow *one, const struct config_shadow *other) {
    return texts_equal(one->incumbent, other->incumbent) &&
           texts_equal(one->candidate, other->candidate);
}

static bool values_equal(const struct option *option, const struct config *first,
                         const struct config *second) {
    const void *const one = (const char *)first + option->offset;
    const void *const other = (const char *)second + option->offset;
    switch (option->type) {
    case OPTION_STRING:
        return strcmp(*(char *const *)one, *(char *const *)other) == 0;
    case OPTION_CLASSIFIERS:
        return yaml_equal(*(const struct yaml_node *const *)one,
                          *(const struct yaml_node *const *)other);
    case OPTION_SHADOW:
        return shadows_equal(one, other);
    default:
        return memcmp(one, other, size_of(option->type)) == 0;
    }
}

unsigned config_compare(const struct config *first, const struct config *second,
                        void (*report)(void *context, const char *key, bool live), void *context) {
    unsigned differing = 0;
    for (size_t i = 0; i < option_count; i++) {
        if (!values_equal(&option_table[i], first, second)) {
            report(context, option_table[i].key, option_table[i].live);
            differing++;
        }
    }
    return differing;
}

void config_copy_live(const struct config *from, struct config *to) {
    for (size_t i = 0; i < option_count; i++) {
        const struct option *const option = &option_table[i];
        if (option->live) {
            memcpy((char *)to + option->offset, (const char *)from + option->offset,
                   size_of(option->type));
        }
    }
    to->logging_level_c[LOG_REQUESTS] = to->logging_level_s[LOG_REQUESTS];
}

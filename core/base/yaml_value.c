#include "base/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key) {
    for (size_t i = 0; mapping->kind == YAML_MAPPING && i < mapping->count; i++) {
        if (strcmp(mapping->keys[i]->text, key) == 0) {
            return mapping->items[i];
        }
    }
    return NULL;
}

bool yaml_equal(const struct yaml_node *first, const struct yaml_node *second) {
    if (!first || !second) {
        return first == second;
    }
    if (first->kind != second->kind || first->count != second->count) {
        return false;
    }
    if (first->kind == YAML_SCALAR) {
        return first->quoted == second->quoted && strcmp(first->text, second->text) == 0;
    }
    for (size_t i = 0; i < first->count; i++) {
        if ((first->kind == YAML_MAPPING && !yaml_equal(first->keys[i], second->keys[i])) ||
            !yaml_equal(first->items[i], second->items[i])) {
            return false;
        }
    }
    return true;
}

/* Returns the digits of a plain scalar after its sign, and their base; NULL when it is not an
 * integer. */
static const char *find_digits(const struct yaml_node *node, bool *negative, int *base) {
    if (node->kind != YAML_SCALAR || node->quoted) {
        return NULL;
    }
    const char *at = node->text;
    *negative = *at == '-';
    at += *at == '-' || *at == '+';
    *base = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10;
    at += *base == 16 ? 2 : 0;
    const char *digits = *base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    const size_t length = strspn(at, digits);
    const bool octal = *base == 10 && length > 1 && *at == '0';
    return length > 0 && at[length] == '\0' && !octal ? at : NULL;
}

bool yaml_as_uint(const struct yaml_node *node, uint64_t *value) {
    bool negative;
    int base;
    const char *digits = find_digits(node, &negative, &base);
    if (!digits || negative) {
        return false;
    }
    errno = 0;
    const unsigned long long number = strtoull(digits, NULL, base);
    if (errno != 0) {
        return false;
    }
    *value = number;
    return true;
}

bool yaml_as_int(const struct yaml_node *node, int64_t *value) {
    bool negative;
    int base;
    const char *digits = find_digits(node, &negative, &base);
    if (!digits) {
        return false;
    }
    errno = 0;
    const unsigned long long number = strtoull(digits, NULL, base);
    const unsigned long long limit = (unsigned long long)INT64_MAX + (negative ? 1 : 0);
    if (errno != 0 || number > limit) {
        return false;
    }
    *value = (int64_t)(negative ? 0 - number : number);
    return true;
}

bool yaml_as_double(const struct yaml_node *node, double *value) {
    /* strtod alone also accepts "inf", "nan" and white space. */
    if (node->kind != YAML_SCALAR || node->quoted || node->count == 0 ||
        strspn(node->text, "0123456789+-.eE") != node->count) {
        return false;
    }
    char *end;
    const double number = strtod(node->text, &end);
    if (*end != '\0' || !isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}

bool yaml_as_bool(const struct yaml_node *node, bool *value) {
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};
    if (node->kind != YAML_SCALAR || node->quoted) {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int truth = 0; truth < 2; truth++) {
            if (strcasecmp(node->text, words[i][truth]) == 0) {
                *value = truth;
                return true;
            }
        }
    }
    return false;
}

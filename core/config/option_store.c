#include "config/option.h"

#include "config/text_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value to be stored: its origin, and the collector of its faults. */
struct entry {
    const struct option *option;
    const struct yaml_node *value;
    const char *source;
    struct faults *faults;
};

/* Describes a node for a message to the author of the file. Uses text as a buffer when necessary.
 */
static const char *describe(const struct yaml_node *node, char text[96]) {
    if (node->kind == YAML_MAPPING) {
        return "a mapping";
    }
    if (node->kind == YAML_SEQUENCE) {
        return "a list";
    }
    if (node->count == 0) {
        return "an empty value";
    }
    snprintf(text, 96, "'%.60s'%s", node->text, node->quoted ? " in quotes" : "");
    return text;
}

/* rule names the allowed values. */
static int reject(const struct entry *entry, const char *rule) {
    const struct yaml_node *const value = entry->value;
    char text[96];
    const bool hidden = entry->option->secret && value->kind == YAML_SCALAR;
    faults_add(entry->faults, FAULT_ERROR, entry->source, value->line, value->column,
               "%s (%s): found %s; %s", entry->option->key, entry->option->help,
               hidden ? "something else (not shown: it may contain a password)"
                      : describe(value, text),
               rule);
    return -EINVAL;
}

/* As reject(), for values that must not be quoted. */
static int reject_plain(const struct entry *entry, const char *rule) {
    const bool quoted = entry->value->kind == YAML_SCALAR && entry->value->quoted;
    char text[96];
    snprintf(text, sizeof text, "%s%s", rule, quoted ? ", without quotes" : "");
    return reject(entry, text);
}

static int store_string(const struct entry *entry, char **member) {
    const struct yaml_node *const value = entry->value;
    const bool optional = entry->option->optional;
    if (value->kind != YAML_SCALAR || (value->count == 0 && !optional)) {
        return reject(entry, "expected text");
    }
    struct error rule = {0};
    const bool checked = entry->option->check != NULL && !(optional && value->count == 0);
    if (checked && entry->option->check(value->text, &rule) != 0) {
        return reject(entry, rule.message);
    }
    char *const copy = strdup(value->text);
    if (!copy) {
        faults_add(entry->faults, FAULT_ERROR, entry->source, 0, 0, "out of memory");
        return -ENOMEM;
    }
    free(*member);
    *member = copy;
    return 0;
}

static int store_uint(const struct entry *entry, void *member) {
    const struct option *const option = entry->option;
    uint64_t number = 0;
    if (entry->value->kind != YAML_SCALAR || !yaml_as_uint(entry->value, &number) ||
        (double)number < option->min || (double)number > option->max) {
        char rule[64];
        snprintf(rule, sizeof rule, "expected a whole number from %.0f to %.0f", option->min,
                 option->max);
        return reject_plain(entry, rule);
    }
    if (option->type == OPTION_UINT8) {
        *(uint8_t *)member = (uint8_t)number;
    } else if (option->type == OPTION_UINT16) {
        *(uint16_t *)member = (uint16_t)number;
    } else {
        *(uint32_t *)member = (uint32_t)number;
    }
    return 0;
}

static int store_double(const struct entry *entry, double *member) {
    const struct option *const option = entry->option;
    double number = 0;
    /* In this form, NaN is out of range, too. */
    if (entry->value->kind != YAML_SCALAR || !yaml_as_double(entry->value, &number) ||
        !(number >= option->min && number <= option->max)) {
        char rule[64];
        snprintf(rule, sizeof rule, "expected a number from %g to %g", option->min, option->max);
        return reject_plain(entry, rule);
    }
    *member = number;
    return 0;
}

static int store_bool(const struct entry *entry, bool *member) {
    bool on = false;
    if (entry->value->kind != YAML_SCALAR || !yaml_as_bool(entry->value, &on)) {
        return reject_plain(entry, "expected 0, 1, true or false");
    }
    *member = on;
    return 0;
}

static int store_level(const struct entry *entry, uint8_t *member) {
    const bool scalar = entry->value->kind == YAML_SCALAR;
    const enum log_level level = scalar ? log_level_parse(entry->value->text) : (enum log_level)0;
    if (level == 0) {
        return reject(entry, "expected DEBUG, INFO, WARNING, ERROR or CRITICAL");
    }
    *member = (uint8_t)level;
    return 0;
}

/* Checks the settings of one classifier. Its name must suit a file; the classifier itself checks
 * the settings. */
static int check_classifier(const struct entry *entry, const struct yaml_node *name,
                            const struct yaml_node *settings) {
    int result = 0;
    char text[96];
    struct error rule = {0};
    if (text_check_classifier(name->text, &rule) != 0) {
        faults_add(entry->faults, FAULT_ERROR, entry->source, name->line, name->column,
                   "classifiers: '%.60s' is not the name of a classifier; %s", name->text,
                   rule.message);
        result = -EINVAL;
    }
    if (settings->kind != YAML_MAPPING) {
        faults_add(entry->faults, FAULT_ERROR, entry->source, settings->line, settings->column,
                   "classifiers: found %s for %.60s; expected a mapping of its settings, {} when "
                   "there are no settings",
                   describe(settings, text), name->text);
        return -EINVAL;
    }
    return result;
}

static int store_classifiers(const struct entry *entry, const struct yaml_node **member) {
    const struct yaml_node *const value = entry->value;
    if (value->kind != YAML_MAPPING) {
        return reject(entry, "expected a mapping of names to settings");
    }
    int result = 0;
    for (size_t i = 0; i < value->count; i++) {
        const int checked = check_classifier(entry, value->keys[i], value->items[i]);
        result = checked != 0 ? checked : result;
    }
    if (result == 0) {
        *member = value;
    }
    return result;
}

/* Stores one pair or an empty mapping. */
static int store_shadow(const struct entry *entry, struct config_shadow *member) {
    static const char rule[] = "expected {NAME: CANDIDATE}, the names of two classifiers, or {}";
    const struct yaml_node *const value = entry->value;
    struct error error = {0};
    if (value->kind == YAML_MAPPING && value->count == 0) {
        *member = (struct config_shadow){0};
        return 0;
    }
    if (value->kind != YAML_MAPPING || value->count != 1 || value->items[0]->kind != YAML_SCALAR) {
        return reject(entry, rule);
    }
    const char *const incumbent = value->keys[0]->text, *const candidate = value->items[0]->text;
    if (text_check_classifier(incumbent, &error) != 0 ||
        text_check_classifier(candidate, &error) != 0 || strcmp(incumbent, candidate) == 0) {
        return reject(entry, rule);
    }
    *member = (struct config_shadow){.incumbent = incumbent, .candidate = candidate};
    return 0;
}

int option_store(const struct option *option, const struct yaml_node *value, struct config *config,
                 const char *source, struct faults *faults) {
    const struct entry entry = {option, value, source, faults};
    void *const member = (char *)config + option->offset;
    switch (option->type) {
    case OPTION_STRING:
        return store_string(&entry, member);
    case OPTION_BOOL:
        return store_bool(&entry, member);
    case OPTION_UINT8:
    case OPTION_UINT16:
    case OPTION_UINT32:
        return store_uint(&entry, member);
    case OPTION_DOUBLE:
        return store_double(&entry, member);
    case OPTION_LEVEL:
        return store_level(&entry, member);
    case OPTION_CLASSIFIERS:
        return store_classifiers(&entry, member);
    case OPTION_SHADOW:
        return store_shadow(&entry, member);
    }
    return reject(&entry, "no value is allowed"); /* not reached: the cases cover every type */
}

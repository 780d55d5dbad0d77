#include "base/nearest.h"
#include "policy/policy_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void policy_fault(const struct policy_reader *reader, enum fault_severity severity,
                  const struct yaml_node *node, const char *format, ...) {
    char message[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    faults_add(reader->faults, severity, reader->source, node ? node->line : 0,
               node ? node->column : 0, "%s", message);
}

void policy_fault_memory(const struct policy_reader *reader) {
    policy_fault(reader, FAULT_ERROR, NULL, "out of memory");
}

/* "a, b or c" */
static const char *list_words(const char *const *words, size_t count, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s%s", separator, words[i]);
    }
    return text;
}

int policy_check_word(const struct policy_reader *reader, const struct yaml_node *node,
                      const char *label, const char *const *words, size_t count) {
    for (size_t i = 0; node->kind == YAML_SCALAR && i < count; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            return (int)i;
        }
    }
    char choices[128];
    list_words(words, count, choices, sizeof choices);
    if (node->kind == YAML_SCALAR) {
        policy_fault(reader, FAULT_ERROR, node, "%s is '%.64s'; write %s", label, node->text,
                     choices);
    } else {
        policy_fault(reader, FAULT_ERROR, node, "%s must be a single word; write %s", label,
                     choices);
    }
    return -1;
}

bool policy_check_mapping(const struct policy_reader *reader, const struct yaml_node *node,
                          const char *label) {
    if (node->kind == YAML_MAPPING) {
        return true;
    }
    policy_fault(reader, FAULT_ERROR, node, "%s must be a mapping; write lines of 'key: value'",
                 label);
    return false;
}

bool policy_check_sequence(const struct policy_reader *reader, const struct yaml_node *node,
                           const char *label) {
    if (node->kind == YAML_SEQUENCE) {
        return true;
    }
    policy_fault(reader, FAULT_ERROR, node, "%s must be a list; start each item with '- '", label);
    return false;
}

bool policy_check_text(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *label) {
    if (node->kind == YAML_SCALAR) {
        return true;
    }
    policy_fault(reader, FAULT_ERROR, node, "%s must be text; write one value after its colon",
                 label);
    return false;
}

static void fault_unknown_key(const struct policy_reader *reader, const struct yaml_node *key,
                              const char *label, const char *const *keys, size_t count) {
    const char *nearest = nearest_word(key->text, keys, count);
    if (nearest) {
        policy_fault(reader, FAULT_ERROR, key, "unknown key '%.64s' in %s; did you mean '%s'?",
                     key->text, label, nearest);
    } else {
        char choices[128];
        policy_fault(reader, FAULT_ERROR, key,
                     "unknown key '%.64s' in %s; remove it (known keys: %s)", key->text, label,
                     list_words(keys, count, choices, sizeof choices));
    }
}

bool policy_check_keys(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *label, const char *const *keys, size_t count,
                       const struct yaml_node **values) {
    for (size_t i = 0; i < count; i++) {
        values[i] = NULL;
    }
    if (!policy_check_mapping(reader, node, label)) {
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        bool known = false;
        for (size_t j = 0; j < count && !known; j++) {
            known = strcmp(node->keys[i]->text, keys[j]) == 0;
            if (known) {
                values[j] = node->items[i];
            }
        }
        if (!known) {
            fault_unknown_key(reader, node->keys[i], label, keys, count);
        }
    }
    for (size_t j = 0; j < count; j++) {
        if (!values[j]) {
            policy_fault(reader, FAULT_ERROR, node, "%s lacks the key '%s'; add it", label,
                         keys[j]);
        }
    }
    return true;
}

const struct yaml_node *policy_check_single(const struct policy_reader *reader,
                                            const struct yaml_node *node, const char *label) {
    if (!policy_check_mapping(reader, node, label)) {
        return NULL;
    }
    if (node->count != 1) {
        policy_fault(reader, FAULT_ERROR, node->count > 1 ? node->keys[1] : node,
                     "%s has %zu entries; keep exactly one", label, node->count);
    }
    return node->count > 0 ? node->items[0] : NULL;
}

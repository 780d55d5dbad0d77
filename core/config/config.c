#include "config/config.h"

#include "config/location.h"
#include "config/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int store_defaults(struct config *config, struct faults *faults) {
    int result = 0;
    for (size_t i = 0; i < option_count && result == 0; i++) {
        const char *const initial = option_table[i].initial;
        if (initial != NULL) {
            const struct yaml_node value = {
                .kind = YAML_SCALAR, .text = initial, .count = strlen(initial)};
            result = option_store(&option_table[i], &value, config, "defaults", faults);
        }
    }
    return result;
}

/* Puts location in front of a relative folder, which is owned by the config. */
static int resolve_folder(const char **folder, const char *location) {
    if ((*folder)[0] == '/') {
        return 0;
    }
    char *resolved = NULL;
    if (asprintf(&resolved, "%s/%s", location, *folder) < 0) {
        return -ENOMEM;
    }
    free((char *)*folder);
    *folder = resolved;
    return 0;
}

static int resolve_folders(struct config *config, const char *location) {
    const int result = resolve_folder(&config->classifiers_directory, location);
    return result != 0 ? result : resolve_folder(&config->lua_directory, location);
}

int config_defaults(struct config *config) {
    *config = (struct config){0};
    struct faults faults = {0}; /* none but memory: the table's own values are good */
    char *location = NULL;
    int result = store_defaults(config, &faults);
    if (result != 0) {
        goto out;
    }
    config->logging_level_c[LOG_REQUESTS] = config->logging_level_s[LOG_REQUESTS];
    location = location_of_defaults();
    result = location != NULL ? resolve_folders(config, location) : -ENOMEM;

out:
    if (result != 0) {
        config_free(config);
    }
    free(location);
    faults_free(&faults);
    return result;
}

static void unknown_key(const struct yaml_node *key, const char *source, struct faults *faults) {
    const char *const nearest = option_nearest(key->text);
    if (nearest != NULL) {
        faults_add(faults, FAULT_ERROR, source, key->line, key->column,
                   "unknown key '%.60s'; did you mean %s?", key->text, nearest);
    } else {
        faults_add(faults, FAULT_ERROR, source, key->line, key->column,
                   "unknown key '%.60s'; the config/config.yaml that came with dpae lists all keys",
                   key->text);
    }
}

/* Stores every pair, and so finds every fault. Returns the last failure. */
static int store_file(struct config *config, const struct yaml_node *root, const char *source,
                      struct faults *faults) {
    if (root == NULL) {
        return 0;
    }
    if (root->kind != YAML_MAPPING) {
        faults_add(faults, FAULT_ERROR, source, root->line, root->column,
                   "a config is a mapping: lines of the form key: value");
        return -EINVAL;
    }
    int result = 0;
    for (size_t i = 0; i < root->count; i++) {
        const struct option *const option = option_find(root->keys[i]->text);
        int stored = -EINVAL;
        if (option != NULL) {
            stored = option_store(option, root->items[i], config, source, faults);
        } else {
            unknown_key(root->keys[i], source, faults);
        }
        result = stored != 0 ? stored : result;
    }
    config->logging_level_c[LOG_REQUESTS] = config->logging_level_s[LOG_REQUESTS];
    return result;
}

/* What is left to do once every option is stored: folders that the file names are relative to where
 * it lies. */
static int settle_file(struct config *config, const char *path, struct faults *faults) {
    char *location = NULL;
    int result = location_of_file(path, &location);
    if (result == 0) {
        result = resolve_folders(config, location);
    }
    if (result == 0) {
        config->path = strdup(path);
        result = config->path != NULL ? 0 : -ENOMEM;
    }
    if (result != 0) {
        faults_add(faults, FAULT_ERROR, path, 0, 0, "cannot tell where the file lies: %s",
                   strerrordesc_np(-result));
    }
    free(location);
    return result;
}

int config_load(const char *path, struct config *config, struct faults *faults) {
    int result = config_defaults(config);
    if (result != 0) {
        faults_add(faults, FAULT_ERROR, path, 0, 0, "out of memory");
        return result;
    }
    result = yaml_load(path, &config->document, faults);
    if (result == 0) {
        result = store_file(config, yaml_root(config->document), path, faults);
    }
    if (result == 0) {
        result = settle_file(config, path, faults);
    }
    if (result != 0) {
        config_free(config);
    }
    return result;
}

void config_free(struct config *config) {
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].type == OPTION_STRING) {
            free(*(char **)((char *)config + option_table[i].offset));
        }
    }
    yaml_release(config->document);
    free(config->path);
    *config = (struct config){0};
}

void config_log_settings(const struct config *config, struct log_settings *settings) {
    *settings = (struct log_settings){
        .console_enabled = config->console_log_enabled,
        .colour = config->coloredlogs_enabled,
        .syslog_enabled = config->syslog_enabled,
        .syslog_rfc3164 = strcmp(config->syslog_protocol, "rfc3164") == 0,
        .syslog_host = config->loghost,
        .syslog_port = config->logport,
        .syslog_facility = config->logfacility,
        .console_format = config->console_format,
        .syslog_format = config->syslog_format,
    };
    memcpy(settings->console_level, config->logging_level_c, sizeof(settings->console_level));
    memcpy(settings->syslog_level, config->logging_level_s, sizeof(settings->syslog_level));
}

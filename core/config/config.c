#include "config/config.h"

#include "config/location.h"
#include "config/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int store_defaults(struct config *config, struct faults *faults) {
    int result = 0;
    for (size_t i = 0; i < option_count && result == 0; i++) {
        const char *const initial = option_table[i].initial;
        if (initial) {
            const struct yaml_node value = {
                .kind = YAML_SCALAR, .text = initial, .count = strlen(initial)};
            result = option_store(&option_table[i], &value, config, "defaults", faults);
        }
    }
    config->logging_level_c[LOG_REQUESTS] = config->logging_level_s[LOG_REQUESTS];
    return result;
}

/* Prepends location to a relative folder, which the config owns. */
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

int config_defaults(struct config *config) {
    *config = (struct config){0};
    struct faults faults = {0}; /* only memory can run out: the table's own values are valid */
    char *location = NULL;
    int result = store_defaults(config, &faults);
    if (result != 0) {
        goto out;
    }
    location = location_of_defaults(NULL);
    result = location ? resolve_folder(&config->classifiers_directory, location) : -ENOMEM;
    if (result == 0) {
        result = resolve_folder(&config->lua_directory, location);
    }

out:
    if (result != 0) {
        config_free(config);
    }
    free(location);
    faults_free(&faults);
    return result;
}

static void add_unknown_key(const struct yaml_node *key, const char *source,
                            struct faults *faults) {
    const char *const nearest = option_nearest(key->text);
    if (nearest) {
        faults_add(faults, FAULT_ERROR, source, key->line, key->column,
                   "unknown key '%.60s'; did you mean %s?", key->text, nearest);
    } else {
        faults_add(faults, FAULT_ERROR, source, key->line, key->column,
                   "unknown key '%.60s'; see the config/config.yaml shipped with dpae for all keys",
                   key->text);
    }
}

/* Detects a file that was meant for -p. Every policy has at least one of the two keys, no config
 * has either. */
static bool is_policy(const struct yaml_node *root) {
    for (size_t i = 0; i < root->count; i++) {
        if (option_find(root->keys[i]->text)) {
            return false;
        }
    }
    return yaml_find(root, "tc_policies") != NULL || yaml_find(root, "tc_rules") != NULL;
}

/* Stores every pair, to find all faults. Returns the last failure. */
static int store_file(struct config *config, const struct yaml_node *root, const char *source,
                      struct faults *faults) {
    if (!root) {
        return 0;
    }
    if (root->kind != YAML_MAPPING) {
        faults_add(faults, FAULT_ERROR, source, root->line, root->column,
                   "a config must be a mapping: lines of the form key: value");
        return -EINVAL;
    }
    if (is_policy(root)) {
        faults_add(faults, FAULT_ERROR, source, 0, 0,
                   "is a policy, not a config; pass a policy with -p, a config with -c");
        return -EINVAL;
    }
    int result = 0;
    for (size_t i = 0; i < root->count; i++) {
        const struct option *const option = option_find(root->keys[i]->text);
        int stored = -EINVAL;
        if (option) {
            stored = option_store(option, root->items[i], config, source, faults);
        } else {
            add_unknown_key(root->keys[i], source, faults);
        }
        result = stored != 0 ? stored : result;
    }
    config->logging_level_c[LOG_REQUESTS] = config->logging_level_s[LOG_REQUESTS];
    return result;
}

/* A folder that the file names must exist; value is its node in the file. */
static void check_folder(const char *key, const char *folder, const struct yaml_node *value,
                         const char *source, struct faults *faults) {
    struct stat status;
    const bool missing = stat(folder, &status) != 0;
    if (!missing && S_ISDIR(status.st_mode)) {
        return;
    }
    faults_add(faults, FAULT_ERROR, source, value->line, value->column,
               "%s (%s): '%.60s' resolves to %.120s, which %s; correct the path or remove the line",
               key, option_find(key)->help, value->text, folder,
               missing ? "does not exist" : "is not a folder");
}

/* Resolves folders that the file names against above, the folder above its own, and the others
 * against dpae's own location. */
static int resolve_folders(struct config *config, const char *above, const char *source,
                           struct faults *faults) {
    const struct yaml_node *const root = yaml_root(config->document);
    const struct {
        const char *key;
        const char **folder;
    } folders[] = {{"classifiers_directory", &config->classifiers_directory},
                   {"lua_directory", &config->lua_directory}};
    char *const fallback = location_of_defaults(above);
    const size_t errors = faults->errors;
    int result = fallback ? 0 : -ENOMEM;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && result == 0; i++) {
        const struct yaml_node *const value = root ? yaml_find(root, folders[i].key) : NULL;
        result = resolve_folder(folders[i].folder, value ? above : fallback);
        if (result == 0 && value) {
            check_folder(folders[i].key, *folders[i].folder, value, source, faults);
        }
    }
    free(fallback);
    return result == 0 && faults->errors > errors ? -EINVAL : result;
}

/* Completes the config after every option is stored. */
static int finish_config(struct config *config, const char *path, struct faults *faults) {
    char *above = NULL;
    int result = location_of_file(path, &above);
    if (result == 0) {
        config->path = strdup(path);
        result = config->path ? 0 : -ENOMEM;
    }
    if (result != 0) {
        faults_add(faults, FAULT_ERROR, path, 0, 0, "cannot resolve the file's folder: %s",
                   strerrordesc_np(-result));
        goto out;
    }
    result = resolve_folders(config, above, path, faults);
    if (result == -ENOMEM) {
        faults_add(faults, FAULT_ERROR, path, 0, 0, "out of memory");
    }
out:
    free(above);
    return result;
}

int config_parse(const char *path, const char *text, size_t length, struct config *config,
                 struct faults *faults) {
    *config = (struct config){0};
    int result = store_defaults(config, faults);
    if (result != 0) { /* the fault is already added */
        goto out;
    }
    result = yaml_parse(text, length, path, &config->document, faults);
    if (result == 0) {
        result = store_file(config, yaml_root(config->document), path, faults);
    }
    if (result == 0) {
        result = finish_config(config, path, faults);
    }
out:
    if (result != 0) {
        config_free(config);
    }
    return result;
}

int config_load(const char *path, struct config *config, struct faults *faults) {
    char *text;
    size_t length = 0;
    *config = (struct config){0};
    int result = yaml_read_file(path, &text, &length, faults);
    if (result == 0) {
        result = config_parse(path, text, length, config, faults);
        free(text);
    }
    return result;
}

static bool is_secret(const char *key) {
    const struct option *const option = option_find(key);
    return option != NULL && option->secret;
}

int config_write_public(const struct config *config, FILE *file) {
    return yaml_write(file, yaml_root(config->document), is_secret);
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
    memcpy(settings->console_level, config->logging_level_c, sizeof settings->console_level);
    memcpy(settings->syslog_level, config->logging_level_s, sizeof settings->syslog_level);
}

int config_open_log(const struct config *config, struct error *error) {
    struct log_settings settings;
    config_log_settings(config, &settings);
    return log_open(&settings, error);
}

#include "cli/classifier_files.h"

#include "base/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".lua"

/* Other errors are left to the code that opens the file. */
bool classifier_has_file(const char *name, const struct config *config) {
    char path[PATH_MAX];
    const int length =
        snprintf(path, sizeof path, "%s/%s" SUFFIX, config->classifiers_directory, name);
    return length >= (int)sizeof path || access(path, F_OK) == 0 || errno != ENOENT;
}

/* Finds the classifier in the folder that name is most likely a misspelling of. */
static bool find_nearest(DIR *directory, const char *name, char nearest[POLICY_NAME_MAX]) {
    const struct dirent *entry;
    nearest[0] = '\0';
    while ((entry = readdir(directory))) {
        char found[POLICY_NAME_MAX] = "";
        const char *suffix = strrchr(entry->d_name, '.');
        if (suffix && strcmp(suffix, SUFFIX) == 0) {
            snprintf(found, sizeof found, "%.*s", (int)(suffix - entry->d_name), entry->d_name);
        }
        const char *candidates[] = {nearest, found};
        const char *better = nearest_word(name, candidates, 2);
        if (better == found && policy_classifier_name_valid(found)) {
            memcpy(nearest, found, sizeof found);
        }
    }
    return nearest[0] != '\0';
}

void classifier_report_missing(const char *name, const char *source, unsigned line, unsigned column,
                               const struct config *config, struct faults *faults) {
    const char *folder = config->classifiers_directory;
    char nearest[POLICY_NAME_MAX];
    DIR *directory = opendir(folder);
    if (!directory) {
        faults_add(faults, FAULT_ERROR, source, line, column,
                   "no classifier '%s': the folder %.160s cannot be read: %s; set "
                   "classifiers_directory in the configuration",
                   name, folder, strerror(errno));
        return;
    }
    if (find_nearest(directory, name, nearest)) {
        faults_add(faults, FAULT_ERROR, source, line, column,
                   "no classifier '%s' in %.160s; did you mean '%s'?", name, folder, nearest);
    } else {
        faults_add(faults, FAULT_ERROR, source, line, column,
                   "no classifier '%s' in %.160s; put %s" SUFFIX
                   " there, or set classifiers_directory in the configuration",
                   name, folder, name);
    }
    closedir(directory);
}

bool classifiers_find(const struct policy *policy, const char *policy_path,
                      const struct config *config, struct faults *faults) {
    bool found = true;
    for (size_t i = 0; i < policy->classifier_count; i++) {
        const struct policy_classifier *classifier = &policy->classifiers[i];
        if (!classifier_has_file(classifier->name, config)) {
            classifier_report_missing(classifier->name, policy_path, classifier->line,
                                      classifier->column, config, faults);
            found = false;
        }
    }
    return found;
}

void classifiers_check_settings(const struct policy *policy, const struct config *config,
                                struct faults *faults) {
    const char *names[POLICY_CLASSIFIERS_MAX + 1];
    size_t count = 0;
    while (count < policy->classifier_count) {
        names[count] = policy->classifiers[count].name;
        count++;
    }
    if (config->classifier_shadow.candidate) {
        names[count++] = config->classifier_shadow.candidate;
    }
    for (size_t i = 0; config->classifiers && i < config->classifiers->count; i++) {
        const struct yaml_node *key = config->classifiers->keys[i];
        bool named = false;
        for (size_t j = 0; j < count && !named; j++) {
            named = strcmp(names[j], key->text) == 0;
        }
        if (named) {
            continue;
        }
        const char *nearest = nearest_word(key->text, names, count);
        if (nearest) {
            faults_add(faults, FAULT_WARNING, config->path, key->line, key->column,
                       "settings of '%s', which is not in the policy; did you mean '%s'?",
                       key->text, nearest);
        } else {
            faults_add(faults, FAULT_WARNING, config->path, key->line, key->column,
                       "settings of '%s', which is not in the policy, have no effect", key->text);
        }
    }
}

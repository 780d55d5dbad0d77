#include "cli/load_inputs.h"

#include "base/plural.h"
#include "cli/classifier_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *path_of(const char *given, const char *in_checkout) {
    return given ? strdup(given) : config_find_file(in_checkout);
}

static int refuse_memory(struct inputs *inputs) {
    faults_add(&inputs->faults, FAULT_ERROR, "dpae", 0, 0, "out of memory");
    return -ENOMEM;
}

int inputs_load_config(struct inputs *inputs, const char *config_path) {
    memset(inputs, 0, sizeof *inputs);
    inputs->config_path = path_of(config_path, "config/config.yaml");
    if (!inputs->config_path) {
        return refuse_memory(inputs);
    }
    const int result = config_load(inputs->config_path, &inputs->config, &inputs->faults);
    inputs->config_valid = result == 0;
    return result;
}

int inputs_load(struct inputs *inputs, const char *config_path, const char *policy_path) {
    const int result = inputs_load_config(inputs, config_path);
    if (result != 0 && config_defaults(&inputs->config) != 0) {
        return -ENOMEM;
    }
    inputs->policy_path = path_of(policy_path, "config/main_policy.yaml");
    if (!inputs->policy_path) {
        return refuse_memory(inputs);
    }
    const int policy_result = policy_load(inputs->policy_path, &inputs->policy, &inputs->faults);
    if (result != 0 || policy_result != 0) {
        return result != 0 ? result : policy_result;
    }
    const bool found =
        classifiers_find(inputs->policy, inputs->policy_path, &inputs->config, &inputs->faults);
    return found ? 0 : -ENOENT;
}

int inputs_load_classifiers(struct inputs *inputs, const char *config_path,
                            const char *const *names, size_t count) {
    static const char source[] = "--classifier";
    int result = inputs_load_config(inputs, config_path);
    inputs->policy_path = strdup(source);
    if (!inputs->policy_path) {
        return refuse_memory(inputs);
    }
    if (result == 0) {
        result = policy_from_names(names, count, source, &inputs->policy, &inputs->faults);
    }
    if (result == 0 &&
        !classifiers_find(inputs->policy, source, &inputs->config, &inputs->faults)) {
        result = -ENOENT;
    }
    return result;
}

void inputs_free(struct inputs *inputs) {
    policy_free(inputs->policy);
    config_free(&inputs->config);
    faults_free(&inputs->faults);
    free(inputs->config_path);
    free(inputs->policy_path);
}

void faults_print(const struct faults *faults, FILE *file) {
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        fprintf(file, "%s:", fault->source);
        if (fault->line) {
            fprintf(file, "%u:", fault->line);
        }
        if (fault->line && fault->column) {
            fprintf(file, "%u:", fault->column);
        }
        fprintf(file, " %s: %s\n", fault->severity == FAULT_ERROR ? "error" : "warning",
                fault->message);
    }
    if (faults->dropped) {
        fprintf(file, "%zu more problem%s not shown\n", faults->dropped,
                plural(faults->dropped, " is", "s are"));
    }
}

#ifndef DPAE_CLI_LOAD_INPUTS_H
#define DPAE_CLI_LOAD_INPUTS_H

#include "base/faults.h"
#include "config/config.h"
#include "policy/policy.h"

#include <stdio.h>

/* Configuration and policy, with all problems found in them. */
struct inputs {
    char *config_path, *policy_path; /* the files read */
    struct config config;
    struct policy *policy; /* NULL: has errors */
    struct faults faults;
    bool config_valid; /* otherwise config holds the defaults */
};

/* Reads both files, the policy even if the configuration has errors, and, if neither has
 * errors, checks that the classifiers have files. A NULL path is the shipped file. Returns 0 or
 * a negative errno, with the errors in inputs->faults. Call inputs_free() in either case. */
int inputs_load(struct inputs *inputs, const char *config_path, const char *policy_path);
/* As inputs_load(), with a policy that runs the named classifiers. */
int inputs_load_classifiers(struct inputs *inputs, const char *config_path,
                            const char *const *names, size_t count);
/* Reads only the configuration, for callers that get the policy elsewhere. */
int inputs_load_config(struct inputs *inputs, const char *config_path);
void inputs_free(struct inputs *inputs);

/* Prints one "file:line:column: error: message" per line, then the number of dropped ones, if
 * any. */
void faults_print(const struct faults *faults, FILE *file);

#endif

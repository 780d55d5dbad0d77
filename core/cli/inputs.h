#ifndef DPAE_CLI_INPUTS_H
#define DPAE_CLI_INPUTS_H

#include "base/faults.h"
#include "config/config.h"
#include "policy/policy.h"

#include <stdio.h>

/* The two files that say what dpae does, and everything that is wrong with them. */
struct inputs {
    char *config_path, *policy_path; /* the files read */
    struct config config;
    struct policy *policy; /* NULL: it has errors */
    struct faults faults;
    bool config_valid; /* otherwise config holds the defaults */
};

/* Reads both files, the policy also when the configuration has errors, and looks for the
 * classifiers' files when neither has. A NULL path is the shipped file. Returns 0 or a negative
 * errno, with the errors in inputs->faults. inputs_free() in either case. */
int inputs_load(struct inputs *inputs, const char *config_path, const char *policy_path);
/* The same with a policy that runs the classifiers that are named, in place of one from a file. */
int inputs_load_classifiers(struct inputs *inputs, const char *config_path,
                            const char *const *names, size_t count);
/* The configuration alone: for who gets the policy from the controller. */
int inputs_load_config(struct inputs *inputs, const char *config_path);
void inputs_free(struct inputs *inputs);

/* "file:line:column: error: message", a line each; then how many were not kept, if any. */
void faults_print(const struct faults *faults, FILE *file);

#endif

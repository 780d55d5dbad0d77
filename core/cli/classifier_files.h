#ifndef DPAE_CLI_CLASSIFIER_FILES_H
#define DPAE_CLI_CLASSIFIER_FILES_H

#include "base/faults.h"
#include "config/config.h"
#include "policy/policy.h"

/* Checks of the classifiers named in the policy and the configuration against the files in the
 * folder. */

/* False if the configured folder has no file for the classifier. */
bool classifier_has_file(const char *name, const struct config *config);

/* Adds an error for a classifier without a file, at the place in source that names it (0:
 * unknown), with the likely intended name or a remedy. */
void classifier_report_missing(const char *name, const char *source, unsigned line, unsigned column,
                               const struct config *config, struct faults *faults);

/* Whether each classifier of the policy has a file in the configured folder; adds an error for
 * each that has no file, at its place in policy_path. */
bool classifiers_find(const struct policy *policy, const char *policy_path,
                      const struct config *config, struct faults *faults);

/* Adds a warning for each classifier with settings that is neither in the policy nor the
 * candidate of a shadow run. */
void classifiers_check_settings(const struct policy *policy, const struct config *config,
                                struct faults *faults);

#endif

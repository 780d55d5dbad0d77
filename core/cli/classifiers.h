#ifndef DPAE_CLI_CLASSIFIERS_H
#define DPAE_CLI_CLASSIFIERS_H

#include "base/faults.h"
#include "config/config.h"
#include "policy/policy.h"

/* The classifiers as policy, configuration and folder name them, one against the other. */

/* False when the configured folder has no file for the classifier. */
bool classifier_has_file(const char *name, const struct config *config);

/* Adds an error for one that has none, named at this place of source (0: unknown): what was meant,
 * or what to do. */
void classifier_tell_missing(const char *name, const char *source, unsigned line, unsigned column,
                             const struct config *config, struct faults *faults);

/* True when each classifier of the policy has its file in the configured folder; an error for each
 * that has not, where the policy at policy_path mentions it. */
bool classifiers_find(const struct policy *policy, const char *policy_path,
                      const struct config *config, struct faults *faults);

/* A warning for each classifier that has settings in the configuration but is neither in the policy
 * nor the candidate of a shadow run. */
void classifiers_check_settings(const struct policy *policy, const struct config *config,
                                struct faults *faults);

#endif

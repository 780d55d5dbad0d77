#ifndef DPAE_CLI_PROJECT_H
#define DPAE_CLI_PROJECT_H

#include "config/config.h"

#include <limits.h>
#include <stdbool.h>

/* Where the author of a classifier works: the folder above classifiers_directory, which has the
 * specs beside the classifiers. */
struct project {
    char root[PATH_MAX];
    char classifiers[PATH_MAX]; /* the configured folder */
    char specs[PATH_MAX];       /* root/spec/classifiers */
};

/* Fills project by the configuration. False when a path is too long. */
bool project_find(struct project *project, const struct config *config);

#endif

#ifndef DPAE_CLI_PROJECT_H
#define DPAE_CLI_PROJECT_H

#include "config/config.h"

#include <limits.h>
#include <stdbool.h>

/* The working folder of a classifier's author: the parent of classifiers_directory, with the
 * specs next to the classifiers. */
struct project {
    char root[PATH_MAX];
    char classifiers[PATH_MAX]; /* the configured folder */
    char specs[PATH_MAX];       /* root/spec/classifiers */
};

/* Derives project from the configuration. False if a path is too long. */
bool project_find(struct project *project, const struct config *config);

#endif

#include "cli/project.h"

#include <stdio.h>
#include <string.h>

static bool fits(int length, size_t size) {
    return length >= 0 && (size_t)length < size;
}

bool project_find(struct project *project, const struct config *config) {
    const char *folder = config->classifiers_directory;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    if (!fits(snprintf(project->classifiers, sizeof project->classifiers, "%.*s", (int)length,
                       folder),
              sizeof project->classifiers)) {
        return false;
    }
    const char *slash = strrchr(project->classifiers, '/');
    const size_t above = slash ? (size_t)(slash - project->classifiers) : 0;
    snprintf(project->root, sizeof project->root, "%.*s", (int)above, project->classifiers);
    if (above == 0) {
        snprintf(project->root, sizeof project->root, "%s", slash ? "/" : ".");
    }
    return fits(snprintf(project->specs, sizeof project->specs, "%s/spec/classifiers",
                         above > 0 || !slash ? project->root : ""),
                sizeof project->specs);
}

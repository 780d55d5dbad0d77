#include "config/location.h"

#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTALLED_CONFIG "/etc/dpae"
#define INSTALLED_DATA   "/usr/share/dpae"

/* Takes the last component off an absolute path; nothing is left of one at the root. */
static void cut_last(char *path) {
    char *const slash = strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

static bool holds(const char *folder, const char *path) {
    char whole[PATH_MAX];
    const int length = snprintf(whole, sizeof(whole), "%s/%s", folder, path);
    return length < (int)sizeof(whole) && access(whole, F_OK) == 0;
}

static bool is_checkout(const char *folder, const char *in_checkout) {
    return holds(folder, "CMakeLists.txt") && holds(folder, in_checkout);
}

/* Leaves in folder the source checkout that the running binary lies in, if it has in_checkout. */
static bool find_checkout(const char *in_checkout, char folder[PATH_MAX]) {
    const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = '\0';
    do {
        cut_last(folder);
        if (is_checkout(folder, in_checkout)) {
            return true;
        }
    } while (folder[0] != '\0');
    return false;
}

char *config_find_file(const char *in_checkout, const char *installed) {
    char folder[PATH_MAX];
    char *path = NULL;
    if (!find_checkout(in_checkout, folder)) {
        return strdup(installed);
    }
    return asprintf(&path, "%s/%s", folder, in_checkout) < 0 ? NULL : path;
}

char *location_of_defaults(const char *above) {
    char folder[PATH_MAX];
    if (find_checkout("config/config.yaml", folder)) {
        return strdup(folder);
    }
    return strdup(above != NULL && is_checkout(above, "config/config.yaml") ? above
                                                                            : INSTALLED_DATA);
}

char *location_above(const char *folder) {
    if (strcmp(folder, INSTALLED_CONFIG) == 0) {
        return strdup(INSTALLED_DATA);
    }
    char *const above = strdup(folder);
    if (above != NULL) {
        cut_last(above);
    }
    return above;
}

/* The folder of the file at path, without symbolic links; NULL with errno set. */
static char *real_folder(const char *path) {
    const char *const slash = strrchr(path, '/');
    if (slash == NULL) {
        return realpath(".", NULL);
    }
    char *const folder = strndup(path, (size_t)(slash - path) + 1);
    char *const real = folder != NULL ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

int location_of_file(const char *path, char **location) {
    char *const folder = real_folder(path);
    if (folder == NULL) {
        return -errno;
    }
    *location = location_above(folder);
    free(folder);
    return *location != NULL ? 0 : -ENOMEM;
}

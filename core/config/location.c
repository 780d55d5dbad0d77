#include "config/location.h"

#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA "share/dpae"

/* Removes the last component of an absolute path; "/name" becomes empty. */
static void remove_last_component(char *path) {
    char *const slash = strrchr(path, '/');
    if (slash) {
        *slash = '\0';
    }
}

static bool contains(const char *folder, const char *path) {
    char whole[PATH_MAX];
    const int length = snprintf(whole, sizeof whole, "%s/%s", folder, path);
    return length < (int)sizeof whole && access(whole, F_OK) == 0;
}

static bool is_checkout(const char *folder, const char *in_checkout) {
    return contains(folder, "CMakeLists.txt") && contains(folder, in_checkout);
}

/* Writes the folder of the running binary. */
static void find_own_folder(char folder[PATH_MAX]) {
    const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = '\0';
    remove_last_component(folder);
}

/* Writes to folder the source checkout that contains the running binary, provided it contains
 * in_checkout, or the target of the link "checkout" beside the binary, which a build folder has. */
static bool find_checkout(const char *in_checkout, char folder[PATH_MAX]) {
    char link[PATH_MAX + sizeof "/checkout"];
    find_own_folder(folder);
    snprintf(link, sizeof link, "%s/checkout", folder);
    while (!is_checkout(folder, in_checkout)) {
        if (folder[0] == '\0') {
            return realpath(link, folder) != NULL && is_checkout(folder, in_checkout);
        }
        remove_last_component(folder);
    }
    return true;
}

/* Writes the prefix of the installation: that of the running binary when it contains the program's
 * data, which may differ from the one it was built for. */
static void find_prefix(char prefix[PATH_MAX]) {
    find_own_folder(prefix);
    const char *const slash = strrchr(prefix, '/');
    const bool in_bin = slash != NULL && strcmp(slash, "/bin") == 0;
    remove_last_component(prefix);
    if (!in_bin || !contains(prefix, DATA)) {
        snprintf(prefix, PATH_MAX, "%s", DPAE_PREFIX);
    }
}

char *config_installed_file(const char *path) {
    char prefix[PATH_MAX];
    char *whole = NULL;
    find_prefix(prefix);
    return asprintf(&whole, "%s/%s", prefix, path) < 0 ? NULL : whole;
}

/* Returns the folder of the installed configuration: DPAE_SYSCONFDIR, below the staging folder if
 * there is one, or etc of another prefix. config/install.cmake does the same. */
static char *installed_config(void) {
    char prefix[PATH_MAX];
    char *folder = NULL;
    find_prefix(prefix);
    const size_t length = strlen(prefix), built_length = strlen(DPAE_PREFIX);
    const int written =
        length >= built_length && strcmp(prefix + length - built_length, DPAE_PREFIX) == 0
            ? asprintf(&folder, "%.*s%s/dpae", (int)(length - built_length), prefix,
                       DPAE_SYSCONFDIR)
            : asprintf(&folder, "%s/etc/dpae", prefix);
    return written < 0 ? NULL : folder;
}

static char *find_installed(const char *in_checkout) {
    static const char config[] = "config/";
    const bool is_config = strncmp(in_checkout, config, sizeof config - 1) == 0;
    char *const folder = is_config ? installed_config() : config_installed_file(DATA);
    char *path = NULL;
    if (folder &&
        asprintf(&path, "%s/%s", folder, in_checkout + (is_config ? sizeof config - 1 : 0)) < 0) {
        path = NULL;
    }
    free(folder);
    return path;
}

char *config_find_file(const char *in_checkout) {
    char folder[PATH_MAX];
    char *path = NULL;
    if (!find_checkout(in_checkout, folder)) {
        return find_installed(in_checkout);
    }
    return asprintf(&path, "%s/%s", folder, in_checkout) < 0 ? NULL : path;
}

char *location_of_defaults(const char *above) {
    char folder[PATH_MAX];
    if (find_checkout("config/config.yaml", folder)) {
        return strdup(folder);
    }
    return above != NULL && is_checkout(above, "config/config.yaml") ? strdup(above)
                                                                     : config_installed_file(DATA);
}

char *location_above(const char *folder) {
    char *const config = installed_config();
    const bool is_installed = config != NULL && strcmp(folder, config) == 0;
    free(config);
    if (is_installed) {
        return config_installed_file(DATA);
    }
    char *const above = strdup(folder);
    if (above) {
        remove_last_component(above);
    }
    return above;
}

/* Returns the folder of the file at path, without symbolic links, or NULL with errno set. */
static char *real_folder(const char *path) {
    const char *const slash = strrchr(path, '/');
    if (!slash) {
        return realpath(".", NULL);
    }
    char *const folder = strndup(path, (size_t)(slash - path) + 1);
    char *const real = folder ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

int location_of_file(const char *path, char **location) {
    char *const folder = real_folder(path);
    if (!folder) {
        return -errno;
    }
    *location = location_above(folder);
    free(folder);
    return *location ? 0 : -ENOMEM;
}

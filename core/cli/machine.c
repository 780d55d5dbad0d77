#include "cli/machine.h"

#include "cli/classifier_files.h"
#include "control/credentials.h"
#include "pipeline/pipeline.h"
#include "worker/privilege.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <net/if.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void warn(struct inputs *inputs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct inputs *inputs, const char *format, ...) {
    char text[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    faults_add(&inputs->faults, FAULT_WARNING, inputs->config_path, 0, 0, "%s", text);
}

static void check_interfaces(struct inputs *inputs) {
    const char *at = inputs->config.sniff_if_names;
    while (*at) {
        char name[IF_NAMESIZE];
        const size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (if_nametoindex(name) == 0) {
            warn(inputs,
                 "sniff_if_names: this machine has no interface %s; dpae run would not start here",
                 name);
        }
        at += length + (at[length] == ',');
    }
}

/* Whether workers can run as this user. */
static bool check_user(struct inputs *inputs) {
    const char *user = inputs->config.run_as;
    const struct passwd *entry = getpwnam(user);
    if (!entry || entry->pw_uid == 0) {
        warn(inputs, "run_as: %s is %s; dpae run would not start here", user,
             entry ? "root" : "not a user of this machine");
        return false;
    }
    return true;
}

static bool check_readable(struct inputs *inputs, const char *key, const char *path) {
    struct error error;
    if (privilege_check(inputs->config.run_as, path, &error) != 0) {
        warn(inputs, "%s: %s", key, error.message);
        return false;
    }
    return true;
}

static void check_classifier_files(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    struct faults ignored = {0}; /* reported when the classifiers were loaded */
    const unsigned count =
        inputs->policy
            ? pipeline_list_classifiers(inputs->policy, &config->classifier_shadow, names, &ignored)
            : 0;
    faults_free(&ignored);
    for (unsigned i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s.lua", config->classifiers_directory, names[i]);
        (void)check_readable(inputs, "classifiers_directory", path);
    }
}

/* All modules, recursively: which ones are required is known only at run time. */
static void check_helper_files(struct inputs *inputs) {
    char *const folders[] = {(char *)inputs->config.lua_directory,
                             NULL}; /* fts does not modify it */
    FTS *tree = fts_open(folders, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry;
    while (tree && (entry = fts_read(tree))) {
        const char *suffix = strrchr(entry->fts_name, '.');
        if (entry->fts_info == FTS_D ||
            (entry->fts_info == FTS_F && suffix && strcmp(suffix, ".lua") == 0)) {
            (void)check_readable(inputs, "lua_directory", entry->fts_path);
        }
    }
    if (tree) {
        fts_close(tree);
    }
}

/* Files that workers read after they have changed to that user. */
static void check_scripts(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    if (check_readable(inputs, "classifiers_directory", config->classifiers_directory)) {
        check_classifier_files(inputs);
    }
    if (check_readable(inputs, "lua_directory", config->lua_directory)) {
        check_helper_files(inputs);
    }
}

static void check_files(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    const struct {
        const char *key, *path;
    } files[] = {{"controller_ca_file", config->controller_ca_file},
                 {"controller_client_cert", config->controller_client_cert},
                 {"controller_client_key", config->controller_client_key}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (credentials_given(files[i].path) && access(files[i].path, R_OK) != 0) {
            warn(inputs, "%s: %s cannot be read: %s", files[i].key, files[i].path,
                 strerrordesc_np(errno));
        }
    }
    char token[CREDENTIALS_TOKEN];
    struct error error;
    if (credentials_given(config->controller_token_file)) {
        if (credentials_read_token(config->controller_token_file, token, &error) != 0) {
            warn(inputs, "controller_token_file: %s", error.message);
        }
        explicit_bzero(token, sizeof token);
    }
}

static void check_crash_directory(struct inputs *inputs) {
    const char *directory = inputs->config.crash_directory;
    struct stat about;
    int code = stat(directory, &about) != 0 ? errno : S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
    if (code == 0 && access(directory, W_OK | X_OK) != 0) {
        code = errno;
    }
    if (code != 0) {
        warn(inputs, "crash_directory: %s is not writable: %s", directory, strerrordesc_np(code));
    }
}

void machine_check(struct inputs *inputs) {
    check_interfaces(inputs);
    if (check_user(inputs)) {
        check_scripts(inputs);
    }
    check_files(inputs);
    check_crash_directory(inputs);
}

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/load_inputs.h"
#include "cli/project.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUFFIX    "_spec.lua"
#define SPECS_MAX 999 /* busted accepts no more */

enum { OPTION_CONFIG, OPTION_HELP, OPTION_COUNT };

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command test_command = {
    .name = "test",
    .operands = "[NAME...]",
    .summary = "run the specs of all or the named classifiers",
    .details =
        "Runs spec/classifiers/NAME_spec.lua next to classifiers_directory of the configuration\n"
        "with busted under LuaJIT, from any folder. Needs busted (Debian: lua-busted).\n"
        "docs/classifier-specs.md describes how to write a spec. Exit status 0 if all pass.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

/* Names of classifiers with a spec, sorted; each is owned. */
struct specs {
    char *names[SPECS_MAX];
    size_t count;
};

static int take(void *context, size_t option, const char *argument) {
    (void)option;
    *(const char **)context = argument;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_specs(const char *folder, struct specs *specs, struct error *error) {
    DIR *directory = opendir(folder);
    if (!directory) {
        return error_set(error, -errno,
                         "%s: cannot be read: %s; \"dpae new NAME\" creates it, with a first spec",
                         folder, strerror(errno));
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)) && specs->count < SPECS_MAX) {
        const size_t length = strlen(entry->d_name);
        const size_t suffix = strlen(SUFFIX);
        if (length <= suffix || strcmp(entry->d_name + length - suffix, SUFFIX) != 0) {
            continue;
        }
        if (strchr(entry->d_name, ',')) {
            fprintf(stderr,
                    "dpae: %s/%s is skipped: busted does not support a comma in a file name\n",
                    folder, entry->d_name);
            continue;
        }
        char *name = strndup(entry->d_name, length - suffix);
        if (name) {
            specs->names[specs->count++] = name;
        }
    }
    closedir(directory);
    qsort(specs->names, specs->count, sizeof specs->names[0], by_name);
    return specs->count > 0
               ? 0
               : error_set(error, -ENOENT,
                           "%s: has no specs; \"dpae new NAME\" creates a first one", folder);
}

static bool has_spec(const struct specs *specs, const char *name) {
    for (size_t i = 0; i < specs->count; i++) {
        if (strcmp(specs->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static int refuse_name(const struct specs *specs, const char *folder, const char *name,
                       struct error *error) {
    const char *nearest = nearest_word(name, (const char *const *)specs->names, specs->count);
    if (nearest) {
        return error_set(error, -ENOENT, "no %s" SUFFIX " in %s; did you mean \"%s\"?", name,
                         folder, nearest);
    }
    return error_set(error, -ENOENT,
                     "no %s" SUFFIX
                     " in %s; \"dpae new\" creates a classifier with a spec as an example",
                     name, folder);
}

/* The parent of spec/kit, in the checkout or as installed; owned by the caller. */
static int find_kit(char **kit, struct error *error) {
    static const char file[] = "/spec/kit/main.lua";
    *kit = config_find_file(file + 1);
    if (!*kit) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    if (access(*kit, R_OK) != 0) {
        return error_set(
            error, -errno,
            "%s, which specs need, cannot be read: %s; run dpae from its build folder, "
            "or install it (cmake --install BUILD_FOLDER)",
            *kit, strerror(errno));
    }
    (*kit)[strlen(*kit) - strlen(file)] = '\0';
    return 0;
}

/* The library for specs, next to the program or as installed; owned by the caller. */
static int find_library(char **library, struct error *error) {
    static const char name[] = "libdpae_spec.so";
    char beside[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", beside, PATH_MAX - sizeof name - 1);
    beside[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(beside, '/');
    if (slash) {
        memcpy(slash + 1, name, sizeof name);
    }
    const bool built = access(beside, R_OK) == 0;
    *library = built ? strdup(beside) : config_installed_file("lib/dpae/libdpae_spec.so");
    if (!*library) {
        return error_set(error, -ENOMEM, "out of memory");
    }
    return built || access(*library, R_OK) == 0
               ? 0
               : error_set(error, -ENOENT,
                           "the library for specs is neither %s nor %s; build it: cmake --build "
                           "BUILD_FOLDER --target dpae_spec",
                           beside, *library);
}

static int set_lua_path(const char *kit) {
    const char *before = getenv("LUA_PATH");
    char *path;
    if (asprintf(&path, "%s/?.lua;%s/?/init.lua;%s", kit, kit, before ? before : ";") < 0) {
        return -1;
    }
    const int result = setenv("LUA_PATH", path, 1);
    free(path);
    return result;
}

static int set_environment(const struct config *config, const struct project *project,
                           const char *kit, struct error *error) {
    char *library;
    int result = find_library(&library, error);
    if (result == 0 && (set_lua_path(kit) != 0 || setenv("DPAE_SPEC_LIBRARY", library, 1) != 0 ||
                        setenv("DPAE_CLASSIFIERS_DIRECTORY", project->classifiers, 1) != 0 ||
                        setenv("DPAE_LUA_DIRECTORY", config->lua_directory, 1) != 0)) {
        result = error_set(error, -ENOMEM, "out of memory");
    }
    free(library);
    return result;
}

/* The exit status of a process, as a shell reports it. Ignores Ctrl-C, which the process also
 * receives, and waits for its last output. */
static int wait_for(pid_t pid) {
    int status;
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    while (waitpid(pid, &status, 0) != pid) {
        if (errno != EINTR) {
            return CLI_FAILURE;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs LuaJIT with busted, without a shell, which would interpret special characters in file
 * names. *ended: its exit status. Does not exec, since the database library must clean up at
 * exit. */
static int run_busted(const struct project *project, const char *kit, const char *const *names,
                      size_t count, int *ended, struct error *error) {
    static char files[SPECS_MAX][NAME_MAX + 32];
    char main_file[PATH_MAX];
    char *arguments[SPECS_MAX + 8] = {"luajit", main_file, "--ignore-lua", "--pattern=_spec", "--"};
    size_t used = 5;
    snprintf(main_file, sizeof main_file, "%s/spec/kit/main.lua", kit);
    for (size_t i = 0; i < count; i++) {
        snprintf(files[i], sizeof files[i], "spec/classifiers/%.*s" SUFFIX, NAME_MAX, names[i]);
        arguments[used++] = files[i];
    }
    if (chdir(project->root) != 0) {
        return error_set(error, -errno, "%s: %s", project->root, strerror(errno));
    }
    pid_t pid;
    const int code = posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ);
    if (code != 0) {
        return error_set(error, -code,
                         "luajit, which runs the specs, cannot be started: %s; install it (Debian: "
                         "apt-get install lua-busted luajit)",
                         strerror(code));
    }
    *ended = wait_for(pid);
    return 0;
}

static int check_names(const char *const *names, size_t count, const struct specs *specs,
                       const struct project *project, struct error *error) {
    for (size_t i = 0; i < count; i++) {
        if (!has_spec(specs, names[i])) {
            return refuse_name(specs, project->specs, names[i], error);
        }
    }
    return 0;
}

static int start(const struct config *config, const char *const *names, size_t count,
                 struct specs *specs, int *ended, struct error *error) {
    struct project project = {0};
    if (!project_find(&project, config)) {
        return error_set(error, -ENAMETOOLONG, "%s: the path is too long",
                         config->classifiers_directory);
    }
    char *kit = NULL;
    int result = list_specs(project.specs, specs, error);
    if (result == 0) {
        result = find_kit(&kit, error);
    }
    if (result == 0) {
        result = check_names(names, count, specs, &project, error);
    }
    if (result == 0) {
        result = set_environment(config, &project, kit, error);
    }
    if (result == 0) {
        result = count > 0 ? run_busted(&project, kit, names, count, ended, error)
                           : run_busted(&project, kit, (const char *const *)specs->names,
                                        specs->count, ended, error);
    }
    free(kit);
    return result;
}

static int run(int argc, char **argv) {
    static struct specs specs;
    const char *config = NULL;
    int status;
    const int first = cli_parse(&test_command, argc, argv, take, &config, &status);
    if (first < 0) {
        return status;
    }
    if (argc - first > SPECS_MAX) {
        return cli_refuse("test", "more than %d names", SPECS_MAX);
    }
    struct inputs inputs;
    struct error error = {0};
    status = CLI_FAILURE;
    if (inputs_load_config(&inputs, config) != 0) {
        faults_print(&inputs.faults, stderr);
    } else if (start(&inputs.config, (const char *const *)argv + first, (size_t)(argc - first),
                     &specs, &status, &error) != 0) {
        fprintf(stderr, "dpae: %s\n", error.message);
    }
    for (size_t i = 0; i < specs.count; i++) {
        free(specs.names[i]);
    }
    inputs_free(&inputs);
    return status;
}

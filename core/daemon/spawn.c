#include "daemon/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libmongoc makes a file of counters in /dev/shm as soon as it is loaded, which a worker that is
 * nobody could not remove again. */
int spawn_prepare(struct error *error) {
    if (setenv("MONGOC_DISABLE_SHM", "1", 1) != 0) {
        return error_set(error, -errno, "out of memory for the environment of workers");
    }
    return 0;
}

static int spawn(posix_spawn_file_actions_t *actions, char *const argv[], pid_t *pid) {
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int result = posix_spawnattr_init(&attributes);
    if (result != 0) {
        return result;
    }
    result = posix_spawnattr_setsigmask(&attributes, &none);
    if (result == 0) {
        result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    }
    if (result == 0) {
        result = posix_spawn(pid, "/proc/self/exe", actions, &attributes, argv, environ);
    }
    posix_spawnattr_destroy(&attributes);
    return result;
}

int spawn_self(const char *what, char *const argv[], const struct spawn_file *files, unsigned count,
               int end, pid_t *pid, struct error *error) {
    posix_spawn_file_actions_t actions;
    *pid = 0;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) {
        return error_set(error, -result, "%s: %s", what, strerrordesc_np(result));
    }
    for (unsigned i = 0; result == 0 && i < count; i++) {
        result = files[i].from < end
                     ? EBADF
                     : posix_spawn_file_actions_adddup2(&actions, files[i].from, files[i].to);
    }
    if (result == 0) {
        /* Nothing else of this process, of its libraries or of who started it. */
        result = posix_spawn_file_actions_addclosefrom_np(&actions, end);
    }
    if (result == 0) {
        result = spawn(&actions, argv, pid);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0) {
        *pid = 0;
        return error_set(error, -result, "%s: cannot be started: %s", what,
                         strerrordesc_np(result));
    }
    return 0;
}

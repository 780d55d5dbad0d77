#include "worker/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_capabilities(uint64_t wanted, struct error *error) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    for (unsigned i = 0; i < 2; i++) {
        data[i].effective = data[i].permitted = (uint32_t)(wanted >> (32 * i));
    }
    if (syscall(SYS_capset, &header, data) != 0) {
        return error_set(error, -errno, "capabilities: %s", strerrordesc_np(errno));
    }
    return 0;
}

/* What is not in the bounding set can not be had again, not even by starting a program. */
static int bound_capabilities(uint64_t wanted, struct error *error) {
    for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++) {
        const bool keep = wanted >> capability & 1;
        if (!keep && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) {
            return error_set(error, -errno, "capability bounding set: %s", strerrordesc_np(errno));
        }
    }
    return 0;
}

static const struct passwd *find_user(const char *user, struct error *error) {
    const struct passwd *entry = getpwnam(user);
    if (!entry || entry->pw_uid == 0) {
        error_set(error, -EINVAL, "run_as: %s is %s; name another in config.yaml", user,
                  entry ? "root" : "no user of this system");
        return NULL;
    }
    return entry;
}

static int become(const struct passwd *entry) {
    const uid_t uid = entry->pw_uid;
    const gid_t gid = entry->pw_gid;
    return setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0
               ? -errno
               : 0;
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The exit status of the child that asks: the number of the part of the path, from 1, that bars the
 * way; 0: none. */
static int first_barred(const char *path) {
    char part[512];
    int depth = 0;
    for (size_t length = 1; length < sizeof part; length++) {
        const bool last = path[length] == '\0';
        if (path[length] != '/' && !last) {
            continue;
        }
        depth++;
        memcpy(part, path, length);
        part[length] = '\0';
        const int wanted = !last ? X_OK : is_folder(part) ? R_OK | X_OK : R_OK;
        if (access(part, wanted) != 0 && errno == EACCES) {
            return depth;
        }
        if (last) {
            break;
        }
    }
    return 0;
}

static int told_barred(const char *user, const char *path, int depth, struct error *error) {
    size_t length = 0;
    for (int i = 0; i < depth; i++) {
        length += 1 + strcspn(path + length + 1, "/");
    }
    if (path[length] == '\0') {
        return error_set(
            error, -EACCES,
            "%s: the user %s, whom workers run as, may not read it; let others read it "
            "(chmod o+r%s), or set another run_as",
            path, user, is_folder(path) ? "x" : "");
    }
    return error_set(
        error, -EACCES,
        "%s: the user %s, whom workers run as, may not enter %.*s; let others enter it "
        "(chmod o+x), move the folder, or set another run_as",
        path, user, (int)length, path);
}

int privilege_check(const char *user, const char *path, struct error *error) {
    if (geteuid() != 0) {
        return 0;
    }
    const struct passwd *entry = find_user(user, error);
    if (!entry) {
        return error->code;
    }
    const pid_t child = fork();
    if (child < 0) {
        return error_set(error, -errno, "no process: %s", strerrordesc_np(errno));
    }
    if (child == 0) {
        _exit(become(entry) == 0 ? first_barred(path) : 0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return error_set(error, -ECHILD, "%s: nobody could ask whether %s can read it", path, user);
    }
    return WEXITSTATUS(status) == 0 ? 0 : told_barred(user, path, WEXITSTATUS(status), error);
}

int privilege_drop(const char *user, struct error *error) {
    if (geteuid() == 0) {
        const struct passwd *entry = find_user(user, error);
        if (!entry || bound_capabilities(0, error) != 0) {
            return error->code;
        }
        const int result = become(entry);
        if (result != 0) {
            return error_set(error, result, "run_as: cannot become %s: %s", user,
                             strerrordesc_np(-result));
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_set(error, -errno, "no_new_privs: %s", strerrordesc_np(errno));
    }
    return set_capabilities(0, error);
}

int privilege_reduce(struct error *error) {
    if (geteuid() != 0) {
        return 0;
    }
    const uint64_t needed = UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << CAP_NET_ADMIN |
                            UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID |
                            UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SETPCAP |
                            UINT64_C(1) << CAP_IPC_LOCK;
    const int result = bound_capabilities(needed, error);
    return result != 0 ? result : set_capabilities(needed, error);
}

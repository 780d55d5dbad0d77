#include "worker/confine.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Landlock has no functions in glibc. */
static int landlock_create(const struct landlock_ruleset_attr *attribute) {
    return (int)syscall(SYS_landlock_create_ruleset, attribute, sizeof *attribute, 0);
}

static int landlock_allow(int ruleset, const struct landlock_path_beneath_attr *path) {
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, path, 0);
}

static int landlock_restrict(int ruleset) {
    return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

/* Every right of the first version: what later ones add takes a path that was opened before. */
#define ALL_RIGHTS  (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)
#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static int allow_folder(int ruleset, const char *folder, struct error *error) {
    struct landlock_path_beneath_attr path = {
        .allowed_access = READ_RIGHTS,
        .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
    };
    if (path.parent_fd < 0) {
        return errno == ENOENT
                   ? 0
                   : error_set(error, -errno, "%s: %s; the user run_as must be able to read it",
                               folder, strerrordesc_np(errno));
    }
    const int result = landlock_allow(ruleset, &path) == 0
                           ? 0
                           : error_set(error, -errno, "Landlock: %s", strerrordesc_np(errno));
    close(path.parent_fd);
    return result;
}

static int confine_files(const char *const *folders, unsigned count, struct error *error) {
    const struct landlock_ruleset_attr attribute = {.handled_access_fs = ALL_RIGHTS};
    const int ruleset = landlock_create(&attribute);
    if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
        if (count > 0) {
            log_warning(LOG_NMETA_DPAE, "this kernel has no Landlock: classifiers that are tried "
                                        "out can read every file that the user run_as can");
        }
        return 0;
    }
    if (ruleset < 0) {
        return error_set(error, -errno, "Landlock: %s", strerrordesc_np(errno));
    }
    int result = 0;
    for (unsigned i = 0; i < count && result == 0; i++) {
        result = allow_folder(ruleset, folders[i], error);
    }
    if (result == 0 && landlock_restrict(ruleset) != 0) {
        result = error_set(error, -errno, "Landlock: %s", strerrordesc_np(errno));
    }
    close(ruleset);
    return result;
}

/* By names, so that the list reads on every architecture; one that this one lacks is passed over.
 */
static const char *const allowed[] = {
    /* capture, return of frames, events, log */
    "poll", "ppoll", "recvmsg", "recvfrom", "sendto", "sendmsg", "sendmmsg", "getsockopt", "read",
    "readv", "pread64", "write", "writev", "close", "lseek", "fcntl",
    /* classifiers */
    "fstat", "newfstatat", "statx", "getdents64", "access", "faccessat", "faccessat2",
    /* memory, LuaJIT's machine code included */
    "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "membarrier",
    /* time, waiting, signals */
    "clock_gettime", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep",
    "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_delete", "futex",
    "sched_yield", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sigaltstack", "getpid", "gettid", "getppid", "getrandom", "rseq", "set_robust_list", "exit",
    "exit_group"};

static int allow(scmp_filter_ctx filter, const char *name, unsigned conditions,
                 const struct scmp_arg_cmp *condition) {
    const int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR
               ? 0
               : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, conditions, condition);
}

static int confine_calls(bool opens, struct error *error) {
    const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    const struct scmp_arg_cmp read_only = SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY);
    const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int result = filter ? 0 : -ENOMEM;
    for (unsigned i = 0; i < sizeof allowed / sizeof *allowed && result == 0; i++) {
        result = allow(filter, allowed[i], 0, NULL);
    }
    if (result == 0 && opens) {
        result = allow(filter, "openat", 1, &read_only);
    }
    if (result == 0) {
        /* How a process ends itself. */
        result = allow(filter, "tgkill", 1, &itself);
    }
    if (result == 0) {
        result = seccomp_load(filter);
    }
    seccomp_release(filter);
    return result == 0 ? 0 : error_set(error, result, "seccomp: %s", strerrordesc_np(-result));
}

/* The leak checker of AddressSanitizer starts a process. */
#ifdef __SANITIZE_ADDRESS__
enum { CONFINES_CALLS = 0 };
#else
enum { CONFINES_CALLS = 1 };
#endif

int confine_process(const char *const *folders, unsigned count, struct error *error) {
    tzset(); /* the log's local time wants a file, once */
    const int result = confine_files(folders, count, error);
    return result == 0 && CONFINES_CALLS ? confine_calls(count > 0, error) : result;
}

#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever could write there could take the lock, or the file away. */
static int check_directory(const char *directory, struct error *error) {
    struct stat about;
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        return error_set(error, -errno,
                         "%s, where the locks of interfaces are, cannot be made: %s; make it as "
                         "root, for the user who starts dpae",
                         directory, strerrordesc_np(errno));
    }
    if (lstat(directory, &about) != 0) {
        return error_set(error, -errno, "%s: %s", directory, strerrordesc_np(errno));
    }
    if (!S_ISDIR(about.st_mode) || about.st_uid != geteuid() || about.st_mode & 022) {
        return error_set(error, -EPERM,
                         "%s, where the locks of interfaces are, must be a folder that belongs to "
                         "the user who starts dpae and that nobody else can write to; remove it",
                         directory);
    }
    return 0;
}

/* A daemon that ends removes the file: what was locked may be no longer what has its name. */
static bool is_in_place(int fd, const char *path) {
    struct stat locked, there;
    return fstat(fd, &locked) == 0 && lstat(path, &there) == 0 && locked.st_ino == there.st_ino &&
           locked.st_dev == there.st_dev;
}

/* A descriptor, or -EAGAIN: once more. */
static int try_lock(const char *path, const char *interface, struct error *error) {
    const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return error_set(error, errno == EAGAIN ? -EIO : -errno,
                         "%s: the lock cannot be opened: %s", path, strerrordesc_np(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        close(fd);
        return code == EWOULDBLOCK
                   ? error_set(error, -EBUSY, "%s: another dpae serves it; end that one first",
                               interface)
                   : error_set(error, -code, "%s: %s", path, strerrordesc_np(code));
    }
    if (!is_in_place(fd, path)) {
        close(fd);
        return error_set(error, -EAGAIN, "%s: it is removed again and again", path);
    }
    return fd;
}

int lock_take(struct lock *lock, const char *directory, const char *interface,
              struct error *error) {
    struct stat space;
    lock->fd = -1;
    if (stat("/proc/self/ns/net", &space) != 0) {
        return error_set(error, -errno, "/proc/self/ns/net: %s; dpae needs /proc",
                         strerrordesc_np(errno));
    }
    const int length = snprintf(lock->path, sizeof lock->path, "%s/%s-%llu.lock", directory,
                                interface, (unsigned long long)space.st_ino);
    if (length < 0 || (size_t)length >= sizeof lock->path) {
        return error_set(error, -ENAMETOOLONG, "%s: its name is too long for a lock", interface);
    }
    int result = check_directory(directory, error);
    for (unsigned tries = 0; result == 0 && tries < 10; tries++) {
        lock->fd = try_lock(lock->path, interface, error);
        if (lock->fd != -EAGAIN) {
            break;
        }
    }
    if (result == 0 && lock->fd < 0) {
        result = lock->fd;
        lock->fd = -1;
    }
    return result;
}

void lock_release(struct lock *lock) {
    if (lock->fd >= 0) {
        (void)unlink(lock->path); /* one that stays is in nobody's way */
        close(lock->fd);
        lock->fd = -1;
    }
}

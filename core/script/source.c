#include "script/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_kind(int fd, struct error *error) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return error_set(error, -errno, "cannot be examined: %s", strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(error, -EINVAL, "is not a regular file: replace it with the script");
    }
    return 0;
}

/* Reads one byte more than allowed to detect a file that is too large, or that grows. */
static int read_whole(int fd, char *buffer, size_t *length, struct error *error) {
    *length = 0;
    while (*length <= SOURCE_MAX) {
        const ssize_t got = read(fd, buffer + *length, SOURCE_MAX + 1 - *length);
        if (got == 0) {
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return error_set(error, -errno, "cannot be read: %s", strerror(errno));
        }
        *length += got > 0 ? (size_t)got : 0;
    }
    return error_set(error, -EFBIG, "is larger than 1 MiB: a script is a small text file");
}

int source_read(const char *path, char **text, size_t *length, struct error *error) {
    char *buffer = NULL;
    int result;
    *text = NULL;
    /* A FIFO would block open() otherwise. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return error_set(error, -errno, "cannot be opened: %s", strerror(errno));
    }
    result = check_kind(fd, error);
    if (result != 0) {
        goto out;
    }
    buffer = malloc(SOURCE_MAX + 1);
    if (!buffer) {
        result = error_set(error, -ENOMEM, "cannot be read: out of memory");
        goto out;
    }
    result = read_whole(fd, buffer, length, error);
    if (result != 0) {
        goto out;
    }
    if (*length > 0 && buffer[0] == LUA_SIGNATURE[0]) {
        result = error_set(error, -EINVAL, "is bytecode: only Lua source text is loaded");
        goto out;
    }
    *text = buffer;
    buffer = NULL;
out:
    free(buffer);
    close(fd);
    return result;
}

/* In C, since errors are described without limits and a text may have a million lines. */
DPAE_EXPORT uint32_t dpae_source_line(const char *text, uint32_t size, uint32_t number,
                                      uint32_t *length) {
    const char *end = text + size, *first = text;
    for (uint32_t line = 1; line < number && first < end; line++) {
        const char *last = memchr(first, '\n', (size_t)(end - first));
        first = last ? last + 1 : end;
    }
    const char *last = memchr(first, '\n', (size_t)(end - first));
    last = last ? last : end;
    while (first < last && isspace((unsigned char)*first)) {
        first++;
    }
    *length = (uint32_t)(last - first);
    return (uint32_t)(first - text);
}

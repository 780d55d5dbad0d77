#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (256u << 10)

static bool same_file(const struct stat *output, const char *path) {
    struct stat input;
    const int result = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &input) : stat(path, &input);
    return result == 0 && S_ISREG(input.st_mode) && input.st_dev == output->st_dev &&
           input.st_ino == output->st_ino;
}

static void cannot_open(const char *path, int code, struct error *error) {
    const char *remedy = *path == '\0'    ? "; name a file"
                         : code == ENOENT ? "; create its folder first, or name another file"
                         : code == EISDIR ? "; name a file in it"
                         : code == EACCES ? "; name a file that you can write to"
                                          : "; name another file";
    error_set(error, -code, "%s: cannot open for writing: %s%s", *path ? path : "\"\"",
              strerror(code), remedy);
}

/* Without O_TRUNC: the file may turn out to be an input. */
static int open_file(const char *path, const char *const *inputs, size_t count,
                     struct error *error) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        cannot_open(path, errno, error);
        goto fail;
    }
    for (size_t i = 0; i < count; i++) {
        if (same_file(&status, inputs[i])) {
            error_set(error, -EINVAL, "%s: is also an input; name another output", path);
            goto fail;
        }
    }
    if (S_ISREG(status.st_mode) && ftruncate(fd, 0) != 0) {
        error_set(error, -errno, "%s: cannot truncate: %s", path, strerror(errno));
        goto fail;
    }
    return fd;

fail:
    if (fd >= 0) {
        close(fd);
    }
    return error->code;
}

int output_open(struct output *output, const char *path, const char *const *inputs, size_t count,
                struct error *error) {
    static char buffer[BUFFER_SIZE];
    *output = (struct output){.file = stdout, .name = path};
    if (path) {
        const int fd = open_file(path, inputs, count, error);
        if (fd < 0) {
            return fd;
        }
        output->file = fdopen(fd, "w");
        if (!output->file) {
            close(fd);
            return error_set(error, -ENOMEM, "%s: out of memory", path);
        }
        signal(SIGPIPE, SIG_IGN);
    }
    setvbuf(output->file, buffer, _IOFBF, sizeof buffer);
    return 0;
}

int output_close(struct output *output, int code, struct error *error) {
    if (code == 0 && fflush(output->file) != 0) {
        code = errno ? -errno : -EIO;
    }
    if (output->file != stdout && fclose(output->file) != 0 && code == 0) {
        code = errno ? -errno : -EIO;
    }
    output->file = NULL;
    if (code != 0) {
        const char *name = output->name ? output->name : "standard output";
        return error_set(error, code, "%s: cannot write: %s; the output is incomplete", name,
                         strerror(-code));
    }
    return 0;
}

#include "capture/capture.h"
#include "capture/capture_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct capture {
    char **paths;
    size_t count, next; /* paths, and the index of the next to open */
    enum capture_reader reader;
    uint64_t done;  /* bytes of the files already closed */
    uint64_t total; /* bytes of all files; 0: unknown */
    /* The open file: at most one of these is not NULL. */
    struct capture_pcap *pcap;
    struct capture_libpcap *libpcap;
};

static bool is_stdin(const char *path) {
    return strcmp(path, "-") == 0;
}

static const char *display_name(const char *path) {
    return is_stdin(path) ? "standard input" : path;
}

static int set_open_error(const char *path, int code, struct error *error) {
    const char *remedy = code == ENOENT   ? "; check the name"
                         : code == EACCES ? "; ask for permission to read it"
                                          : "";
    return error_set(error, -code, "%s: cannot be opened: %s%s", path, strerror(code), remedy);
}

/* Checks that path is readable. Sets *size to its size, 0 when unknown in advance. */
static int check_path(const char *path, uint64_t *size, struct error *error) {
    struct stat status;
    *size = 0;
    if (is_stdin(path)) {
        return 0;
    }
    if (*path == '\0') {
        return error_set(error, -EINVAL,
                         "the name of a capture is empty; name a file, or - for standard input");
    }
    if (stat(path, &status) != 0 || access(path, R_OK) != 0) {
        return set_open_error(path, errno, error);
    }
    if (S_ISDIR(status.st_mode)) {
        return error_set(error, -EISDIR,
                         "%s: is a directory; name the capture files in it, as in %s/*.pcap", path,
                         path);
    }
    *size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    return 0;
}

static int check_paths(struct capture *capture, struct error *error) {
    bool known = true;
    for (size_t i = 0; i < capture->count; i++) {
        uint64_t size;
        const int result = check_path(capture->paths[i], &size, error);
        if (result != 0) {
            return result;
        }
        known = known && size > 0;
        capture->total += size;
    }
    if (!known) {
        capture->total = 0;
    }
    return 0;
}

static int open_next(struct capture *capture, struct error *error) {
    const char *path = capture->paths[capture->next++];
    const int fd = is_stdin(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                                  : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return set_open_error(display_name(path), errno, error);
    }
    if (isatty(fd)) {
        close(fd);
        return error_set(error, -EINVAL, "%s: is a terminal; pipe a capture into it or name a file",
                         display_name(path));
    }
    if (capture->reader == CAPTURE_READER_AUTO && !is_stdin(path)) {
        const int result = capture_pcap_open(&capture->pcap, path, fd, error);
        if (result != 0 || capture->pcap) {
            return result;
        }
    }
    return capture_libpcap_open(&capture->libpcap, display_name(path), fd, error);
}

static uint64_t current_position(const struct capture *capture) {
    if (capture->pcap) {
        return capture_pcap_position(capture->pcap);
    }
    return capture->libpcap ? capture_libpcap_position(capture->libpcap) : 0;
}

static void close_current(struct capture *capture) {
    capture->done += current_position(capture);
    capture_pcap_close(capture->pcap);
    capture_libpcap_close(capture->libpcap);
    capture->pcap = NULL;
    capture->libpcap = NULL;
}

int capture_open(struct capture **capture, const char *const *paths, size_t count,
                 enum capture_reader reader, struct error *error) {
    *capture = NULL;
    if (count == 0) {
        return error_set(error, -EINVAL, "no capture given; name a file, or - for standard input");
    }
    int result = 0;
    struct capture *opened = calloc(1, sizeof *opened);
    if (!opened || !(opened->paths = calloc(count, sizeof *opened->paths))) {
        result = error_set(error, -ENOMEM, "out of memory for the captures");
        goto out;
    }
    opened->reader = reader;
    for (; opened->count < count; opened->count++) {
        opened->paths[opened->count] = strdup(paths[opened->count]);
        if (!opened->paths[opened->count]) {
            result = error_set(error, -ENOMEM, "out of memory for the captures");
            goto out;
        }
    }
    result = check_paths(opened, error);
    if (result == 0) {
        result = open_next(opened, error);
    }
    if (result == 0) {
        *capture = opened;
        opened = NULL;
    }
out:
    capture_close(opened);
    return result;
}

static int read_current(struct capture *capture, struct frame *frames, unsigned max,
                        struct error *error) {
    if (capture->pcap) {
        return capture_pcap_next(capture->pcap, frames, max, error);
    }
    if (capture->libpcap) {
        return capture_libpcap_next(capture->libpcap, frames, max, error);
    }
    return 0;
}

int capture_next(struct capture *capture, struct frame *frames, unsigned max, struct error *error) {
    if (max == 0) {
        return 0;
    }
    int result = read_current(capture, frames, max, error);
    while (result == 0 && capture->next < capture->count) {
        close_current(capture);
        result = open_next(capture, error);
        if (result == 0) {
            result = read_current(capture, frames, max, error);
        }
    }
    if (result < 0) {
        close_current(capture);
        capture->next = capture->count;
    }
    return result;
}

void capture_position(const struct capture *capture, uint64_t *done, uint64_t *total) {
    *done = capture->done + current_position(capture);
    *total = capture->total;
}

void capture_close(struct capture *capture) {
    if (!capture) {
        return;
    }
    close_current(capture);
    for (size_t i = 0; i < capture->count; i++) {
        free(capture->paths[i]);
    }
    free(capture->paths);
    free(capture);
}

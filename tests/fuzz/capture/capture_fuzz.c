#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reads the bytes as a file with both readers: they must return the same frames and fail at the
 * same place. */

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void compare(struct capture *fast, struct capture *libpcap) {
    struct error fast_error, libpcap_error;
    struct frame frame, other;
    int result;
    do {
        result = capture_next(fast, &frame, 1, &fast_error);
        require(capture_next(libpcap, &other, 1, &libpcap_error) == result);
        if (result > 0) {
            require(frame.time_ns == other.time_ns && frame.captured == other.captured);
            require(frame.length == other.length && frame.link == other.link);
            require(frame.length >= frame.captured);
            require(memcmp(frame.data, other.data, frame.captured) == 0);
        }
    } while (result > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct capture *fast, *libpcap;
    struct error error;
    char path[32];
    const int fd = memfd_create("capture", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *const paths[] = {path};
    const int result = capture_open(&fast, paths, 1, CAPTURE_READER_AUTO, &error);
    require(capture_open(&libpcap, paths, 1, CAPTURE_READER_LIBPCAP, &error) == result);
    if (result == 0) {
        compare(fast, libpcap);
    }
    capture_close(fast);
    capture_close(libpcap);
    close(fd);
    return 0;
}

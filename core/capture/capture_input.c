#include "capture/capture_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PAGE = 4096, BLOCK = 128 * 1024 };
enum { GZIP_MAGIC_1 = 0x1f, GZIP_MAGIC_2 = 0x8b }; /* RFC 1952 */
enum { MAGIC_MAX = 5 };                            /* bytes that identify the compression */
#define GZIP_WINDOW (15 + 16) /* for inflateInit2(): the largest window, gzip format */

struct capture_input {
    int fd;
    bool gzip;
    bool in_member; /* inside a gzip member */
    z_stream inflate;
    uint8_t *block; /* bytes read but not consumed: left bytes at `at` */
    uint8_t *at;
    size_t left;
    uint64_t read;
    const char *fault;
};

/* Reads after the few remaining bytes. Returns 1 when it read more, 0 at the end of file, -1 on
 * error. EINTR is an error: a pipe may stay silent forever, and the caller must act on the signal.
 */
static int fill(struct capture_input *input) {
    memmove(input->block, input->at, input->left);
    input->at = input->block;
    const ssize_t got = read(input->fd, input->block + input->left, BLOCK - input->left);
    if (got > 0) {
        input->left += (size_t)got;
        input->read += (uint64_t)got;
    }
    return got > 0 ? 1 : (int)got;
}

static ssize_t copy_bytes(struct capture_input *input, char *buffer, size_t size) {
    if (input->left == 0) {
        const int more = fill(input);
        if (more <= 0) {
            return more;
        }
    }
    const size_t count = size < input->left ? size : input->left;
    memcpy(buffer, input->at, count);
    input->at += count;
    input->left -= count;
    return (ssize_t)count;
}

static ssize_t fail_read(struct capture_input *input, const char *fault) {
    input->fault = fault;
    errno = EBADMSG;
    return -1;
}

/* Calls inflate() once; after Z_STREAM_END the stream is ready for another member. */
static int inflate_some(struct capture_input *input) {
    input->inflate.next_in = input->at;
    input->inflate.avail_in = (uInt)input->left;
    const int result = inflate(&input->inflate, Z_NO_FLUSH);
    input->at += input->left - input->inflate.avail_in;
    input->left = input->inflate.avail_in;
    input->in_member = result != Z_STREAM_END;
    return result == Z_STREAM_END ? inflateReset(&input->inflate) : result;
}

/* Consecutive members form one file (RFC 1952 section 2.2). */
static ssize_t inflate_bytes(struct capture_input *input, char *buffer, size_t size) {
    const uInt room = size < BLOCK ? (uInt)size : BLOCK;
    input->inflate.next_out = (Bytef *)buffer;
    input->inflate.avail_out = room;
    while (input->inflate.avail_out == room) {
        if (input->left == 0) {
            const int more = fill(input);
            if (more < 0) {
                return -1;
            }
            if (more == 0) {
                return input->in_member ? fail_read(input, "the gzip data is truncated") : 0;
            }
        }
        const int result = inflate_some(input);
        if (result != Z_OK && result != Z_BUF_ERROR) {
            input->fault = "the gzip data is corrupt";
            break;
        }
    }
    const size_t got = room - input->inflate.avail_out;
    return got > 0 ? (ssize_t)got : fail_read(input, input->fault);
}

static bool starts_with(const struct capture_input *input, const char *bytes, size_t count) {
    return input->left >= count && memcmp(input->at, bytes, count) == 0;
}

/* Returns the name of another compression format, or NULL. */
static const char *find_compression(const struct capture_input *input) {
    static const struct {
        const char *name, *magic;
        size_t length;
    } formats[] = {{"xz", "\3757zXZ", 5},
                   {"bzip2", "BZh", 3},
                   {"zstd", "\x28\xb5\x2f\xfd", 4},
                   {"lz4", "\x04\x22\x4d\x18", 4},
                   {"zip", "PK\x03\x04", 4}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (starts_with(input, formats[i].magic, formats[i].length)) {
            return formats[i].name;
        }
    }
    return NULL;
}

static ssize_t input_read(void *cookie, char *buffer, size_t size) {
    struct capture_input *input = cookie;
    if (input->fault) {
        return fail_read(input, input->fault);
    }
    return input->gzip ? inflate_bytes(input, buffer, size) : copy_bytes(input, buffer, size);
}

int capture_input_open(struct capture_input **input, const char *path, int fd,
                       struct error *error) {
    struct capture_input *opened = calloc(1, sizeof *opened);
    int more = 1;
    int result = 0;
    *input = NULL;
    if (!opened || !(opened->block = aligned_alloc(PAGE, BLOCK))) {
        close(fd);
        result = error_set(error, -ENOMEM, "%s: out of memory", path);
        goto out;
    }
    opened->fd = fd;
    opened->at = opened->block;
    while (opened->left < MAGIC_MAX && more > 0) {
        more = fill(opened);
    }
    if (more < 0) {
        const int code = errno;
        result = error_set(error, -code, "%s: cannot be read: %s", path, strerror(code));
        goto out;
    }
    if (opened->left == 0) {
        result = error_set(error, -EBADMSG,
                           "%s: is empty; capture "
                           "again, or remove it from the list",
                           path);
        goto out;
    }
    const char *compression = find_compression(opened);
    if (compression) {
        result = error_set(error, -EBADMSG, "%s: is compressed with %s; decompress it first", path,
                           compression);
        goto out;
    }
    opened->gzip =
        opened->left >= 2 && opened->at[0] == GZIP_MAGIC_1 && opened->at[1] == GZIP_MAGIC_2;
    if (opened->gzip && inflateInit2(&opened->inflate, GZIP_WINDOW) != Z_OK) {
        opened->gzip = false;
        result = error_set(error, -ENOMEM, "%s: out of memory", path);
        goto out;
    }
    *input = opened;
    opened = NULL;
out:
    capture_input_close(opened);
    return result;
}

FILE *capture_input_stream(struct capture_input *input) {
    return fopencookie(input, "rb", (cookie_io_functions_t){.read = input_read});
}

const char *capture_input_fault(const struct capture_input *input) {
    return input->fault;
}

uint64_t capture_input_position(const struct capture_input *input) {
    return input->read - input->left;
}

void capture_input_close(struct capture_input *input) {
    if (input) {
        if (input->gzip) {
            (void)inflateEnd(&input->inflate);
        }
        if (input->block) {
            close(input->fd);
        }
        free(input->block);
        free(input);
    }
}

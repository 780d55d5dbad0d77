#include "capture/capture_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcap: a header of 24 bytes, then records of a 16-byte header and the packet,
 * all in the byte order of the writer. */
enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du

enum { VERSION_MAJOR = 2, VERSION_MINOR = 4 };

/* The file is read in blocks at page boundaries, to which the kernel copies much faster. When a
 * record crosses the end of a block, its beginning is moved in front of the next block. */
enum { PAGE = 4096, BLOCK = 256 * 1024, FRONT = CAPTURE_FRAME_MAX + PAGE };

struct capture_pcap {
    const char *path;
    int fd;
    bool swapped;
    enum link_type link;
    uint32_t fraction_ns; /* unit of a record's fraction of a second */
    uint32_t snapshot;    /* maximum bytes kept of a packet */
    uint8_t *buffer;      /* FRONT, then BLOCK bytes */
    const uint8_t *at, *end;
    uint64_t packets; /* returned so far */
    uint64_t read;    /* bytes of the file read into the buffer so far */
};

static uint32_t load32(const uint8_t *bytes, bool swapped) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return swapped ? __builtin_bswap32(value) : value;
}

static uint16_t load16(const uint8_t *bytes, bool swapped) {
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return swapped ? __builtin_bswap16(value) : value;
}

/* Returns false when only libpcap can read, or properly reject, the file. */
static bool parse_header(struct capture_pcap *reader, const uint8_t header[FILE_HEADER]) {
    const uint32_t magic = load32(header, false), other = load32(header, true);
    reader->swapped = other == MAGIC_MICROSECONDS || other == MAGIC_NANOSECONDS;
    if (!reader->swapped && magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS) {
        return false;
    }
    reader->fraction_ns = (reader->swapped ? other : magic) == MAGIC_NANOSECONDS ? 1 : 1000;
    const uint32_t snapshot = load32(header + 16, reader->swapped);
    reader->snapshot = snapshot == 0 || snapshot > INT32_MAX ? CAPTURE_FRAME_MAX : snapshot;
    return load16(header + 4, reader->swapped) == VERSION_MAJOR &&
           load16(header + 6, reader->swapped) == VERSION_MINOR &&
           frame_link_type(load32(header + 20, reader->swapped), &reader->link);
}

/* Reads the next block after the remaining bytes, which are less than a record. Returns the number
 * of bytes, 0 at the end, or a negative errno. */
static int refill(struct capture_pcap *reader) {
    uint8_t *const block = reader->buffer + FRONT;
    const size_t left = (size_t)(reader->end - reader->at);
    ssize_t got;
    memmove(block - left, reader->at, left);
    reader->at = block - left;
    reader->end = block;
    do {
        got = read(reader->fd, block, BLOCK);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return -errno;
    }
    reader->end += got;
    reader->read += (uint64_t)got;
    return (int)got;
}

int capture_pcap_open(struct capture_pcap **reader, const char *path, int fd, struct error *error) {
    struct capture_pcap *opened;
    uint8_t header[FILE_HEADER];
    struct stat status;
    *reader = NULL;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        pread(fd, header, sizeof header, 0) != sizeof header) {
        return 0;
    }
    struct capture_pcap parsed = {.path = path, .fd = fd};
    if (!parse_header(&parsed, header)) {
        return 0;
    }
    parsed.buffer = aligned_alloc(PAGE, FRONT + BLOCK);
    opened = malloc(sizeof *opened);
    if (!parsed.buffer || !opened) {
        free(parsed.buffer);
        free(opened);
        close(fd);
        return error_set(error, -ENOMEM, "%s: out of memory", path);
    }
    *opened = parsed;
    opened->at = opened->end = opened->buffer + FRONT;
    const int got = refill(opened);
    if (got < FILE_HEADER) {
        capture_pcap_close(opened);
        return error_set(error, got < 0 ? got : -EIO, "%s: cannot be read: %s", path,
                         strerror(got < 0 ? -got : EIO));
    }
    opened->at += FILE_HEADER;
    *reader = opened;
    return 0;
}

static uint32_t record_captured(const struct capture_pcap *reader, const uint8_t *record) {
    return load32(record + 8, reader->swapped);
}

/* Takes the complete records in the buffer. */
static unsigned read_records(struct capture_pcap *reader, struct frame *frames, unsigned max) {
    const bool swapped = reader->swapped;
    const uint8_t *at = reader->at;
    unsigned count = 0;
    while (count < max && RECORD_HEADER <= reader->end - at) {
        const uint32_t size = record_captured(reader, at);
        if (size > CAPTURE_FRAME_MAX || size > (size_t)(reader->end - at) - RECORD_HEADER) {
            break;
        }
        const uint32_t length = load32(at + 12, swapped);
        const uint32_t captured = size < reader->snapshot ? size : reader->snapshot;
        const uint64_t fraction = load32(at + 4, swapped);
        frames[count++] = (struct frame){
            .data = at + RECORD_HEADER,
            .time_ns = capture_time_ns(load32(at, swapped), fraction * reader->fraction_ns),
            .captured = captured,
            .length = length > captured ? length : captured,
            .link = reader->link,
        };
        at += RECORD_HEADER + size;
    }
    reader->at = at;
    reader->packets += count;
    return count;
}

/* Fills *error for the remaining bytes, which are not a complete record. Returns its code. */
static int set_record_error(const struct capture_pcap *reader, struct error *error) {
    const uint64_t number = reader->packets + 1;
    const size_t left = (size_t)(reader->end - reader->at);
    if (left < RECORD_HEADER) {
        return error_set(error, -EBADMSG,
                         "%s: packet %" PRIu64
                         " is truncated in its header: %d bytes expected, %zu "
                         "left; copy or capture the file again",
                         reader->path, number, RECORD_HEADER, left);
    }
    const uint32_t size = record_captured(reader, reader->at);
    if (size > CAPTURE_FRAME_MAX) {
        return error_set(error, -EBADMSG,
                         "%s: packet %" PRIu64 " claims %" PRIu32 " captured bytes, more than %u; "
                         "the file is corrupt from there on; copy or capture it again",
                         reader->path, number, size, CAPTURE_FRAME_MAX);
    }
    return error_set(error, -EBADMSG,
                     "%s: packet %" PRIu64 " is truncated: %" PRIu32 " bytes expected, %zu left; "
                     "copy or capture the file again",
                     reader->path, number, size, left - RECORD_HEADER);
}

static bool next_is_oversized(const struct capture_pcap *reader) {
    return reader->end - reader->at >= RECORD_HEADER &&
           record_captured(reader, reader->at) > CAPTURE_FRAME_MAX;
}

int capture_pcap_next(struct capture_pcap *reader, struct frame *frames, unsigned max,
                      struct error *error) {
    for (;;) {
        const unsigned count = read_records(reader, frames, max);
        if (count > 0) {
            return (int)count;
        }
        if (next_is_oversized(reader)) {
            return set_record_error(reader, error);
        }
        const int got = refill(reader);
        if (got < 0) {
            return error_set(error, got, "%s: packet %" PRIu64 " cannot be read: %s", reader->path,
                             reader->packets + 1, strerror(-got));
        }
        if (got == 0) {
            return reader->at == reader->end ? 0 : set_record_error(reader, error);
        }
    }
}

uint64_t capture_pcap_position(const struct capture_pcap *reader) {
    return reader->read - (uint64_t)(reader->end - reader->at);
}

void capture_pcap_close(struct capture_pcap *reader) {
    if (reader) {
        close(reader->fd);
        free(reader->buffer);
        free(reader);
    }
}

#include "capture/capture_reader.h"

#include "capture/libpcap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct capture_libpcap {
    const char *path;
    struct capture_input *input;
    struct libpcap *pcap;
    uint64_t packets; /* returned so far */
};

static int open_stream(struct capture_libpcap *reader, struct error *error) {
    FILE *stream = capture_input_stream(reader->input);
    if (!stream) {
        return error_set(error, -ENOMEM, "%s: out of memory", reader->path);
    }
    struct error reason;
    const int result = libpcap_open_stream(&reader->pcap, stream, &reason);
    if (result == -EBADMSG) {
        const char *fault = capture_input_fault(reader->input);
        return error_set(error, -EBADMSG,
                         "%s: is not a readable capture (%s); use a pcap or pcapng file, plain or "
                         "gzipped",
                         reader->path, fault ? fault : reason.message);
    }
    if (result != 0) {
        return error_set(error, result, "%s: %s", reader->path, reason.message);
    }
    return 0;
}

int capture_libpcap_open(struct capture_libpcap **reader, const char *path, int fd,
                         struct error *error) {
    struct capture_libpcap *opened = calloc(1, sizeof *opened);
    struct capture_input *input;
    *reader = NULL;
    int result = capture_input_open(&input, path, fd, error);
    if (result != 0) {
        goto out;
    }
    if (!opened) {
        capture_input_close(input);
        result = error_set(error, -ENOMEM, "%s: out of memory", path);
        goto out;
    }
    opened->path = path;
    opened->input = input;
    result = open_stream(opened, error);
    if (result == 0) {
        *reader = opened;
        opened = NULL;
    }
out:
    capture_libpcap_close(opened);
    return result;
}

int capture_libpcap_next(struct capture_libpcap *reader, struct frame *frames, unsigned max,
                         struct error *error) {
    const int count = libpcap_next(reader->pcap, frames, max);
    if (count < 0) {
        const char *fault = capture_input_fault(reader->input);
        return error_set(error, -EBADMSG,
                         "%s: packet %" PRIu64 " cannot be read: %s; copy or capture the file "
                         "again%s",
                         reader->path, reader->packets + 1,
                         fault ? fault : libpcap_reason(reader->pcap),
                         fault ? "" : ", or split it by interface if it has several");
    }
    reader->packets += (uint64_t)count;
    return count;
}

uint64_t capture_libpcap_position(const struct capture_libpcap *reader) {
    return capture_input_position(reader->input);
}

void capture_libpcap_close(struct capture_libpcap *reader) {
    if (reader) {
        libpcap_close(reader->pcap); /* still reads from the input */
        capture_input_close(reader->input);
        free(reader);
    }
}

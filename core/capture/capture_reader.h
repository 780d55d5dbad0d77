#ifndef DPAE_CAPTURE_CAPTURE_READER_H
#define DPAE_CAPTURE_CAPTURE_READER_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Internal to capture_*.c: the two readers of a capture file, and the input of libpcap. Both
 * readers return the same frames and fail at the same packet. The path is for error messages and
 * must outlive the reader. The reader takes ownership of the file descriptor, even on failure. next
 * works like capture_next(), for one file; position counts the consumed bytes of the file. */

/* libpcap's own limit, beyond the frames of any link. A larger record means damage; a larger frame
 * of a pcapng file is truncated to this. */
#define CAPTURE_FRAME_MAX 262144u

/* Reads plain pcap files in blocks and decodes them in place. */
struct capture_pcap;

/* When the file is not a plain pcap file, returns 0 and sets *reader to NULL; fd then stays with
 * the caller at its position, for libpcap to read. */
int capture_pcap_open(struct capture_pcap **reader, const char *path, int fd, struct error *error);
int capture_pcap_next(struct capture_pcap *reader, struct frame *frames, unsigned max,
                      struct error *error);
uint64_t capture_pcap_position(const struct capture_pcap *reader);
void capture_pcap_close(struct capture_pcap *reader); /* accepts NULL */

/* Reads everything libpcap does, gzipped or not, from files and pipes. */
struct capture_libpcap;

int capture_libpcap_open(struct capture_libpcap **reader, const char *path, int fd,
                         struct error *error);
int capture_libpcap_next(struct capture_libpcap *reader, struct frame *frames, unsigned max,
                         struct error *error);
uint64_t capture_libpcap_position(const struct capture_libpcap *reader);
void capture_libpcap_close(struct capture_libpcap *reader); /* accepts NULL */

/* The bytes of a file, decompressed if it is gzipped. */
struct capture_input;

/* Waits for the first bytes. Takes ownership of fd, even on failure. */
int capture_input_open(struct capture_input **input, const char *path, int fd, struct error *error);

/* Returns a stream of the bytes, or NULL with errno when memory is exhausted. Close the stream
 * before the input. */
FILE *capture_input_stream(struct capture_input *input);

/* Returns why the stream broke off, such as "the gzip data is truncated", or NULL. */
const char *capture_input_fault(const struct capture_input *input);
uint64_t capture_input_position(const struct capture_input *input); /* compressed bytes */
void capture_input_close(struct capture_input *input);              /* accepts NULL */

/* A fraction of a second or more, from a damaged file, counts as 0. */
static inline uint64_t capture_time_ns(uint64_t seconds, uint64_t fraction_ns) {
    return seconds * 1000000000u + (fraction_ns < 1000000000u ? fraction_ns : 0);
}

#endif

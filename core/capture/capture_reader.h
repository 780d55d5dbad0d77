#ifndef DPAE_CAPTURE_CAPTURE_READER_H
#define DPAE_CAPTURE_CAPTURE_READER_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Inside of capture_*.c: the two readers of one capture file, and what feeds libpcap. Both readers
 * give the same frames and fail at the same packet. The path is for error messages and must outlive
 * the reader; the file descriptor becomes the reader's, on failure too. next is as capture_next()
 * but for one file; position counts the bytes of the file that were consumed. */

/* More bytes than any link gives: libpcap's own limit. A larger record is damage, and a larger
 * frame of a pcapng file is cut here. */
#define CAPTURE_FRAME_MAX 262144u

/* Plain pcap files, read in blocks and decoded in place. */
struct capture_pcap;

/* Success with *reader NULL, and fd still the caller's and where it was: not a plain pcap file, for
 * libpcap to read. */
int capture_pcap_open(struct capture_pcap **reader, const char *path, int fd, struct error *error);
int capture_pcap_next(struct capture_pcap *reader, struct frame *frames, unsigned max,
                      struct error *error);
uint64_t capture_pcap_position(const struct capture_pcap *reader);
void capture_pcap_close(struct capture_pcap *reader); /* NULL is allowed */

/* All that libpcap reads, gzipped or not, a pipe too. */
struct capture_libpcap;

int capture_libpcap_open(struct capture_libpcap **reader, const char *path, int fd,
                         struct error *error);
int capture_libpcap_next(struct capture_libpcap *reader, struct frame *frames, unsigned max,
                         struct error *error);
uint64_t capture_libpcap_position(const struct capture_libpcap *reader);
void capture_libpcap_close(struct capture_libpcap *reader); /* NULL is allowed */

/* The bytes of a file, gunzipped if need be. */
struct capture_input;

/* Waits for the first bytes. fd becomes the input's, on failure too. */
int capture_input_open(struct capture_input **input, const char *path, int fd, struct error *error);

/* A stream of the bytes. It must be closed before the input is; NULL with errno when there is no
 * memory. */
FILE *capture_input_stream(struct capture_input *input);

/* Why the stream broke off, such as "the gzip data is cut off"; NULL: it did not. */
const char *capture_input_fault(const struct capture_input *input);
uint64_t capture_input_position(const struct capture_input *input); /* compressed bytes */
void capture_input_close(struct capture_input *input);              /* NULL is allowed */

/* A fraction that is none, of a damaged file, counts as 0. */
static inline uint64_t capture_time_ns(uint64_t seconds, uint64_t fraction_ns) {
    return seconds * 1000000000u + (fraction_ns < 1000000000u ? fraction_ns : 0);
}

#endif

#ifndef DPAE_CAPTURE_CAPTURE_H
#define DPAE_CAPTURE_CAPTURE_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of capture files, read as one stream of frames in the given order. */
struct capture;

#define CAPTURE_BATCH 64

/* Which reader to use: AUTO reads plain pcap files with the fast reader, all others with libpcap.
 */
enum capture_reader { CAPTURE_READER_AUTO, CAPTURE_READER_LIBPCAP };

/* Opens paths for reading ("-" is standard input; gzip is recognised). Copies the names. Opens the
 * first file and checks that the others are readable, so that a missing file fails at once. On
 * failure *capture is NULL. */
int capture_open(struct capture **capture, const char *const *paths, size_t count,
                 enum capture_reader reader, struct error *error);

/* Fills up to max (<= CAPTURE_BATCH) frames, valid until the next call. Returns their number; 0 at
 * the end of the last file; a negative errno when the input is truncated or corrupt. All packets
 * before the damage are returned first, and *error names the file and the unreadable packet
 * (counted from 1 in that file). After an error the stream has ended. A signal caught while waiting
 * for a pipe, such as standard input, is also an error. */
int capture_next(struct capture *capture, struct frame *frames, unsigned max, struct error *error);

/* Sets the bytes consumed so far and the bytes of all files (total 0 when unknown, as with standard
 * input), for a progress display. */
void capture_position(const struct capture *capture, uint64_t *done, uint64_t *total);

void capture_close(struct capture *capture); /* accepts NULL */

#endif

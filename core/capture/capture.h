#ifndef DPAE_CAPTURE_CAPTURE_H
#define DPAE_CAPTURE_CAPTURE_H

#include "base/error.h"
#include "packet/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Capture files as one stream of frames, in the order given. */
struct capture;

#define CAPTURE_BATCH 64

/* How to read: the fast reader takes plain pcap files, libpcap everything else. */
enum capture_reader { CAPTURE_READER_AUTO, CAPTURE_READER_LIBPCAP };

/* Prepares to read paths ("-" is standard input; gzip is recognised). Copies the names. The first
 * file is opened here, so that a missing file fails at once; the others are checked for existence.
 * On failure *capture is NULL. */
int capture_open(struct capture **capture, const char *const *paths, size_t count,
                 enum capture_reader reader, struct error *error);

/* Fills up to max (<= CAPTURE_BATCH) frames, valid until the next call. Returns how many; 0 at the
 * end of the last file; a negative errno when the input is truncated or corrupt: everything that
 * was readable before has been returned, and *error names the file and the number of the packet
 * (from 1, in that file) that could not be read. After an error the stream has ended. A signal that
 * is caught while standard input or another pipe is waited for is such an error. */
int capture_next(struct capture *capture, struct frame *frames, unsigned max, struct error *error);

/* Bytes of the files consumed so far and in all (total 0 when a part is standard input), for a
 * progress display. */
void capture_position(const struct capture *capture, uint64_t *done, uint64_t *total);

void capture_close(struct capture *capture); /* NULL is allowed */

#endif

#ifndef DPAE_SCRIPT_STREAM_H
#define DPAE_SCRIPT_STREAM_H

#include "base/error.h"
#include "base/export.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The beginning of a TCP stream, reassembled from segments for flows with classifiers that call
 * flow:stream(). The text between the markers is also passed to ffi.cdef(), as in flow_view.h. */
struct flow_view;

/* ffi: begin */
/* One direction, including the current packet. */
struct flow_stream {
    READ_ONLY uint32_t length;  /* contiguous bytes available */
    READ_ONLY uint32_t missing; /* bytes of the gap before later data, if any; else 0 */
    READ_ONLY bool full;        /* length has reached the limit */
    READ_ONLY bool from_start;  /* the stream begins with the connection's first byte */
    READ_ONLY bool lost;        /* the buffer was reused: too many flows at a time */
    READ_ONLY bool s2c;         /* server to client */
};

/* Requests a direction (0 c2s, 1 s2c, 2 that of the current packet) from this packet on and
 * returns its current state, valid until the next packet. */
const struct flow_stream *dpae_flow_stream(struct flow_view *view, int which);
/* The contiguous bytes of a stream returned by dpae_flow_stream(); valid until the next packet. */
const uint8_t *dpae_stream_bytes(const struct flow_stream *stream, uint32_t *length);
/* ffi: end */

/* A pool of buffers, one for each requested direction with payload. When all are in use, they
 * are reused in round-robin order. */
struct streams;
struct flow;
struct flow_table;
struct packet;

#define STREAM_BYTES_MAX 16384

/* bytes: limit per direction, 1 to STREAM_BYTES_MAX; buffers: at least 1. Allocates all memory
 * here; buffers never used cost address space only. */
int streams_new(struct streams **streams, uint32_t buffers, uint32_t bytes, struct error *error);
void streams_free(struct streams *streams); /* NULL is allowed */

/* Requests the bytes of direction asked_end, starting with the flow's current packet, sent by
 * `end`. Fills *stream. */
void streams_ask(struct streams *streams, const struct flow_table *table, struct flow *flow,
                 unsigned asked_end, const struct packet *packet, unsigned end,
                 struct flow_stream *stream);

/* Adds the payload of a packet to its direction if that was requested. Call it after
 * flow_ingest_packet() and before the classifiers run, if flow->stream is not 0. unique: not a
 * retransmission. */
void streams_take(struct streams *streams, const struct flow_table *table, struct flow *flow,
                  unsigned end, const struct packet *packet, bool unique);

/* Exchanges the flow's requests (flow->stream) with *asked; 0: no requests. For callers that
 * keep streams of the same flow in another pool. */
void streams_swap_asked(struct flow *flow, uint8_t *asked);

/* The contiguous bytes of a direction; their number goes to *length. */
const uint8_t *streams_bytes(const struct streams *streams, const struct flow_table *table,
                             const struct flow *flow, unsigned end, uint32_t *length);

/* Releases the flow's buffers: it has ended, or no classifier wants it any longer. */
void streams_forget(struct streams *streams, const struct flow_table *table,
                    const struct flow *flow);

/* Number of buffers taken from flows that still wanted them. */
uint64_t streams_lost(const struct streams *streams);

#endif

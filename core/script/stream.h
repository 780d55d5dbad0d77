#ifndef DPAE_SCRIPT_STREAM_H
#define DPAE_SCRIPT_STREAM_H

#include "base/error.h"
#include "base/export.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The beginning of a TCP stream, put together from its segments, for the flows whose classifiers
 * ask: flow:stream(). What is between the markers is also given to ffi.cdef(), as in flow_view.h.
 */
struct flow_view;

/* ffi: begin */
/* One direction as it is after the current packet. */
struct flow_stream {
    READ_ONLY uint32_t length; /* bytes in order that are there */
    READ_ONLY uint32_t
        missing;         /* bytes that are missing behind them, where later ones came; else 0 */
    READ_ONLY bool full; /* there are as many as are kept */
    READ_ONLY bool from_start; /* the first is the first of the connection */
    READ_ONLY bool lost;       /* they were given up: too many flows at a time */
    READ_ONLY bool s2c;        /* from server to client */
};

/* Asks for a direction, 0 c2s, 1 s2c, 2 that of the current packet, from this packet on; what is
 * there of it. Valid until the next packet. */
const struct flow_stream *dpae_flow_stream(struct flow_view *view, int which);
/* The bytes of a stream that dpae_flow_stream() gave, length of them; until the next packet. */
const uint8_t *dpae_stream_bytes(const struct flow_stream *stream, uint32_t *length);
/* ffi: end */

/* A pool of buffers, one for each direction that is asked for and has payload. When all are taken,
 * the one that is reused next belongs to whoever has held it long. */
struct streams;
struct flow;
struct flow_table;
struct packet;

#define STREAM_BYTES_MAX 16384

/* bytes: kept of a direction, 1 to STREAM_BYTES_MAX; buffers: at least 1. All memory is allocated
 * here; of buffers that were never used only the address space. */
int streams_new(struct streams **streams, uint32_t buffers, uint32_t bytes, struct error *error);
void streams_free(struct streams *streams); /* NULL is allowed */

/* Notes that the bytes of a direction are wanted. packet is the flow's current one, end its sender:
 * it is the first to be looked at. Fills *stream. */
void streams_ask(struct streams *streams, const struct flow_table *table, struct flow *flow,
                 unsigned asked_end, const struct packet *packet, unsigned end,
                 struct flow_stream *stream);

/* Takes the payload of a packet that flow_ingest_packet() has just brought into its flow, if its
 * direction was asked for; before the classifiers see it. unique: it is no retransmission. To be
 * called when flow->stream is not 0. */
void streams_take(struct streams *streams, const struct flow_table *table, struct flow *flow,
                  unsigned end, const struct packet *packet, bool unique);

/* Makes the flow ask for what *asked says, and *asked what the flow asked for; 0: nothing. For who
 * keeps streams of the same flow in another pool. */
void streams_swap_asked(struct flow *flow, uint8_t *asked);

/* The bytes in order of a direction, *length of them. */
const uint8_t *streams_bytes(const struct streams *streams, const struct flow_table *table,
                             const struct flow *flow, unsigned end, uint32_t *length);

/* Gives back what the flow holds: it ended, or no classifier wants it any more. */
void streams_forget(struct streams *streams, const struct flow_table *table,
                    const struct flow *flow);

/* How many buffers were taken away from flows that were still wanted. */
uint64_t streams_lost(const struct streams *streams);

#endif

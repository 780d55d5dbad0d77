#include "script/stream.h"

#include "base/slot_index.h"
#include "flow/flow_table.h"
#include "script/flow_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The received ranges of the buffer; further separate ones are dropped. */
#define PIECES_MAX 8

/* Per end, in struct flow. A direction without payload is STREAM_ASKED* and has no buffer. */
enum stream_state { STREAM_NONE, STREAM_ASKED, STREAM_ASKED_AT_START, STREAM_OPEN };

struct piece {
    uint16_t start, end;
};

struct half {
    uint32_t key;  /* identifies flow and direction, see key_of(); 0: free */
    uint32_t base; /* sequence number of the buffer's first byte */
    bool from_start;
    uint8_t count;
    struct piece pieces[PIECES_MAX]; /* ascending, neither overlapping nor adjacent */
};

struct streams {
    uint32_t bytes, count;
    uint32_t next; /* the next to be reused when all are in use */
    uint32_t free_count;
    uint32_t
        *free; /* indices of free buffers; the most recently freed is on top, still in the cache */
    struct half *halves;
    uint8_t *buffers;
    struct slot_index index;
    uint64_t lost;
};

int streams_new(struct streams **out, uint32_t buffers, uint32_t bytes, struct error *error) {
    struct streams *streams = calloc(1, sizeof *streams);
    *out = NULL;
    if (!streams) {
        goto fail;
    }
    streams->bytes = bytes;
    streams->count = buffers;
    streams->index.size = slot_index_size(buffers);
    streams->index.entries = calloc(streams->index.size, sizeof *streams->index.entries);
    streams->halves = calloc(buffers, sizeof *streams->halves);
    streams->free = calloc(buffers, sizeof *streams->free);
    streams->buffers = calloc(buffers, bytes);
    if (!streams->index.entries || !streams->halves || !streams->free || !streams->buffers) {
        goto fail;
    }
    while (streams->free_count < buffers) {
        streams->free[streams->free_count] = buffers - 1 - streams->free_count;
        streams->free_count++;
    }
    *out = streams;
    return 0;
fail:
    streams_free(streams);
    return error_set(error, -ENOMEM, "out of memory for stream_buffers %u of stream_bytes %u",
                     buffers, bytes);
}

void streams_free(struct streams *streams) {
    if (streams) {
        free(streams->index.entries);
        free(streams->halves);
        free(streams->free);
        free(streams->buffers);
        free(streams);
    }
}

uint64_t streams_lost(const struct streams *streams) {
    return streams->lost;
}

static uint32_t key_of(const struct flow_table *table, const struct flow *flow, unsigned end) {
    return 2 * flow_slot(table, flow) + end + 1;
}

static uint64_t hash_of(uint32_t key) {
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

static enum stream_state state_of(const struct flow *flow, unsigned end) {
    return (enum stream_state)(flow->stream >> 2 * end & 3);
}

static void set_state(struct flow *flow, unsigned end, enum stream_state state) {
    const unsigned others = flow->stream & ~(3u << 2 * end);
    flow->stream = (others | (unsigned)state << 2 * end) & 15;
}

/* Index of the direction's buffer, unless it was reused. */
static uint32_t find(const struct streams *streams, uint32_t key) {
    const uint64_t hash = hash_of(key);
    uint32_t at = slot_index_home(&streams->index, hash);
    uint32_t i;
    while ((i = slot_index_next(&streams->index, hash, &at)) != SLOT_NONE &&
           streams->halves[i].key != key) {
    }
    return i;
}

static void release(struct streams *streams, uint32_t i) {
    slot_index_erase(&streams->index, hash_of(streams->halves[i].key), i);
    streams->halves[i].key = 0;
}

/* Takes a buffer for the direction; when all are in use, reuses them in turn. */
static struct half *open_half(struct streams *streams, uint32_t key) {
    uint32_t i;
    if (streams->free_count > 0) {
        i = streams->free[--streams->free_count];
    } else {
        i = streams->next;
        streams->next = i + 1 == streams->count ? 0 : i + 1;
        release(streams, i);
        streams->lost++;
    }
    streams->halves[i] = (struct half){.key = key};
    slot_index_insert(&streams->index, hash_of(key), i);
    return &streams->halves[i];
}

static uint8_t *buffer_of(const struct streams *streams, const struct half *half) {
    return streams->buffers + (size_t)(half - streams->halves) * streams->bytes;
}

static uint32_t in_order(const struct half *half) {
    return half->count > 0 && half->pieces[0].start == 0 ? half->pieces[0].end : 0;
}

/* Replaces pieces [first, last) and the new piece [start, end) by one piece. */
static void merge(struct half *half, unsigned first, unsigned last, uint32_t start, uint32_t end) {
    struct piece *pieces = half->pieces;
    if (last > first) {
        start = pieces[first].start < start ? pieces[first].start : start;
        end = pieces[last - 1].end > end ? pieces[last - 1].end : end;
    } else if (half->count == PIECES_MAX) {
        half->count--; /* drops the last one: earlier data is more useful */
    }
    memmove(&pieces[first + 1], &pieces[last], (half->count - last) * sizeof *pieces);
    half->count = (uint8_t)(half->count + 1 - (last - first));
    pieces[first] = (struct piece){(uint16_t)start, (uint16_t)end};
}

/* Copies bytes to [start, end) of the buffer where it has no data yet: the first copy wins. */
static void put(struct half *half, uint8_t *buffer, uint32_t start, uint32_t end,
                const uint8_t *bytes) {
    unsigned first = 0;
    while (first < half->count && half->pieces[first].end < start) {
        first++;
    }
    if (first == PIECES_MAX) {
        return; /* beyond the last piece that can be kept */
    }
    uint32_t at = start;
    unsigned last = first;
    for (; last < half->count && half->pieces[last].start <= end; last++) {
        const struct piece piece = half->pieces[last];
        if (at < piece.start) {
            memcpy(buffer + at, bytes + (at - start), piece.start - at);
        }
        at = piece.end > at ? piece.end : at;
    }
    if (at < end) {
        memcpy(buffer + at, bytes + (at - start), end - at);
    }
    merge(half, first, last, start, end);
}

/* Puts the packet's payload into the buffer, clipped to its range. */
static void put_payload(const struct streams *streams, struct half *half, uint32_t seq,
                        const uint8_t *bytes, uint32_t length) {
    const int32_t offset = (int32_t)(seq - half->base);
    const int64_t start = offset > 0 ? offset : 0;
    const int64_t last = (int64_t)offset + length;
    const int64_t end = last < streams->bytes ? last : streams->bytes;
    if (start < end) {
        put(half, buffer_of(streams, half), (uint32_t)start, (uint32_t)end,
            bytes + (start - offset));
    }
}

void streams_swap_asked(struct flow *flow, uint8_t *asked) {
    const uint8_t own = flow->stream;
    flow->stream = *asked & 15u;
    *asked = own;
}

void streams_take(struct streams *streams, const struct flow_table *table, struct flow *flow,
                  unsigned end, const struct packet *packet, bool unique) {
    const enum stream_state state = state_of(flow, end);
    const uint32_t captured = packet->payload_captured;
    const uint32_t length = captured < packet->payload_length ? captured : packet->payload_length;
    if (state == STREAM_NONE || packet->payload_length == 0 || packet->tcp_flags & TCP_RST ||
        (state != STREAM_OPEN && !unique)) {
        return;
    }
    const uint32_t key = key_of(table, flow, end);
    const uint32_t seq = packet->tcp_seq + ((packet->tcp_flags & TCP_SYN) != 0);
    struct half *half;
    if (state == STREAM_OPEN) {
        const uint32_t i = find(streams, key);
        if (i == SLOT_NONE) {
            return;
        }
        half = &streams->halves[i];
    } else {
        half = open_half(streams, key);
        half->base = flow_first_missing(table, flow, end, seq);
        if (state == STREAM_ASKED && seq - half->base >= streams->bytes) {
            half->base = seq; /* the gap is larger than the buffer: no contiguous byte would ever be
                                 available */
        }
        half->from_start =
            state == STREAM_ASKED_AT_START && flow->flags & (end ? FLOW_SYN_1 : FLOW_SYN_0);
        set_state(flow, end, STREAM_OPEN);
    }
    put_payload(streams, half, seq, packet->payload, length);
}

static void show(const struct streams *streams, const struct half *half,
                 struct flow_stream *stream) {
    const uint32_t length = in_order(half);
    const unsigned next = length > 0 ? 1 : 0;
    stream->length = length;
    stream->missing = half->count > next ? half->pieces[next].start - length : 0;
    stream->full = length == streams->bytes;
    stream->from_start = half->from_start;
}

void streams_ask(struct streams *streams, const struct flow_table *table, struct flow *flow,
                 unsigned asked_end, const struct packet *packet, unsigned end,
                 struct flow_stream *stream) {
    stream->length = stream->missing = 0;
    stream->full = stream->from_start = stream->lost = false;
    if (flow->proto != IP_PROTO_TCP) {
        return;
    }
    if (state_of(flow, asked_end) == STREAM_NONE) {
        set_state(flow, asked_end,
                  flow_packet_count(flow) == 1 ? STREAM_ASKED_AT_START : STREAM_ASKED);
        if (asked_end == end) {
            streams_take(streams, table, flow, end, packet, true);
        }
    }
    if (state_of(flow, asked_end) != STREAM_OPEN) {
        return;
    }
    const uint32_t i = find(streams, key_of(table, flow, asked_end));
    if (i == SLOT_NONE) {
        stream->lost = true;
    } else {
        show(streams, &streams->halves[i], stream);
    }
}

const uint8_t *streams_bytes(const struct streams *streams, const struct flow_table *table,
                             const struct flow *flow, unsigned end, uint32_t *length) {
    const uint32_t i =
        state_of(flow, end) == STREAM_OPEN ? find(streams, key_of(table, flow, end)) : SLOT_NONE;
    *length = i != SLOT_NONE ? in_order(&streams->halves[i]) : 0;
    return i != SLOT_NONE ? buffer_of(streams, &streams->halves[i]) : NULL;
}

void streams_forget(struct streams *streams, const struct flow_table *table,
                    const struct flow *flow) {
    for (unsigned end = 0; end < 2; end++) {
        const uint32_t i = state_of(flow, end) == STREAM_OPEN
                               ? find(streams, key_of(table, flow, end))
                               : SLOT_NONE;
        if (i != SLOT_NONE) {
            release(streams, i);
            streams->free[streams->free_count++] = i;
        }
    }
}

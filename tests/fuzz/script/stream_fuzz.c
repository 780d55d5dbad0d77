#include "base/clock.h"
#include "flow/flow_table.h"
#include "script/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES 96 /* kept */
#define REACH 128

static void on_end(void *context, struct flow *flow, enum flow_end_reason reason) {
    (void)context;
    (void)flow;
    (void)reason;
}

/* What a stream is to be: each byte of it, and whether it was seen. */
struct model {
    uint8_t byte[REACH];
    bool seen[REACH];
    bool too_many; /* pieces, at some time */
};

static void model_add(struct model *model, uint32_t at, const uint8_t *bytes, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        if (!model->seen[at + i]) {
            model->seen[at + i] = true;
            model->byte[at + i] = bytes[i];
        }
    }
    unsigned pieces = 0;
    for (uint32_t i = 0; i < BYTES; i++) {
        pieces += model->seen[i] && (i == 0 || !model->seen[i - 1]);
    }
    model->too_many |= pieces > 8;
}

static uint32_t model_length(const struct model *model) {
    uint32_t length = 0;
    while (length < BYTES && model->seen[length]) {
        length++;
    }
    return length;
}

/* Of pieces that were given up other copies may have come since. */
static void check(const struct model *model, const struct flow_stream *stream, const uint8_t *bytes,
                  uint32_t length) {
    const uint32_t expected = model_length(model);
    const bool same =
        length == expected && (length == 0 || memcmp(bytes, model->byte, length) == 0);
    if (length != stream->length || length > expected || (!model->too_many && !same)) {
        abort();
    }
}

/* A SYN, then segments: two bytes say where and how long, then come the bytes. The buffer is of the
 * exact size, so that a sanitizer sees a byte too far. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct flow_table_options options = {.capacity = 4, .fragments = 1, .seed = {1, 2}};
    struct flow_table *table;
    struct streams *streams;
    struct error error;
    struct model model = {.too_many = false};
    for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++) {
        options.timeout_ns[i] = 300 * NS_PER_S;
    }
    if (flow_table_open(&table, &options, -1, on_end, NULL, &error) != 0 ||
        streams_new(&streams, 1, BYTES, &error) != 0) {
        abort();
    }
    struct packet packet = {.time_ns = NS_PER_S,
                            .src = {10, 0, 0, 1},
                            .dst = {10, 0, 0, 2},
                            .src_port = 1,
                            .dst_port = 2,
                            .proto = IP_PROTO_TCP,
                            .ip_version = 4,
                            .class = PACKET_FLOW,
                            .tcp_flags = TCP_SYN,
                            .tcp_seq = UINT32_MAX - 20,
                            .length = 54};
    const uint32_t base = packet.tcp_seq + 1;
    while (true) {
        struct flow *flow;
        unsigned end;
        struct flow_stream stream = {0};
        uint32_t length;
        const bool unique = flow_ingest_packet(table, &packet, &flow, &end) == FLOW_PACKET;
        if (packet.payload_length > 0 && (flow->stream || unique)) {
            model_add(&model, packet.tcp_seq - base, packet.payload, packet.payload_length);
        }
        if (flow->stream) {
            streams_take(streams, table, flow, end, &packet, unique);
        }
        streams_ask(streams, table, flow, end, &packet, end, &stream);
        const uint8_t *bytes = streams_bytes(streams, table, flow, end, &length);
        check(&model, &stream, bytes, length);
        if (size < 3 || (size_t)(data[1] % 32) > size - 2) {
            break;
        }
        packet.tcp_flags = TCP_ACK;
        packet.tcp_seq = base + data[0] % (REACH - 32);
        packet.payload_length = packet.payload_captured = data[1] % 32;
        packet.payload = data + 2;
        packet.length = 54 + packet.payload_length;
        packet.time_ns++;
        data += 2 + packet.payload_length;
        size -= 2 + packet.payload_length;
    }
    streams_free(streams);
    flow_table_close(table);
    return 0;
}

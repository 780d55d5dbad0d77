#ifndef DPAE_TESTS_FRAME_BED_H
#define DPAE_TESTS_FRAME_BED_H

#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Frames of one conversation between 10.1.0.1:43000 and 10.1.0.2, as bytes. */
#define FRAME_BYTES 256

struct test_frame {
    uint8_t bytes[FRAME_BYTES];
    struct frame frame;
};

struct frame_spec {
    uint64_t time_ns;
    uint8_t proto; /* 6 or 17 */
    bool from_server;
    uint16_t server_port;
    uint8_t tcp_flags;
    uint32_t seq;
    const char *payload; /* NULL: no payload */
};

static inline void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void frame_build(struct test_frame *out, const struct frame_spec *spec) {
    static const uint8_t client_mac[6] = {2, 0, 0, 0, 1, 1};
    static const uint8_t server_mac[6] = {2, 0, 0, 0, 1, 2};
    const unsigned payload = spec->payload ? (unsigned)strlen(spec->payload) : 0;
    const unsigned header = spec->proto == 6 ? 20 : 8;
    uint8_t *bytes = out->bytes;
    memset(bytes, 0, FRAME_BYTES);
    memcpy(bytes, spec->from_server ? client_mac : server_mac, 6);
    memcpy(bytes + 6, spec->from_server ? server_mac : client_mac, 6);
    put16(bytes + 12, 0x0800);
    uint8_t *ip = bytes + 14;
    ip[0] = 0x45;
    put16(ip + 2, 20 + header + payload);
    ip[8] = 64;
    ip[9] = spec->proto;
    memcpy(ip + 12, (uint8_t[]){10, 1, 0, spec->from_server ? 2 : 1}, 4);
    memcpy(ip + 16, (uint8_t[]){10, 1, 0, spec->from_server ? 1 : 2}, 4);
    uint8_t *transport = ip + 20;
    put16(transport, spec->from_server ? spec->server_port : 43000);
    put16(transport + 2, spec->from_server ? 43000 : spec->server_port);
    if (spec->proto == 6) {
        put16(transport + 4, spec->seq >> 16);
        put16(transport + 6, spec->seq & 0xffff);
        transport[12] = 5 << 4;
        transport[13] = spec->tcp_flags;
    } else {
        put16(transport + 4, 8 + payload);
    }
    if (payload) {
        memcpy(transport + header, spec->payload, payload);
    }
    const unsigned length = 14 + 20 + header + payload;
    out->frame = (struct frame){.data = bytes,
                                .time_ns = spec->time_ns,
                                .captured = length,
                                .length = length,
                                .link = LINK_ETHERNET};
}

#endif

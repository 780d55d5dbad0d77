#include "packet/decode.h"

#include <stdlib.h>
#include <string.h>

/* data: link type, two bytes with the number of bytes not captured, the frame. */
enum { PREFIX = 3 };

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool inside(const struct frame *frame, const uint8_t *at, size_t size) {
    const uint8_t *end = frame->data + frame->captured;
    return at >= frame->data && at <= end && size <= (size_t)(end - at);
}

static void check_promises(const struct frame *frame, const struct packet *packet) {
    require(packet->class < PACKET_CLASS_COUNT);
    require(packet->malformed < MALFORMED_COUNT);
    require((packet->class == PACKET_MALFORMED) == (packet->malformed != MALFORMED_NONE));
    require(packet->length == frame->length);
    require(packet->payload_captured <= packet->payload_length);
    require(packet->payload_length <= packet->length);
    require(!packet->link_src || inside(frame, packet->link_src, 6));
    require(!packet->link_dst || inside(frame, packet->link_dst, 6));
    require(!packet->network || inside(frame, packet->network, packet->network_captured));
    require(!packet->payload || inside(frame, packet->payload, packet->payload_captured));
    if (packet->class == PACKET_FLOW || packet->class == PACKET_FRAGMENT) {
        require(packet->ip_version == 4 || packet->ip_version == 6);
        require(packet->payload != NULL);
    }
    if (packet->class == PACKET_FRAGMENT) {
        require(packet->fragmented && packet->fragment_offset > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < PREFIX) {
        return 0;
    }
    const uint32_t captured = (uint32_t)(size - PREFIX);
    const struct frame frame = {
        .data = data + PREFIX,
        .captured = captured,
        .length = captured + ((uint32_t)data[1] << 8 | data[2]),
        .link = (enum link_type)(data[0] % (LINK_RAW_IP + 1)),
    };
    /* Two structs with different garbage must be equal afterwards, since every member is set. */
    struct packet packet, again;
    memset(&packet, 0xa5, sizeof packet);
    memset(&again, 0x5a, sizeof again);
    require(decode_frame(&frame, &packet) == (enum packet_class)packet.class);
    decode_frame(&frame, &again);
    require(memcmp(&packet, &again, sizeof packet) == 0);
    check_promises(&frame, &packet);
    return 0;
}

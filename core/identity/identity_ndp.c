#include "bytes/cursor.h"
#include "identity/harvest.h"

#include <string.h>

/* RFC 4861: the message of section 4.4, its options of section 4.6. */
enum { NDP_HEADER = 8, NDP_OPTION_TARGET_LINK_LAYER = 2, NDP_OPTION_UNIT = 8, NDP_HOP_LIMIT = 255 };

/* A hop limit below 255 means that a router forwarded the packet: receivers must reject it, as well
 * as a fragmented one (RFC 6980). A truncated one may lack its option, so that the frame's source
 * would be a guess. */
static bool is_credible(const struct packet *packet) {
    struct cursor cursor = {packet->network, packet->network + packet->network_captured};
    const uint8_t *header;
    return cursor_take(&cursor, 8, &header) && header[7] == NDP_HOP_LIMIT && !packet->fragmented &&
           packet->payload_captured >= packet->payload_length;
}

/* Points *mac at the target's link-layer address if an option contains it. Returns false when the
 * options are malformed. */
static bool read_options(struct cursor *cursor, const uint8_t **mac) {
    while (cursor_left(cursor) > 0) {
        const uint8_t *head, *rest;
        if (!cursor_take(cursor, 2, &head) || head[1] == 0 ||
            !cursor_take(cursor, (size_t)head[1] * NDP_OPTION_UNIT - 2, &rest)) {
            return false;
        }
        if (head[0] == NDP_OPTION_TARGET_LINK_LAYER && head[1] == 1) {
            *mac = rest;
        }
    }
    return true;
}

void harvest_ndp(struct harvest *harvest) {
    const struct packet *packet = harvest->packet;
    struct cursor cursor = {packet->payload, packet->payload + packet->payload_captured};
    const uint8_t *mac = packet->link_src;
    const uint8_t *header, *target;
    if (!is_credible(packet) || !cursor_take(&cursor, NDP_HEADER, &header) || header[1] != 0 ||
        !cursor_take(&cursor, 16, &target) || !read_options(&cursor, &mac)) {
        harvest_malformed(harvest, IDENTITY_MALFORMED_NDP);
        return;
    }
    if (!mac) {
        return; /* without a MAC there is no identity to report */
    }
    memcpy(harvest->identity.ndp.target, target, 16);
    memcpy(harvest->identity.ndp.target_mac, mac, 6);
    harvest_report(harvest);
}

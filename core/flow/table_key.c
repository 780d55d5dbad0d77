#include "flow/table_internal.h"

#include <string.h>

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t load32(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

unsigned table_sender_end(const struct packet *packet) {
    if (packet->ip_version == 4) {
        const uint64_t src =
            (uint64_t)__builtin_bswap32(load32(packet->src)) << 16 | packet->src_port;
        const uint64_t dst =
            (uint64_t)__builtin_bswap32(load32(packet->dst)) << 16 | packet->dst_port;
        return src > dst;
    }
    const int order = memcmp(packet->src, packet->dst, sizeof packet->src);
    return order != 0 ? order > 0 : packet->src_port > packet->dst_port;
}

/* One step of a multiply hash in the style of NH (RFC 4418): for two inputs chosen without
 * knowledge of the key, the probability of a collision is about 2^-32 over the bits that the index
 * uses. */
static uint64_t mix(uint64_t a, uint64_t b) {
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The lower end is hashed first, so that both directions have the same hash. */
static uint64_t hash_key(const struct flow_table *table, const uint8_t *low, const uint8_t *high,
                         uint16_t low_port, uint16_t high_port, uint8_t proto, bool ipv6) {
    const uint64_t *seed = table->options.seed;
    const uint64_t tail =
        (uint64_t)low_port << 32 | (uint64_t)high_port << 16 | (uint64_t)ipv6 << 8 | proto;
    uint64_t hash = seed[0];
    if (ipv6) {
        hash = mix(hash + load64(low), seed[1] + load64(low + 8));
        hash =
            mix(hash + load64(high), (seed[1] ^ UINT64_C(0x9e3779b97f4a7c15)) + load64(high + 8));
    } else {
        hash += (uint64_t)load32(low) << 32 | load32(high);
    }
    hash = mix(hash, seed[1] + tail);
    return mix(hash ^ seed[1], UINT64_C(0xd6e8feb86659fd93));
}

uint64_t table_hash(const struct flow_table *table, const struct packet *packet) {
    const bool swap = table_sender_end(packet) != 0;
    const uint8_t *low = swap ? packet->dst : packet->src;
    const uint8_t *high = swap ? packet->src : packet->dst;
    const uint16_t low_port = swap ? packet->dst_port : packet->src_port;
    const uint16_t high_port = swap ? packet->src_port : packet->dst_port;
    return hash_key(table, low, high, low_port, high_port, packet->proto, packet->ip_version == 6);
}

uint64_t table_hash_flow(const struct flow_table *table, const struct flow *flow) {
    return hash_key(table, flow->address[0], flow->address[1], flow->port[0], flow->port[1],
                    flow->proto, (flow->flags & FLOW_IPV6) != 0);
}

static bool same_address(const uint8_t *a, const uint8_t *b) {
    return load64(a) == load64(b) && load64(a + 8) == load64(b + 8);
}

uint32_t table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
                    unsigned end) {
    const unsigned flag = packet->ip_version == 6 ? FLOW_IPV6 : 0;
    uint32_t at = slot_index_home(&table->index, hash);
    for (uint32_t slot; (slot = slot_index_next(&table->index, hash, &at)) != SLOT_NONE;) {
        const struct flow *flow = &table->flows[slot];
        if (same_address(flow->address[end], packet->src) &&
            same_address(flow->address[!end], packet->dst) && flow->port[end] == packet->src_port &&
            flow->port[!end] == packet->dst_port && flow->proto == packet->proto &&
            (flow->flags & FLOW_IPV6) == flag) {
            return slot;
        }
    }
    return SLOT_NONE;
}

void flow_packet_hash(const struct flow_table *table, struct packet *packet) {
    packet->hash = table_hash(table, packet);
    slot_index_prefetch(&table->index, packet->hash);
}

void flow_prefetch_record(const struct flow_table *table, const struct packet *packet) {
    uint32_t at = slot_index_home(&table->index, packet->hash);
    const uint32_t slot = slot_index_next(&table->index, packet->hash, &at);
    if (slot != SLOT_NONE) {
        const uint8_t *flow = (const uint8_t *)&table->flows[slot];
        __builtin_prefetch(flow, 1);
        __builtin_prefetch(flow + 64, 1);
        __builtin_prefetch(&table->links[slot], 1);
    }
}

#include "flow/table_internal.h"

#include <string.h>

/* Only the first fragment of a datagram has ports. Its entry here supplies them to the other
 * fragments. Those that arrived earlier are counted and added to the flow when it arrives. */

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint8_t key_proto(const struct packet *packet) {
    return packet->ip_version == 4 ? packet->proto : 0;
}

static uint64_t key_hash(const struct flow_table *table, const struct packet *packet) {
    const uint64_t *seed = table->options.seed;
    const uint64_t tail = (uint64_t)packet->fragment_id << 32 | (uint64_t)packet->vlan << 16 |
                          (uint64_t)packet->ip_version << 8 | key_proto(packet);
    uint64_t hash = mix(seed[0] + load64(packet->src), seed[1] + load64(packet->src + 8));
    hash = mix(hash + load64(packet->dst), seed[1] + load64(packet->dst + 8));
    return mix(hash ^ seed[0], seed[1] + tail);
}

static bool key_equals(const struct fragment *fragment, const struct packet *packet) {
    return fragment->id == packet->fragment_id && fragment->vlan == packet->vlan &&
           fragment->ip_version == packet->ip_version && fragment->proto == key_proto(packet) &&
           memcmp(fragment->src, packet->src, sizeof fragment->src) == 0 &&
           memcmp(fragment->dst, packet->dst, sizeof fragment->dst) == 0;
}

void fragment_reset(struct fragment_table *fragments) {
    fragments->used = 0;
    fragments->oldest = fragments->newest = fragments->free = SLOT_NONE;
    memset(fragments->index.entries, 0, fragments->index.size * sizeof fragments->index.entries[0]);
}

static void release(struct fragment_table *fragments, struct fragment *fragment) {
    const uint32_t slot = (uint32_t)(fragment - fragments->entries);
    slot_index_erase(&fragments->index, fragment->hash, slot);
    if (fragment->older == SLOT_NONE) {
        fragments->oldest = fragment->newer;
    } else {
        fragments->entries[fragment->older].newer = fragment->newer;
    }
    if (fragment->newer == SLOT_NONE) {
        fragments->newest = fragment->older;
    } else {
        fragments->entries[fragment->newer].older = fragment->older;
    }
    fragment->newer = fragments->free;
    fragments->free = slot;
}

void fragment_finish(struct fragment_table *fragments, struct fragment *fragment) {
    if (fragment->total != 0 && fragment->received >= fragment->total) {
        release(fragments, fragment);
    }
}

/* Drops the datagram that began longest ago. */
static void drop_oldest(struct flow_table *table) {
    struct fragment *fragment = &table->fragments.entries[table->fragments.oldest];
    if (!fragment->known) {
        table->counters.fragments_orphaned += fragment->waiting;
    }
    release(&table->fragments, fragment);
}

static void drop_timed_out(struct flow_table *table) {
    const struct fragment_table *fragments = &table->fragments;
    while (fragments->oldest != SLOT_NONE) {
        const uint64_t began_ns = fragments->entries[fragments->oldest].time_ns;
        if (began_ns <= table->clock_ns && table->clock_ns - began_ns < fragments->timeout_ns) {
            break;
        }
        drop_oldest(table);
    }
}

static struct fragment *find(const struct flow_table *table, const struct packet *packet,
                             uint64_t hash) {
    const struct slot_index *index = &table->fragments.index;
    uint32_t at = slot_index_home(index, hash);
    for (uint32_t slot; (slot = slot_index_next(index, hash, &at)) != SLOT_NONE;) {
        struct fragment *fragment = &table->fragments.entries[slot];
        if (key_equals(fragment, packet)) {
            return fragment;
        }
    }
    return NULL;
}

static struct fragment *add(struct flow_table *table, const struct packet *packet, uint64_t hash) {
    struct fragment_table *fragments = &table->fragments;
    if (fragments->free == SLOT_NONE && fragments->used == fragments->capacity) {
        drop_oldest(table);
    }
    uint32_t slot = fragments->free;
    if (slot != SLOT_NONE) {
        fragments->free = fragments->entries[slot].newer;
    } else {
        slot = fragments->used++;
    }
    struct fragment *fragment = &fragments->entries[slot];
    *fragment = (struct fragment){
        .id = packet->fragment_id,
        .vlan = packet->vlan,
        .ip_version = packet->ip_version,
        .proto = key_proto(packet),
        .hash = hash,
        .time_ns = table->clock_ns,
        .newer = SLOT_NONE,
        .older = fragments->newest,
    };
    memcpy(fragment->src, packet->src, sizeof fragment->src);
    memcpy(fragment->dst, packet->dst, sizeof fragment->dst);
    if (fragments->newest == SLOT_NONE) {
        fragments->oldest = slot;
    } else {
        fragments->entries[fragments->newest].newer = slot;
    }
    fragments->newest = slot;
    slot_index_insert(&fragments->index, hash, slot);
    return fragment;
}

/* Returns the bytes of IP payload in this fragment. */
static uint32_t ip_payload_length(const struct packet *packet) {
    if (packet->class == PACKET_FRAGMENT) {
        return packet->payload_length;
    }
    const uint32_t header = packet->proto == IP_PROTO_TCP   ? packet->tcp_header_length
                            : packet->proto == IP_PROTO_UDP ? 8
                                                            : 0;
    return header + packet->payload_length;
}

struct fragment *fragment_record(struct flow_table *table, const struct packet *packet) {
    drop_timed_out(table);
    const uint64_t hash = key_hash(table, packet);
    struct fragment *fragment = find(table, packet, hash);
    /* Another first fragment begins a new datagram; the previous one lost fragments. */
    if (fragment && fragment->known && packet->class == PACKET_FLOW) {
        release(&table->fragments, fragment);
        fragment = NULL;
    }
    if (!fragment) {
        fragment = add(table, packet, hash);
    }
    const uint32_t length = ip_payload_length(packet);
    fragment->received += length;
    if (!packet->more_fragments) {
        fragment->total = packet->fragment_offset + length;
    }
    if (packet->class == PACKET_FLOW) {
        fragment->known = true;
        fragment->src_port = packet->src_port;
        fragment->dst_port = packet->dst_port;
        fragment->flow_proto = packet->proto;
        fragment->tcp_seq0 = packet->tcp_seq - packet->tcp_header_length;
    }
    if (fragment->known) {
        return fragment;
    }
    fragment->waiting = (uint16_t)(fragment->waiting + (fragment->waiting < UINT16_MAX));
    fragment->waiting_bytes += packet->length;
    return NULL;
}

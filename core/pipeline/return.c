#include "pipeline/return.h"

#include "base/siphash.h"
#include "base/slot_index.h"

#include <stdlib.h>
#include <string.h>

#define SIGHTING_LAPSES_NS UINT64_C(1000000000)

enum { ETHERNET_HEADER = 14, DNS_PORT = 53, DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68 };

struct sighting {
    uint64_t hash[2];
    uint64_t time_ns; /* of the first sighting of a pair */
    bool even;        /* the pair is complete: the next sighting starts a new one */
};

struct sightings {
    uint64_t key[2];
    struct slot_index index;
    uint32_t capacity, count, next; /* reused in turn */
    struct sighting entries[];
};

struct sightings *sightings_new(uint32_t capacity, uint64_t seed) {
    struct sightings *sightings = calloc(1, sizeof *sightings + capacity * sizeof(struct sighting));
    if (!sightings) {
        return NULL;
    }
    sightings->key[0] = seed;
    sightings->key[1] = ~seed;
    sightings->capacity = capacity;
    sightings->index.size = slot_index_size(capacity);
    sightings->index.entries = calloc(sightings->index.size, sizeof(uint64_t));
    if (!sightings->index.entries) {
        free(sightings);
        return NULL;
    }
    return sightings;
}

void sightings_free(struct sightings *sightings) {
    if (sightings) {
        free(sightings->index.entries);
        free(sightings);
    }
}

static struct sighting *find(struct sightings *sightings, const uint64_t hash[2]) {
    uint32_t at = slot_index_home(&sightings->index, hash[0]);
    for (uint32_t slot; (slot = slot_index_next(&sightings->index, hash[0], &at)) != SLOT_NONE;) {
        struct sighting *sighting = &sightings->entries[slot];
        if (sighting->hash[0] == hash[0] && sighting->hash[1] == hash[1]) {
            return sighting;
        }
    }
    return NULL;
}

static struct sighting *add(struct sightings *sightings, const uint64_t hash[2]) {
    const uint32_t slot = sightings->next;
    struct sighting *sighting = &sightings->entries[slot];
    sightings->next = slot + 1 == sightings->capacity ? 0 : slot + 1;
    if (sightings->count == sightings->capacity) {
        slot_index_erase(&sightings->index, sighting->hash[0], slot);
    } else {
        sightings->count++;
    }
    memcpy(sighting->hash, hash, sizeof sighting->hash);
    slot_index_insert(&sightings->index, hash[0], slot);
    return sighting;
}

static bool sighted_evenly(struct sightings *sightings, const struct frame *frame) {
    uint64_t hash[2];
    siphash_128(sightings->key, frame->data, frame->captured, hash);
    struct sighting *sighting = find(sightings, hash);
    if (sighting && !sighting->even && frame->time_ns - sighting->time_ns < SIGHTING_LAPSES_NS) {
        sighting->even = true;
        return true;
    }
    if (!sighting) {
        sighting = add(sightings, hash);
    }
    sighting->time_ns = frame->time_ns;
    sighting->even = false;
    return false;
}

static bool has_port(const struct packet *packet, uint16_t port) {
    return packet->src_port == port || packet->dst_port == port;
}

static bool comes_with_a_copy(const struct return_rules *rules, const struct packet *packet) {
    if (packet->proto != IP_PROTO_UDP && packet->proto != IP_PROTO_TCP) {
        return false;
    }
    if (rules->dns && has_port(packet, DNS_PORT)) {
        return true;
    }
    return rules->dhcp && packet->proto == IP_PROTO_UDP &&
           (has_port(packet, DHCP_SERVER_PORT) || has_port(packet, DHCP_CLIENT_PORT));
}

enum return_result return_frame(struct sightings *sightings, const struct return_rules *rules,
                                const struct frame *frame, const struct packet *packet) {
    if (!rules->returning || frame->link != LINK_ETHERNET || frame->captured < ETHERNET_HEADER ||
        frame->data[0] & 1) {
        return RETURN_KEPT;
    }
    if (packet->class == PACKET_LLDP || packet->ethertype == rules->discovery_ethertype) {
        return RETURN_KEPT;
    }
    if (frame->captured != frame->length) {
        return RETURN_CUT;
    }
    return !comes_with_a_copy(rules, packet) || sighted_evenly(sightings, frame) ? RETURN_BACK
                                                                                 : RETURN_KEPT;
}

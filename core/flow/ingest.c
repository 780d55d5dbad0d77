#include "flow/table_internal.h"

#include <stdatomic.h>
#include <string.h>

/* A RST further than this from its sender's latest sequence number is considered forged (RFC 5961).
 */
#define RST_WINDOW 65535

/* Maximum values of the members of struct flow and struct kept_packet. */
#define BYTES_MAX       ((UINT64_C(1) << 48) - 1)
#define PACKET_SIZE_MAX ((UINT64_C(1) << 20) - 1)
#define KEPT_OFFSET_MAX ((UINT64_C(1) << 46) - 1)
#define VLAN_MAX        4095u
#define KEPT_LENGTH_MAX ((UINT64_C(1) << 17) - 1)

static enum flow_timeout first_timeout(const struct packet *packet) {
    switch (packet->proto) {
    case IP_PROTO_TCP:
        return packet->tcp_flags & TCP_SYN ? FLOW_TIMEOUT_TCP_OPENING
                                           : FLOW_TIMEOUT_TCP_ESTABLISHED;
    case IP_PROTO_UDP:
        return FLOW_TIMEOUT_UDP;
    default:
        return FLOW_TIMEOUT_OTHER;
    }
}

/* A SYN or SYN+ACK identifies the client; until then the first sender is assumed. */
static void learn_client(struct flow *flow, const struct packet *packet, unsigned end) {
    if (flow->flags & (FLOW_VERIFIED_SYN | FLOW_VERIFIED_SYNACK)) {
        return;
    }
    const unsigned handshake = packet->tcp_flags & (TCP_SYN | TCP_ACK);
    unsigned client = end;
    unsigned verified = 0;
    if (handshake == TCP_SYN) {
        verified = FLOW_VERIFIED_SYN;
    } else if (handshake == (TCP_SYN | TCP_ACK)) {
        verified = FLOW_VERIFIED_SYNACK;
        client = !end;
    } else if (flow_packet_count(flow) != 0) {
        return;
    }
    const unsigned other_flags = flow->flags & ~(unsigned)FLOW_CLIENT_IS_1;
    flow->flags = (uint16_t)(other_flags | verified | (client ? FLOW_CLIENT_IS_1 : 0));
}

/* A worker that dies leaves the mark on the record it was changing; 0: no record. Only the compiler
 * could reorder the writes; the fences prevent that. */
static void mark_touched(struct flow_table *table, uint32_t slot_plus_1) {
    atomic_signal_fence(memory_order_seq_cst);
    table->header->touched = slot_plus_1;
    atomic_signal_fence(memory_order_seq_cst);
}

static uint32_t create(struct flow_table *table, const struct packet *packet, uint64_t hash,
                       unsigned end) {
    const uint32_t slot = table_allocate(table, first_timeout(packet));
    mark_touched(table, slot + 1);
    struct flow *flow = &table->flows[slot];
    memcpy(flow->address[end], packet->src, sizeof packet->src);
    memcpy(flow->address[!end], packet->dst, sizeof packet->dst);
    flow->port[end] = packet->src_port;
    flow->port[!end] = packet->dst_port;
    flow->proto = packet->proto;
    flow->min_interval_0_ns = FLOW_INTERVAL_NONE;
    flow->min_interval_1_ns = FLOW_INTERVAL_NONE;
    flow->flags = (uint16_t)(FLOW_USED | (packet->ip_version == 6 ? FLOW_IPV6 : 0));
    struct flow_cold *cold = table_cold(table, slot);
    cold->start_ns = packet->time_ns;
    cold->retransmitted_ms = 0;
    slot_index_insert(&table->index, hash, slot);
    table->counters.created++;
    return slot;
}

/* Returns true when this packet starts a new conversation on the ports of an existing flow. */
static bool starts_new_flow(const struct flow_table *table, uint32_t slot,
                            const struct packet *packet, uint64_t idle_ns) {
    const struct flow *flow = &table->flows[slot];
    if (idle_ns >= table->options.timeout_ns[flow->timeout]) {
        return true;
    }
    if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
        return false;
    }
    const unsigned fins = flow->flags & (FLOW_FIN_0 | FLOW_FIN_1);
    return flow->flags & FLOW_ENDED || fins == (FLOW_FIN_0 | FLOW_FIN_1) ||
           idle_ns >= table->options.reuse_idle_ns;
}

static enum flow_end_reason replaced_flow_reason(const struct flow_table *table,
                                                 const struct flow *flow, uint64_t idle_ns) {
    const unsigned fins = flow->flags & (FLOW_FIN_0 | FLOW_FIN_1);
    if (fins == (FLOW_FIN_0 | FLOW_FIN_1)) {
        return FLOW_END_FIN;
    }
    return idle_ns >= table->options.timeout_ns[flow->timeout] ? FLOW_END_IDLE : FLOW_END_REUSE;
}

static uint64_t interval_since(uint64_t last_ns, uint64_t now_ns) {
    const uint64_t interval = now_ns > last_ns ? now_ns - last_ns : 0;
    return interval < FLOW_INTERVAL_NONE ? interval : FLOW_INTERVAL_NONE - 1;
}

static void count_interval(struct flow *flow, unsigned end, uint64_t time_ns) {
    const uint64_t interval = interval_since(flow->last_ns[end], time_ns);
    if (interval > flow->max_interval_ns) {
        flow->max_interval_ns = interval & FLOW_INTERVAL_NONE;
    }
    if (end == 0) {
        if (interval < flow->min_interval_0_ns) {
            flow->min_interval_0_ns = interval & FLOW_INTERVAL_NONE;
        }
    } else if (interval < flow->min_interval_1_ns) {
        flow->min_interval_1_ns = interval & FLOW_INTERVAL_NONE;
    }
}

static uint64_t min_u64(uint64_t value, uint64_t limit) {
    return value < limit ? value : limit;
}

static void keep_packet(struct flow_table *table, uint32_t slot, const struct packet *packet,
                        unsigned end, uint64_t number) {
    struct flow_cold *cold = table_cold(table, slot);
    const uint64_t since = packet->time_ns > cold->start_ns ? packet->time_ns - cold->start_ns : 0;
    const uint64_t offset = min_u64(since, KEPT_OFFSET_MAX);
    const uint64_t length = min_u64(packet->length, KEPT_LENGTH_MAX);
    cold->kept[number] = (struct kept_packet){
        .offset_ns = offset & KEPT_OFFSET_MAX,
        .length = length & KEPT_LENGTH_MAX,
        .end = end & 1,
        .tcp_flags = packet->tcp_flags,
    };
}

static void count_packet(struct flow_table *table, uint32_t slot, const struct packet *packet,
                         unsigned end) {
    struct flow *flow = &table->flows[slot];
    const uint64_t number = flow_packet_count(flow);
    if (number < table->options.packets_kept) {
        keep_packet(table, slot, packet, end, number);
    }
    if (flow_end_packets(flow, end) != 0) {
        count_interval(flow, end, packet->time_ns);
    }
    if (end == 0) {
        flow->packets_0++;
        flow->bytes_0 = (flow->bytes_0 + packet->length) & BYTES_MAX;
        if (packet->vlan) {
            flow->vlan_0 = packet->vlan & VLAN_MAX;
        }
    } else {
        flow->packets_1++;
        flow->bytes_1 = (flow->bytes_1 + packet->length) & BYTES_MAX;
        if (packet->vlan) {
            flow->vlan_1 = packet->vlan & VLAN_MAX;
        }
    }
    if (packet->time_ns > flow->last_ns[end]) {
        flow->last_ns[end] = packet->time_ns;
    }
    if (packet->length > flow->max_packet_size) {
        const uint64_t length = min_u64(packet->length, PACKET_SIZE_MAX);
        flow->max_packet_size = length & PACKET_SIZE_MAX;
    }
}

static void count_retransmission(struct flow_table *table, uint32_t slot,
                                 const struct packet *packet) {
    struct flow *flow = &table->flows[slot];
    struct flow_cold *cold = table_cold(table, slot);
    if (flow->retransmissions < UINT32_MAX) {
        flow->retransmissions++;
    }
    if (packet->time_ns > cold->start_ns) {
        const uint64_t ms = (packet->time_ns - cold->start_ns) / UINT64_C(1000000);
        cold->retransmitted_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    }
}

static bool rst_is_plausible(const struct flow *flow, unsigned end, const struct packet *packet) {
    /* A RST that answers a SYN to a closed port has number 0 (RFC 9293 section 3.5.2). */
    const int32_t distance = (int32_t)(packet->tcp_seq - flow->next_seq[end]);
    return (distance >= -RST_WINDOW && distance <= RST_WINDOW) ||
           (packet->tcp_seq == 0 && !(flow->flags & (end ? FLOW_SYN_0 : FLOW_SYN_1)));
}

static void close_after(struct flow_table *table, uint32_t slot, enum flow_end_reason reason) {
    table->closed = slot;
    table->closed_reason = reason;
}

/* Advances the flow through opening, established and closed by the flags of a packet. */
static enum flow_timeout tcp_advance(struct flow_table *table, uint32_t slot,
                                     const struct packet *packet, unsigned end) {
    struct flow *flow = &table->flows[slot];
    const uint8_t flags = packet->tcp_flags;
    unsigned state = flow->flags;
    if (flags & TCP_RST) {
        if (!rst_is_plausible(flow, end, packet)) {
            return flow->timeout;
        }
        close_after(table, slot, FLOW_END_RST);
        return FLOW_TIMEOUT_TCP_CLOSED;
    }
    if (flags & TCP_SYN) {
        state |= end ? FLOW_SYN_1 : FLOW_SYN_0;
    }
    if (flags & TCP_FIN) {
        state |= end ? FLOW_FIN_1 : FLOW_FIN_0;
    }
    if (state & (end ? FLOW_FIN_0 : FLOW_FIN_1) && flags & TCP_ACK &&
        packet->tcp_ack == flow->next_seq[!end]) {
        state |= end ? FLOW_FIN_ACKED_0 : FLOW_FIN_ACKED_1;
    }
    flow->flags = (uint16_t)state;
    const unsigned acked = FLOW_FIN_ACKED_0 | FLOW_FIN_ACKED_1;
    if ((state & acked) == acked) {
        close_after(table, slot, FLOW_END_FIN);
        return FLOW_TIMEOUT_TCP_CLOSED;
    }
    const unsigned fins = FLOW_FIN_0 | FLOW_FIN_1;
    if ((state & fins) == fins) {
        return FLOW_TIMEOUT_TCP_CLOSED;
    }
    return flags & TCP_SYN ? flow->timeout : FLOW_TIMEOUT_TCP_ESTABLISHED;
}

static enum flow_result update_tcp(struct flow_table *table, uint32_t slot,
                                   const struct packet *packet, unsigned end) {
    struct flow *flow = &table->flows[slot];
    if (flow->flags & FLOW_ENDED) {
        return FLOW_LATE;
    }
    if (tcp_track(table, flow, end, packet)) {
        count_retransmission(table, slot, packet);
        table_touch(table, slot, flow->timeout);
        return FLOW_RETRANSMISSION;
    }
    learn_client(flow, packet, end);
    count_packet(table, slot, packet, end);
    table_touch(table, slot, tcp_advance(table, slot, packet, end));
    return FLOW_PACKET;
}

static enum flow_result update(struct flow_table *table, uint32_t slot, const struct packet *packet,
                               unsigned end) {
    if (packet->proto == IP_PROTO_TCP) {
        return update_tcp(table, slot, packet, end);
    }
    learn_client(&table->flows[slot], packet, end);
    count_packet(table, slot, packet, end);
    table_touch(table, slot, table->flows[slot].timeout);
    return FLOW_PACKET;
}

static enum flow_result ingest(struct flow_table *table, const struct packet *packet,
                               struct flow **flow, unsigned *end) {
    const uint64_t hash = packet->hash ? packet->hash : table_hash(table, packet);
    const unsigned sender = table_sender_end(packet);
    uint32_t slot = table_find(table, packet, hash, sender);
    table->gap_ns = 0;
    if (slot != SLOT_NONE) {
        const uint64_t idle_ns = table_idle_ns(table, slot);
        if (starts_new_flow(table, slot, packet, idle_ns)) {
            table_end(table, slot, replaced_flow_reason(table, &table->flows[slot], idle_ns));
            slot = SLOT_NONE;
        } else {
            table->gap_ns = idle_ns;
        }
    }
    if (slot == SLOT_NONE) {
        slot = create(table, packet, hash, sender);
    }
    mark_touched(table, slot + 1);
    const enum flow_result result = update(table, slot, packet, sender);
    mark_touched(table, 0);
    *flow = &table->flows[slot];
    *end = sender;
    return result;
}

/* Completes a later fragment from the first one: the flow's key and, for TCP, the position of its
 * bytes in the stream. */
static void complete_fragment(struct packet *packet, const struct fragment *first) {
    packet->class = PACKET_FLOW;
    packet->proto = first->flow_proto;
    packet->src_port = first->src_port;
    packet->dst_port = first->dst_port;
    packet->tcp_seq = packet->proto == IP_PROTO_TCP ? first->tcp_seq0 + packet->fragment_offset : 0;
    packet->tcp_flags = 0;
    packet->hash = 0;
}

/* Waiting fragments count in their flow, but their times were not recorded. */
static void credit_waiting(struct flow_table *table, struct flow *flow, struct fragment *fragment,
                           unsigned end) {
    struct flow_cold *cold = table_cold(table, table_slot(table, flow));
    for (; fragment->waiting > 0; fragment->waiting--) {
        const uint64_t number = flow_packet_count(flow);
        if (number < table->options.packets_kept) {
            cold->kept[number] = (struct kept_packet){.length = 0};
        }
        if (end == 0) {
            flow->packets_0++;
        } else {
            flow->packets_1++;
        }
    }
    if (end == 0) {
        flow->bytes_0 = (flow->bytes_0 + fragment->waiting_bytes) & BYTES_MAX;
    } else {
        flow->bytes_1 = (flow->bytes_1 + fragment->waiting_bytes) & BYTES_MAX;
    }
    fragment->waiting_bytes = 0;
}

static enum flow_result ingest_fragment(struct flow_table *table, struct packet *packet,
                                        struct flow **flow, unsigned *end) {
    struct fragment *first = fragment_record(table, packet);
    if (!first) {
        *flow = NULL;
        return FLOW_FRAGMENT_WAITS;
    }
    if (packet->class == PACKET_FRAGMENT) {
        complete_fragment(packet, first);
    }
    const enum flow_result result = ingest(table, packet, flow, end);
    if (first->waiting > 0) {
        credit_waiting(table, *flow, first, *end);
    }
    fragment_finish(&table->fragments, first);
    return result;
}

enum flow_result flow_ingest_packet(struct flow_table *table, struct packet *packet,
                                    struct flow **flow, unsigned *end) {
    flow_table_settle(table);
    table_advance(table, packet->time_ns);
    const enum flow_result result = packet->fragmented ? ingest_fragment(table, packet, flow, end)
                                                       : ingest(table, packet, flow, end);
    table->counters.results[result]++;
    return result;
}

void flow_table_settle(struct flow_table *table) {
    if (table->closed != SLOT_NONE) {
        table_report(table, table->closed, table->closed_reason);
        table->closed = SLOT_NONE;
    }
}

#ifndef DPAE_FLOW_TABLE_INTERNAL_H
#define DPAE_FLOW_TABLE_INTERNAL_H

#include "flow/flow_table.h"

/* The internals of the flow table, for the files of this folder. */

/* One of the first packets, in 9 bytes: 46 bits of time since the start (19 hours, then
 * saturating), 17 of length, the sender's end, the flags. */
struct __attribute__((packed)) kept_packet {
    uint64_t offset_ns : 46;
    uint64_t length : 17;
    uint64_t end : 1;
    uint8_t tcp_flags;
};

/* The rarely used data of a flow. */
struct __attribute__((packed)) flow_cold {
    uint64_t start_ns;
    uint32_t retransmitted_ms; /* time of the latest retransmission since the start: it keeps a flow
                                  alive but does not count in its intervals */
    uint32_t holes;            /* index of its struct holes, valid with FLOW_HOLES */
    struct kept_packet kept[];
};

/* Missing sequence numbers below next_seq: [start, end). Few flows have any, so they share a small
 * pool. */
#define HOLES_MAX 7
struct holes {
    uint32_t owner; /* slot + 1; 0: free */
    uint8_t count;
    uint8_t ends; /* bit i: hole[i] belongs to direction 1 */
    uint16_t unused;
    struct {
        uint32_t start, end;
    } hole[HOLES_MAX]; /* oldest first */
};

struct link {
    uint32_t previous,
        next; /* slots; SLOT_NONE at the ends of a list; next also chains free slots */
};

struct list {
    uint32_t head, tail; /* the head is idle longest */
};

/* A datagram with outstanding fragments. */
struct fragment {
    uint8_t src[16], dst[16];
    uint32_t id;
    uint16_t vlan;
    uint8_t ip_version;
    uint8_t proto; /* IPv4; 0 for IPv6, where it is not part of the key (RFC 8200 section 4.5) */
    uint64_t hash;
    uint64_t time_ns; /* arrival of the datagram's first fragment */
    uint32_t newer;   /* the next newer entry, or SLOT_NONE */
    uint32_t older;
    uint32_t tcp_seq0; /* sequence number corresponding to offset 0 of the IP payload */
    uint32_t received; /* bytes of IP payload so far */
    uint32_t total;    /* of the datagram, set by its last fragment; 0 before */
    uint16_t src_port, dst_port;
    uint8_t flow_proto; /* protocol of the flow, after extension headers */
    bool known;         /* the first fragment has arrived: ports are set */
    uint16_t waiting;   /* fragments that arrived before it */
    uint64_t waiting_bytes;
};

struct fragment_table {
    struct fragment *entries;
    uint32_t capacity, used; /* used: entries ever allocated */
    uint32_t oldest, newest, free;
    struct slot_index index;
    uint64_t timeout_ns;
};

/* At the start of the table's memory: the data that a later worker needs for recovery. */
struct table_header {
    uint64_t magic;
    uint32_t capacity, packets_kept;
    uint32_t high_water; /* slots ever used */
    uint32_t touched; /* slot + 1 of the flow being changed, which is lost if the worker dies now */
};

struct flow_table {
    struct flow_table_options options;
    uint8_t *memory;
    size_t bytes;
    struct table_header *header;
    struct flow *flows;
    uint8_t *cold;
    size_t cold_size;
    struct link *links;
    struct slot_index index;
    struct holes *holes;
    uint32_t holes_count, holes_next;
    struct list lists[FLOW_TIMEOUT_COUNT];
    uint32_t free; /* first free slot below high_water */
    uint32_t count;
    uint32_t closed; /* slot with an end for flow_table_settle() to report, or SLOT_NONE */
    enum flow_end_reason closed_reason;
    uint64_t clock_ns;    /* the latest packet time; exceptions: table_advance() */
    uint64_t leap_ns;     /* time of an unconfirmed packet from far ahead, or 0 */
    uint64_t deadline_ns; /* no flow times out before this time */
    uint64_t gap_ns;
    struct fragment_table fragments;
    struct flow_counters counters;
    void (*on_end)(void *context, struct flow *flow, enum flow_end_reason reason);
    void *context;
};

static inline struct flow_cold *table_cold(const struct flow_table *table, uint32_t slot) {
    return (struct flow_cold *)(void *)(table->cold + (size_t)slot * table->cold_size);
}

static inline uint32_t table_slot(const struct flow_table *table, const struct flow *flow) {
    return (uint32_t)(flow - table->flows);
}

/* table_list.c: the life cycle of a record */

/* Allocates a zeroed record at the tail of its timeout's list; evicts a flow when the table is
 * full. The caller fills in the key and inserts it into the index. */
uint32_t table_allocate(struct flow_table *table, enum flow_timeout timeout);
void table_release(struct flow_table *table, uint32_t slot); /* frees it without a report */
/* Reports the end unless already reported, then releases the record. */
void table_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason);
/* Reports the end and lets the record linger under FLOW_TIMEOUT_TCP_CLOSED. */
void table_report(struct flow_table *table, uint32_t slot, enum flow_end_reason reason);
/* Moves the record to the tail of the list of that timeout, as the least idle. */
void table_touch(struct flow_table *table, uint32_t slot, enum flow_timeout timeout);
/* Inserts a recovered record into the list of its timeout. */
void table_enlist(struct flow_table *table, uint32_t slot);
/* Reports the end of every flow, longest idle first, and empties the table. */
void table_end_all(struct flow_table *table);
void table_reset_lists(struct flow_table *table);
/* Returns how long a flow has been without a packet; UINT64_MAX when its latest packet is in the
 * future because time was set back. */
uint64_t table_idle_ns(const struct flow_table *table, uint32_t slot);
/* Advances the time to time_ns and ends flows that are idle by then. */
void table_advance(struct flow_table *table, uint64_t time_ns);

/* table_key.c */
uint64_t table_hash(const struct flow_table *table, const struct packet *packet);
unsigned table_sender_end(const struct packet *packet);
uint32_t table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
                    unsigned end);
uint64_t table_hash_flow(const struct flow_table *table, const struct flow *flow);

/* tcp.c: updates next_seq, gaps and holes. Returns true when the segment has no new data, SYN or
 * FIN. */
bool tcp_track(struct flow_table *table, struct flow *flow, unsigned end,
               const struct packet *packet);
void tcp_forget(struct flow_table *table, struct flow *flow); /* releases its holes */

/* fragment.c */
void fragment_reset(struct fragment_table *fragments);
/* Finds a fragment's datagram and records the fragment. Returns the entry, or NULL when the
 * fragment must wait for the first one. A first fragment always gets its entry. */
struct fragment *fragment_record(struct flow_table *table, const struct packet *packet);
/* Frees the entry when its datagram is complete. */
void fragment_finish(struct fragment_table *fragments, struct fragment *fragment);

#endif

#ifndef DPAE_FLOW_TABLE_INSIDE_H
#define DPAE_FLOW_TABLE_INSIDE_H

#include "flow/flow_table.h"

/* The inside of the flow table, for the files of this folder. */

/* One of the first packets, in 9 bytes: 46 bits of time since the start (19 hours, then it stays),
 * 17 of length, the sender's end, the flags. */
struct __attribute__((packed)) kept_packet {
    uint64_t offset_ns : 46;
    uint64_t length : 17;
    uint64_t end : 1;
    uint8_t tcp_flags;
};

/* What a packet seldom needs of a flow. */
struct __attribute__((packed)) flow_cold {
    uint64_t start_ns;
    uint32_t retransmitted_ms; /* time of the latest retransmission since the start; it keeps a flow
                                  alive but does not count in its intervals */
    uint32_t holes;            /* number of its struct holes, when FLOW_HOLES is set */
    struct kept_packet kept[];
};

/* Sequence numbers below next_seq that were not seen yet: [start, end). Few flows have any, so they
 * share a small pool. */
#define HOLES_MAX 7
struct holes {
    uint32_t owner; /* slot + 1; 0: free */
    uint8_t count;
    uint8_t ends; /* bit i: hole[i] is of direction 1 */
    uint16_t unused;
    struct {
        uint32_t start, end;
    } hole[HOLES_MAX]; /* the oldest first */
};

struct link {
    uint32_t previous,
        next; /* slots; SLOT_NONE at the ends of a list; next also chains free slots */
};

struct list {
    uint32_t head, tail; /* idle longest at the head */
};

/* Datagrams of which fragments are expected. */
struct fragment {
    uint8_t src[16], dst[16];
    uint32_t id;
    uint16_t vlan;
    uint8_t ip_version;
    uint8_t proto; /* IPv4; for IPv6 it is not part of the key and 0 (RFC 8200 section 4.5) */
    uint64_t hash;
    uint64_t time_ns; /* of the datagram's first fragment to arrive */
    uint32_t newer;   /* the next younger entry, SLOT_NONE at the end */
    uint32_t older;
    uint32_t tcp_seq0; /* sequence number that the byte at offset 0 of the IP payload would have */
    uint32_t received; /* bytes of IP payload so far */
    uint32_t total;    /* of the datagram, known from its last fragment; 0 before */
    uint16_t src_port, dst_port;
    uint8_t flow_proto; /* protocol of the flow, after extension headers */
    bool known;         /* the first fragment was seen: ports are set */
    uint16_t waiting;   /* fragments that came before it, */
    uint64_t waiting_bytes;
};

struct fragment_table {
    struct fragment *entries;
    uint32_t capacity, used; /* used: entries that were ever taken */
    uint32_t oldest, newest, free;
    struct slot_index index;
    uint64_t timeout_ns;
};

/* At the start of the table's memory: what a later worker needs to take the flows over. */
struct table_header {
    uint64_t magic;
    uint32_t capacity, packets_kept;
    uint32_t high_water; /* slots that were ever used */
    uint32_t touched;    /* slot + 1 of the flow being changed: lost when the worker dies now */
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
    uint32_t closed; /* slot whose end is to be reported by flow_table_settle(), or SLOT_NONE */
    enum flow_end_reason closed_reason;
    uint64_t clock_ns;    /* the latest packet time, but see table_advance() */
    uint64_t leap_ns;     /* of a packet from far ahead that nothing confirmed yet; 0: none */
    uint64_t deadline_ns; /* nothing can be idle before */
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

/* table_list.c: life of a record */

/* A zeroed record at the tail of its timeout's list; evicts the flow idle longest when the table is
 * full. The caller fills the key before table_index_flow(). */
uint32_t table_take(struct flow_table *table, enum flow_timeout timeout);
void table_release(struct flow_table *table, uint32_t slot); /* forgets it without a word */
/* Reports the end unless that was done, then releases. */
void table_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason);
/* Reports the end and lets the record linger under FLOW_TIMEOUT_TCP_CLOSED. */
void table_report(struct flow_table *table, uint32_t slot, enum flow_end_reason reason);
/* To the tail of the list of that timeout: as of now it is the one idle shortest. */
void table_touch(struct flow_table *table, uint32_t slot, enum flow_timeout timeout);
/* Puts a record that survived an earlier worker into the list of its timeout. */
void table_enlist(struct flow_table *table, uint32_t slot);
/* Reports the end of every flow, idle longest first, and empties the table. */
void table_end_all(struct flow_table *table);
void table_reset_lists(struct flow_table *table);
/* How long a flow has been without a packet; UINT64_MAX when its latest packet is in the future
 * because time was set back. */
uint64_t table_idle_ns(const struct flow_table *table, uint32_t slot);
/* Time goes on to time_ns: ends what is idle by then. */
void table_advance(struct flow_table *table, uint64_t time_ns);

/* table_key.c */
uint64_t table_hash(const struct flow_table *table, const struct packet *packet);
unsigned table_sender_end(const struct packet *packet);
uint32_t table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
                    unsigned end);
uint64_t table_hash_flow(const struct flow_table *table, const struct flow *flow);

/* tcp.c: true when all of the segment's data, SYN and FIN were seen before. Keeps next_seq, gaps
 * and holes. */
bool tcp_track(struct flow_table *table, struct flow *flow, unsigned end,
               const struct packet *packet);
void tcp_forget(struct flow_table *table, struct flow *flow); /* gives its holes back */

/* fragment.c */
void fragment_reset(struct fragment_table *fragments);
/* Looks a fragment's datagram up, and notes what this fragment tells. Returns the entry, or NULL
 * when it has to wait for the first one (noted, too). A first fragment always gets its entry. */
struct fragment *fragment_note(struct flow_table *table, const struct packet *packet);
/* Frees the entry when its datagram is complete. */
void fragment_done(struct fragment_table *fragments, struct fragment *fragment);

#endif

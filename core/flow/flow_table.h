#ifndef DPAE_FLOW_FLOW_TABLE_H
#define DPAE_FLOW_FLOW_TABLE_H

#include "base/error.h"
#include "flow/flow.h"

#include <stddef.h>

/* All flows of one worker, in one piece of memory that survives the worker: at most 256 bytes a
 * flow at 10 kept packets. Nothing is allocated after flow_table_open(). */
struct flow_table;

struct flow_table_options {
    uint32_t capacity;     /* flows, 1 to FLOW_TABLE_CAPACITY_MAX */
    uint32_t packets_kept; /* 0 to 255 */
    uint64_t timeout_ns[FLOW_TIMEOUT_COUNT];
    uint64_t reuse_idle_ns; /* a SYN after so long an idle time starts a new flow */
    uint32_t fragments;     /* datagrams whose fragments are followed at a time */
    uint64_t fragment_timeout_ns;
    uint64_t seed[2]; /* of the hash; random, fixed in tests; influences no output */
};

#define FLOW_TABLE_CAPACITY_MAX (1u << 28)

/* What became of a packet, exactly one for each. */
enum flow_result {
    FLOW_PACKET,         /* a unique packet of a flow: counted there */
    FLOW_RETRANSMISSION, /* counted apart in its flow */
    FLOW_LATE,           /* of a flow whose end was reported already; counted nowhere else */
    FLOW_FRAGMENT_WAITS, /* came before the first fragment; its flow gets it when that comes */
    FLOW_RESULT_COUNT
};

struct flow_counters {
    uint64_t results[FLOW_RESULT_COUNT];
    uint64_t created;
    uint64_t ended[FLOW_END_COUNT];
    uint64_t fragments_orphaned; /* waited for a first fragment that never came */
    uint64_t sequence_gaps;
    uint64_t holes_forgotten; /* more gaps open at a time than are kept */
    uint64_t unstored;        /* flows that went with their last news for the database untold */
};

/* Bytes that a table with these options takes. */
size_t flow_table_bytes(const struct flow_table_options *options);

/* Makes a table in memory of its own, or (fd >= 0) in the memory file fd, where a table that an
 * earlier worker left under the same options is taken over, flows and all. on_end is called for
 * each flow when its end is to be reported, and again, before the flow is forgotten, for one that
 * stays unstored; while it does, time alone does not end it. The flow is valid during the call. */
int flow_table_open(struct flow_table **table, const struct flow_table_options *options, int fd,
                    void (*on_end)(void *context, struct flow *flow, enum flow_end_reason reason),
                    void *context, struct error *error);
void flow_table_close(struct flow_table *table); /* NULL is allowed; the memory file stays */

/* Other times from now on: timeout_ns, reuse_idle_ns and fragment_timeout_ns of options. */
void flow_table_set_times(struct flow_table *table, const struct flow_table_options *options);

/* Three hints that hide memory latency over a batch; each may be left out, in this order. The first
 * sets packet->hash. */
void flow_packet_hash(const struct flow_table *table, struct packet *packet);
void flow_prefetch_record(const struct flow_table *table, const struct packet *packet);

/* Brings a packet of class PACKET_FLOW or PACKET_FRAGMENT into its flow, made when there is none:
 * the one entrance, for pipeline, specs and benches alike. Ends what has been idle too long by
 * packet->time_ns first. *flow is the record, valid until the next call, NULL for
 * FLOW_FRAGMENT_WAITS; *end is the sender's end (0 or 1). A later fragment is completed by what the
 * first one of its datagram knows: ports, protocol, tcp_seq of its bytes. */
enum flow_result flow_ingest_packet(struct flow_table *table, struct packet *packet,
                                    struct flow **flow, unsigned *end);

/* The time between the latest packet brought in and the one before it in its flow; 0 for a first
 * packet. */
uint64_t flow_gap_ns(const struct flow_table *table);

/* The lowest sequence number before seq of that direction which was not seen, as far as its gaps
 * are still known; seq when there is none. TCP only. */
uint32_t flow_first_missing(const struct flow_table *table, const struct flow *flow, unsigned end,
                            uint32_t seq);

/* Reports the end of the flow that the latest packet closed. Apart from flow_ingest_packet(), which
 * does so for the packet before, so that classifiers see a closing packet before its flow's end is
 * told. */
void flow_table_settle(struct flow_table *table);

/* Ends flows that are idle at now_ns; for times without packets. */
void flow_table_expire(struct flow_table *table, uint64_t now_ns);

/* Reports the end of every flow that is left, idle longest first, and empties the table. */
void flow_table_flush(struct flow_table *table);

/* The number of a flow's record, below the capacity: for tables beside this one. */
uint32_t flow_slot(const struct flow_table *table, const struct flow *flow);
uint64_t flow_start_ns(const struct flow_table *table, const struct flow *flow);

/* For walks over the table: the flow in a slot below flow_table_slots(), NULL when there is none or
 * its end was told. */
struct flow *flow_in_slot(const struct flow_table *table, uint32_t slot);
uint32_t flow_table_slots(const struct flow_table *table); /* that were ever used */

/* The i-th of the first packets, below options.packets_kept; false when there is none or it was not
 * kept (a fragment that came before the first of its datagram). */
bool flow_kept_packet(const struct flow_table *table, const struct flow *flow, uint32_t i,
                      struct flow_kept_packet *packet);

const struct flow_counters *flow_table_counters(const struct flow_table *table);
uint32_t flow_table_count(const struct flow_table *table); /* records in use */

#endif

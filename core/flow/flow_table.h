#ifndef DPAE_FLOW_FLOW_TABLE_H
#define DPAE_FLOW_FLOW_TABLE_H

#include "base/error.h"
#include "flow/flow.h"

#include <stddef.h>

/* All flows of one worker, in one block of memory that survives the worker: at most 256 bytes per
 * flow with 10 kept packets. Nothing is allocated after flow_table_open(). */
struct flow_table;

struct flow_table_options {
    uint32_t capacity;     /* flows, 1 to FLOW_TABLE_CAPACITY_MAX */
    uint32_t packets_kept; /* 0 to 255 */
    uint64_t timeout_ns[FLOW_TIMEOUT_COUNT];
    uint64_t reuse_idle_ns; /* a SYN after this idle time starts a new flow */
    uint32_t fragments;     /* maximum number of fragmented datagrams tracked */
    uint64_t fragment_timeout_ns;
    uint64_t seed[2]; /* seed of the hash: random, fixed in tests; does not affect output */
};

#define FLOW_TABLE_CAPACITY_MAX (1u << 28)

/* The result for a packet; exactly one applies. */
enum flow_result {
    FLOW_PACKET,         /* a unique packet, counted in its flow */
    FLOW_RETRANSMISSION, /* counted separately in its flow */
    FLOW_LATE,           /* its flow's end was already reported; not counted elsewhere */
    FLOW_FRAGMENT_WAITS, /* arrived before the first fragment, with which its flow gets it */
    FLOW_RESULT_COUNT
};

struct flow_counters {
    uint64_t results[FLOW_RESULT_COUNT];
    uint64_t created;
    uint64_t ended[FLOW_END_COUNT];
    uint64_t fragments_orphaned; /* their first fragment never arrived */
    uint64_t sequence_gaps;
    uint64_t holes_forgotten; /* open gaps dropped because there were too many */
    uint64_t unstored; /* flows removed before their latest state was stored in the database */
};

/* Returns the size in bytes of a table with these options. */
size_t flow_table_bytes(const struct flow_table_options *options);

/* Creates a table in its own memory or, with fd >= 0, in the memory file fd; there it recovers the
 * flows that an earlier worker with the same options left. on_end is called for each flow when its
 * end is to be reported, and again before removal if the flow is still unstored. While it stays
 * unstored, it does not expire. The flow is valid during the call. */
int flow_table_open(struct flow_table **table, const struct flow_table_options *options, int fd,
                    void (*on_end)(void *context, struct flow *flow, enum flow_end_reason reason),
                    void *context, struct error *error);
void flow_table_close(struct flow_table *table); /* accepts NULL; the memory file is kept */

/* Applies timeout_ns, reuse_idle_ns and fragment_timeout_ns of options from now on. */
void flow_table_set_times(struct flow_table *table, const struct flow_table_options *options);

/* Optional hints that hide memory latency over a batch, in this order. The first sets packet->hash.
 */
void flow_packet_hash(const struct flow_table *table, struct packet *packet);
void flow_prefetch_record(const struct flow_table *table, const struct packet *packet);

/* Adds a packet of class PACKET_FLOW or PACKET_FRAGMENT to its flow, which it creates if necessary:
 * the single entry point, for pipeline, specs and benchmarks. First ends flows that are idle too
 * long at packet->time_ns. *flow is the record, valid until the next call, NULL for
 * FLOW_FRAGMENT_WAITS; *end is the sender's end (0 or 1). A later fragment gets ports, protocol and
 * the tcp_seq of its bytes from the first one of its datagram. */
enum flow_result flow_ingest_packet(struct flow_table *table, struct packet *packet,
                                    struct flow **flow, unsigned *end);

/* Returns the time between the latest packet added and the previous one of its flow; 0 for a first
 * packet. */
uint64_t flow_gap_ns(const struct flow_table *table);

/* Returns the lowest missing sequence number before seq in that direction, as far as its gaps are
 * still recorded, or seq. TCP only. */
uint32_t flow_first_missing(const struct flow_table *table, const struct flow *flow, unsigned end,
                            uint32_t seq);

/* Reports the end of the flow that the latest packet closed. flow_ingest_packet() does so for the
 * previous packet, so that classifiers see a closing packet before the end of its flow is reported.
 */
void flow_table_settle(struct flow_table *table);

/* Ends flows that are idle at now_ns; for periods without packets. */
void flow_table_expire(struct flow_table *table, uint64_t now_ns);

/* Reports the end of every remaining flow, longest idle first, and empties the table. */
void flow_table_flush(struct flow_table *table);

/* Returns the number of a flow's record, below the capacity: an index for parallel tables. */
uint32_t flow_slot(const struct flow_table *table, const struct flow *flow);
uint64_t flow_start_ns(const struct flow_table *table, const struct flow *flow);

/* For iteration: returns the flow in a slot below flow_table_slots(), or NULL when the slot is free
 * or the flow's end was reported. */
struct flow *flow_in_slot(const struct flow_table *table, uint32_t slot);
uint32_t flow_table_slots(const struct flow_table *table); /* slots ever used */

/* Reads the i-th of the first packets. Returns false when there is no such packet, or it was not
 * recorded (i at least options.packets_kept, or a fragment that arrived before the first of its
 * datagram). */
bool flow_kept_packet(const struct flow_table *table, const struct flow *flow, uint32_t i,
                      struct flow_kept_packet *packet);

const struct flow_counters *flow_table_counters(const struct flow_table *table);
uint32_t flow_table_count(const struct flow_table *table); /* records in use */

#endif

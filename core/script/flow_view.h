#ifndef DPAE_SCRIPT_FLOW_VIEW_H
#define DPAE_SCRIPT_FLOW_VIEW_H

/* A classifier's view of the current packet and its flow. Both the C compiler and
 * core/script/lua/view.lua read this file; the text between the markers is passed to
 * ffi.cdef(), so it contains plain declarations only. READ_ONLY is empty in C and const in Lua,
 * where a write then raises an error. There are no pointers and no arrays, so that scripts
 * cannot read past an end. docs/flow-api.md documents each member for authors. */
#include "base/export.h"
#include "script/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ffi: begin */
struct flow_view {
    /* the current packet */
    READ_ONLY double serial;           /* changes with every packet */
    READ_ONLY uint32_t packet_length;  /* bytes on the wire with link header, without FCS */
    READ_ONLY uint32_t payload_length; /* bytes of TCP or UDP payload on the wire */
    READ_ONLY uint32_t tcp_seq;        /* 0 when not TCP, like all tcp_ members */
    READ_ONLY uint32_t tcp_acq;
    READ_ONLY uint16_t tcp_src;
    READ_ONLY uint16_t tcp_dst;
    READ_ONLY uint16_t src_port; /* TCP, UDP and others with ports; else 0 */
    READ_ONLY uint16_t dst_port;
    READ_ONLY uint8_t tcp_flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128 */
    READ_ONLY uint8_t ip_version;
    READ_ONLY uint8_t proto;    /* 6 TCP, 17 UDP, ... */
    READ_ONLY bool from_client; /* packet_direction is "c2s", not "s2c" */

    /* the flow, the current packet included */
    READ_ONLY double packet_count; /* unique packets, both directions */
    READ_ONLY double packets_c2s;
    READ_ONLY double packets_s2c;
    READ_ONLY double bytes_c2s; /* on the wire, of unique packets */
    READ_ONLY double bytes_s2c;
    READ_ONLY double suppressed;      /* packet_count at the last suppression; 0: never */
    READ_ONLY double retransmissions; /* not counted in packet_count */
    READ_ONLY uint32_t slot;          /* of the flow's record; constant while the flow lives */
    READ_ONLY uint16_t vlan;          /* VID of the packet's outermost tag, 0: untagged */

    /* written by the classifier */
    bool finalised;
};

double dpae_flow_time(const struct flow_view *view); /* of the packet; s since the epoch */
double
dpae_flow_start_time(const struct flow_view *view); /* s since the epoch, of the first packet */
double dpae_flow_max_packet_size(const struct flow_view *view); /* bytes */
double dpae_flow_max_interval(const struct flow_view *view);    /* s */
double dpae_flow_min_interval(const struct flow_view *view);    /* s */
int dpae_flow_verified(const struct flow_view *view); /* 0, 1: verified-SYN, 2: verified-SYNACK */
void dpae_flow_suppress(struct flow_view *view);
/* Marks the flow as having a flow.state table. Returns whether it was marked before. */
int dpae_flow_mark_state(const struct flow_view *view);
/* Whether the flow in this slot is alive and marked. */
int dpae_flow_keeps_state(const struct flow_view *view, uint32_t slot);
/* Writes an address to text (46 bytes): which is 0 source, 1 destination, 2 client, 3 server.
 * Returns its length. */
int dpae_flow_address(const struct flow_view *view, int which, char *text);
/* Writes the name by which the client knows the server to text (256 bytes). Returns its length;
 * 0: unknown. */
int dpae_flow_server_name(const struct flow_view *view, char *text);
/* The captured TCP or UDP payload, up to 2048 bytes; its size goes to *length. */
const uint8_t *dpae_flow_payload(const struct flow_view *view, uint32_t *length);
/* The candidate that word may be a misspelling of, or NULL: nearest_word() for error messages. */
const char *dpae_nearest_word(const char *word, const char *const *candidates, size_t count);
/* ffi: end */

/* Data behind a view, for the functions above; invisible to scripts. */
struct flow;
struct flow_table;
struct names;
struct packet;

struct flow_context {
    struct flow_view view; /* first: a view's address is its context's */
    const struct packet *packet;
    const struct flow_table *table;
    struct flow *flow;
    unsigned end;              /* of the sender */
    const struct names *names; /* set once by the context's owner; NULL: names are unknown */
    struct streams *streams;   /* likewise; NULL: streams are off */
    const uint32_t *current;   /* index of the running classifier, set once; NULL: no shadow run */
    uint32_t shadow;           /* index of the shadow classifier: its suppress() has no effect, */
    struct streams *shadow_streams; /* it has its own streams, set once, */
    uint8_t *shadow_asked;          /* and its own copy of flow.stream */
    struct flow_stream stream[2];   /* what classifiers see of the streams: c2s, s2c */
};

#define FLOW_VIEW_PAYLOAD_MAX 2048

/* Fills the view for a packet that flow_ingest_packet() has just added to its flow, and sets
 * view.finalised to false. Everything is borrowed until the next packet. */
void flow_view_set(struct flow_context *context, const struct flow_table *table, struct flow *flow,
                   unsigned end, const struct packet *packet);

#endif

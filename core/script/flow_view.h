#ifndef DPAE_SCRIPT_FLOW_VIEW_H
#define DPAE_SCRIPT_FLOW_VIEW_H

/* What a classifier sees of the current packet and its flow. This file is read twice: by the C
 * compiler, and by core/script/lua/view.lua, which gives what is between the markers to ffi.cdef();
 * so that part keeps to plain declarations. READ_ONLY is nothing in C and const in Lua: there a
 * write raises an error. Nothing here is a pointer or an array, so that no script can read past an
 * end. docs/flow-api.md describes each member for authors of classifiers. */
#include "base/export.h"
#include "script/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ffi: begin */
struct flow_view {
    /* the current packet */
    READ_ONLY double serial;           /* of this view's contents: another packet, another one */
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
    READ_ONLY double suppressed;      /* packet_count at the last suppression, 0: never */
    READ_ONLY double retransmissions; /* counted apart from packet_count */
    READ_ONLY uint32_t slot;          /* of the flow's record: same flow, same slot */
    READ_ONLY uint16_t vlan;          /* VID of the packet's outermost tag, 0: untagged */

    /* written by the classifier */
    bool finalised;
};

double dpae_flow_time(const struct flow_view *view);       /* of the packet; s since the epoch */
double dpae_flow_start_time(const struct flow_view *view); /* the same, of the first packet */
double dpae_flow_max_packet_size(const struct flow_view *view); /* bytes */
double dpae_flow_max_interval(const struct flow_view *view);    /* s */
double dpae_flow_min_interval(const struct flow_view *view);    /* s */
int dpae_flow_verified(const struct flow_view *view); /* 0, 1: verified-SYN, 2: verified-SYNACK */
void dpae_flow_suppress(struct flow_view *view);
/* Notes that a classifier keeps a table for this flow. Returns whether that was noted before. */
int dpae_flow_mark_state(const struct flow_view *view);
/* Whether that was noted of the flow in this slot, and it goes on. */
int dpae_flow_keeps_state(const struct flow_view *view, uint32_t slot);
/* Text of an address into text (46 bytes): which is 0 source, 1 destination, 2 client, 3 server.
 * Returns its length. */
int dpae_flow_address(const struct flow_view *view, int which, char *text);
/* The name that the client knows the server by into text (256 bytes). Returns its length, 0: none.
 */
int dpae_flow_server_name(const struct flow_view *view, char *text);
/* The captured TCP or UDP payload, at most 2048 bytes: where it is, and how many in *length. */
const uint8_t *dpae_flow_payload(const struct flow_view *view, uint32_t *length);
/* The candidate that word may be a slip of, or NULL: nearest_word() for error texts. */
const char *dpae_nearest_word(const char *word, const char *const *candidates, size_t count);
/* ffi: end */

/* Helpers above and the C side find what is behind a view here; scripts never see it. */
struct flow;
struct flow_table;
struct names;
struct packet;

struct flow_context {
    struct flow_view view; /* first: a view's address is its context's */
    const struct packet *packet;
    const struct flow_table *table;
    struct flow *flow;
    unsigned end;              /* the sender's */
    const struct names *names; /* set once, by the context's owner; NULL: none are known */
    struct streams *streams;   /* likewise; NULL: no bytes are kept */
    const uint32_t *current;   /* set once: which classifier runs; NULL: there is no shadow run, */
    uint32_t shadow;           /* in which this one's suppress() does nothing, and which has */
    struct streams *shadow_streams; /* streams of its own, set once, */
    uint8_t *shadow_asked;          /* for which it asked as flow.stream says of the others */
    struct flow_stream stream[2];   /* what the classifiers were shown of them: c2s, s2c */
};

#define FLOW_VIEW_PAYLOAD_MAX 2048

/* Fills the view for a packet that flow_ingest_packet() has just brought into its flow. Everything
 * is borrowed until the next packet. view.finalised is set false. */
void flow_view_set(struct flow_context *context, const struct flow_table *table, struct flow *flow,
                   unsigned end, const struct packet *packet);

#endif

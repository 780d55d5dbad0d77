#ifndef DPAE_EVENT_EVENT_H
#define DPAE_EVENT_EVENT_H

#include "base/address.h"
#include "base/ends.h"
#include "identity/identity.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stdint.h>

/* The output of the data plane: fixed-size values without pointers, suitable for a ring in shared
 * memory. Addresses are in network order (IPv4: the first 4 bytes), ports in host order, times in
 * ns since the epoch (packet time). */
enum event_kind {
    EVENT_VERDICT,
    EVENT_IDENTITY,
    EVENT_FLOW_END,
    EVENT_SHADOW,       /* a shadow run's candidate differed on a flow, which has ended */
    EVENT_SCRIPT_ERROR, /* a classifier failed on a packet */
    EVENT_FLOW_STATE,   /* a flow that continues, for the database only: like flow_end, without
                           reason. Must follow the displayed kinds, which are counted by name */
    EVENT_KIND_COUNT
};

enum event_action { EVENT_TREATMENT = 1, EVENT_SUPPRESS = 2 };

#define EVENT_NAME_MAX POLICY_NAME_MAX /* of a classifier */
#define EVENT_WHY_MAX  200
#define EVENT_KEPT_MAX 64
#define EVENT_FILE_MAX 96
/* Sized for the longest error in ASCII (core/script/lua/errors.lua). Other bytes are escaped;
 * excess text is truncated. */
#define EVENT_MESSAGE_MAX 768
#define EVENT_SOURCE_MAX  256

/* Advice on a flow: protocol.md section 4. A is the source of the packet that triggered it. */
struct event_verdict {
    uint64_t hash;     /* flow_public_hash() */
    uint64_t start_ns; /* start of the flow: with the hash it identifies the flow */
    struct ends ends;
    uint8_t actions;                 /* enum event_action, one or both */
    uint8_t treatment;               /* enum treatment of core/policy; 0 without EVENT_TREATMENT */
    uint64_t flow_packets;           /* packet_count of the flow at that packet */
    char classifier[EVENT_NAME_MAX]; /* the classifier that decided the treatment; empty without one
                                      */
    uint32_t generation;             /* of that classifier: increases as classifiers are loaded */
    char why[EVENT_WHY_MAX]; /* "name=value, ...": the basis of the decision; may be empty */
    uint64_t source;         /* hash of its source; set with EVENT_TREATMENT, like generation */
};

struct event_kept_packet {
    uint64_t time_ns;
    uint32_t length; /* on the wire */
    uint8_t tcp_flags;
    bool from_client;
};

/* A whole flow, at its end. A is the client, B the server (assumed unless verified). */
struct event_flow_end {
    uint64_t hash;
    struct ends ends;
    uint64_t start_ns, end_ns;       /* first and latest packet */
    uint8_t reason;                  /* enum flow_end_reason */
    uint8_t verified;                /* 0: no, 1: verified-SYN, 2: verified-SYNACK */
    uint8_t treatment;               /* enum treatment, 0: no treatment */
    bool finalised;                  /* by every applicable classifier */
    char classifier[EVENT_NAME_MAX]; /* the classifier that decided the treatment */
    uint64_t suppressed;             /* packet_count at the last suppression, 0: never */
    uint64_t packets[2], bytes[2];   /* [0] client to server, [1] server to client */
    uint32_t gaps[2];                /* sequence gaps, likewise */
    uint16_t vlan[2];                /* latest VID, 0: untagged, likewise */
    uint64_t retransmissions;
    uint32_t max_packet_size;
    uint64_t max_interval_ns, min_interval_ns; /* 0: undefined */
    uint32_t kept_count;
    struct event_kept_packet kept[EVENT_KEPT_MAX];
};

/* The decisions of a classifier (the incumbent) and a candidate on a flow. A is the client. */
struct event_shadow {
    uint64_t hash;
    struct ends ends;
    uint64_t start_ns;
    char classifier[EVENT_NAME_MAX], candidate[EVENT_NAME_MAX];
    uint8_t treatment,
        candidate_treatment; /* enum treatment, the latest of each; 0: no treatment */
    uint64_t flow_packets, candidate_flow_packets; /* packet_count at that decision; or 0 */
};

/* An error of a classifier. Of repeated errors at one place, the first is reported, later ones ever
 * more rarely. A is the source of the packet that caused it. Texts are escaped (base/escape.h). */
struct event_script_error {
    uint64_t hash;    /* flow_public_hash() */
    struct ends ends; /* ip_version 0: one of the latest packets, unknown which */
    uint64_t flow_packets;
    char classifier[EVENT_NAME_MAX];
    uint32_t generation; /* generation and source are the classifier's */
    uint64_t source;
    bool candidate; /* the classifier is a shadow run's candidate: it gives no advice */
    uint32_t line;  /* 0: the whole file */
    char file[EVENT_FILE_MAX];
    char message[EVENT_MESSAGE_MAX];
    char source_line[EVENT_SOURCE_MAX]; /* empty: unknown */
    uint64_t errors;                    /* at this place so far, including this one */
};

struct event {
    enum event_kind kind;
    uint64_t time_ns; /* packet time of the emission */
    uint64_t packet;  /* number of the packet that caused it, from 1 over the whole input; flow ends
                         at the end of the input have the last packet's */
    union {
        struct event_verdict verdict;
        struct identity identity;
        struct event_flow_end flow_end;
        struct event_shadow shadow;
        struct event_script_error script_error;
    };
};

/* Receives events. emit copies what it needs: the event is valid during the call only. It returns
 * false, and takes nothing, when there is no room now. */
struct event_sink {
    bool (*emit)(void *context, const struct event *event);
    void *context;
};

/* Receives every event under the same rules, but cannot refuse it. */
struct event_recorder {
    void (*record)(void *context, const struct event *event);
    void *context;
};

const char *event_kind_name(enum event_kind kind); /* "verdict" ...; NULL: it is never shown */
const char *event_actions_name(uint8_t actions); /* "treatment", "suppress", "treatment+suppress" */
const char *event_verified_name(uint8_t verified); /* "verified-SYN", "verified-SYNACK" or NULL */

/* Returns the name of RFC 2132 section 9.6, "DISCOVER" ... "INFORM"; for another type, writes its
 * number to text and returns text. */
#define EVENT_NUMBER_TEXT 8
const char *event_dhcp_type_name(uint8_t message_type, char text[EVENT_NUMBER_TEXT]);
const char *event_dns_type_name(uint16_t type, char text[EVENT_NUMBER_TEXT]); /* "A", ... */

/* Returns the answer in a DNS record: its address (in text) or a CNAME's target. */
const char *event_dns_answer(const struct identity_dns *dns, char text[ADDRESS_IP_TEXT]);

#endif

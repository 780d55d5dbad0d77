#ifndef DPAE_EVENT_EVENT_H
#define DPAE_EVENT_EVENT_H

#include "base/address.h"
#include "base/ends.h"
#include "identity/identity.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stdint.h>

/* What leaves the data plane: values of a fixed size, no pointers, fit for a ring in shared memory.
 * Addresses are bytes in network order (IPv4: the first 4), ports host order, times ns since the
 * epoch (packet time). */
enum event_kind {
    EVENT_VERDICT,
    EVENT_IDENTITY,
    EVENT_FLOW_END,
    EVENT_SHADOW,       /* a candidate of a shadow run differed on a flow, which ended */
    EVENT_SCRIPT_ERROR, /* a classifier failed on a packet */
    EVENT_FLOW_STATE,   /* of a flow that goes on, for the database alone: as flow_end, without
                           reason. Behind those that are shown, which are counted by name */
    EVENT_KIND_COUNT
};

enum event_action { EVENT_TREATMENT = 1, EVENT_SUPPRESS = 2 };

#define EVENT_NAME_MAX POLICY_NAME_MAX /* of a classifier */
#define EVENT_WHY_MAX  200
#define EVENT_KEPT_MAX 64
#define EVENT_FILE_MAX 96
/* Room for the longest that errors have, of ASCII (core/script/lua/errors.lua); other bytes are
 * escaped, and what does not fit is cut. */
#define EVENT_MESSAGE_MAX 768
#define EVENT_SOURCE_MAX  256

/* Advice on a flow: protocol.md section 4. A is the source of the packet that triggered it. */
struct event_verdict {
    uint64_t hash;     /* flow_public_hash() */
    uint64_t start_ns; /* of the flow: with the hash it tells the flow from all others */
    struct ends ends;
    uint8_t actions;                 /* enum event_action, one or both */
    uint8_t treatment;               /* enum treatment of core/policy; 0 without EVENT_TREATMENT */
    uint64_t flow_packets;           /* packet_count of the flow at that packet */
    char classifier[EVENT_NAME_MAX]; /* who decided the treatment; empty without one */
    uint32_t generation;             /* of that classifier: counted up as classifiers are loaded */
    char why[EVENT_WHY_MAX];         /* "name=value, ...": what it decided from; or empty */
    uint64_t source;                 /* hash of its source; with EVENT_TREATMENT, like generation */
};

struct event_kept_packet {
    uint64_t time_ns;
    uint32_t length; /* on the wire */
    uint8_t tcp_flags;
    bool from_client;
};

/* The whole of a flow, at its end. A is the client, B the server (assumed when not verified). */
struct event_flow_end {
    uint64_t hash;
    struct ends ends;
    uint64_t start_ns, end_ns;       /* of its first and latest packet */
    uint8_t reason;                  /* enum flow_end_reason */
    uint8_t verified;                /* 0: no, 1: verified-SYN, 2: verified-SYNACK */
    uint8_t treatment;               /* enum treatment, 0: none was given */
    bool finalised;                  /* by every classifier that applies */
    char classifier[EVENT_NAME_MAX]; /* who gave the treatment */
    uint64_t suppressed;             /* packet_count at the last suppression, 0: never */
    uint64_t packets[2], bytes[2];   /* [0] client to server, [1] server to client */
    uint32_t gaps[2];                /* sequence gaps, the same */
    uint16_t vlan[2];                /* latest VID, 0: untagged, the same */
    uint64_t retransmissions;
    uint32_t max_packet_size;
    uint64_t max_interval_ns, min_interval_ns; /* 0: none */
    uint32_t kept_count;
    struct event_kept_packet kept[EVENT_KEPT_MAX];
};

/* What a classifier, the incumbent, and a candidate said of a flow. A is the client. */
struct event_shadow {
    uint64_t hash;
    struct ends ends;
    uint64_t start_ns;
    char classifier[EVENT_NAME_MAX], candidate[EVENT_NAME_MAX];
    uint8_t treatment, candidate_treatment; /* enum treatment, the last that each said; 0: none */
    uint64_t flow_packets, candidate_flow_packets; /* packet_count when it came to say so; or 0 */
};

/* An error of a classifier: of those at one place the first, and then fewer and fewer. A is the
 * source of the packet on which it came. Texts are escaped (base/escape.h). */
struct event_script_error {
    uint64_t hash;    /* flow_public_hash() */
    struct ends ends; /* ip_version 0: it is not known on which of the latest packets it came */
    uint64_t flow_packets;
    char classifier[EVENT_NAME_MAX];
    uint32_t generation; /* of the classifier, like source */
    uint64_t source;
    bool candidate; /* of a shadow run: it advises nothing */
    uint32_t line;  /* 0: the file as a whole */
    char file[EVENT_FILE_MAX];
    char message[EVENT_MESSAGE_MAX];
    char source_line[EVENT_SOURCE_MAX]; /* empty: not known */
    uint64_t errors;                    /* at this place so far, this one included */
};

struct event {
    enum event_kind kind;
    uint64_t time_ns; /* packet time at which it was emitted */
    uint64_t packet;  /* number of the packet that caused it, from 1 over the whole input; flow ends
                         at the end of the input carry the last one's */
    union {
        struct event_verdict verdict;
        struct identity identity;
        struct event_flow_end flow_end;
        struct event_shadow shadow;
        struct event_script_error script_error;
    };
};

/* Where events go. emit copies what it keeps: the event is valid during the call only. False: there
 * is no room now, and nothing was taken. */
struct event_sink {
    bool (*emit)(void *context, const struct event *event);
    void *context;
};

/* Who is told of every event, likewise; always takes it. */
struct event_recorder {
    void (*record)(void *context, const struct event *event);
    void *context;
};

const char *event_kind_name(enum event_kind kind); /* "verdict" ...; NULL: it is never shown */
const char *event_actions_name(uint8_t actions); /* "treatment", "suppress", "treatment+suppress" */
const char *event_verified_name(uint8_t verified); /* "verified-SYN", "verified-SYNACK" or NULL */

/* RFC 2132 section 9.6: "DISCOVER" ... "INFORM"; another type is its number in text. Returns the
 * name, or text. */
#define EVENT_NUMBER_TEXT 8
const char *event_dhcp_type_name(uint8_t message_type, char text[EVENT_NUMBER_TEXT]);
const char *event_dns_type_name(uint16_t type, char text[EVENT_NUMBER_TEXT]); /* "A", ... */

/* What a DNS record says of its name: the address, or a CNAME's target. Returns text or the
 * target. */
const char *event_dns_answer(const struct identity_dns *dns, char text[ADDRESS_IP_TEXT]);

#endif

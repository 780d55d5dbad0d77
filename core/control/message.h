#ifndef DPAE_CONTROL_MESSAGE_H
#define DPAE_CONTROL_MESSAGE_H

#include "base/error.h"
#include "event/event.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What goes over the wire between a DPAE and the controller, as structs and back. Bodies are
 * returned as text owned by the caller (free()), NULL when out of memory. */
#define MESSAGE_UUID      40 /* a UUID as text and its NUL, with room to spare */
#define MESSAGE_HOSTNAME  256
#define MESSAGE_REPLY_MAX (1 << 20)

struct message_identity {
    char hostname_dpae[MESSAGE_HOSTNAME];
    char if_name[16];
    char uuid_dpae[MESSAGE_UUID];       /* version 1, new for each join */
    char uuid_controller[MESSAGE_UUID]; /* as received; empty before the create reply */
};

/* The reply to create: where and how to discover. */
struct message_created {
    char uuid_controller[MESSAGE_UUID];
    char hostname_controller[MESSAGE_HOSTNAME];
    uint8_t dpae2ctrl_mac[6], ctrl2dpae_mac[6];
    uint16_t dpae_ethertype;
};

/* The reply to read. */
struct message_place {
    bool known; /* the switch has seen the discovery frame: both below are set */
    uint64_t dpid;
    uint32_t switch_port;
};

/* A version-1 UUID (RFC 9562 section 5.1) as text, of a time (ns since the epoch) and 62 of the
 * random bits: the node is one of them, so no address is told. */
void message_new_uuid(uint64_t epoch_ns, uint64_t random, char uuid[MESSAGE_UUID]);

char *message_create_body(const struct message_identity *identity); /* H I D */
char *message_read_body(const struct message_identity *identity); /* H I D C; also for send_conf */
char *message_keepalive_body(const struct message_identity *identity); /* keepalive 1, I D C */
char *message_tc_state_body(const struct message_identity *identity, const char *dpae_version);

/* The same four keys as the payload of a discovery frame, not terminated: with their names alone
 * longer than the shortest payload of Ethernet, so that nothing pads it with NULs, which make the
 * controller ignore it. Returns the length, 0 when size is too small or memory is out. */
size_t message_discovery_payload(const struct message_identity *identity, char *payload,
                                 size_t size);

/* True when a confirmation frame's payload (length bytes, perhaps padded) names our session. */
bool message_is_confirmation(const char *payload, size_t length,
                             const struct message_identity *identity);

/* Replies: a JSON object, or a JSON string that holds one; the controller sends both. Each is
 * refused with an error (-EBADMSG, -ENOMEM) that names the first key that is missing or wrong; the
 * echoed uuid_dpae must match, and uuid_controller be fit for a URL path. */
int message_parse_created(const char *body, size_t length, const struct message_identity *identity,
                          struct message_created *created, struct error *error);
int message_parse_place(const char *body, size_t length, const struct message_identity *identity,
                        struct message_place *place, struct error *error);
int message_parse_tc_state(const char *body, size_t length, const struct message_identity *identity,
                           enum policy_mode *mode, struct error *error);

/* Copies the text of a policy or of rules to text, out of its JSON string where it is in one.
 * Returns the length, not terminated; 0 when body is empty, larger than size, or out of memory. */
size_t message_policy_text(const char *body, size_t length, char *text, size_t size);

/* True when the body of a 400 says that the controller does not know the session ("UUID not in
 * DB"). */
bool message_is_unknown_uuid(const char *body, size_t length);

/* True when the body of a reply to send_conf says that no confirmation frame was sent. Others but
 * 200 mean nothing: the original controller answers 500 when it did send it. */
bool message_is_unconfirmed(const char *body, size_t length);

/* Error text of a body for the log: opaque, bounded, control characters escaped. */
void message_excerpt(const char *body, size_t length, char *text, size_t size);

/* Advice. A verdict gives NULL when it is not for this controller (all is false, and it is not of
 * TCP over IPv4); an identity gives NULL when there is nothing to tell (LLDP without a name) or the
 * controller has no form for it (NDP). *skipped tells that from want of memory. */
char *message_verdict_body(const struct event_verdict *verdict, bool all, bool *skipped);

/* count > 0 identities of one packet and kind (more than one only for DNS: detail1 is a list). */
char *message_identity_body(const struct identity *const *identities, size_t count, bool *skipped);

#endif

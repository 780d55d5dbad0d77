#ifndef DPAE_CONTROL_MESSAGE_H
#define DPAE_CONTROL_MESSAGE_H

#include "base/error.h"
#include "event/event.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The messages between a DPAE and the controller, converted to and from structs. Bodies are text
 * owned by the caller (free()); NULL when memory is exhausted. */
#define MESSAGE_UUID      40 /* a UUID as text plus NUL, with room to spare */
#define MESSAGE_HOSTNAME  256
#define MESSAGE_REPLY_MAX (1 << 20)

struct message_identity {
    char hostname_dpae[MESSAGE_HOSTNAME];
    char if_name[16];
    char uuid_dpae[MESSAGE_UUID];       /* version 1, new for each join */
    char uuid_controller[MESSAGE_UUID]; /* as received; empty before the create reply */
};

/* The reply to create: the parameters of discovery. */
struct message_created {
    char uuid_controller[MESSAGE_UUID];
    char hostname_controller[MESSAGE_HOSTNAME];
    uint8_t dpae2ctrl_mac[6], ctrl2dpae_mac[6];
    uint16_t dpae_ethertype;
};

/* The reply to read. */
struct message_location {
    bool known; /* the switch has seen the discovery frame: the members below are set */
    uint64_t dpid;
    uint32_t switch_port;
};

/* Writes a version-1 UUID (RFC 9562 section 5.1) for a time (ns since the epoch) with 62 of the
 * random bits: even the node is random, so no address is revealed. */
void message_new_uuid(uint64_t epoch_ns, uint64_t random, char uuid[MESSAGE_UUID]);

char *message_create_body(
    const struct message_identity *identity); /* hostname_dpae, if_name, uuid_dpae */
char *message_read_body(
    const struct message_identity *identity); /* these and uuid_controller; also for send_conf */
char *message_keepalive_body(
    const struct message_identity *identity); /* keepalive 1, if_name, both UUIDs */
char *message_tc_state_body(const struct message_identity *identity, const char *dpae_version);

/* Writes the four keys of message_read_body() as the payload of a discovery frame, not terminated.
 * Their names alone exceed Ethernet's shortest payload, so that no padding NULs make the controller
 * ignore it. Returns the length, or 0 when size is too small or memory is exhausted. */
size_t message_discovery_payload(const struct message_identity *identity, char *payload,
                                 size_t size);

/* Returns true when a confirmation frame's payload (length bytes, possibly padded) names our
 * session. */
bool message_is_confirmation(const char *payload, size_t length,
                             const struct message_identity *identity);

/* Parse replies: a JSON object, or a JSON string that contains one; the controller sends both. An
 * invalid reply is rejected with an error (-EBADMSG, -ENOMEM) that names the first missing or
 * invalid key. The echoed uuid_dpae must match, and uuid_controller must be safe in a URL path. */
int message_parse_created(const char *body, size_t length, const struct message_identity *identity,
                          struct message_created *created, struct error *error);
int message_parse_location(const char *body, size_t length, const struct message_identity *identity,
                           struct message_location *place, struct error *error);
int message_parse_tc_state(const char *body, size_t length, const struct message_identity *identity,
                           enum policy_mode *mode, struct error *error);

/* Copies the text of a policy or of rules, possibly contained in a JSON string, to text. Returns
 * its length, not terminated; 0 when body is empty, larger than size, or memory is exhausted. */
size_t message_policy_text(const char *body, size_t length, char *text, size_t size);

/* Returns true when the body of a 400 says that the controller does not know the session ("UUID not
 * in DB"). */
bool message_is_unknown_uuid(const char *body, size_t length);

/* Returns true when the body of a reply to send_conf says that no confirmation frame was sent.
 * Other errors have no meaning: the original controller answers 500 after sending it. */
bool message_is_unconfirmed(const char *body, size_t length);

/* Copies the beginning of a body to text for the log, with control characters escaped. */
void message_excerpt(const char *body, size_t length, char *text, size_t size);

/* Advice. Returns NULL with *skipped set when the advice is not meant for the controller: a verdict
 * on a flow other than TCP over IPv4 (unless all is true), an LLDP identity without a name, or NDP,
 * for which the controller has no format. Returns NULL with *skipped false when memory is
 * exhausted. */
char *message_verdict_body(const struct event_verdict *verdict, bool all, bool *skipped);

/* count > 0 identities of one packet and kind (more than one only for DNS: detail1 is a list). */
char *message_identity_body(const struct identity *const *identities, size_t count, bool *skipped);

#endif

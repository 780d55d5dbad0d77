#include "control/message.h"

#include "base/escape.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 100 ns intervals from the start of the Gregorian calendar to 1970 (RFC 9562 section 5.1). */
#define UUID_EPOCH 0x01b21dd213814000ull

void message_new_uuid(uint64_t epoch_ns, uint64_t random, char uuid[MESSAGE_UUID]) {
    const uint64_t time = epoch_ns / 100 + UUID_EPOCH;
    const unsigned clock_seq = 0x8000 | ((random >> 48) & 0x3fff);
    /* The multicast bit marks a node ID that is not an interface's address (RFC 9562 section 6.10).
     */
    const uint64_t node = (random & 0xffffffffffff) | 0x010000000000;
    snprintf(uuid, MESSAGE_UUID, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(time & 0xffffffff),
             (unsigned)(time >> 32 & 0xffff), (unsigned)(0x1000 | (time >> 48 & 0x0fff)), clock_seq,
             (unsigned long long)node);
}

static void put_join_keys(struct json *object, const struct message_identity *identity) {
    json_put_text(object, "hostname_dpae", identity->hostname_dpae);
    json_put_text(object, "if_name", identity->if_name);
    json_put_text(object, "uuid_dpae", identity->uuid_dpae);
}

char *message_create_body(const struct message_identity *identity) {
    struct json object;
    json_open_object(&object);
    put_join_keys(&object, identity);
    return json_close(&object);
}

char *message_read_body(const struct message_identity *identity) {
    struct json object;
    json_open_object(&object);
    put_join_keys(&object, identity);
    json_put_text(&object, "uuid_controller", identity->uuid_controller);
    return json_close(&object);
}

char *message_keepalive_body(const struct message_identity *identity) {
    struct json object;
    json_open_object(&object);
    json_put_number(&object, "keepalive", 1);
    json_put_text(&object, "if_name", identity->if_name);
    json_put_text(&object, "uuid_dpae", identity->uuid_dpae);
    json_put_text(&object, "uuid_controller", identity->uuid_controller);
    return json_close(&object);
}

char *message_tc_state_body(const struct message_identity *identity, const char *dpae_version) {
    struct json object;
    json_open_object(&object);
    json_put_text(&object, "tc_state", "run");
    json_put_text(&object, "dpae_version", dpae_version);
    json_put_text(&object, "hostname_dpae", identity->hostname_dpae);
    json_put_text(&object, "uuid_dpae", identity->uuid_dpae);
    json_put_text(&object, "uuid_controller", identity->uuid_controller);
    return json_close(&object);
}

size_t message_discovery_payload(const struct message_identity *identity, char *payload,
                                 size_t size) {
    char *text = message_read_body(identity);
    const size_t length = text ? strlen(text) : 0;
    const bool fits = length > 0 && length <= size;
    if (fits) {
        memcpy(payload, text, length); // NOLINT(bugprone-not-null-terminated-result)
    }
    free(text);
    return fits ? length : 0;
}

static bool body_contains(const char *body, size_t length, const char *text) {
    return length > 0 && memmem(body, length, text, strlen(text)) != NULL;
}

bool message_is_unknown_uuid(const char *body, size_t length) {
    return body_contains(body, length, "UUID not in DB");
}

bool message_is_unconfirmed(const char *body, size_t length) {
    static const char *const text[] = {"no datapath", "no dpid stored", "UUID mismatch"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        if (body_contains(body, length, text[i])) {
            return true;
        }
    }
    return false;
}

void message_excerpt(const char *body, size_t length, char *text, size_t size) {
    char start[256] = "";
    const size_t length_used = length < sizeof start ? length : sizeof start - 1;
    if (length_used > 0) {
        memcpy(start, body, length_used);
    }
    for (char *nul = start;
         (nul = memchr(nul, '\0', length_used - (size_t)(nul - start))) != NULL;) {
        *nul = ' ';
    }
    (void)escape_text(start, text, size);
}

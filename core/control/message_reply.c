#include "control/message.h"

#include "base/address.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A reply being parsed. After the first fault, error is set and no further key is examined. */
struct reply {
    const char *name; /* name of the call */
    const struct yaml_node *root;
    struct yaml_document *document;
    struct error *error;
    int result;
};

static int reject(struct reply *reply, const char *key, const char *expected) {
    if (reply->result == 0) {
        reply->result =
            error_set(reply->error, -EBADMSG, "the reply to %s has an invalid '%s': it must be %s",
                      reply->name, key, expected);
    }
    return reply->result;
}

static int read_document(struct reply *reply, const char *text, size_t length) {
    struct faults faults = {0};
    const int result = yaml_parse(text, length, "reply", &reply->document, &faults);
    faults_free(&faults);
    if (result == -ENOMEM) {
        return error_set(reply->error, result, "out of memory for the reply to %s", reply->name);
    }
    reply->root = result == 0 ? yaml_root(reply->document) : NULL;
    if (!reply->root || reply->root->kind != YAML_MAPPING) {
        return error_set(reply->error, -EBADMSG, "the reply to %s is not a JSON object",
                         reply->name);
    }
    return 0;
}

static void reply_open(struct reply *reply, const char *name, const char *body, size_t length,
                       struct error *error) {
    *reply = (struct reply){.name = name, .error = error};
    char *inner = json_string_content(body, length);
    reply->result =
        inner ? read_document(reply, inner, strlen(inner)) : read_document(reply, body, length);
    free(inner);
}

static int reply_close(struct reply *reply) {
    yaml_release(reply->document);
    return reply->result;
}

/* Returns the value of key, or NULL after an earlier or a new fault. */
static const struct yaml_node *reply_find(struct reply *reply, const char *key) {
    if (reply->result != 0) {
        return NULL;
    }
    const struct yaml_node *node = yaml_find(reply->root, key);
    if (!node) {
        reply->result = error_set(reply->error, -EBADMSG, "the reply to %s lacks the key '%s'",
                                  reply->name, key);
    }
    return node;
}

/* Returns "" on a fault. */
static const char *reply_text(struct reply *reply, const char *key) {
    const struct yaml_node *node = reply_find(reply, key);
    if (node && node->kind == YAML_SCALAR && node->quoted && node->count > 0) {
        return node->text;
    }
    (void)reject(reply, key, "text");
    return "";
}

/* Returns 0 on a fault. */
static uint64_t reply_number(struct reply *reply, const char *key, uint64_t min, uint64_t max,
                             const char *expected) {
    const struct yaml_node *node = reply_find(reply, key);
    uint64_t number = 0;
    if (node && yaml_as_uint(node, &number) && number >= min && number <= max) {
        return number;
    }
    (void)reject(reply, key, expected);
    return 0;
}

static void reply_mac(struct reply *reply, const char *key, uint8_t mac[6]) {
    if (!address_parse_mac(reply_text(reply, key), mac)) {
        (void)reject(reply, key, "a MAC address");
    }
}

static void reply_echo(struct reply *reply, const struct message_identity *identity) {
    if (strcmp(reply_text(reply, "uuid_dpae"), identity->uuid_dpae) != 0) {
        (void)reject(reply, "uuid_dpae", "the UUID that was sent");
    }
}

static void reply_uuid(struct reply *reply, const char *key, char uuid[MESSAGE_UUID]) {
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    const char *text = reply_text(reply, key);
    const size_t length = strlen(text);
    if (length >= MESSAGE_UUID || strspn(text, allowed) != length) {
        (void)reject(reply, key, "a UUID");
        return;
    }
    memcpy(uuid, text, length + 1);
}

int message_parse_created(const char *body, size_t length, const struct message_identity *identity,
                          struct message_created *created, struct error *error) {
    struct reply reply;
    struct message_created read = {0};
    reply_open(&reply, "create", body, length, error);
    (void)escape_text(reply_text(&reply, "hostname_controller"), read.hostname_controller,
                      sizeof read.hostname_controller);
    reply_echo(&reply, identity);
    reply_uuid(&reply, "uuid_controller", read.uuid_controller);
    reply_mac(&reply, "dpae2ctrl_mac", read.dpae2ctrl_mac);
    reply_mac(&reply, "ctrl2dpae_mac", read.ctrl2dpae_mac);
    /* Smaller values are lengths (IEEE 802.3 section 3.2.6). */
    read.dpae_ethertype = (uint16_t)reply_number(&reply, "dpae_ethertype", 0x600, UINT16_MAX,
                                                 "a number from 1536 to 65535");
    if (reply.result == 0) {
        *created = read;
    }
    return reply_close(&reply);
}

int message_parse_location(const char *body, size_t length, const struct message_identity *identity,
                           struct message_location *place, struct error *error) {
    struct reply reply;
    struct message_location read = {0};
    double created;
    reply_open(&reply, "read", body, length, error);
    (void)reply_text(&reply, "hostname_dpae");
    reply_echo(&reply, identity);
    const struct yaml_node *time = reply_find(&reply, "time_created");
    if (time && !yaml_as_double(time, &created)) {
        (void)reject(&reply, "time_created", "a number");
    }
    if (reply.result == 0 &&
        (yaml_find(reply.root, "dpid") || yaml_find(reply.root, "switch_port"))) {
        read.known = true;
        read.dpid =
            reply_number(&reply, "dpid", 0, UINT64_MAX, "a whole number of at most 64 bits");
        read.switch_port = (uint32_t)reply_number(&reply, "switch_port", 0, UINT32_MAX,
                                                  "a whole number of at most 32 bits");
    }
    if (reply.result == 0) {
        *place = read;
    }
    return reply_close(&reply);
}

int message_parse_tc_state(const char *body, size_t length, const struct message_identity *identity,
                           enum policy_mode *mode, struct error *error) {
    struct reply reply;
    reply_open(&reply, "tc state", body, length, error);
    if (strcmp(reply_text(&reply, "status"), "tc_started") != 0) {
        (void)reject(&reply, "status", "tc_started");
    }
    const char *word = reply_text(&reply, "mode");
    const bool active = strcmp(word, "active") == 0;
    if (!active && strcmp(word, "passive") != 0) {
        (void)reject(&reply, "mode", "active or passive");
    }
    reply_echo(&reply, identity);
    if (reply.result == 0) {
        *mode = active ? POLICY_ACTIVE : POLICY_PASSIVE;
    }
    return reply_close(&reply);
}

bool message_is_confirmation(const char *payload, size_t length,
                             const struct message_identity *identity) {
    const struct {
        const char *key, *value;
    } ours[] = {{"hostname_dpae", identity->hostname_dpae},
                {"if_name", identity->if_name},
                {"uuid_dpae", identity->uuid_dpae},
                {"uuid_controller", identity->uuid_controller}};
    while (length > 0 && payload[length - 1] == '\0') {
        length--;
    }
    struct error error;
    struct reply reply;
    reply_open(&reply, "discovery", payload, length, &error);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcmp(reply_text(&reply, ours[i].key), ours[i].value) != 0) {
            (void)reject(&reply, ours[i].key, "ours");
        }
    }
    return reply_close(&reply) == 0;
}

size_t message_policy_text(const char *body, size_t length, char *text, size_t size) {
    char *inner = json_string_content(body, length);
    const char *from = inner ? inner : body;
    size_t length_used = inner ? strlen(inner) : length;
    if (length_used > size) {
        length_used = 0;
    }
    if (length_used > 0) {
        memcpy(text, from, length_used);
    }
    free(inner);
    return length_used;
}

#include "store/write_internal.h"

#include "base/escape.h"

#include <stdio.h>
#include <string.h>

enum { DNS_CNAME = 5 };

/* An identity as subject and object of a sentence. */
struct statement {
    char who[WRITE_TEXT_MAX], what[WRITE_TEXT_MAX];
};

static void format_ipv4(char *text, const uint8_t ip[4]) {
    uint8_t padded[16] = {0};
    char address[ADDRESS_IP_TEXT];
    memcpy(padded, ip, 4);
    snprintf(text, WRITE_TEXT_MAX, "%s", address_format_ip(padded, 4, address));
}

static void format_mac(char *text, const uint8_t mac[6]) {
    char address[ADDRESS_MAC_TEXT];
    snprintf(text, WRITE_TEXT_MAX, "%s", address_format_mac(mac, address));
}

static void copy_text(char *text, const char *what) {
    snprintf(text, WRITE_TEXT_MAX, "%s", what);
}

static void describe(const struct identity *identity, struct statement *statement) {
    char text[ADDRESS_IP_TEXT];
    switch (identity->kind) {
    case IDENTITY_ARP:
        format_ipv4(statement->who, identity->arp.sender_ip);
        format_mac(statement->what, identity->arp.sender_mac);
        break;
    case IDENTITY_NDP:
        copy_text(statement->who, address_format_ip(identity->ndp.target, 6, text));
        format_mac(statement->what, identity->ndp.target_mac);
        break;
    case IDENTITY_LLDP:
        format_mac(statement->who, identity->src_mac);
        copy_text(statement->what, identity->lldp.system_name);
        break;
    case IDENTITY_DNS:
        copy_text(statement->who, event_dns_answer(&identity->dns, text));
        copy_text(statement->what, identity->dns.name);
        break;
    case IDENTITY_DHCP:
        format_mac(statement->who, identity->dhcp.client_mac);
        copy_text(statement->what, identity->dhcp.host_name);
        break;
    case IDENTITY_KIND_COUNT:
        break;
    }
}

static bool put_lldp(bson_t *to, const struct identity_lldp *lldp) {
    return write_put_text_or_null(to, "port_id", lldp->port_id) &&
           write_put_text_or_null(to, "port_description", lldp->port_description) &&
           write_put_text_or_null(to, "management_address", lldp->management_address);
}

static bool put_dns(bson_t *to, const struct identity_dns *dns) {
    char type[EVENT_NUMBER_TEXT], client[ADDRESS_IP_TEXT];
    return write_put_text(to, "type", event_dns_type_name(dns->type, type)) &&
           BSON_APPEND_INT64(to, "ttl", dns->ttl) &&
           write_put_text(to, "client",
                          address_format_ip(dns->client, dns->client_version, client));
}

static bool put_dhcp(bson_t *to, const struct identity_dhcp *dhcp) {
    char type[EVENT_NUMBER_TEXT], requested[WRITE_TEXT_MAX], assigned[WRITE_TEXT_MAX],
        server[WRITE_TEXT_MAX];
    static const uint8_t none[4];
    format_ipv4(requested, dhcp->requested_ip);
    format_ipv4(assigned, dhcp->assigned_ip);
    format_ipv4(server, dhcp->server_ip);
    const char *message =
        dhcp->message_type ? event_dhcp_type_name(dhcp->message_type, type) : NULL;
    return write_put_text_or_null(to, "message_type", message) &&
           write_put_text_or_null(to, "requested_ip",
                                  memcmp(dhcp->requested_ip, none, 4) != 0 ? requested : NULL) &&
           write_put_text_or_null(to, "assigned_ip",
                                  memcmp(dhcp->assigned_ip, none, 4) != 0 ? assigned : NULL) &&
           write_put_text_or_null(to, "server_ip",
                                  memcmp(dhcp->server_ip, none, 4) != 0 ? server : NULL) &&
           BSON_APPEND_INT64(to, "lease", dhcp->lease_s) &&
           write_put_text_or_null(to, "vendor_class", dhcp->vendor_class);
}

static bool put_detail(bson_t *set, const struct identity *identity) {
    bson_t detail;
    bool put = BSON_APPEND_DOCUMENT_BEGIN(set, "detail", &detail);
    if (put && identity->kind == IDENTITY_LLDP) {
        put = put_lldp(&detail, &identity->lldp);
    } else if (put && identity->kind == IDENTITY_DNS) {
        put = put_dns(&detail, &identity->dns);
    } else if (put && identity->kind == IDENTITY_DHCP) {
        put = put_dhcp(&detail, &identity->dhcp);
    }
    return put && bson_append_document_end(set, &detail);
}

/* The same statement from the same source is one document. Only the last part of the key may
 * contain blanks. */
static bool put_filter(bson_t *write, const struct identity *identity,
                       const struct statement *statement, const char *mac,
                       const struct write_source *source) {
    char id[2 * WRITE_TEXT_MAX + WRITE_ID_MAX], safe[4 * sizeof id];
    bson_t filter;
    snprintf(id, sizeof id, "%.300s %s %s %s %s", source->dpae_id,
             identity_kind_name(identity->kind), mac, statement->who, statement->what);
    escape_text(id, safe, sizeof safe);
    return BSON_APPEND_DOCUMENT_BEGIN(write, "q", &filter) &&
           BSON_APPEND_UTF8(&filter, "_id", safe) && bson_append_document_end(write, &filter);
}

static bool put_time(bson_t *update, const char *operator, const char * key, uint64_t ns) {
    bson_t part;
    return BSON_APPEND_DOCUMENT_BEGIN(update, operator, & part) &&
           BSON_APPEND_DOUBLE(&part, key, write_seconds(ns)) &&
           bson_append_document_end(update, &part);
}

bool write_put_identity(bson_t *write, const struct identity *identity,
                        const struct write_source *source, uint64_t now_ns) {
    struct statement statement = {0};
    char mac[ADDRESS_MAC_TEXT];
    bson_t update, set;
    address_format_mac(identity->src_mac, mac);
    describe(identity, &statement);
    return put_filter(write, identity, &statement, mac, source) &&
           BSON_APPEND_DOCUMENT_BEGIN(write, "u", &update) &&
           put_time(&update, "$min", "first_seen", identity->time_ns) &&
           put_time(&update, "$max", "last_seen", identity->time_ns) &&
           BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set) &&
           write_put_text(&set, "who", statement.who) &&
           write_put_text_or_null(&set, "what", statement.what) &&
           write_put_text(&set, "source", identity_kind_name(identity->kind)) &&
           write_put_text(&set, "src_mac", mac) && put_detail(&set, identity) &&
           write_put_source(&set, source, now_ns) && bson_append_document_end(&update, &set) &&
           bson_append_document_end(write, &update);
}

#include "base/address.h"
#include "base/json.h"
#include "control/message.h"

#include <stdio.h>
#include <string.h>

char *message_verdict_body(const struct event_verdict *verdict, bool all, bool *skipped) {
    const struct ends *ends = &verdict->ends;
    *skipped = !all && (ends->ip_version != 4 || ends->proto != IP_PROTO_TCP);
    if (*skipped) {
        return NULL;
    }
    const bool treated = (verdict->actions & EVENT_TREATMENT) != 0;
    char proto[ENDS_PROTO_TEXT], ip[ADDRESS_IP_TEXT];
    struct json object;
    json_open_object(&object);
    json_put_text(&object, "type", event_actions_name(verdict->actions));
    json_put_text(&object, "subtype", "none");
    json_put_text(&object, "ip_A", address_format_ip(ends->ip_a, ends->ip_version, ip));
    json_put_text(&object, "ip_B", address_format_ip(ends->ip_b, ends->ip_version, ip));
    json_put_text(&object, "proto", ends_proto_name(ends->proto, proto));
    json_put_number(&object, "tp_A", ends->port_a);
    json_put_number(&object, "tp_B", ends->port_b);
    json_put_number(&object, "flow_packets", verdict->flow_packets);
    json_put_number(&object, "actions", treated);
    if (treated) {
        json_put_text(&object, "qos_treatment", treatment_name(verdict->treatment));
    }
    return json_close(&object);
}

static const char *ipv4_text(const uint8_t ip[4], char text[ADDRESS_IP_TEXT]) {
    uint8_t padded[16] = {0};
    memcpy(padded, ip, 4);
    return address_format_ip(padded, 4, text);
}

static void put_arp(struct json *object, const struct identity_arp *arp) {
    char spa[ADDRESS_IP_TEXT], sha[ADDRESS_MAC_TEXT], tpa[ADDRESS_IP_TEXT], tha[ADDRESS_MAC_TEXT];
    char text[sizeof spa + sizeof sha + sizeof tpa + sizeof tha];
    snprintf(text, sizeof text, "%s,%s,%s,%s", ipv4_text(arp->sender_ip, spa),
             address_format_mac(arp->sender_mac, sha), ipv4_text(arp->target_ip, tpa),
             address_format_mac(arp->target_mac, tha));
    json_put_text(object, "detail1", text);
}

static void put_dns(struct json *list, const struct identity_dns *dns) {
    char type[EVENT_NUMBER_TEXT], address[ADDRESS_IP_TEXT];
    struct json record;
    json_open_object(&record);
    json_put_text(&record, "type", event_dns_type_name(dns->type, type));
    json_put_text(&record, "name", dns->name);
    json_put_text(&record, "address", event_dns_answer(dns, address));
    json_put_number(&record, "ttl", dns->ttl);
    json_put(list, NULL, &record);
}

static void put_ipv4_or_null(struct json *object, const char *key, const uint8_t ip[4]) {
    char text[ADDRESS_IP_TEXT];
    const bool is_set = ip[0] | ip[1] | ip[2] | ip[3];
    json_put_text_or_null(object, key, is_set ? ipv4_text(ip, text) : NULL);
}

/* Uses the names of the event lines (docs/jsonl.md), so that one reader handles both. */
static void put_dhcp(struct json *object, const struct identity_dhcp *dhcp) {
    char type[EVENT_NUMBER_TEXT], mac[ADDRESS_MAC_TEXT];
    struct json detail;
    json_open_object(&detail);
    json_put_text_or_null(&detail, "message_type",
                          dhcp->message_type ? event_dhcp_type_name(dhcp->message_type, type)
                                             : NULL);
    json_put_text(&detail, "client_mac", address_format_mac(dhcp->client_mac, mac));
    put_ipv4_or_null(&detail, "requested_ip", dhcp->requested_ip);
    put_ipv4_or_null(&detail, "assigned_ip", dhcp->assigned_ip);
    put_ipv4_or_null(&detail, "server_ip", dhcp->server_ip);
    json_put_number_or_null(&detail, "lease", dhcp->lease_s, dhcp->lease_s);
    json_put_text_or_null(&detail, "host_name", dhcp->host_name);
    json_put_text_or_null(&detail, "vendor_class", dhcp->vendor_class);
    json_put(object, "detail1", &detail);
}

static bool is_supported(const struct identity *identity) {
    switch (identity->kind) {
    case IDENTITY_ARP:
    case IDENTITY_DNS:
    case IDENTITY_DHCP:
        return true;
    case IDENTITY_LLDP: /* a null name makes the controller answer 500 */
        return identity->lldp.system_name[0] != '\0';
    case IDENTITY_NDP:
    case IDENTITY_KIND_COUNT:
        break;
    }
    return false;
}

/* Answers of one DNS message go together. */
static void put_answers(struct json *object, const struct identity *const *identities,
                        size_t count) {
    struct json list;
    json_open_list(&list);
    for (size_t i = 0; i < count; i++) {
        put_dns(&list, &identities[i]->dns);
    }
    json_put(object, "detail1", &list);
}

/* What the first identity says; of answers all of them. */
static void put_detail(struct json *object, const struct identity *const *identities,
                       size_t count) {
    const struct identity *identity = identities[0];
    switch (identity->kind) {
    case IDENTITY_ARP:
        put_arp(object, &identity->arp);
        break;
    case IDENTITY_LLDP:
        json_put_text(object, "detail1", identity->lldp.system_name);
        break;
    case IDENTITY_DNS:
        put_answers(object, identities, count);
        break;
    case IDENTITY_DHCP:
        put_dhcp(object, &identity->dhcp);
        break;
    case IDENTITY_NDP:
    case IDENTITY_KIND_COUNT:
        break;
    }
}

char *message_identity_body(const struct identity *const *identities, size_t count, bool *skipped) {
    const struct identity *first = identities[0];
    *skipped = !is_supported(first);
    if (*skipped) {
        return NULL;
    }
    char mac[ADDRESS_MAC_TEXT];
    struct json object;
    json_open_object(&object);
    json_put_text(&object, "type", "id");
    json_put_text(&object, "subtype", identity_kind_name(first->kind));
    json_put_text(&object, "src_mac", address_format_mac(first->src_mac, mac));
    put_detail(&object, identities, count);
    return json_close(&object);
}

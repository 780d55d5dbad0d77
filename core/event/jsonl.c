#include "base/address.h"
#include "base/json.h"
#include "event/format.h"
#include "flow/flow.h"
#include "policy/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_seconds(struct json *object, const char *key, uint64_t ns) {
    json_put_seconds(object, key, ns, 9);
}

static void put_ip(struct json *object, const char *key, const uint8_t ip[16], int version) {
    char text[ADDRESS_IP_TEXT];
    json_put_text(object, key, address_format_ip(ip, version, text));
}

static void put_ipv4_or_null(struct json *object, const char *key, const uint8_t ip[4]) {
    uint8_t padded[16] = {0};
    char text[ADDRESS_IP_TEXT];
    memcpy(padded, ip, 4);
    const bool is_set = ip[0] | ip[1] | ip[2] | ip[3];
    json_put_text_or_null(object, key, is_set ? address_format_ip(padded, 4, text) : NULL);
}

static void put_mac_or_null(struct json *object, const char *key, const uint8_t mac[6]) {
    char text[ADDRESS_MAC_TEXT];
    const bool is_set = mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5];
    json_put_text_or_null(object, key, is_set ? address_format_mac(mac, text) : NULL);
}

static void put_hash(struct json *object, uint64_t hash) {
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    json_put_text(object, "hash", text);
}

static void put_treatment(struct json *object, uint8_t treatment, const char *classifier) {
    const bool given = treatment != TREATMENT_NONE;
    json_put_text_or_null(object, "qos_treatment", given ? treatment_name(treatment) : NULL);
    json_put_text_or_null(object, "classifier", classifier);
}

static void put_source(struct json *object, uint32_t generation, uint64_t source) {
    char text[17];
    const bool known = generation != 0;
    snprintf(text, sizeof text, "%016" PRIx64, source);
    json_put_number_or_null(object, "generation", known, generation);
    json_put_text_or_null(object, "source", known ? text : NULL);
}

/* The flow of a packet; A is the packet's sender. */
static void put_flow(struct json *object, uint64_t hash, const struct ends *ends,
                     uint64_t flow_packets) {
    char proto[ENDS_PROTO_TEXT];
    put_hash(object, hash);
    put_ip(object, "ip_A", ends->ip_a, ends->ip_version);
    put_ip(object, "ip_B", ends->ip_b, ends->ip_version);
    json_put_text(object, "proto", ends_proto_name(ends->proto, proto));
    json_put_number(object, "tp_A", ends->port_a);
    json_put_number(object, "tp_B", ends->port_b);
    json_put_number(object, "flow_packets", flow_packets);
}

static void put_no_flow(struct json *object) {
    static const char *const keys[] = {"hash", "ip_A", "ip_B",        "proto",
                                       "tp_A", "tp_B", "flow_packets"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_put_null(object, keys[i]);
    }
}

static void put_verdict(struct json *object, const struct event_verdict *verdict) {
    json_put_text(object, "action", event_actions_name(verdict->actions));
    put_flow(object, verdict->hash, &verdict->ends, verdict->flow_packets);
    put_treatment(object, verdict->treatment, verdict->classifier);
    put_source(object, verdict->generation, verdict->source);
    json_put_text_or_null(object, "why", verdict->why);
}

static void put_script_error(struct json *object, const struct event_script_error *error) {
    if (error->ends.ip_version) {
        put_flow(object, error->hash, &error->ends, error->flow_packets);
    } else {
        put_no_flow(object);
    }
    json_put_text(object, "classifier", error->classifier);
    put_source(object, error->generation, error->source);
    json_put_bool(object, "candidate", error->candidate);
    json_put_text(object, "file", error->file);
    json_put_number_or_null(object, "line", error->line, error->line);
    json_put_text(object, "message", error->message);
    json_put_text_or_null(object, "source_line", error->source_line);
    json_put_number(object, "errors", error->errors);
}

static void put_arp(struct json *object, const struct identity_arp *arp) {
    uint8_t sender[16] = {0}, target[16] = {0};
    memcpy(sender, arp->sender_ip, sizeof arp->sender_ip);
    memcpy(target, arp->target_ip, sizeof arp->target_ip);
    char spa[ADDRESS_IP_TEXT], sha[ADDRESS_MAC_TEXT], tpa[ADDRESS_IP_TEXT], tha[ADDRESS_MAC_TEXT];
    char text[sizeof spa + sizeof sha + sizeof tpa + sizeof tha];
    snprintf(text, sizeof text, "%s,%s,%s,%s", address_format_ip(sender, 4, spa),
             address_format_mac(arp->sender_mac, sha), address_format_ip(target, 4, tpa),
             address_format_mac(arp->target_mac, tha));
    json_put_text(object, "detail1", text);
    json_put_number(object, "operation", arp->operation);
}

static void put_lldp(struct json *object, const struct identity_lldp *lldp) {
    json_put_text(object, "detail1", lldp->system_name);
    json_put_text_or_null(object, "port_id", lldp->port_id);
    json_put_text_or_null(object, "port_description", lldp->port_description);
    json_put_text_or_null(object, "management_address", lldp->management_address);
}

static void put_dns(struct json *object, const struct identity_dns *dns) {
    struct json records, record;
    char type[EVENT_NUMBER_TEXT], address[ADDRESS_IP_TEXT];
    json_open_list(&records);
    json_open_object(&record);
    json_put_text(&record, "type", event_dns_type_name(dns->type, type));
    json_put_text(&record, "name", dns->name);
    json_put_text(&record, "address", event_dns_answer(dns, address));
    json_put_number(&record, "ttl", dns->ttl);
    json_put(&records, NULL, &record);
    json_put(object, "detail1", &records);
    put_ip(object, "client", dns->client, dns->client_version);
}

static void put_dhcp(struct json *object, const struct identity_dhcp *dhcp) {
    struct json detail;
    char type[EVENT_NUMBER_TEXT];
    json_open_object(&detail);
    json_put_text_or_null(&detail, "message_type",
                          dhcp->message_type ? event_dhcp_type_name(dhcp->message_type, type)
                                             : NULL);
    put_mac_or_null(&detail, "client_mac", dhcp->client_mac);
    put_ipv4_or_null(&detail, "requested_ip", dhcp->requested_ip);
    put_ipv4_or_null(&detail, "assigned_ip", dhcp->assigned_ip);
    put_ipv4_or_null(&detail, "server_ip", dhcp->server_ip);
    json_put_number_or_null(&detail, "lease", dhcp->lease_s, dhcp->lease_s);
    json_put_text_or_null(&detail, "host_name", dhcp->host_name);
    json_put_text_or_null(&detail, "vendor_class", dhcp->vendor_class);
    json_put(object, "detail1", &detail);
}

static void put_ndp(struct json *object, const struct identity_ndp *ndp) {
    char ip[ADDRESS_IP_TEXT], mac[ADDRESS_MAC_TEXT], text[sizeof ip + sizeof mac];
    snprintf(text, sizeof text, "%s,%s", address_format_ip(ndp->target, 6, ip),
             address_format_mac(ndp->target_mac, mac));
    json_put_text(object, "detail1", text);
}

static void put_identity(struct json *object, const struct identity *identity) {
    json_put_text(object, "subtype", identity_kind_name(identity->kind));
    put_mac_or_null(object, "src_mac", identity->src_mac);
    switch (identity->kind) {
    case IDENTITY_ARP:
        put_arp(object, &identity->arp);
        break;
    case IDENTITY_LLDP:
        put_lldp(object, &identity->lldp);
        break;
    case IDENTITY_DNS:
        put_dns(object, &identity->dns);
        break;
    case IDENTITY_DHCP:
        put_dhcp(object, &identity->dhcp);
        break;
    case IDENTITY_NDP:
        put_ndp(object, &identity->ndp);
        break;
    case IDENTITY_KIND_COUNT:
        break;
    }
}

static void put_kept_time(struct json *list, const struct event_kept_packet *kept) {
    put_seconds(list, NULL, kept->time_ns);
}

static void put_kept_flags(struct json *list, const struct event_kept_packet *kept) {
    json_put_number(list, NULL, kept->tcp_flags);
}

static void put_kept_length(struct json *list, const struct event_kept_packet *kept) {
    json_put_number(list, NULL, kept->length);
}

static void put_kept_direction(struct json *list, const struct event_kept_packet *kept) {
    json_put_text(list, NULL, kept->from_client ? "c2s" : "s2c");
}

static void put_kept(struct json *object, const char *key, const struct event_flow_end *flow,
                     void (*put_value)(struct json *list, const struct event_kept_packet *kept)) {
    struct json list;
    json_open_list(&list);
    for (uint32_t i = 0; i < flow->kept_count && i < EVENT_KEPT_MAX; i++) {
        put_value(&list, &flow->kept[i]);
    }
    json_put(object, key, &list);
}

static void put_flow_end(struct json *object, const struct event_flow_end *flow) {
    const struct ends *ends = &flow->ends;
    const char *verified = event_verified_name(flow->verified);
    char proto[ENDS_PROTO_TEXT];
    put_hash(object, flow->hash);
    put_ip(object, "ip_A", ends->ip_a, ends->ip_version);
    put_ip(object, "ip_B", ends->ip_b, ends->ip_version);
    json_put_number(object, "port_A", ends->port_a);
    json_put_number(object, "port_B", ends->port_b);
    json_put_text(object, "proto", ends_proto_name(ends->proto, proto));
    json_put_bool(object, "finalised", flow->finalised);
    json_put_number(object, "packet_count", flow->packets[0] + flow->packets[1]);
    put_kept(object, "packet_timestamps", flow, put_kept_time);
    put_kept(object, "tcp_flags", flow, put_kept_flags);
    put_kept(object, "packet_lengths", flow, put_kept_length);
    put_kept(object, "packet_directions", flow, put_kept_direction);
    put_ip(object, "client", ends->ip_a, ends->ip_version);
    put_ip(object, "server", ends->ip_b, ends->ip_version);
    if (verified) {
        json_put_text(object, "verified_direction", verified);
    } else {
        json_put_bool(object, "verified_direction", false);
    }
    json_put_number(object, "suppressed", flow->suppressed);
    put_seconds(object, "start_time", flow->start_ns);
    put_seconds(object, "end_time", flow->end_ns);
    json_put_text(object, "end_reason", flow_end_reason_name(flow->reason));
    json_put_number(object, "packets_c2s", flow->packets[0]);
    json_put_number(object, "packets_s2c", flow->packets[1]);
    json_put_number(object, "bytes_c2s", flow->bytes[0]);
    json_put_number(object, "bytes_s2c", flow->bytes[1]);
    json_put_number(object, "retransmissions", flow->retransmissions);
    json_put_number(object, "gaps_c2s", flow->gaps[0]);
    json_put_number(object, "gaps_s2c", flow->gaps[1]);
    json_put_number(object, "vlan_c2s", flow->vlan[0]);
    json_put_number(object, "vlan_s2c", flow->vlan[1]);
    json_put_number(object, "max_packet_size", flow->max_packet_size);
    put_seconds(object, "max_interpacket_interval", flow->max_interval_ns);
    put_seconds(object, "min_interpacket_interval", flow->min_interval_ns);
    put_treatment(object, flow->treatment, flow->classifier);
}

static void put_decision(struct json *object, const char *const keys[2], uint8_t treatment,
                         uint64_t flow_packets) {
    const bool decided = treatment != TREATMENT_NONE;
    json_put_text_or_null(object, keys[0], decided ? treatment_name(treatment) : NULL);
    json_put_number_or_null(object, keys[1], decided, flow_packets);
}

static void put_shadow(struct json *object, const struct event_shadow *shadow) {
    static const char *const incumbent[] = {"qos_treatment", "flow_packets"};
    static const char *const candidate[] = {"candidate_qos_treatment", "candidate_flow_packets"};
    const struct ends *ends = &shadow->ends;
    char proto[ENDS_PROTO_TEXT];
    put_hash(object, shadow->hash);
    put_ip(object, "ip_A", ends->ip_a, ends->ip_version);
    put_ip(object, "ip_B", ends->ip_b, ends->ip_version);
    json_put_number(object, "port_A", ends->port_a);
    json_put_number(object, "port_B", ends->port_b);
    json_put_text(object, "proto", ends_proto_name(ends->proto, proto));
    put_seconds(object, "start_time", shadow->start_ns);
    json_put_text(object, "classifier", shadow->classifier);
    put_decision(object, incumbent, shadow->treatment, shadow->flow_packets);
    json_put_text(object, "candidate", shadow->candidate);
    put_decision(object, candidate, shadow->candidate_treatment, shadow->candidate_flow_packets);
}

int jsonl_format(const struct event *event, char *text, size_t size) {
    struct json object;
    json_open_object(&object);
    json_put_text(&object, "type", event_kind_name(event->kind));
    put_seconds(&object, "time", event->time_ns);
    json_put_number(&object, "packet", event->packet);
    switch (event->kind) {
    case EVENT_VERDICT:
        put_verdict(&object, &event->verdict);
        break;
    case EVENT_IDENTITY:
        put_identity(&object, &event->identity);
        break;
    case EVENT_FLOW_END:
        put_flow_end(&object, &event->flow_end);
        break;
    case EVENT_SHADOW:
        put_shadow(&object, &event->shadow);
        break;
    case EVENT_SCRIPT_ERROR:
        put_script_error(&object, &event->script_error);
        break;
    case EVENT_FLOW_STATE: /* event_write() skips it */
    case EVENT_KIND_COUNT:
        break;
    }
    return json_close_into(&object, text, size);
}

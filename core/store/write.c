#include "store/write.h"

#include "base/clock.h"
#include "base/escape.h"
#include "flow/flow.h"
#include "policy/policy.h"
#include "store/write_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MS_PER_DAY INT64_C(86400000)
#define ESCAPED    4 /* maximum expansion by escape_text() */

double write_seconds(uint64_t ns) {
    /* Converts through the same text as JSON lines, so that both round alike. */
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64 ".%09" PRIu64, ns / (uint64_t)NS_PER_S,
             ns % (uint64_t)NS_PER_S);
    return strtod(text, NULL);
}

bool write_put_text(bson_t *to, const char *key, const char *text) {
    char safe[WRITE_TEXT_MAX * ESCAPED];
    escape_text(text, safe, sizeof safe);
    return BSON_APPEND_UTF8(to, key, safe);
}

bool write_put_text_or_null(bson_t *to, const char *key, const char *text) {
    return text && *text ? write_put_text(to, key, text) : BSON_APPEND_NULL(to, key);
}

static bool put_number(bson_t *to, const char *key, uint64_t number) {
    return BSON_APPEND_INT64(to, key, number < INT64_MAX ? (int64_t)number : INT64_MAX);
}

static bool put_small(bson_t *to, const char *key, uint32_t number) {
    return BSON_APPEND_INT32(to, key, number < INT32_MAX ? (int32_t)number : INT32_MAX);
}

static bool put_seconds(bson_t *to, const char *key, uint64_t ns) {
    return BSON_APPEND_DOUBLE(to, key, write_seconds(ns));
}

static bool put_ip(bson_t *to, const char *key, const uint8_t ip[16], int version) {
    char text[ADDRESS_IP_TEXT];
    return write_put_text(to, key, address_format_ip(ip, version, text));
}

static bool put_treatment(bson_t *to, uint8_t treatment, const char *classifier) {
    const char *name = treatment != TREATMENT_NONE ? treatment_name(treatment) : NULL;
    return write_put_text_or_null(to, "qos_treatment", name) &&
           write_put_text_or_null(to, "classifier", classifier);
}

void write_flow_id(const char *dpae_id, uint64_t hash, uint64_t start_ns, char id[WRITE_ID_MAX]) {
    snprintf(id, WRITE_ID_MAX, "%.300s/%016" PRIx64 "/%" PRIu64 ".%09" PRIu64, dpae_id, hash,
             start_ns / (uint64_t)NS_PER_S, start_ns % (uint64_t)NS_PER_S);
}

bool write_put_source(bson_t *to, const struct write_source *source, uint64_t now_ns) {
    const int64_t now_ms = (int64_t)(now_ns / NS_PER_MS);
    bool put = write_put_text(to, "dpae_id", source->dpae_id) &&
               write_put_text(to, "interface", source->interface) &&
               BSON_APPEND_DATE_TIME(to, "run", (int64_t)(source->run_ns / NS_PER_MS)) &&
               BSON_APPEND_DATE_TIME(to, "stored_at", now_ms);
    if (put && source->retention_days > 0) {
        put = BSON_APPEND_DATE_TIME(to, "expires_at",
                                    now_ms + (int64_t)source->retention_days * MS_PER_DAY);
    }
    return put;
}

enum kept_field { KEPT_TIME, KEPT_FLAGS, KEPT_LENGTH, KEPT_DIRECTION };

static bool put_kept(bson_t *to, const char *name, const struct event_flow_end *flow,
                     enum kept_field field) {
    bson_t array;
    bool put = BSON_APPEND_ARRAY_BEGIN(to, name, &array);
    for (uint32_t i = 0; put && i < flow->kept_count && i < EVENT_KEPT_MAX; i++) {
        const struct event_kept_packet *kept = &flow->kept[i];
        const char *key;
        char buffer[16];
        bson_uint32_to_string(i, &key, buffer, sizeof buffer);
        switch (field) {
        case KEPT_TIME:
            put = put_seconds(&array, key, kept->time_ns);
            break;
        case KEPT_FLAGS:
            put = put_small(&array, key, kept->tcp_flags);
            break;
        case KEPT_LENGTH:
            put = put_small(&array, key, kept->length);
            break;
        case KEPT_DIRECTION:
            put = BSON_APPEND_UTF8(&array, key, kept->from_client ? "c2s" : "s2c");
            break;
        }
    }
    return put && bson_append_array_end(to, &array);
}

static bool put_ends(bson_t *to, const struct event_flow_end *flow) {
    const struct ends *ends = &flow->ends;
    char hash[17], proto[EVENT_NUMBER_TEXT];
    snprintf(hash, sizeof hash, "%016" PRIx64, flow->hash);
    return BSON_APPEND_UTF8(to, "hash", hash) && put_ip(to, "ip_A", ends->ip_a, ends->ip_version) &&
           put_ip(to, "ip_B", ends->ip_b, ends->ip_version) &&
           put_small(to, "port_A", ends->port_a) && put_small(to, "port_B", ends->port_b) &&
           BSON_APPEND_UTF8(to, "proto", ends_proto_name(ends->proto, proto));
}

static bool put_packets(bson_t *to, const struct event_flow_end *flow) {
    return BSON_APPEND_BOOL(to, "finalised", flow->finalised) &&
           put_number(to, "packet_count", flow->packets[0] + flow->packets[1]) &&
           put_kept(to, "packet_timestamps", flow, KEPT_TIME) &&
           put_kept(to, "tcp_flags", flow, KEPT_FLAGS) &&
           put_kept(to, "packet_lengths", flow, KEPT_LENGTH) &&
           put_kept(to, "packet_directions", flow, KEPT_DIRECTION);
}

static bool put_direction(bson_t *to, const struct event_flow_end *flow) {
    const struct ends *ends = &flow->ends;
    const char *verified = event_verified_name(flow->verified);
    return put_ip(to, "client", ends->ip_a, ends->ip_version) &&
           put_ip(to, "server", ends->ip_b, ends->ip_version) &&
           (verified ? BSON_APPEND_UTF8(to, "verified_direction", verified)
                     : BSON_APPEND_BOOL(to, "verified_direction", false)) &&
           put_number(to, "suppressed", flow->suppressed);
}

static bool put_counters(bson_t *to, const struct event_flow_end *flow) {
    return put_seconds(to, "start_time", flow->start_ns) &&
           put_seconds(to, "end_time", flow->end_ns) &&
           put_number(to, "packets_c2s", flow->packets[0]) &&
           put_number(to, "packets_s2c", flow->packets[1]) &&
           put_number(to, "bytes_c2s", flow->bytes[0]) &&
           put_number(to, "bytes_s2c", flow->bytes[1]) &&
           put_number(to, "retransmissions", flow->retransmissions) &&
           put_small(to, "gaps_c2s", flow->gaps[0]) && put_small(to, "gaps_s2c", flow->gaps[1]) &&
           put_small(to, "vlan_c2s", flow->vlan[0]) && put_small(to, "vlan_s2c", flow->vlan[1]) &&
           put_small(to, "max_packet_size", flow->max_packet_size) &&
           put_seconds(to, "max_interpacket_interval", flow->max_interval_ns) &&
           put_seconds(to, "min_interpacket_interval", flow->min_interval_ns);
}

static bool put_verdict(bson_t *array, const char *key, const struct write_verdict *verdict) {
    bson_t item;
    return BSON_APPEND_DOCUMENT_BEGIN(array, key, &item) &&
           put_seconds(&item, "time", verdict->time_ns) &&
           put_number(&item, "packet", verdict->packet) &&
           BSON_APPEND_UTF8(&item, "action", event_actions_name(verdict->actions)) &&
           put_number(&item, "flow_packets", verdict->flow_packets) &&
           put_treatment(&item, verdict->treatment, verdict->classifier) &&
           bson_append_document_end(array, &item);
}

/* $addToSet: a verdict that is written again is stored once. */
static bool put_verdicts(bson_t *update, const struct write_verdict *verdicts, size_t count) {
    bson_t add, set, each;
    bool put = BSON_APPEND_DOCUMENT_BEGIN(update, "$addToSet", &add) &&
               BSON_APPEND_DOCUMENT_BEGIN(&add, "verdicts", &set) &&
               BSON_APPEND_ARRAY_BEGIN(&set, "$each", &each);
    for (size_t i = 0; put && i < count; i++) {
        const char *key;
        char buffer[16];
        bson_uint32_to_string((uint32_t)i, &key, buffer, sizeof buffer);
        put = put_verdict(&each, key, &verdicts[i]);
    }
    return put && bson_append_array_end(&set, &each) && bson_append_document_end(&add, &set) &&
           bson_append_document_end(update, &add);
}

static bool put_flow_filter(bson_t *write, const struct event_flow_end *flow, bool open,
                            const struct write_source *source) {
    char id[WRITE_ID_MAX];
    bson_t filter;
    write_flow_id(source->dpae_id, flow->hash, flow->start_ns, id);
    return BSON_APPEND_DOCUMENT_BEGIN(write, "q", &filter) && write_put_text(&filter, "_id", id) &&
           /* For a flow that has ended, this does not match, and the insertion that follows is
            * refused as a duplicate. */
           (!open || BSON_APPEND_NULL(&filter, "end_reason")) &&
           bson_append_document_end(write, &filter);
}

/* $set comes last and always changes a field (stored_at): FerretDB 1.18 drops the whole update
 * if its last operator changes nothing. */
static bool put_flow(bson_t *write, const struct event_flow_end *flow, bool open,
                     const struct write_verdict *verdicts, size_t count,
                     const struct write_source *source, uint64_t now_ns) {
    bson_t update, set;
    return put_flow_filter(write, flow, open, source) &&
           BSON_APPEND_DOCUMENT_BEGIN(write, "u", &update) &&
           put_verdicts(&update, verdicts, count) &&
           BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set) && put_ends(&set, flow) &&
           put_packets(&set, flow) && put_direction(&set, flow) && put_counters(&set, flow) &&
           put_treatment(&set, flow->treatment, flow->classifier) &&
           (open || BSON_APPEND_UTF8(&set, "end_reason",
                                     flow_end_reason_name((enum flow_end_reason)flow->reason))) &&
           write_put_source(&set, source, now_ns) && bson_append_document_end(&update, &set) &&
           bson_append_document_end(write, &update);
}

int write_make(const struct event *event, const struct write_verdict *verdicts, size_t count,
               const struct write_source *source, uint64_t now_ns, struct store_write *write) {
    const bool identity = event->kind == EVENT_IDENTITY;
    const bool open = event->kind == EVENT_FLOW_STATE;
    *write = (struct store_write){0};
    if (!identity && !open && event->kind != EVENT_FLOW_END) {
        return -EINVAL;
    }
    bson_t bson = BSON_INITIALIZER;
    bool made = BSON_APPEND_INT32(&bson, "c", identity ? STORE_IDENTITIES : STORE_FLOWS) &&
                BSON_APPEND_BOOL(&bson, "o", open);
    if (made && identity) {
        made = write_put_identity(&bson, &event->identity, source, now_ns);
    } else if (made) {
        made = put_flow(&bson, &event->flow_end, open, verdicts, count, source, now_ns);
    }
    write->bytes = malloc(bson.len);
    if (write->bytes && made) {
        memcpy(write->bytes, bson_get_data(&bson), bson.len);
        write->size = bson.len;
    } else {
        write_free(write);
    }
    bson_destroy(&bson);
    return write->bytes ? 0 : -ENOMEM;
}

void write_free(struct store_write *write) {
    free(write->bytes);
    *write = (struct store_write){0};
}

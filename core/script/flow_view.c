#include "script/flow_view.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/export.h"
#include "base/nearest.h"
#include "flow/flow_table.h"
#include "identity/names.h"

#include <string.h>

static const struct flow_context *context_of(const struct flow_view *view) {
    return (const struct flow_context *)(const void *)view;
}

static bool in_shadow(const struct flow_context *context) {
    return context->current && *context->current == context->shadow;
}

static double seconds(uint64_t ns) {
    return (double)ns / (double)NS_PER_S;
}

void flow_view_set(struct flow_context *context, const struct flow_table *table, struct flow *flow,
                   unsigned end, const struct packet *packet) {
    struct flow_view *view = &context->view;
    const unsigned client = flow_client_end(flow);
    const bool tcp = flow->proto == IP_PROTO_TCP;
    const bool payload = tcp || flow->proto == IP_PROTO_UDP;
    context->packet = packet;
    context->table = table;
    context->flow = flow;
    context->end = end;

    view->serial++;
    view->packet_length = packet->length;
    view->payload_length = payload ? packet->payload_length : 0;
    view->src_port = flow->port[end];
    view->dst_port = flow->port[!end];
    view->tcp_src = tcp ? flow->port[end] : 0;
    view->tcp_dst = tcp ? flow->port[!end] : 0;
    view->tcp_seq = packet->tcp_seq;
    view->tcp_acq = packet->tcp_ack;
    view->tcp_flags = packet->tcp_flags;
    view->ip_version = flow->flags & FLOW_IPV6 ? 6 : 4;
    view->proto = flow->proto;
    view->from_client = end == client;
    view->vlan = packet->vlan;

    view->packets_c2s = (double)flow_end_packets(flow, client);
    view->packets_s2c = (double)flow_end_packets(flow, !client);
    view->packet_count = view->packets_c2s + view->packets_s2c;
    view->bytes_c2s = (double)flow_end_bytes(flow, client);
    view->bytes_s2c = (double)flow_end_bytes(flow, !client);
    view->suppressed = flow->suppressed;
    view->retransmissions = flow->retransmissions;
    view->slot = flow_slot(table, flow);
    view->finalised = false;
}

DPAE_EXPORT double dpae_flow_time(const struct flow_view *view) {
    return seconds(context_of(view)->packet->time_ns);
}

DPAE_EXPORT double dpae_flow_start_time(const struct flow_view *view) {
    const struct flow_context *context = context_of(view);
    return seconds(flow_start_ns(context->table, context->flow));
}

DPAE_EXPORT double dpae_flow_max_packet_size(const struct flow_view *view) {
    return (double)context_of(view)->flow->max_packet_size;
}

DPAE_EXPORT double dpae_flow_max_interval(const struct flow_view *view) {
    return seconds(flow_max_interval_ns(context_of(view)->flow));
}

DPAE_EXPORT double dpae_flow_min_interval(const struct flow_view *view) {
    return seconds(flow_min_interval_ns(context_of(view)->flow));
}

DPAE_EXPORT int dpae_flow_verified(const struct flow_view *view) {
    const unsigned flags = context_of(view)->flow->flags;
    return flags & FLOW_VERIFIED_SYN ? 1 : flags & FLOW_VERIFIED_SYNACK ? 2 : 0;
}

DPAE_EXPORT void dpae_flow_suppress(struct flow_view *view) {
    const struct flow_context *context = context_of(view);
    struct flow *flow = context->flow;
    if (in_shadow(context)) {
        return;
    }
    const uint64_t count = flow_packet_count(flow);
    flow->suppressed = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    view->suppressed = flow->suppressed;
}

DPAE_EXPORT int dpae_flow_mark_state(const struct flow_view *view) {
    struct flow *flow = context_of(view)->flow;
    const bool marked = flow->flags & FLOW_SCRIPT_STATE;
    flow->flags |= FLOW_SCRIPT_STATE;
    return marked;
}

DPAE_EXPORT int dpae_flow_keeps_state(const struct flow_view *view, uint32_t slot) {
    const struct flow *flow = flow_in_slot(context_of(view)->table, slot);
    return flow && flow->flags & FLOW_SCRIPT_STATE;
}

DPAE_EXPORT int dpae_flow_address(const struct flow_view *view, int which, char *text) {
    const struct flow_context *context = context_of(view);
    const unsigned first = which < 2 ? context->end : flow_client_end(context->flow);
    const unsigned end = which & 1 ? !first : first;
    address_format_ip(context->flow->address[end], flow_ip_version(context->flow), text);
    return (int)strlen(text);
}

DPAE_EXPORT int dpae_flow_server_name(const struct flow_view *view, char *text) {
    const struct flow_context *context = context_of(view);
    const struct flow *flow = context->flow;
    const unsigned client = flow_client_end(flow);
    if (!context->names) {
        return 0;
    }
    return (int)names_find(context->names, flow->address[client], flow->address[!client],
                           flow_ip_version(flow), context->packet->time_ns, text);
}

DPAE_EXPORT const uint8_t *dpae_flow_payload(const struct flow_view *view, uint32_t *length) {
    const struct packet *packet = context_of(view)->packet;
    uint32_t captured = view->payload_length ? packet->payload_captured : 0;
    if (captured > view->payload_length) {
        captured = view->payload_length;
    }
    *length = captured < FLOW_VIEW_PAYLOAD_MAX ? captured : FLOW_VIEW_PAYLOAD_MAX;
    return packet->payload;
}

/* Every use of streams lies between begin_streams() and end_streams(), which switch to the
 * streams of the shadow classifier while it runs. */
static struct streams *begin_streams(const struct flow_context *context) {
    if (!in_shadow(context)) {
        return context->streams;
    }
    streams_swap_asked(context->flow, context->shadow_asked);
    return context->shadow_streams;
}

static void end_streams(const struct flow_context *context) {
    if (in_shadow(context)) {
        streams_swap_asked(context->flow, context->shadow_asked);
    }
}

DPAE_EXPORT const struct flow_stream *dpae_flow_stream(struct flow_view *view, int which) {
    struct flow_context *context = (struct flow_context *)(void *)view;
    const unsigned client = flow_client_end(context->flow);
    const unsigned end = which == 2 ? context->end : which == 0 ? client : !client;
    struct flow_stream *stream = &context->stream[end != client];
    struct streams *streams = begin_streams(context);
    *stream = (struct flow_stream){.s2c = end != client, .lost = true};
    if (streams) {
        streams_ask(streams, context->table, context->flow, end, context->packet, context->end,
                    stream);
    }
    end_streams(context);
    return stream;
}

DPAE_EXPORT const uint8_t *dpae_stream_bytes(const struct flow_stream *stream, uint32_t *length) {
    const struct flow_stream *first = stream - (stream->s2c ? 1 : 0);
    const struct flow_context *context =
        (const void *)((const char *)first - offsetof(struct flow_context, stream));
    const unsigned client = flow_client_end(context->flow);
    const unsigned end = stream->s2c ? !client : client;
    const struct streams *streams = begin_streams(context);
    *length = 0;
    const uint8_t *bytes =
        streams ? streams_bytes(streams, context->table, context->flow, end, length) : NULL;
    end_streams(context);
    return bytes;
}

DPAE_EXPORT const char *dpae_nearest_word(const char *word, const char *const *candidates,
                                          size_t count) {
    return nearest_word(word, candidates, count);
}

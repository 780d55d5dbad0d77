#include "base/address.h"
#include "base/clock.h"
#include "event/format.h"
#include "flow/flow.h"
#include "policy/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fits two typical IPv4 ends. Longer ones widen the column, in large steps, for all following
 * lines. */
#define ENDS_WIDTH 42
#define ENDS_STEP  16

const char table_heading[] = "TIME (UTC)                     PACKET  EVENT     WHAT";

/* A line under construction. */
struct line {
    char *text;
    size_t size, length;
    bool full;
    unsigned *ends_width; /* current width of the column; 0: not yet set */
};

static void append(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const size_t left = line->size - line->length;
    const int length = vsnprintf(line->text + line->length, left, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= left) {
        line->full = true;
        return;
    }
    line->length += (size_t)length;
}

static void append_time(struct line *line, uint64_t time_ns) {
    char text[CLOCK_UTC_TEXT];
    append(line, "%s", clock_format_utc(time_ns, text));
}

static void append_ends(struct line *line, const struct ends *ends) {
    char text[ENDS_TEXT];
    ends_format(ends, text);
    unsigned width = *line->ends_width ? *line->ends_width : ENDS_WIDTH;
    while (strlen(text) > width) {
        width += ENDS_STEP;
    }
    *line->ends_width = width;
    append(line, "%-*s", (int)width, text);
}

static void append_verdict(struct line *line, const struct event_verdict *verdict) {
    append_ends(line, &verdict->ends);
    if (verdict->actions & EVENT_TREATMENT) {
        append(line, " treatment %s by %s", treatment_name(verdict->treatment),
               verdict->classifier);
    }
    if (verdict->actions & EVENT_SUPPRESS) {
        append(line, "%s suppress", verdict->actions & EVENT_TREATMENT ? " and" : "");
    }
    append(line, " at packet %" PRIu64 " of the flow", verdict->flow_packets);
}

/* Appends a part that a message may lack. */
static void append_text(struct line *line, const char *before, const char *text) {
    if (*text) {
        append(line, "%s%s", before, text);
    }
}

static void append_ipv4(struct line *line, const char *before, const uint8_t ip[4], bool always) {
    if (always || (ip[0] | ip[1] | ip[2] | ip[3])) {
        append(line, "%s%u.%u.%u.%u", before, ip[0], ip[1], ip[2], ip[3]);
    }
}

static void append_mac(struct line *line, const char *before, const uint8_t mac[6]) {
    char text[ADDRESS_MAC_TEXT];
    append(line, "%s%s", before, address_format_mac(mac, text));
}

static void append_arp(struct line *line, const struct identity_arp *arp) {
    append_ipv4(line, "arp  ", arp->sender_ip, true);
    append_mac(line, " is at ", arp->sender_mac);
    append_ipv4(line, arp->operation == 2 ? ", sent to " : ", asks for ", arp->target_ip, true);
}

static void append_lldp(struct line *line, const struct identity *identity) {
    const struct identity_lldp *lldp = &identity->lldp;
    append_mac(line, "lldp ", identity->src_mac);
    append(line, " is %s", *lldp->system_name ? lldp->system_name : "without a system name");
    append_text(line, ", port ", lldp->port_id);
    append_text(line, ", described as ", lldp->port_description);
    append_text(line, ", managed at ", lldp->management_address);
}

static void append_dns(struct line *line, const struct identity_dns *dns) {
    char type[EVENT_NUMBER_TEXT], answer[ADDRESS_IP_TEXT], client[ADDRESS_IP_TEXT];
    append(line, "dns  %s %s %s", dns->name, event_dns_type_name(dns->type, type),
           event_dns_answer(dns, answer));
    append(line, ", ttl %" PRIu32 " s, sent to %s", dns->ttl,
           address_format_ip(dns->client, dns->client_version, client));
}

static void append_dhcp(struct line *line, const struct identity_dhcp *dhcp) {
    char type[EVENT_NUMBER_TEXT];
    append_mac(line, "dhcp ", dhcp->client_mac);
    append(line, " %s",
           dhcp->message_type ? event_dhcp_type_name(dhcp->message_type, type) : "BOOTP");
    append_text(line, ", host ", dhcp->host_name);
    append_ipv4(line, ", requests ", dhcp->requested_ip, false);
    append_ipv4(line, ", is assigned ", dhcp->assigned_ip, false);
    if (dhcp->lease_s) {
        append(line, ", for %" PRIu32 " s", dhcp->lease_s);
    }
    append_ipv4(line, ", server ", dhcp->server_ip, false);
    append_text(line, ", vendor class ", dhcp->vendor_class);
}

static void append_ndp(struct line *line, const struct identity_ndp *ndp) {
    char ip[ADDRESS_IP_TEXT];
    append(line, "ndp  %s", address_format_ip(ndp->target, 6, ip));
    append_mac(line, " is at ", ndp->target_mac);
}

static void append_identity(struct line *line, const struct identity *identity) {
    switch (identity->kind) {
    case IDENTITY_ARP:
        append_arp(line, &identity->arp);
        break;
    case IDENTITY_LLDP:
        append_lldp(line, identity);
        break;
    case IDENTITY_DNS:
        append_dns(line, &identity->dns);
        break;
    case IDENTITY_DHCP:
        append_dhcp(line, &identity->dhcp);
        break;
    case IDENTITY_NDP:
        append_ndp(line, &identity->ndp);
        break;
    case IDENTITY_KIND_COUNT:
        break;
    }
}

static void append_flow_end(struct line *line, const struct event_flow_end *flow) {
    const uint64_t lasted_ns = flow->end_ns > flow->start_ns ? flow->end_ns - flow->start_ns : 0;
    const uint64_t lasted_ms = lasted_ns / NS_PER_MS;
    const char *verified = event_verified_name(flow->verified);
    append_ends(line, &flow->ends);
    append(line, " %s after %" PRIu64 ".%03" PRIu64 " s", flow_end_reason_name(flow->reason),
           lasted_ms / 1000, lasted_ms % 1000);
    append(line, ", %s", verified ? verified : "direction assumed");
    append(line,
           ", c2s %" PRIu64 " packets %" PRIu64 " bytes, s2c %" PRIu64 " packets %" PRIu64 " bytes",
           flow->packets[0], flow->bytes[0], flow->packets[1], flow->bytes[1]);
    if (flow->retransmissions) {
        append(line, ", %" PRIu64 " retransmissions", flow->retransmissions);
    }
    if (flow->treatment != TREATMENT_NONE) {
        append(line, ", treatment %s by %s", treatment_name(flow->treatment), flow->classifier);
    }
    if (flow->suppressed) {
        append(line, ", suppressed at packet %" PRIu64, flow->suppressed);
    }
}

static void append_decision(struct line *line, const char *name, uint8_t treatment,
                            uint64_t packet) {
    append(line, " %s: ", name);
    if (treatment == TREATMENT_NONE) {
        append(line, "no treatment");
    } else {
        append(line, "%s at packet %" PRIu64, treatment_name(treatment), packet);
    }
}

static void append_shadow(struct line *line, const struct event_shadow *shadow) {
    append_ends(line, &shadow->ends);
    append_decision(line, shadow->classifier, shadow->treatment, shadow->flow_packets);
    append(line, ";");
    append_decision(line, shadow->candidate, shadow->candidate_treatment,
                    shadow->candidate_flow_packets);
}

static void append_script_error(struct line *line, const struct event_script_error *error) {
    if (error->ends.ip_version) {
        append_ends(line, &error->ends);
    } else {
        append(line, "on one of the latest packets,");
    }
    append(line, " %s%s: %s", error->classifier, error->candidate ? " (candidate)" : "",
           error->file);
    if (error->line) {
        append(line, ":%" PRIu32, error->line);
    }
    append(line, ": %s", error->message);
    append_text(line, " | ", error->source_line);
    if (error->errors > 1) {
        append(line, " (%" PRIu64 " so far)", error->errors);
    }
}

int table_format_shadow(const struct event_shadow *shadow, char *text, size_t size) {
    unsigned width = 0;
    struct line line = {.text = text, .size = size, .ends_width = &width};
    append_shadow(&line, shadow);
    return line.full ? -ENOSPC : (int)line.length;
}

int table_format(const struct event *event, unsigned *ends_width, char *text, size_t size) {
    static const char *const kinds[EVENT_KIND_COUNT] = {[EVENT_VERDICT] = "verdict",
                                                        [EVENT_IDENTITY] = "identity",
                                                        [EVENT_FLOW_END] = "flow end",
                                                        [EVENT_SHADOW] = "shadow",
                                                        [EVENT_SCRIPT_ERROR] = "error"};
    struct line line = {.text = text, .size = size, .ends_width = ends_width};
    append_time(&line, event->time_ns);
    append(&line, " %9" PRIu64 "  %-8s  ", event->packet, kinds[event->kind]);
    switch (event->kind) {
    case EVENT_VERDICT:
        append_verdict(&line, &event->verdict);
        break;
    case EVENT_IDENTITY:
        append_identity(&line, &event->identity);
        break;
    case EVENT_FLOW_END:
        append_flow_end(&line, &event->flow_end);
        break;
    case EVENT_SHADOW:
        append_shadow(&line, &event->shadow);
        break;
    case EVENT_SCRIPT_ERROR:
        append_script_error(&line, &event->script_error);
        break;
    case EVENT_FLOW_STATE: /* event_write() skips it */
    case EVENT_KIND_COUNT:
        break;
    }
    return line.full ? -ENOSPC : (int)line.length;
}

#define EXPLAIN_INDENT 51

int table_explain(const struct event_verdict *verdict, char *text, size_t size) {
    struct line line = {.text = text, .size = size};
    append(&line, "%*swhy  %s  (%s, generation %" PRIu32 ", source %016" PRIx64 ")", EXPLAIN_INDENT,
           "", *verdict->why ? verdict->why : "not said", verdict->classifier, verdict->generation,
           verdict->source);
    return line.full ? -ENOSPC : (int)line.length;
}

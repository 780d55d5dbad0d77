#include "cli/packet_report.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/plural.h"
#include "packet/decode.h"
#include "pipeline/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPED       4 /* maximum expansion by escape_ascii_append() */
#define PAYLOAD_SHOWN 64

static void take_line(void *context, const struct log_queue_line *line) {
    struct packet_report *report = context;
    if (report->line_count < LOG_QUEUE_LINES) {
        report->lines[report->line_count++] = *line;
    }
}

int packet_report_begin(struct packet_report *report, struct pipeline *pipeline,
                        struct error *error) {
    FILE *events = open_memstream(&report->events, &report->events_size);
    if (!events) {
        return error_set(error, -ENOMEM, "out of memory for the events of a packet");
    }
    report->writer =
        (struct event_writer){.file = events, .format = EVENT_FORMAT_TABLE, .flows = true};
    pipeline_divert_log(pipeline, (struct log_queue_taker){.take = take_line, .context = report});
    return 0;
}

/* Prints "  label     value"; further lines of the value are aligned with the first. */
static void put(FILE *file, const char *label, const char *text) {
    for (const char *line = text; *line;) {
        const int length = (int)strcspn(line, "\n");
        fprintf(file, "  %-9s %.*s\n", line == text ? label : "", length, line);
        line += length;
        line += *line == '\n';
    }
}

static void put_number(FILE *file, const char *label, uint64_t number, const char *unit) {
    fprintf(file, "  %-9s %" PRIu64 "%s\n", label, number, unit);
}

/* Why no classifier sees packets of this class; NULL: they do. */
static const char *why_unseen(const struct pipeline_trace *trace) {
    switch (trace->class) {
    case PIPELINE_FLOW_PACKET:
        return trace->has_flow ? NULL
                               : "used for identities by the policy, and such packets are not "
                                 "classified";
    case PIPELINE_RETRANSMISSION:
        return "a retransmission";
    case PIPELINE_LATE:
        return "late: the end of its flow is already reported";
    case PIPELINE_FRAGMENT_WAITS:
        return "a fragment that precedes the first one of its datagram, which has the ports";
    case PIPELINE_ARP:
        return "ARP, which has no flow";
    case PIPELINE_LLDP:
        return "LLDP, which has no flow";
    case PIPELINE_OTHER:
        return "not IP, and has no flow";
    case PIPELINE_MALFORMED:
    case PIPELINE_CLASS_COUNT:
        break;
    }
    return decode_malformed_name((enum packet_malformed)trace->packet.malformed);
}

static void put_tcp(FILE *file, const struct packet *packet) {
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    fprintf(file, "  %-9s", "tcp");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (packet->tcp_flags >> i & 1) {
            fprintf(file, " %s", names[i]);
        }
    }
    fprintf(file, "%s sequence number %" PRIu32 ", acknowledgement %" PRIu32 "\n",
            packet->tcp_flags ? "," : "", packet->tcp_seq, packet->tcp_ack);
}

static void put_payload(FILE *file, const struct packet *packet) {
    char text[PAYLOAD_SHOWN * ESCAPED + 1] = "";
    const uint32_t length = packet->payload_length;
    uint32_t shown = packet->payload_captured < length ? packet->payload_captured : length;
    shown = shown < PAYLOAD_SHOWN ? shown : PAYLOAD_SHOWN;
    escape_ascii_append(text, sizeof text, packet->payload, shown);
    fprintf(file, "  %-9s %" PRIu32 " byte%s%s%s%s\n", "payload", length, plural(length, "", "s"),
            shown > 0 ? ": " : "", text, length > shown && shown > 0 ? "..." : "");
}

static void put_direction(FILE *file, const char *label, uint64_t packets, uint64_t bytes) {
    fprintf(file, "  %-9s %" PRIu64 " packet%s, %" PRIu64 " byte%s\n", label, packets,
            plural(packets, "", "s"), bytes, plural(bytes, "", "s"));
}

static void put_flow(FILE *file, const struct pipeline_trace *trace) {
    const struct packet *packet = &trace->packet;
    const char *verified = event_verified_name(trace->verified);
    char text[ENDS_TEXT];
    put(file, "flow", ends_format(&trace->ends, text));
    fprintf(file, "  %-9s the %s (%s)\n", "sender", trace->from_client ? "client" : "server",
            verified ? verified : "direction assumed");
    put_number(file, "number", trace->packets[0] + trace->packets[1], " in the flow");
    put_direction(file, "c2s", trace->packets[0], trace->bytes[0]);
    put_direction(file, "s2c", trace->packets[1], trace->bytes[1]);
    if (trace->retransmissions > 0) {
        put_number(file, "repeated", trace->retransmissions, " packets so far, not counted above");
    }
    if (packet->vlan) {
        put_number(file, "vlan", packet->vlan, "");
    }
    put(file, "server", trace->server_name);
    if (packet->proto == IP_PROTO_TCP) {
        put_tcp(file, packet);
    }
    if (packet->proto == IP_PROTO_TCP || packet->proto == IP_PROTO_UDP) {
        put_payload(file, packet);
    }
}

static const char *level_name(unsigned level) {
    return level >= LOG_LEVEL_CRITICAL  ? "critical"
           : level >= LOG_LEVEL_ERROR   ? "error"
           : level >= LOG_LEVEL_WARNING ? "warning"
           : level >= LOG_LEVEL_INFO    ? "info"
                                        : "debug";
}

static void put_log(FILE *file, const struct packet_report *report, const char *name) {
    const char *label = "log";
    for (unsigned i = 0; i < report->line_count; i++) {
        const struct log_queue_line *line = &report->lines[i];
        char safe[2 * LOG_QUEUE_TEXT];
        if (strcmp(line->name, name) == 0) {
            escape_text(line->text, safe, sizeof safe);
            fprintf(file, "  %-9s %s: %s\n", label, level_name(line->level), safe);
            label = "";
        }
    }
}

/* The classifier that owns the flow's treatment after this packet; SETS_NONE: no treatment. */
static unsigned decider(const struct pipeline_trace *trace, uint32_t candidate) {
    const uint32_t spoke = trace->spoke & ~candidate;
    return trace->decider < SETS_NONE || !spoke ? trace->decider : (unsigned)__builtin_ctz(spoke);
}

static void put_answer(FILE *file, const struct pipeline_trace *trace,
                       const struct pipeline *pipeline, unsigned i, uint32_t candidate) {
    const unsigned first = decider(trace, candidate);
    if (trace->spoke >> i & 1) {
        put(file, "answer", treatment_name(trace->treatment[i]));
        if (candidate >> i & 1) {
            put(file, "", "without effect: it is the candidate of a shadow run");
        } else if (first != i) {
            fprintf(file,
                    "  %-9s without effect: %s was the first to name a treatment for this flow\n",
                    "", script_host_name(pipeline_script_host(pipeline), first));
        }
    } else {
        put(file, "answer", "no verdict");
    }
    if (trace->explained >> i & 1) {
        put(file, "why", trace->why[i]);
    }
    if (trace->finalises >> i & 1) {
        put(file, "finalised", "yes, and sees no more packets of this flow");
    }
}

static const char *why_not_called(const struct pipeline_trace *trace, unsigned i, bool candidate) {
    return trace->quarantined >> i & 1    ? "it is quarantined"
           : trace->unmet >> i & 1        ? "its condition in the policy does not hold"
           : !(trace->finalised >> i & 1) ? "it is not running"
           : candidate ? "it has finalised the flow, or this flow is not compared"
                       : "it has finalised the flow";
}

static void put_classifier(FILE *file, const struct packet_report *report,
                           const struct pipeline *pipeline, unsigned i) {
    const struct pipeline_trace *trace = &report->trace;
    const struct script_host *host = pipeline_script_host(pipeline);
    const struct shadow_result *shadow = pipeline_shadow(pipeline);
    const uint32_t candidate = shadow ? 1u << shadow->candidate : 0; /* mask, like quarantined */
    const uint32_t quarantined = script_host_counters(host)->quarantined & ~trace->quarantined;
    const char *name = script_host_name(host, i);
    if (!(trace->called >> i & 1)) {
        fprintf(file, "%s: not called: %s\n", name, why_not_called(trace, i, candidate >> i & 1));
        return;
    }
    fprintf(file, "%s: called\n", name);
    put_log(file, report, name);
    if (trace->failed >> i & 1) {
        put(file, "error", trace->errors[i]);
    } else {
        put_answer(file, trace, pipeline, i, candidate);
    }
    if (quarantined >> i & 1) {
        put(file, "", "it is now quarantined");
    }
}

void packet_report_print(struct packet_report *report, const struct pipeline *pipeline,
                         FILE *file) {
    const struct pipeline_trace *trace = &report->trace;
    const struct script_host *host = pipeline_script_host(pipeline);
    const char *unseen = why_unseen(trace);
    char time[CLOCK_UTC_TEXT];
    const uint32_t length = trace->packet.length;
    fprintf(file, "packet %" PRIu64 ": %s, %" PRIu32 " byte%s on the wire\n", trace->number,
            clock_format_utc(trace->packet.time_ns, time), length, plural(length, "", "s"));
    if (trace->has_flow) {
        put_flow(file, trace);
    }
    if (unseen) {
        fprintf(file, "  classifiers do not see it: it is %s%s\n",
                trace->class == PIPELINE_MALFORMED ? "malformed: " : "", unseen);
    }
    for (unsigned i = 0; !unseen && i < SCRIPT_CLASSIFIERS_MAX; i++) {
        if (script_host_name(host, i)[0]) {
            put_classifier(file, report, pipeline, i);
        }
    }
    (void)fflush(report->writer.file);
    fprintf(file, "%s\n%s", report->events_size > 0 ? "events" : "no events", report->events);
}

void packet_report_free(struct packet_report *report) {
    if (report->writer.file) {
        (void)fclose(report->writer.file);
    }
    free(report->events);
}

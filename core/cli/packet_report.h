#ifndef DPAE_CLI_PACKET_REPORT_H
#define DPAE_CLI_PACKET_REPORT_H

#include "base/error.h"
#include "event/writer.h"
#include "pipeline/pipeline.h"

#include <stdio.h>

/* The report of `dpae replay --packet` on one packet. Zero-initialise. */
struct packet_report {
    struct pipeline_trace trace;                  /* from pipeline_trace() */
    struct log_queue_line lines[LOG_QUEUE_LINES]; /* log lines of classifiers on this packet */
    unsigned line_count;
    struct event_writer writer; /* for the events that it causes */
    char *events;               /* the events as text; owned */
    size_t events_size;
};

/* Starts collecting log lines for the next packet of the pipeline. Write its events to
 * report->writer from now on. Returns -ENOMEM on failure. */
int packet_report_begin(struct packet_report *report, struct pipeline *pipeline,
                        struct error *error);

/* Prints the report after the packet has been processed. */
void packet_report_print(struct packet_report *report, const struct pipeline *pipeline, FILE *file);

void packet_report_free(struct packet_report *report);

#endif

#ifndef DPAE_CLI_PACKET_REPORT_H
#define DPAE_CLI_PACKET_REPORT_H

#include "base/error.h"
#include "event/writer.h"
#include "pipeline/pipeline.h"

#include <stdio.h>

/* What `dpae replay --packet` shows of one packet. Zero-initialise. */
struct packet_report {
    struct pipeline_trace trace;                  /* from pipeline_trace() */
    struct log_queue_line lines[LOG_QUEUE_LINES]; /* of classifiers, on this packet */
    unsigned line_count;
    struct event_writer writer; /* of the events that it causes */
    char *events;               /* these as text; owned */
    size_t events_size;
};

/* The packet is the next one of the pipeline: collects what is logged. Events are to be written to
 * report->writer from now on. On failure -ENOMEM. */
int packet_report_begin(struct packet_report *report, struct pipeline *pipeline,
                        struct error *error);

/* It has been processed: prints all there is to say of it. */
void packet_report_print(struct packet_report *report, const struct pipeline *pipeline, FILE *file);

void packet_report_free(struct packet_report *report);

#endif

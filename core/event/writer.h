#ifndef DPAE_EVENT_WRITER_H
#define DPAE_EVENT_WRITER_H

#include "base/error.h"
#include "event/event.h"

#include <stdio.h>

/* Writes events as text: one JSON object per line (docs/jsonl.md describes every field), or a table
 * for people. */
enum event_format { EVENT_FORMAT_TABLE, EVENT_FORMAT_JSONL };

struct event_writer {
    FILE *file; /* borrowed */
    enum event_format format;
    bool explain;        /* table: adds a line to each treatment with the basis of the decision */
    bool flows;          /* table: includes flow ends; JSONL always does */
    bool failed;         /* a write failed: writing has stopped */
    int error_code;      /* negative errno of that failure */
    bool heading;        /* table: the heading has been written */
    unsigned ends_width; /* table: current width of the address column */
};

/* Writes one event. A failure is recorded in the writer for a check at the end. Has the type of
 * struct event_recorder's record; context is a struct event_writer. */
void event_write(void *writer, const struct event *event);

#endif

#ifndef DPAE_EVENT_WRITER_H
#define DPAE_EVENT_WRITER_H

#include "base/error.h"
#include "event/event.h"

#include <stdio.h>

/* Events as text: one JSON object a line (docs/jsonl.md has every field), or a line of a table for
 * people. */
enum event_format { EVENT_FORMAT_TABLE, EVENT_FORMAT_JSONL };

struct event_writer {
    FILE *file; /* borrowed */
    enum event_format format;
    bool explain;   /* table: a second line for each treatment, with what it was decided from */
    bool flows;     /* table: flow ends too; JSONL has them always */
    bool failed;    /* a write failed: nothing more is written */
    int error_code; /* negative errno of that failure */
    bool heading;   /* table: the heading was written */
    unsigned ends_width; /* table: of the column of addresses, so far */
};

/* Writes one event. Failures are kept in the writer, to be asked for at the end. Has the form of
 * struct event_recorder's record, context being a struct event_writer. */
void event_write(void *writer, const struct event *event);

#endif

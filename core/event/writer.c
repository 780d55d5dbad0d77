#include "event/writer.h"

#include "event/format.h"

#include <errno.h>
#include <string.h>

static void fail(struct event_writer *writer, int code) {
    writer->failed = true;
    writer->error_code = code;
}

static void put_line(struct event_writer *writer, const char *text, size_t length) {
    if (fwrite(text, 1, length, writer->file) != length || putc('\n', writer->file) == EOF) {
        fail(writer, errno ? -errno : -EIO);
    }
}

void event_write(void *context, const struct event *event) {
    struct event_writer *writer = context;
    const bool table = writer->format == EVENT_FORMAT_TABLE;
    if (writer->failed || event->kind == EVENT_FLOW_STATE ||
        (table && event->kind == EVENT_FLOW_END && !writer->flows)) {
        return;
    }
    if (table && !writer->heading) {
        put_line(writer, table_heading, strlen(table_heading));
        writer->heading = true;
    }
    char text[EVENT_LINE_MAX];
    const int length = table ? table_format(event, &writer->ends_width, text, sizeof text)
                             : jsonl_format(event, text, sizeof text);
    if (length < 0) {
        fail(writer, length);
        return;
    }
    put_line(writer, text, (size_t)length);
    if (table && writer->explain && event->kind == EVENT_VERDICT &&
        event->verdict.actions & EVENT_TREATMENT && !writer->failed) {
        const int explained = table_explain(&event->verdict, text, sizeof text);
        if (explained < 0) {
            fail(writer, explained);
        } else {
            put_line(writer, text, (size_t)explained);
        }
    }
}

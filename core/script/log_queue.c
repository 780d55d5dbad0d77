#include "script/log_queue.h"

#include "base/clock.h"
#include "base/export.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void log_queue_add(struct log_queue *queue, int level, const char *name, const char *text,
                   size_t length, bool always) {
    const unsigned room = always ? LOG_QUEUE_LINES : LOG_QUEUE_LINES - LOG_QUEUE_RESERVED;
    if (queue->count >= room) {
        queue->dropped++;
        queue->unreported_full++;
        return;
    }
    struct log_queue_line *line = &queue->lines[queue->count++];
    line->level = (uint8_t)level;
    line->always = always;
    snprintf(line->name, sizeof line->name, "%s", name);
    const size_t kept = length < sizeof line->text ? length : sizeof line->text - 1;
    memcpy(line->text, text, kept);
    line->text[kept] = '\0';
}

static bool within_rate(struct log_queue *queue, uint64_t now_ns) {
    const uint64_t second = now_ns / NS_PER_S;
    if (second != queue->second) {
        queue->second = second;
        queue->written = 0;
    }
    if (queue->written == LOG_QUEUE_PER_SECOND) {
        return false;
    }
    queue->written++;
    return true;
}

void log_queue_flush(struct log_queue *queue, uint64_t now_ns) {
    for (unsigned i = 0; i < queue->count; i++) {
        const struct log_queue_line *line = &queue->lines[i];
        if (queue->taker.take && !line->always) {
            queue->taker.take(queue->taker.context, line);
        } else if (line->always || within_rate(queue, now_ns)) {
            log_write(LOG_TC, line->level, line->name, "%s", line->text);
        } else {
            queue->dropped++;
            queue->unreported_rate++;
        }
    }
    queue->count = 0;
    if (queue->unreported_full && within_rate(queue, now_ns)) {
        log_warning(LOG_TC, "classifier log: dropped %" PRIu64 " lines: the queue was full",
                    queue->unreported_full);
        queue->unreported_full = 0;
    }
    if (queue->unreported_rate && within_rate(queue, now_ns)) {
        log_warning(LOG_TC, "classifier log: dropped %" PRIu64 " lines: more than %d per second",
                    queue->unreported_rate, LOG_QUEUE_PER_SECOND);
        queue->unreported_rate = 0;
    }
}

DPAE_EXPORT int dpae_log_enabled(const struct log_queue *queue, int level) {
    return queue->taker.take || log_enabled(LOG_TC, (enum log_level)level);
}

DPAE_EXPORT void dpae_log_add(struct log_queue *queue, int level, const char *name,
                              const char *text, size_t length) {
    log_queue_add(queue, level, name, text, length, false);
}

#ifndef DPAE_SCRIPT_LOG_QUEUE_H
#define DPAE_SCRIPT_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keeps log lines off the packet path: lines queue while classifiers run and are written
 * between batches, rate-limited. */
#define LOG_QUEUE_LINES      256
#define LOG_QUEUE_RESERVED   128  /* of these, reserved for the host's own lines */
#define LOG_QUEUE_TEXT       1200 /* fits the longest error message */
#define LOG_QUEUE_PER_SECOND 100

struct log_queue_line {
    uint8_t level; /* enum log_level */
    bool always;   /* a line of the host: not rate-limited */
    char name[64]; /* classifier name */
    char text[LOG_QUEUE_TEXT];
};

/* Receives lines that would otherwise go to the log; the line is borrowed during the call. */
struct log_queue_taker {
    void (*take)(void *context, const struct log_queue_line *line); /* NULL: write to the log */
    void *context;
};

/* Zero-initialise before use. */
struct log_queue {
    struct log_queue_taker taker; /* of classifier lines, at all levels */
    unsigned count;
    struct log_queue_line lines[LOG_QUEUE_LINES];
    uint64_t dropped;                          /* total */
    uint64_t unreported_full, unreported_rate; /* not yet reported in the log, by reason */
    uint64_t second;                           /* monotonic second that `written` counts lines of */
    unsigned written;
};

/* Copies length bytes of text, cut to LOG_QUEUE_TEXT. A full queue drops and counts the line;
 * unless `always`, the queue is full when only LOG_QUEUE_RESERVED lines are free. */
void log_queue_add(struct log_queue *queue, int level, const char *name, const char *text,
                   size_t length, bool always);

/* Writes the lines to the log at time now_ns (monotonic), drops and counts those over the rate,
 * and logs how many were dropped and why, within the rate as well. */
void log_queue_flush(struct log_queue *queue, uint64_t now_ns);

/* For core/script/lua/logger.lua. */
/* ffi: begin */
struct log_queue;
int dpae_log_enabled(const struct log_queue *queue, int level);
void dpae_log_add(struct log_queue *queue, int level, const char *name, const char *text,
                  size_t length);
/* ffi: end */

#endif

#ifndef DPAE_SCRIPT_LOG_QUEUE_H
#define DPAE_SCRIPT_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Log lines on their way off the packet path: kept while classifiers run, written between batches,
 * no more than so many a second. */
#define LOG_QUEUE_LINES      256
#define LOG_QUEUE_RESERVED   128  /* of these, for the host's own: classifiers leave them free */
#define LOG_QUEUE_TEXT       1200 /* room for the longest error of a classifier */
#define LOG_QUEUE_PER_SECOND 100

struct log_queue_line {
    uint8_t level; /* enum log_level */
    bool always;   /* not rate-limited: what the host itself has to say */
    char name[64]; /* of the classifier */
    char text[LOG_QUEUE_TEXT];
};

/* Who is given lines instead of the log; the line is borrowed during the call. */
struct log_queue_taker {
    void (*take)(void *context, const struct log_queue_line *line); /* NULL: nobody */
    void *context;
};

/* Zero-initialise before use. */
struct log_queue {
    struct log_queue_taker taker; /* of the lines of classifiers, which have all levels then */
    unsigned count;
    struct log_queue_line lines[LOG_QUEUE_LINES];
    uint64_t dropped;                  /* in all */
    uint64_t untold_full, untold_rate; /* of these, not yet mentioned in the log, by reason */
    uint64_t second;                   /* of the monotonic clock; which lines were written in it */
    unsigned written;
};

/* Copies length bytes of text, cut to LOG_QUEUE_TEXT. A full queue drops the line and counts it;
 * for lines that are not always to be written it is full when only LOG_QUEUE_RESERVED are free. */
void log_queue_add(struct log_queue *queue, int level, const char *name, const char *text,
                   size_t length, bool always);

/* Writes the lines to the log as of now_ns (monotonic), drops and counts what is over the rate, and
 * tells how many were dropped and why, that within the rate, too. */
void log_queue_flush(struct log_queue *queue, uint64_t now_ns);

/* For core/script/lua/logger.lua. */
/* ffi: begin */
struct log_queue;
int dpae_log_enabled(const struct log_queue *queue, int level);
void dpae_log_add(struct log_queue *queue, int level, const char *name, const char *text,
                  size_t length);
/* ffi: end */

#endif

#ifndef DPAE_WORKER_GAP_H
#define DPAE_WORKER_GAP_H

#include <stdbool.h>
#include <stdint.h>

/* The time in which nobody captured for a worker: from the latest round of one that died to the
 * moment at which the next one captures. What came meanwhile is counted nowhere, since the kernel
 * gives up the ring and its counters with the socket: it is estimated, as if packets had gone on as
 * in the second or two before. Times are monotonic. Zero-initialise. */
struct gap {
    struct gap_mark {
        uint64_t time_ns; /* 0: none */
        uint64_t frames;  /* that workers had seen by then */
    } older, newer;
    uint64_t since_ns; /* 0: somebody captures */
    double rate;       /* frames in a nanosecond, before it */

    uint64_t total_ms;
    uint64_t missed; /* estimate, of all gaps */
};

/* When a worker is started; then, now and then while it captures, with the frames that workers have
 * seen by now, it and those before it. */
void gap_start(struct gap *gap);
void gap_follow(struct gap *gap, uint64_t now_ns, uint64_t frames);

/* The worker is gone; its latest round was at latest_ns, and by then workers had seen so many
 * frames. Of several in a row without a capture in between the first counts. */
void gap_begin(struct gap *gap, uint64_t latest_ns, uint64_t frames);

/* The next one captures since captures_ns. Returns false when there was no gap. */
struct gap_report {
    double seconds;
    uint64_t missed; /* estimate */
};
bool gap_end(struct gap *gap, uint64_t captures_ns, struct gap_report *report);

#endif

#include "worker/gap.h"

#include "base/clock.h"

/* Between two marks, and the least time that says something of a rate. */
#define MARK_NS  NS_PER_S
#define LEAST_NS (50 * NS_PER_MS)
/* What is written by a worker that went mad is no number of packets. */
#define MISSED_MAX 1e12

void gap_start(struct gap *gap) {
    gap->older = gap->newer = (struct gap_mark){0};
}

void gap_follow(struct gap *gap, uint64_t now_ns, uint64_t frames) {
    const struct gap_mark now = {now_ns, frames};
    if (gap->older.time_ns == 0) {
        gap->older = gap->newer = now;
    } else if (now_ns - gap->newer.time_ns >= MARK_NS) {
        gap->older = gap->newer;
        gap->newer = now;
    }
}

void gap_begin(struct gap *gap, uint64_t latest_ns, uint64_t frames) {
    const struct gap_mark *from = &gap->older;
    if (gap->since_ns != 0) {
        return;
    }
    gap->since_ns = latest_ns;
    gap->rate = 0;
    if (from->time_ns != 0 && latest_ns > from->time_ns + LEAST_NS && frames > from->frames) {
        gap->rate = (double)(frames - from->frames) / (double)(latest_ns - from->time_ns);
    }
}

bool gap_end(struct gap *gap, uint64_t captures_ns, struct gap_report *report) {
    if (gap->since_ns == 0) {
        return false;
    }
    const uint64_t length_ns = captures_ns > gap->since_ns ? captures_ns - gap->since_ns : 0;
    const double missed = gap->rate * (double)length_ns;
    report->seconds = (double)length_ns / (double)NS_PER_S;
    report->missed = (uint64_t)(missed < MISSED_MAX ? missed + 0.5 : MISSED_MAX);
    gap->since_ns = 0;
    gap->total_ms += length_ns / NS_PER_MS;
    gap->missed += report->missed;
    return true;
}

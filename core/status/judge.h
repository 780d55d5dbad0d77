#ifndef DPAE_STATUS_JUDGE_H
#define DPAE_STATUS_JUDGE_H

#include "status/snapshot.h"

#define STATUS_REASONS_MAX 32

/* Why the daemon does less than it should; none: all is well. */
struct status_reasons {
    char texts[STATUS_REASONS_MAX][1024];
    unsigned count;
};

/* Fills *reasons, each naming the interface, or the database. When there are more than fit, the
 * last one says how many were left out. */
void status_judge(const struct status_snapshot *snapshot, struct status_reasons *reasons);

/* The same for what somebody should look at, although the daemon does all that it should: changes
 * that it refused. */
void status_note(const struct status_snapshot *snapshot, struct status_reasons *notes);

#endif

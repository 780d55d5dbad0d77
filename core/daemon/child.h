#ifndef DPAE_DAEMON_CHILD_H
#define DPAE_DAEMON_CHILD_H

#include "base/error.h"
#include "base/ring.h"
#include "worker/gap.h"
#include "worker/shared.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One worker process and what outlives it: its shared memory, its flow table, its ring. Replaced
 * when it dies or stops beating; when that happens again and again, more and more slowly. */
struct child {
    const char *interface; /* borrowed */
    unsigned number, workers;
    const char *config_path; /* borrowed */
    int shared_fd, table_fd, orders_fd;
    int event_fd, names_fd; /* the interface's, borrowed */
    int config_fd;          /* text of the configuration, likewise */
    struct worker_shared *shared;
    struct worker_orders *orders;
    struct ring ring;  /* read by one thread only */
    struct ring store; /* likewise, by the store's */

    pid_t pid;            /* 0: not running */
    atomic_bool waiting;  /* for its time to be started, or for its interface */
    uint64_t started_ns;  /* monotonic */
    uint64_t start_at_ns; /* when to start it again */
    unsigned failures;    /* deaths in a row, each within a minute of its start */
    uint64_t deaths;      /* all of them */
    uint64_t died_ns[2];  /* monotonic times of the latest and of the one before; 0: none */
    char how[96];         /* it died at last: "was ended by signal 11 (SEGV)" */
    char crash_file[512]; /* what it saw last before a death; empty: nothing was saved */
    struct worker_counters before; /* of workers that are gone */
    struct gap gap;                /* between one that died and the next */
    bool interface_lost;           /* it ended because the interface went away or down */

    /* its heart, timed here, since nobody believes what a worker says of the time */
    uint64_t heart;     /* what it wrote last */
    uint64_t heard_ns;  /* when that was seen to change; 0: not since it was started */
    uint64_t cpu_ns;    /* that it had used by then */
    uint64_t looked_ns; /* the latest look */
};

/* Makes the memory; nothing is started yet. */
int child_open(struct child *child, struct error *error);
void child_close(struct child *child);

/* How long to wait after so many deaths in a row: not at all after the first. */
uint64_t child_restart_delay_ns(unsigned failures);

/* Whether its heart beats. */
bool child_beats(const struct child *child, uint64_t now_ns);

/* Whether it died twice within the last minute. */
bool child_failing(const struct child *child, uint64_t now_ns);

/* One look at the worker: reaps it, ends it when its heart stands still, starts it when it is time.
 * crash_directory is where the latest frames of one that died repeatedly are saved. */
void child_supervise(struct child *child, uint64_t now_ns, const char *crash_directory);

/* Tells it, and those that come after it, of options that changed: config_copy_live(). */
void child_take_config(struct child *child, const struct config *config);

/* Asks it to end; child_reap() says whether it has, and ends it by force when told to. */
void child_stop(struct child *child);
bool child_reap(struct child *child, bool force);

/* Next event of its ring; false when there is none. What is not an event is passed over, counted.
 */
bool child_take_event(struct child *child, struct event *event, uint64_t *refused);
/* The same of what is for the store; states: whether it has room for flows that go on. */
bool child_take_stored(struct child *child, bool states, struct event *event, uint64_t *refused);

#endif

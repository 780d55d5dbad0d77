#ifndef DPAE_STATUS_SNAPSHOT_H
#define DPAE_STATUS_SNAPSHOT_H

#include "base/counter.h"

#include <stdbool.h>
#include <stdint.h>

/* The daemon at one moment, as values, for whoever writes them down: metrics.h, document.h, page.h.
 * Pointers are to constants of the program. Text may hold any bytes, since some of it is from the
 * network: what writes it escapes it. Times are ns since 1970. */
#define STATUS_INTERFACES_MAX  16
#define STATUS_WORKERS_MAX     16 /* of an interface */
#define STATUS_CLASSIFIERS_MAX 16

/* Room for the struct that a table is about, in uint64_t. */
#define STATUS_WORKER_COUNTERS    384
#define STATUS_SESSION_COUNTERS   32
#define STATUS_INTERFACE_COUNTERS 8
#define STATUS_STORE_COUNTERS     32

enum status_worker_state {
    STATUS_WORKER_UP,
    STATUS_WORKER_STARTING,
    STATUS_WORKER_STUCK,          /* it runs, but does not move */
    STATUS_WORKER_WAITING,        /* it died, and is started again after a while */
    STATUS_WORKER_INTERFACE_LOST, /* the interface is down or gone */
    STATUS_WORKER_STATE_COUNT
};

/* Of the set in force. */
struct status_classifier {
    char name[64];
    bool quarantined; /* it does not run now */
};

/* Counters go on when a worker is replaced. */
struct status_worker {
    enum status_worker_state state;
    int pid; /* 0: not running */
    uint64_t deaths;
    bool failing;         /* it died again and again, lately */
    uint64_t died_ns;     /* the latest death; 0: none */
    char how[96];         /* it died: "was ended by signal 11 (SEGV)" */
    uint64_t restart_ns;  /* STATUS_WORKER_WAITING: when */
    char crash_file[512]; /* capture of what it saw last before it died; empty: none */

    uint64_t counters[STATUS_WORKER_COUNTERS]; /* tables.worker and tables.classifier */
    struct status_classifier classifiers[STATUS_CLASSIFIERS_MAX];
    unsigned classifier_count;
};

struct status_session {
    bool up;
    bool active; /* frames are returned; known while it is up */
    char phase[32];
    char note[256];                             /* the latest trouble; empty: none yet */
    uint64_t since_ns;                          /* it is up, or down, since */
    uint64_t counters[STATUS_SESSION_COUNTERS]; /* tables.session and tables.advice */
};

/* The files of a classifier, as they are now, are refused: what was loaded before stays. */
struct status_refusal {
    char classifier[64]; /* empty: nobody knows which; no change is taken up */
    uint64_t since_ns;
    char error[512];
};

/* The worst first. */
enum status_policy {
    STATUS_POLICY_REFUSED,
    STATUS_POLICY_PARTIAL, /* in force, but for classifiers that could not be loaded */
    STATUS_POLICY_AWAITED,
    STATUS_POLICY_IN_FORCE,
    STATUS_POLICY_COUNT
};

struct status_interface {
    char name[16];
    bool standalone; /* then there is no session */
    struct status_session session;
    enum status_policy policy; /* the worst of the workers' */
    char policy_fault[512];
    struct status_refusal refusals[STATUS_CLASSIFIERS_MAX + 1];
    unsigned refusal_count;
    int promiscuity; /* users that hold the interface promiscuous; -1: unknown */
    uint64_t counters[STATUS_INTERFACE_COUNTERS]; /* tables.interface */
    struct status_worker workers[STATUS_WORKERS_MAX];
    unsigned worker_count;
};

/* The database. Counters are since the start of the daemon. */
struct status_store {
    bool used;                                /* otherwise there is none, and the rest is nothing */
    bool up;                                  /* it answered last time, or was not asked yet */
    char trouble[256];                        /* when not: why */
    uint64_t counters[STATUS_STORE_COUNTERS]; /* tables.store */
};

/* What the counters are. Each array of counters above holds the struct that its tables are about.
 */
struct status_tables {
    struct counter_table worker, classifier, interface, session, advice, store;
};

struct status_snapshot {
    const char *version;
    uint64_t started_ns, now_ns;
    struct status_tables tables;
    struct status_store store;
    struct status_interface interfaces[STATUS_INTERFACES_MAX];
    unsigned interface_count;
};

const char *status_worker_state_name(enum status_worker_state state);
const char *status_policy_name(enum status_policy policy);

/* "standalone", "active" or "passive"; "" while it is not known. */
const char *status_mode_name(const struct status_interface *interface);

#endif

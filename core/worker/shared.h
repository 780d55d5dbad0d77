#ifndef DPAE_WORKER_SHARED_H
#define DPAE_WORKER_SHARED_H

#include "base/ring.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "policy/policy_outcome.h"
#include "policy/policy_text.h"
#include "worker/counters.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a worker and the control process share: two memory files a worker, values only. The control
 * process does not trust what a worker wrote. */
#define SHARED_RING_BYTES  (1u << 20)
#define SHARED_STORE_BYTES (4u << 20) /* touched only when there is a store */
#define SHARED_LAST_FRAMES 64
#define SHARED_FRAME_BYTES 2048

/* Exit statuses by which a worker tells why it ended. */
enum worker_exit { WORKER_DONE = 0, WORKER_FAILED = 1, WORKER_INTERFACE_LOST = 3 };

/* One of the latest frames, for the capture that is saved when a worker dies. */
struct shared_frame {
    uint64_t time_ns;
    uint32_t captured, length;
    uint8_t bytes[SHARED_FRAME_BYTES];
};

/* What the control process tells a worker, and those that come after it: in a memory file that a
 * worker can read only, so that one that went mad leaves no mark on the next. */
struct worker_orders {
    _Atomic uint32_t stop;          /* 1: end flows, then exit */
    _Atomic uint32_t policy_wanted; /* number of the policy below, from 1; 0: none yet */
    struct policy_block policy;
    int32_t control_pid;                 /* the control process, as its workers see it */
    _Atomic uint32_t classifiers_wanted; /* generation of the classifiers, from 1 */
    bool standalone;                     /* nothing is ever sent */
    _Atomic uint32_t session_up;         /* frames may be returned */
    _Atomic uint32_t live_version; /* of the next; odd: being written, 0: nothing changed yet */
    struct config live_config;     /* what config_copy_live() copies, and no pointer */
    _Atomic uint32_t discovery_ethertype;
    _Atomic uint32_t states_wanted; /* the store has room for flows that go on */
    struct script_offence offences[SCRIPT_CLASSIFIERS_MAX]; /* written while no worker runs */
    struct admission admitted;                              /* what classifiers are loaded from */
};

/* What a worker tells; the control process sets some of it back before it starts another. */
struct worker_shared {
    _Alignas(64) _Atomic uint64_t beat_ns; /* monotonic time of its latest round; 0: not yet */
    _Atomic uint64_t captures_ns;          /* monotonic time since when; 0: it does not yet */
    struct script_watch watch;             /* its classifiers */
    _Atomic uint32_t policy_done;          /* number of the latest policy that it dealt with, */
    _Atomic uint32_t policy_outcome;       /* and what became of it */
    char policy_fault[512];
    _Atomic uint32_t classifiers_done;   /* the latest generation that it took up; 0: none yet */
    _Atomic uint32_t classifiers_loaded; /* how many of its classifiers are of that generation */
    struct worker_counters counters;
    _Atomic uint64_t frames_seen; /* frame i of all lies in last[i % SHARED_LAST_FRAMES] */
    struct shared_frame last[SHARED_LAST_FRAMES];

    /* Of events, ring_bytes(SHARED_RING_BYTES); then that of the store. */
    _Alignas(64) uint8_t ring[];
};

/* A multiple of 64, as the ring behind it has to be aligned. */
static inline size_t worker_store_ring(void) {
    return (ring_bytes(SHARED_RING_BYTES) + 63) / 64 * 64;
}

static inline size_t worker_shared_bytes(void) {
    return sizeof(struct worker_shared) + worker_store_ring() + ring_bytes(SHARED_STORE_BYTES);
}

#endif

#ifndef DPAE_DAEMON_INTERFACE_H
#define DPAE_DAEMON_INTERFACE_H

#include "base/error.h"
#include "capture/exchange.h"
#include "config/config.h"
#include "control/control.h"
#include "daemon/child.h"
#include "daemon/lock.h"
#include "daemon/offload.h"
#include "daemon/refusals.h"
#include "daemon/rehearsal.h"
#include "event/event.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* One interface that the daemon serves: its workers, and its session with the controller (none when
 * standalone). Nobody else may serve it at the same time: lock.h. */
#define INTERFACE_WORKERS_MAX 16

/* Events to take in a row, before something else is looked at. */
#define INTERFACE_EVENTS_AT_ONCE 65536

/* Where a policy is on its way to the workers. */
enum offer_stage {
    OFFER_SETTLED, /* they have dealt with the latest one, or it was refused, or there was none */
    OFFER_MADE,    /* to be tried out */
    OFFER_IN_REHEARSAL,
    OFFER_GIVEN, /* they are to take it */
    OFFER_CLOSED /* no more are taken */
};

enum offer_result {
    OFFER_REFUSED,
    OFFER_TAKEN,   /* what became of it is logged when it is known */
    OFFER_IN_FORCE /* it says what is in force already */
};

struct interface {
    char name[16];
    const struct config *config; /* borrowed */
    struct child children[INTERFACE_WORKERS_MAX];
    unsigned workers, next; /* next: whose ring is read next */
    int event_fd;
    int names_fd; /* names of servers, shared by the workers */
    struct lock lock;
    struct exchange *exchange;
    struct offloads offloads;       /* as they were; changed only where frames may be returned */
    struct control *control;        /* NULL: standalone */
    struct event_recorder recorder; /* every event, before it goes to the controller */
    _Atomic uint64_t events_refused;

    pthread_mutex_t policy_lock; /* over the next three, and the policy that is offered: */
    struct rehearsal rehearsal;  /* its orders */
    enum offer_stage offer;
    enum policy_outcome policy_outcome; /* of the latest offer that was settled */

    /* touched by the thread that supervises only */
    char policy_fault[512];   /* why the latest policy was refused when it was tried out; empty: it
                                 was not */
    bool policy_awaited;      /* the outcome of some worker is */
    uint32_t generation;      /* of the classifiers */
    bool classifiers_changed; /* since the latest rehearsal was started */
    bool files_in_rehearsal;  /* classifiers that changed, with or without another policy */
    bool classifiers_awaited; /* workers are to take the generation up */
    bool classifiers_partial; /* something of it was refused when it was tried out */
    struct refusals refusals; /* read by the status thread while nobody supervises */
};

/* Takes the lock and makes workers' memory, starts nothing. config_fd holds the text of config.
 * recorder.record may be called from the control thread. interface_close() in either case. */
int interface_open(struct interface *interface, const char *name, const struct config *config,
                   int config_fd, struct event_recorder recorder, struct error *error);
void interface_close(struct interface *interface);

/* Starts the workers. standalone: nothing is ever sent, and what this host sends is seen, too. */
void interface_start(struct interface *interface, bool standalone);

/* Starts the session with the controller. */
int interface_join(struct interface *interface, const char *version, struct error *error);

/* Offers a policy (rules may be empty: derived). It is tried out with its classifiers in a process
 * of its own, then given to all workers. Returns at once. */
enum offer_result interface_offer_policy(struct interface *interface, const char *policy,
                                         size_t policy_length, const char *rules,
                                         size_t rules_length);

/* Whether workers have dealt with what was offered last, and *in_force says with which end. */
bool interface_has_settled(struct interface *interface, bool *in_force);

/* Offers it and waits, at most 5 s, until workers have dealt with it; not for the thread that
 * supervises. Returns whether it is in force, as far as that is known then; what is wrong is
 * logged. */
bool interface_set_policy(struct interface *interface, const char *policy, size_t policy_length,
                          const char *rules, size_t rules_length);

/* No more policies are taken, or waited for. */
void interface_close_offers(struct interface *interface);

/* The configuration that it borrows has changed, as far as it may: tells workers and session. */
void interface_take_config(struct interface *interface);

/* Classifiers or their helpers have changed: they are tried out as a policy is, then the workers
 * load them; neither is waited for. */
void interface_reload_classifiers(struct interface *interface);

/* Takes that further; interface_supervise() does. */
void interface_look_after_classifiers(struct interface *interface, uint64_t now_ns);

/* Looks after workers; to be called about every 50 ms. */
void interface_supervise(struct interface *interface, uint64_t now_ns);

/* Next event of any worker, recorded; false when there is none. */
bool interface_take_event(struct interface *interface, struct event *event);

/* Nothing is returned any more, and the workers end their flows and themselves. */
void interface_stop_workers(struct interface *interface);

/* After that: sees the workers off, sends what is queued, at most until limit_ns (monotonic), and
 * ends the session; by force what has not ended by then. */
void interface_stop(struct interface *interface, uint64_t limit_ns);

/* Packets that came while workers were replaced: an estimate. */
uint64_t interface_missed(const struct interface *interface);

/* Sums over the workers, those that died included. */
void interface_add_counters(const struct interface *interface, struct worker_counters *total);

#endif

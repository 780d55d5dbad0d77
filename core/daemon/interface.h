#ifndef DPAE_DAEMON_INTERFACE_H
#define DPAE_DAEMON_INTERFACE_H

#include "base/error.h"
#include "capture/exchange.h"
#include "config/config.h"
#include "control/control.h"
#include "daemon/child.h"
#include "daemon/deployment.h"
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

    pthread_mutex_t policy_lock;  /* over the next two: */
    struct deployment deployment; /* of the policy and the classifiers */
    struct rehearsal rehearsal;   /* its orders hold the policy that is offered */

    /* touched by the thread that supervises only */
    char policy_fault[512];   /* why the rehearsal of the latest policy refused it; empty: it did
                                 not */
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

/* Offers a policy, which is copied: deployment.h. A rehearsal tries it with its classifiers, then
 * all workers get it. Returns at once. */
enum offer_result interface_offer_policy(struct interface *interface,
                                         const struct policy_text *policy);

/* deployment_has_settled(), from any thread. */
bool interface_has_settled(struct interface *interface, bool *in_force);

/* Offers a policy and waits up to 5 s until the workers have applied or refused it. The supervising
 * thread must not call this. Returns whether the policy is known to be in force; the log names the
 * problem otherwise. */
bool interface_set_policy(struct interface *interface, const struct policy_text *policy);

/* Ends a rehearsal that is under way; no more policies are taken, or waited for. For the thread
 * that supervises. */
void interface_close_offers(struct interface *interface);

/* The configuration that it borrows has changed, as far as it may: tells workers and session. */
void interface_take_config(struct interface *interface);

/* Classifiers or their helpers have changed: a rehearsal tries them, then the workers load them.
 * Returns at once. */
void interface_reload_classifiers(struct interface *interface);

/* Takes policy and classifiers a step further: interface_supervise() calls it. */
void interface_go_on_with_policy(struct interface *interface, uint64_t now_ns);

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

#ifndef DPAE_DAEMON_DEPLOYMENT_H
#define DPAE_DAEMON_DEPLOYMENT_H

#include "policy/policy_outcome.h"

#include <stdbool.h>
#include <stdint.h>

/* How a policy, and classifiers whose files change, come into force on one interface, as a pure
 * state machine: inputs are offers, file changes, ends of rehearsals, reports of workers and ticks;
 * outputs are actions. It holds no text, starts no process, reads no clock and allocates nothing:
 * interface_policy.c carries the actions out.
 *
 * A policy passes through these stages:
 *
 *     SETTLED --offer--> OFFERED --tick--> IN_REHEARSAL --passed--> GIVEN --reports--> SETTLED
 *
 * A rehearsal that does not pass leads from IN_REHEARSAL to SETTLED: the policy is refused and the
 * earlier one stays in force. When the running workers have reported and others wait to be started,
 * GIVEN leads to STRAGGLING, and from there to SETTLED once all have reported. An offer leads from
 * each of these stages to OFFERED, and close to CLOSED, the last stage.
 *
 * Changed files need no offer: a tick starts a rehearsal of them with the policy of the latest
 * offer or, after a refusal, the one in force. When it passes, the workers get the classifiers
 * under a new generation.
 *
 * Invariants:
 * - At most one rehearsal is under way, and each one ends before the next one starts.
 * - Workers get a policy only after a rehearsal passed that started after the offer.
 * - A rehearsal is started after each file change, unless no policy is in force or on its way.
 * - Files that change again during a rehearsal of them are not given; another rehearsal follows.
 *   Only a policy does not wait: workers load exactly what its rehearsal loaded.
 * - A report counts only under the number that was given last: policy or generation.
 * - A refusal changes no number. After CLOSED no action follows. */
enum deployment_stage {
    DEPLOYMENT_SETTLED, /* every worker has reported on the latest policy, or it was refused, or
                           none was offered */
    DEPLOYMENT_OFFERED, /* a rehearsal of it is to start */
    DEPLOYMENT_IN_REHEARSAL,
    DEPLOYMENT_GIVEN,      /* the workers are to take it */
    DEPLOYMENT_STRAGGLING, /* as SETTLED, but workers that wait to be started have not reported */
    DEPLOYMENT_CLOSED
};

/* The rehearsal that is under way. */
enum deployment_run {
    DEPLOYMENT_RUN_NONE,
    DEPLOYMENT_RUN_POLICY, /* of a policy: no file had changed */
    DEPLOYMENT_RUN_FILES   /* of changed files, with or without another policy */
};

/* The generation of classifiers that was given last. */
enum deployment_classifiers {
    DEPLOYMENT_CLASSIFIERS_SETTLED, /* every worker has taken it up */
    DEPLOYMENT_CLASSIFIERS_GIVEN,
    DEPLOYMENT_CLASSIFIERS_GIVEN_IN_PART /* the rehearsal refused some of them */
};

/* Others read the members; only deployment.c writes them. */
struct deployment {
    enum deployment_stage stage;
    enum policy_outcome outcome; /* of the latest policy that was settled, or refused */
    uint32_t policy;             /* number of the policy given last, from 1; 0: none yet */
    uint32_t generation;         /* of the classifiers given last, from 1 */
    enum deployment_classifiers classifiers;
    enum deployment_run run;
    bool files_changed; /* since the latest rehearsal started */
};

enum offer_result {
    OFFER_REFUSED,
    OFFER_TAKEN,   /* the log reports the outcome later */
    OFFER_IN_FORCE /* equal to the policy in force */
};

/* How a rehearsal ended. */
enum deployment_end {
    DEPLOYMENT_NOT_STARTED,
    DEPLOYMENT_FAILED, /* nothing of it may be loaded */
    DEPLOYMENT_PASSED
};

struct deployment_rehearsal {
    enum deployment_end end;
    bool refuses; /* some classifiers, or it failed with a reason */
    bool differs; /* it loaded other texts of classifiers than those that workers load by now: a
                     change of files that was not seen yet */
};

/* What a worker says of itself. */
struct deployment_report {
    uint32_t policy, generation; /* those that it dealt with last; 0: none yet */
    enum policy_outcome outcome; /* of that policy */
    unsigned loaded;             /* number of its classifiers that came with that generation */
    bool waiting;                /* to be started */
};

/* What the executor is to do after a step; several may be set, and are done in this order. */
struct deployment_actions {
    bool stop_rehearsal;     /* at once */
    bool admit;              /* workers load from now on what the rehearsal loaded */
    bool keep_classifiers;   /* log each fault of changed files: the earlier ones stay */
    bool note_refusals;      /* remember which classifiers the rehearsal refuses */
    bool give_classifiers;   /* under the new generation */
    bool give_policy;        /* the text that was rehearsed, under its new number; log faults */
    bool refuse_policy;      /* log why; the text of the policy in force is the offered one again */
    bool fail_classifiers;   /* log that changed files came to nothing */
    bool settle_policy;      /* log outcome; stage says whether workers are missing */
    bool settle_classifiers; /* log what became of the generation: the next two */
    bool loaded, partial;    /* some worker loaded some of it; the rehearsal refused some */
    bool complete_policy;    /* log that a policy in force in part is in force as a whole now */
    bool start_rehearsal;    /* its end comes back as deployment_end_rehearsal() */
    unsigned worst;          /* of settle_policy: index of the report with the worst outcome */
};

/* Before anything else: no policy, generation 1. */
void deployment_init(struct deployment *deployment);

/* A policy is offered. repeated: it equals the offered text that the executor holds, which it is to
 * replace when the offer is taken. */
enum offer_result deployment_offer(struct deployment *deployment, bool repeated);

/* Files of classifiers or their helpers have changed. */
void deployment_change_files(struct deployment *deployment);

/* Each of these steps clears and fills *actions. */

/* Time has passed: the rehearsal that is due starts, unless one is under way. */
void deployment_tick(struct deployment *deployment, struct deployment_actions *actions);

/* The rehearsal has ended, or could not start. */
void deployment_end_rehearsal(struct deployment *deployment,
                              const struct deployment_rehearsal *rehearsal,
                              struct deployment_actions *actions);

/* The reports of all count workers, at least one. */
void deployment_take_reports(struct deployment *deployment, const struct deployment_report *reports,
                             unsigned count, struct deployment_actions *actions);

/* No policy is taken, given or waited for any more. */
void deployment_close(struct deployment *deployment, struct deployment_actions *actions);

/* True when running workers have reported on the latest offer, or it was refused, or the deployment
 * is closed. *in_force: the offer was not refused, as far as that is known. */
bool deployment_has_settled(const struct deployment *deployment, bool *in_force);

#endif

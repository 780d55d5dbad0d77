#include "status/judge.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

struct judge {
    const struct status_snapshot *snapshot;
    const char *interface; /* or what else the reason is about */
    struct status_reasons *reasons;
    unsigned left_out;
};

__attribute__((format(printf, 2, 3))) static void add(struct judge *judge, const char *format,
                                                      ...) {
    struct status_reasons *reasons = judge->reasons;
    if (reasons->count == STATUS_REASONS_MAX - 1) {
        judge->left_out++;
        return;
    }
    char *text = reasons->texts[reasons->count++];
    const size_t size = sizeof reasons->texts[0];
    const size_t used = (size_t)snprintf(text, size, "%s: ", judge->interface);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* Seconds from one time to a later one; 0 when it is not later. */
static double seconds(uint64_t from_ns, uint64_t to_ns) {
    return to_ns > from_ns ? (double)(to_ns - from_ns) / (double)NS_PER_S : 0;
}

static void judge_worker(struct judge *judge, unsigned number, const struct status_worker *worker) {
    const uint64_t now_ns = judge->snapshot->now_ns;
    if (worker->failing) {
        add(judge, "WORKER %u DIES AGAIN AND AGAIN: %llu deaths, the latest %.0f s ago (it %s)%s%s",
            number, (unsigned long long)worker->deaths, seconds(worker->died_ns, now_ns),
            worker->how, worker->crash_file[0] ? "; the last frames that it saw are in " : "",
            worker->crash_file);
    }
    if (worker->state == STATUS_WORKER_WAITING) {
        add(judge, "worker %u is not running; it is started again in %.1f s", number,
            seconds(now_ns, worker->restart_ns));
    } else if (worker->state != STATUS_WORKER_UP) {
        add(judge, "worker %u %s%s", number, worker->state == STATUS_WORKER_STARTING ? "is " : "",
            status_worker_state_name(worker->state));
    }
}

/* Each worker has its own copy of a classifier: one may be quarantined in some of them. */
static void judge_classifiers(struct judge *judge, unsigned number,
                              const struct status_worker *worker) {
    for (unsigned i = 0; i < worker->classifier_count; i++) {
        if (worker->classifiers[i].quarantined) {
            add(judge, "classifier %s is quarantined in worker %u: the log tells why",
                worker->classifiers[i].name, number);
        }
    }
}

/* It is the workers that hold it so. */
static bool ought_to_be_promiscuous(const struct status_interface *interface) {
    for (unsigned i = 0; i < interface->worker_count; i++) {
        if (interface->workers[i].state == STATUS_WORKER_UP) {
            return true;
        }
    }
    return false;
}

static void judge_interface(struct judge *judge, const struct status_interface *interface) {
    const struct status_session *session = &interface->session;
    for (unsigned i = 0; i < interface->worker_count; i++) {
        judge_worker(judge, i, &interface->workers[i]);
    }
    if (!interface->standalone && !session->up) {
        add(judge, "no session with the controller for %.0f s (%s)%s%s",
            seconds(session->since_ns, judge->snapshot->now_ns), session->phase,
            session->note[0] ? "; " : "", session->note);
    }
    if (interface->policy == STATUS_POLICY_REFUSED || interface->policy == STATUS_POLICY_PARTIAL) {
        add(judge, "the policy is %s: %s", status_policy_name(interface->policy),
            interface->policy_fault);
    }
    for (unsigned i = 0; i < interface->worker_count; i++) {
        judge_classifiers(judge, i, &interface->workers[i]);
    }
    if (interface->promiscuity == 0 && ought_to_be_promiscuous(interface)) {
        add(judge, "the interface is not promiscuous: frames for other hosts are not seen");
    }
}

static void end(const struct judge *judge) {
    struct status_reasons *reasons = judge->reasons;
    if (judge->left_out > 0) {
        snprintf(reasons->texts[reasons->count++], sizeof reasons->texts[0], "and %u more",
                 judge->left_out);
    }
}

void status_judge(const struct status_snapshot *snapshot, struct status_reasons *reasons) {
    struct judge judge = {.snapshot = snapshot, .reasons = reasons};
    reasons->count = 0;
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        judge.interface = snapshot->interfaces[i].name;
        judge_interface(&judge, &snapshot->interfaces[i]);
    }
    if (snapshot->store.used && !snapshot->store.up) {
        judge.interface = "database";
        add(&judge, "it cannot be used, flows wait: %s", snapshot->store.trouble);
    }
    end(&judge);
}

void status_note(const struct status_snapshot *snapshot, struct status_reasons *notes) {
    struct judge judge = {.snapshot = snapshot, .reasons = notes};
    notes->count = 0;
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        const struct status_interface *interface = &snapshot->interfaces[i];
        judge.interface = interface->name;
        for (unsigned j = 0; j < interface->refusal_count; j++) {
            const struct status_refusal *refusal = &interface->refusals[j];
            add(&judge,
                "a change of %s%s was refused %.0f s ago, what was loaded before, if anything, "
                "goes on: %s",
                refusal->classifier[0] ? "classifier " : "the classifiers", refusal->classifier,
                seconds(refusal->since_ns, snapshot->now_ns), refusal->error);
        }
    }
    end(&judge);
}

#include "status/document.h"

#include "base/escape.h"
#include "base/json.h"
#include "status/judge.h"

/* 0 is null. */
static void put_time(struct json *to, const char *key, uint64_t ns) {
    if (ns) {
        json_put_seconds(to, key, ns, 3);
    } else {
        json_put_null(to, key);
    }
}

/* Text is made UTF-8 first; empty is null. */
static void put_text(struct json *to, const char *key, const char *text) {
    char safe[2048];
    escape_text(text, safe, sizeof safe);
    json_put_text_or_null(to, key, safe);
}

static void put_texts(struct json *to, const char *key, const struct status_reasons *texts) {
    struct json list;
    json_open_list(&list);
    for (unsigned i = 0; i < texts->count; i++) {
        put_text(&list, NULL, texts->texts[i]);
    }
    json_put(to, key, &list);
}

static void put_named(struct json *to, const char *key, const char *const *names,
                      const uint64_t *numbers) {
    struct json object;
    json_open_object(&object);
    for (unsigned i = 0; names[i]; i++) {
        json_put_number(&object, names[i], numbers[i]);
    }
    json_put(to, key, &object);
}

static void put_classifiers(struct json *to, const struct status_snapshot *snapshot,
                            const struct status_worker *worker) {
    struct json list, object;
    json_open_list(&list);
    for (unsigned i = 0; i < worker->classifier_count; i++) {
        const struct status_classifier *classifier = &worker->classifiers[i];
        json_open_object(&object);
        put_text(&object, "name", classifier->name);
        json_put_bool(&object, "quarantined", classifier->quarantined);
        json_put_number(&object, "errors", classifier->errors);
        put_named(&object, "treatments", snapshot->names.treatments, classifier->treatments);
        json_put(&list, NULL, &object);
    }
    json_put(to, "classifiers", &list);
}

static void put_worker(struct json *list, const struct status_snapshot *snapshot, unsigned number,
                       const struct status_worker *worker) {
    struct json object;
    json_open_object(&object);
    json_put_number(&object, "number", number);
    json_put_number_or_null(&object, "pid", worker->pid, (uint64_t)worker->pid);
    put_text(&object, "state", status_worker_state_name(worker->state));
    json_put_bool(&object, "up", worker->state == STATUS_WORKER_UP);
    json_put_bool(&object, "failing", worker->failing);
    json_put_number(&object, "deaths", worker->deaths);
    put_time(&object, "died", worker->died_ns);
    put_text(&object, "how", worker->how);
    put_text(&object, "crash_capture", worker->crash_file);
    json_put_number(&object, "received", worker->received);
    json_put_number(&object, "bytes", worker->bytes);
    put_named(&object, "packets", snapshot->names.classes, worker->classes);
    json_put_number(&object, "kernel_drops", worker->kernel_drops);
    json_put_number(&object, "capture_gap_milliseconds", worker->gaps_ms);
    json_put_number(&object, "missed_packets_estimate", worker->missed);
    json_put_number(&object, "injected", worker->injected);
    json_put_number(&object, "inject_failed", worker->inject_failed);
    json_put_number(&object, "cut_not_returned", worker->cut_not_returned);
    json_put_number(&object, "flows", worker->flows);
    json_put_number(&object, "flows_created", worker->flows_created);
    put_named(&object, "flow_ends", snapshot->names.flow_ends, worker->flow_ends);
    json_put_number(&object, "suppressions", worker->suppressions);
    json_put_number(&object, "conflicts", worker->conflicts);
    json_put_number(&object, "classifier_memory", worker->classifier_memory);
    json_put_number(&object, "shadow_agreed", worker->shadow_agreed);
    json_put_number(&object, "shadow_differed", worker->shadow_differed);
    json_put_number(&object, "shadow_neither", worker->shadow_neither);
    put_named(&object, "identities", snapshot->names.identities, worker->identities);
    put_named(&object, "events_lost", snapshot->names.events_lost, worker->events_lost);
    put_classifiers(&object, snapshot, worker);
    json_put(list, NULL, &object);
}

static void put_session(struct json *to, const struct status_session *session) {
    struct json object, advice;
    json_open_object(&object);
    json_put_bool(&object, "up", session->up);
    put_text(&object, "phase", session->phase);
    put_time(&object, "since", session->since_ns);
    put_text(&object, "note", session->note);
    json_put_number(&object, "sessions", session->sessions);
    json_open_object(&advice);
    json_put_number(&advice, "taken", session->taken);
    json_put_number(&advice, "merged", session->merged);
    json_put_number(&advice, "sent", session->sent);
    json_put_number(&advice, "refused", session->refused);
    json_put_number(&advice, "skipped", session->skipped);
    json_put_number(&advice, "dropped_verdicts", session->dropped_verdicts);
    json_put_number(&advice, "dropped_identities", session->dropped_identities);
    json_put_number(&advice, "waiting", session->waiting);
    json_put(&object, "advice", &advice);
    json_put(to, "session", &object);
}

static void put_refusals(struct json *to, const struct status_interface *interface) {
    struct json list, object;
    json_open_list(&list);
    for (unsigned i = 0; i < interface->refusal_count; i++) {
        const struct status_refusal *refusal = &interface->refusals[i];
        json_open_object(&object);
        put_text(&object, "classifier", refusal->classifier);
        put_time(&object, "since", refusal->since_ns);
        put_text(&object, "error", refusal->error);
        json_put(&list, NULL, &object);
    }
    json_put(to, "refused_changes", &list);
}

static void put_workers(struct json *to, const struct status_snapshot *snapshot,
                        const struct status_interface *interface) {
    struct json list;
    json_open_list(&list);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        put_worker(&list, snapshot, i, &interface->workers[i]);
    }
    json_put(to, "workers", &list);
}

static void put_interface(struct json *list, const struct status_snapshot *snapshot,
                          const struct status_interface *interface) {
    struct json object;
    json_open_object(&object);
    put_text(&object, "name", interface->name);
    put_text(&object, "mode", status_mode_name(interface));
    put_text(&object, "policy", status_policy_name(interface->policy));
    put_text(&object, "policy_fault", interface->policy_fault);
    put_refusals(&object, interface);
    json_put_number_or_null(&object, "promiscuity", interface->promiscuity >= 0,
                            (uint64_t)interface->promiscuity);
    json_put_number(&object, "interface_drops", status_interface_drops(interface));
    json_put_number(&object, "events_refused", interface->events_refused);
    if (interface->standalone) {
        json_put_null(&object, "session");
    } else {
        put_session(&object, &interface->session);
    }
    put_workers(&object, snapshot, interface);
    json_put(list, NULL, &object);
}

static void put_store(struct json *to, const struct status_snapshot *snapshot) {
    const struct status_store *store = &snapshot->store;
    struct json object;
    if (!store->used) {
        json_put_null(to, "database");
        return;
    }
    json_open_object(&object);
    json_put_bool(&object, "up", store->up);
    put_text(&object, "trouble", store->trouble);
    json_put_number(&object, "written", store->written);
    json_put_number(&object, "superseded", store->superseded);
    json_put_number(&object, "spooled", store->by_spool);
    json_put_number(&object, "waiting", store->in_memory);
    json_put_number(&object, "waiting_spool", store->in_spool);
    json_put_number(&object, "expired", store->expired);
    json_put_number(&object, "restarted", store->restarted);
    put_named(&object, "lost", snapshot->names.store_lost, store->lost);
    json_put(to, "database", &object);
}

char *document_make(const struct status_snapshot *snapshot) {
    struct status_reasons reasons, notes;
    struct json object, interfaces;
    status_judge(snapshot, &reasons);
    status_note(snapshot, &notes);
    json_open_object(&object);
    put_text(&object, "state", reasons.count ? "degraded" : "ok");
    put_texts(&object, "reasons", &reasons);
    put_texts(&object, "notes", &notes);
    put_text(&object, "version", snapshot->version);
    put_time(&object, "started", snapshot->started_ns);
    put_time(&object, "time", snapshot->now_ns);
    put_store(&object, snapshot);
    json_open_list(&interfaces);
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        put_interface(&interfaces, snapshot, &snapshot->interfaces[i]);
    }
    json_put(&object, "interfaces", &interfaces);
    return json_close(&object);
}

#include "status/document.h"

#include "base/clock.h"
#include "base/escape.h"
#include "status/judge.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

/* Want of memory is remembered, and building goes on: cJSON takes NULL for any object and does
 * nothing. */
struct document {
    bool failed;
};

static void put(struct document *document, cJSON *to, const char *key, cJSON *item) {
    if (!item || !cJSON_AddItemToObjectCS(to, key, item)) {
        cJSON_Delete(item);
        document->failed = true;
    }
}

static cJSON *put_object(struct document *document, cJSON *to, const char *key) {
    cJSON *object = cJSON_CreateObject();
    put(document, to, key, object);
    return document->failed ? NULL : object;
}

static cJSON *put_list(struct document *document, cJSON *to, const char *key) {
    cJSON *list = cJSON_CreateArray();
    put(document, to, key, list);
    return document->failed ? NULL : list;
}

static void append(struct document *document, cJSON *list, cJSON *item) {
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        document->failed = true;
    }
}

/* cJSON's own numbers are doubles. */
static void put_number(struct document *document, cJSON *to, const char *key, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    put(document, to, key, cJSON_CreateRaw(text));
}

/* 0 is null. */
static void put_time(struct document *document, cJSON *to, const char *key, uint64_t ns) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64 ".%03" PRIu64, (uint64_t)(ns / NS_PER_S),
             (uint64_t)(ns % NS_PER_S / NS_PER_MS));
    put(document, to, key, ns ? cJSON_CreateRaw(text) : cJSON_CreateNull());
}

static void put_bool(struct document *document, cJSON *to, const char *key, bool value) {
    put(document, to, key, cJSON_CreateBool(value));
}

/* Text is made UTF-8 first; empty is null. */
static cJSON *text_of(const char *text) {
    char safe[2048];
    escape_text(text, safe, sizeof safe);
    return text[0] ? cJSON_CreateString(safe) : cJSON_CreateNull();
}

static void put_text(struct document *document, cJSON *to, const char *key, const char *text) {
    put(document, to, key, text_of(text));
}

static void put_texts(struct document *document, cJSON *to, const char *key,
                      const struct status_reasons *texts) {
    cJSON *list = put_list(document, to, key);
    for (unsigned i = 0; i < texts->count; i++) {
        append(document, list, text_of(texts->texts[i]));
    }
}

static void put_named(struct document *document, cJSON *to, const char *key,
                      const char *const *names, const uint64_t *numbers) {
    cJSON *object = put_object(document, to, key);
    for (unsigned i = 0; names[i]; i++) {
        put_number(document, object, names[i], numbers[i]);
    }
}

static void put_classifiers(struct document *document, cJSON *to,
                            const struct status_snapshot *snapshot,
                            const struct status_worker *worker) {
    cJSON *list = put_list(document, to, "classifiers");
    for (unsigned i = 0; i < worker->classifier_count; i++) {
        const struct status_classifier *classifier = &worker->classifiers[i];
        cJSON *object = cJSON_CreateObject();
        put_text(document, object, "name", classifier->name);
        put_bool(document, object, "quarantined", classifier->quarantined);
        put_number(document, object, "errors", classifier->errors);
        put_named(document, object, "treatments", snapshot->names.treatments,
                  classifier->treatments);
        append(document, list, object);
    }
}

static void put_worker(struct document *document, cJSON *list,
                       const struct status_snapshot *snapshot, unsigned number,
                       const struct status_worker *worker) {
    cJSON *object = cJSON_CreateObject();
    put_number(document, object, "number", number);
    if (worker->pid) {
        put_number(document, object, "pid", (uint64_t)worker->pid);
    } else {
        put(document, object, "pid", cJSON_CreateNull());
    }
    put_text(document, object, "state", status_worker_state_name(worker->state));
    put_bool(document, object, "up", worker->state == STATUS_WORKER_UP);
    put_bool(document, object, "failing", worker->failing);
    put_number(document, object, "deaths", worker->deaths);
    put_time(document, object, "died", worker->died_ns);
    put_text(document, object, "how", worker->how);
    put_text(document, object, "crash_capture", worker->crash_file);
    put_number(document, object, "received", worker->received);
    put_number(document, object, "bytes", worker->bytes);
    put_named(document, object, "packets", snapshot->names.classes, worker->classes);
    put_number(document, object, "kernel_drops", worker->kernel_drops);
    put_number(document, object, "capture_gap_milliseconds", worker->gaps_ms);
    put_number(document, object, "missed_packets_estimate", worker->missed);
    put_number(document, object, "injected", worker->injected);
    put_number(document, object, "inject_failed", worker->inject_failed);
    put_number(document, object, "cut_not_returned", worker->cut_not_returned);
    put_number(document, object, "flows", worker->flows);
    put_number(document, object, "flows_created", worker->flows_created);
    put_named(document, object, "flow_ends", snapshot->names.flow_ends, worker->flow_ends);
    put_number(document, object, "suppressions", worker->suppressions);
    put_number(document, object, "conflicts", worker->conflicts);
    put_number(document, object, "classifier_memory", worker->classifier_memory);
    put_number(document, object, "shadow_agreed", worker->shadow_agreed);
    put_number(document, object, "shadow_differed", worker->shadow_differed);
    put_number(document, object, "shadow_neither", worker->shadow_neither);
    put_named(document, object, "identities", snapshot->names.identities, worker->identities);
    put_named(document, object, "events_lost", snapshot->names.events_lost, worker->events_lost);
    put_classifiers(document, object, snapshot, worker);
    append(document, list, object);
}

static void put_session(struct document *document, cJSON *to,
                        const struct status_session *session) {
    cJSON *object = put_object(document, to, "session");
    put_bool(document, object, "up", session->up);
    put_text(document, object, "phase", session->phase);
    put_time(document, object, "since", session->since_ns);
    put_text(document, object, "note", session->note);
    put_number(document, object, "sessions", session->sessions);
    cJSON *advice = put_object(document, object, "advice");
    put_number(document, advice, "taken", session->taken);
    put_number(document, advice, "merged", session->merged);
    put_number(document, advice, "sent", session->sent);
    put_number(document, advice, "refused", session->refused);
    put_number(document, advice, "skipped", session->skipped);
    put_number(document, advice, "dropped_verdicts", session->dropped_verdicts);
    put_number(document, advice, "dropped_identities", session->dropped_identities);
    put_number(document, advice, "waiting", session->waiting);
}

static void put_refusals(struct document *document, cJSON *to,
                         const struct status_interface *interface) {
    cJSON *list = put_list(document, to, "refused_changes");
    for (unsigned i = 0; i < interface->refusal_count; i++) {
        const struct status_refusal *refusal = &interface->refusals[i];
        cJSON *object = cJSON_CreateObject();
        put_text(document, object, "classifier", refusal->classifier);
        put_time(document, object, "since", refusal->since_ns);
        put_text(document, object, "error", refusal->error);
        append(document, list, object);
    }
}

static void put_interface(struct document *document, cJSON *list,
                          const struct status_snapshot *snapshot,
                          const struct status_interface *interface) {
    cJSON *object = cJSON_CreateObject();
    put_text(document, object, "name", interface->name);
    put_text(document, object, "mode", status_mode_name(interface));
    put_text(document, object, "policy", status_policy_name(interface->policy));
    put_text(document, object, "policy_fault", interface->policy_fault);
    put_refusals(document, object, interface);
    if (interface->promiscuity >= 0) {
        put_number(document, object, "promiscuity", (uint64_t)interface->promiscuity);
    } else {
        put(document, object, "promiscuity", cJSON_CreateNull());
    }
    put_number(document, object, "interface_drops", status_interface_drops(interface));
    put_number(document, object, "events_refused", interface->events_refused);
    if (interface->standalone) {
        put(document, object, "session", cJSON_CreateNull());
    } else {
        put_session(document, object, &interface->session);
    }
    cJSON *workers = put_list(document, object, "workers");
    for (unsigned i = 0; i < interface->worker_count; i++) {
        put_worker(document, workers, snapshot, i, &interface->workers[i]);
    }
    append(document, list, object);
}

static void put_store(struct document *document, cJSON *to,
                      const struct status_snapshot *snapshot) {
    const struct status_store *store = &snapshot->store;
    if (!store->used) {
        put(document, to, "database", cJSON_CreateNull());
        return;
    }
    cJSON *object = put_object(document, to, "database");
    put_bool(document, object, "up", store->up);
    put_text(document, object, "trouble", store->trouble);
    put_number(document, object, "written", store->written);
    put_number(document, object, "superseded", store->superseded);
    put_number(document, object, "spooled", store->by_spool);
    put_number(document, object, "waiting", store->in_memory);
    put_number(document, object, "waiting_spool", store->in_spool);
    put_number(document, object, "expired", store->expired);
    put_number(document, object, "restarted", store->restarted);
    put_named(document, object, "lost", snapshot->names.store_lost, store->lost);
}

char *document_make(const struct status_snapshot *snapshot) {
    struct document document = {0};
    struct status_reasons reasons, notes;
    status_judge(snapshot, &reasons);
    status_note(snapshot, &notes);
    cJSON *object = cJSON_CreateObject();
    put_text(&document, object, "state", reasons.count ? "degraded" : "ok");
    put_texts(&document, object, "reasons", &reasons);
    put_texts(&document, object, "notes", &notes);
    put_text(&document, object, "version", snapshot->version);
    put_time(&document, object, "started", snapshot->started_ns);
    put_time(&document, object, "time", snapshot->now_ns);
    put_store(&document, object, snapshot);
    cJSON *interfaces = put_list(&document, object, "interfaces");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        put_interface(&document, interfaces, snapshot, &snapshot->interfaces[i]);
    }
    char *text = document.failed ? NULL : cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

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

static void put_parts(struct json *to, const struct counter *counter, const uint64_t *numbers) {
    struct json object;
    json_open_object(&object);
    for (unsigned i = 0; i < counter->count; i++) {
        if (counter->name(i)) {
            json_put_number(&object, counter->name(i), numbers[i]);
        }
    }
    json_put(to, counter->member, &object);
}

static void put_counters(struct json *to, const struct counter_table *table, const void *counters,
                         unsigned which) {
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        const uint64_t *numbers = counter_numbers(counter, counters, which);
        if (counter->elsewhere) {
            continue;
        }
        if (counter->name) {
            put_parts(to, counter, numbers);
        } else {
            json_put_number(to, counter->member, *numbers);
        }
    }
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
        put_counters(&object, &snapshot->tables.classifier, worker->counters, i);
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
    put_time(&object, "died", worker->died_ns);
    put_text(&object, "how", worker->how);
    put_text(&object, "crash_capture", worker->crash_file);
    put_counters(&object, &snapshot->tables.worker, worker->counters, 0);
    put_classifiers(&object, snapshot, worker);
    json_put(list, NULL, &object);
}

static void put_session(struct json *to, const struct status_tables *tables,
                        const struct status_session *session) {
    struct json object, advice;
    json_open_object(&object);
    json_put_bool(&object, "up", session->up);
    put_text(&object, "phase", session->phase);
    put_time(&object, "since", session->since_ns);
    put_text(&object, "note", session->note);
    put_counters(&object, &tables->session, session->counters, 0);
    json_open_object(&advice);
    put_counters(&advice, &tables->advice, session->counters, 0);
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
    put_counters(&object, &snapshot->tables.interface, interface->counters, 0);
    if (interface->standalone) {
        json_put_null(&object, "session");
    } else {
        put_session(&object, &snapshot->tables, &interface->session);
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
    put_counters(&object, &snapshot->tables.store, store->counters, 0);
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

#include "status/metrics.h"

#include "base/clock.h"
#include "base/escape.h"
#include "status/judge.h"

#include <inttypes.h>

/* What a sample is about. */
enum scope { PROGRAM, INTERFACES, SESSIONS, WORKERS, CLASSIFIERS };

/* A walk over all of a scope. Begins with the first two members alone. */
struct walk {
    const struct status_snapshot *snapshot;
    enum scope scope;
    const struct status_interface *interface;
    const struct status_worker *worker;
    unsigned i, j, k; /* the next interface, worker, classifier */
    bool begun;
};

static bool next_interface(struct walk *at) {
    if (at->i == at->snapshot->interface_count) {
        return false;
    }
    at->interface = &at->snapshot->interfaces[at->i++];
    at->j = 0;
    return true;
}

static bool next_session(struct walk *at) {
    while (next_interface(at)) {
        if (!at->interface->standalone) {
            return true;
        }
    }
    return false;
}

static bool next_worker(struct walk *at) {
    while (!at->interface || at->j == at->interface->worker_count) {
        if (!next_interface(at)) {
            return false;
        }
    }
    at->worker = &at->interface->workers[at->j++];
    at->k = 0;
    return true;
}

static bool next_classifier(struct walk *at) {
    while (!at->worker || at->k == at->worker->classifier_count) {
        if (!next_worker(at)) {
            return false;
        }
    }
    at->k++;
    return true;
}

static bool next(struct walk *at) {
    switch (at->scope) {
    case INTERFACES:
        return next_interface(at);
    case SESSIONS:
        return next_session(at);
    case WORKERS:
        return next_worker(at);
    case CLASSIFIERS:
        return next_classifier(at);
    case PROGRAM:
        break;
    }
    const bool first = !at->begun;
    at->begun = true;
    return first;
}

/* Text is made one line of UTF-8 first, then quoted as the format wants it. */
static void put_quoted(FILE *file, const char *text) {
    char safe[1024];
    escape_text(text, safe, sizeof safe);
    putc('"', file);
    for (const char *at = safe; *at; at++) {
        if (*at == '"' || *at == '\\') {
            putc('\\', file);
        }
        putc(*at, file);
    }
    putc('"', file);
}

static void put_head(FILE *file, const char *name, const char *type, const char *help) {
    fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A sample is begun, given more labels, and ended with its value. */
struct sample {
    FILE *file;
    bool labelled;
};

static void put_label(struct sample *sample, const char *name, const char *value) {
    fprintf(sample->file, "%c%s=", sample->labelled ? ',' : '{', name);
    put_quoted(sample->file, value);
    sample->labelled = true;
}

static struct sample begin(FILE *file, const char *name, const struct walk *at) {
    struct sample sample = {.file = file};
    char number[16];
    fputs(name, file);
    if (at->scope != PROGRAM) {
        put_label(&sample, "interface", at->interface->name);
    }
    if (at->scope == WORKERS || at->scope == CLASSIFIERS) {
        snprintf(number, sizeof number, "%u", at->j - 1);
        put_label(&sample, "worker", number);
    }
    if (at->scope == CLASSIFIERS) {
        put_label(&sample, "classifier", at->worker->classifiers[at->k - 1].name);
    }
    return sample;
}

static void end(struct sample *sample, uint64_t value) {
    fprintf(sample->file, "%s %" PRIu64 "\n", sample->labelled ? "}" : "", value);
}

static void put_value(FILE *file, const char *name, const struct walk *at, uint64_t value) {
    struct sample sample = begin(file, name, at);
    end(&sample, value);
}

/* ---- what the tables describe ---- */

static const void *counters_at(const struct walk *at) {
    switch (at->scope) {
    case INTERFACES:
        return at->interface->counters;
    case SESSIONS:
        return at->interface->session.counters;
    case WORKERS:
    case CLASSIFIERS:
        return at->worker->counters;
    case PROGRAM:
        break;
    }
    return at->snapshot->store.counters;
}

static void put_numbers(FILE *file, const struct counter *counter, const struct walk *at) {
    const unsigned which = at->scope == CLASSIFIERS ? at->k - 1 : 0;
    const uint64_t *numbers = counter_numbers(counter, counters_at(at), which);
    if (!counter->name) {
        put_value(file, counter->metric, at, *numbers);
        return;
    }
    for (unsigned i = 0; i < counter->count; i++) {
        if (counter->name(i)) {
            struct sample sample = begin(file, counter->metric, at);
            put_label(&sample, counter->label, counter->name(i));
            end(&sample, numbers[i]);
        }
    }
}

static void put_table(FILE *file, const struct status_snapshot *snapshot,
                      const struct counter_table *table, enum scope scope) {
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        if (counter->elsewhere) {
            continue;
        }
        put_head(file, counter->metric, counter->kind == COUNTER_LEVEL ? "gauge" : "counter",
                 counter->help);
        for (struct walk at = {.snapshot = snapshot, .scope = scope}; next(&at);) {
            put_numbers(file, counter, &at);
        }
    }
}

/* ---- the rest: gauges that say how something is ---- */

static void put_workers(FILE *file, const struct status_snapshot *snapshot) {
    const char *const up = "dpae_worker_up", *const failing = "dpae_worker_failing";
    put_head(file, up, "gauge", "1 when the worker moves.");
    for (struct walk at = {.snapshot = snapshot, .scope = WORKERS}; next(&at);) {
        put_value(file, up, &at, at.worker->state == STATUS_WORKER_UP);
    }
    put_head(file, failing, "gauge", "1 when the worker dies again and again.");
    for (struct walk at = {.snapshot = snapshot, .scope = WORKERS}; next(&at);) {
        put_value(file, failing, &at, at.worker->failing);
    }
    put_table(file, snapshot, &snapshot->tables.worker, WORKERS);
}

static void put_classifiers(FILE *file, const struct status_snapshot *snapshot) {
    const char *const quarantined = "dpae_classifier_quarantined";
    put_table(file, snapshot, &snapshot->tables.classifier, CLASSIFIERS);
    put_head(file, quarantined, "gauge", "1 while a classifier is not run.");
    for (struct walk at = {.snapshot = snapshot, .scope = CLASSIFIERS}; next(&at);) {
        put_value(file, quarantined, &at, at.worker->classifiers[at.k - 1].quarantined);
    }
}

static void put_sessions(FILE *file, const struct status_snapshot *snapshot) {
    const char *const up = "dpae_session_up", *const phase = "dpae_session_phase";
    put_head(file, up, "gauge", "1 when there is a session with the controller.");
    for (struct walk at = {.snapshot = snapshot, .scope = SESSIONS}; next(&at);) {
        put_value(file, up, &at, at.interface->session.up);
    }
    put_head(file, phase, "gauge", "1 for the phase that the session is in.");
    for (struct walk at = {.snapshot = snapshot, .scope = SESSIONS}; next(&at);) {
        struct sample sample = begin(file, phase, &at);
        put_label(&sample, "phase", at.interface->session.phase);
        end(&sample, 1);
    }
    put_table(file, snapshot, &snapshot->tables.session, SESSIONS);
    put_table(file, snapshot, &snapshot->tables.advice, SESSIONS);
}

static void put_refusals(FILE *file, const struct status_snapshot *snapshot) {
    const char *const count = "dpae_changes_refused";
    const char *const since = "dpae_change_refused_since_seconds";
    put_head(file, count, "gauge",
             "Classifiers whose files are refused: what was loaded before goes on.");
    for (struct walk at = {.snapshot = snapshot, .scope = INTERFACES}; next(&at);) {
        put_value(file, count, &at, at.interface->refusal_count);
    }
    put_head(file, since, "gauge", "When they were refused first, seconds since 1970.");
    for (struct walk at = {.snapshot = snapshot, .scope = INTERFACES}; next(&at);) {
        for (unsigned i = 0; i < at.interface->refusal_count; i++) {
            struct sample sample = begin(file, since, &at);
            put_label(&sample, "classifier", at.interface->refusals[i].classifier);
            end(&sample, at.interface->refusals[i].since_ns / NS_PER_S);
        }
    }
}

static void put_interfaces(FILE *file, const struct status_snapshot *snapshot) {
    const char *const promiscuity = "dpae_interface_promiscuity";
    put_table(file, snapshot, &snapshot->tables.interface, INTERFACES);
    put_head(file, promiscuity, "gauge", "Users that hold the interface promiscuous.");
    for (struct walk at = {.snapshot = snapshot, .scope = INTERFACES}; next(&at);) {
        if (at.interface->promiscuity >= 0) {
            put_value(file, promiscuity, &at, (uint64_t)at.interface->promiscuity);
        }
    }
}

static void put_store(FILE *file, const struct status_snapshot *snapshot) {
    const char *const up = "dpae_database_up";
    const struct walk program = {.snapshot = snapshot, .scope = PROGRAM};
    if (snapshot->store.used) {
        put_head(file, up, "gauge", "1 unless the latest call of the database failed.");
        put_value(file, up, &program, snapshot->store.up);
        put_table(file, snapshot, &snapshot->tables.store, PROGRAM);
    }
}

static void put_program(FILE *file, const struct status_snapshot *snapshot) {
    const char *const build = "dpae_build_info", *const start = "dpae_start_time_seconds";
    const char *const degraded = "dpae_degraded";
    const struct walk program = {.snapshot = snapshot, .scope = PROGRAM};
    struct status_reasons reasons;
    status_judge(snapshot, &reasons);
    put_head(file, build, "gauge", "1 for the version that runs.");
    struct sample sample = begin(file, build, &program);
    put_label(&sample, "version", snapshot->version);
    end(&sample, 1);
    put_head(file, start, "gauge", "Start of the daemon, seconds since 1970.");
    fprintf(file, "%s %" PRIu64 ".%03" PRIu64 "\n", start,
            (uint64_t)(snapshot->started_ns / NS_PER_S),
            (uint64_t)(snapshot->started_ns % NS_PER_S / NS_PER_MS));
    put_head(file, degraded, "gauge", "1 when something is wrong; /status says what.");
    put_value(file, degraded, &program, reasons.count > 0);
}

void metrics_write(FILE *file, const struct status_snapshot *snapshot) {
    put_program(file, snapshot);
    put_store(file, snapshot);
    put_interfaces(file, snapshot);
    put_refusals(file, snapshot);
    put_sessions(file, snapshot);
    put_workers(file, snapshot);
    put_classifiers(file, snapshot);
}

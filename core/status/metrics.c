#include "status/metrics.h"

#include "base/clock.h"
#include "base/escape.h"
#include "status/judge.h"

#include <inttypes.h>
#include <stddef.h>

/* Samples of one name. With an offset: each is a uint64_t of the struct that they are about, or as
 * many as there are names, told apart by a label. */
struct family {
    const char *name, *type, *help;
    size_t offset;
    const char *label; /* NULL: there is one */
    size_t names;      /* offset in struct status_names */
};

#define COUNTER(named, structure, member, text)                                                    \
    {                                                                                              \
        .name = "dpae_" named "_total", .type = "counter", .help = (text),                         \
        .offset = offsetof(struct structure, member)                                               \
    }
#define COUNTERS(named, by, member, text)                                                          \
    {                                                                                              \
        .name = "dpae_" named "_total", .type = "counter", .help = (text),                         \
        .offset = offsetof(struct status_worker, member), .label = (by),                           \
        .names = offsetof(struct status_names, member)                                             \
    }
#define GAUGE(named, structure, member, text)                                                      \
    {                                                                                              \
        .name = "dpae_" named, .type = "gauge", .help = (text),                                    \
        .offset = offsetof(struct structure, member)                                               \
    }

static const struct family of_workers[] = {
    COUNTER("worker_restarts", status_worker, deaths,
            "Deaths of the worker; after each it is started again."),
    COUNTER("packets_received", status_worker, received, "Packets captured."),
    COUNTER("bytes_received", status_worker, bytes, "Bytes of these packets on the wire."),
    COUNTERS("packets", "class", classes, "Packets, by what became of them."),
    COUNTER("kernel_drops", status_worker, kernel_drops,
            "Packets lost because the capture buffer was full."),
    COUNTER("capture_gap_milliseconds", status_worker, gaps_ms,
            "Time without a capture, between a worker that died and the next."),
    COUNTER("missed_packets_estimate", status_worker, missed,
            "What came in that time, if packets went on as before: an estimate."),
    COUNTER("injected", status_worker, injected, "Frames returned to the switch."),
    COUNTER("inject_failed", status_worker, inject_failed,
            "Frames that the interface did not take back."),
    COUNTER("cut_not_returned", status_worker, cut_not_returned,
            "Frames not returned since they were captured in part only."),
    GAUGE("flows", status_worker, flows, "Flows in the table."),
    COUNTER("flows_created", status_worker, flows_created, "Flows that began."),
    COUNTERS("flow_ends", "reason", flow_ends, "Flows that ended, by reason."),
    COUNTER("suppressions", status_worker, suppressions,
            "Advice to keep a flow's packets to the switch."),
    COUNTER("conflicts", status_worker, conflicts,
            "Treatments overruled by a classifier that had spoken first."),
    GAUGE("classifier_memory_bytes", status_worker, classifier_memory,
          "What all classifiers hold of classifier_memory_mb."),
    COUNTER("shadow_agreed", status_worker, shadow_agreed,
            "Flows on which the candidate of a shadow run said what its incumbent did."),
    COUNTER("shadow_differed", status_worker, shadow_differed,
            "Flows on which the candidate of a shadow run said something else."),
    COUNTER("shadow_neither", status_worker, shadow_neither,
            "Flows of a shadow run on which neither said anything."),
    COUNTERS("identities", "kind", identities, "Identities told, by kind."),
    COUNTERS("events_lost", "kind", events_lost,
             "Events that found no room on their way to the control process."),
};

static const struct family of_sessions[] = {
    COUNTER("sessions", status_session, sessions, "Sessions with the controller so far."),
    COUNTER("advice_taken", status_session, taken, "Advice that came from the workers."),
    COUNTER("advice_merged", status_session, merged, "Advice that became part of other advice."),
    COUNTER("advice_sent", status_session, sent, "Advice that the controller took."),
    COUNTER("advice_refused", status_session, refused,
            "Advice that the controller refused, given up."),
    COUNTER("advice_skipped", status_session, skipped, "Advice that is not for this controller."),
    COUNTER("advice_dropped_verdicts", status_session, dropped_verdicts,
            "Verdicts that found no room in the queue."),
    COUNTER("advice_dropped_identities", status_session, dropped_identities,
            "Identities that found no room in the queue."),
    GAUGE("advice_waiting", status_session, waiting, "Advice that waits for the controller."),
};

static const struct family of_store[] = {
    COUNTER("database_written", status_store, written, "Writes that the database confirmed."),
    COUNTER("database_superseded", status_store, superseded,
            "States of flows whose end was there already."),
    COUNTER("database_spooled", status_store, by_spool, "Writes that took the way over the spool."),
    COUNTER("database_expired", status_store, expired, "Documents that dpae removed."),
    COUNTER("database_restarted", status_store, restarted,
            "Flows of an earlier run that were marked as ended."),
    GAUGE("database_waiting", status_store, in_memory, "Writes that wait in memory."),
    GAUGE("database_waiting_spool", status_store, in_spool, "Writes that wait in the spool."),
};

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
static void begin(FILE *file, const char *name, const struct status_interface *interface) {
    fprintf(file, "%s{interface=", name);
    put_quoted(file, interface->name);
}

static void put_label(FILE *file, const char *name, const char *value) {
    fprintf(file, ",%s=", name);
    put_quoted(file, value);
}

static void end(FILE *file, uint64_t value) {
    fprintf(file, "} %" PRIu64 "\n", value);
}

/* A place in the walk over all workers; begins zeroed. */
struct place {
    const struct status_interface *interface;
    const struct status_worker *worker;
    unsigned i, j; /* the next */
};

static bool next_worker(const struct status_snapshot *snapshot, struct place *at) {
    while (at->i < snapshot->interface_count) {
        at->interface = &snapshot->interfaces[at->i];
        if (at->j < at->interface->worker_count) {
            at->worker = &at->interface->workers[at->j++];
            return true;
        }
        at->i++;
        at->j = 0;
    }
    return false;
}

static void begin_worker(FILE *file, const char *name, const struct place *at) {
    begin(file, name, at->interface);
    fprintf(file, ",worker=\"%u\"", at->j - 1);
}

static const void *member(const void *structure, size_t offset) {
    return (const char *)structure + offset;
}

static void put_of_workers(FILE *file, const struct status_snapshot *snapshot,
                           const struct family *family) {
    const char *const *names = member(&snapshot->names, family->names);
    put_head(file, family->name, family->type, family->help);
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        const uint64_t *numbers = member(at.worker, family->offset);
        for (unsigned i = 0; family->label ? names[i] != NULL : i == 0; i++) {
            begin_worker(file, family->name, &at);
            if (family->label) {
                put_label(file, family->label, names[i]);
            }
            end(file, numbers[i]);
        }
    }
}

static void put_health(FILE *file, const struct status_snapshot *snapshot) {
    const char *const up = "dpae_worker_up", *const failing = "dpae_worker_failing";
    put_head(file, up, "gauge", "1 when the worker moves.");
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        begin_worker(file, up, &at);
        end(file, at.worker->state == STATUS_WORKER_UP);
    }
    put_head(file, failing, "gauge", "1 when the worker dies again and again.");
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        begin_worker(file, failing, &at);
        end(file, at.worker->failing);
    }
}

static void put_treatments(FILE *file, const struct status_snapshot *snapshot) {
    const char *const family = "dpae_treatments_total";
    put_head(file, family, "counter",
             "Treatments told, by classifier; since the worker loaded it.");
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        for (unsigned i = 0; i < at.worker->classifier_count; i++) {
            const struct status_classifier *classifier = &at.worker->classifiers[i];
            for (unsigned j = 0; snapshot->names.treatments[j]; j++) {
                begin_worker(file, family, &at);
                put_label(file, "classifier", classifier->name);
                put_label(file, "treatment", snapshot->names.treatments[j]);
                end(file, classifier->treatments[j]);
            }
        }
    }
}

static void put_scripts(FILE *file, const struct status_snapshot *snapshot) {
    const char *const errors = "dpae_script_errors_total";
    const char *const quarantined = "dpae_classifier_quarantined";
    put_head(file, errors, "counter", "Errors of a classifier; since the worker loaded it.");
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        for (unsigned i = 0; i < at.worker->classifier_count; i++) {
            begin_worker(file, errors, &at);
            put_label(file, "classifier", at.worker->classifiers[i].name);
            end(file, at.worker->classifiers[i].errors);
        }
    }
    put_head(file, quarantined, "gauge", "1 while a classifier is not run.");
    for (struct place at = {0}; next_worker(snapshot, &at);) {
        for (unsigned i = 0; i < at.worker->classifier_count; i++) {
            begin_worker(file, quarantined, &at);
            put_label(file, "classifier", at.worker->classifiers[i].name);
            end(file, at.worker->classifiers[i].quarantined);
        }
    }
}

static void put_sessions(FILE *file, const struct status_snapshot *snapshot) {
    const char *const up = "dpae_session_up", *const phase = "dpae_session_phase";
    put_head(file, up, "gauge", "1 when there is a session with the controller.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        if (!snapshot->interfaces[i].standalone) {
            begin(file, up, &snapshot->interfaces[i]);
            end(file, snapshot->interfaces[i].session.up);
        }
    }
    put_head(file, phase, "gauge", "1 for the phase that the session is in.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        if (!snapshot->interfaces[i].standalone) {
            begin(file, phase, &snapshot->interfaces[i]);
            put_label(file, "phase", snapshot->interfaces[i].session.phase);
            end(file, 1);
        }
    }
    for (size_t row = 0; row < sizeof of_sessions / sizeof of_sessions[0]; row++) {
        const struct family *family = &of_sessions[row];
        put_head(file, family->name, family->type, family->help);
        for (unsigned i = 0; i < snapshot->interface_count; i++) {
            if (!snapshot->interfaces[i].standalone) {
                const uint64_t *number = member(&snapshot->interfaces[i].session, family->offset);
                begin(file, family->name, &snapshot->interfaces[i]);
                end(file, *number);
            }
        }
    }
}

static void put_refusals(FILE *file, const struct status_snapshot *snapshot) {
    const char *const count = "dpae_changes_refused";
    const char *const since = "dpae_change_refused_since_seconds";
    put_head(file, count, "gauge",
             "Classifiers whose files are refused: what was loaded before goes on.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        begin(file, count, &snapshot->interfaces[i]);
        end(file, snapshot->interfaces[i].refusal_count);
    }
    put_head(file, since, "gauge", "When they were refused first, seconds since 1970.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        const struct status_interface *interface = &snapshot->interfaces[i];
        for (unsigned j = 0; j < interface->refusal_count; j++) {
            begin(file, since, interface);
            put_label(file, "classifier", interface->refusals[j].classifier);
            end(file, interface->refusals[j].since_ns / NS_PER_S);
        }
    }
}

static void put_interfaces(FILE *file, const struct status_snapshot *snapshot) {
    const char *const drops = "dpae_interface_drops_total";
    const char *const promiscuity = "dpae_interface_promiscuity";
    const char *const refused = "dpae_events_refused_total";
    put_head(file, drops, "counter", "Packets lost by the interface before they were captured.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        begin(file, drops, &snapshot->interfaces[i]);
        end(file, status_interface_drops(&snapshot->interfaces[i]));
    }
    put_head(file, promiscuity, "gauge", "Users that hold the interface promiscuous.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        if (snapshot->interfaces[i].promiscuity >= 0) {
            begin(file, promiscuity, &snapshot->interfaces[i]);
            end(file, (uint64_t)snapshot->interfaces[i].promiscuity);
        }
    }
    put_head(file, refused, "counter",
             "What workers sent to the control process and was no event.");
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        begin(file, refused, &snapshot->interfaces[i]);
        end(file, snapshot->interfaces[i].events_refused);
    }
}

static void put_store(FILE *file, const struct status_snapshot *snapshot) {
    const struct status_store *store = &snapshot->store;
    const char *const up = "dpae_database_up", *const lost = "dpae_database_lost_total";
    if (!store->used) {
        return;
    }
    put_head(file, up, "gauge", "1 unless the latest call of the database failed.");
    fprintf(file, "%s %d\n", up, store->up);
    for (size_t row = 0; row < sizeof of_store / sizeof of_store[0]; row++) {
        const struct family *family = &of_store[row];
        const uint64_t *number = member(store, family->offset);
        put_head(file, family->name, family->type, family->help);
        fprintf(file, "%s %" PRIu64 "\n", family->name, *number);
    }
    put_head(file, lost, "counter", "What never came into the database, by reason.");
    for (unsigned i = 0; snapshot->names.store_lost[i]; i++) {
        fprintf(file, "%s{reason=", lost);
        put_quoted(file, snapshot->names.store_lost[i]);
        end(file, store->lost[i]);
    }
}

static void put_program(FILE *file, const struct status_snapshot *snapshot) {
    struct status_reasons reasons;
    status_judge(snapshot, &reasons);
    put_head(file, "dpae_build_info", "gauge", "1 for the version that runs.");
    fputs("dpae_build_info{version=", file);
    put_quoted(file, snapshot->version);
    end(file, 1);
    put_head(file, "dpae_start_time_seconds", "gauge", "Start of the daemon, seconds since 1970.");
    fprintf(file, "dpae_start_time_seconds %" PRIu64 ".%03" PRIu64 "\n",
            (uint64_t)(snapshot->started_ns / NS_PER_S),
            (uint64_t)(snapshot->started_ns % NS_PER_S / NS_PER_MS));
    put_head(file, "dpae_degraded", "gauge", "1 when something is wrong; /status says what.");
    fprintf(file, "dpae_degraded %d\n", reasons.count > 0);
}

void metrics_write(FILE *file, const struct status_snapshot *snapshot) {
    put_program(file, snapshot);
    put_store(file, snapshot);
    put_interfaces(file, snapshot);
    put_refusals(file, snapshot);
    put_sessions(file, snapshot);
    put_health(file, snapshot);
    for (size_t row = 0; row < sizeof of_workers / sizeof of_workers[0]; row++) {
        put_of_workers(file, snapshot, &of_workers[row]);
    }
    put_treatments(file, snapshot);
    put_scripts(file, snapshot);
}

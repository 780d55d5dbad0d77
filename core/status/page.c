#include "status/page.h"

#include "base/clock.h"
#include "base/escape.h"
#include "status/judge.h"

#include <inttypes.h>
#include <time.h>

static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"refresh\" content=\"5\">\n"
    "<style>\n"
    "body { font: 15px/1.4 sans-serif; margin: 1em 2em; color: #222; background: #fff }\n"
    "h1 span { padding: 0 .4em; color: #fff; background: #2a7d2e }\n"
    "h1 span.degraded { background: #b00020 }\n"
    "li, .bad { color: #b00020; font-weight: bold }\n"
    "li.note { color: #8a5a00 }\n"
    "table { border-collapse: collapse; margin: .5em 0 1em }\n"
    "th, td { border: 1px solid #ccc; padding: .15em .6em; text-align: left }\n"
    "td.n { text-align: right; font-variant-numeric: tabular-nums }\n"
    "th.part { padding-left: 1.6em; font-weight: normal }\n"
    "</style>\n";

/* Text from anywhere: made one line of UTF-8, then harmless in HTML, within quotes or not. */
static void put_text(FILE *file, const char *text) {
    char safe[2048];
    escape_text(text, safe, sizeof safe);
    for (const char *at = safe; *at; at++) {
        switch (*at) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            putc(*at, file);
        }
    }
}

static void put_time(FILE *file, uint64_t ns) {
    const time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;
    char text[32] = "";
    if (gmtime_r(&seconds, &parts)) {
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    fputs(text, file);
}

static void put_row(FILE *file, const char *label, const char *text) {
    fprintf(file, "<tr><th>%s</th><td>", label);
    put_text(file, text);
    fputs("</td></tr>\n", file);
}

static void put_cell(FILE *file, const struct counter *counter, uint64_t number) {
    static const char *const units[] = {
        [COUNTER_NUMBER] = "", [COUNTER_BYTES] = " KiB", [COUNTER_MILLISECONDS] = " ms"};
    const uint64_t shown = counter->unit == COUNTER_BYTES ? number >> 10 : number;
    fprintf(file, "<td class=\"n%s\">%" PRIu64 "%s</td>", counter->loss && number ? " bad" : "",
            shown, units[counter->unit]);
}

/* What rows of counters are about: one column for each set of numbers. */
struct columns {
    const void *counters[STATUS_WORKERS_MAX];
    unsigned count;
};

static void put_part(FILE *file, const struct counter *counter, unsigned part,
                     const struct columns *columns) {
    uint64_t any = 0;
    for (unsigned i = 0; i < columns->count; i++) {
        any |= counter_numbers(counter, columns->counters[i], 0)[part];
    }
    if (any == 0 || !counter->name(part)) {
        return;
    }
    fprintf(file, "<tr><th class=\"part\">%s</th>", counter->name(part));
    for (unsigned i = 0; i < columns->count; i++) {
        put_cell(file, counter, counter_numbers(counter, columns->counters[i], 0)[part]);
    }
    fputs("</tr>\n", file);
}

/* A row for each counter; of an array the sum, and below it the numbers that are not all 0. */
static void put_counters(FILE *file, const struct counter_table *table,
                         const struct columns *columns) {
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        if (counter->elsewhere) {
            continue;
        }
        fprintf(file, "<tr><th>%s</th>", counter->title);
        for (unsigned j = 0; j < columns->count; j++) {
            const uint64_t *numbers = counter_numbers(counter, columns->counters[j], 0);
            put_cell(file, counter, counter_total(counter, numbers));
        }
        fputs("</tr>\n", file);
        for (unsigned part = 0; counter->name && part < counter->count; part++) {
            put_part(file, counter, part, columns);
        }
    }
}

static void put_list(FILE *file, const char *tag, const struct status_reasons *reasons) {
    for (unsigned i = 0; i < reasons->count; i++) {
        fputs(tag, file);
        put_text(file, reasons->texts[i]);
        fputs("</li>\n", file);
    }
}

static void put_summary(FILE *file, const struct status_snapshot *snapshot) {
    struct status_reasons reasons, notes;
    status_judge(snapshot, &reasons);
    status_note(snapshot, &notes);
    const char *const state = reasons.count ? "degraded" : "ok";
    fprintf(file, "<title>dpae: %s</title>\n</head>\n<body>\n", state);
    fprintf(file, "<h1>dpae <span class=\"%s\">%s</span></h1>\n", state, state);
    if (reasons.count + notes.count) {
        fputs("<ul>\n", file);
        put_list(file, "<li>", &reasons);
        put_list(file, "<li class=\"note\">", &notes);
        fputs("</ul>\n", file);
    }
    fputs("<p>", file);
    put_time(file, snapshot->now_ns);
    fputs(". Version ", file);
    put_text(file, snapshot->version);
    fputs(", started ", file);
    put_time(file, snapshot->started_ns);
    fputs(".</p>\n", file);
}

/* "28 taken, 1 merged" and so on. */
static void put_advice(FILE *file, const struct counter_table *table, const void *counters) {
    fputs("<tr><th>advice</th><td>", file);
    for (unsigned i = 0; i < table->count; i++) {
        fprintf(file, "%s%" PRIu64 " %s", i ? ", " : "",
                *counter_numbers(&table->rows[i], counters, 0), table->rows[i].title);
    }
    fputs("</td></tr>\n", file);
}

static void put_session(FILE *file, const struct status_tables *tables,
                        const struct status_session *session) {
    const struct columns columns = {.counters = {session->counters}, .count = 1};
    fprintf(file, "<tr><th>session</th><td%s>%s since ", session->up ? "" : " class=\"bad\"",
            session->up ? "up" : "down");
    put_time(file, session->since_ns);
    fputs(", phase: ", file);
    put_text(file, session->phase);
    fputs("</td></tr>\n", file);
    put_row(file, "latest trouble", session->note[0] ? session->note : "none");
    put_counters(file, &tables->session, &columns);
    put_advice(file, &tables->advice, session->counters);
}

static void put_death(FILE *file, unsigned number, const struct status_worker *worker) {
    fprintf(file, "<p%s>Deaths of worker %u: %" PRIu64 ", the latest at ",
            worker->failing ? " class=\"bad\"" : "", number, worker->deaths);
    put_time(file, worker->died_ns);
    fputs(": it ", file);
    put_text(file, worker->how);
    if (worker->crash_file[0]) {
        fputs(". The last frames that it saw before a death are in ", file);
        put_text(file, worker->crash_file);
    }
    fputs(".</p>\n", file);
}

/* A column for each worker. */
static void put_workers(FILE *file, const struct status_snapshot *snapshot,
                        const struct status_interface *interface) {
    struct columns columns = {.count = interface->worker_count};
    fputs("<table>\n<tr><th>worker</th>", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        columns.counters[i] = interface->workers[i].counters;
        fprintf(file, "<th>%u</th>", i);
    }
    fputs("</tr>\n<tr><th>state</th>", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        const enum status_worker_state state = interface->workers[i].state;
        fprintf(file, "<td%s>%s</td>", state == STATUS_WORKER_UP ? "" : " class=\"bad\"",
                status_worker_state_name(state));
    }
    fputs("</tr>\n<tr><th>pid</th>", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        const int pid = interface->workers[i].pid;
        fprintf(file, pid ? "<td class=\"n\">%d</td>" : "<td>none</td>", pid);
    }
    fputs("</tr>\n", file);
    put_counters(file, &snapshot->tables.worker, &columns);
    fputs("</table>\n", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        if (interface->workers[i].deaths) {
            put_death(file, i, &interface->workers[i]);
        }
    }
}

static void put_classifier_heads(FILE *file, const struct counter_table *table) {
    fputs("<tr><th>worker</th><th>classifier</th>", file);
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        for (unsigned part = 0; counter->name && part < counter->count; part++) {
            if (counter->name(part)) {
                fprintf(file, "<th>%s</th>", counter->name(part));
            }
        }
        if (!counter->name) {
            fprintf(file, "<th>%s</th>", counter->title);
        }
    }
    fputs("</tr>\n", file);
}

static void put_classifier(FILE *file, const struct counter_table *table,
                           const struct status_worker *worker, unsigned number) {
    const struct status_classifier *classifier = &worker->classifiers[number];
    fprintf(file, "<td%s>", classifier->quarantined ? " class=\"bad\"" : "");
    put_text(file, classifier->name);
    fputs(classifier->quarantined ? ": quarantined</td>" : "</td>", file);
    for (unsigned i = 0; i < table->count; i++) {
        const struct counter *counter = &table->rows[i];
        const uint64_t *numbers = counter_numbers(counter, worker->counters, number);
        for (unsigned part = 0; part < counter->count; part++) {
            if (!counter->name || counter->name(part)) {
                put_cell(file, counter, numbers[part]);
            }
        }
    }
    fputs("</tr>\n", file);
}

static void put_classifiers(FILE *file, const struct counter_table *table,
                            const struct status_interface *interface) {
    fputs("<table>\n", file);
    put_classifier_heads(file, table);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        for (unsigned j = 0; j < interface->workers[i].classifier_count; j++) {
            fprintf(file, "<tr><td class=\"n\">%u</td>", i);
            put_classifier(file, table, &interface->workers[i], j);
        }
    }
    fputs("</table>\n", file);
}

static void put_interface(FILE *file, const struct status_snapshot *snapshot,
                          const struct status_interface *interface) {
    const struct columns columns = {.counters = {interface->counters}, .count = 1};
    const char *const mode = status_mode_name(interface);
    fputs("<h2>", file);
    put_text(file, interface->name);
    fputs("</h2>\n<table>\n", file);
    put_row(file, "mode", mode[0] ? mode : "not known yet");
    if (!interface->standalone) {
        put_session(file, &snapshot->tables, &interface->session);
    }
    put_row(file, "policy", status_policy_name(interface->policy));
    put_row(file, "promiscuous",
            interface->promiscuity < 0   ? "unknown"
            : interface->promiscuity > 0 ? "yes"
                                         : "NO");
    put_counters(file, &snapshot->tables.interface, &columns);
    fputs("</table>\n", file);
    put_workers(file, snapshot, interface);
    put_classifiers(file, &snapshot->tables.classifier, interface);
}

static void put_store(FILE *file, const struct status_snapshot *snapshot) {
    const struct status_store *store = &snapshot->store;
    const struct columns columns = {.counters = {store->counters}, .count = 1};
    fputs("<h2>Database</h2>\n<table>\n", file);
    if (store->up) {
        put_row(file, "state", "up");
    } else {
        fputs("<tr><th>state</th><td class=\"bad\">away: ", file);
        put_text(file, store->trouble);
        fputs("</td></tr>\n", file);
    }
    put_counters(file, &snapshot->tables.store, &columns);
    fputs("</table>\n", file);
}

void page_write(FILE *file, const struct status_snapshot *snapshot) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n", file);
    fputs(head, file);
    put_summary(file, snapshot);
    for (unsigned i = 0; i < snapshot->interface_count; i++) {
        put_interface(file, snapshot, &snapshot->interfaces[i]);
    }
    if (snapshot->store.used) {
        put_store(file, snapshot);
    }
    fputs("<p>For programs: <a href=\"/status\">/status</a> (JSON), "
          "<a href=\"/metrics\">/metrics</a> (Prometheus), <a href=\"/health\">/health</a>.</p>\n"
          "</body>\n</html>\n",
          file);
}

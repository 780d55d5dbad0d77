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

static void put_number_row(FILE *file, const char *label, uint64_t number) {
    fprintf(file, "<tr><th>%s</th><td class=\"n\">%" PRIu64 "</td></tr>\n", label, number);
}

static void put_number(FILE *file, uint64_t number) {
    fprintf(file, "<td class=\"n\">%" PRIu64 "</td>", number);
}

/* What is lost stands out. */
static void put_loss(FILE *file, uint64_t number) {
    fprintf(file, "<td class=\"n%s\">%" PRIu64 "</td>", number ? " bad" : "", number);
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

static void put_session(FILE *file, const struct status_session *session) {
    fprintf(file, "<tr><th>session</th><td%s>%s since ", session->up ? "" : " class=\"bad\"",
            session->up ? "up" : "down");
    put_time(file, session->since_ns);
    fputs(", phase: ", file);
    put_text(file, session->phase);
    fprintf(file, ", %" PRIu64 " so far</td></tr>\n", session->sessions);
    put_row(file, "latest trouble", session->note[0] ? session->note : "none");
    fprintf(file,
            "<tr><th>advice</th><td>%" PRIu64 " taken, %" PRIu64 " merged, %" PRIu64
            " sent, %" PRIu64 " refused, %" PRIu64 " not for this controller, %" PRIu64
            " dropped, %" PRIu64 " waiting</td></tr>\n",
            session->taken, session->merged, session->sent, session->refused, session->skipped,
            session->dropped_verdicts + session->dropped_identities, session->waiting);
}

static void put_worker(FILE *file, unsigned number, const struct status_worker *worker) {
    fprintf(file, "<tr><td class=\"n\">%u</td><td%s>%s</td>", number,
            worker->state == STATUS_WORKER_UP ? "" : " class=\"bad\"",
            status_worker_state_name(worker->state));
    if (worker->pid) {
        put_number(file, (uint64_t)worker->pid);
    } else {
        fputs("<td>none</td>", file);
    }
    put_loss(file, worker->deaths);
    put_number(file, worker->received);
    put_loss(file, worker->kernel_drops);
    put_number(file, worker->flows);
    put_number(file, worker->flows_created);
    put_number(file, worker->suppressions);
    put_number(file, worker->conflicts);
    fprintf(file, "<td class=\"n\">%" PRIu64 " KiB</td>", worker->classifier_memory >> 10);
    put_number(file, worker->injected);
    put_loss(file, worker->inject_failed + worker->cut_not_returned);
    uint64_t lost = 0;
    for (unsigned i = 0; i < STATUS_NAMES_MAX; i++) {
        lost += worker->events_lost[i];
    }
    put_loss(file, lost);
    fputs("</tr>\n", file);
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

static void put_workers(FILE *file, const struct status_interface *interface) {
    fputs("<table>\n<tr><th>worker</th><th>state</th><th>pid</th><th>deaths</th>"
          "<th>packets received</th><th>dropped by the kernel</th><th>flows</th>"
          "<th>flows so far</th><th>suppressions</th><th>conflicts</th>"
          "<th>memory of classifiers</th><th>returned</th>"
          "<th>not returned</th><th>events lost</th></tr>\n",
          file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        put_worker(file, i, &interface->workers[i]);
    }
    fputs("</table>\n", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        if (interface->workers[i].deaths) {
            put_death(file, i, &interface->workers[i]);
        }
    }
}

static void put_classifiers(FILE *file, const struct status_snapshot *snapshot,
                            const struct status_interface *interface) {
    fputs("<table>\n<tr><th>worker</th><th>classifier</th>", file);
    for (unsigned i = 0; snapshot->names.treatments[i]; i++) {
        fprintf(file, "<th>%s</th>", snapshot->names.treatments[i]);
    }
    fputs("<th>errors</th></tr>\n", file);
    for (unsigned i = 0; i < interface->worker_count; i++) {
        const struct status_worker *worker = &interface->workers[i];
        for (unsigned j = 0; j < worker->classifier_count; j++) {
            const struct status_classifier *classifier = &worker->classifiers[j];
            fprintf(file, "<tr><td class=\"n\">%u</td><td%s>", i,
                    classifier->quarantined ? " class=\"bad\"" : "");
            put_text(file, classifier->name);
            fputs(classifier->quarantined ? ": quarantined</td>" : "</td>", file);
            for (unsigned k = 0; snapshot->names.treatments[k]; k++) {
                put_number(file, classifier->treatments[k]);
            }
            put_loss(file, classifier->errors);
            fputs("</tr>\n", file);
        }
    }
    fputs("</table>\n", file);
}

static void put_interface(FILE *file, const struct status_snapshot *snapshot,
                          const struct status_interface *interface) {
    const char *const mode = status_mode_name(interface);
    fputs("<h2>", file);
    put_text(file, interface->name);
    fputs("</h2>\n<table>\n", file);
    put_row(file, "mode", mode[0] ? mode : "not known yet");
    if (!interface->standalone) {
        put_session(file, &interface->session);
    }
    put_row(file, "policy", status_policy_name(interface->policy));
    put_row(file, "promiscuous",
            interface->promiscuity < 0   ? "unknown"
            : interface->promiscuity > 0 ? "yes"
                                         : "NO");
    put_number_row(file, "dropped by the interface", status_interface_drops(interface));
    fputs("</table>\n", file);
    put_workers(file, interface);
    put_classifiers(file, snapshot, interface);
}

static void put_store(FILE *file, const struct status_snapshot *snapshot) {
    const struct status_store *store = &snapshot->store;
    uint64_t lost = 0;
    for (unsigned i = 0; snapshot->names.store_lost[i]; i++) {
        lost += store->lost[i];
    }
    fputs("<h2>Database</h2>\n<table>\n", file);
    if (store->up) {
        put_row(file, "state", "up");
    } else {
        fputs("<tr><th>state</th><td class=\"bad\">away: ", file);
        put_text(file, store->trouble);
        fputs("</td></tr>\n", file);
    }
    put_number_row(file, "written", store->written);
    put_number_row(file, "of them by way of the spool", store->by_spool);
    put_number_row(file, "waiting in memory", store->in_memory);
    put_number_row(file, "waiting in the spool", store->in_spool);
    fputs("<tr><th>lost</th>", file);
    put_loss(file, lost);
    fputs("</tr>\n", file);
    for (unsigned i = 0; snapshot->names.store_lost[i]; i++) {
        if (store->lost[i]) {
            put_number_row(file, snapshot->names.store_lost[i], store->lost[i]);
        }
    }
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

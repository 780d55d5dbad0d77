#include "base/clock.h"
#include "base/log.h"
#include "script/host_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DOUBLINGS_MAX 6
/* Packets may be slightly out of order. */
#define TOLERANCE_NS NS_PER_S
#define TEXT_MAX     512

static uint64_t wait_ns(const struct script_host *host, uint32_t strikes) {
    const uint32_t doublings = strikes > 0 ? strikes - 1 : 0;
    return host->options.quarantine_ns << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
}

static bool is_quarantined(const struct script_host *host, unsigned classifier) {
    return host->counters.quarantined >> classifier & 1;
}

void quarantine_schedule(struct script_host *host) {
    struct script_exchange *exchange = &host->exchange;
    uint64_t first_ns = UINT64_MAX;
    exchange->due_in_ns = UINT64_MAX;
    for (unsigned i = 0; i < host->count; i++) {
        const struct script_failures *failures = &host->failures[i];
        uint64_t from_ns = failures->since_ns;
        uint64_t in_ns = wait_ns(host, failures->strikes);
        if (!is_quarantined(host, i)) {
            if (!failures->on_probation) {
                continue;
            }
            from_ns = failures->window_ns;
            in_ns = host->options.errors_window_ns;
        }
        if (from_ns + in_ns < first_ns) {
            first_ns = from_ns + in_ns;
            exchange->due_from_ns = from_ns - TOLERANCE_NS;
            exchange->due_in_ns = in_ns + TOLERANCE_NS;
        }
    }
}

void quarantine_start(struct script_host *host, unsigned classifier, const char *why) {
    struct script_failures *failures = &host->failures[classifier];
    char text[TEXT_MAX];
    failures->strikes++;
    failures->since_ns = host->exchange.time_ns;
    failures->on_probation = false;
    host->counters.quarantined |= 1u << classifier;
    host->counters.quarantines[classifier]++;
    snprintf(text, sizeof text, "is quarantined for %g s: %s; it is then reloaded on probation",
             (double)wait_ns(host, failures->strikes) / (double)NS_PER_S, why);
    host_log(host, classifier, LOG_LEVEL_ERROR, text);
    load_drop(host, classifier);
    quarantine_schedule(host);
}

void quarantine_note_error(struct script_host *host, unsigned classifier) {
    struct script_failures *failures = &host->failures[classifier];
    const uint64_t now_ns = host->exchange.time_ns;
    char why[64];
    if (!host->options.errors_max || is_quarantined(host, classifier)) {
        return;
    }
    if (failures->on_probation) {
        quarantine_start(host, classifier, "it failed on probation");
        return;
    }
    if (failures->in_window == 0 || now_ns - failures->window_ns > host->options.errors_window_ns) {
        failures->window_ns = now_ns;
        failures->in_window = 0;
    }
    failures->in_window++;
    if (failures->in_window >= host->options.errors_max) {
        snprintf(why, sizeof why, "%" PRIu32 " errors within %g s", failures->in_window,
                 (double)host->options.errors_window_ns / (double)NS_PER_S);
        quarantine_start(host, classifier, why);
    }
}

void quarantine_clear(struct script_host *host, unsigned classifier) {
    struct script_failures *failures = &host->failures[classifier];
    host->counters.quarantined &= ~(1u << classifier);
    failures->in_window = 0;
    failures->on_probation = false;
    failures->strikes = 0;
    failures->class_count = 0;
    failures->elsewhere = 0;
    quarantine_schedule(host);
}

bool quarantine_applies(struct script_host *host, unsigned classifier) {
    const struct script_offence *offences = host->options.offences;
    const uint64_t now_ns = clock_wall_ns();
    for (unsigned i = 0; offences && i < SCRIPT_CLASSIFIERS_MAX; i++) {
        const struct script_offence *one = &offences[i];
        struct script_failures *failures = &host->failures[classifier];
        if (one->strikes == 0 || strcmp(one->classifier, host->names[classifier]) != 0 ||
            (one->file != 0 && one->file != load_file_hash(host, classifier))) {
            continue;
        }
        failures->strikes = one->strikes;
        failures->since_ns = one->time_ns;
        failures->window_ns = now_ns;
        failures->on_probation = now_ns - one->time_ns >= wait_ns(host, one->strikes);
        if (!failures->on_probation) {
            host->counters.quarantined |= 1u << classifier;
            host->counters.quarantines[classifier]++;
        }
        return !failures->on_probation;
    }
    return false;
}

/* Reloads the classifier on probation: its first error quarantines it again. */
static void start_probation(struct script_host *host, unsigned classifier, uint64_t now_ns) {
    struct script_failures *failures = &host->failures[classifier];
    struct faults faults = {0};
    char text[TEXT_MAX];
    host->counters.quarantined &= ~(1u << classifier);
    failures->on_probation = true;
    failures->window_ns = now_ns;
    for (unsigned i = 0; i < failures->class_count; i++) {
        failures->classes[i].logged = false;
    }
    if (load_classifier(host, classifier, &faults)) {
        host_log(host, classifier, LOG_LEVEL_WARNING, "is on probation");
    } else {
        if (faults.count > 0) {
            fault_format(&faults.items[0], text, sizeof text);
            host_log(host, classifier, LOG_LEVEL_ERROR, text);
        }
        quarantine_start(host, classifier, "it cannot be loaded");
    }
    faults_free(&faults);
}

static void end_probation(struct script_host *host, unsigned classifier) {
    struct script_failures *failures = &host->failures[classifier];
    failures->on_probation = false;
    failures->strikes = 0;
    failures->in_window = 0;
    host_log(host, classifier, LOG_LEVEL_INFO, "has passed its probation");
}

void script_host_tick(struct script_host *host, uint64_t time_ns) {
    host->exchange.time_ns = time_ns;
    for (unsigned i = 0; i < host->count; i++) {
        const struct script_failures *failures = &host->failures[i];
        const uint64_t quarantined_ns = time_ns - failures->since_ns + TOLERANCE_NS;
        const uint64_t probation_ns = time_ns - failures->window_ns + TOLERANCE_NS;
        if (is_quarantined(host, i)) {
            if (quarantined_ns >= wait_ns(host, failures->strikes) + TOLERANCE_NS) {
                start_probation(host, i, time_ns);
            }
        } else if (failures->on_probation &&
                   probation_ns >= host->options.errors_window_ns + TOLERANCE_NS) {
            end_probation(host, i);
        }
    }
    quarantine_schedule(host);
}

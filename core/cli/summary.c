#include "cli/summary.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/plural.h"
#include "event/format.h"
#include "worker/counters.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define LABEL_WIDTH 50
#define VALUE_WIDTH 14

/* Prints a label, indented by two spaces per level, and its number. */
static void put(FILE *file, int level, const char *label, uint64_t value) {
    fprintf(file, "%*s%-*s%*" PRIu64 "\n", 2 * level, "", LABEL_WIDTH - 2 * level, label,
            VALUE_WIDTH, value);
}

static void put_some(FILE *file, int level, const char *label, uint64_t value) {
    if (value) {
        put(file, level, label, value);
    }
}

static uint64_t sum(const uint64_t *values, size_t count) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += values[i];
    }
    return total;
}

/* Of every packet it is said what became of it. */
static void put_sum(FILE *file, const struct worker_counters *counters,
                    const struct script_host *host) {
    (void)host;
    const uint64_t classes = sum(counters->pipeline.classes, PIPELINE_CLASS_COUNT);
    put(file, 1, "sum", classes);
    assert(classes == counters->pipeline.packets);
}

static void put_treatments(FILE *file, const struct worker_counters *counters,
                           const struct script_host *host) {
    const uint64_t(*treatments)[TREATMENT_COUNT] = counters->pipeline.treatments;
    put(file, 0, "treatments",
        sum(treatments[0], (size_t)SCRIPT_CLASSIFIERS_MAX * TREATMENT_COUNT));
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        for (unsigned j = 0; j < TREATMENT_COUNT; j++) {
            if (treatments[i][j]) {
                char label[SCRIPT_NAME_MAX + 32];
                snprintf(label, sizeof label, "%s: %s", script_host_name(host, i),
                         treatment_name(j));
                put(file, 1, label, treatments[i][j]);
            }
        }
    }
}

/* The text may contain bytes of a packet. */
static void put_indented(FILE *file, const char *text) {
    char safe[512];
    escape_text(text, safe, sizeof safe);
    fprintf(file, "    %s\n", safe);
}

/* The log has one message for each place. */
static void put_error_places(FILE *file, const struct script_host *host, unsigned classifier) {
    const struct script_error_class *class;
    uint64_t elsewhere = script_host_counters(host)->errors[classifier];
    for (unsigned i = 0; (class = script_host_error_class(host, classifier, i)); i++) {
        put(file, 2, class->place, class->count);
        if (class->where[0]) {
            fprintf(file, "      first at %s\n", class->where);
        }
        elsewhere -= class->count;
    }
    put_some(file, 2, "elsewhere", elsewhere);
}

static void put_script_errors(FILE *file, const struct worker_counters *all,
                              const struct script_host *host) {
    const struct script_counters *counters = &all->scripts;
    put_some(file, 0, "script errors", sum(counters->errors, SCRIPT_CLASSIFIERS_MAX));
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        if (counters->errors[i] || counters->quarantines[i]) {
            const bool quarantined = counters->quarantined >> i & 1;
            char label[SCRIPT_NAME_MAX + 32];
            snprintf(label, sizeof label, "%s%s", script_host_name(host, i),
                     quarantined ? " (quarantined)" : "");
            put(file, 1, label, counters->errors[i]);
            put_error_places(file, host, i);
            put_some(file, 2, "quarantines", counters->quarantines[i]);
        }
    }
}

static void put_counter(FILE *file, const struct counter *counter,
                        const struct worker_counters *counters) {
    const struct counter_summary *summary = &counter->summary;
    const uint64_t *numbers = counter_numbers(counter, counters, 0);
    const uint64_t total = counter_total(counter, numbers);
    if (summary->label && (total || summary->zero)) {
        put(file, 0, summary->label, total);
    }
    for (unsigned i = 0; summary->members && i < counter->count; i++) {
        char label[64];
        if (numbers[i] && counter->name(i)) {
            snprintf(label, sizeof label, "%s%s", summary->members, counter->name(i));
            put(file, summary->level, label, numbers[i]);
        }
    }
}

/* Lines that need more than the table: they come before the counter at that offset. */
static const struct {
    size_t before;
    void (*put)(FILE *file, const struct worker_counters *counters, const struct script_host *host);
} extras[] = {
    {offsetof(struct worker_counters, pipeline.bytes), put_sum},
    {offsetof(struct worker_counters, pipeline.suppressions), put_treatments},
    {offsetof(struct worker_counters, scripts.log_lines_dropped), put_script_errors},
};

void summary_print(FILE *file, const struct pipeline *pipeline, uint64_t elapsed_ns) {
    const struct script_host *host = pipeline_script_host(pipeline);
    const double seconds = (double)elapsed_ns / (double)NS_PER_S;
    struct worker_counters counters = {0};
    worker_counters_collect(&counters, pipeline);
    for (unsigned i = 0; i < worker_counter_table.count; i++) {
        const struct counter *counter = &worker_counter_table.rows[i];
        for (size_t j = 0; j < sizeof extras / sizeof *extras; j++) {
            if (extras[j].before == counter->offset) {
                extras[j].put(file, &counters, host);
            }
        }
        put_counter(file, counter, &counters);
    }
    fprintf(file, "%-*s%*.3f s\n", LABEL_WIDTH, "elapsed", VALUE_WIDTH, seconds);
    if (seconds > 0) {
        put(file, 0, "packets/s", (uint64_t)((double)counters.pipeline.packets / seconds));
    }
}

void summary_print_profile(FILE *file, const struct script_host *host) {
    const struct script_profile *profiles = script_host_profile(host);
    const struct script_counters *counters = script_host_counters(host);
    if (!profiles) {
        return;
    }
    const double overhead = script_profile_overhead_ns();
    fprintf(file, "%-32s %12s %12s %10s %8s %10s\n", "classifier", "calls", "total ms", "mean ns",
            "errors", "JIT aborts");
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        const struct script_profile *profile = &profiles[i];
        if (script_host_name(host, i)[0] == '\0') {
            continue;
        }
        fprintf(file, "%-32s %12.0f %12.3f %10.1f %8" PRIu64 " %10.0f\n", script_host_name(host, i),
                profile->calls, script_profile_total_ns(profile, overhead) / 1e6,
                script_profile_mean_ns(profile, overhead), counters->errors[i], profile->aborts);
        if (profile->abort[0]) {
            put_indented(file, profile->abort);
        }
    }
}

static void print_cost(FILE *file, const struct script_host *host, unsigned classifier,
                       double overhead) {
    const struct script_profile *profile = &script_host_profile(host)[classifier];
    const struct script_counters *counters = script_host_counters(host);
    const bool quarantined = counters->quarantined >> classifier & 1;
    fprintf(file, "  %s: %.0f call%s, mean %.1f ns, %" PRIu64 " error%s%s\n",
            script_host_name(host, classifier), profile->calls,
            plural((uint64_t)profile->calls, "", "s"), script_profile_mean_ns(profile, overhead),
            counters->errors[classifier], plural(counters->errors[classifier], "", "s"),
            quarantined ? ", quarantined" : "");
}

void summary_print_shadow(FILE *file, const struct pipeline *pipeline) {
    const struct shadow_result *result = pipeline_shadow(pipeline);
    const struct script_host *host = pipeline_script_host(pipeline);
    const double overhead = script_profile_overhead_ns();
    fprintf(file,
            "shadow: %s against %s: agreed on %" PRIu64 " flow%s, differed on %" PRIu64
            " (verdicts of %s only: %" PRIu64 ", only %s: %" PRIu64 "), no verdict on %" PRIu64
            "\n",
            script_host_name(host, result->candidate), script_host_name(host, result->incumbent),
            result->flows[SHADOW_AGREED], plural(result->flows[SHADOW_AGREED], "", "s"),
            result->flows[SHADOW_DIFFERED], script_host_name(host, result->incumbent),
            result->only_incumbent, script_host_name(host, result->candidate),
            result->only_candidate, result->flows[SHADOW_NEITHER]);
    print_cost(file, host, result->incumbent, overhead);
    print_cost(file, host, result->candidate, overhead);
    for (unsigned i = 0; i < result->kept; i++) {
        char text[EVENT_LINE_MAX];
        if (table_format_shadow(&result->first[i], text, sizeof text) > 0) {
            fprintf(file, "  %s\n", text);
        }
    }
    if (result->flows[SHADOW_DIFFERED] > result->kept) {
        const uint64_t more = result->flows[SHADOW_DIFFERED] - result->kept;
        fprintf(file, "  and %" PRIu64 " more flow%s; see the events\n", more,
                plural(more, "", "s"));
    }
}

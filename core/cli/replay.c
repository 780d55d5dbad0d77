#include "base/clock.h"
#include "base/plural.h"
#include "capture/capture.h"
#include "cli/load_inputs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/packet_report.h"
#include "cli/progress.h"
#include "cli/replay_options.h"
#include "cli/summary.h"
#include "event/writer.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct replay {
    struct replay_arguments arguments;
    struct inputs inputs;
    struct capture *capture;
    struct output output;
    struct event_writer writer;
    struct pipeline *pipeline;
    struct progress progress;
    struct store *store;         /* NULL: not storing */
    bool store_failed;           /* the database was unreachable for too long */
    bool at_packet;              /* the packet to show has been reached */
    struct packet_report report; /* on that packet */
};

/* Storing stops after the database has been unreachable for this long. */
#define STORE_PATIENCE_MS 30000

static volatile sig_atomic_t interrupted;

/* A read that starts after the signal but before a check of interrupted could block forever, so
 * the alarm interrupts it a second later. */
static void interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
    alarm(1);
}

/* For the handler of fatal signals; NULL outside of replay_run(). */
static struct replay *running;
static volatile sig_atomic_t writing; /* the output file is in use */

/* Runs in the handler of a fatal signal: writes the events so far before the message. */
static void report_crash(const struct script_crash *crash) {
    struct script_crash told = *crash;
    char where[CLOCK_UTC_TEXT + 32], time[CLOCK_UTC_TEXT];
    uint64_t packet, time_ns;
    if (running && running->output.file && !writing) {
        (void)fflush(running->output.file); /* an error could not be reported any more */
    }
    if (running && running->pipeline && !crash->where[0]) {
        pipeline_position(running->pipeline, &packet, &time_ns);
        snprintf(where, sizeof where, "packet %" PRIu64 ", %s", packet,
                 clock_format_utc(time_ns, time));
        told.where = packet > 0 ? where : "";
    }
    script_print_crash(&told);
}

/* A file accepts every event; the writer records failures. */
static bool write_event(void *context, const struct event *event) {
    struct replay *replay = context;
    if (replay->arguments.packet && !replay->at_packet) {
        return true;
    }
    writing = 1;
    event_write(replay->at_packet ? &replay->report.writer : &replay->writer, event);
    writing = 0;
    return true;
}

/* Waits for room, so that no event is lost while the database is reachable. */
static bool store_event(void *context, const struct event *event) {
    struct replay *replay = context;
    if (!replay->store_failed) {
        replay->store_failed = !store_put_waiting(replay->store, 0, event, STORE_PATIENCE_MS);
    }
    return true;
}

static int start_store(struct replay *replay, struct error *error) {
    const struct store_options store = {.config = &replay->inputs.config,
                                        .interfaces = {"replay"},
                                        .interface_count = 1,
                                        .apart = true,
                                        .awaited = true};
    if (!replay->arguments.store) {
        return 0;
    }
    const int result = store_start(&replay->store, &store, error);
    return result == 0 ? store_await(replay->store, error) : result;
}

static int start_pipeline(struct replay *replay, struct error *error) {
    struct pipeline_options pipeline_options = {
        .config = &replay->inputs.config,
        .policy = replay->inputs.policy,
        .profile_scripts = replay->arguments.profile || replay->arguments.shadow,
        .shadow_of = replay->arguments.shadow_of,
        .shadow = replay->arguments.shadow,
        .give_up = script_end_process,
        .crash_handler = report_crash,
        .sink = {.emit = write_event, .context = replay},
    };
    if (replay->arguments.store) {
        pipeline_options.store = (struct event_sink){.emit = store_event, .context = replay};
    }
    const size_t size = sizeof pipeline_options.seed;
    if (getrandom(pipeline_options.seed, size, 0) != (ssize_t)size) {
        return error_set(error, -errno, "getrandom: %s", strerror(errno));
    }
    return pipeline_new(&replay->pipeline, &pipeline_options, &replay->inputs.faults, error);
}

static int load_inputs(struct replay *replay) {
    const struct replay_arguments *arguments = &replay->arguments;
    if (arguments->classifier_count > 0) {
        return inputs_load_classifiers(&replay->inputs, arguments->config, arguments->classifiers,
                                       arguments->classifier_count);
    }
    return inputs_load(&replay->inputs, arguments->config, arguments->policy);
}

/* Opens the output last, so that an earlier error does not destroy an existing file. */
static int start(struct replay *replay, char **files, size_t count, struct error *error) {
    const struct replay_arguments *arguments = &replay->arguments;
    const char *const *paths = (const char *const *)files;
    if (load_inputs(replay) != 0) {
        return error_set(error, -EINVAL, "no packets were replayed; fix the errors above first");
    }
    int result = config_open_log(&replay->inputs.config, error);
    if (result == 0) {
        result = start_pipeline(replay, error);
    }
    if (result == 0) {
        result = capture_open(&replay->capture, paths, count, CAPTURE_READER_AUTO, error);
    }
    if (result == 0) {
        result = start_store(replay, error);
    }
    if (result == 0) {
        result = output_open(&replay->output, arguments->output, paths, count, error);
    }
    if (result == 0) {
        replay->writer = (struct event_writer){.file = replay->output.file,
                                               .format = arguments->format,
                                               .explain = arguments->explain,
                                               .flows = arguments->flows};
    }
    return result;
}

static void draw_progress(struct replay *replay) {
    struct progress_state state = {
        .packets = pipeline_counters(replay->pipeline)->packets,
        .flows = pipeline_flow_count(replay->pipeline),
    };
    capture_position(replay->capture, &state.done, &state.total);
    progress_draw(&replay->progress, &state);
}

static int refuse_packet(const struct replay *replay, struct error *error) {
    const uint64_t packets = pipeline_counters(replay->pipeline)->packets;
    return error_set(error, -ERANGE,
                     "there is no packet %" PRIu64 ": the input has %" PRIu64 " packet%s",
                     replay->arguments.packet, packets, plural(packets, "", "s"));
}

/* Processes frames up to the packet to show. Returns 0 if it comes later, 1 if it was shown, or
 * a negative errno. */
static int process(struct replay *replay, const struct frame *frames, unsigned count,
                   struct error *error) {
    const uint64_t packet = replay->arguments.packet;
    const uint64_t seen = pipeline_counters(replay->pipeline)->packets;
    if (packet == 0 || packet > seen + count) {
        pipeline_process(replay->pipeline, frames, count);
        return 0;
    }
    const unsigned before = (unsigned)(packet - seen - 1);
    if (before > 0) {
        pipeline_process(replay->pipeline, frames, before);
    }
    if (packet_report_begin(&replay->report, replay->pipeline, error) != 0) {
        return error->code;
    }
    replay->at_packet = true;
    pipeline_trace(replay->pipeline, frames + before, &replay->report.trace);
    progress_clear(&replay->progress);
    writing = 1;
    packet_report_print(&replay->report, replay->pipeline, replay->output.file);
    return 1;
}

/* Returns 0, or the negative errno that ended the input. */
static int play(struct replay *replay, struct error *error) {
    struct frame frames[CAPTURE_BATCH];
    int count = 0;
    while (!interrupted && !replay->writer.failed && !replay->store_failed) {
        count = capture_next(replay->capture, frames, CAPTURE_BATCH, error);
        if (count <= 0) {
            break;
        }
        const int shown = process(replay, frames, (unsigned)count, error);
        if (shown != 0) {
            return shown < 0 ? shown : 0;
        }
        if (replay->store) {
            pipeline_offer_states(replay->pipeline, clock_monotonic_ns());
        }
        if (progress_due(&replay->progress)) {
            draw_progress(replay);
        }
    }
    alarm(0);
    progress_clear(&replay->progress);
    if (replay->arguments.packet && count == 0 && !interrupted) {
        return refuse_packet(replay, error);
    }
    pipeline_finish(replay->pipeline);
    return count < 0 && !interrupted ? count : 0;
}

/* Printed even with --quiet, since verdicts are missing. */
static void print_quarantines(const struct script_host *host, bool quiet) {
    const struct script_counters *counters = script_host_counters(host);
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        const uint64_t quarantines = counters->quarantines[i], errors = counters->errors[i];
        if (quarantines) {
            fprintf(stderr,
                    "dpae: classifier %s was quarantined %" PRIu64 " time%s, with %" PRIu64
                    " error%s in all; %s\n",
                    script_host_name(host, i), quarantines, plural(quarantines, "", "s"), errors,
                    plural(errors, "", "s"),
                    quiet ? "omit --quiet to see them in the summary" : "see the summary above");
        }
    }
}

/* Returns 0, or -EIO if the database is missing any event. */
static int finish_store(struct replay *replay) {
    struct store_counters counters;
    if (!replay->store) {
        return 0;
    }
    store_stop(replay->store, replay->store_failed ? 0 : STORE_PATIENCE_MS, &counters);
    replay->store = NULL;
    char text[512];
    store_describe(&counters, text, sizeof text);
    bool lost = replay->store_failed;
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        lost |= counters.lost[i] > 0;
    }
    if (lost || !replay->arguments.quiet) {
        fprintf(stderr, "database: %s\n", text);
    }
    if (lost) {
        fprintf(stderr, "dpae: the database is incomplete%s%s\n", counters.trouble[0] ? ": " : "",
                counters.trouble);
    }
    return lost ? -EIO : 0;
}

static void summarise(const struct replay *replay, uint64_t elapsed_ns) {
    const struct script_host *host = pipeline_script_host(replay->pipeline);
    if (!replay->arguments.quiet) {
        summary_print(stderr, replay->pipeline, elapsed_ns);
    }
    if (replay->arguments.profile) {
        summary_print_profile(stderr, host);
    }
    if (replay->arguments.shadow) {
        summary_print_shadow(stderr, replay->pipeline);
    }
    print_quarantines(host, replay->arguments.quiet);
}

static int finish(struct replay *replay, int played, const struct error *error,
                  uint64_t elapsed_ns) {
    struct error write_error;
    writing = 1;
    const int stored = finish_store(replay);
    const int written = output_close(&replay->output, replay->writer.error_code, &write_error);
    /* The reader of standard output exited on purpose. */
    const bool reader_exited = written == -EPIPE && !replay->arguments.output;
    if (!reader_exited && !replay->arguments.packet) {
        summarise(replay, elapsed_ns);
    }
    if (played != 0) {
        fprintf(stderr, "dpae: %s\n", error->message);
    }
    if (written != 0 && !reader_exited) {
        fprintf(stderr, "dpae: %s\n", write_error.message);
    }
    if (interrupted) {
        return CLI_INTERRUPTED;
    }
    return played != 0 || written != 0 || stored != 0 ? CLI_FAILURE : CLI_SUCCESS;
}

static int replay_all(struct replay *replay) {
    const struct replay_arguments *arguments = &replay->arguments;
    const bool same_terminal = replay->output.file == stdout && isatty(STDOUT_FILENO);
    const bool bar = arguments->progress || (!arguments->quiet && isatty(STDERR_FILENO));
    /* A second interrupt ends the program at once. */
    const struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    const struct sigaction again = {.sa_handler = interrupt};
    struct error error;
    sigaction(SIGALRM, &again, NULL);
    sigaction(SIGINT, &action, NULL);
    progress_start(&replay->progress, bar, same_terminal ? stdout : NULL);

    const uint64_t start_ns = clock_monotonic_ns();
    const int played = play(replay, &error);
    return finish(replay, played, &error, clock_monotonic_ns() - start_ns);
}

int replay_run(int argc, char **argv) {
    static struct replay replay;
    int status;
    const int first = replay_parse(argc, argv, &replay.arguments, &status);
    if (first < 0) {
        return status;
    }
    struct error error;
    running = &replay;
    if (start(&replay, argv + first, (size_t)(argc - first), &error) == 0) {
        status = replay_all(&replay);
    } else {
        faults_print(&replay.inputs.faults, stderr);
        fprintf(stderr, "dpae: %s\n", error.message);
        status = CLI_FAILURE;
    }
    running = NULL;
    packet_report_free(&replay.report);
    pipeline_free(replay.pipeline);
    store_stop(replay.store, 0, NULL);
    capture_close(replay.capture);
    log_close();
    inputs_free(&replay.inputs);
    return status;
}

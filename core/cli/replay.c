#include "base/clock.h"
#include "base/plural.h"
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "event/writer.h"
#include "packet/capture.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    OPTION_POLICY,
    OPTION_CONFIG,
    OPTION_CLASSIFIER,
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_FLOWS,
    OPTION_EXPLAIN,
    OPTION_PROFILE,
    OPTION_SHADOW,
    OPTION_STORE,
    OPTION_PROGRESS,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_COUNT
};

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_POLICY] = {"policy", 'p', "FILE", "policy; default: the shipped main_policy.yaml"},
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_CLASSIFIER] = {"classifier", 0, "NAME",
                           "run this one on all flows, without a policy; may be repeated"},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "of the events: table (default) or jsonl"},
    [OPTION_OUTPUT] = {"output", 0, "FILE", "write the events there; default: stdout"},
    [OPTION_FLOWS] = {"flows", 0, NULL, "flow ends in the table, too (jsonl always has them)"},
    [OPTION_EXPLAIN] = {"explain", 0, NULL,
                        "say of each treatment in the table what it was decided from"},
    [OPTION_PROFILE] = {"profile", 0, NULL, "tell what the calls of each classifier cost"},
    [OPTION_SHADOW] = {"shadow", 0, "NAME=CANDIDATE",
                       "run CANDIDATE beside classifier NAME, and tell where it differs"},
    [OPTION_STORE] = {"store", 0, NULL, "write flows and identities into the configured MongoDB"},
    [OPTION_PROGRESS] = {"progress", 0, NULL, "progress bar even when stderr is no terminal"},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "no summary, and no progress bar unless --progress"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command replay_command = {
    .name = "replay",
    .operands = "FILE.pcap...",
    .summary = "classify what is in capture files",
    .details =
        "Reads the captures (pcap or pcapng, also gzipped; - is standard input) as one stream in\n"
        "the order given, and prints verdicts, identities and flow ends. The summary goes to\n"
        "stderr. A damaged file is read up to the damage; files after it are not read.\n\n"
        "--explain prints what a classifier returned as why with its treatment, or \"not said\" "
        "when\n"
        "it returned none, and which classifier, generation and source that was.\n"
        "\n"
        "--profile tells on stderr, for each classifier, how often it was called, how long the "
        "calls\n"
        "took without the time of the clock, and how often the JIT compiler gave up on it; then "
        "why\n"
        "and where it did so last. Classifiers are slower while that is measured.\n\n"
        "--shadow runs a classifier that the policy does not name on the packets of one that it "
        "does,\n"
        "with the same conditions. What the candidate says advises nothing; where the two differ "
        "is\n"
        "told at the end of the flow, and on stderr how often they agreed, and what each cost.\n\n"
        "Exit status 0; 1 on errors, after everything that was readable; 2 on wrong usage; 130\n"
        "when interrupted. Script errors are counted, not an error of the run: a classifier that\n"
        "keeps failing is quarantined, which is told on stderr, with --quiet too. One that does\n"
        "not come back from a function of Lua's ends the run with exit status 1. A signal such as\n"
        "SIGSEGV, which is a defect of dpae, ends it after what was decided is written, and after "
        "a\n"
        "line that names the classifier and the packet.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

struct arguments {
    const char *policy, *config, *output;
    const char *classifiers[POLICY_CLASSIFIERS_MAX + 1]; /* one too many is told by the policy */
    size_t classifier_count;
    char shadow_of[POLICY_NAME_MAX]; /* empty: no shadow run */
    const char *shadow;
    enum event_format format;
    bool explain, flows, store, profile, progress, quiet;
};

struct replay {
    struct arguments arguments;
    struct inputs inputs;
    struct capture *capture;
    struct output output;
    struct event_writer writer;
    struct pipeline *pipeline;
    struct progress progress;
    struct store *store; /* NULL: none */
    bool store_failed;   /* the database was away for too long */
};

/* How long the database may be away before what is to be stored is given up. */
#define STORE_PATIENCE_MS 30000

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static int take_format(struct arguments *arguments, const char *name) {
    static const char *const names[] = {
        [EVENT_FORMAT_TABLE] = "table", [EVENT_FORMAT_JSONL] = "jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            arguments->format = (enum event_format)i;
            return 0;
        }
    }
    return cli_refuse_word("replay", "format", name, names, sizeof names / sizeof *names);
}

static int take_shadow(struct arguments *arguments, const char *pair) {
    const char *sign = strchr(pair, '=');
    const size_t length = sign ? (size_t)(sign - pair) : 0;
    if (length == 0 || length >= sizeof arguments->shadow_of ||
        !policy_classifier_name_valid(sign + 1)) {
        return cli_refuse("replay", "--shadow takes NAME=CANDIDATE, the names of two classifiers");
    }
    if (arguments->shadow) {
        return cli_refuse("replay", "--shadow can be given once only");
    }
    memcpy(arguments->shadow_of, pair, length);
    arguments->shadow = sign + 1;
    return 0;
}

static int take(void *context, size_t option, const char *argument) {
    struct arguments *arguments = context;
    switch (option) {
    case OPTION_POLICY:
        arguments->policy = argument;
        break;
    case OPTION_CONFIG:
        arguments->config = argument;
        break;
    case OPTION_CLASSIFIER:
        if (arguments->classifier_count <= POLICY_CLASSIFIERS_MAX) {
            arguments->classifiers[arguments->classifier_count++] = argument;
        }
        break;
    case OPTION_FORMAT:
        return take_format(arguments, argument);
    case OPTION_OUTPUT:
        arguments->output = argument;
        break;
    case OPTION_EXPLAIN:
        arguments->explain = true;
        break;
    case OPTION_FLOWS:
        arguments->flows = true;
        break;
    case OPTION_PROFILE:
        arguments->profile = true;
        break;
    case OPTION_SHADOW:
        return take_shadow(arguments, argument);
    case OPTION_STORE:
        arguments->store = true;
        break;
    case OPTION_PROGRESS:
        arguments->progress = true;
        break;
    case OPTION_QUIET:
        arguments->quiet = true;
        break;
    default:
        break;
    }
    return 0;
}

/* For say_last_words(): NULL: there is nothing to say of it. */
static struct replay *running;
static volatile sig_atomic_t writing; /* the file of the output is in use */

/* In the handler of a signal that ends the program: first what was decided is written. */
static void say_last_words(const struct script_crash *crash) {
    struct script_crash told = *crash;
    char where[CLOCK_UTC_TEXT + 32], time[CLOCK_UTC_TEXT];
    uint64_t packet, time_ns;
    if (running && running->output.file && !writing) {
        (void)fflush(running->output.file); /* whether it could is too late to ask */
    }
    if (running && running->pipeline && !crash->where[0]) {
        pipeline_position(running->pipeline, &packet, &time_ns);
        snprintf(where, sizeof where, "packet %" PRIu64 ", %s", packet,
                 clock_format_utc(time_ns, time));
        told.where = packet > 0 ? where : "";
    }
    script_tell_crash(&told);
}

/* A file has room for every event; failures are kept in the writer. */
static bool write_event(void *context, const struct event *event) {
    struct replay *replay = context;
    writing = 1;
    event_write(&replay->writer, event);
    writing = 0;
    return true;
}

/* There is time to wait for room: nothing is lost while the database is there. */
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
        .last_words = say_last_words,
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
    const struct arguments *arguments = &replay->arguments;
    if (arguments->classifier_count > 0) {
        return inputs_load_classifiers(&replay->inputs, arguments->config, arguments->classifiers,
                                       arguments->classifier_count);
    }
    return inputs_load(&replay->inputs, arguments->config, arguments->policy);
}

/* The output is opened last: what goes wrong before must not cost the user an older file. */
static int start(struct replay *replay, char **files, size_t count, struct error *error) {
    const struct arguments *arguments = &replay->arguments;
    const char *const *paths = (const char *const *)files;
    if (load_inputs(replay) != 0) {
        return error_set(error, -EINVAL, "nothing was replayed; mend the errors above first");
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

/* Returns 0, or the negative errno that ended the input early. */
static int play(struct replay *replay, struct error *error) {
    struct frame frames[CAPTURE_BATCH];
    int count = 0;
    while (!interrupted && !replay->writer.failed && !replay->store_failed) {
        count = capture_next(replay->capture, frames, CAPTURE_BATCH, error);
        if (count <= 0) {
            break;
        }
        pipeline_process(replay->pipeline, frames, (unsigned)count);
        if (replay->store) {
            pipeline_offer_states(replay->pipeline, clock_monotonic_ns());
        }
        if (progress_due(&replay->progress)) {
            draw_progress(replay);
        }
    }
    progress_clear(&replay->progress);
    pipeline_finish(replay->pipeline);
    return count < 0 && !interrupted ? count : 0;
}

/* Told in any case: verdicts are missing. */
static void tell_quarantines(const struct script_host *host, bool quiet) {
    const struct script_counters *counters = script_host_counters(host);
    for (unsigned i = 0; i < SCRIPT_CLASSIFIERS_MAX; i++) {
        const uint64_t quarantines = counters->quarantines[i], errors = counters->errors[i];
        if (quarantines) {
            fprintf(stderr,
                    "dpae: classifier %s was quarantined %" PRIu64 " time%s, with %" PRIu64
                    " error%s in all; %s\n",
                    script_host_name(host, i), quarantines, plural(quarantines, "", "s"), errors,
                    plural(errors, "", "s"),
                    quiet ? "what they are stands in the summary: leave --quiet out to see it"
                          : "the summary above says what they are");
        }
    }
}

/* Returns 0, or -EIO when the database does not have everything. */
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
        fprintf(stderr, "dpae: the database does not have everything%s%s\n",
                counters.trouble[0] ? ": " : "", counters.trouble);
    }
    return lost ? -EIO : 0;
}

static int finish(struct replay *replay, int played, const struct error *error,
                  uint64_t elapsed_ns) {
    struct error write_error;
    writing = 1;
    const int stored = finish_store(replay);
    const int written = output_close(&replay->output, replay->writer.error_code, &write_error);
    /* Whoever read our standard output has seen enough. */
    const bool left = written == -EPIPE && !replay->arguments.output;
    if (!replay->arguments.quiet && !left) {
        summary_print(stderr, replay->pipeline, elapsed_ns);
    }
    if (!left) {
        if (replay->arguments.profile) {
            summary_print_profile(stderr, pipeline_script_host(replay->pipeline));
        }
        if (replay->arguments.shadow) {
            summary_print_shadow(stderr, replay->pipeline);
        }
        tell_quarantines(pipeline_script_host(replay->pipeline), replay->arguments.quiet);
    }
    if (played != 0) {
        fprintf(stderr, "dpae: %s\n", error->message);
    }
    if (written != 0 && !left) {
        fprintf(stderr, "dpae: %s\n", write_error.message);
    }
    if (interrupted) {
        return CLI_INTERRUPTED;
    }
    return played != 0 || written != 0 || stored != 0 ? CLI_FAILURE : CLI_SUCCESS;
}

static int replay_all(struct replay *replay) {
    const struct arguments *arguments = &replay->arguments;
    const bool beside = replay->output.file == stdout && isatty(STDOUT_FILENO);
    const bool bar = arguments->progress || (!arguments->quiet && isatty(STDERR_FILENO));
    /* A second interrupt ends the program at once. */
    const struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    struct error error;
    sigaction(SIGINT, &action, NULL);
    progress_start(&replay->progress, bar, beside ? stdout : NULL);

    const uint64_t start_ns = clock_monotonic_ns();
    const int played = play(replay, &error);
    return finish(replay, played, &error, clock_monotonic_ns() - start_ns);
}

static int run(int argc, char **argv) {
    static struct replay replay;
    int status;
    const int first = cli_parse(&replay_command, argc, argv, take, &replay.arguments, &status);
    if (first < 0) {
        return status;
    }
    if (first == argc) {
        return cli_refuse("replay", "which capture? (- is standard input)");
    }
    if (replay.arguments.policy && replay.arguments.classifier_count > 0) {
        return cli_refuse("replay", "either --policy or --classifier, not both");
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
    pipeline_free(replay.pipeline);
    store_stop(replay.store, 0, NULL);
    capture_close(replay.capture);
    log_close();
    inputs_free(&replay.inputs);
    return status;
}

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/load_inputs.h"
#include "cli/output.h"
#include "config/text_check.h"
#include "daemon/daemon.h"
#include "daemon/rehearsal.h"
#include "event/outlet.h"
#include "event/writer.h"
#include "worker/worker.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPTION_CONFIG,
    OPTION_STANDALONE,
    OPTION_INTERFACE,
    OPTION_POLICY,
    OPTION_OUTPUT,
    OPTION_HELP,
    OPTION_COUNT
};

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_STANDALONE] = {"standalone", 0, NULL, "run without a controller; never sends frames"},
    [OPTION_INTERFACE] = {"interface", 'i', "IF",
                          "use IF in place of sniff_if_names; separate several by commas"},
    [OPTION_POLICY] = {"policy", 'p', "FILE", "standalone: policy; default: main_policy.yaml"},
    [OPTION_OUTPUT] = {"output", 0, "FILE", "write every event to FILE as JSON lines"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command run_command = {
    .name = "run",
    .summary = "classify live traffic and advise the controller",
    .details =
        "Joins the controller on each interface of sniff_if_names, classifies the traffic that "
        "the\n"
        "switch sends, advises the controller, and in active mode returns every frame. With\n"
        "--standalone it only watches: the policy comes from a file, verdicts go to the log.\n"
        "Needs root, or CAP_NET_RAW and CAP_NET_ADMIN; workers run as the user run_as. The status\n"
        "page is at status_address and status_port: http://127.0.0.1:8642/. SIGHUP reloads the\n"
        "configuration and, with --standalone, the policy. SIGTERM and SIGINT end it after queued\n"
        "messages are sent (at most 5 s).",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

const struct cli_command rehearse_command = {
    .name = REHEARSAL_COMMAND,
    .run = rehearsal_main,
};

const struct cli_command worker_command = {
    .name = WORKER_COMMAND,
    .run = worker_main,
};

struct run_arguments {
    const char *config, *interface, *policy, *output;
    bool standalone;
};

static int take(void *context, size_t option, const char *argument) {
    struct run_arguments *arguments = context;
    switch (option) {
    case OPTION_CONFIG:
        arguments->config = argument;
        break;
    case OPTION_STANDALONE:
        arguments->standalone = true;
        break;
    case OPTION_INTERFACE:
        if (arguments->interface) {
            return cli_refuse(
                "run",
                "--interface may be given only once; separate interfaces by commas, as in a,b");
        }
        arguments->interface = argument;
        break;
    case OPTION_POLICY:
        arguments->policy = argument;
        break;
    case OPTION_OUTPUT:
        arguments->output = argument;
        break;
    default:
        break;
    }
    return 0;
}

/* Writes the daemon's events to the file, and verdicts to the log as well. */
struct recorder {
    struct outlet *file; /* NULL: no file */
    bool log_verdicts;
};

static void log_verdict(const struct event *event) {
    char line[512];
    FILE *text = fmemopen(line, sizeof line, "w");
    if (!text) {
        return;
    }
    struct event_writer writer = {.file = text, .format = EVENT_FORMAT_TABLE, .heading = true};
    event_write(&writer, event);
    fclose(text);
    line[strcspn(line, "\n")] = '\0';
    log_info(LOG_TC, "%s", line);
}

static void record(void *context, const struct event *event) {
    struct recorder *recorder = context;
    if (recorder->file) {
        outlet_put(recorder->file, event);
    }
    if (recorder->log_verdicts && event->kind == EVENT_VERDICT) {
        log_verdict(event);
    }
}

/* At the end, events wait this long for a slow reader: for room, then to be read. */
#define OUTPUT_ENDING_MS 2000
#define OUTPUT_END_MS    1000

static void wait_for_readers(void *context) {
    const struct recorder *recorder = context;
    if (recorder->file) {
        outlet_allow_waiting(recorder->file, OUTPUT_ENDING_MS);
    }
}

static int open_outlet(const struct run_arguments *arguments, struct output *output,
                       struct outlet **outlet, struct error *error) {
    const int result = output_open(output, arguments->output, NULL, 0, error);
    return result == 0 ? outlet_new(outlet, fileno(output->file), arguments->output, error)
                       : result;
}

static int close_outlet(struct output *output, struct outlet *outlet, struct error *error) {
    const int code = outlet_end(outlet, OUTPUT_END_MS);
    return output->file ? output_close(output, code, error) : 0;
}

/* Reads the text of a policy file that is already validated. */
static int read_policy(const struct inputs *inputs, struct policy_text *text,
                       struct daemon_options *daemon, struct error *error) {
    struct faults faults = {0};
    const int result = policy_text_read(inputs->policy_path, text, &faults);
    if (result != 0) {
        fault_format(&faults.items[0], error->message, sizeof error->message);
        error->code = result;
    }
    faults_free(&faults);
    daemon->policy = text;
    daemon->policy_path = inputs->policy_path;
    if (inputs->policy->mode == POLICY_ACTIVE) {
        log_warning(LOG_NMETA_DPAE,
                    "the policy is active, but --standalone never sends: frames are not returned");
    }
    return result;
}

static int serve(const struct run_arguments *arguments, struct inputs *inputs,
                 struct error *error) {
    struct output output = {0};
    struct recorder recorder = {.log_verdicts = arguments->standalone};
    struct daemon_options daemon = {
        .config = &inputs->config,
        .interfaces = arguments->interface ? arguments->interface : inputs->config.sniff_if_names,
        .version = DPAE_VERSION,
        .recorder = {.record = record, .context = &recorder},
        .ending = wait_for_readers,
    };
    struct policy_text policy = {0};
    int result = config_open_log(&inputs->config, error);
    if (result == 0 && arguments->output) {
        result = open_outlet(arguments, &output, &recorder.file, error);
    }
    if (result == 0 && arguments->standalone) {
        result = read_policy(inputs, &policy, &daemon, error);
    }
    if (result == 0) {
        result = daemon_run(&daemon, error);
    }
    policy_text_free(&policy);
    struct error write_error;
    if (close_outlet(&output, recorder.file, &write_error) != 0 && result == 0) {
        *error = write_error;
        result = error->code;
    }
    return result;
}

static int run(int argc, char **argv) {
    static struct inputs inputs;
    struct run_arguments arguments = {0};
    struct error error = {0};
    int status;
    const int first = cli_parse(&run_command, argc, argv, take, &arguments, &status);
    if (first < 0) {
        return status;
    }
    if (first < argc) {
        return cli_refuse("run", "unexpected argument: %s", argv[first]);
    }
    if (arguments.interface && text_check_interfaces(arguments.interface, &error) != 0) {
        return cli_refuse("run", "--interface %s: %s", arguments.interface, error.message);
    }
    if (arguments.output && strcmp(arguments.output, "-") == 0) {
        return cli_refuse("run", "--output needs a file; standard output is not supported");
    }
    if (arguments.policy && !arguments.standalone) {
        return cli_refuse("run",
                          "--policy needs --standalone; otherwise the controller sends the policy");
    }
    const int loaded = arguments.standalone
                           ? inputs_load(&inputs, arguments.config, arguments.policy)
                           : inputs_load_config(&inputs, arguments.config);
    status = CLI_SUCCESS;
    if (loaded != 0) {
        faults_print(&inputs.faults, stderr);
        status = CLI_FAILURE;
    } else if (serve(&arguments, &inputs, &error) != 0) {
        fprintf(stderr, "dpae: %s\n", error.message);
        status = CLI_FAILURE;
    }
    log_close();
    inputs_free(&inputs);
    return status;
}

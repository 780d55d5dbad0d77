#include "base/clock.h"
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "config/text_check.h"
#include "daemon/daemon.h"
#include "daemon/rehearsal.h"
#include "daemon/worker.h"
#include "event/writer.h"

#include <errno.h>
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
    [OPTION_STANDALONE] = {"standalone", 0, NULL, "without a controller; never sends a frame"},
    [OPTION_INTERFACE] = {"interface", 'i', "IF",
                          "instead of sniff_if_names; several: with commas"},
    [OPTION_POLICY] = {"policy", 'p', "FILE", "standalone: policy; default: main_policy.yaml"},
    [OPTION_OUTPUT] = {"output", 0, "FILE", "write every event there as JSON lines"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command run_command = {
    .name = "run",
    .summary = "classify live traffic, as the controller's data plane engine",
    .details =
        "Joins the controller on each interface of sniff_if_names, classifies what the switch\n"
        "sends, advises the controller, and in active mode returns every frame. With\n"
        "--standalone it only watches: the policy comes from a file, the verdicts go to the log.\n"
        "Needs root, or CAP_NET_RAW and CAP_NET_ADMIN; workers run as the user run_as.\n"
        "A status page is at status_address, status_port: http://127.0.0.1:8642/.\n"
        "SIGTERM or SIGINT ends it, after what is queued was sent (5 s at most).",
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

struct arguments {
    const char *config, *interface, *policy, *output;
    bool standalone;
};

static int take(void *context, size_t option, const char *argument) {
    struct arguments *arguments = context;
    switch (option) {
    case OPTION_CONFIG:
        arguments->config = argument;
        break;
    case OPTION_STANDALONE:
        arguments->standalone = true;
        break;
    case OPTION_INTERFACE:
        if (arguments->interface) {
            return cli_refuse("run", "--interface is there twice; several: with commas, as in a,b");
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

/* Events of the daemon: each to the file as it happens, verdicts to the log as well. */
struct recorder {
    struct event_writer file; /* .file NULL: none */
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
    if (recorder->file.file) {
        event_write(&recorder->file, event);
        if (!recorder->file.failed && fflush(recorder->file.file) != 0) {
            recorder->file.failed = true;
            recorder->file.error_code = -errno;
            log_error(LOG_NMETA_DPAE, "the output can not be written: %s; it ends here",
                      strerrordesc_np(errno));
        }
    }
    if (recorder->log_verdicts && event->kind == EVENT_VERDICT) {
        log_verdict(event);
    }
}

/* The text of a policy file that was found valid before. */
static char *read_text(const char *path, size_t *length, struct error *error) {
    char *text = NULL;
    FILE *file = fopen(path, "re");
    if (file) {
        text = malloc(YAML_TEXT_MAX);
        *length = text ? fread(text, 1, YAML_TEXT_MAX, file) : 0;
        fclose(file);
    }
    if (!text) {
        error_set(error, -errno, "%s: %s", path, strerrordesc_np(errno));
    }
    return text;
}

static int serve(const struct arguments *arguments, struct inputs *inputs, struct output *output,
                 struct error *error) {
    struct recorder recorder = {.file = {.format = EVENT_FORMAT_JSONL, .flows = true},
                                .log_verdicts = arguments->standalone};
    struct daemon_options daemon = {
        .config = &inputs->config,
        .interfaces = arguments->interface ? arguments->interface : inputs->config.sniff_if_names,
        .version = DPAE_VERSION,
        .recorder = {.record = record, .context = &recorder},
    };
    char *policy = NULL;
    int result = config_open_log(&inputs->config, error);
    if (result == 0 && arguments->output) {
        result = output_open(output, arguments->output, NULL, 0, error);
        recorder.file.file = output->file;
    }
    if (result == 0 && arguments->standalone) {
        policy = read_text(inputs->policy_path, &daemon.policy_length, error);
        daemon.policy = policy;
        result = policy ? 0 : error->code;
        if (inputs->policy->mode == POLICY_ACTIVE) {
            log_warning(LOG_NMETA_DPAE,
                        "the policy is active, but standalone never sends: nothing is returned");
        }
    }
    if (result == 0) {
        result = daemon_run(&daemon, error);
    }
    free(policy);
    if (output->file) {
        struct error write_error;
        if (output_close(output, recorder.file.error_code, &write_error) != 0 && result == 0) {
            *error = write_error;
            result = error->code;
        }
    }
    return result;
}

static int run(int argc, char **argv) {
    static struct inputs inputs;
    struct arguments arguments = {0};
    struct output output = {0};
    struct error error = {0};
    int status;
    const int first = cli_parse(&run_command, argc, argv, take, &arguments, &status);
    if (first < 0) {
        return status;
    }
    if (first < argc) {
        return cli_refuse("run", "it takes no arguments: %s", argv[first]);
    }
    if (arguments.interface && text_check_interfaces(arguments.interface, &error) != 0) {
        return cli_refuse("run", "--interface %s: %s", arguments.interface, error.message);
    }
    if (arguments.output && strcmp(arguments.output, "-") == 0) {
        return cli_refuse("run", "--output wants a file; the log is what goes to the terminal");
    }
    if (arguments.policy && !arguments.standalone) {
        return cli_refuse("run",
                          "the controller sends the policy; --policy goes with --standalone");
    }
    const int loaded = arguments.standalone
                           ? inputs_load(&inputs, arguments.config, arguments.policy)
                           : inputs_load_config(&inputs, arguments.config);
    status = CLI_SUCCESS;
    if (loaded != 0) {
        faults_print(&inputs.faults, stderr);
        status = CLI_FAILURE;
    } else if (serve(&arguments, &inputs, &output, &error) != 0) {
        fprintf(stderr, "dpae: %s\n", error.message);
        status = CLI_FAILURE;
    }
    log_close();
    inputs_free(&inputs);
    return status;
}

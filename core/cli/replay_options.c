#include "cli/replay_options.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    OPTION_PACKET,
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
                           "run this classifier on all flows, without a policy; repeatable"},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "format of events: table (default) or jsonl"},
    [OPTION_OUTPUT] = {"output", 0, "FILE", "write events to FILE; default: stdout"},
    [OPTION_FLOWS] = {"flows", 0, NULL, "include flow ends in the table (jsonl always does)"},
    [OPTION_EXPLAIN] = {"explain", 0, NULL, "show the reasons of each treatment in the table"},
    [OPTION_PROFILE] = {"profile", 0, NULL, "report the cost of each classifier's calls"},
    [OPTION_SHADOW] = {"shadow", 0, "NAME=CANDIDATE",
                       "run CANDIDATE beside classifier NAME and report differences"},
    [OPTION_PACKET] = {"packet", 0, "NUMBER",
                       "show what classifiers see and return on this packet, and stop"},
    [OPTION_STORE] = {"store", 0, NULL, "write flows and identities to the configured MongoDB"},
    [OPTION_PROGRESS] = {"progress", 0, NULL,
                         "show a progress bar even if stderr is not a terminal"},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "no summary, and no progress bar unless --progress"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

const struct cli_command replay_command = {
    .name = "replay",
    .operands = "FILE.pcap...",
    .summary = "classify the packets of capture files",
    .details = "Reads the captures (pcap or pcapng, also gzipped; - is standard input) as one\n"
               "stream in the given order, and prints verdicts, identities and flow ends. The\n"
               "summary goes to stderr. A damaged file is read up to the damage; files after it\n"
               "are not read.\n\n"
               "--explain adds to each treatment the values that its classifier returned as why,\n"
               "or \"not said\", and the name, generation and source of the classifier.\n\n"
               "--profile reports on stderr, for each classifier, the number of calls, their\n"
               "time without that of the clock, and how often the JIT compiler aborted in it,\n"
               "with the reason and place of the last abort. Classifiers run slower while they\n"
               "are measured.\n\n"
               "--shadow runs a candidate, which the policy must not contain, on the packets of\n"
               "a classifier of the policy, under the same conditions. The verdicts of the\n"
               "candidate have no effect; a difference is reported at the end of each flow, and\n"
               "a count of agreements with the cost of both on stderr.\n\n"
               "--packet replays up to that packet, and prints, in place of events, the packet,\n"
               "its flow, which classifiers were called or why not, what each returned and\n"
               "logged (including level debug), its error with all lines it passed through, and\n"
               "the events that the packet caused. Packets are numbered from 1 across all files,\n"
               "as in events and errors.\n\n"
               "Exit status: 0; 1 on errors, after all readable input; 2 on wrong usage; 130\n"
               "when interrupted. Script errors are counted and do not change the exit status. A\n"
               "classifier that keeps failing is quarantined, which is reported on stderr even\n"
               "with --quiet. A call that never returns from a function of Lua's ends the run\n"
               "with exit status 1. A fatal signal such as SIGSEGV, which is a defect of dpae,\n"
               "ends the run after writing the events so far and a line with the classifier and\n"
               "the packet.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = replay_run,
};

static int take_format(struct replay_arguments *arguments, const char *name) {
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

static int take_shadow(struct replay_arguments *arguments, const char *pair) {
    const char *sign = strchr(pair, '=');
    const size_t length = sign ? (size_t)(sign - pair) : 0;
    if (length == 0 || length >= sizeof arguments->shadow_of ||
        !policy_classifier_name_valid(sign + 1)) {
        return cli_refuse("replay", "--shadow needs NAME=CANDIDATE, the names of two classifiers");
    }
    if (arguments->shadow) {
        return cli_refuse("replay", "--shadow may be given only once");
    }
    memcpy(arguments->shadow_of, pair, length);
    arguments->shadow = sign + 1;
    return 0;
}

static int take_packet(struct replay_arguments *arguments, const char *number) {
    char *end;
    errno = 0;
    arguments->packet = strtoull(number, &end, 10);
    return *number >= '0' && *number <= '9' && !*end && errno == 0 && arguments->packet > 0
               ? 0
               : cli_refuse("replay", "--packet needs the number of a packet, from 1, not \"%s\"",
                            number);
}

static int take(void *context, size_t option, const char *argument) {
    struct replay_arguments *arguments = context;
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
    case OPTION_PACKET:
        return take_packet(arguments, argument);
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

/* Checks combinations of options. Returns 0 or an exit status. */
static int check_together(const struct replay_arguments *arguments) {
    if (arguments->policy && arguments->classifier_count > 0) {
        return cli_refuse("replay", "--policy and --classifier exclude each other");
    }
    if (arguments->packet && (arguments->format == EVENT_FORMAT_JSONL || arguments->store)) {
        return cli_refuse("replay", "--packet prints a report on one packet; it excludes --format "
                                    "jsonl and --store");
    }
    return 0;
}

int replay_parse(int argc, char **argv, struct replay_arguments *arguments, int *status) {
    const int first = cli_parse(&replay_command, argc, argv, take, arguments, status);
    if (first < 0) {
        return first;
    }
    *status = first == argc ? cli_refuse("replay", "missing capture file (- is standard input)")
                            : check_together(arguments);
    return *status == 0 ? first : -1;
}

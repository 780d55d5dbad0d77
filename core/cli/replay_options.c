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
                           "run this one on all flows, without a policy; may be repeated"},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "of the events: table (default) or jsonl"},
    [OPTION_OUTPUT] = {"output", 0, "FILE", "write the events there; default: stdout"},
    [OPTION_FLOWS] = {"flows", 0, NULL, "flow ends in the table, too (jsonl always has them)"},
    [OPTION_EXPLAIN] = {"explain", 0, NULL,
                        "say of each treatment in the table what it was decided from"},
    [OPTION_PROFILE] = {"profile", 0, NULL, "tell what the calls of each classifier cost"},
    [OPTION_SHADOW] = {"shadow", 0, "NAME=CANDIDATE",
                       "run CANDIDATE beside classifier NAME, and tell where it differs"},
    [OPTION_PACKET] = {"packet", 0, "NUMBER",
                       "show what the classifiers see and answer on this packet, and stop"},
    [OPTION_STORE] = {"store", 0, NULL, "write flows and identities into the configured MongoDB"},
    [OPTION_PROGRESS] = {"progress", 0, NULL, "progress bar even when stderr is no terminal"},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "no summary, and no progress bar unless --progress"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

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
        "--packet replays up to that packet, and prints instead of events what is known of it and\n"
        "its flow, which classifiers were called and which not, what each answered and logged (at\n"
        "level debug, too), its error with all lines that it came through, and the events that\n"
        "the packet caused. Packets are numbered from 1 over all files, as in events and errors.\n"
        "\n"
        "Exit status 0; 1 on errors, after everything that was readable; 2 on wrong usage; 130\n"
        "when interrupted. Script errors are counted, not an error of the run: a classifier that\n"
        "keeps failing is quarantined, which is told on stderr, with --quiet too. One that does\n"
        "not come back from a function of Lua's ends the run with exit status 1. A signal such as\n"
        "SIGSEGV, which is a defect of dpae, ends it after what was decided is written, and after "
        "a\n"
        "line that names the classifier and the packet.",
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
        return cli_refuse("replay", "--shadow takes NAME=CANDIDATE, the names of two classifiers");
    }
    if (arguments->shadow) {
        return cli_refuse("replay", "--shadow can be given once only");
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
               : cli_refuse("replay", "--packet takes the number of a packet, from 1, not \"%s\"",
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

/* What is wrong with options together; 0: nothing, otherwise the exit status. */
static int check_together(const struct replay_arguments *arguments) {
    if (arguments->policy && arguments->classifier_count > 0) {
        return cli_refuse("replay", "either --policy or --classifier, not both");
    }
    if (arguments->packet && (arguments->format == EVENT_FORMAT_JSONL || arguments->store)) {
        return cli_refuse("replay", "--packet shows one packet to people: neither --format jsonl "
                                    "nor --store goes with it");
    }
    return 0;
}

int replay_parse(int argc, char **argv, struct replay_arguments *arguments, int *status) {
    const int first = cli_parse(&replay_command, argc, argv, take, arguments, status);
    if (first < 0) {
        return first;
    }
    *status = first == argc ? cli_refuse("replay", "which capture? (- is standard input)")
                            : check_together(arguments);
    return *status == 0 ? first : -1;
}

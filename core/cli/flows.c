#include "base/address.h"
#include "base/clock.h"
#include "base/plural.h"
#include "cli/commands.h"
#include "cli/load_inputs.h"
#include "cli/moment.h"
#include "policy/policy.h"
#include "store/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_DEFAULT 100
#define DRAW_NS       (100 * NS_PER_MS)

enum {
    OPTION_CONFIG,
    OPTION_URI,
    OPTION_CLIENT,
    OPTION_SINCE,
    OPTION_TREATMENT,
    OPTION_LIMIT,
    OPTION_FORMAT,
    OPTION_HELP,
    OPTION_COUNT
};

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_URI] = {"mongo-uri", 0, "URI", "database; default: the configured one"},
    [OPTION_CLIENT] = {"client", 0, "IP", "only flows of this client"},
    [OPTION_SINCE] = {"since", 0, "TIME",
                      "only flows that began at or after: 2h, 7d, 2026-11-30T08:00"},
    [OPTION_TREATMENT] = {"treatment", 0, "NAME", "only flows of this treatment"},
    [OPTION_LIMIT] = {"limit", 0, "N", "list at most N flows; default: 100, 0: all"},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "table (default) or jsonl"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command flows_command = {
    .name = "flows",
    .summary = "list the flows stored in MongoDB",
    .details =
        "Lists flows of all DPAEs that share the database, newest first. TIME is a period up to\n"
        "now (s, m, h or d) or a date with or without a time, in UTC. jsonl prints one document\n"
        "per line, as in docs/database.md, in MongoDB's relaxed Extended JSON.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

struct flows_arguments {
    const char *config;
    struct store_query query;
};

static int take_limit(struct flows_arguments *arguments, const char *text) {
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno != 0) {
        return cli_refuse("flows", "--limit %s: not a number", text);
    }
    arguments->query.limit = number;
    return 0;
}

static int take_treatment(struct flows_arguments *arguments, const char *name) {
    const char *names[TREATMENT_COUNT];
    size_t count = 0;
    for (unsigned i = TREATMENT_NONE + 1; i < TREATMENT_COUNT; i++) {
        names[count++] = treatment_name(i);
        if (strcmp(name, treatment_name(i)) == 0) {
            arguments->query.treatment = name;
            return 0;
        }
    }
    return cli_refuse_word("flows", "treatment", name, names, count);
}

/* In the stored form: RFC 5952. */
static int take_client(struct flows_arguments *arguments, const char *text) {
    static char canonical[ADDRESS_IP_TEXT];
    uint8_t ip[16];
    const int version = address_parse_ip(text, ip);
    if (version == 0) {
        return cli_refuse("flows", "--client %s: not an IP address", text);
    }
    arguments->query.client = address_format_ip(ip, version, canonical);
    return 0;
}

static int take_since(struct flows_arguments *arguments, const char *text) {
    const double now = (double)clock_wall_ns() / (double)NS_PER_S;
    if (!moment_parse(text, now, &arguments->query.since)) {
        return cli_refuse("flows",
                          "--since %s: not a period such as 2h or a date such as 2026-11-30T08:00",
                          text);
    }
    return 0;
}

static int take_format(struct flows_arguments *arguments, const char *name) {
    static const char *const names[] = {"table", "jsonl"};
    if (strcmp(name, "jsonl") != 0 && strcmp(name, "table") != 0) {
        return cli_refuse_word("flows", "format", name, names, 2);
    }
    arguments->query.json = strcmp(name, "jsonl") == 0;
    return 0;
}

static int take(void *context, size_t option, const char *argument) {
    struct flows_arguments *arguments = context;
    switch (option) {
    case OPTION_CONFIG:
        arguments->config = argument;
        return 0;
    case OPTION_URI:
        arguments->query.uri = argument;
        return 0;
    case OPTION_CLIENT:
        return take_client(arguments, argument);
    case OPTION_SINCE:
        return take_since(arguments, argument);
    case OPTION_TREATMENT:
        return take_treatment(arguments, argument);
    case OPTION_LIMIT:
        return take_limit(arguments, argument);
    case OPTION_FORMAT:
        return take_format(arguments, argument);
    default:
        return 0;
    }
}

struct listing {
    const struct flows_arguments *arguments;
    bool bar; /* show the count on stderr */
    int code; /* errno of a failed write to standard output */
    uint64_t count, draw_at_ns;
};

static void draw(struct listing *listing) {
    const uint64_t now_ns = clock_monotonic_ns();
    if (listing->bar && now_ns >= listing->draw_at_ns) {
        listing->draw_at_ns = now_ns + DRAW_NS;
        fprintf(stderr, "\r%" PRIu64 " flows", listing->count);
        fflush(stderr);
    }
}

static void print_row(const struct store_flow *flow) {
    char client[ADDRESS_IP_TEXT + 8], server[ADDRESS_IP_TEXT + 8], start[32];
    const time_t seconds = (time_t)flow->start;
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) ||
        strftime(start, sizeof start, "%Y-%m-%d %H:%M:%S", &utc) == 0) {
        snprintf(start, sizeof start, "-");
    }
    snprintf(client, sizeof client, "%s:%u", flow->client, flow->client_port);
    snprintf(server, sizeof server, "%s:%u", flow->server, flow->server_port);
    printf("%s %9.3f  %-21s %-21s %-6s %8" PRIu64 " %11" PRIu64 "  %-16s %-8s %s\n", start,
           flow->end - flow->start, client, server, flow->proto, flow->packets, flow->bytes,
           flow->treatment[0] ? flow->treatment : "-", flow->end_reason[0] ? flow->end_reason : "-",
           flow->dpae_id);
}

static int on_flow(void *context, const struct store_flow *flow, const char *json) {
    struct listing *listing = context;
    if (listing->arguments->query.json) {
        puts(json);
    } else {
        if (listing->count == 0) {
            printf("%-19s %9s  %-21s %-21s %-6s %8s %11s  %-16s %-8s %s\n", "START (UTC)",
                   "SECONDS", "CLIENT", "SERVER", "PROTO", "PACKETS", "BYTES", "TREATMENT", "END",
                   "DPAE");
        }
        print_row(flow);
    }
    if (ferror(stdout)) {
        listing->code = errno;
        return -EIO;
    }
    listing->count++;
    draw(listing);
    return 0;
}

static int run(int argc, char **argv) {
    static struct inputs inputs;
    struct flows_arguments arguments = {.query = {.limit = LIMIT_DEFAULT}};
    struct listing listing = {.arguments = &arguments,
                              .bar = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO)};
    struct error error = {0};
    int status;
    const int first = cli_parse(&flows_command, argc, argv, take, &arguments, &status);
    if (first < 0) {
        return status;
    }
    if (first < argc) {
        return cli_refuse("flows", "unexpected argument: %s", argv[first]);
    }
    if (inputs_load_config(&inputs, arguments.config) != 0) {
        faults_print(&inputs.faults, stderr);
        inputs_free(&inputs);
        return CLI_FAILURE;
    }
    uint64_t damaged = 0;
    int result =
        store_query_run(&inputs.config, &arguments.query, on_flow, &listing, &damaged, &error);
    if (listing.bar && listing.count > 0) {
        fputs("\r\033[K", stderr);
    }
    if (listing.code == 0 && fflush(stdout) != 0) {
        listing.code = errno;
    }
    if (listing.code != 0) {
        result = error_set(&error, -EIO, "standard output: %s", strerrordesc_np(listing.code));
    }
    if (result != 0) {
        fprintf(stderr, "dpae: %s\n", error.message);
    } else if (listing.count + damaged == 0) {
        fputs("no flows\n", stderr);
    }
    if (damaged > 0) {
        fprintf(stderr,
                "dpae: %" PRIu64 " document%s with invalid UTF-8 skipped; "
                "use --format table to show them\n",
                damaged, plural(damaged, "", "s"));
    }
    inputs_free(&inputs);
    return result == 0 ? CLI_SUCCESS : CLI_FAILURE;
}

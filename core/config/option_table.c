#include "config/option.h"

#include "base/nearest.h"
#include "config/text_check.h"

#include <string.h>

/* The type is derived from the member, so that table and struct cannot disagree. */
#define TYPE_OF(member)                                                                            \
    _Generic(((struct config *)0)->member,                                                         \
        const char *: OPTION_STRING,                                                               \
        bool: OPTION_BOOL,                                                                         \
        uint8_t: OPTION_UINT8,                                                                     \
        uint16_t: OPTION_UINT16,                                                                   \
        uint32_t: OPTION_UINT32,                                                                   \
        double: OPTION_DOUBLE,                                                                     \
        const struct yaml_node *: OPTION_CLASSIFIERS,                                              \
        struct config_shadow: OPTION_SHADOW)

#define ROW(member, ...)                                                                           \
    {                                                                                              \
        .key = #member, .type = TYPE_OF(member), .offset = offsetof(struct config, member),        \
        __VA_ARGS__                                                                                \
    }

#define NUMBER(member, default_text, lowest, highest, text)                                        \
    ROW(member, .initial = (default_text), .min = (lowest), .max = (highest), .help = (text))
/* A number that SIGHUP changes. */
#define LIVE_NUMBER(member, default_text, lowest, highest, text)                                   \
    ROW(member, .live = true, .initial = (default_text), .min = (lowest), .max = (highest),        \
        .help = (text))
#define SWITCH(member, default_text, text) ROW(member, .initial = (default_text), .help = (text))
#define STRING(member, default_text, checked_by, text)                                             \
    ROW(member, .initial = (default_text), .check = (checked_by), .help = (text))
#define OPTIONAL_FILE(member, text)                                                                \
    ROW(member, .initial = "", .check = text_check_file, .optional = true, .help = (text))

/* A level is an element of one of two arrays; its key contains the module's name. */
#define LEVEL(named, member, default_text, text)                                                   \
    {                                                                                              \
        .key = (named), .type = OPTION_LEVEL, .offset = offsetof(struct config, member),           \
        .live = true, .initial = (default_text), .help = (text)                                    \
    }
#define LEVELS(name, module, default_text)                                                         \
    LEVEL(#name "_logging_level_s", logging_level_s[module], default_text,                         \
          "lowest level sent to syslog"),                                                          \
        LEVEL(#name "_logging_level_c", logging_level_c[module], default_text,                     \
              "lowest level sent to the console")

#define SHORTEST 0.001 /* seconds */
#define LONGEST  86400

const struct option option_table[] = {
    STRING(nmeta_controller_address, "10.1.0.3", text_check_address, "the controller"),
    NUMBER(nmeta_controller_port, "8080", 1, 65535, "TCP port of the controller"),
    STRING(nmeta_api_path, "nmeta/api", text_check_api_path, "path of the controller's REST API"),
    STRING(sniff_if_names, "eth1", text_check_interfaces, "interfaces to capture on"),

    SWITCH(syslog_enabled, "0", "whether to log to syslog"),
    STRING(loghost, "localhost", NULL, "host that receives syslog"),
    NUMBER(logport, "514", 1, 65535, "UDP port of loghost"),
    NUMBER(logfacility, "19", 0, 23, "syslog facility, 16 to 23 are local0 to local7"),
    STRING(syslog_format, LOG_SYSLOG_FORMAT, log_format_check, "format of a syslog line"),
    STRING(syslog_protocol, "rfc5424", text_check_syslog_protocol, "framing of syslog messages"),
    LEVELS(nmeta_dpae, LOG_NMETA_DPAE, "INFO"),
    LEVELS(sniff, LOG_SNIFF, "INFO"),
    LEVELS(controlplane, LOG_CONTROLPLANE, "INFO"),
    LEVELS(dp, LOG_DP, "INFO"),
    LEVELS(tc, LOG_TC, "INFO"),
    LEVELS(tc_policy_dpae, LOG_TC_POLICY_DPAE, "DEBUG"),
    LEVEL("requests_logging_level", logging_level_s[LOG_REQUESTS], "INFO",
          "lowest level of the HTTP client, for both sinks"),
    SWITCH(console_log_enabled, "1", "whether to log to stderr"),
    SWITCH(coloredlogs_enabled, "1", "whether to colour the console when it is a terminal"),
    STRING(console_format, LOG_CONSOLE_FORMAT, log_format_check, "format of a console line"),

    LIVE_NUMBER(phase3_sniff_wait_time, "1", SHORTEST, LONGEST,
                "seconds per wait for the discovery packet"),
    LIVE_NUMBER(phase3_queue_reads, "5", 1, 1000, "number of waits for the discovery packet"),
    LIVE_NUMBER(phase3_sniff_dc_timeout, "5", SHORTEST, LONGEST,
                "seconds to capture for the discovery confirmation"),
    LIVE_NUMBER(keepalive_interval, "1", SHORTEST, LONGEST, "seconds between keepalives"),
    LIVE_NUMBER(keepalive_retries, "3", 0, 1000, "failed keepalives before rejoining"),

    LIVE_NUMBER(policy_poll_interval, "30", SHORTEST, LONGEST, "seconds between policy polls"),
    LIVE_NUMBER(tc_state_interval, "15", 10, 30, "seconds between renewals of the tc state"),
    STRING(controller_flow_advice, "ipv4-tcp", text_check_flow_advice,
           "flows to advise the controller on"),
    NUMBER(advice_queue_size, "4096", 1, 1048576, "maximum length of the advice queue"),
    NUMBER(controller_timeout, "5", SHORTEST, LONGEST, "maximum seconds per request"),
    OPTIONAL_FILE(controller_ca_file, "CA certificates that verify the controller"),
    OPTIONAL_FILE(controller_client_cert, "client certificate for the controller"),
    OPTIONAL_FILE(controller_client_key, "private key of that certificate"),
    OPTIONAL_FILE(controller_token_file, "file of the bearer token"),

    NUMBER(capture_buffer_mb, "32", 1, 1024, "capture buffer of a worker in MiB"),
    NUMBER(workers_per_interface, "1", 1, 16, "worker processes of an interface"),
    STRING(run_as, "nobody", NULL, "user that workers run as"),
    STRING(crash_directory, "/var/tmp", text_check_file, "where captures of crashes are saved"),

    STRING(status_address, "127.0.0.1", text_check_ip, "address of the status page"),
    NUMBER(status_port, "8642", 0, 65535, "TCP port of the status page; 0: off"),

    SWITCH(mongo_enabled, "0", "whether flows are stored in MongoDB"),
    STRING(mongo_addr, "localhost", NULL, "host of MongoDB"),
    NUMBER(mongo_port, "27017", 1, 65535, "TCP port of MongoDB"),
    ROW(mongo_uri, .initial = "", .check = text_check_mongo_uri, .optional = true, .secret = true,
        .help = "instead of mongo_addr and mongo_port"),
    STRING(mongo_database, "fcip_database", text_check_mongo_name, "database of the flows"),
    STRING(mongo_collection, "fcip", text_check_mongo_name, "collection of the flows"),
    ROW(dpae_id, .initial = "", .check = text_check_dpae_id, .optional = true,
        .help = "identifies this dpae in a shared database"),
    NUMBER(mongo_flush_interval, "2", 0.05, 3600, "seconds between updates of a flow"),
    NUMBER(mongo_retention_days, "30", 0, 36500, "days to keep flows; 0: forever"),
    STRING(spool_directory, "/var/tmp", text_check_folder, "where flows wait for the database"),
    NUMBER(spool_max_mb, "256", 1, 1048576, "maximum size of the spool in MiB"),

    LIVE_NUMBER(suppress_flow_pkt_count_initial, "8", 1, UINT32_MAX,
                "packets of a flow before it is suppressed"),
    LIVE_NUMBER(suppress_flow_pkt_count_backoff, "500", 1, UINT32_MAX,
                "packets of a suppressed flow before it is suppressed again"),
    LIVE_NUMBER(suppress_max_wait_packets, "64", 0, UINT32_MAX,
                "packets of a flow to wait for classifiers; 0: do not wait"),

    NUMBER(flow_table_size, "1000000", 1, 268435456, "maximum number of flows"),
    NUMBER(flow_packets_kept, "10", 0, 64, "number of a flow's first packets to keep"),
    LIVE_NUMBER(flow_timeout_tcp_opening, "75", SHORTEST, LONGEST,
                "idle seconds after which a half-open TCP flow ends"),
    LIVE_NUMBER(flow_timeout_tcp_established, "3600", SHORTEST, LONGEST,
                "idle seconds after which an established TCP flow ends"),
    LIVE_NUMBER(flow_timeout_tcp_closed, "5", SHORTEST, LONGEST,
                "idle seconds after which a closed TCP flow ends"),
    LIVE_NUMBER(flow_timeout_udp, "60", SHORTEST, LONGEST,
                "idle seconds after which a UDP flow ends"),
    LIVE_NUMBER(flow_timeout_other, "30", SHORTEST, LONGEST,
                "idle seconds after which any other flow ends"),
    LIVE_NUMBER(flow_tcp_reuse_idle, "60", SHORTEST, LONGEST,
                "idle seconds after which a SYN starts a new flow"),
    NUMBER(fragment_table_size, "4096", 1, 16777216,
           "maximum number of fragmented datagrams tracked"),
    LIVE_NUMBER(fragment_timeout, "30", SHORTEST, LONGEST, "seconds to wait for further fragments"),

    LIVE_NUMBER(identity_refresh_interval, "300", SHORTEST, LONGEST,
                "seconds before the same identity is reported again"),
    NUMBER(identity_table_size, "8192", 1, 16777216, "maximum number of identities"),
    NUMBER(name_table_size, "16384", 1, 16777216, "maximum number of server names per interface"),

    STRING(classifiers_directory, "classifiers", NULL, "folder of the classifiers"),
    STRING(lua_directory, "lua", NULL, "folder of their helper modules"),
    NUMBER(classifier_steps, "500000", 1000, 1000000000,
           "maximum steps per classifier call, see docs/limits.md"),
    NUMBER(classifier_budget_us, "20000", 1000, 500000,
           "maximum CPU time per classifier call in microseconds"),
    NUMBER(classifier_memory_mb, "64", 8, 65536, "memory of all classifiers together in MiB"),
    NUMBER(classifier_errors_max, "10", 1, UINT32_MAX,
           "errors within the window before a classifier is quarantined"),
    NUMBER(classifier_errors_window, "60", SHORTEST, LONGEST,
           "window in seconds for counting a classifier's errors"),
    NUMBER(classifier_quarantine, "10", SHORTEST, LONGEST,
           "seconds of a classifier's first quarantine"),
    NUMBER(stream_bytes, "4096", 1, 16384, "bytes to keep from the start of a TCP stream"),
    NUMBER(stream_buffers, "4096", 1, 1048576, "maximum number of flow directions buffered"),
    ROW(classifiers, .help = "settings of classifiers by name"),
    ROW(classifier_shadow, .help = "a classifier of the policy and its shadow candidate"),
};

const size_t option_count = sizeof option_table / sizeof *option_table;

const struct option *option_find(const char *key) {
    for (size_t i = 0; i < option_count; i++) {
        if (strcmp(key, option_table[i].key) == 0) {
            return &option_table[i];
        }
    }
    return NULL;
}

const char *option_nearest(const char *key) {
    const char *keys[sizeof option_table / sizeof *option_table];
    for (size_t i = 0; i < option_count; i++) {
        keys[i] = option_table[i].key;
    }
    return nearest_word(key, keys, option_count);
}

#ifndef DPAE_CONFIG_CONFIG_H
#define DPAE_CONFIG_CONFIG_H

#include "base/faults.h"
#include "base/log.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_INTERFACES_MAX 16

/* A shadow run: a classifier of the policy, and the candidate beside it. NULL: none. */
struct config_shadow {
    const char *incumbent, *candidate; /* the document's */
};

/* config.yaml as a struct: every option is a member, so that asking for one that does not exist
 * does not compile. Names and defaults are the seed's; what is new says so in config/config.yaml,
 * whose order the members have. Times are seconds unless the name says otherwise. Strings are owned
 * by the config. */
struct config { // NOLINT(clang-analyzer-optin.performance.Padding)
    /* controller */
    const char *nmeta_controller_address; /* with or without scheme */
    uint16_t nmeta_controller_port;
    const char *nmeta_api_path;
    const char *sniff_if_names; /* comma separated, as written */

    /* logging */
    bool syslog_enabled;
    const char *loghost;
    uint16_t logport;
    uint8_t logfacility;
    const char *syslog_format;
    const char *syslog_protocol; /* new: "rfc5424" or "rfc3164" */
    uint8_t logging_level_s[LOG_MODULE_COUNT];
    uint8_t logging_level_c[LOG_MODULE_COUNT]; /* [LOG_REQUESTS]: requests_logging_level, both */
    bool console_log_enabled;
    bool coloredlogs_enabled;
    const char *console_format;

    /* join and keepalive */
    double phase3_sniff_wait_time;
    uint32_t phase3_queue_reads;
    double phase3_sniff_dc_timeout;
    double keepalive_interval;
    uint32_t keepalive_retries;

    /* session with the controller: all new */
    double policy_poll_interval;
    double tc_state_interval;
    const char *controller_flow_advice; /* "ipv4-tcp" or "all" */
    uint32_t advice_queue_size;         /* advice that waits at most */
    double controller_timeout;          /* of a connection, and of a request as a whole */
    const char *controller_ca_file;     /* this and the next three: absolute, or empty: none */
    const char *controller_client_cert;
    const char *controller_client_key;
    const char *controller_token_file;

    /* capture and processes: all new */
    uint32_t capture_buffer_mb;
    uint32_t workers_per_interface;
    const char *run_as;          /* user that workers run as */
    const char *crash_directory; /* starts with a slash */

    /* status page: new */
    const char *status_address;
    uint16_t status_port; /* 0: none */

    /* MongoDB */
    bool mongo_enabled; /* new, as is all that follows mongo_port */
    const char *mongo_addr;
    uint16_t mongo_port;
    const char *mongo_uri; /* not empty: instead of address and port. May hold a password */
    const char *mongo_database;
    const char *mongo_collection;
    const char *dpae_id; /* empty: hostname:interface */
    double mongo_flush_interval;
    uint32_t mongo_retention_days; /* 0: for ever */
    const char *spool_directory;   /* starts with a slash */
    uint32_t spool_max_mb;

    /* suppression */
    uint32_t suppress_flow_pkt_count_initial;
    uint32_t suppress_flow_pkt_count_backoff;
    uint32_t suppress_max_wait_packets; /* new: 0: do not wait for classifiers */

    /* flows: all new */
    uint32_t flow_table_size;   /* flows held at most */
    uint32_t flow_packets_kept; /* first packets kept of each flow */
    double flow_timeout_tcp_opening;
    double flow_timeout_tcp_established;
    double flow_timeout_tcp_closed;
    double flow_timeout_udp;
    double flow_timeout_other;
    double flow_tcp_reuse_idle; /* a SYN after so long an idle time starts a new flow */
    uint32_t fragment_table_size;
    double fragment_timeout;

    /* identities: new */
    double identity_refresh_interval;
    uint32_t identity_table_size;
    uint32_t name_table_size; /* names of servers, of an interface */

    /* classifiers: new */
    const char *classifiers_directory;   /* resolved: starts with a slash */
    const char *lua_directory;           /* helper modules, likewise */
    uint32_t classifier_steps;           /* that a call may take */
    uint32_t classifier_budget_us;       /* CPU time that a call may take */
    uint32_t classifier_memory_mb;       /* that all of them together may use */
    uint32_t classifier_errors_max;      /* errors in a window before one is quarantined */
    double classifier_errors_window;     /* of packet time */
    double classifier_quarantine;        /* of packet time, the first time */
    uint32_t stream_bytes;               /* kept of the start of a TCP stream, each direction */
    uint32_t stream_buffers;             /* directions kept at a time */
    const struct yaml_node *classifiers; /* mapping: classifier name to its settings; or NULL */
    struct config_shadow classifier_shadow;

    struct yaml_document *document; /* owns the nodes */
    char *path;                     /* the file, as found; NULL: defaults only */
};

/* Fills *config with the defaults, folders as of the source checkout that the running binary lies
 * in or was built from, else of PREFIX/share/dpae. Free with config_free. Returns 0 or -ENOMEM, and
 * *config is empty then. */
int config_defaults(struct config *config);

/* Defaults overlaid with the file at path. Relative folders in it start from the folder above its
 * own (config/config.yaml: from the checkout), in /etc/dpae from PREFIX/share/dpae, and must exist.
 * Folders that it does not name are as of the binary's checkout, else of the file's own when it
 * lies in CHECKOUT/config, else of PREFIX/share/dpae; nobody looks whether these exist. On failure
 * returns a negative errno, *config is empty (config_free is allowed) and every fault is in faults,
 * with line and remedy. */
int config_load(const char *path, struct config *config, struct faults *faults);

/* The same for what was read from path before. */
int config_parse(const char *path, const char *text, size_t length, struct config *config,
                 struct faults *faults);
void config_free(struct config *config); /* leaves it empty */

/* Writes what the file said, for config_parse() in a process that is less trusted: without
 * comments, and with secrets empty. Returns 0 or a negative errno. */
int config_write_public(const struct config *config, FILE *file);

/* Calls report for each option whose value differs, with its key, in the order of the file. live:
 * it can change while the daemon runs. Returns how many differ. */
unsigned config_compare(const struct config *first, const struct config *second,
                        void (*report)(void *context, const char *key, bool live), void *context);

/* Copies the options that can change while the daemon runs; they are numbers. The copy of a zeroed
 * config holds these and no pointer, so that it may go through shared memory. */
void config_copy_live(const struct config *from, struct config *to);

/* The path of a shipped file by its path in a checkout, such as "config/config.yaml": that of the
 * source checkout that the running binary lies in or was built from, else where it is installed: in
 * /etc/dpae (of the prefix) what is in config, else in PREFIX/share/dpae. Nobody looks whether it
 * is there. Owned by the caller; NULL when out of memory. */
char *config_find_file(const char *in_checkout);

/* PREFIX/path. The prefix is that of the running binary (PREFIX/bin), when it has a share/dpae;
 * else the one that it was built for. Owned by the caller; NULL when out of memory. */
char *config_installed_file(const char *path);

/* The logging settings of a config; its strings stay the config's. */
void config_log_settings(const struct config *config, struct log_settings *settings);

/* Starts logging as the config says: log_open() with its settings. */
int config_open_log(const struct config *config, struct error *error);

#endif

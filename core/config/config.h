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

/* A shadow run: a classifier of the policy and the candidate beside it. NULL: no shadow run. */
struct config_shadow {
    const char *incumbent, *candidate; /* owned by the document */
};

/* config.yaml as a struct: every option is a member, so that a misspelled one does not compile.
 * Names and defaults are the seed's; config/config.yaml marks the new options, and the members
 * follow its order. Times are in seconds unless the name says otherwise. The config owns its
 * strings. */
struct config { // NOLINT(clang-analyzer-optin.performance.Padding)
    /* controller */
    const char *nmeta_controller_address; /* with or without scheme */
    uint16_t nmeta_controller_port;
    const char *nmeta_api_path;
    const char *sniff_if_names; /* comma-separated, as written */

    /* logging */
    bool syslog_enabled;
    const char *loghost;
    uint16_t logport;
    uint8_t logfacility;
    const char *syslog_format;
    const char *syslog_protocol; /* new: "rfc5424" or "rfc3164" */
    uint8_t logging_level_s[LOG_MODULE_COUNT];
    uint8_t logging_level_c[LOG_MODULE_COUNT]; /* [LOG_REQUESTS]: requests_logging_level, for both
                                                  sinks */
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
    uint32_t advice_queue_size;         /* maximum length of the queue */
    double controller_timeout;          /* for connecting, and for a whole request */
    const char *controller_ca_file;     /* this and the next three: absolute, or empty: unused */
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
    uint16_t status_port; /* 0: off */

    /* MongoDB */
    bool mongo_enabled; /* new, like all options after mongo_port */
    const char *mongo_addr;
    uint16_t mongo_port;
    const char *mongo_uri; /* when not empty, replaces address and port. May contain a password */
    const char *mongo_database;
    const char *mongo_collection;
    const char *dpae_id; /* empty: hostname:interface */
    double mongo_flush_interval;
    uint32_t mongo_retention_days; /* 0: forever */
    const char *spool_directory;   /* starts with a slash */
    uint32_t spool_max_mb;

    /* suppression */
    uint32_t suppress_flow_pkt_count_initial;
    uint32_t suppress_flow_pkt_count_backoff;
    uint32_t suppress_max_wait_packets; /* new: 0: do not wait for classifiers */

    /* flows: all new */
    uint32_t flow_table_size;   /* maximum number of flows */
    uint32_t flow_packets_kept; /* number of a flow's first packets to keep */
    double flow_timeout_tcp_opening;
    double flow_timeout_tcp_established;
    double flow_timeout_tcp_closed;
    double flow_timeout_udp;
    double flow_timeout_other;
    double flow_tcp_reuse_idle; /* a SYN after this idle time starts a new flow */
    uint32_t fragment_table_size;
    double fragment_timeout;

    /* identities: new */
    double identity_refresh_interval;
    uint32_t identity_table_size;
    uint32_t name_table_size; /* maximum number of server names per interface */

    /* classifiers: new */
    const char *classifiers_directory; /* resolved: starts with a slash */
    const char *lua_directory;         /* helper modules, likewise */
    uint32_t classifier_steps;         /* maximum per call */
    uint32_t classifier_budget_us;     /* maximum CPU time per call */
    uint32_t classifier_memory_mb;     /* maximum for all classifiers together */
    uint32_t classifier_errors_max;    /* errors within the window that cause quarantine */
    double classifier_errors_window;   /* in packet time */
    double classifier_quarantine;      /* first quarantine, in packet time */
    uint32_t stream_bytes;             /* kept from the start of a TCP stream, per direction */
    uint32_t stream_buffers;           /* maximum number of directions buffered */
    const struct yaml_node
        *classifiers; /* mapping of classifier names to their settings, or NULL */
    struct config_shadow classifier_shadow;

    struct yaml_document *document; /* owns the nodes */
    char *path;                     /* the file's path as given; NULL: defaults only */
};

/* Fills *config with the defaults. Folders are those of the source checkout that contains the
 * running binary or from which it was built, otherwise of PREFIX/share/dpae. Free with
 * config_free(). Returns 0, or -ENOMEM and leaves *config empty. */
int config_defaults(struct config *config);

/* Fills *config with the defaults, overridden by the file at path. Relative folders in it are
 * resolved against the folder above its own (for config/config.yaml: the checkout; for a file in
 * /etc/dpae: PREFIX/share/dpae) and must exist. Folders that it does not name are those of the
 * binary's checkout, otherwise of the file's own checkout when it is CHECKOUT/config/FILE,
 * otherwise of PREFIX/share/dpae; their existence is not checked. On failure returns a negative
 * errno, leaves *config empty (config_free() is allowed) and adds every fault to faults, with line
 * and remedy. */
int config_load(const char *path, struct config *config, struct faults *faults);

/* As config_load(), for text already read from path. */
int config_parse(const char *path, const char *text, size_t length, struct config *config,
                 struct faults *faults);
void config_free(struct config *config); /* leaves it empty */

/* Writes the settings of the file, without comments and with empty secrets, for config_parse() in a
 * less trusted process. Returns 0 or a negative errno. */
int config_write_public(const struct config *config, FILE *file);

/* Calls report with the key of each option with a different value, in the order of the file; live
 * is true for options that can change while the daemon runs. Returns the number of differences. */
unsigned config_compare(const struct config *first, const struct config *second,
                        void (*report)(void *context, const char *key, bool live), void *context);

/* Copies the options that can change while the daemon runs; all are numbers. When *to was zeroed,
 * the copy contains no pointers and may pass through shared memory. */
void config_copy_live(const struct config *from, struct config *to);

/* Returns the path of a shipped file, given by its path in a checkout, such as
 * "config/config.yaml". It lies in the source checkout that contains the running binary or from
 * which it was built; otherwise where it is installed: files of config in /etc/dpae (of the
 * prefix), others in PREFIX/share/dpae. Its existence is not checked. The caller owns the path;
 * NULL when memory is exhausted. */
char *config_find_file(const char *in_checkout);

/* Returns PREFIX/path. PREFIX is that of the running binary (PREFIX/bin) when it contains
 * share/dpae, otherwise the one it was built for. The caller owns the path; NULL when memory is
 * exhausted. */
char *config_installed_file(const char *path);

/* Fills the logging settings from a config, which keeps ownership of the strings. */
void config_log_settings(const struct config *config, struct log_settings *settings);

/* Starts logging with the settings of a config: see log_open(). */
int config_open_log(const struct config *config, struct error *error);

#endif

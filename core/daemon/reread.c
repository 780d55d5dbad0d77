#include "daemon/reread.h"

#include "base/log.h"
#include "policy/policy_text.h"

#include <stdio.h>
#include <string.h>

struct changes {
    char live[1024], restart[1024]; /* keys, with commas */
    bool interfaces_given;          /* on the command line */
    bool overruled;                 /* sniff_if_names has changed, and they are */
};

static void note_change(void *context, const char *key, bool live) {
    struct changes *changes = context;
    if (changes->interfaces_given && strcmp(key, "sniff_if_names") == 0) {
        changes->overruled = true;
        return;
    }
    char *list = live ? changes->live : changes->restart;
    const size_t used = strlen(list);
    snprintf(list + used, sizeof changes->live - used, "%s%s", used ? ", " : "", key);
}

static void tell_changes(const struct daemon_options *options, const struct changes *changes) {
    const char *path = options->config->path;
    if (*changes->live) {
        log_info(LOG_NMETA_DPAE, "%s: now in force: %s", path, changes->live);
    }
    if (*changes->restart) {
        log_warning(LOG_NMETA_DPAE, "%s: takes effect when dpae is started again: %s", path,
                    changes->restart);
    }
    if (changes->overruled) {
        log_info(LOG_NMETA_DPAE,
                 "%s: sniff_if_names has changed, but --interface %s of the command line holds, "
                 "also when dpae is started again with it",
                 path, options->interfaces);
    }
}

static void apply_config(const struct daemon_options *options, struct interface *interfaces,
                         unsigned count, const struct config *fresh) {
    struct config *config = options->config;
    struct changes changes = {.interfaces_given = options->interfaces != config->sniff_if_names};
    struct log_settings log;
    if (config_compare(config, fresh, note_change, &changes) == 0) {
        log_info(LOG_NMETA_DPAE, "%s says what is in force already", config->path);
        return;
    }
    config_copy_live(fresh, config);
    config_log_settings(config, &log);
    log_set_levels(&log);
    for (unsigned i = 0; i < count; i++) {
        interface_take_config(&interfaces[i]);
    }
    tell_changes(options, &changes);
}

static void tell_faults(const struct faults *faults, const char *what) {
    for (size_t i = 0; i < faults->count; i++) {
        char text[640];
        fault_format(&faults->items[i], text, sizeof text);
        if (faults->items[i].severity == FAULT_ERROR) {
            log_error(LOG_NMETA_DPAE, "the %s stays as it is: %s", what, text);
        } else {
            log_warning(LOG_NMETA_DPAE, "%s", text);
        }
    }
}

static void reread_config(const struct daemon_options *options, struct interface *interfaces,
                          unsigned count) {
    struct faults faults = {0};
    struct config fresh;
    const int result = config_load(options->config->path, &fresh, &faults);
    tell_faults(&faults, "configuration");
    if (result == 0) {
        apply_config(options, interfaces, count, &fresh);
    }
    faults_free(&faults);
    config_free(&fresh);
}

static void apply_policy(const struct daemon_options *options, struct interface *interfaces,
                         unsigned count, const struct policy_text *policy) {
    const char *path = options->policy_path;
    bool taken = false;
    for (unsigned i = 0; i < count; i++) {
        const enum offer_result result = interface_offer_policy(&interfaces[i], policy);
        if (result == OFFER_REFUSED) {
            return;
        }
        taken |= result == OFFER_TAKEN;
    }
    if (taken) {
        log_info(LOG_TC_POLICY_DPAE, "%s: the workers are given the policy that it holds now",
                 path);
    } else {
        log_info(LOG_TC_POLICY_DPAE, "%s says what is in force already", path);
    }
}

/* Workers get none that they would refuse: one that is started later had none at all. */
static void reread_policy(const struct daemon_options *options, struct interface *interfaces,
                          unsigned count) {
    const struct policy_sources sources = {.policy = options->policy_path};
    struct faults faults = {0};
    struct policy *policy = NULL;
    struct policy_text text = {0};
    if (policy_text_read(options->policy_path, &text, &faults) == 0 &&
        policy_text_parse(&text, &sources, &policy, &faults) == 0) {
        apply_policy(options, interfaces, count, &text);
    }
    tell_faults(&faults, "policy");
    policy_free(policy);
    policy_text_free(&text);
    faults_free(&faults);
}

void reread_files(const struct daemon_options *options, struct interface *interfaces,
                  unsigned count) {
    reread_config(options, interfaces, count);
    if (options->policy_path) {
        reread_policy(options, interfaces, count);
    }
}

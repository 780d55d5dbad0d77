#include "base/plural.h"
#include "cli/classifier_files.h"
#include "cli/commands.h"
#include "cli/load_inputs.h"
#include "cli/machine.h"
#include "pipeline/pipeline.h"
#include "script/host.h"
#include "store/store.h"

#include <stdio.h>

enum { OPTION_CONFIG, OPTION_POLICY, OPTION_HELP, OPTION_COUNT };

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_POLICY] = {"policy", 'p', "FILE", "policy; default: the shipped main_policy.yaml"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command check_command = {
    .name = "check",
    .summary = "check the configuration, the policy and its classifiers",
    .details =
        "Prints problems on stderr as FILE:LINE:COLUMN: error|warning: MESSAGE, and on stdout "
        "what\n"
        "would run. Looks on this machine, with the rights of the caller, for the files, folders,\n"
        "interfaces and the user in the configuration; as root, also checks that this user can\n"
        "read the classifiers. Exit status 1 on errors, 0 with warnings only.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

struct check_arguments {
    const char *config, *policy;
};

static int take(void *context, size_t option, const char *argument) {
    struct check_arguments *arguments = context;
    if (option == OPTION_CONFIG) {
        arguments->config = argument;
    } else if (option == OPTION_POLICY) {
        arguments->policy = argument;
    }
    return 0;
}

/* Lists the classifiers that would run and have a file; those of the policy without one are
 * already reported. Returns their number. */
static unsigned list_classifiers(struct inputs *inputs, const char **names) {
    const struct config *config = &inputs->config;
    const char *all[SCRIPT_CLASSIFIERS_MAX];
    struct faults faults = {0};
    unsigned count = 0;
    const unsigned of =
        pipeline_list_classifiers(inputs->policy, &config->classifier_shadow, all, &faults);
    for (size_t i = 0; i < faults.count; i++) {
        faults_add(&inputs->faults, FAULT_ERROR, inputs->config_path, 0, 0,
                   "classifier_shadow: %s: %s", inputs->policy_path, faults.items[i].message);
    }
    faults_free(&faults);
    for (unsigned i = 0; i < of; i++) {
        if (classifier_has_file(all[i], config)) {
            names[count++] = all[i];
        } else if (i >= inputs->policy->classifier_count) {
            classifier_report_missing(all[i], inputs->config_path, 0, 0, config, &inputs->faults);
        }
    }
    return count;
}

/* Compiles and instantiates every classifier, like dpae run. */
static void check_classifiers(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    struct script_options script_options = pipeline_script_options(config);
    script_options.give_up = script_end_process;
    script_options.crash_handler = script_print_crash;
    struct script_host *host;
    struct error error;
    if (script_host_new(&host, &script_options, &error) != 0) {
        faults_add(&inputs->faults, FAULT_ERROR, "dpae", 0, 0, "%s", error.message);
        return;
    }
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    const unsigned count = list_classifiers(inputs, names);
    const size_t errors = inputs->faults.errors;
    if (script_host_load(host, names, count, &inputs->faults) != 0 &&
        inputs->faults.errors == errors) {
        faults_add(&inputs->faults, FAULT_ERROR, inputs->policy_path, 0, 0,
                   "its classifiers cannot be loaded");
    }
    script_host_free(host);
}

/* Settings that are otherwise checked only when the database is used. */
static void check_store(struct inputs *inputs) {
    struct error error;
    if (inputs->config.mongo_enabled && store_check(&inputs->config, &error) != 0) {
        faults_add(&inputs->faults, FAULT_ERROR, inputs->config_path, 0, 0, "%s", error.message);
    }
}

static void print_outcome(const struct faults *faults) {
    const size_t warnings = faults->count + faults->dropped - faults->errors;
    if (warnings == 0) {
        puts("ok");
    } else {
        printf("ok, %zu warning%s\n", warnings, plural(warnings, "", "s"));
    }
}

static void print_policy(const struct policy *policy) {
    const struct policy_identity *identity = &policy->identity;
    printf("mode         %s\n", policy->mode == POLICY_ACTIVE ? "active" : "passive");
    printf("identities  %s%s%s%s%s\n", identity->arp ? " arp ndp" : "",
           identity->lldp ? " lldp" : "", identity->dns ? " dns" : "",
           identity->dhcp ? " dhcp" : "",
           identity->arp || identity->lldp || identity->dns || identity->dhcp ? "" : " -");
    if (policy->static_rules) {
        printf("rules        %zu without a classifier, for the controller only\n",
               policy->static_rules);
    }
    printf("classifiers%s\n", policy->classifier_count ? "" : "  -");
    for (size_t i = 0; i < policy->classifier_count; i++) {
        const struct policy_classifier *classifier = &policy->classifiers[i];
        printf("  %-12s %s%s\n", classifier->type == POLICY_PAYLOAD ? "payload" : "statistical",
               classifier->name, classifier->when ? ", if its conditions hold" : "");
    }
}

static int run(int argc, char **argv) {
    struct check_arguments arguments = {0};
    int status;
    if (cli_parse(&check_command, argc, argv, take, &arguments, &status) < 0) {
        return status;
    }
    struct inputs inputs;
    const int loaded = inputs_load(&inputs, arguments.config, arguments.policy);
    const bool both = inputs.policy && inputs.config_valid;
    if (both) {
        check_classifiers(&inputs);
        check_store(&inputs);
        classifiers_check_settings(inputs.policy, &inputs.config, &inputs.faults);
    }
    if (inputs.config_valid) {
        machine_check(&inputs);
    }
    status = loaded == 0 && inputs.faults.errors == 0 ? CLI_SUCCESS : CLI_FAILURE;
    faults_print(&inputs.faults, stderr);
    if (!both) {
        fputs("dpae: the classifiers were not checked; fix the errors above first\n", stderr);
    }
    if (status == CLI_SUCCESS) {
        printf("config       %s: ok\n", inputs.config_path);
        printf("policy       %s: ok\n", inputs.policy_path);
        print_policy(inputs.policy);
        print_outcome(&inputs.faults);
    }
    inputs_free(&inputs);
    return status;
}

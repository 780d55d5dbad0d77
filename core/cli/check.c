#include "cli/classifiers.h"
#include "cli/commands.h"
#include "cli/give_up.h"
#include "cli/inputs.h"
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
    .summary = "check the configuration, the policy and the classifiers that it names",
    .details =
        "Prints what is wrong as FILE:LINE:COLUMN: error|warning: MESSAGE on stderr, and on\n"
        "stdout what would run. Exit status 1 when there are errors, 0 with warnings only.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

struct arguments {
    const char *config, *policy;
};

static int take(void *context, size_t option, const char *argument) {
    struct arguments *arguments = context;
    if (option == OPTION_CONFIG) {
        arguments->config = argument;
    } else if (option == OPTION_POLICY) {
        arguments->policy = argument;
    }
    return 0;
}

/* Compiles and instantiates every classifier, as replay would. Those without a file have been told
 * of. */
static void check_classifiers(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    const struct policy *policy = inputs->policy;
    struct script_options script_options = pipeline_script_options(config);
    script_options.give_up = give_up;
    struct script_host *host;
    struct error error;
    if (script_host_new(&host, &script_options, &error) != 0) {
        faults_add(&inputs->faults, FAULT_ERROR, "dpae", 0, 0, "%s", error.message);
        return;
    }
    const char *names[POLICY_CLASSIFIERS_MAX];
    unsigned count = 0;
    for (size_t i = 0; i < policy->classifier_count; i++) {
        if (classifier_has_file(policy->classifiers[i].name, config)) {
            names[count++] = policy->classifiers[i].name;
        }
    }
    const size_t errors = inputs->faults.errors;
    if (script_host_load(host, names, count, &inputs->faults) != 0 &&
        inputs->faults.errors == errors) {
        faults_add(&inputs->faults, FAULT_ERROR, inputs->policy_path, 0, 0,
                   "its classifiers could not be loaded");
    }
    script_host_free(host);
}

/* What is only looked at once the database is used. */
static void check_store(struct inputs *inputs) {
    struct error error;
    if (inputs->config.mongo_enabled && store_check(&inputs->config, &error) != 0) {
        faults_add(&inputs->faults, FAULT_ERROR, inputs->config_path, 0, 0, "%s", error.message);
    }
}

static void print_policy(const struct policy *policy) {
    const struct policy_identity *identity = &policy->identity;
    printf("mode         %s\n", policy->mode == POLICY_ACTIVE ? "active" : "passive");
    printf("identities  %s%s%s%s%s\n", identity->arp ? " arp ndp" : "",
           identity->lldp ? " lldp" : "", identity->dns ? " dns" : "",
           identity->dhcp ? " dhcp" : "",
           identity->arp || identity->lldp || identity->dns || identity->dhcp ? "" : " none");
    if (policy->static_rules) {
        printf("rules        %zu without a classifier: they are for the controller alone\n",
               policy->static_rules);
    }
    printf("classifiers%s\n", policy->classifier_count ? "" : "  none");
    for (size_t i = 0; i < policy->classifier_count; i++) {
        const struct policy_classifier *classifier = &policy->classifiers[i];
        printf("  %-12s %s%s\n", classifier->type == POLICY_PAYLOAD ? "payload" : "statistical",
               classifier->name, classifier->when ? ", on flows that meet its conditions" : "");
    }
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
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
    status = loaded == 0 && inputs.faults.errors == 0 ? CLI_SUCCESS : CLI_FAILURE;
    faults_print(&inputs.faults, stderr);
    if (!both) {
        fputs("dpae: the classifiers were not checked; mend the errors above first\n", stderr);
    }
    if (status == CLI_SUCCESS) {
        printf("config       %s: ok\n", inputs.config_path);
        printf("policy       %s: ok\n", inputs.policy_path);
        print_policy(inputs.policy);
    }
    inputs_free(&inputs);
    return status;
}

#include "cli/classifiers.h"
#include "cli/commands.h"
#include "cli/give_up.h"
#include "cli/inputs.h"
#include "control/credentials.h"
#include "pipeline/pipeline.h"
#include "script/host.h"
#include "store/store.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        "stdout what would run. Files, folders and the user that the configuration names are\n"
        "looked for on this machine, with the rights of who asks.\n"
        "Exit status 1 when there are errors, 0 with warnings only.",
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

static void warn(struct inputs *inputs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct inputs *inputs, const char *format, ...) {
    char text[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    faults_add(&inputs->faults, FAULT_WARNING, inputs->config_path, 0, 0, "%s", text);
}

static void check_user(struct inputs *inputs) {
    const char *user = inputs->config.run_as;
    const struct passwd *entry = getpwnam(user);
    if (!entry || entry->pw_uid == 0) {
        warn(inputs, "run_as: %s is %s; dpae run would not start here", user,
             entry ? "root" : "no user of this machine");
    }
}

static void check_files(struct inputs *inputs) {
    const struct config *config = &inputs->config;
    const struct {
        const char *key, *path;
    } files[] = {{"controller_ca_file", config->controller_ca_file},
                 {"controller_client_cert", config->controller_client_cert},
                 {"controller_client_key", config->controller_client_key}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (credentials_given(files[i].path) && access(files[i].path, R_OK) != 0) {
            warn(inputs, "%s: %s cannot be read: %s", files[i].key, files[i].path,
                 strerrordesc_np(errno));
        }
    }
    char token[CREDENTIALS_TOKEN];
    struct error error;
    if (credentials_given(config->controller_token_file)) {
        if (credentials_read_token(config->controller_token_file, token, &error) != 0) {
            warn(inputs, "controller_token_file: %s", error.message);
        }
        explicit_bzero(token, sizeof token);
    }
}

static void check_crash_directory(struct inputs *inputs) {
    const char *directory = inputs->config.crash_directory;
    struct stat about;
    int code = stat(directory, &about) != 0 ? errno : S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
    if (code == 0 && access(directory, W_OK | X_OK) != 0) {
        code = errno;
    }
    if (code != 0) {
        warn(inputs, "crash_directory: nothing can be written to %s: %s", directory,
             strerrordesc_np(code));
    }
}

/* What may be in order on another machine, or for another user: warnings. */
static void check_machine(struct inputs *inputs) {
    check_user(inputs);
    check_files(inputs);
    check_crash_directory(inputs);
}

static void print_outcome(const struct faults *faults) {
    const size_t warnings = faults->count + faults->dropped - faults->errors;
    if (warnings == 0) {
        puts("ok");
    } else {
        printf("ok, %zu warning%s\n", warnings, warnings == 1 ? "" : "s");
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
    if (inputs.config_valid) {
        check_machine(&inputs);
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
        print_outcome(&inputs.faults);
    }
    inputs_free(&inputs);
    return status;
}

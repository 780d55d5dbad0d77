#include "cli/commands.h"
#include "cli/load_inputs.h"
#include "cli/project.h"
#include "cli/templates.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands for the classifier's name in templates. */
#define PLACEHOLDER "NAME"

enum { OPTION_KIND, OPTION_CONFIG, OPTION_HELP, OPTION_COUNT };

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_KIND] = {"kind", 'k', "KIND", "payload (default) or statistical"},
    [OPTION_CONFIG] = {"config", 'c', "FILE", "configuration; default: the shipped config.yaml"},
    [OPTION_HELP] = CLI_HELP_OPTION,
};

static int run(int argc, char **argv);

const struct cli_command new_command = {
    .name = "new",
    .operands = "NAME",
    .summary = "create a working classifier and its spec",
    .details =
        "Writes NAME.lua to classifiers_directory of the configuration, and NAME_spec.lua to\n"
        "spec/classifiers next to that folder. Existing files are never overwritten: if one of\n"
        "them exists, neither is written. Next, run \"dpae test NAME\" and change both files.",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run,
};

static const char *const kinds[] = {"payload", "statistical"};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

struct new_arguments {
    const char *config, *kind;
};

static int take(void *context, size_t option, const char *argument) {
    struct new_arguments *arguments = context;
    if (option == OPTION_CONFIG) {
        arguments->config = argument;
        return 0;
    }
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(argument, kinds[i]) == 0) {
            arguments->kind = kinds[i];
            return 0;
        }
    }
    return cli_refuse_word("new", "kind", argument, kinds, KIND_COUNT);
}

static const struct template_file *find_template(const char *kind, const char *suffix) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", kind, suffix);
    const struct template_file *file = template_files;
    while (file->name && strcmp(file->name, name) != 0) {
        file++;
    }
    return file;
}

static int refuse_write(const char *path, int code, struct error *error) {
    const char *remedy = code == EEXIST   ? "; choose another name, or move that file away"
                         : code == EACCES ? "; set classifiers_directory in the configuration to a "
                                            "folder that you can write to"
                                          : "";
    return error_set(error, -code, "%s: cannot write: %s%s", path, strerror(code), remedy);
}

/* Writes the template with the classifier's name in place of the placeholder. */
static int write_template(const struct template_file *file, const char *name, const char *path,
                          struct error *error) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        return refuse_write(path, errno, error);
    }
    const char *at = (const char *)file->text;
    const char *const end = at + file->length;
    const char *found;
    while ((found = memmem(at, (size_t)(end - at), PLACEHOLDER, strlen(PLACEHOLDER))) != NULL) {
        fwrite(at, 1, (size_t)(found - at), out);
        fputs(name, out);
        at = found + strlen(PLACEHOLDER);
    }
    fwrite(at, 1, (size_t)(end - at), out);
    const bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        const int code = errno ? errno : EIO;
        unlink(path);
        return refuse_write(path, code, error);
    }
    return 0;
}

static int make_folders(const struct project *project, struct error *error) {
    char spec[PATH_MAX + 8];
    snprintf(spec, sizeof spec, "%s/spec", project->root);
    const char *const folders[] = {project->classifiers, spec, project->specs};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0777) != 0 && errno != EEXIST) {
            return refuse_write(folders[i], errno, error);
        }
    }
    return 0;
}

/* config: the path given on the command line, or NULL. */
static int write_both(const struct project *project, const char *kind, const char *name,
                      const char *config, struct error *error) {
    char classifier[PATH_MAX + POLICY_NAME_MAX + 16], spec[PATH_MAX + POLICY_NAME_MAX + 16];
    snprintf(classifier, sizeof classifier, "%s/%s.lua", project->classifiers, name);
    snprintf(spec, sizeof spec, "%s/%s_spec.lua", project->specs, name);
    if (access(spec, F_OK) == 0) {
        return refuse_write(spec, EEXIST, error);
    }
    int result = make_folders(project, error);
    if (result == 0) {
        result = write_template(find_template(kind, ".lua"), name, classifier, error);
    }
    if (result == 0) {
        result = write_template(find_template(kind, "_spec.lua"), name, spec, error);
        if (result != 0) {
            unlink(classifier);
        }
    }
    if (result == 0) {
        printf("wrote  %s\n       %s\n", classifier, spec);
        const char *option = config ? " -c " : "";
        config = config ? config : "";
        printf("try    dpae test%s%s %s\n       dpae replay%s%s --classifier %s FILE.pcap\n",
               option, config, name, option, config, name);
    }
    return result;
}

static int write_for(const struct new_arguments *arguments, const char *name) {
    struct inputs inputs;
    struct project project = {0};
    struct error error = {0};
    int result = inputs_load_config(&inputs, arguments->config);
    if (result != 0) {
        faults_print(&inputs.faults, stderr);
    } else if (!project_find(&project, &inputs.config)) {
        result = error_set(&error, -ENAMETOOLONG, "%s: the path is too long",
                           inputs.config.classifiers_directory);
    } else {
        result = write_both(&project, arguments->kind, name, arguments->config, &error);
    }
    if (result != 0 && error.message[0]) {
        fprintf(stderr, "dpae: %s\n", error.message);
    }
    inputs_free(&inputs);
    return result == 0 ? CLI_SUCCESS : CLI_FAILURE;
}

static int run(int argc, char **argv) {
    struct new_arguments arguments = {.kind = kinds[0]};
    int status;
    const int first = cli_parse(&new_command, argc, argv, take, &arguments, &status);
    if (first < 0) {
        return status;
    }
    if (first == argc) {
        return cli_refuse("new", "missing NAME of the classifier");
    }
    if (first + 1 < argc) {
        return cli_refuse("new", "unexpected argument: %s", argv[first + 1]);
    }
    if (!policy_classifier_name_valid(argv[first])) {
        return cli_refuse("new",
                          "\"%s\" is not a valid classifier name: use letters, digits and _, fewer "
                          "than %d characters",
                          argv[first], POLICY_NAME_MAX);
    }
    return write_for(&arguments, argv[first]);
}

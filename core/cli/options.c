#include "cli/options.h"

#include "base/nearest.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define OPTIONS_MAX 16
#define HELP_COLUMN 28
/* getopt_long() returns these for long forms; they differ from letters and its own '?' and ':'. */
#define LONG_VALUE 256

int cli_refuse(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("dpae: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nSee \"dpae %s%s--help\".\n", command ? command : "", command ? " " : "");
    va_end(arguments);
    return CLI_USAGE;
}

int cli_refuse_word(const char *command, const char *what, const char *word,
                    const char *const *words, size_t count) {
    const char *nearest = nearest_word(word, words, count);
    if (nearest) {
        return cli_refuse(command, "there is no %s \"%s\"; did you mean \"%s\"?", what, word,
                          nearest);
    }
    char known[256] = "";
    for (size_t i = 0, used = 0; i < count && used < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 words[i]);
    }
    return cli_refuse(command, "there is no %s \"%s\"; available: %s", what, word, known);
}

static int refuse_long(const struct cli_command *command, const char *text) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    const char *names[OPTIONS_MAX], *candidates[2];
    size_t found = 0;
    for (size_t i = 0; i < command->option_count; i++) {
        names[i] = command->options[i].name;
        if (strncmp(names[i], name, strlen(name)) == 0 && found < 2) {
            candidates[found++] = names[i];
        }
    }
    if (found == 2) {
        return cli_refuse(command->name, "option --%s is ambiguous: --%s or --%s", name,
                          candidates[0], candidates[1]);
    }
    const char *nearest = nearest_word(name, names, command->option_count);
    if (nearest) {
        return cli_refuse(command->name, "there is no option --%s; did you mean --%s?", name,
                          nearest);
    }
    return cli_refuse(command->name, "there is no option --%s", name);
}

/* The option for which getopt_long() returned value or set optopt; NULL if unknown. */
static const struct cli_option *find_option(const struct cli_command *command, int value) {
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        if (value == LONG_VALUE + (int)i || (option->letter && value == option->letter)) {
            return option;
        }
    }
    return NULL;
}

/* Describes the problem that getopt_long() found. */
static int refuse_option(const struct cli_command *command, int value, char **argv) {
    const struct cli_option *option = find_option(command, optopt);
    if (option && value == ':') {
        return cli_refuse(command->name, "option --%s needs an argument: %s", option->name,
                          option->argument);
    }
    if (option) {
        return cli_refuse(command->name, "option --%s takes no argument", option->name);
    }
    if (optopt) {
        return cli_refuse(command->name, "there is no option -%c", optopt);
    }
    return refuse_long(command, argv[optind - 1]);
}

/* Converts the table to the form of getopt_long(). */
static void fill_getopt(const struct cli_command *command, struct option *longs, char *letters) {
    assert(command->option_count <= OPTIONS_MAX);
    *letters++ = ':';
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        longs[i] = (struct option){.name = option->name,
                                   .has_arg = option->argument ? required_argument : no_argument,
                                   .val = LONG_VALUE + (int)i};
        if (option->letter) {
            *letters++ = option->letter;
            if (option->argument) {
                *letters++ = ':';
            }
        }
    }
    *letters = '\0';
    longs[command->option_count] = (struct option){0};
}

int cli_parse(const struct cli_command *command, int argc, char **argv,
              int (*take)(void *context, size_t option, const char *argument), void *context,
              int *status) {
    struct option longs[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
    fill_getopt(command, longs, letters);
    opterr = 0;
    for (int value; (value = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (value == '?' || value == ':') {
            *status = refuse_option(command, value, argv);
            return -1;
        }
        const struct cli_option *option = find_option(command, value);
        if (strcmp(option->name, "help") == 0) {
            cli_print_help(command, stdout);
            *status = CLI_SUCCESS;
            return -1;
        }
        *status = take(context, (size_t)(option - command->options), optarg);
        if (*status != 0) {
            return -1;
        }
    }
    if (!command->operands && optind < argc) {
        *status = cli_refuse(command->name, "unexpected argument: %s", argv[optind]);
        return -1;
    }
    return optind;
}

void cli_print_help(const struct cli_command *command, FILE *file) {
    fprintf(file, "usage: dpae %s [OPTIONS]%s%s\n\n%s\n", command->name,
            command->operands ? " " : "", command->operands ? command->operands : "",
            command->summary);
    if (command->details) {
        fprintf(file, "\n%s\n", command->details);
    }
    fputs("\noptions:\n", file);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        char left[64], letter[8] = "    ";
        if (option->letter) {
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        }
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        fprintf(file, "%-*s%s%s\n", HELP_COLUMN, left, strlen(left) < HELP_COLUMN ? "" : " ",
                option->help);
    }
}

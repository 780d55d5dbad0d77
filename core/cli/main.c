#include "cli/commands.h"

#include <errno.h>
#include <string.h>

static const struct cli_command *const commands[] = {&run_command, &replay_command, &check_command,
                                                     &new_command, &test_command,   &flows_command};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_help(FILE *file) {
    fputs("usage: dpae COMMAND [OPTIONS] [ARGUMENTS]\n"
          "       dpae --help | --version\n\n"
          "Classifies network traffic with Lua scripts and advises the controller on each flow.\n\n"
          "commands:\n",
          file);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(file, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(file, "  %-10s%s\n\nSee \"dpae COMMAND --help\" for the options of a command.\n",
            "help", "show this help, or the help of a command");
}

static const struct cli_command *find_command(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int refuse_command(const char *word) {
    static const char *const options[] = {"--help", "--version"};
    const char *names[COMMAND_COUNT + 1] = {"help"};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i + 1] = commands[i]->name;
    }
    if (word[0] == '-') {
        return cli_refuse_word(NULL, "option", word, options, 2);
    }
    return cli_refuse_word(NULL, "command", word, names, COMMAND_COUNT + 1);
}

static int help(const char *name) {
    if (!name) {
        print_help(stdout);
        return CLI_SUCCESS;
    }
    const struct cli_command *command = find_command(name);
    if (!command) {
        return refuse_command(name);
    }
    cli_print_help(command, stdout);
    return CLI_SUCCESS;
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0) {
        puts("dpae " DPAE_VERSION);
        return CLI_SUCCESS;
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return help(argv[2]);
    }
    if (strcmp(word, worker_command.name) == 0) {
        return worker_command.run(argc - 1, argv + 1);
    }
    if (strcmp(word, rehearse_command.name) == 0) {
        return rehearse_command.run(argc - 1, argv + 1);
    }
    const struct cli_command *command = find_command(word);
    return command ? command->run(argc - 1, argv + 1) : refuse_command(word);
}

int main(int argc, char **argv) {
    const int status = run(argc, argv);
    if (status == CLI_SUCCESS && fflush(stdout) != 0) {
        fprintf(stderr, "dpae: standard output: %s\n", strerror(errno));
        return CLI_FAILURE;
    }
    return status;
}

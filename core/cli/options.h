#ifndef DPAE_CLI_OPTIONS_H
#define DPAE_CLI_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

/* A command and its options as one table, from which getopt_long() and the help are fed. */
struct cli_option {
    const char *name;     /* long form, without the dashes */
    char letter;          /* short form; 0: none */
    const char *argument; /* what to call its argument; NULL: it takes none */
    const char *help;
};

struct cli_command {
    const char *name;
    const char *operands; /* as in the usage line; NULL: it takes none */
    const char *summary;  /* one line */
    const char *details;  /* more, for its own help, with newlines; NULL: nothing */
    const struct cli_option *options;
    size_t option_count;
    int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit status */
};

/* Exit statuses */
enum { CLI_SUCCESS = 0, CLI_FAILURE = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

#define CLI_HELP_OPTION                                                                            \
    { .name = "help", .letter = 'h', .help = "print this and exit" }

/* Parses argv by the command's table. take is called for each option with its place in the table
 * and its argument (borrowed from argv); it returns 0, or an exit status after having said what is
 * wrong. Returns the index of the first operand in argv, or -1 when the program is to end with
 * *status: after --help, or with the mistake told on stderr. Operands may stand between options. */
int cli_parse(const struct cli_command *command, int argc, char **argv,
              int (*take)(void *context, size_t option, const char *argument), void *context,
              int *status);

void cli_print_help(const struct cli_command *command, FILE *file);

/* Says on stderr that word is not one of the words, and which is the nearest, or which there are:
 * "dpae: there is no WHAT WORD; did you mean ...?" in front of a pointer to the help of command
 * (NULL: of dpae). Returns CLI_USAGE. */
int cli_refuse_word(const char *command, const char *what, const char *word,
                    const char *const *words, size_t count);

/* Prints the message and the pointer to the help on stderr. Returns CLI_USAGE. */
int cli_refuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

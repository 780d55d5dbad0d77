#ifndef DPAE_CLI_OPTIONS_H
#define DPAE_CLI_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

/* A command and its options in one table, used for getopt_long() and for the help. */
struct cli_option {
    const char *name;     /* long form, without dashes */
    char letter;          /* short form; 0: long form only */
    const char *argument; /* placeholder of its argument; NULL: takes no argument */
    const char *help;
};

struct cli_command {
    const char *name;
    const char *operands; /* for the usage line; NULL: takes no operands */
    const char *summary;  /* one line */
    const char *details;  /* rest of the help, with newlines; or NULL */
    const struct cli_option *options;
    size_t option_count;
    int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit status */
};

/* Exit statuses */
enum { CLI_SUCCESS = 0, CLI_FAILURE = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

#define CLI_HELP_OPTION                                                                            \
    { .name = "help", .letter = 'h', .help = "print this and exit" }

/* Parses argv by the command's table. Calls take for each option with its index and its
 * argument (borrowed from argv); take returns 0, or prints an error and returns an exit status.
 * Returns the index of the first operand in argv, or -1 if the program must end with *status,
 * after --help or an error on stderr. Options and operands may be mixed. */
int cli_parse(const struct cli_command *command, int argc, char **argv,
              int (*take)(void *context, size_t option, const char *argument), void *context,
              int *status);

void cli_print_help(const struct cli_command *command, FILE *file);

/* Prints on stderr "dpae: there is no WHAT WORD", with the nearest of the words or a list of
 * them, and a pointer to the help of command (NULL: of dpae). Returns CLI_USAGE. */
int cli_refuse_word(const char *command, const char *what, const char *word,
                    const char *const *words, size_t count);

/* Prints the message and a pointer to the help on stderr. Returns CLI_USAGE. */
int cli_refuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

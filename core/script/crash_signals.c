#include "script/crash_signals.h"

#include "base/clock.h"
#include "script/host_internal.h"
#include "script/where.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

static script_crash_handler crash_handler;
static pid_t thread; /* runs the classifiers */

static void report_crash(int number, const struct script_host *host) {
    struct script_crash crash = {.number = number, .classifier = "", .place = "", .where = ""};
    char where[SCRIPT_WHERE_TEXT];
    if (host) {
        crash.classifier = host->names[host->exchange.current];
        if (!host->exchange.loading) {
            crash.place = host->failures[host->exchange.current].place;
            where_format(host, where);
            crash.where = where;
        }
    }
    crash_handler(&crash);
}

/* A faulting instruction faults again after the handler returns, now with the default action; a
 * signal sent from outside needs raise(). */
static void on_crash(int number) {
    const struct script_host *host = gettid() == thread ? limits_note_crash(number) : NULL;
    if (crash_handler) {
        report_crash(number, host);
    }
    (void)raise(number);
}

/* The thread's own stack may be exhausted, so the handler gets another one. */
static int set_signal_stack(struct error *error) {
    static char memory[32768];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    return sigaltstack(&stack, NULL) == 0
               ? 0
               : error_set(error, -errno, "a stack for signals: %s", strerrordesc_np(errno));
}

static int install_handler(int number, struct error *error) {
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    struct sigaction before;
    sigfillset(&action.sa_mask); /* ticks of the limits as well */
    int result = sigaction(number, NULL, &before);
    if (result == 0 && !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_DFL) {
        result = sigaction(number, &action, NULL);
    }
    return result == 0 ? 0
                       : error_set(error, -errno, "the handler of signal %d: %s", number,
                                   strerrordesc_np(errno));
}

int crash_signals_install(script_crash_handler words, struct error *error) {
    char text[CLOCK_UTC_TEXT];
    crash_handler = words;
    thread = gettid();
    (void)clock_format_utc(0,
                           text); /* does its one-time set-up now: that is not safe in a handler */
    int result = set_signal_stack(error);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal && result == 0; i++) {
        result = install_handler(fatal[i], error);
    }
    return result;
}

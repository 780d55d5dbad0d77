#include "script/crash.h"

#include "script/limits.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

/* What was done away with comes again when the handler returns; a signal that was sent does not. */
static void on_crash(int number) {
    limits_note_crash(number);
    (void)raise(number);
}

/* The stack of the thread itself may be what there is no more of. */
static int lend_stack(struct error *error) {
    static char memory[32768];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    return sigaltstack(&stack, NULL) == 0
               ? 0
               : error_set(error, -errno, "a stack for signals: %s", strerrordesc_np(errno));
}

static int watch_for(int number, struct error *error) {
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    int result = sigaction(number, NULL, &before);
    if (result == 0 && !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_DFL) {
        result = sigaction(number, &action, NULL);
    }
    return result == 0 ? 0
                       : error_set(error, -errno, "the handler of signal %d: %s", number,
                                   strerrordesc_np(errno));
}

int crash_tell(struct error *error) {
    int result = lend_stack(error);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal && result == 0; i++) {
        result = watch_for(fatal[i], error);
    }
    return result;
}

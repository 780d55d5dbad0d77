#include "script/host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print(const char *text, int length, size_t size) {
    const size_t all = length > 0 ? (size_t)length : 0;
    const ssize_t written = write(STDERR_FILENO, text, all < size ? all : size - 1);
    (void)written; /* there is no other place to report a failure */
}

void script_end_process(enum script_end why, const char *classifier, const char *place) {
    static const char *const reasons[] = {
        [SCRIPT_STUCK] = "runs a call that its limits do not stop; this is a defect of dpae: "
                         "please report it with the classifier",
        [SCRIPT_SLOW] = "takes more than 10 s of CPU time for one packet, within its step limit: "
                        "look for a table with many thousands of keys that each step scans, or "
                        "fills and empties, or for strings used as numbers",
        [SCRIPT_EXHAUSTED] = "used four times its memory limit (classifier_memory_mb) before the "
                             "call was stopped; this is a defect of dpae: please report it with "
                             "the classifier",
    };
    char text[512];
    const int length =
        snprintf(text, sizeof text, "dpae: classifier %s%s%s%s %s; the run ends here\n", classifier,
                 *place ? " (" : "", place, *place ? ")" : "", reasons[why]);
    fflush(NULL);
    print(text, length, sizeof text);
    _exit(1);
}

void script_print_crash(const struct script_crash *crash) {
    const bool ran = crash->classifier[0] != '\0';
    const char *name = sigabbrev_np(crash->number);
    char text[768], context[256] = ", outside of classifiers";
    if (ran) {
        snprintf(context, sizeof context, " in classifier %s (%s)", crash->classifier,
                 crash->place[0] ? crash->place : "while it was loaded");
    }
    const int length =
        snprintf(text, sizeof text, "dpae: ended by signal %d (%s)%s%s%s; %s\n", crash->number,
                 name ? name : "?", context, crash->where[0] ? ", at " : "", crash->where,
                 ran ? "no classifier should be able to cause this: it is a defect of dpae, please "
                       "report it together with the classifier"
                     : "this is a defect of dpae, please report it");
    print(text, length, sizeof text);
}

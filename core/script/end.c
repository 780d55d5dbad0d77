#include "script/host.h"

#include <stdio.h>
#include <unistd.h>

void script_end_process(enum script_end why, const char *classifier, const char *place) {
    static const char *const reasons[] = {
        [SCRIPT_STUCK] = "is in a call that its limits do not end, which is a defect of dpae: "
                         "please report it with the classifier",
        [SCRIPT_EXHAUSTED] = "used four times the memory of classifier_memory_mb before its limits "
                             "ended the call, which is a defect of dpae: please report it with "
                             "the classifier",
    };
    char text[512];
    const int length =
        snprintf(text, sizeof text, "dpae: classifier %s%s%s%s %s; the run ends here\n", classifier,
                 *place ? " (" : "", place, *place ? ")" : "", reasons[why]);
    fflush(NULL);
    const ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written; /* there is nobody else to tell */
    _exit(1);
}

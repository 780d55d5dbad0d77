/* The program that is started again is this test: with arguments it tells what it was given. */
#include "daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define END 8

/* What is wrong in the process that was started; 0: nothing. */
static int child_main(const char *argument) {
    char text[8] = "";
    sigset_t blocked;
    const char *const shm = getenv("MONGOC_DISABLE_SHM");
    if (strcmp(argument, "as told") != 0) {
        return 10;
    }
    if (pread(END - 1, text, sizeof text - 1, 0) != 5 || strcmp(text, "given") != 0) {
        return 11;
    }
    for (int fd = END; fd < 64; fd++) {
        if (fcntl(fd, F_GETFD) != -1) {
            return 12;
        }
    }
    if (sigprocmask(SIG_SETMASK, NULL, &blocked) != 0 || sigismember(&blocked, SIGTERM)) {
        return 13;
    }
    return shm != NULL && strcmp(shm, "1") == 0 ? 0 : 14;
}

static int a_file(int number) {
    const int low = memfd_create("test", MFD_CLOEXEC);
    const int high = fcntl(low, F_DUPFD_CLOEXEC, number);
    close(low);
    assert_int_equal(write(high, "given", 5), 5);
    return high;
}

static void a_process_has_what_it_was_given_and_nothing_else(void **state) {
    (void)state;
    struct error error;
    const int given = a_file(30), other = a_file(40);
    const int kept_open = dup(other); /* not closed on exec */
    const int high = fcntl(kept_open, F_DUPFD, 50);
    const struct spawn_file files[] = {{given, END - 1}};
    char *const argv[] = {"test", "as told", NULL};
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &some, &before), 0);
    pid_t pid = 0;
    int status = -1;
    assert_int_equal(spawn_prepare(&error), 0);
    assert_int_equal(spawn_self("test", argv, files, 1, END, &pid, &error), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    close(given);
    close(other);
    close(kept_open);
    close(high);
}

static void a_descriptor_that_could_be_overwritten_is_refused(void **state) {
    (void)state;
    struct error error;
    const struct spawn_file files[] = {{END - 1, 3}};
    char *const argv[] = {"test", "never", NULL};
    pid_t pid = 1;
    assert_int_equal(spawn_self("test", argv, files, 1, END, &pid, &error), -EBADF);
    assert_int_equal(pid, 0);
    assert_string_equal(error.message, "test: cannot be started: Bad file descriptor");
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return child_main(argv[1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_what_it_was_given_and_nothing_else),
        cmocka_unit_test(a_descriptor_that_could_be_overwritten_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

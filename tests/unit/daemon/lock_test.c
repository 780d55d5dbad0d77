#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/dpae-lock-XXXXXX";
static char folder[64];

static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s/dpae", root);
    return 0;
}

static int end(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void an_interface_is_taken_once_until_it_is_given_back(void **state) {
    (void)state;
    struct lock first, second, other;
    struct error error;
    assert_int_equal(lock_take(&first, folder, "eth1", &error), 0);
    assert_int_equal(lock_take(&second, folder, "eth1", &error), -EBUSY);
    assert_string_equal(error.message, "eth1: another dpae serves it; end that one first");
    assert_int_equal(second.fd, -1);
    lock_release(&second);
    assert_int_equal(lock_take(&other, folder, "eth2", &error), 0);
    lock_release(&first);
    assert_int_equal(lock_take(&second, folder, "eth1", &error), 0);
    lock_release(&second);
    lock_release(&other);
    assert_int_equal(rmdir(folder), 0); /* nothing is left behind */
}

static void a_process_that_ends_gives_it_back(void **state) {
    (void)state;
    struct lock lock;
    struct error error;
    const pid_t child = fork();
    if (child == 0) {
        _exit(lock_take(&lock, folder, "eth1", &error) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(lock_take(&lock, folder, "eth1", &error), 0);
    lock_release(&lock);
}

static void another_network_namespace_has_interfaces_of_its_own(void **state) {
    (void)state;
    struct lock lock;
    struct error error;
    assert_int_equal(lock_take(&lock, folder, "eth1", &error), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct lock own;
        if (unshare(CLONE_NEWNET) != 0) {
            _exit(77);
        }
        _exit(lock_take(&own, folder, "eth1", &error) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    lock_release(&lock);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        skip(); /* that takes root */
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* What somebody else may have prepared in the place of the folder, or of the lock in it. */
static const struct {
    const char *what, *command; /* in root; $LOCK is the path of the lock */
    int code;
} prepared[] = {
    {"others may write to the folder", "mkdir dpae; chmod 777 dpae", -EPERM},
    {"a group may", "mkdir dpae; chmod 775 dpae", -EPERM},
    {"the folder is a link", "mkdir x; chmod 755 x; ln -s x dpae", -EPERM},
    {"it is a file", "touch dpae", -EPERM},
    {"the lock is a link", "mkdir dpae; chmod 755 dpae; ln -s /etc/passwd $LOCK", -ELOOP},
    {"a lock was left behind", "mkdir dpae; chmod 755 dpae; touch $LOCK", 0},
};

static void what_others_could_hold_is_refused(void **state) {
    (void)state;
    struct lock lock;
    struct error error;
    assert_int_equal(lock_take(&lock, folder, "eth1", &error), 0);
    lock_release(&lock);
    for (size_t i = 0; i < sizeof prepared / sizeof *prepared; i++) {
        char command[512];
        snprintf(command, sizeof command, "cd %s && rm -rf dpae x && LOCK=%s && { %s; }", root,
                 lock.path, prepared[i].command);
        assert_int_equal(system(command), 0);
        print_message("%s\n", prepared[i].what);
        assert_int_equal(lock_take(&lock, folder, "eth1", &error), prepared[i].code);
        lock_release(&lock);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_interface_is_taken_once_until_it_is_given_back, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_process_that_ends_gives_it_back, begin, end),
        cmocka_unit_test_setup_teardown(another_network_namespace_has_interfaces_of_its_own, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_others_could_hold_is_refused, begin, end),
    };
    if (!mkdtemp(root)) {
        return 1;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? failed : 1;
}

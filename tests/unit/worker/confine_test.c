#include "worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/dpae-confine-XXXXXX";
static char inside[64], outside[64], linked[64];
static int null_fd;

/* Each tries one thing and returns errno, 0 when it could be done. */
static int failed(bool done) {
    return done ? 0 : errno;
}

static int open_inside(void) {
    return failed(open(inside, O_RDONLY) >= 0);
}

static int open_outside(void) {
    return failed(open(outside, O_RDONLY) >= 0);
}

static int open_by_a_link(void) {
    return failed(open(linked, O_RDONLY) >= 0);
}

static int write_inside(void) {
    return failed(open(inside, O_WRONLY) >= 0);
}

static int create_inside(void) {
    char path[80];
    snprintf(path, sizeof path, "%s.new", inside);
    return failed(open(path, O_RDONLY | O_CREAT, 0600) >= 0);
}

static int remove_inside(void) {
    return failed(unlink(inside) == 0);
}

static int write_to_null(void) {
    return failed(write(null_fd, "x", 1) == 1);
}

static int open_socket(void) {
    return failed(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
}

static int start_process(void) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return failed(child > 0);
}

static int start_program(void) {
    char *const arguments[] = {"true", NULL};
    execv("/bin/true", arguments);
    return errno;
}

static int signal_parent(void) {
    return failed(kill(getppid(), 0) == 0);
}

static int make_code(void) {
    return failed(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0) != MAP_FAILED);
}

static int become_somebody(void) {
    return failed(setresuid(1, 1, 1) == 0);
}

static int wait_a_little(void) {
    return failed(usleep(1) == 0);
}

static const struct {
    const char *what;
    int (*attempt)(void);
    int expected;    /* errno */
    bool by_seccomp; /* which a build with AddressSanitizer goes without */
    bool no_folder;  /* it is confined to none */
} cases[] = {
    {"reads a file within the folder", open_inside, 0, false, false},
    {"makes machine code", make_code, 0, false, false},
    {"waits", wait_a_little, 0, false, false},
    {"does not read a file outside", open_outside, EACCES, false, false},
    {"does not follow a link out", open_by_a_link, EACCES, false, false},
    {"reads no file without a folder", open_inside, EPERM, true, true},
    {"writes to what is open without a folder", write_to_null, 0, false, true},
    {"does not write", write_inside, EPERM, true, false},
    {"does not create", create_inside, EPERM, true, false},
    {"does not remove", remove_inside, EPERM, true, false},
    {"opens no socket", open_socket, EPERM, true, false},
    {"starts no process", start_process, EPERM, true, false},
    {"starts no program", start_program, EPERM, true, false},
    {"sends no signal to others", signal_parent, EPERM, true, false},
    {"does not change its user", become_somebody, EPERM, true, false},
};

/* The exit status of a process that is confined and then tries. */
static int attempt_in_child(int (*attempt)(void), unsigned folder_count) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *const folders[] = {folder, "/no/such/folder"};
        struct error error;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            confine_process(folders, folder_count, &error) != 0) {
            _exit(255);
        }
        _exit(attempt());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_confined_process_can_do_its_work_and_no_more(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
#ifdef __SANITIZE_ADDRESS__
        if (cases[i].by_seccomp) {
            continue;
        }
#endif
        print_message("%s\n", cases[i].what);
        assert_int_equal(attempt_in_child(cases[i].attempt, cases[i].no_folder ? 0 : 2),
                         cases[i].expected);
    }
}

static void write_file(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state) {
    (void)state;
    null_fd = open("/dev/null", O_WRONLY);
    assert_true(null_fd >= 0);
    assert_non_null(mkdtemp(folder));
    snprintf(inside, sizeof inside, "%s/in.lua", folder);
    snprintf(outside, sizeof outside, "%s.out", folder);
    snprintf(linked, sizeof linked, "%s/link.lua", folder);
    write_file(inside);
    write_file(outside);
    return symlink(outside, linked);
}

static int tear_down(void **state) {
    (void)state;
    unlink(linked);
    unlink(inside);
    unlink(outside);
    close(null_fd);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_confined_process_can_do_its_work_and_no_more),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

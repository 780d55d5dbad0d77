#include "daemon/folders.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/dpae-folders-XXXXXX";
static char classifiers[64], helpers[64];

/* In root, where folders c and l are; c/old.lua and l/sub/deep/old.lua are there. */
struct change_case {
    const char *what;
    const char *before; /* it is watched; or NULL */
    const char *command;
    bool told;
};

static const struct change_case changes[] = {
    {"a classifier is written", NULL, "echo 1 >c/new.lua", true},
    {"a classifier is written anew", NULL, "echo 1 >c/old.lua", true},
    {"a file is renamed to a classifier", NULL, "echo 1 >c/.tmp; sleep 0.01; mv c/.tmp c/old.lua",
     true},
    {"a classifier comes from elsewhere", NULL, "echo 1 >x.lua; mv x.lua c", true},
    {"a classifier is renamed", NULL, "mv c/old.lua c/other.lua", true},
    {"a classifier goes elsewhere", NULL, "mv c/old.lua .", true},
    {"a classifier is removed", NULL, "rm c/old.lua", true},
    {"a classifier may be read", "chmod 600 c/old.lua", "chmod 644 c/old.lua", true},
    {"the folder may be read", "chmod 700 c", "chmod 755 c", true},
    {"a link comes", "echo 1 >c/.real", "ln -s .real c/new.lua", true},
    {"a link takes the place of a file", "echo 1 >c/.real", "ln -sf .real c/old.lua", true},
    {"a hard link comes", "echo 1 >c/.real", "ln c/.real c/new.lua", true},
    {"a link that files are reached by is exchanged",
     "mkdir c/..1 c/..2; echo 2 >c/..2/old.lua; ln -s ..1 c/..data; ln -sf ..data/old.lua c",
     "ln -s ..2 c/..tmp; mv -T c/..tmp c/..data", true},
    {"a helper is written", NULL, "echo 1 >l/new.lua", true},
    {"a helper in a folder is written", NULL, "echo 1 >l/sub/old.lua", true},
    {"a helper in a folder of a folder is written", NULL, "echo 1 >l/sub/deep/old.lua", true},
    {"a helper in a folder that is a link is written", "mkdir x; ln -s ../x l/x",
     "echo 1 >x/new.lua", true},
    {"a folder that is a link to one above it is watched once", "ln -s .. l/sub/loop",
     "echo 1 >l/sub/old.lua", true},
    {"a folder of helpers comes", NULL, "mkdir x; echo 1 >x/new.lua; mv x l", true},
    {"a folder of helpers comes in another", NULL, "mkdir x; echo 1 >x/new.lua; mv x l/sub", true},
    {"a folder of helpers is removed", NULL, "rm -r l/sub/deep", true},
    {"the folder is another one", "mkdir d", "mv c e; mv d c", true},
    {"the folder is made anew", NULL, "rm -r c; mkdir c", true},
    {"the folder is gone", NULL, "mv l e", true},
    {"the folder is a link to another one", "mv c d; mkdir e; ln -s d c", "ln -sfn e c", true},
    {"an editor's own file is written", NULL, "echo 1 >c/old.lua~; echo 1 >c/.old.lua.swp; rm c/*~",
     false},
    {"an editor's own link is made", NULL, "ln -s me@here c/.#old.lua", false},
    {"a hidden classifier is written", NULL, "echo 1 >c/.old.lua", false},
    {"a classifier is read", NULL, "cat c/old.lua", false},
    {"a classifier is begun", NULL, "sleep 1 >c/new.lua & sleep 0.05", false},
    {"another file is written", NULL, "echo 1 >c/notes.txt; chmod 600 c/notes.txt", false},
    {"a folder of the classifiers comes", NULL, "mkdir c/x", false},
};

static int run(const char *command) {
    char line[512];
    snprintf(line, sizeof line, "cd %s && { %s; } >log", root, command);
    return system(line);
}

static int begin(void **state) {
    (void)state;
    strcpy(root, "/tmp/dpae-folders-XXXXXX");
    if (!mkdtemp(root)) {
        return -1;
    }
    snprintf(classifiers, sizeof classifiers, "%s/c", root);
    snprintf(helpers, sizeof helpers, "%s/l", root);
    return run("mkdir -p c l/sub/deep; echo 0 | tee c/old.lua >l/sub/deep/old.lua");
}

static int end(void **state) {
    char line[128];
    (void)state;
    snprintf(line, sizeof line, "rm -r %s", root);
    return system(line);
}

static void open_bed(struct folders *folders) {
    const struct config config = {.classifiers_directory = classifiers, .lua_directory = helpers};
    struct error error;
    assert_int_equal(folders_open(folders, &config, &error), 0);
}

static void a_change_is_told_once_when_it_has_come_to_rest(void **state) {
    const struct change_case *one = *state;
    struct folders folders;
    assert_int_equal(begin(NULL), 0);
    assert_int_equal(one->before ? run(one->before) : 0, 0);
    open_bed(&folders);
    assert_int_equal(run(one->command), 0);
    const uint64_t now_ns = clock_monotonic_ns();
    assert_false(folders_changed(&folders, now_ns));
    assert_false(folders_changed(&folders, now_ns + FOLDERS_QUIET_NS - 1));
    assert_int_equal(folders_changed(&folders, now_ns + FOLDERS_QUIET_NS), one->told);
    assert_false(folders_changed(&folders, now_ns + 10 * FOLDERS_QUIET_NS));
    folders_close(&folders);
    assert_int_equal(end(NULL), 0);
}

/* Somebody who writes all the time is not waited for. */
static void changes_that_do_not_rest_are_told_all_the_same(void **state) {
    struct folders folders;
    (void)state;
    open_bed(&folders);
    uint64_t now_ns = clock_monotonic_ns();
    unsigned told = 0;
    for (unsigned i = 0; i < 11; i++, now_ns += FOLDERS_QUIET_NS / 2) {
        assert_int_equal(run("echo 1 >c/old.lua"), 0);
        told += folders_changed(&folders, now_ns);
    }
    assert_int_equal(told, 1);
    folders_close(&folders);
}

/* Whether this is told, when all is quiet before. */
static bool tells(struct folders *folders, const char *command, uint64_t *now_ns) {
    *now_ns += FOLDERS_QUIET_NS;
    assert_false(folders_changed(folders, *now_ns));
    assert_int_equal(run(command), 0);
    *now_ns += FOLDERS_QUIET_NS;
    if (folders_changed(folders, *now_ns)) {
        fail_msg("before it has come to rest: %s", command);
    }
    *now_ns += FOLDERS_QUIET_NS;
    return folders_changed(folders, *now_ns);
}

/* In these tests the log is a file of the bed. */
static void read_log(char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "%s/messages", root);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static int stderr_before = -1;

static int begin_with_log(void **state) {
    char path[64];
    struct log_settings settings = {.console_enabled = true};
    struct error error;
    const int result = begin(state);
    memset(settings.console_level, LOG_LEVEL_INFO, sizeof settings.console_level);
    if (log_open(&settings, &error) != 0) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/messages", root);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    stderr_before = dup(STDERR_FILENO);
    return result == 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0 && close(fd) == 0 ? 0 : -1;
}

static int end_with_log(void **state) {
    log_close();
    const bool back = dup2(stderr_before, STDERR_FILENO) >= 0 && close(stderr_before) == 0;
    return back ? end(state) : -1;
}

static void folders_that_came_are_watched_but_not_without_end(void **state) {
    struct folders folders;
    char log[4096];
    (void)state;
    open_bed(&folders);
    uint64_t now_ns = clock_monotonic_ns();
    assert_true(tells(&folders, "mkdir -p l/2/3/4/5/6/7/8", &now_ns));
    assert_true(tells(&folders, "echo 1 >l/2/3/4/5/6/7/8/new.lua", &now_ns));
    assert_true(tells(&folders, "mv l/2/3 l/3", &now_ns));
    assert_true(tells(&folders, "echo 1 >l/3/4/5/6/7/8/new.lua", &now_ns));
    read_log(log, sizeof log);
    assert_string_equal(log, "");
    assert_true(tells(&folders, "mkdir -p l/1/2/3/4/5/6/7/8/9", &now_ns));
    assert_true(tells(&folders, "echo 1 >l/1/2/3/4/5/6/7/8/new.lua", &now_ns));
    assert_false(tells(&folders, "echo 1 >l/1/2/3/4/5/6/7/8/9/new.lua", &now_ns));
    read_log(log, sizeof log);
    assert_non_null(strstr(log, "/l/1/2/3/4/5/6/7/8/9, and maybe in others, are not noticed"));
    folders_close(&folders);
}

static void so_many_folders_are_watched(void **state) {
    struct folders folders;
    char log[4096];
    (void)state;
    assert_int_equal(run("mkdir $(seq -f l/%.0f 400)"), 0);
    open_bed(&folders);
    uint64_t now_ns = clock_monotonic_ns();
    read_log(log, sizeof log);
    assert_non_null(strstr(log, "and maybe in others, are not noticed: of the folders of helper"));
    assert_true(tells(&folders, "echo 1 >c/new.lua", &now_ns)); /* it is watched all the same */
    assert_true(tells(&folders, "rmdir $(seq -f l/%.0f 400)", &now_ns));
    assert_true(tells(&folders, "echo 1 >l/sub/deep/new.lua", &now_ns));
    folders_close(&folders);
}

static void a_folder_that_is_another_one_is_told_and_counts(void **state) {
    struct folders folders;
    char log[4096];
    (void)state;
    open_bed(&folders);
    uint64_t now_ns = clock_monotonic_ns();
    assert_true(tells(&folders, "mv c d", &now_ns));
    read_log(log, sizeof log);
    assert_non_null(strstr(log, "/c is not there any more: "));
    assert_true(tells(&folders, "mkdir c", &now_ns));
    read_log(log, sizeof log);
    assert_non_null(strstr(log, "/c is another one than before: "));
    assert_true(tells(&folders, "echo 1 >c/new.lua", &now_ns));
    assert_false(tells(&folders, "echo 1 >d/new.lua", &now_ns));
    assert_true(tells(&folders, "mv c e; mv d c", &now_ns));
    assert_true(tells(&folders, "echo 1 >c/new.lua", &now_ns));
    folders_close(&folders);
}

/* Its number may be the same, which tells nothing then. */
static void a_folder_that_goes_and_comes_between_two_looks_is_watched(void **state) {
    struct folders folders;
    (void)state;
    open_bed(&folders);
    uint64_t now_ns = clock_monotonic_ns();
    (void)folders_changed(&folders, now_ns);
    const struct folders_id before = folders.roots[1].seen;
    assert_int_equal(run("rm -r c"), 0);
    (void)folders_changed(&folders, now_ns + 1); /* it looks at events only */
    assert_int_equal(run("mkdir c"), 0);
    assert_false(folders_changed(&folders, now_ns += FOLDERS_QUIET_NS));
    assert_true(folders_changed(&folders, now_ns += FOLDERS_QUIET_NS));
    assert_true(tells(&folders, "echo 1 >c/new.lua", &now_ns));
    print_message("%s\n", before.inode == folders.roots[1].seen.inode ? "the same number"
                                                                      : "another number");
    folders_close(&folders);
}

static void a_folder_that_is_not_there_is_named(void **state) {
    struct folders folders;
    struct error error;
    const struct config config = {.classifiers_directory = "/nowhere", .lua_directory = helpers};
    (void)state;
    assert_int_not_equal(folders_open(&folders, &config, &error), 0);
    assert_string_equal(error.message, "/nowhere: No such file or directory");
    assert_int_equal(run("echo 1 >l/new.lua"), 0);
    const uint64_t now_ns = clock_monotonic_ns();
    assert_false(folders_changed(&folders, now_ns));
    assert_true(folders_changed(&folders, now_ns + FOLDERS_QUIET_NS));
    folders_close(&folders);
}

int main(void) {
    struct CMUnitTest cases[sizeof changes / sizeof *changes];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        cases[i] =
            (struct CMUnitTest){changes[i].what, a_change_is_told_once_when_it_has_come_to_rest,
                                NULL, NULL, (void *)(uintptr_t)&changes[i]};
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_that_do_not_rest_are_told_all_the_same, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_goes_and_comes_between_two_looks_is_watched,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_named, begin, end),
        cmocka_unit_test_setup_teardown(folders_that_came_are_watched_but_not_without_end,
                                        begin_with_log, end_with_log),
        cmocka_unit_test_setup_teardown(so_many_folders_are_watched, begin_with_log, end_with_log),
        cmocka_unit_test_setup_teardown(a_folder_that_is_another_one_is_told_and_counts,
                                        begin_with_log, end_with_log),
    };
    const int failed = cmocka_run_group_tests(cases, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}

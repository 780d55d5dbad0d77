#include "daemon/folders.h"

#include "base/clock.h"

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

struct change_case {
    const char *what;
    const char
        *command; /* in root, where folders c and l are; c/old.lua and l/sub/old.lua are there */
    bool told;
};

static const struct change_case changes[] = {
    {"a classifier is written", "echo 1 >c/new.lua", true},
    {"a classifier is written anew", "echo 1 >c/old.lua", true},
    {"a file is renamed to a classifier", "echo 1 >c/.tmp; sleep 0.01; mv c/.tmp c/old.lua", true},
    {"a classifier comes from elsewhere", "echo 1 >x.lua; mv x.lua c", true},
    {"a classifier is renamed", "mv c/old.lua c/other.lua", true},
    {"a classifier goes elsewhere", "mv c/old.lua .", true},
    {"a classifier is removed", "rm c/old.lua", true},
    {"a helper is written", "echo 1 >l/new.lua", true},
    {"a helper in a folder is written", "echo 1 >l/sub/old.lua", true},
    {"a folder of helpers comes", "mkdir x; echo 1 >x/new.lua; mv x l", true},
    {"an editor's own file is written", "echo 1 >c/old.lua~; echo 1 >c/.old.lua.swp; rm c/*~",
     false},
    {"a hidden classifier is written", "echo 1 >c/.old.lua", false},
    {"a classifier is read", "cat c/old.lua", false},
    {"another file is written", "echo 1 >c/notes.txt", false},
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
    return run("mkdir -p c l/sub; echo 0 >c/old.lua; echo 0 >l/sub/old.lua");
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
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_named, begin, end),
    };
    const int failed = cmocka_run_group_tests(cases, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}

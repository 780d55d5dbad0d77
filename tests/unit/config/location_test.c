/* Where dpae finds its files. Run with the argument "tell", this program plays the binary: the
 * tests copy it into folders, and it prints the paths it finds; "tell FILE" reads that config. */
#include "config/config.h"
#include "config/location.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int tell(const char *file) {
    struct config config;
    struct faults faults = {0};
    char *const path = config_find_file("config/config.yaml");
    if (!path || (file ? config_load(file, &config, &faults) : config_defaults(&config)) != 0) {
        return 1;
    }
    (void)printf("%s %s %s", path, config.classifiers_directory, config.lua_directory);
    config_free(&config);
    free(path);
    return 0;
}

static char folder[] = "/tmp/dpae-location-XXXXXX";

static void touch(const char *path) {
    const int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

static void copy_binary(const char *to) {
    const int in = open("/proc/self/exe", O_RDONLY);
    const int out = open(to, O_CREAT | O_WRONLY, 0700);
    assert_true(in >= 0 && out >= 0);
    struct stat stat;
    assert_int_equal(fstat(in, &stat), 0);
    for (off_t left = stat.st_size; left > 0;) {
        const ssize_t sent = sendfile(out, in, NULL, (size_t)left);
        assert_true(sent > 0);
        left -= sent;
    }
    assert_int_equal(close(in), 0);
    assert_int_equal(close(out), 0);
}

/* The binary is FOLDER/build-x/core/dpae. */
static int enter_folder(void **state) {
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("build-x", 0700) != 0 ||
        mkdir("build-x/core", 0700) != 0 || mkdir("config", 0700) != 0) {
        return -1;
    }
    copy_binary("build-x/core/dpae");
    return 0;
}

static int leave_folder(void **state) {
    (void)state;
    static const char *const paths[] = {"build-x/core/dpae",  "build-x/core", "build-x",
                                        "config/config.yaml", "config",       "CMakeLists.txt"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        (void)remove(paths[i]);
    }
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static const char *output_of(const char *file) {
    static char text[3 * PATH_MAX];
    char command[128];
    snprintf(command, sizeof command, "build-x/core/dpae tell %s", file);
    FILE *const output = popen(command, "r");
    assert_non_null(output);
    text[fread(text, 1, sizeof text - 1, output)] = '\0';
    assert_int_equal(pclose(output), 0);
    return text;
}

#define INSTALLED_CONFIG DPAE_SYSCONFDIR "/dpae/config.yaml"
#define INSTALLED_DATA   DPAE_PREFIX "/share/dpae"
#define INSTALLED        INSTALLED_CONFIG " " INSTALLED_DATA "/classifiers " INSTALLED_DATA "/lua"

static void a_binary_in_a_checkout_uses_its_files(void **state) {
    (void)state;
    touch("CMakeLists.txt");
    touch("config/config.yaml");
    char expected[256];
    snprintf(expected, sizeof expected, "%s/config/config.yaml %s/classifiers %s/lua", folder,
             folder, folder);
    assert_string_equal(output_of(""), expected);
    /* also with a copy of its config elsewhere */
    touch("build-x/config.yaml");
    assert_string_equal(output_of("build-x/config.yaml"), expected);
    assert_int_equal(unlink("build-x/config.yaml"), 0);
}

static void a_binary_elsewhere_uses_the_checkout_of_its_config(void **state) {
    (void)state;
    char expected[256], command[256];
    touch("CMakeLists.txt");
    touch("config/config.yaml");
    snprintf(expected, sizeof expected, INSTALLED_CONFIG " %s/classifiers %s/lua", folder, folder);
    snprintf(command, sizeof command,
             "cp build-x/core/dpae %s-binary && %s-binary tell config/config.yaml >told; "
             "rm %s-binary",
             folder, folder, folder);
    assert_int_equal(system(command), 0);
    char text[256] = "";
    FILE *const file = fopen("told", "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unlink("told"), 0);
    assert_string_equal(text, expected);
}

static void a_binary_elsewhere_uses_the_installed_files(void **state) {
    (void)state;
    assert_string_equal(output_of(""), INSTALLED);
    touch("config/config.yaml"); /* a config folder without a checkout */
    assert_string_equal(output_of(""), INSTALLED);
    assert_int_equal(unlink("config/config.yaml"), 0);
    touch("CMakeLists.txt"); /* a checkout of another program */
    assert_string_equal(output_of(""), INSTALLED);
}

/* Runs a command in the folder, then the binary at path, and compares its output. */
static void assert_output(const char *command, const char *path, const char *expected) {
    char text[3 * PATH_MAX], whole[512];
    snprintf(whole, sizeof whole, "%s && %s tell", command, path);
    FILE *const output = popen(whole, "r");
    assert_non_null(output);
    text[fread(text, 1, sizeof text - 1, output)] = '\0';
    assert_int_equal(pclose(output), 0);
    assert_string_equal(text, expected);
}

static void a_binary_in_an_outside_build_folder_follows_its_link(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s/away/config/config.yaml %s/away/classifiers %s/away/lua", folder, folder, folder);
    assert_output("mkdir -p away/config && touch away/CMakeLists.txt away/config/config.yaml && "
                  "ln -s ../../away build-x/core/checkout",
                  "build-x/core/dpae", expected);
    /* the link dangles when the checkout is gone */
    assert_output("rm -r away", "build-x/core/dpae", INSTALLED);
    assert_int_equal(unlink("build-x/core/checkout"), 0);
}

static void an_installed_binary_uses_the_files_of_its_prefix(void **state) {
    (void)state;
    char expected[512];
    snprintf(expected, sizeof expected,
             "%s/any/etc/dpae/config.yaml %s/any/share/dpae/classifiers %s/any/share/dpae/lua",
             folder, folder, folder);
    assert_output("mkdir -p any/bin any/share/dpae && cp build-x/core/dpae any/bin/tells",
                  "any/bin/tells", expected);
    /* a binary in a staging folder uses the files there */
    snprintf(expected, sizeof expected, "%s/stage%s %s/stage%s/classifiers %s/stage%s/lua", folder,
             INSTALLED_CONFIG, folder, INSTALLED_DATA, folder, INSTALLED_DATA);
    assert_output("mkdir -p stage" DPAE_PREFIX "/bin stage" INSTALLED_DATA
                  " && cp build-x/core/dpae stage" DPAE_PREFIX "/bin/tells",
                  "stage" DPAE_PREFIX "/bin/tells", expected);
    /* a bin without the program's other files is not a prefix */
    assert_output("rm -r any/share", "any/bin/tells", INSTALLED);
    assert_int_equal(system("rm -r any stage"), 0);
}

static void relative_folders_are_resolved_against_the_parent_folder(void **state) {
    (void)state;
    static const struct {
        const char *folder;
        const char *location;
    } cases[] = {
        {"/home/a/dpae/config", "/home/a/dpae"},
        {DPAE_SYSCONFDIR "/dpae", INSTALLED_DATA},
        {"/etc/dpae/site", "/etc/dpae"},
        {"/config", ""},
        {"/", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *const location = location_above(cases[i].folder);
        assert_string_equal(location, cases[i].location);
        free(location);
    }
}

static void the_path_of_the_file_may_be_relative(void **state) {
    (void)state;
    static const char *const paths[] = {"config/config.yaml", "./config/../config/x.yaml"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char *location = NULL;
        assert_int_equal(location_of_file(paths[i], &location), 0);
        assert_string_equal(location, folder);
        free(location);
    }
    char *location = NULL;
    assert_int_equal(location_of_file("config.yaml", &location), 0);
    assert_string_equal(location, "/tmp");
    free(location);
}

static void a_removed_folder_is_an_error(void **state) {
    (void)state;
    char *location = NULL;
    assert_int_equal(location_of_file("none/config.yaml", &location), -ENOENT);
    assert_null(location);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "tell") == 0) {
        return tell(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_binary_in_a_checkout_uses_its_files),
        IN_FOLDER(a_binary_elsewhere_uses_the_installed_files),
        IN_FOLDER(a_binary_elsewhere_uses_the_checkout_of_its_config),
        IN_FOLDER(a_binary_in_an_outside_build_folder_follows_its_link),
        IN_FOLDER(an_installed_binary_uses_the_files_of_its_prefix),
        cmocka_unit_test(relative_folders_are_resolved_against_the_parent_folder),
        IN_FOLDER(the_path_of_the_file_may_be_relative),
        IN_FOLDER(a_removed_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

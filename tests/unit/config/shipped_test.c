/* Compares the shipped config/config.yaml with the option table. */
#include "config/config.h"
#include "config/option.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SHIPPED   DPAE_SOURCE_DIR "/config/config.yaml"
#define LINES_MAX 1000

/* The lines of the file, without line ends. */
static char *lines[LINES_MAX];
static size_t line_count;

static int read_shipped(void **state) {
    (void)state;
    FILE *const file = fopen(SHIPPED, "r");
    if (!file) {
        return -1;
    }
    size_t size = 0;
    while (line_count < LINES_MAX && getline(&lines[line_count], &size, file) >= 0) {
        lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
        line_count++;
        size = 0;
    }
    free(lines[line_count]);
    return fclose(file);
}

static int forget_shipped(void **state) {
    (void)state;
    for (size_t i = 0; i < line_count; i++) {
        free(lines[i]);
    }
    return 0;
}

/* Returns the key of an option line, also a commented-out one (no blank after #), or NULL. */
static const char *option_text(const char *line) {
    const char *const text = line[0] == '#' ? line + 1 : line;
    return islower((unsigned char)text[0]) && strchr(text, ':') ? text : NULL;
}

static bool has_key(const char *line, const char *key) {
    const char *const text = option_text(line);
    return text != NULL && strncmp(text, key, strlen(key)) == 0 && text[strlen(key)] == ':';
}

static void every_option_appears_once(void **state) {
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        int found = 0;
        for (size_t j = 0; j < line_count; j++) {
            found += has_key(lines[j], option_table[i].key);
        }
        if (found != 1) {
            fail_msg("%s occurs %d times", option_table[i].key, found);
        }
    }
}

static void every_line_is_an_option_a_comment_or_empty(void **state) {
    (void)state;
    assert_true(line_count > 0 && line_count < LINES_MAX);
    size_t options = 0;
    for (size_t i = 0; i < line_count; i++) {
        const bool comment = strcmp(lines[i], "#") == 0 || strncmp(lines[i], "# ", 2) == 0;
        const bool option = option_text(lines[i]) != NULL;
        if (!comment && !option && lines[i][0] != '\0') {
            fail_msg("line %zu: '%s'", i + 1, lines[i]);
        }
        options += option;
    }
    assert_int_equal(options, option_count);
}

/* The two levels of a module share one comment. */
static void every_option_has_a_comment(void **state) {
    (void)state;
    for (size_t i = 1; i < line_count; i++) {
        if (!option_text(lines[i])) {
            continue;
        }
        const bool second_level = strstr(lines[i], "_logging_level_c:") != NULL &&
                                  strstr(lines[i - 1], "_logging_level_s:");
        if (!second_level && strncmp(lines[i - 1], "# ", 2) != 0) {
            fail_msg("line %zu: '%s' has no comment", i + 1, lines[i]);
        }
    }
}

static void load(const char *path, struct config *config) {
    struct faults faults = {0};
    if (config_load(path, config, &faults) != 0) {
        char text[640];
        fault_format(&faults.items[0], text, sizeof text);
        fail_msg("%s", text);
    }
    assert_int_equal(faults.count, 0);
    faults_free(&faults);
}

/* Returns true when two configs have the same value of an option. */
static bool same(const struct option *option, const struct config *a, const struct config *b) {
    const void *const in_a = (const char *)a + option->offset;
    const void *const in_b = (const char *)b + option->offset;
    switch (option->type) {
    case OPTION_STRING:
        return strcmp(*(const char *const *)in_a, *(const char *const *)in_b) == 0;
    case OPTION_BOOL:
    case OPTION_UINT8:
    case OPTION_LEVEL:
        return memcmp(in_a, in_b, 1) == 0;
    case OPTION_UINT16:
        return memcmp(in_a, in_b, sizeof(uint16_t)) == 0;
    case OPTION_UINT32:
        return memcmp(in_a, in_b, sizeof(uint32_t)) == 0;
    case OPTION_DOUBLE:
        return *(const double *)in_a == *(const double *)in_b;
    case OPTION_CLASSIFIERS:
    case OPTION_SHADOW:
        return true;
    }
    return false;
}

static bool is_folder(const char *key) {
    return strcmp(key, "classifiers_directory") == 0 || strcmp(key, "lua_directory") == 0;
}

/* Ignores folders, which differ between the defaults and this file. */
static void assert_defaults_but_for_the_controller(const struct config *config) {
    struct config defaults;
    assert_int_equal(config_defaults(&defaults), 0);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *const option = &option_table[i];
        const bool differs = strcmp(option->key, "nmeta_controller_address") == 0 ||
                             strcmp(option->key, "nmeta_api_path") == 0;
        if (!is_folder(option->key) && same(option, config, &defaults) == differs) {
            fail_msg("%s %s the default", option->key, differs ? "is" : "is not");
        }
    }
    config_free(&defaults);
}

static void it_matches_the_defaults_but_for_the_controller(void **state) {
    (void)state;
    struct config config;
    load(SHIPPED, &config);
    assert_string_equal(config.nmeta_controller_address, "http://10.1.0.3");
    assert_string_equal(config.nmeta_api_path, "nmeta/v2/aux/");
    assert_string_equal(config.classifiers_directory, DPAE_SOURCE_DIR "/classifiers");
    assert_string_equal(config.lua_directory, DPAE_SOURCE_DIR "/lua");
    assert_defaults_but_for_the_controller(&config);
    config_free(&config);
}

static void mongo_keys_folders_and_classifiers_are_commented_out(void **state) {
    (void)state;
    for (size_t i = 0; i < line_count; i++) {
        if (!option_text(lines[i])) {
            continue;
        }
        const bool commented =
            has_key(lines[i], "mongo_addr") || has_key(lines[i], "mongo_port") ||
            has_key(lines[i], "classifiers_directory") || has_key(lines[i], "lua_directory") ||
            has_key(lines[i], "classifiers") || has_key(lines[i], "classifier_shadow");
        assert_int_equal(lines[i][0] == '#', commented);
    }
}

/* Folders would have to exist beside the file created here. */
static bool starts_with_folder(const char *text) {
    for (size_t i = 0; i < option_count; i++) {
        const struct option *const option = &option_table[i];
        if (is_folder(option->key) && has_key(text, option->key)) {
            assert_string_equal(text + strlen(option->key) + 2, option->initial);
            return true;
        }
    }
    return false;
}

static void commented_out_options_show_their_defaults(void **state) {
    (void)state;
    char path[] = "/tmp/dpae-config-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *const file = fdopen(fd, "w");
    assert_non_null(file);
    for (size_t i = 0; i < line_count; i++) {
        const char *const option = option_text(lines[i]);
        if (option && !starts_with_folder(option)) {
            assert_true(fprintf(file, "%s\n", option) > 0);
        }
    }
    assert_int_equal(fclose(file), 0);
    struct config config;
    load(path, &config);
    assert_int_equal(unlink(path), 0);
    assert_defaults_but_for_the_controller(&config);
    assert_int_equal(config.classifiers->count, 0);
    config_free(&config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_appears_once),
        cmocka_unit_test(every_line_is_an_option_a_comment_or_empty),
        cmocka_unit_test(every_option_has_a_comment),
        cmocka_unit_test(it_matches_the_defaults_but_for_the_controller),
        cmocka_unit_test(mongo_keys_folders_and_classifiers_are_commented_out),
        cmocka_unit_test(commented_out_options_show_their_defaults),
    };
    return cmocka_run_group_tests(tests, read_shipped, forget_shipped);
}

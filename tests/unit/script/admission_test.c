/* What one process has tried out, others load; nothing else. */
#include "script/host_bed.h"

#define GOOD  CLASSIFIER("return nil")
#define OTHER "-- another text\n" GOOD
#define BAD   "return = 1"

/* Tries the set out in a host of its own, as the process that is thrown away does; so many files
 * have been noted before. */
static unsigned try_out_behind(const struct bed *bed, struct admission *trial, unsigned files,
                               const char *const *names, unsigned count) {
    const struct script_options options = {
        .classifiers_directory = bed->directory,
        .lua_directory = bed->directory,
        .budget_us = 20000,
        .memory_mb = 16,
        .noted = trial,
    };
    struct script_host *host;
    struct error error;
    struct faults faults = {0};
    atomic_store(&trial->count, files);
    assert_int_equal(script_host_new(&host, &options, &error), 0);
    (void)script_host_load(host, names, count, &faults);
    const unsigned ready = script_host_ready(host);
    assert_int_equal(atomic_load(&trial->loading), 0);
    faults_free(&faults);
    script_host_free(host);
    return ready;
}

static unsigned try_out(const struct bed *bed, struct admission *trial, const char *const *names,
                        unsigned count) {
    return try_out_behind(bed, trial, 0, names, count);
}

/* A worker's. */
static struct script_host *open_host(const struct bed *bed, const struct admission *tried) {
    const struct script_options options = {
        .classifiers_directory = bed->directory,
        .lua_directory = bed->directory,
        .budget_us = 20000,
        .memory_mb = 16,
        .admitted = tried,
    };
    struct script_host *host;
    struct error error;
    assert_int_equal(script_host_new(&host, &options, &error), 0);
    return host;
}

struct admission_case {
    const char *what;
    const char *one, *two, *module;     /* their texts when they are tried out, */
    const char *one_then, *module_then; /* and when they are loaded; NULL: the same */
    unsigned tried, loaded;             /* masks */
    const char *fault;                  /* when they are loaded; NULL: none */
};

static void only_what_was_tried_out_is_loaded(void **state) {
    static const char needs[] = "local m = require('m')\n" GOOD;
    static const char needs_two[] = "assert(require('m').two)\n" GOOD;
    static const struct admission_case cases[] = {
        {"all is well", needs, GOOD, "return {}", NULL, NULL, 3, 3, NULL},
        {"a file that changes after its trial", GOOD, GOOD, "return {}", OTHER, NULL, 3, 2,
         "one.lua: is not loaded: it has changed since it was tried out, or ended"},
        {"to something that hangs", GOOD, GOOD, "return {}", "while true do end", NULL, 3, 2,
         "is not loaded: it has changed since it was tried out"},
        {"a helper module that does", needs, GOOD, "return {}", NULL, "return { 1 }", 3, 2,
         "m.lua: is not loaded: it has changed since it was tried out"},
        {"a file that was refused", BAD, GOOD, "return {}", NULL, NULL, 2, 2,
         "one.lua: was refused when it was tried out; the log says why"},
        {"and is mended since", BAD, GOOD, "return {}", GOOD, NULL, 2, 2,
         "one.lua: is not loaded: it has changed since it was tried out"},
        {"a helper module that is good for one of two", needs_two, needs, "return {}", NULL, NULL,
         2, 2, "one.lua: was refused when it was tried out"},
        {"a helper module that is not there", needs, GOOD, NULL, NULL, NULL, 2, 2,
         "one.lua: was refused when it was tried out"},
    };
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct admission_case *now = &cases[i];
        static struct admission trial, tried;
        char path[192];
        print_message("%s\n", now->what);
        bed_script(bed, "one", now->one);
        bed_script(bed, "two", now->two);
        snprintf(path, sizeof path, "%s/m.lua", bed->directory);
        if (now->module) {
            bed_script(bed, "m", now->module);
        } else {
            (void)unlink(path);
        }
        assert_int_equal(try_out(bed, &trial, names, 2), now->tried);
        admission_copy(&tried, &trial);
        if (now->one_then) {
            bed_script(bed, "one", now->one_then);
        }
        if (now->module_then) {
            bed_script(bed, "m", now->module_then);
        }
        struct script_host *host = open_host(bed, &tried);
        struct faults faults = {0};
        (void)script_host_load(host, names, 2, &faults);
        assert_int_equal(script_host_ready(host), now->loaded);
        assert_int_equal(faults.count, now->fault != NULL);
        if (now->fault) {
            char text[640];
            fault_format(&faults.items[0], text, sizeof text);
            if (!strstr(text, now->fault)) {
                fail_msg("%s", text);
            }
        }
        faults_free(&faults);
        script_host_free(host);
    }
}

/* It runs, and its file is another one by now. */
static void who_runs_stays_until_its_file_was_tried_out(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one"};
    static struct admission trial, tried;
    struct faults faults = {0};
    bed_script(bed, "one", GOOD);
    assert_int_equal(try_out(bed, &trial, names, 1), 1);
    admission_copy(&tried, &trial);
    struct script_host *host = open_host(bed, &tried);
    assert_int_equal(script_host_load(host, names, 1, &faults), 0);
    const uint64_t hash = script_host_source(host, 0)->hash;
    bed_script(bed, "one", OTHER);
    assert_int_equal(script_host_reload(host, 2, &faults), 0);
    assert_int_equal(script_host_ready(host), 1);
    assert_true(script_host_source(host, 0)->hash == hash);
    assert_int_equal(try_out(bed, &trial, names, 1), 1);
    admission_copy(&tried, &trial);
    assert_int_equal(script_host_reload(host, 3, &faults), 1);
    assert_true(script_host_source(host, 0)->hash != hash);
    assert_int_equal(script_host_source(host, 0)->generation, 3);
    faults_free(&faults);
    script_host_free(host);
}

static void who_is_left_out_is_not_loaded(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    static struct admission trial;
    bed_script(bed, "one", "while true do end");
    bed_script(bed, "two", GOOD);
    atomic_store(&trial.left_out, 1);
    assert_int_equal(try_out(bed, &trial, names, 2), 2);
    assert_int_equal(atomic_load(&trial.count), 1);
    assert_string_equal(trial.name, "two");
}

static void there_is_an_end_of_files(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    static struct admission trial;
    bed_script(bed, "m", "return {}");
    bed_script(bed, "one", "require('m')\n" GOOD);
    bed_script(bed, "two", GOOD);
    static const unsigned ready[] = {3, 1, 0, 0}; /* by how many there is no room for */
    for (unsigned missing = 0; missing < 4; missing++) {
        const unsigned files = ADMISSION_FILES_MAX - 3 + missing;
        assert_int_equal(try_out_behind(bed, &trial, files, names, 2), ready[missing]);
        assert_int_equal(atomic_load(&trial.count), ADMISSION_FILES_MAX);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(only_what_was_tried_out_is_loaded),
        BED_TEST(who_runs_stays_until_its_file_was_tried_out),
        BED_TEST(who_is_left_out_is_not_loaded),
        BED_TEST(there_is_an_end_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

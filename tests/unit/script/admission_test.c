/* Workers load exactly the texts that were rehearsed. */
#include "script/host_bed.h"

#include <pthread.h>
#include <sys/mman.h>

#define GOOD  CLASSIFIER("return nil")
#define OTHER "-- another text\n" GOOD
#define BAD   "return = 1"

/* The rehearsal's record, the admission that workers load from, and the merged one for them. */
static struct rehearsal_record rehearsal;
static struct admission admitted, fresh;

static void forget(void) {
    memset(&rehearsal, 0, sizeof rehearsal);
    memset(&admitted, 0, sizeof admitted);
}

static struct script_host *open_host(const struct bed *bed, bool worker) {
    const struct script_options options = {
        .classifiers_directory = bed->directory,
        .lua_directory = bed->directory,
        .budget_us = 20000,
        .memory_mb = 64,
        .noted = worker ? NULL : &rehearsal,
        .admitted = worker ? &admitted : NULL,
    };
    struct script_host *host;
    struct error error;
    assert_int_equal(script_host_new(&host, &options, &error), 0);
    return host;
}

/* Rehearses the set in a host of its own, and admits the result. Returns the mask of
 * classifiers that could be loaded. */
static unsigned try_out(const struct bed *bed, const char *const *names, unsigned count) {
    struct faults faults = {0};
    atomic_store(&rehearsal.files, 0);
    atomic_store(&rehearsal.admission.used, 0);
    struct script_host *host = open_host(bed, false);
    (void)script_host_load(host, names, count, &faults);
    const unsigned ready = script_host_ready(host);
    assert_int_equal(atomic_load(&rehearsal.loading), 0);
    faults_free(&faults);
    script_host_free(host);
    atomic_store(&fresh.used, 0);
    admission_merge(&fresh, &rehearsal.admission, &admitted);
    admission_write(&admitted, &fresh);
    return ready;
}

static void put(const struct bed *bed, const char *name, const char *text) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s.lua", bed->directory, name);
    if (text) {
        bed_script(bed, name, text);
    } else {
        (void)unlink(path);
    }
}

struct admission_case {
    const char *what;
    const char *one, *two, *module; /* texts in the rehearsal, */
    bool then;                      /* and, if true, other texts at loading: */
    const char *one_then, *module_then;
    unsigned tried, loaded; /* masks */
    const char *fault;      /* at loading; NULL: no fault */
};

static void only_rehearsed_texts_are_loaded(void **state) {
    static const char needs[] = "local m = require('m')\n" GOOD;
    static const char needs_two[] = "assert(require('m').two)\n" GOOD;
    static const struct admission_case cases[] = {
        {"an unchanged set", needs, GOOD, "return {}", false, NULL, NULL, 3, 3, NULL},
        {"a file that changes after its rehearsal", GOOD, GOOD, "return {}", true, OTHER,
         "return {}", 3, 3, NULL},
        {"a file that changes to an endless loop", GOOD, GOOD, "return {}", true,
         "while true do end", "return {}", 3, 3, NULL},
        {"a helper module that breaks after the rehearsal", needs, GOOD, "return {}", true, needs,
         BAD, 3, 3, NULL},
        {"files that are deleted", needs, GOOD, "return {}", true, NULL, NULL, 3, 3, NULL},
        {"a file that was refused", BAD, GOOD, "return {}", false, NULL, NULL, 2, 2,
         "one.lua: failed to load in its rehearsal; see the log"},
        {"a file that was refused and is fixed later", BAD, GOOD, "return {}", true, GOOD,
         "return {}", 2, 2, "one.lua: failed to load in its rehearsal; see the log"},
        {"a helper module that only one of two can use", needs_two, needs, "return {}", false, NULL,
         NULL, 2, 2, "one.lua: failed to load in its rehearsal"},
        {"a missing helper module", needs, GOOD, NULL, false, NULL, NULL, 2, 2,
         "one.lua: failed to load in its rehearsal"},
        {"an empty helper module", needs, GOOD, "", false, NULL, NULL, 2, 2,
         "one.lua: failed to load in its rehearsal"},
    };
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct admission_case *now = &cases[i];
        print_message("%s\n", now->what);
        forget();
        put(bed, "one", now->one);
        put(bed, "two", now->two);
        put(bed, "m", now->module);
        assert_int_equal(try_out(bed, names, 2), now->tried);
        if (now->then) {
            put(bed, "one", now->one_then);
            put(bed, "m", now->module_then);
        }
        struct script_host *host = open_host(bed, true);
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

/* The classifier runs, and its file has changed since. */
static void a_running_classifier_stays_until_its_file_is_rehearsed(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one"};
    struct faults faults = {0};
    forget();
    bed_script(bed, "one", GOOD);
    assert_int_equal(try_out(bed, names, 1), 1);
    struct script_host *host = open_host(bed, true);
    assert_int_equal(script_host_load(host, names, 1, &faults), 0);
    const uint64_t hash = script_host_source(host, 0)->hash;
    bed_script(bed, "one", OTHER);
    assert_int_equal(script_host_reload(host, 2, &faults), 0);
    assert_int_equal(script_host_ready(host), 1);
    assert_true(script_host_source(host, 0)->hash == hash);
    assert_int_equal(try_out(bed, names, 1), 1);
    assert_int_equal(script_host_reload(host, 3, &faults), 1);
    assert_true(script_host_source(host, 0)->hash != hash);
    assert_int_equal(script_host_source(host, 0)->generation, 3);
    faults_free(&faults);
    script_host_free(host);
}

/* New hosts of workers after each of several rehearsals. */
static void a_refused_text_leaves_the_previous_one_admitted(void **state) {
    static const char needs[] = "return require('m')";
    static const char works[] = "local C = {}\nC.__index = C\n"
                                "function C.new() return setmetatable({}, C) end\n"
                                "function C:classifier(flow) return nil end\nreturn C\n";
    static const struct {
        const char *what;
        const char *one, *module;
        unsigned left_out;
        bool second, loaded;
        unsigned text; /* index of the step with the loaded text; 0: not loaded */
    } steps[] = {
        {"broken at first", BAD, works, 0, false, false, 0},
        {"fixed", needs, works, 0, false, true, 1},
        {"broken again", BAD, works, 0, false, false, 1},
        {"only its helper module broken", needs, BAD, 0, false, false, 1},
        {"deleted", NULL, works, 0, false, false, 1},
        {"ended the rehearsal", OTHER, works, 1, false, false, 1},
        {"fixed with another text", OTHER, works, 0, false, true, 2},
        {"broken again, beside a second classifier", BAD, works, 0, true, false, 2},
    };
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    uint64_t hashes[3] = {0};
    forget();
    bed_script(bed, "two", GOOD);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const unsigned count = steps[i].second ? 2 : 1;
        struct faults faults = {0};
        print_message("%s\n", steps[i].what);
        put(bed, "one", steps[i].one);
        put(bed, "m", steps[i].module);
        atomic_store(&rehearsal.left_out, steps[i].left_out);
        assert_int_equal(try_out(bed, names, count) & 1, steps[i].loaded);
        struct script_host *host = open_host(bed, true);
        (void)script_host_load(host, names, count, &faults);
        const unsigned wanted = (steps[i].text > 0 ? 1u : 0u) | (count == 2 ? 2u : 0u);
        assert_int_equal(script_host_ready(host), wanted);
        if (steps[i].text > 0) {
            uint64_t *hash = &hashes[steps[i].text];
            *hash = steps[i].loaded ? script_host_source(host, 0)->hash : *hash;
            assert_true(script_host_source(host, 0)->hash == *hash);
        }
        faults_free(&faults);
        script_host_free(host);
    }
    assert_true(hashes[1] != hashes[2]);
    /* When the classifier leaves the set, its texts are dropped. */
    size_t length;
    char path[192];
    snprintf(path, sizeof path, "%s/one.lua", bed->directory);
    assert_non_null(admission_find(&admitted, "one", path, &length));
    assert_int_equal(try_out(bed, &names[1], 1), 1);
    assert_null(admission_find(&admitted, "one", path, &length));
}

/* However often files are rehearsed while one is refused. */
static void kept_texts_do_not_grow(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    forget();
    put(bed, "one", GOOD);
    put(bed, "two", GOOD);
    assert_int_equal(try_out(bed, names, 2), 3);
    put(bed, "one", BAD);
    assert_int_equal(try_out(bed, names, 2), 2);
    const uint32_t used = atomic_load(&admitted.used);
    for (unsigned round = 0; round < 10; round++) {
        assert_int_equal(try_out(bed, names, 2), 2);
        assert_int_equal(atomic_load(&admitted.used), used);
    }
}

/* The result of a rehearsal, two classifiers with a helper module, compared with the previous
 * one. */
static void another_text_of_a_classifier_differs(void **state) {
    static const char needs[] = "local m = require('m')\n" GOOD;
    static const struct {
        const char *what, *one, *two, *module;
        bool differs;
    } steps[] = {
        {"the first rehearsal", needs, BAD, "return {}", false},
        {"unchanged texts", needs, BAD, "return {}", false},
        {"a changed helper module", needs, BAD, "return { 1 }", true},
        {"a new classifier", needs, GOOD, "return { 1 }", false},
        {"a changed classifier", needs, OTHER, "return { 1 }", true},
        {"a classifier that is refused", needs, BAD, "return { 1 }", false},
        {"a classifier without the module", GOOD, BAD, "return { 1 }", true},
        {"an added module", needs, BAD, "return { 1 }", true},
    };
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    static struct admission before;
    forget();
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        print_message("%s\n", steps[i].what);
        put(bed, "one", steps[i].one);
        put(bed, "two", steps[i].two);
        put(bed, "m", steps[i].module);
        admission_write(&before, &admitted);
        (void)try_out(bed, names, 2);
        assert_int_equal(admission_differs(&admitted, &before), steps[i].differs);
    }
}

static void texts_without_room_are_reported(void **state) {
    (void)state;
    static char text[ADMISSION_BYTES / 3];
    forget();
    memset(text, ' ', sizeof text);
    assert_true(admission_begin(&rehearsal, 0, "kept"));
    assert_true(admission_note(&rehearsal, "kept.lua", text, sizeof text));
    admission_end(&rehearsal, true);
    admission_write(&admitted, &rehearsal.admission);
    for (unsigned files = 1; files <= 2; files++) {
        atomic_store(&rehearsal.admission.used, 0);
        atomic_store(&fresh.used, 0);
        assert_true(admission_begin(&rehearsal, 0, "kept"));
        admission_end(&rehearsal, false);
        assert_true(admission_begin(&rehearsal, 1, "new"));
        for (unsigned i = 0; i < files; i++) {
            assert_true(admission_note(&rehearsal, i ? "m.lua" : "new.lua", text, sizeof text));
        }
        assert_true(admission_note(&rehearsal, "n.lua", text, sizeof text / 2));
        admission_end(&rehearsal, true);
        size_t length;
        assert_int_equal(admission_merge(&fresh, &rehearsal.admission, &admitted), files == 1);
        assert_int_equal(admission_find(&fresh, "kept", "kept.lua", &length) != NULL, files == 1);
        assert_non_null(admission_find(&fresh, "new", "n.lua", &length));
    }
}

static void a_skipped_classifier_is_not_loaded(void **state) {
    const struct bed *bed = *state;
    static const char *const names[] = {"one", "two"};
    forget();
    bed_script(bed, "one", "while true do end");
    bed_script(bed, "two", GOOD);
    atomic_store(&rehearsal.left_out, 1);
    assert_int_equal(try_out(bed, names, 2), 2);
    assert_int_equal(atomic_load(&rehearsal.files), 1);
    assert_string_equal(rehearsal.name, "two");
}

/* Without room a large file is refused; a small one may still fit. */
static void texts_are_bounded(void **state) {
    static char large[1 << 20], needs[sizeof large];
    static const char calls[] = "require('m')";
    static const char *const names[] = {"c0", "c1", "c2",  "c3",  "c4",  "c5",  "c6",  "c7",
                                        "c8", "c9", "c10", "c11", "c12", "c13", "c14", "c15"};
    const struct bed *bed = *state;
    struct faults faults = {0};
    char text[640];
    forget();
    memset(large, ' ', sizeof large - sizeof GOOD);
    memcpy(large + sizeof large - sizeof GOOD, GOOD, sizeof GOOD);
    memcpy(needs, large, sizeof large);
    memcpy(needs, calls, sizeof calls - 1);
    put(bed, "m", large);
    for (unsigned i = 0; i < 16; i++) {
        put(bed, names[i], i == 0 ? needs : i < 15 ? large : GOOD);
    }
    struct script_host *host = open_host(bed, false);
    (void)script_host_load(host, names, 16, &faults);
    assert_int_equal(script_host_ready(host), 0xffff & ~(1u << 14));
    assert_int_equal(faults.count, 1);
    fault_format(&faults.items[0], text, sizeof text);
    assert_non_null(strstr(text, "c14.lua: is too much: the files of all classifiers together are "
                                 "limited to 16 MiB"));
    faults_free(&faults);
    script_host_free(host);
}

/* A corrupted rehearsal may write anything: reads stay within bounds, and merging ends. */
static void hostile_texts_are_survived(void **state) {
    (void)state;
    uint32_t random = 1;
    size_t length;
    for (unsigned round = 0; round < 300; round++) {
        forget();
        const uint32_t used = 80 + round * 7;
        for (uint32_t i = 0; i < used; i++) {
            random = random * 1664525 + 1013904223;
            /* Mostly zeros and text, so that lengths may be valid; records without a number. */
            rehearsal.admission.texts[i] =
                random >> 28 < 10 ? 0 : (uint8_t)(random >> 28 < 14 ? 'a' : random >> 8);
        }
        atomic_store(&rehearsal.admission.used, round % 5 == 0 ? UINT32_MAX - round : used);
        atomic_store(&fresh.used, 0);
        admission_merge(&fresh, &rehearsal.admission, &admitted);
        assert_true(atomic_load(&fresh.used) <= ADMISSION_BYTES);
        const char *found = admission_find(&fresh, "", "a", &length);
        assert_true(!found || (found >= (const char *)fresh.texts &&
                               found + length <= (const char *)fresh.texts + ADMISSION_BYTES));
    }
}

static void *write_again_and_again(void *context) {
    static struct admission from;
    const _Atomic bool *stop = context;
    for (unsigned letter = 0; !atomic_load(stop); letter = (letter + 1) % 26) {
        const uint32_t used = 100000 + letter;
        memset(from.texts, (int)('a' + letter), used);
        atomic_store(&from.used, used);
        admission_write(&admitted, &from);
    }
    return NULL;
}

/* Texts of a single letter each; the length encodes the letter. */
static void copies_are_whole(void **state) {
    (void)state;
    _Atomic bool stop = false;
    pthread_t writer;
    struct admission *taken =
        mmap(NULL, sizeof *taken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(taken, MAP_FAILED);
    forget();
    assert_int_equal(pthread_create(&writer, NULL, write_again_and_again, (void *)&stop), 0);
    unsigned differ = 0;
    for (unsigned round = 0; round < 2000; round++) {
        /* Fresh pages make the reader slower than the writer. */
        assert_int_equal(madvise(taken, sizeof *taken, MADV_DONTNEED), 0);
        admission_take(taken, &admitted);
        const uint32_t used = atomic_load(&taken->used);
        for (uint32_t i = 0; i < used; i++) {
            differ += taken->texts[i] != 'a' + (used - 100000);
        }
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(differ, 0);
    assert_int_equal(munmap(taken, sizeof *taken), 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        BED_TEST(only_rehearsed_texts_are_loaded),
        BED_TEST(a_running_classifier_stays_until_its_file_is_rehearsed),
        BED_TEST(a_refused_text_leaves_the_previous_one_admitted),
        BED_TEST(kept_texts_do_not_grow),
        BED_TEST(another_text_of_a_classifier_differs),
        BED_TEST(texts_without_room_are_reported),
        BED_TEST(a_skipped_classifier_is_not_loaded),
        BED_TEST(texts_are_bounded),
        BED_TEST(hostile_texts_are_survived),
        BED_TEST(copies_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

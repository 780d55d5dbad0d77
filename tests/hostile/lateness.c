/* How late calls of hostile classifiers are stopped: hostile_lateness FOLDER, filled by
 * tests/hostile/write.lua. Measures CPU time of the thread in two ways:
 *
 * - With unlimited steps and a CPU time limit, as in `dpae run`: the time beyond the budget.
 * - With 1000 steps, which take next to no time: the time of the call.
 *
 * Both are at most 5 ms for classifiers that loop in Lua, and 50 ms for those that spend their time
 * in C functions. A busy machine can slow a call down, so a row over the limit is measured again.
 * The time of calls with the default steps is only printed, and only measured unless it would take
 * minutes. */
#include "script/host_bed.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>

enum { CALLS = 12, TRIES = 3, BUDGET_US = 20000, FEW_STEPS = 1000, DEFAULT_STEPS = 500000 };
enum { KILLED_AFTER = 60 };       /* s */
static const double much_ms = 20; /* for FEW_STEPS: equals 10 s with DEFAULT_STEPS */

static const struct kind {
    const char *folder;
    double most_ms;
} kinds[] = {{"lua", 5}, {"c", 50}};

/* The longest of several calls, in ms, under each limit. */
struct measured {
    double late, few_steps, default_steps;
};

static double cpu_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double longest_call(const char *source, uint32_t steps, uint32_t budget_us) {
    void *state = NULL;
    assert_int_equal(begin_patient(&state), 0);
    struct bed *bed = state;
    const struct script_options options = {.classifiers_directory = bed->directory,
                                           .lua_directory = DPAE_SOURCE_DIR "/lua",
                                           .steps = steps,
                                           .budget_us = budget_us,
                                           .memory_mb = 64};
    const char *const names[] = {"hostile"};
    struct error error;
    double worst = 0;
    script_host_free(bed->host);
    assert_int_equal(script_host_new(&bed->host, &options, &error), 0);
    bed_connect(bed);
    bed_script(bed, "hostile", source);
    load(bed, names, 1);
    for (unsigned i = 0; i < CALLS; i++) {
        const double start = cpu_ms();
        run(bed, 1);
        const double taken = cpu_ms() - start;
        worst = taken > worst ? taken : worst;
    }
    assert_int_equal(end(&state), 0);
    return worst;
}

static struct measured measure(const char *source) {
    const double limited = longest_call(source, UINT32_MAX, BUDGET_US);
    const double few = longest_call(source, FEW_STEPS, 0);
    return (struct measured){
        .late = limited - BUDGET_US / 1e3,
        .few_steps = few,
        .default_steps = few < much_ms ? longest_call(source, DEFAULT_STEPS, 0) : 0,
    };
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long length = ftell(file);
    char *text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)length, file), length);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Measures in a child process, which may crash or hang. Returns its status, as waitpid(). */
static int measure_apart(const char *path, struct measured *measured) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGABRT, SIG_DFL);
        (void)alarm(KILLED_AFTER);
        assert_true(freopen("/dev/null", "w", stderr) != NULL);
        char *text = read_text(path);
        const struct measured one = measure(text);
        free(text);
        _exit(write(ends[1], &one, sizeof one) == (ssize_t)sizeof one ? 0 : 1);
    }
    assert_int_equal(close(ends[1]), 0);
    if (read(ends[0], measured, sizeof *measured) != (ssize_t)sizeof *measured) {
        *measured = (struct measured){0};
    }
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The best of several attempts. */
static bool is_in_time(const char *path, double most_ms, struct measured *worst) {
    for (unsigned i = 0; i < TRIES; i++) {
        struct measured measured;
        const int status = measure_apart(path, &measured);
        if (status != 0) {
            print_message("FAILED: %s: it ended with status %d\n", path, status);
            return false;
        }
        if (measured.late <= most_ms && measured.few_steps <= most_ms) {
            worst->late = measured.late > worst->late ? measured.late : worst->late;
            worst->few_steps =
                measured.few_steps > worst->few_steps ? measured.few_steps : worst->few_steps;
            if (measured.default_steps > worst->default_steps) {
                worst->default_steps = measured.default_steps;
                print_message("%s: %.1f ms with the default limit\n", path, measured.default_steps);
            }
            return true;
        }
        print_message("%s: %.1f ms late, %.1f ms for %d steps, of %.0f\n", path, measured.late,
                      measured.few_steps, FEW_STEPS, most_ms);
    }
    print_message("FAILED: %s\n", path);
    return false;
}

static const char *rows_folder;

static int is_script(const struct dirent *entry) {
    return strstr(entry->d_name, ".lua") != NULL;
}

static void measure_kind(const struct kind *kind, unsigned *failed) {
    char path[512];
    struct dirent **entries;
    struct measured worst = {0};
    snprintf(path, sizeof path, "%s/%s", rows_folder, kind->folder);
    const int count = scandir(path, &entries, is_script, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", rows_folder, kind->folder, entries[i]->d_name);
        *failed += !is_in_time(path, kind->most_ms, &worst);
        free(entries[i]);
    }
    free(entries);
    print_message("%s: %d rows, at most %.1f ms late, %.1f ms for %d steps, %.1f ms for %d\n",
                  kind->folder, count, worst.late, worst.few_steps, FEW_STEPS, worst.default_steps,
                  DEFAULT_STEPS);
}

static void hostile_calls_are_stopped_in_time(void **state) {
    unsigned failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        measure_kind(&kinds[i], &failed);
    }
    assert_int_equal(failed, 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_calls_are_stopped_in_time)};
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    rows_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

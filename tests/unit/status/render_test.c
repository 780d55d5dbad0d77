#include "status/document.h"
#include "status/metrics.h"
#include "status/page.h"
#include "status/samples.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The three ways in which a snapshot is written, to the byte. */
#define EXPECTED DPAE_SOURCE_DIR "/tests/unit/status/expected/"

static struct status_snapshot snapshot;

static char *written(void (*write)(FILE *file, const struct status_snapshot *snapshot)) {
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    write(file, &snapshot);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void write_document(FILE *file, const struct status_snapshot *of) {
    char *text = document_make(of);
    assert_non_null(text);
    fprintf(file, "%s\n", text);
    free(text);
}

static char *read_file(const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static unsigned first_difference(const char *a, const char *b) {
    unsigned line = 1;
    for (; *a && *a == *b; a++, b++) {
        line += *a == '\n';
    }
    return line;
}

static void a_snapshot_is_written_as_expected(void **state) {
    (void)state;
    static const struct {
        const char *path;
        void (*write)(FILE *file, const struct status_snapshot *snapshot);
    } cases[] = {
        {EXPECTED "metrics.txt", metrics_write},
        {EXPECTED "status.json", write_document},
        {EXPECTED "page.html", page_write},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sample_fill(NULL, &snapshot);
        char *text = written(cases[i].write), *expected = read_file(cases[i].path);
        if (strcmp(text, expected) != 0) {
            fail_msg("%s differs from line %u on; it is now:\n%s", cases[i].path,
                     first_difference(text, expected), text);
        }
        free(text);
        free(expected);
    }
}

static void fill_hostile(void) {
    sample_fill(NULL, &snapshot);
    struct status_interface *interface = &snapshot.interfaces[0];
    snapshot.version = SAMPLE_HOSTILE;
    interface->session.up = false;
    snapshot.store.up = false;
    memcpy(snapshot.store.trouble, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    interface->policy = STATUS_POLICY_REFUSED;
    interface->workers[0].failing = true;
    memcpy(interface->name, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->session.phase, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->session.note, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->policy_fault, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->workers[0].how, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->workers[0].crash_file, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(interface->workers[0].classifiers[0].name, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    struct status_refusal *refusal = &snapshot.interfaces[1].refusals[0];
    memcpy(refusal->classifier, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
    memcpy(refusal->error, SAMPLE_HOSTILE, sizeof SAMPLE_HOSTILE);
}

static unsigned count(const char *text, const char *part) {
    unsigned found = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        found++;
    }
    return found;
}

static void hostile_text_is_harmless_in_the_page(void **state) {
    (void)state;
    fill_hostile();
    char *text = written(page_write);
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "\xff"));
    /* version, name, phase, note, how, file, classifier, trouble; in four reasons 3, 3, 2 and 1
     * of them; and in a note classifier and error */
    assert_int_equal(count(text, SAMPLE_HOSTILE_HTML), 8 + 3 + 3 + 2 + 1 + 2);
    assert_non_null(strstr(text, "<title>dpae: degraded</title>"));
    assert_non_null(strstr(text, "<h1>dpae <span class=\"degraded\">degraded</span></h1>"));
    assert_null(strstr(text, "<script"));
    free(text);
}

static void hostile_text_is_harmless_in_labels(void **state) {
    (void)state;
    fill_hostile();
    char *text = written(metrics_write);
    assert_null(strstr(text, "\xff"));
    assert_non_null(strstr(text, "dpae_build_info{version=" SAMPLE_HOSTILE_LABEL "} 1\n"));
    assert_non_null(strstr(text, "dpae_session_phase{interface=" SAMPLE_HOSTILE_LABEL
                                 ",phase=" SAMPLE_HOSTILE_LABEL "} 1\n"));
    assert_non_null(strstr(text, "dpae_script_errors_total{interface=" SAMPLE_HOSTILE_LABEL
                                 ",worker=\"0\",classifier=" SAMPLE_HOSTILE_LABEL "} 23\n"));
    assert_non_null(strstr(text, "dpae_degraded 1\n"));
    assert_non_null(strstr(
        text,
        "dpae_change_refused_since_seconds{interface=\"eth2\",classifier=" SAMPLE_HOSTILE_LABEL
        "} 1699999980\n"));
    free(text);
}

static void hostile_text_comes_through_json(void **state) {
    (void)state;
    fill_hostile();
    char *text = document_make(&snapshot);
    assert_non_null(text);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    const cJSON *interface =
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "interfaces"), 0);
    const cJSON *session = cJSON_GetObjectItemCaseSensitive(interface, "session");
    assert_string_equal(
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(interface, "policy_fault")),
        SAMPLE_HOSTILE_SAFE);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(session, "note")),
                        SAMPLE_HOSTILE_SAFE);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "state")),
                        "degraded");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "reasons")), 4);
    cJSON_Delete(json);
    free(text);
}

/* The longest text that there can be, each byte of it escaped, is cut and does no harm. */
static void long_text_is_cut(void **state) {
    (void)state;
    sample_fill(NULL, &snapshot);
    struct status_interface *interface = &snapshot.interfaces[0];
    interface->policy = STATUS_POLICY_REFUSED;
    memset(interface->policy_fault, '\xff', sizeof interface->policy_fault - 1);
    memset(interface->session.note, '\xff', sizeof interface->session.note - 1);
    interface->session.up = snapshot.store.up = false;
    memset(snapshot.store.trouble, '\xff', sizeof snapshot.store.trouble - 1);
    char *page = written(page_write), *json = document_make(&snapshot);
    assert_non_null(strstr(page, "</html>"));
    assert_non_null(json);
    free(page);
    free(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_is_written_as_expected),
        cmocka_unit_test(hostile_text_is_harmless_in_the_page),
        cmocka_unit_test(hostile_text_is_harmless_in_labels),
        cmocka_unit_test(hostile_text_comes_through_json),
        cmocka_unit_test(long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

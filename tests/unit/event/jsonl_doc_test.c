#include "event/format.h"
#include "event/samples.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Compares docs/jsonl.md with the writer in both directions: the fields of an event are those of
 * its tables, in the same order and of the documented type. */
#define FIELDS_MAX 64
#define DOC        DPAE_SOURCE_DIR "/docs/jsonl.md"

struct field {
    char name[64], type[64];
};

struct fields {
    struct field field[FIELDS_MAX];
    size_t count;
};

static void fields_add(struct fields *fields, const char *name, const char *type) {
    assert_true(fields->count < FIELDS_MAX);
    struct field *field = &fields->field[fields->count++];
    snprintf(field->name, sizeof field->name, "%s", name);
    snprintf(field->type, sizeof field->type, "%s", type);
}

/* Appends the rows of the table under a heading of the document. */
static void read_section(const char *heading, struct fields *fields) {
    FILE *file = fopen(DOC, "r");
    assert_non_null(file);
    char line[1024], name[64], type[64];
    bool inside = false;
    size_t rows = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#') {
            inside = strcmp(line + strspn(line, "# "), heading) == 0;
        } else if (inside && sscanf(line, "| `%63[^`]` | %63[^|]", name, type) == 2) {
            type[strcspn(type, "|")] = '\0';
            for (size_t end = strlen(type); end > 0 && type[end - 1] == ' '; end--) {
                type[end - 1] = '\0';
            }
            fields_add(fields, name, type);
            rows++;
        }
    }
    fclose(file);
    if (rows == 0) {
        fail_msg("%s has no table under \"%s\"", DOC, heading);
    }
}

static const char *type_of(const cJSON *item) {
    return cJSON_IsString(item)   ? "string"
           : cJSON_IsNumber(item) ? "number"
           : cJSON_IsBool(item)   ? "boolean"
           : cJSON_IsNull(item)   ? "null"
           : cJSON_IsObject(item) ? "object"
                                  : "array";
}

/* Appends the members of an object as names with their path, nested ones after their parent. */
static void flatten(const cJSON *object, const char *path, struct fields *fields) {
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        char name[64], type[64], inner[64];
        snprintf(name, sizeof name, "%.30s%.30s", path, item->string);
        snprintf(type, sizeof type, "%s", type_of(item));
        if (cJSON_IsArray(item)) {
            const char *element = item->child ? type_of(item->child) : "no element";
            snprintf(type, sizeof type, "array of %s", element);
        }
        fields_add(fields, name, type);
        if (cJSON_IsObject(item)) {
            snprintf(inner, sizeof inner, "%.60s.", name);
            flatten(item, inner, fields);
        } else if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
            snprintf(inner, sizeof inner, "%.60s[].", name);
            flatten(item->child, inner, fields);
        }
    }
}

/* "null" matches "string or null"; an empty array matches any elements. */
static bool is_one_of(const char *type, const char *documented) {
    char alternatives[64];
    snprintf(alternatives, sizeof alternatives, "%s", documented);
    if (strcmp(type, "array of no element") == 0) {
        return strncmp(documented, "array of ", 9) == 0;
    }
    char *second = strstr(alternatives, " or ");
    if (second) {
        *second = '\0';
        second += 4;
    }
    return strcmp(type, alternatives) == 0 || (second && strcmp(type, second) == 0);
}

static const struct {
    const struct event *event;
    const char *sections[3];
} cases[] = {
    {&sample_treatment, {"Every event", "Verdict"}},
    {&sample_suppress, {"Every event", "Verdict"}},
    {&sample_arp, {"Every event", "Identity", "arp"}},
    {&sample_arp_request, {"Every event", "Identity", "arp"}},
    {&sample_lldp, {"Every event", "Identity", "lldp"}},
    {&sample_lldp_nameless, {"Every event", "Identity", "lldp"}},
    {&sample_dns_a, {"Every event", "Identity", "dns"}},
    {&sample_dns_cname, {"Every event", "Identity", "dns"}},
    {&sample_dhcp, {"Every event", "Identity", "dhcp"}},
    {&sample_dhcp_bare, {"Every event", "Identity", "dhcp"}},
    {&sample_ndp, {"Every event", "Identity", "ndp"}},
    {&sample_flow_end, {"Every event", "Flow end"}},
    {&sample_flow_end_bare, {"Every event", "Flow end"}},
    {&sample_shadow, {"Every event", "Shadow"}},
    {&sample_shadow_bare, {"Every event", "Shadow"}},
    {&sample_script_error, {"Every event", "Script error"}},
    {&sample_script_error_bare, {"Every event", "Script error"}},
};

static void the_document_lists_the_written_fields(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fields documented = {0}, written = {0};
        for (size_t j = 0; j < 3 && cases[i].sections[j]; j++) {
            read_section(cases[i].sections[j], &documented);
        }
        char text[EVENT_LINE_MAX];
        assert_true(jsonl_format(cases[i].event, text, sizeof text) > 0);
        cJSON *json = cJSON_Parse(text);
        assert_non_null(json);
        flatten(json, "", &written);
        cJSON_Delete(json);

        for (size_t j = 0; j < documented.count && j < written.count; j++) {
            assert_string_equal(written.field[j].name, documented.field[j].name);
            if (!is_one_of(written.field[j].type, documented.field[j].type)) {
                fail_msg("%s: is written as %s, documented as %s", written.field[j].name,
                         written.field[j].type, documented.field[j].type);
            }
        }
        assert_int_equal(written.count, documented.count);
    }
}

/* A documented "or null" or "or boolean" that never occurs is wrong, too. */
static void every_documented_alternative_occurs(void **state) {
    (void)state;
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++) {
        const char *section = cases[i].sections[cases[i].sections[2] ? 2 : 1];
        const char *next = cases[i + 1].sections[cases[i + 1].sections[2] ? 2 : 1];
        if (strcmp(section, next) != 0) {
            continue;
        }
        struct fields documented = {0}, written[2] = {0};
        read_section(section, &documented);
        for (size_t j = 0; j < 2; j++) {
            char text[EVENT_LINE_MAX];
            assert_true(jsonl_format(cases[i + j].event, text, sizeof text) > 0);
            cJSON *json = cJSON_Parse(text);
            assert_non_null(json);
            flatten(json, "", &written[j]);
            cJSON_Delete(json);
        }
        const size_t offset = written[0].count - documented.count;
        for (size_t j = 0; j < documented.count; j++) {
            if (strstr(documented.field[j].type, " or ")) {
                assert_string_not_equal(written[0].field[offset + j].type,
                                        written[1].field[offset + j].type);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_lists_the_written_fields),
        cmocka_unit_test(every_documented_alternative_occurs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

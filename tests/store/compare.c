#include "compare.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Keys that only documents have, or only lines. */
static const char *const document_only[] = {"_id", "verdicts",  "dpae_id",   "interface",
                                            "run", "stored_at", "expires_at"};
static const char *const line_only[] = {"type", "time", "packet"};

struct line {
    cJSON *json;
    const char *hash;
    double start;
};

struct document {
    bson_t *bson;
    const char *hash;
    double start;
};

static bool is_among(const char *key, const char *const *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_value(const cJSON *json, const bson_iter_t *value);

static bool same_array(const cJSON *json, const bson_iter_t *value) {
    bson_iter_t item;
    const cJSON *element = json->child;
    if (!BSON_ITER_HOLDS_ARRAY(value) || !bson_iter_recurse(value, &item)) {
        return false;
    }
    while (bson_iter_next(&item)) {
        if (!element || !same_value(element, &item)) {
            return false;
        }
        element = element->next;
    }
    return !element;
}

static bool same_value(const cJSON *json, const bson_iter_t *value) {
    if (cJSON_IsString(json)) {
        return BSON_ITER_HOLDS_UTF8(value) &&
               strcmp(json->valuestring, bson_iter_utf8(value, NULL)) == 0;
    }
    if (cJSON_IsNumber(json)) {
        return BSON_ITER_HOLDS_NUMBER(value) && json->valuedouble == bson_iter_as_double(value);
    }
    if (cJSON_IsBool(json)) {
        return BSON_ITER_HOLDS_BOOL(value) && cJSON_IsTrue(json) == bson_iter_bool(value);
    }
    return cJSON_IsNull(json) ? BSON_ITER_HOLDS_NULL(value) : same_array(json, value);
}

static void compare_one(const struct line *line, const struct document *document) {
    size_t fields = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, line->json) {
        bson_iter_t value;
        if (is_among(member->string, line_only, sizeof line_only / sizeof *line_only)) {
            continue;
        }
        fields++;
        if (!bson_iter_init_find(&value, document->bson, member->string) ||
            !same_value(member, &value)) {
            char *bson = bson_as_relaxed_extended_json(document->bson, NULL);
            fail_msg("%s differs:\n%s\n%s", member->string, cJSON_PrintUnformatted(line->json),
                     bson);
        }
    }
    bson_iter_t all;
    assert_true(bson_iter_init(&all, document->bson));
    while (bson_iter_next(&all)) {
        if (!is_among(bson_iter_key(&all), document_only,
                      sizeof document_only / sizeof *document_only)) {
            assert_true(fields > 0);
            fields--;
        }
    }
    assert_int_equal(fields, 0);
}

static int order(const char *a, const char *b, double start_a, double start_b) {
    const int by_hash = strcmp(a, b);
    return by_hash != 0 ? by_hash : (start_a > start_b) - (start_a < start_b);
}

static int by_line(const void *a, const void *b) {
    const struct line *first = a, *second = b;
    return order(first->hash, second->hash, first->start, second->start);
}

static int by_document(const void *a, const void *b) {
    const struct document *first = a, *second = b;
    return order(first->hash, second->hash, first->start, second->start);
}

static size_t read_lines(FILE *file, struct line **lines) {
    char *text = NULL;
    size_t size = 0, count = 0, room = 0;
    while (getline(&text, &size, file) >= 0) {
        if (strncmp(text, "{\"type\":\"flow_end\"", 18) != 0) {
            continue;
        }
        if (count == room) {
            room = room ? 2 * room : 1024;
            *lines = realloc(*lines, room * sizeof **lines);
            assert_non_null(*lines);
        }
        struct line *line = &(*lines)[count++];
        line->json = cJSON_Parse(text);
        assert_non_null(line->json);
        line->hash = cJSON_GetObjectItem(line->json, "hash")->valuestring;
        line->start = cJSON_GetObjectItem(line->json, "start_time")->valuedouble;
    }
    free(text);
    return count;
}

static size_t read_documents(mongoc_client_t *client, const char *name,
                             struct document **documents) {
    mongoc_collection_t *collection = mongoc_client_get_collection(client, SERVER_DATABASE, name);
    bson_t filter = BSON_INITIALIZER;
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, &filter, NULL, NULL);
    const bson_t *found;
    size_t count = 0, room = 0;
    while (mongoc_cursor_next(cursor, &found)) {
        if (count == room) {
            room = room ? 2 * room : 1024;
            *documents = realloc(*documents, room * sizeof **documents);
            assert_non_null(*documents);
        }
        struct document *document = &(*documents)[count++];
        bson_iter_t at;
        document->bson = bson_copy(found);
        assert_true(bson_iter_init_find(&at, document->bson, "hash"));
        document->hash = bson_iter_utf8(&at, NULL);
        assert_true(bson_iter_init_find(&at, document->bson, "start_time"));
        document->start = bson_iter_double(&at);
    }
    bson_error_t error = {0};
    if (mongoc_cursor_error(cursor, &error)) {
        fail_msg("reading the documents: %s", error.message);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return count;
}

size_t compare_flows(FILE *file, mongoc_client_t *client, const char *collection) {
    struct line *lines = NULL;
    struct document *documents = NULL;
    const size_t count = read_lines(file, &lines);
    const size_t stored = read_documents(client, collection, &documents);
    if (count != stored) {
        fail_msg("%zu flows ended, %zu are stored", count, stored);
    }
    if (count > 0) {
        qsort(lines, count, sizeof *lines, by_line);
        qsort(documents, count, sizeof *documents, by_document);
    }
    for (size_t i = 0; i < count; i++) {
        compare_one(&lines[i], &documents[i]);
        cJSON_Delete(lines[i].json);
        bson_destroy(documents[i].bson);
    }
    free(lines);
    free(documents);
    return count;
}

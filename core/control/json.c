#include "control/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void json_open(struct json_object *object) {
    *object = (struct json_object){.node = cJSON_CreateObject()};
    object->failed = !object->node;
}

static void put(struct json_object *object, const char *key, cJSON *item) {
    if (!item || !cJSON_AddItemToObjectCS(object->node, key, item)) {
        cJSON_Delete(item);
        object->failed = true;
    }
}

void json_put_text(struct json_object *object, const char *key, const char *text) {
    put(object, key, cJSON_CreateString(text));
}

void json_put_null(struct json_object *object, const char *key) {
    put(object, key, cJSON_CreateNull());
}

void json_put_text_or_null(struct json_object *object, const char *key, const char *text) {
    if (text && *text) {
        json_put_text(object, key, text);
    } else {
        json_put_null(object, key);
    }
}

void json_put_number(struct json_object *object, const char *key, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    put(object, key, cJSON_CreateRaw(text));
}

void json_put_object(struct json_object *object, const char *key, struct json_object *member) {
    object->failed |= member->failed;
    put(object, key, member->node);
    member->node = NULL;
}

void json_put_item(struct json_object *object, const char *key, struct json_object *member) {
    cJSON *list = cJSON_GetObjectItemCaseSensitive(object->node, key);
    if (!list) {
        list = cJSON_CreateArray();
        put(object, key, list);
    }
    object->failed |= member->failed;
    if (object->failed || !cJSON_AddItemToArray(list, member->node)) {
        cJSON_Delete(member->node);
        object->failed = true;
    }
    member->node = NULL;
}

char *json_close(struct json_object *object) {
    char *text = object->failed ? NULL : cJSON_PrintUnformatted(object->node);
    cJSON_Delete(object->node);
    object->node = NULL;
    return text;
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

char *json_string_content(const char *text, size_t length) {
    if (length == 0) {
        return NULL; /* text may be NULL */
    }
    const char *const end = text + length;
    const char *rest = skip_blanks(text, end);
    if (rest == end || *rest != '"') {
        return NULL;
    }
    cJSON *value = cJSON_ParseWithLengthOpts(text, length, &rest, false);
    const bool whole = cJSON_IsString(value) && skip_blanks(rest, end) == end;
    char *content = whole ? strdup(value->valuestring) : NULL;
    cJSON_Delete(value);
    return content;
}

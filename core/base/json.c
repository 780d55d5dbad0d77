#include "base/json.h"

#include "base/clock.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAIR_LENGTH   12 /* \uD83D\uDE00 */
#define JOINED_LENGTH 10 /* \U0001f600 */

void json_open_object(struct json *object) {
    *object = (struct json){.node = cJSON_CreateObject()};
    object->failed = !object->node;
}

void json_open_list(struct json *list) {
    *list = (struct json){.node = cJSON_CreateArray()};
    list->failed = !list->node;
}

/* cJSON adds nothing to an object or a list that is NULL, and returns false. */
static void add(struct json *json, const char *key, cJSON *item) {
    const bool added = item && (key ? cJSON_AddItemToObjectCS(json->node, key, item)
                                    : cJSON_AddItemToArray(json->node, item));
    if (!added) {
        cJSON_Delete(item);
        json->failed = true;
    }
}

void json_put_text(struct json *json, const char *key, const char *text) {
    add(json, key, cJSON_CreateString(text));
}

void json_put_null(struct json *json, const char *key) {
    add(json, key, cJSON_CreateNull());
}

void json_put_text_or_null(struct json *json, const char *key, const char *text) {
    if (text && *text) {
        json_put_text(json, key, text);
    } else {
        json_put_null(json, key);
    }
}

/* As text: cJSON's numbers are doubles, which hold neither nanoseconds since 1970 nor 64-bit
 * counters, and cost four times as much to print. */
void json_put_number(struct json *json, const char *key, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    add(json, key, cJSON_CreateRaw(text));
}

void json_put_number_or_null(struct json *json, const char *key, bool known, uint64_t number) {
    if (known) {
        json_put_number(json, key, number);
    } else {
        json_put_null(json, key);
    }
}

void json_put_seconds(struct json *json, const char *key, uint64_t ns, unsigned digits) {
    char text[32];
    const int length = snprintf(text, sizeof text, "%" PRIu64 ".%09" PRIu64,
                                ns / (uint64_t)NS_PER_S, ns % (uint64_t)NS_PER_S);
    text[length - 9 + (int)digits] = '\0';
    add(json, key, cJSON_CreateRaw(text));
}

void json_put_bool(struct json *json, const char *key, bool value) {
    add(json, key, cJSON_CreateBool(value));
}

void json_put(struct json *json, const char *key, struct json *member) {
    json->failed |= member->failed;
    add(json, key, member->node);
    member->node = NULL;
}

char *json_close(struct json *json) {
    char *text = json->failed ? NULL : cJSON_PrintUnformatted(json->node);
    cJSON_Delete(json->node);
    json->node = NULL;
    return text;
}

int json_close_into(struct json *json, char *text, size_t size) {
    int result = -ENOMEM;
    if (!json->failed) {
        const bool fits = cJSON_PrintPreallocated(json->node, text, (int)size, false);
        result = fits ? (int)strlen(text) : -ENOSPC;
    }
    cJSON_Delete(json->node);
    json->node = NULL;
    return result;
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

char *json_string_content(const char *text, size_t length) {
    if (length == 0) {
        return NULL; /* text may be NULL, too */
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

/* ---- pairs of \u escapes ---- */

static bool read_escape(const char *text, uint32_t *unit) {
    if (text[0] != '\\' || text[1] != 'u') {
        return false;
    }
    *unit = 0;
    for (unsigned i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *at = text[i] ? strchr(digits, text[i]) : NULL;
        if (!at) {
            return false;
        }
        const uint32_t value = (uint32_t)(at - digits);
        *unit = *unit << 4 | (value < 16 ? value : value - 6);
    }
    return true;
}

/* The character that the escapes at text are a pair for, or 0. */
static uint32_t read_pair(const char *text, size_t length) {
    uint32_t high, low;
    if (length < PAIR_LENGTH || !read_escape(text, &high) || !read_escape(text + 6, &low) ||
        high >> 10 != 0xd800 >> 10 || low >> 10 != 0xdc00 >> 10) {
        return 0;
    }
    return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

bool json_has_pairs(const char *text, size_t length) {
    size_t first = 0;
    while (first < length && strchr(" \t\r\n", text[first]) && text[first]) {
        first++;
    }
    if (first == length || (text[first] != '{' && text[first] != '[')) {
        return false;
    }
    return memmem(text, length, "\\ud", 3) || memmem(text, length, "\\uD", 3);
}

size_t json_join_pairs(const char *text, size_t length, char *joined) {
    size_t written = 0;
    for (size_t at = 0; at < length;) {
        const uint32_t character = read_pair(text + at, length - at);
        if (character) {
            char escape[JOINED_LENGTH + 1];
            snprintf(escape, sizeof escape, "\\U%08x", character);
            memcpy(joined + written, escape, JOINED_LENGTH);
            written += JOINED_LENGTH;
            at += PAIR_LENGTH;
            continue;
        }
        /* What a backslash escapes goes with it: "\\ud83d" is a backslash and letters. */
        const size_t taken = text[at] == '\\' && at + 1 < length ? 2 : 1;
        memcpy(joined + written, text + at, taken);
        written += taken;
        at += taken;
    }
    return written;
}

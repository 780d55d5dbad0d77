#ifndef DPAE_BASE_JSON_H
#define DPAE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON (RFC 8259), written: the only user of cJSON. core/base/yaml.h reads JSON, with the help of
 * the last two functions below, since it keeps numbers as their digits: cJSON makes doubles of
 * them, which are too short for a 64-bit dpid. */
struct cJSON;

/* An object or a list under construction; members keep the order in which they are put. A lack of
 * memory is remembered and building goes on: json_close() and json_close_into() report it. */
struct json {
    struct cJSON *node;
    bool failed;
};

void json_open_object(struct json *object);
void json_open_list(struct json *list);

/* Adds a member. The key is a string literal, or NULL when json is a list; text is copied.
 * json_put_text_or_null() writes null for NULL and for an empty text; json_put_seconds() writes ns
 * as seconds with so many digits after the point (1 to 9), and cuts the rest. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_text_or_null(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_number_or_null(struct json *json, const char *key, bool known, uint64_t number);
void json_put_seconds(struct json *json, const char *key, uint64_t ns, unsigned digits);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_null(struct json *json, const char *key);

/* The same for an object or a list; takes member over, which must not be closed. */
void json_put(struct json *json, const char *key, struct json *member);

/* Frees json and returns its text without blanks: owned by the caller (free()), NULL when out of
 * memory. */
char *json_close(struct json *json);

/* The same into text, which has room for size bytes. Returns the length of the text, -ENOSPC, or
 * -ENOMEM. */
int json_close_into(struct json *json, char *text, size_t size);

/* Decodes length bytes of text that are one JSON string, with white space around it or not. Returns
 * its content, cut at a \u0000: owned by the caller (free()). NULL when text is anything else, or
 * when out of memory. */
char *json_string_content(const char *text, size_t length);

/* JSON writes a character beyond U+FFFF as a pair of \u escapes (RFC 8259 section 7); YAML knows it
 * as one \U with eight digits, and libyaml refuses the halves. */

/* True when text is JSON (it begins with a brace or bracket) with such a pair somewhere. */
bool json_has_pairs(const char *text, size_t length);

/* Copies length bytes of JSON text to joined, which has room for as many, with each pair as one \U
 * escape. Returns the bytes written, two fewer for each pair. */
size_t json_join_pairs(const char *text, size_t length, char *joined);

#endif

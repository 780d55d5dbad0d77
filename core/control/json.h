#ifndef DPAE_CONTROL_JSON_H
#define DPAE_CONTROL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON as the controller wants it, written: the only user of cJSON in this layer. Replies are read
 * by core/base/yaml, which keeps numbers as their digits: cJSON keeps doubles, too short for a
 * 64-bit dpid. */
struct cJSON;

/* An object under construction. Members appear in the order in which they are put. Want of memory
 * is remembered: json_close() tells. */
struct json_object {
    struct cJSON *node;
    bool failed;
};

void json_open(struct json_object *object);

/* Keys are string literals; text is copied. */
void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_text_or_null(struct json_object *object, const char *key, const char *text);
void json_put_number(struct json_object *object, const char *key, uint64_t number);
void json_put_null(struct json_object *object, const char *key);

/* Both take member over: it must not be closed. The second appends it to the list under key. */
void json_put_object(struct json_object *object, const char *key, struct json_object *member);
void json_put_item(struct json_object *object, const char *key, struct json_object *member);

/* Ends the object. Returns its text, owned by the caller (free()); NULL when out of memory. */
char *json_close(struct json_object *object);

/* What a JSON string holds, for length bytes of text that are one (white space around it is fine):
 * owned by the caller (free()), cut at a \u0000. NULL when text is something else, or when out of
 * memory. */
char *json_string_content(const char *text, size_t length);

#endif

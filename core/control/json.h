#ifndef DPAE_CONTROL_JSON_H
#define DPAE_CONTROL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes JSON for the controller: the only user of cJSON in this layer. Replies are parsed by
 * core/base/yaml, which keeps numbers as digits: cJSON's doubles cannot hold a 64-bit dpid. */
struct cJSON;

/* An object under construction. Members appear in insertion order. After an allocation failure
 * json_close() returns NULL. */
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

/* Both take ownership of member, which must not be closed. The second appends it to the list under
 * key. */
void json_put_object(struct json_object *object, const char *key, struct json_object *member);
void json_put_item(struct json_object *object, const char *key, struct json_object *member);

/* Ends the object. Returns its text, owned by the caller (free()), or NULL when memory is
 * exhausted. */
char *json_close(struct json_object *object);

/* Returns the content of the JSON string in length bytes of text (surrounding white space is
 * allowed), truncated at a \u0000; owned by the caller (free()). Returns NULL when text is
 * something else or memory is exhausted. */
char *json_string_content(const char *text, size_t length);

#endif

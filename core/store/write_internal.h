#ifndef DPAE_STORE_WRITE_INTERNAL_H
#define DPAE_STORE_WRITE_INTERNAL_H

#include "store/write.h"

#include <bson/bson.h>

/* Internals of write.c and write_identity.c. */

#define WRITE_TEXT_MAX 1100 /* longest text of an event, including its NUL */

/* Seconds as the double nearest to the number with nine decimals. */
double write_seconds(uint64_t ns);

/* False if the document grew too large. */
bool write_put_text(bson_t *to, const char *key, const char *text);
bool write_put_text_or_null(bson_t *to, const char *key, const char *text);
bool write_put_source(bson_t *to, const struct write_source *source, uint64_t now_ns);

/* Appends filter and update of an identity. */
bool write_put_identity(bson_t *write, const struct identity *identity,
                        const struct write_source *source, uint64_t now_ns);

#endif

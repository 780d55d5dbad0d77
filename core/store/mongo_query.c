#include "store/query.h"

#include "base/escape.h"
#include "store/mongo_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A query may scan the whole collection. */
#define QUERY_TIMEOUT_MS 30000
#define PAGE             500
#define YEAR_10000       253402300800.0 /* seconds since 1970 */

static void take_text(const bson_t *document, const char *key, char *text, size_t size) {
    bson_iter_t at;
    text[0] = '\0';
    if (bson_iter_init_find(&at, document, key) && BSON_ITER_HOLDS_UTF8(&at)) {
        escape_text(bson_iter_utf8(&at, NULL), text, size);
    }
}

/* Other programs may have written the document: an impossible time becomes 0. */
static double take_double(const bson_t *document, const char *key) {
    bson_iter_t at;
    const double number = bson_iter_init_find(&at, document, key) && BSON_ITER_HOLDS_NUMBER(&at)
                              ? bson_iter_as_double(&at)
                              : 0;
    return number > 0 && number < YEAR_10000 ? number : 0;
}

static uint64_t take_number(const bson_t *document, const char *key) {
    bson_iter_t at;
    const bool whole = bson_iter_init_find(&at, document, key) &&
                       (BSON_ITER_HOLDS_INT32(&at) || BSON_ITER_HOLDS_INT64(&at));
    const int64_t number = whole ? bson_iter_as_int64(&at) : 0;
    return number > 0 ? (uint64_t)number : 0;
}

static void read_flow(const bson_t *document, struct store_flow *flow) {
    flow->start = take_double(document, "start_time");
    flow->end = take_double(document, "end_time");
    flow->client_port = (uint32_t)take_number(document, "port_A");
    flow->server_port = (uint32_t)take_number(document, "port_B");
    flow->packets = take_number(document, "packet_count");
    flow->bytes = take_number(document, "bytes_c2s") + take_number(document, "bytes_s2c");
    take_text(document, "client", flow->client, sizeof flow->client);
    take_text(document, "server", flow->server, sizeof flow->server);
    take_text(document, "proto", flow->proto, sizeof flow->proto);
    take_text(document, "qos_treatment", flow->treatment, sizeof flow->treatment);
    take_text(document, "end_reason", flow->end_reason, sizeof flow->end_reason);
    take_text(document, "dpae_id", flow->dpae_id, sizeof flow->dpae_id);
}

static bool fill_filter(bson_t *filter, const struct store_query *query) {
    bson_t part;
    return (!query->client || BSON_APPEND_UTF8(filter, "client", query->client)) &&
           (!query->treatment || BSON_APPEND_UTF8(filter, "qos_treatment", query->treatment)) &&
           (query->since <= 0 || (BSON_APPEND_DOCUMENT_BEGIN(filter, "start_time", &part) &&
                                  BSON_APPEND_DOUBLE(&part, "$gte", query->since) &&
                                  bson_append_document_end(filter, &part)));
}

static bool fill_options(bson_t *options, const struct store_query *query) {
    bson_t part;
    const uint64_t limit = query->limit < INT32_MAX ? query->limit : INT32_MAX;
    return BSON_APPEND_DOCUMENT_BEGIN(options, "sort", &part) &&
           BSON_APPEND_INT32(&part, "start_time", -1) && bson_append_document_end(options, &part) &&
           BSON_APPEND_INT64(options, "limit", (int64_t)limit) &&
           BSON_APPEND_INT32(options, "batchSize", PAGE);
}

/* Escapes DEL and the C1 controls, which the library leaves in and some terminals obey. An
 * escape takes up to six bytes per byte. */
static char *escape_controls(const char *json) {
    const size_t size = 6 * strlen(json) + 1;
    char *safe = malloc(size), *end = safe;
    for (; safe && *json; json++) {
        const unsigned char byte = (unsigned char)json[0], next = (unsigned char)json[1];
        const bool c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        if (c1 || byte == 0x7f) {
            end += snprintf(end, size - (size_t)(end - safe), "\\u%04x", c1 ? next : byte);
            json += c1;
        } else {
            *end++ = *json;
        }
    }
    if (safe) {
        *end = '\0';
    }
    return safe;
}

static int read_all(mongoc_cursor_t *cursor,
                    int (*on_flow)(void *context, const struct store_flow *flow, const char *json),
                    void *context, bool json, uint64_t *damaged, struct error *error) {
    const bson_t *document;
    bson_error_t reason;
    int result = 0;
    while (result == 0 && mongoc_cursor_next(cursor, &document)) {
        struct store_flow flow;
        char *raw = json ? bson_as_relaxed_extended_json(document, NULL) : NULL;
        char *safe = raw ? escape_controls(raw) : NULL;
        read_flow(document, &flow);
        if (json && !raw) {
            ++*damaged;
        } else if (raw && !safe) {
            result = error_set(error, -ENOMEM, "out of memory");
        } else {
            result = on_flow(context, &flow, safe);
        }
        bson_free(raw);
        free(safe);
    }
    if (result == 0 && mongoc_cursor_error(cursor, &reason)) {
        result = mongo_fail(error, &reason);
    }
    return result;
}

int store_query_run(const struct config *config, const struct store_query *query,
                    int (*on_flow)(void *context, const struct store_flow *flow, const char *json),
                    void *context, uint64_t *damaged, struct error *error) {
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER;
    bson_error_t reason;
    mongoc_client_t *client = NULL;
    mongoc_collection_t *collection = NULL;
    mongoc_cursor_t *cursor = NULL;
    char name[512];
    int result = -ENOMEM;
    mongoc_uri_t *uri = mongo_read_uri(config, query->uri, QUERY_TIMEOUT_MS, error);
    if (!uri) {
        result = error->code;
        goto out;
    }
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, MONGO_TIMEOUT_MS);
    mongo_describe(uri, config->mongo_database, name, sizeof name);
    client = mongoc_client_new_from_uri_with_error(uri, &reason);
    if (!client) {
        result = mongo_fail(error, &reason);
        goto out;
    }
    mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
    if (!fill_filter(&filter, query) || !fill_options(&options, query)) {
        result = error_set(error, -ENOMEM, "out of memory");
        goto out;
    }
    collection =
        mongoc_client_get_collection(client, config->mongo_database, config->mongo_collection);
    cursor = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    *damaged = 0;
    result = read_all(cursor, on_flow, context, query->json, damaged, error);
    if (result == -EIO || result == -EHOSTUNREACH) {
        result = mongo_explain(error, name, config, query->uri);
    }
out:
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    mongoc_uri_destroy(uri);
    bson_destroy(&options);
    bson_destroy(&filter);
    return result;
}

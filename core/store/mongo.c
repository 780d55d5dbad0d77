#include "store/mongo.h"

#include "base/escape.h"
#include "base/log.h"
#include "store/mongo_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library's own log lines repeat the errors that calls return. */
static void take_log(mongoc_log_level_t level, const char *domain, const char *message,
                     void *user_data) {
    (void)level;
    (void)user_data;
    log_debug(LOG_NMETA_DPAE, "%s: %s", domain, message);
}

static void start_library(void) {
    mongoc_log_set_handler(take_log, NULL);
    mongoc_init();
}

static void quiet(mongoc_log_level_t level, const char *domain, const char *message, void *data) {
    (void)level;
    (void)domain;
    (void)message;
    (void)data;
}

int mongo_fail(struct error *error, const bson_error_t *from) {
    char safe[sizeof from->message];
    escape_text(from->message, safe, sizeof safe);
    if (from->code == MONGOC_ERROR_SERVER_SELECTION_FAILURE) {
        char *const why =
            strchr(safe, '['); /* the text before it names an option of the library, */
        char *const end =
            why ? strrchr(why, ']') : NULL; /* the text after it the kind of deployment */
        if (end) {
            end[1] = '\0';
        }
        return error_set(error, -EHOSTUNREACH, "no usable server: %s", why ? why : safe);
    }
    return error_set(error, -EIO, "%s (code %u)", safe, from->code);
}

const char *mongo_setting(const struct config *config) {
    return config->mongo_uri[0] ? "mongo_uri" : "mongo_addr and mongo_port";
}

int mongo_explain(struct error *error, const char *name, const struct config *config,
                  const char *uri) {
    const struct error why = *error;
    if (why.code != -EHOSTUNREACH) {
        return error_set(error, why.code, "database %.80s: %s", name, why.message);
    }
    if (uri) {
        return error_set(error, why.code,
                         "database %.80s: %.110s; start it there, or give another --mongo-uri",
                         name, why.message);
    }
    return error_set(error, why.code, "database %.70s: %.90s; start it there, or set %s in %s",
                     name, why.message, mongo_setting(config),
                     config->path ? config->path : "the configuration");
}

/* In a password with an unescaped @, slash or question mark, the library would take a part for
 * a host, a database or an option. */
static bool has_clear_userinfo(const char *text) {
    const char *authority = strstr(text, "://");
    authority = authority ? authority + 3 : text;
    const char *at = strchr(authority, '@');
    return !at || (strcspn(authority, "/?#") > (size_t)(at - authority) && !strchr(at + 1, '@'));
}

/* The library's messages quote invalid text, which may be a password. */
static mongoc_uri_t *parse(const char *text, struct error *error) {
    bson_error_t reason;
    mongoc_log_set_handler(quiet, NULL);
    mongoc_uri_t *uri = has_clear_userinfo(text) ? mongoc_uri_new_with_error(text, &reason) : NULL;
    mongoc_log_set_handler(take_log, NULL);
    if (!uri && strchr(text, '@')) {
        error_set(
            error, -EINVAL,
            "mongo_uri is not valid; it has the form mongodb://USER:PASSWORD@HOST:PORT/, with "
            "percent escapes for other characters in user and password, and %%40 for any other @");
    } else if (!uri) {
        error_set(error, -EINVAL, "mongo_uri is not valid: %s", reason.message);
    }
    return uri;
}

mongoc_uri_t *mongo_read_uri(const struct config *config, const char *text, int timeout_ms,
                             struct error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const char *const timeouts[] = {MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
                                           MONGOC_URI_CONNECTTIMEOUTMS, MONGOC_URI_SOCKETTIMEOUTMS};
    char made[512];
    pthread_once(&once, start_library);
    if (!text && config->mongo_uri[0]) {
        text = config->mongo_uri;
    } else if (!text) {
        const bool bare = strchr(config->mongo_addr, ':') && config->mongo_addr[0] != '[';
        snprintf(made, sizeof made, bare ? "mongodb://[%s]:%u/" : "mongodb://%s:%u/",
                 config->mongo_addr, config->mongo_port);
        text = made;
    }
    mongoc_uri_t *uri = parse(text, error);
    for (size_t i = 0; uri && i < sizeof timeouts / sizeof *timeouts; i++) {
        if (mongoc_uri_get_option_as_int32(uri, timeouts[i], 0) == 0) {
            mongoc_uri_set_option_as_int32(uri, timeouts[i], timeout_ms);
        }
    }
    if (uri) {
        mongoc_uri_set_appname(uri, "dpae");
    }
    return uri;
}

void mongo_describe(const mongoc_uri_t *uri, const char *database, char *text, size_t size) {
    const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri);
    size_t used = (size_t)snprintf(text, size, "mongodb%s://", host ? "" : "+srv");
    for (const char *comma = ""; host && used < size; host = host->next, comma = ",") {
        used += (size_t)snprintf(text + used, size - used, "%s%s", comma, host->host_and_port);
    }
    if (!mongoc_uri_get_hosts(uri) && used < size) {
        used += (size_t)snprintf(text + used, size - used, "%s", mongoc_uri_get_srv_hostname(uri));
    }
    if (used < size) {
        snprintf(text + used, size - used, "/%s", database);
    }
}

int mongo_open(struct mongo **out, const struct config *config, struct error *error) {
    *out = NULL;
    struct mongo *mongo = calloc(1, sizeof *mongo);
    if (!mongo) {
        return error_set(error, -ENOMEM, "database: out of memory");
    }
    mongo->config = config;
    mongo->uri = mongo_read_uri(config, NULL, MONGO_TIMEOUT_MS, error);
    if (!mongo->uri) {
        free(mongo);
        return error->code;
    }
    mongo_describe(mongo->uri, config->mongo_database, mongo->name, sizeof mongo->name);
    *out = mongo;
    return 0;
}

void mongo_disconnect(struct mongo *mongo) {
    for (unsigned i = 0; i < STORE_COLLECTION_COUNT; i++) {
        mongoc_collection_destroy(mongo->collections[i]);
        mongo->collections[i] = NULL;
    }
    mongoc_client_destroy(mongo->client);
    mongo->client = NULL;
}

void mongo_close(struct mongo *mongo) {
    if (mongo) {
        mongo_disconnect(mongo);
        mongoc_uri_destroy(mongo->uri);
        free(mongo);
    }
}

const char *mongo_name(const struct mongo *mongo) {
    return mongo->name;
}

int mongo_connect(struct mongo *mongo, struct error *error) {
    if (!mongo->client) {
        bson_error_t reason;
        mongo->client = mongoc_client_new_from_uri_with_error(mongo->uri, &reason);
        if (!mongo->client) {
            return mongo_fail(error, &reason);
        }
        mongoc_client_set_error_api(mongo->client, MONGOC_ERROR_API_VERSION_2);
        const char *database = mongo->config->mongo_database;
        mongo->collections[STORE_FLOWS] =
            mongoc_client_get_collection(mongo->client, database, mongo->config->mongo_collection);
        mongo->collections[STORE_IDENTITIES] =
            mongoc_client_get_collection(mongo->client, database, MONGO_IDENTITIES);
    }
    return 0;
}

#ifndef DPAE_TESTS_STORE_SERVER_H
#define DPAE_TESTS_STORE_SERVER_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <sys/types.h>

/* A real server for one test: mongod when it is on the PATH, otherwise FerretDB, on a loopback port
 * with a temporary folder of its own. What fails here fails the test. */
struct server {
    pid_t pid; /* 0: not running */
    unsigned port;
    bool mongod;
    char folder[64], uri[64];
};

void server_start(struct server *server);
/* Starts it again on the same port and data. options: of SQLite, FerretDB only; NULL: none. */
void server_start_again(struct server *server, const char *options);
void server_signal(const struct server *server, int signal);
void server_kill(struct server *server); /* -9, and waits for its end */
void server_end(struct server *server);  /* and removes the folder */

/* What is in there, by a client of the test's own. */
mongoc_client_t *server_client(const struct server *server);
/* Documents that match, -1 when the server does not answer; filter is JSON. */
int64_t server_count(mongoc_client_t *client, const char *collection, const char *filter);
/* The one document that matches, owned by the caller; NULL when there is none. */
bson_t *server_find(mongoc_client_t *client, const char *collection, const char *filter);

#define SERVER_DATABASE "fcip_database"

#endif

#ifndef DPAE_TESTS_STORE_SERVER_H
#define DPAE_TESTS_STORE_SERVER_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <sys/types.h>

/* A real server for one test: mongod if it is on the PATH, otherwise FerretDB, on a loopback
 * port with its own temporary folder. A failure in here fails the test. */
struct server {
    pid_t pid; /* 0: not running */
    unsigned port;
    bool mongod;
    char folder[64], uri[64];
};

void server_start(struct server *server);
/* Restarts it on the same port and data. options: of SQLite, FerretDB only; or NULL. */
void server_start_again(struct server *server, const char *options);
void server_signal(const struct server *server, int signal);
void server_kill(struct server *server); /* with SIGKILL; waits for its end */
void server_end(struct server *server);  /* also removes the folder */

/* Reads the contents with a separate client. */
mongoc_client_t *server_client(const struct server *server);
/* Number of matching documents, or -1 if the server does not answer; filter is JSON. */
int64_t server_count(mongoc_client_t *client, const char *collection, const char *filter);
/* The only matching document, owned by the caller; NULL if there is no match. */
bson_t *server_find(mongoc_client_t *client, const char *collection, const char *filter);

#define SERVER_DATABASE "fcip_database"

#endif

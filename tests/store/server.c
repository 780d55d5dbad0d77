#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define START_TRIES 600 /* of 50 ms: machines may be busy */

static struct sockaddr_in loopback(unsigned port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static unsigned free_port(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool answers(const struct server *server) {
    const struct sockaddr_in address = loopback(server->port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

static void run(const struct server *server, const char *options) {
    char address[32], port[16], log[96];
    snprintf(address, sizeof address, "127.0.0.1:%u", server->port);
    snprintf(port, sizeof port, "%u", server->port);
    snprintf(log, sizeof log, "%s.log", server->folder);
    if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr)) {
        _exit(126);
    }
    if (server->mongod) {
        execlp("mongod", "mongod", "--bind_ip", "127.0.0.1", "--port", port, "--dbpath",
               server->folder, (char *)NULL);
    } else {
        execl(MONGO_SERVER, "mongo-server", address, server->folder, options, (char *)NULL);
    }
    _exit(127);
}

void server_start_again(struct server *server, const char *options) {
    assert_int_equal(server->pid, 0);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* ends with the test */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
            _exit(125);
        }
        run(server, options);
    }
    server->pid = pid;
    for (unsigned tries = 0; !answers(server); tries++) {
        int status;
        if (tries == START_TRIES || waitpid(pid, &status, WNOHANG) == pid) {
            fail_msg("the server did not start; see %s.log", server->folder);
        }
        usleep(50000);
    }
}

static bool have_mongod(void) {
    return system("command -v mongod >/dev/null") == 0;
}

void server_start(struct server *server) {
    *server = (struct server){.port = free_port(), .mongod = have_mongod()};
    snprintf(server->folder, sizeof server->folder, "/tmp/dpae-mongo-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->uri, sizeof server->uri, "mongodb://127.0.0.1:%u/", server->port);
    server_start_again(server, NULL);
}

void server_signal(const struct server *server, int number) {
    assert_int_equal(kill(server->pid, number), 0);
}

void server_kill(struct server *server) {
    if (server->pid != 0) {
        server_signal(server, SIGKILL);
        assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
        server->pid = 0;
    }
}

void server_end(struct server *server) {
    char command[256];
    server_kill(server);
    snprintf(command, sizeof command, "rm -rf '%s' '%s.log'", server->folder, server->folder);
    assert_int_equal(system(command), 0);
}

mongoc_client_t *server_client(const struct server *server) {
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(server->uri);
    assert_non_null(client);
    return client;
}

static bson_t *from_json(const char *json) {
    bson_error_t error;
    bson_t *bson = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (!bson) {
        fail_msg("%s: %s", json, error.message);
    }
    return bson;
}

int64_t server_count(mongoc_client_t *client, const char *collection, const char *filter) {
    mongoc_collection_t *documents =
        mongoc_client_get_collection(client, SERVER_DATABASE, collection);
    bson_t *selector = from_json(filter);
    bson_error_t error;
    const int64_t count =
        mongoc_collection_count_documents(documents, selector, NULL, NULL, NULL, &error);
    bson_destroy(selector);
    mongoc_collection_destroy(documents);
    return count;
}

bson_t *server_find(mongoc_client_t *client, const char *collection, const char *filter) {
    mongoc_collection_t *documents =
        mongoc_client_get_collection(client, SERVER_DATABASE, collection);
    bson_t *selector = from_json(filter), *found = NULL;
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(documents, selector, NULL, NULL);
    const bson_t *document;
    while (mongoc_cursor_next(cursor, &document)) {
        assert_null(found); /* exactly one was expected */
        found = bson_copy(document);
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(selector);
    mongoc_collection_destroy(documents);
    return found;
}

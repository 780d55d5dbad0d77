#ifndef DPAE_TESTS_TEST_SERVER_H
#define DPAE_TESTS_TEST_SERVER_H

/* An HTTP server on a loopback port that answers exactly as a test specifies: slowly, rudely,
 * endlessly or not at all. One thread accepts; each connection has its own. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SERVER_CONNECTIONS 64
#define SERVER_HEAD        8192

struct server_request {
    unsigned connection; /* from 0 */
    char method[16], path[512];
    char head[SERVER_HEAD]; /* request line and headers as received */
    char *body;             /* NUL-terminated; valid during the call */
    size_t length;
};

struct server;

/* Answers one request on fd. Returns false to close the connection. Called from the connection's
 * thread. */
typedef bool server_answer(struct server *server, const struct server_request *request, int fd);

struct server_connection {
    struct server *server;
    unsigned number;
    pthread_t thread;
    int fd;
};

struct server {
    server_answer *answer;
    void *context;
    int listen_fd;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of the members below */
    unsigned accepted;
    unsigned requests; /* complete requests */
    bool stopping;
    struct server_connection connections[SERVER_CONNECTIONS];
};

static inline void server_send(int fd, const void *bytes, size_t length) {
    for (const char *at = bytes; length > 0;) {
        const ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the client has closed: some tests cause that */
        }
        at += sent;
        length -= (size_t)sent;
    }
}

static inline void server_send_text(int fd, const char *text) {
    server_send(fd, text, strlen(text));
}

static inline void server_reply(int fd, int status, const char *body) {
    char *text = NULL;
    const int length = asprintf(&text, "HTTP/1.1 %d Word\r\nContent-Length: %zu\r\n\r\n%s", status,
                                strlen(body), body);
    if (length > 0) {
        server_send(fd, text, (size_t)length);
    }
    free(text);
}

/* Returns the value of a header, or NULL. Ignores the case of the name. */
static inline const char *server_header(const struct server_request *request, const char *name,
                                        char value[512]) {
    const size_t length = strlen(name);
    for (const char *line = strstr(request->head, "\r\n"); line && line[2] != '\r';
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            const char *const start = line + 2 + length + 1 + (line[2 + length + 1] == ' ');
            snprintf(value, 512, "%.*s", (int)strcspn(start, "\r"), start);
            return value;
        }
    }
    return NULL;
}

/* Reads the head and the body of one request. Returns false at the end of the connection. */
static inline bool server_read(int fd, struct server_request *request) {
    size_t used = 0;
    while (used < 4 || memcmp(request->head + used - 4, "\r\n\r\n", 4) != 0) {
        if (used == SERVER_HEAD - 1 || recv(fd, request->head + used, 1, 0) <= 0) {
            return false;
        }
        request->head[++used] = '\0';
    }
    if (sscanf(request->head, "%15s %511s", request->method, request->path) != 2) {
        return false;
    }
    char text[512];
    const char *const length = server_header(request, "Content-Length", text);
    request->length = length ? strtoul(length, NULL, 10) : 0;
    request->body = calloc(1, request->length + 1);
    size_t got = 0;
    while (request->body && got < request->length) {
        const ssize_t part = recv(fd, request->body + got, request->length - got, 0);
        if (part <= 0) {
            return false;
        }
        got += (size_t)part;
    }
    return request->body != NULL;
}

static inline void *server_serve(void *context) {
    struct server_connection *const connection = context;
    struct server *const server = connection->server;
    bool open = true;
    while (open) {
        struct server_request *const request = calloc(1, sizeof *request);
        open = request != NULL && server_read(connection->fd, request);
        if (open) {
            request->connection = connection->number;
            pthread_mutex_lock(&server->lock);
            server->requests++;
            pthread_mutex_unlock(&server->lock);
            open = server->answer(server, request, connection->fd);
        }
        free(request ? request->body : NULL);
        free(request);
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static inline void *server_accept(void *context) {
    struct server *const server = context;
    for (;;) {
        const int fd = accept(server->listen_fd, NULL, NULL);
        pthread_mutex_lock(&server->lock);
        if (fd < 0 || server->stopping || server->accepted == SERVER_CONNECTIONS) {
            pthread_mutex_unlock(&server->lock);
            if (fd >= 0) {
                (void)close(fd);
            }
            return NULL;
        }
        const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct server_connection *const connection = &server->connections[server->accepted];
        *connection =
            (struct server_connection){.server = server, .number = server->accepted, .fd = fd};
        if (pthread_create(&connection->thread, NULL, server_serve, connection) == 0) {
            server->accepted++;
        } else {
            (void)close(fd);
        }
        pthread_mutex_unlock(&server->lock);
    }
}

/* Returns a socket that listens on 127.0.0.1, on any port when *port is 0. */
static inline int server_listen(uint16_t *port, int backlog) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const int on = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* port 0: any port. */
static inline void server_start(struct server *server, uint16_t port, server_answer *answer,
                                void *context) {
    *server = (struct server){.answer = answer, .context = context, .port = port};
    server->listen_fd = server_listen(&server->port, 16);
    assert_int_equal(pthread_mutex_init(&server->lock, NULL), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, server_accept, server), 0);
}

static inline unsigned server_accepted(struct server *server) {
    pthread_mutex_lock(&server->lock);
    const unsigned accepted = server->accepted;
    pthread_mutex_unlock(&server->lock);
    return accepted;
}

static inline unsigned server_requests(struct server *server) {
    pthread_mutex_lock(&server->lock);
    const unsigned requests = server->requests;
    pthread_mutex_unlock(&server->lock);
    return requests;
}

/* Closes every connection, like a crashing server. */
static inline void server_stop(struct server *server) {
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    (void)shutdown(server->listen_fd, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listen_fd);
    for (unsigned i = 0; i < server->accepted; i++) {
        (void)shutdown(server->connections[i].fd, SHUT_RDWR);
        (void)pthread_join(server->connections[i].thread, NULL);
        (void)close(server->connections[i].fd);
    }
    (void)pthread_mutex_destroy(&server->lock);
}

#endif

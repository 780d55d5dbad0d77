#include "status/status.h"

#include "base/escape.h"
#include "status/document.h"
#include "status/judge.h"
#include "status/metrics.h"
#include "status/page.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG          16
#define CONNECTIONS_MAX  16
#define IDLE_SECONDS     3
#define CONNECTION_BYTES 16384 /* for a request's head */

struct status {
    void (*fill)(void *context, struct status_snapshot *snapshot);
    void *context;
    int fd; /* -1: the HTTP daemon has it */
    uint16_t port;
    struct MHD_Daemon *http;
    struct status_snapshot snapshot; /* the thread's own */
};

/* ---- what is answered ---- */

struct answer {
    unsigned status;
    const char *type;
    char *text; /* NULL: out of memory */
    size_t length;
};

static void make_text(struct answer *answer, const struct status_snapshot *snapshot,
                      void (*write)(FILE *file, const struct status_snapshot *snapshot)) {
    FILE *file = open_memstream(&answer->text, &answer->length);
    if (!file) {
        answer->text = NULL;
        return;
    }
    write(file, snapshot);
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        free(answer->text);
        answer->text = NULL;
    }
}

static void answer_page(struct answer *answer, const struct status_snapshot *snapshot) {
    answer->type = "text/html; charset=utf-8";
    make_text(answer, snapshot, page_write);
}

static void answer_document(struct answer *answer, const struct status_snapshot *snapshot) {
    answer->type = "application/json";
    answer->text = document_make(snapshot);
    answer->length = answer->text ? strlen(answer->text) : 0;
}

static void answer_metrics(struct answer *answer, const struct status_snapshot *snapshot) {
    answer->type = METRICS_TYPE;
    make_text(answer, snapshot, metrics_write);
}

#define HEALTH_OK "ok\n"

static void write_lines(FILE *file, const struct status_reasons *reasons) {
    char safe[2048];
    for (unsigned i = 0; i < reasons->count; i++) {
        escape_text(reasons->texts[i], safe, sizeof safe);
        fprintf(file, "%s\n", safe);
    }
}

static void write_health(FILE *file, const struct status_snapshot *snapshot) {
    struct status_reasons reasons, notes;
    status_judge(snapshot, &reasons);
    status_note(snapshot, &notes);
    fputs(reasons.count ? "degraded\n" : HEALTH_OK, file);
    write_lines(file, &reasons);
    write_lines(file, &notes);
}

static void answer_health(struct answer *answer, const struct status_snapshot *snapshot) {
    answer->type = "text/plain; charset=utf-8";
    make_text(answer, snapshot, write_health);
    if (answer->text && strncmp(answer->text, HEALTH_OK, strlen(HEALTH_OK)) != 0) {
        answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    }
}

static const struct route {
    const char *path;
    void (*make)(struct answer *answer, const struct status_snapshot *snapshot);
} routes[] = {
    {"/", answer_page},
    {"/status", answer_document},
    {"/metrics", answer_metrics},
    {"/health", answer_health},
};

static const struct route *find_route(const char *path) {
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

/* ---- how ---- */

static const struct header {
    const char *name, *value;
} headers[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned status,
                                   const char *type, struct MHD_Response *response) {
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_add_response_header(response, "Content-Type", type);
    for (size_t i = 0; result == MHD_YES && i < sizeof headers / sizeof headers[0]; i++) {
        result = MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
    if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        result = MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, status, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status,
                              const char *text) {
    return send_answer(
        connection, status, "text/plain; charset=utf-8",
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT));
}

static bool has_body(struct MHD_Connection *connection) {
    const char *const length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    return (length && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
}

/* Called when the head of a request is there. What is queued now is sent without reading a body. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
    struct status *status = context;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    }
    if (has_body(connection)) {
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "a request here has no body\n");
    }
    const struct route *route = find_route(path);
    if (!route) {
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there is /, /status, /metrics, /health\n");
    }
    struct answer answer = {.status = MHD_HTTP_OK};
    status->fill(status->context, &status->snapshot);
    route->make(&answer, &status->snapshot);
    if (!answer.text) {
        return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer.length, answer.text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(answer.text);
    }
    return send_answer(connection, answer.status, answer.type, response);
}

/* ---- life ---- */

static int listen_at(struct status *status, const struct addrinfo *at) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {0};
    socklen_t size = sizeof bound;
    const int on = 1;
    status->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (status->fd < 0 || setsockopt(status->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(status->fd, at->ai_addr, at->ai_addrlen) != 0 || listen(status->fd, BACKLOG) != 0 ||
        getsockname(status->fd, &bound.any, &size) != 0) {
        return -errno;
    }
    status->port = ntohs(at->ai_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    return 0;
}

int status_open(struct status **status, const struct status_options *options, struct error *error) {
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *at = NULL;
    char port[8];
    *status = NULL;
    struct status *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return error_set(error, -ENOMEM, "status page: out of memory");
    }
    opened->fill = options->fill;
    opened->context = options->context;
    opened->fd = -1;
    (void)snprintf(port, sizeof port, "%u", options->port);
    const int looked_up = getaddrinfo(options->address, port, &hints, &at);
    int result = looked_up == 0 ? listen_at(opened, at) : -EINVAL;
    if (looked_up == 0) {
        freeaddrinfo(at);
    }
    if (result != 0) {
        result = error_set(error, result, "status page: %s, port %u: %s", options->address,
                           options->port,
                           looked_up != 0 ? gai_strerror(looked_up) : strerrordesc_np(-result));
        status_close(opened);
        return result;
    }
    *status = opened;
    return 0;
}

int status_start(struct status *status, struct error *error) {
    const unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the main thread */
    errno = 0;
    status->http = MHD_start_daemon(flags, 0, NULL, NULL, handle, status, MHD_OPTION_LISTEN_SOCKET,
                                    status->fd, MHD_OPTION_CONNECTION_LIMIT,
                                    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                    (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                    (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    const int code = errno ? errno : EIO;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!status->http) {
        return error_set(error, -code, "status page: it cannot be started: %s",
                         strerrordesc_np(code));
    }
    status->fd = -1;
    return 0;
}

uint16_t status_port(const struct status *status) {
    return status->port;
}

void status_close(struct status *status) {
    if (!status) {
        return;
    }
    if (status->http) {
        MHD_stop_daemon(status->http);
    }
    if (status->fd >= 0) {
        close(status->fd);
    }
    free(status);
}

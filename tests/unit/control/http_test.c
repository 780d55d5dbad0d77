#include "control/http.h"

#include "base/clock.h"
#include "control/test_server.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define REPLY_MAX 10000
#define TIMEOUT   300 /* ms */

/* Answers as the path says, which names the purpose. */
static bool answer(struct server *server, const struct server_request *request, int fd);

struct seen {
    struct server_request last;
    char body[256];
    unsigned count[2]; /* requests with a path that ends in "once", "gone" */
};

static struct server server;
static struct seen seen;
static struct http *http;

/* Replaces the previous client. */
static void open_http(const struct http_settings *changes) {
    http_free(http);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/base/", server.port);
    struct http_settings settings = {.base_url = url,
                                     .connect_timeout_ms = TIMEOUT,
                                     .timeout_ms = TIMEOUT,
                                     .reply_max = REPLY_MAX};
    if (changes) {
        settings.token_file = changes->token_file;
        settings.reply_max = changes->reply_max ? changes->reply_max : settings.reply_max;
        settings.timeout_ms = changes->timeout_ms ? changes->timeout_ms : settings.timeout_ms;
    }
    struct error error = {0};
    if (http_new(&http, &settings, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

static int start(void **state) {
    (void)state;
    seen = (struct seen){0};
    server_start(&server, 0, answer, &seen);
    open_http(NULL);
    return 0;
}

static int stop(void **state) {
    (void)state;
    http_free(http);
    http = NULL;
    server_stop(&server);
    return 0;
}

static void begin(enum http_lane lane, const char *method, const char *path, const char *body) {
    struct error error = {0};
    if (http_start(http, lane, method, path, body, &error) != 0) {
        fail_msg("%s", error.message);
    }
    assert_true(http_busy(http, lane));
}

static struct http_reply finish(enum http_lane lane) {
    struct http_reply reply;
    const uint64_t end_ns = clock_monotonic_ns() + 10 * NS_PER_S;
    while (!http_take(http, lane, &reply)) {
        assert_true(clock_monotonic_ns() < end_ns);
        assert_int_equal(http_poll(http, NULL, 0, 100), 0);
    }
    assert_false(http_busy(http, lane));
    assert_false(http_take(http, lane, &reply));
    return reply;
}

static struct http_reply call(const char *method, const char *path, const char *body) {
    begin(HTTP_SESSION, method, path, body);
    return finish(HTTP_SESSION);
}

static const char *last_path(const struct server_request *request) {
    return strrchr(request->path, '/') + 1;
}

static bool is(const struct server_request *request, const char *path) {
    return strcmp(last_path(request), path) == 0;
}

/* Sends until the client closes. */
static void send_slowly(int fd, const char *text) {
    while (send(fd, text, strlen(text), MSG_NOSIGNAL) > 0) {
        (void)usleep(20000);
    }
}

/* Sends in blocks, to reach a limit before the time-out even on a busy machine. */
static void send_for_ever(int fd, const char *text) {
    char block[16384];
    size_t length = 0;
    while (length + strlen(text) < sizeof block) {
        memcpy(block + length, text, strlen(text));
        length += strlen(text);
    }
    while (send(fd, block, length, MSG_NOSIGNAL) > 0) {
    }
}

static bool wait_for_end(int fd) {
    char byte;
    (void)recv(fd, &byte, 1, 0);
    return false;
}

static bool answer_rudely(const struct server_request *request, int fd) {
    if (is(request, "hang")) {
        return wait_for_end(fd);
    }
    if (is(request, "trickle")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n");
        send_slowly(fd, "x");
    } else if (is(request, "endless-body")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        send_for_ever(fd, "0123456789012345678901234567890123456789");
    } else if (is(request, "endless-chunks")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        send_for_ever(fd, "10\r\n0123456789012345\r\n");
    } else if (is(request, "endless-headers")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\n");
        send_for_ever(fd, "X-Header: 0123456789012345678901234567890123456789\r\n");
    } else if (is(request, "endless-continue")) {
        send_for_ever(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    } else if (is(request, "huge")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx");
        return wait_for_end(fd);
    } else if (is(request, "garbage")) {
        server_send_text(fd, "\x01\x02 not HTTP at all\r\n\r\n");
    } else if (is(request, "cut")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    } else if (is(request, "status-line")) {
        server_send_text(fd, "HTTP/1.1 2");
    }
    return false;
}

static bool answer(struct server *its_server, const struct server_request *request, int fd) {
    struct seen *const all = its_server->context;
    pthread_mutex_lock(&its_server->lock);
    all->last = *request;
    snprintf(all->body, sizeof all->body, "%.200s", request->body);
    const bool first = all->count[0] == 0;
    all->count[0] += is(request, "once");
    all->count[1] += is(request, "gone");
    pthread_mutex_unlock(&its_server->lock);
    if (is(request, "ok")) {
        server_reply(fd, 200, "fine");
    } else if (is(request, "error")) {
        server_reply(fd, 500, "Traceback");
    } else if (is(request, "empty")) {
        server_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    } else if (is(request, "largest") || is(request, "larger")) {
        char *const body = calloc(1, REPLY_MAX + 2);
        memset(body, 'x', REPLY_MAX + is(request, "larger"));
        server_send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        server_send_text(fd, body);
        free(body);
        return false;
    } else if (is(request, "moved")) {
        server_send_text(fd, "HTTP/1.1 302 Found\r\nLocation: /base/ok\r\n"
                             "Content-Length: 0\r\n\r\n");
    } else if (is(request, "last")) {
        server_reply(fd, 200, "fine");
        return false;
    } else if (is(request, "once")) {
        if (first) {
            return false;
        }
        server_reply(fd, 200, "fine");
    } else {
        return answer_rudely(request, fd);
    }
    return true;
}

/* The requests that the server has seen so far. */
static const struct seen *look(void) {
    static struct seen now;
    pthread_mutex_lock(&server.lock);
    now = seen;
    pthread_mutex_unlock(&server.lock);
    return &now;
}

/* ---- the wire ---- */

static void a_request_arrives_as_given(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *body;
        const char *length; /* Content-Length */
    } cases[] = {
        {"POST", "ok", "{\"a\": 1}", "8"},
        {"GET", "ok", NULL, NULL},
        {"GET", "a/b/ok", "{\"body\": \"of a GET\"}", "20"},
        {"PUT", "UUID/../ok", "{}", "2"},
        {"GET", "ok", NULL, NULL}, /* no trace of the previous body */
        {"POST", "ok", NULL, "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct http_reply reply = call(cases[i].method, cases[i].path, cases[i].body);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.body, "fine");
        assert_int_equal(reply.length, 4);
        char path[64];
        snprintf(path, sizeof path, "/base/%s", cases[i].path);
        assert_string_equal(look()->last.method, cases[i].method);
        assert_string_equal(look()->last.path, path);
        assert_string_equal(look()->body, cases[i].body ? cases[i].body : "");
        char value[512];
        if (!cases[i].length) {
            assert_null(server_header(&look()->last, "Content-Length", value));
        } else {
            assert_string_equal(server_header(&look()->last, "Content-Length", value),
                                cases[i].length);
        }
        assert_string_equal(server_header(&look()->last, "Content-Type", value),
                            "application/json");
        assert_null(server_header(&look()->last, "Transfer-Encoding", value));
        assert_null(server_header(&look()->last, "Authorization", value));
    }
}

/* Over 1 MiB libcurl would send Expect, and wait a second for an answer. */
static void a_long_body_is_sent_at_once(void **state) {
    (void)state;
    const size_t length = 3 << 20;
    char *const body = calloc(1, length + 1);
    memset(body, ' ', length);
    open_http(&(struct http_settings){.timeout_ms = 900});
    assert_int_equal(call("POST", "ok", body).status, 200);
    char value[512];
    assert_null(server_header(&look()->last, "Expect", value));
    assert_null(server_header(&look()->last, "Transfer-Encoding", value));
    assert_string_equal(server_header(&look()->last, "Content-Length", value), "3145728");
    free(body);
}

static void replies_are_returned_with_their_bodies(void **state) {
    (void)state;
    struct http_reply reply = call("POST", "error", "{}");
    assert_int_equal(reply.status, 500);
    assert_string_equal(reply.body, "Traceback");
    assert_string_equal(reply.error, "");
    reply = call("GET", "empty", NULL);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "");
    assert_int_equal(reply.length, 0);
}

static void a_redirect_is_not_followed(void **state) {
    (void)state;
    assert_int_equal(call("GET", "moved", NULL).status, 302);
    assert_int_equal(server_requests(&server), 1);
}

static void proxies_of_the_environment_are_ignored(void **state) {
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(call("GET", "ok", NULL).status, 200);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("all_proxy"), 0);
}

/* ---- connections ---- */

static void a_connection_is_reused(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(call(i % 2 ? "PUT" : "POST", "ok", "{}").status, 200);
    }
    assert_int_equal(server_accepted(&server), 1);
}

static void each_lane_has_a_connection_and_keeps_it(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        begin(HTTP_ADVICE, "POST", "ok", "{}");
        begin(HTTP_SESSION, "GET", "ok", NULL);
        begin(HTTP_KEEPALIVE, "PUT", "ok", "{}");
        assert_int_equal(finish(HTTP_SESSION).status, 200);
        assert_int_equal(finish(HTTP_KEEPALIVE).status, 200);
        assert_int_equal(finish(HTTP_ADVICE).status, 200);
    }
    assert_int_equal(server_accepted(&server), 3);
}

static void a_lane_gets_its_reply_while_others_hang(void **state) {
    (void)state;
    begin(HTTP_ADVICE, "POST", "hang", "{}");
    begin(HTTP_SESSION, "GET", "hang", NULL);
    for (int i = 0; i < 5; i++) {
        begin(HTTP_KEEPALIVE, "PUT", "ok", "{}");
        assert_int_equal(finish(HTTP_KEEPALIVE).status, 200);
        assert_true(http_busy(http, HTTP_ADVICE) && http_busy(http, HTTP_SESSION));
    }
    const struct http_reply reply = finish(HTTP_ADVICE);
    assert_int_equal(reply.status, 0);
    assert_ptr_equal(strstr(reply.error, "timed out: "), reply.error);
    assert_int_equal(finish(HTTP_SESSION).status, 0);
    assert_int_equal(server_accepted(&server), 3);
}

static void a_busy_lane_rejects_a_second_request(void **state) {
    (void)state;
    struct error error = {0};
    begin(HTTP_ADVICE, "POST", "hang", "{}");
    assert_int_equal(http_start(http, HTTP_ADVICE, "GET", "ok", NULL, &error), -EBUSY);
    http_abort(http, HTTP_ADVICE);
    assert_false(http_busy(http, HTTP_ADVICE));
    struct http_reply reply;
    assert_false(http_take(http, HTTP_ADVICE, &reply));
    begin(HTTP_ADVICE, "GET", "ok", NULL);
    assert_int_equal(finish(HTTP_ADVICE).status, 200);
}

static void nagles_algorithm_is_off(void **state) {
    (void)state;
    assert_int_equal(call("GET", "ok", NULL).status, 200);
    int found = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
            ntohs(peer.sin_port) == server.port) {
            int on = 0;
            size = sizeof on;
            assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
            assert_int_equal(on, 1);
            found++;
        }
    }
    assert_int_equal(found, 1);
}

/* ---- servers that crash ---- */

static void a_closed_kept_connection_is_not_reused(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(call("GET", "last", NULL).status, 200);
        (void)usleep(5000); /* time for the server to close it */
        assert_int_equal(call("POST", "last", "{}").status, 200);
        (void)usleep(5000);
    }
    assert_int_equal(server_requests(&server), 10);
    assert_int_equal(server_accepted(&server), 10);
}

/* The server has read the request and may have acted on it. */
static void a_post_is_not_repeated_when_the_server_dies_handling_it(void **state) {
    (void)state;
    assert_int_equal(call("GET", "ok", NULL).status, 200); /* a connection is kept */
    const struct http_reply reply = call("POST", "once", "{}");
    assert_int_equal(reply.status, 0);
    assert_string_equal(
        reply.error,
        "closed without a reply; if it speaks HTTPS, use https:// in nmeta_controller_address");
    assert_int_equal(look()->count[0], 1);
    assert_int_equal(call("POST", "once", "{}").status, 200);
}

static void a_put_is_repeated_once_when_the_server_dies_handling_it(void **state) {
    (void)state;
    assert_int_equal(call("GET", "ok", NULL).status, 200);
    assert_int_equal(call("PUT", "once", "{}").status, 200);
    assert_int_equal(look()->count[0], 2);
}

static void a_put_is_not_repeated_twice(void **state) {
    (void)state;
    begin(HTTP_ADVICE, "POST", "ok", "{}");
    assert_int_equal(call("GET", "ok", NULL).status, 200);
    assert_int_equal(finish(HTTP_ADVICE).status, 200);
    assert_int_equal(server_accepted(&server), 2); /* both are kept */
    assert_int_equal(call("PUT", "gone", "{}").status, 0);
    assert_int_equal(look()->count[1], 2);
}

static void a_server_is_reached_again_after_it_returns(void **state) {
    (void)state;
    assert_int_equal(call("POST", "ok", "{}").status, 200);
    const uint16_t port = server.port;
    server_stop(&server);
    for (int i = 0; i < 3; i++) {
        const struct http_reply reply = call("POST", "ok", "{}");
        assert_int_equal(reply.status, 0);
        assert_true(reply.error[0] != '\0');
    }
    server_start(&server, port, answer, &seen);
    assert_int_equal(call("POST", "ok", "{}").status, 200);
}

/* ---- limits ---- */

static void invalid_replies_count_as_no_reply(void **state) {
    (void)state;
    static const struct {
        const char *path, *error;
    } cases[] = {
        {"hang", "timed out: "},
        {"trickle", "timed out: "},
        {"endless-continue", "the headers of the reply are longer than 65536 bytes"},
        {"endless-body", "the reply is longer than 10000 bytes"},
        {"endless-chunks", "the reply is longer than 10000 bytes"},
        {"endless-headers", "the headers of the reply are longer than 65536 bytes"},
        {"huge", "the reply is longer than 10000 bytes"},
        {"larger", "the reply is longer than 10000 bytes"},
        {"garbage", "not HTTP, or HTTP/0.9; if it speaks HTTPS"},
        {"cut", "the reply is truncated: "},
        {"status-line", ""},
        {"gone", "closed without a reply; if it speaks HTTPS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint64_t start_ns = clock_monotonic_ns();
        const struct http_reply reply = call("GET", cases[i].path, NULL);
        const uint64_t took_ms = (clock_monotonic_ns() - start_ns) / NS_PER_MS;
        if (reply.status != 0 || reply.error[0] == '\0' ||
            strstr(reply.error, cases[i].error) != reply.error || took_ms > 10 * TIMEOUT) {
            fail_msg("%s: status %ld, '%s', %zu ms", cases[i].path, reply.status, reply.error,
                     (size_t)took_ms);
        }
    }
    const struct http_reply reply = call("GET", "largest", NULL);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.length, REPLY_MAX);
    assert_int_equal(reply.body[REPLY_MAX], '\0');
}

/* A port with a full connection queue does not answer at all. */
static void connecting_times_out(void **state) {
    (void)state;
    uint16_t port = 0;
    const int listening = server_listen(&port, 0);
    int waiting[4];
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_true(waiting[i] >= 0);
        (void)connect(waiting[i], (struct sockaddr *)&address, sizeof address);
    }
    http_free(http);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    const struct http_settings settings = {
        .base_url = url, .connect_timeout_ms = 100, .timeout_ms = 5000, .reply_max = REPLY_MAX};
    struct error error = {0};
    assert_int_equal(http_new(&http, &settings, &error), 0);
    const uint64_t start_ns = clock_monotonic_ns();
    assert_int_equal(call("GET", "ok", NULL).status, 0);
    assert_in_range((clock_monotonic_ns() - start_ns) / NS_PER_MS, 90, 2000);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(close(waiting[i]), 0);
    }
    assert_int_equal(close(listening), 0);
}

/* ---- http_poll ---- */

static void *write_later(void *context) {
    (void)usleep(20000);
    (void)eventfd_write(*(int *)context, 1);
    return NULL;
}

static void a_readable_descriptor_ends_the_wait(void **state) {
    (void)state;
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = eventfd(0, EFD_NONBLOCK);
        assert_true(fds[i] >= 0);
    }
    assert_int_equal(http_poll(http, fds, 3, 0), 0);
    assert_int_equal(eventfd_write(fds[0], 1), 0);
    assert_int_equal(eventfd_write(fds[2], 1), 0);
    begin(HTTP_ADVICE, "POST", "hang", "{}");
    assert_int_equal(http_poll(http, fds, 3, 5000), 5);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_later, &fds[1]), 0);
    assert_int_equal(http_poll(http, fds + 1, 1, 5000), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(http_busy(http, HTTP_ADVICE)); /* so it took less than the time-out */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
}

static void the_wait_ends_at_its_time_out(void **state) {
    (void)state;
    const uint64_t start_ns = clock_monotonic_ns();
    assert_int_equal(http_poll(http, NULL, 0, 30), 0);
    assert_in_range((clock_monotonic_ns() - start_ns) / NS_PER_MS, 29, 2000);
}

/* ---- settings ---- */

static char *write_file(const char *text) {
    static char path[32];
    memcpy(path, "/tmp/dpae-http-XXXXXX", 22);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    return path;
}

static void the_bearer_token_is_sent(void **state) {
    (void)state;
    static const char *const texts[] = {"mF_9.B5f-4.1JqM==\n",
                                        "mF_9.B5f-4.1JqM==", "mF_9.B5f-4.1JqM==\r\nsecond line\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *const path = write_file(texts[i]);
        open_http(&(struct http_settings){.token_file = path});
        assert_int_equal(unlink(path), 0);
        assert_int_equal(call("POST", "ok", "{}").status, 200);
        char value[512];
        assert_string_equal(server_header(&look()->last, "Authorization", value),
                            "Bearer mF_9.B5f-4.1JqM==");
    }
}

static void token_files_without_a_token_are_rejected(void **state) {
    (void)state;
    char *const too_long = calloc(1, 5000);
    memset(too_long, 'a', 4999);
    const char *const texts[] = {"", "\ntoken\n", "two words\n", "b\xc3\xa4r\n", too_long};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *const path = write_file(texts[i]);
        const struct http_settings settings = {.base_url = "http://127.0.0.1/", .token_file = path};
        struct http *made = http;
        struct error error = {0};
        assert_int_equal(http_new(&made, &settings, &error), -EINVAL);
        assert_null(made);
        assert_non_null(strstr(error.message, path));
        assert_null(strstr(error.message, "words")); /* it may be a secret, after all */
        assert_int_equal(unlink(path), 0);
    }
    free(too_long);
}

static void invalid_settings_are_rejected(void **state) {
    (void)state;
    static const struct {
        struct http_settings settings;
        int result;
        const char *message;
    } cases[] = {
        {{.base_url = "http://host/path"},
         -EINVAL,
         "http://host/path is not a base URL: it must end with a slash"},
        {{.base_url = "http://host:70000/"},
         -EINVAL,
         "http://host:70000/ is not a URL: Port number was not a decimal number between 0 and "
         "65535"},
        {{.base_url = "http://h/", .ca_file = "/none/ca.pem"},
         -ENOENT,
         "CA file /none/ca.pem cannot be read: No such file or directory; check the path and its "
         "permissions"},
        {{.base_url = "http://h/", .client_cert = "/none/cert.pem"},
         -ENOENT,
         "client certificate /none/cert.pem cannot be read: No such file or directory; check the "
         "path and its permissions"},
        {{.base_url = "http://h/", .client_cert = "/dev/null", .client_key = "/none/key.pem"},
         -ENOENT,
         "client key /none/key.pem cannot be read: No such file or directory; check the path and "
         "its permissions"},
        {{.base_url = "http://h/", .client_key = "/dev/null", .client_cert = ""},
         -EINVAL,
         "client key /dev/null requires its certificate; set both or neither"},
        {{.base_url = "http://h/", .token_file = "/none/token"},
         -ENOENT,
         "token file /none/token cannot be opened: No such file or directory; check the path and "
         "its permissions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http *made = http;
        struct error error = {0};
        const int result = http_new(&made, &cases[i].settings, &error);
        if (result != cases[i].result || strcmp(error.message, cases[i].message) != 0) {
            fail_msg("%zu: %d, %s", i, result, error.message);
        }
        assert_null(made);
    }
}

int main(void) {
    struct error error = {0};
    if (http_global_init(&error) != 0) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 1;
    }
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_request_arrives_as_given),
        WITH_SERVER(a_long_body_is_sent_at_once),
        WITH_SERVER(replies_are_returned_with_their_bodies),
        WITH_SERVER(a_redirect_is_not_followed),
        WITH_SERVER(proxies_of_the_environment_are_ignored),
        WITH_SERVER(a_connection_is_reused),
        WITH_SERVER(each_lane_has_a_connection_and_keeps_it),
        WITH_SERVER(a_lane_gets_its_reply_while_others_hang),
        WITH_SERVER(a_busy_lane_rejects_a_second_request),
        WITH_SERVER(nagles_algorithm_is_off),
        WITH_SERVER(a_closed_kept_connection_is_not_reused),
        WITH_SERVER(a_post_is_not_repeated_when_the_server_dies_handling_it),
        WITH_SERVER(a_put_is_repeated_once_when_the_server_dies_handling_it),
        WITH_SERVER(a_put_is_not_repeated_twice),
        WITH_SERVER(a_server_is_reached_again_after_it_returns),
        WITH_SERVER(invalid_replies_count_as_no_reply),
        WITH_SERVER(connecting_times_out),
        WITH_SERVER(a_readable_descriptor_ends_the_wait),
        WITH_SERVER(the_wait_ends_at_its_time_out),
        WITH_SERVER(the_bearer_token_is_sent),
        cmocka_unit_test(token_files_without_a_token_are_rejected),
        cmocka_unit_test(invalid_settings_are_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

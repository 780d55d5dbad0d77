#include "status/status.h"

#include "status/samples.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The thread on a loopback port, asked by libcurl and by hand. */
#define PATIENCE_S 10

static struct status *status;
static bool degraded; /* what the snapshot is to be */

static void fill(void *context, struct status_snapshot *snapshot) {
    sample_fill(context, snapshot);
    snapshot->interfaces[0].session.up = !degraded;
}

static void open_on(const char *address) {
    const struct status_options options = {.address = address, .fill = fill};
    struct error error;
    if (status_open(&status, &options, &error) != 0 || status_start(status, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

static int begin(void **state) {
    (void)state;
    degraded = false;
    open_on("127.0.0.1");
    return 0;
}

static int end(void **state) {
    (void)state;
    status_close(status);
    status = NULL;
    return 0;
}

struct reply {
    long code;
    char head[2048], body[65536];
    size_t head_length, body_length;
};

static size_t take(char *bytes, size_t size, size_t count, char *text, size_t *length,
                   size_t limit) {
    const size_t more = size * count;
    assert_true(*length + more < limit);
    memcpy(text + *length, bytes, more);
    *length += more;
    text[*length] = '\0';
    return more;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    struct reply *reply = context;
    return take(bytes, size, count, reply->head, &reply->head_length, sizeof reply->head);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct reply *reply = context;
    return take(bytes, size, count, reply->body, &reply->body_length, sizeof reply->body);
}

/* method "HEAD" is sent as such, any other as named, with body if there is one. */
static struct reply ask(const char *host, const char *method, const char *path, const char *body) {
    static struct reply reply;
    char url[256];
    reply = (struct reply){0};
    snprintf(url, sizeof url, "http://%s:%u%s", host, status_port(status), path);
    CURL *curl = curl_easy_init();
    assert_non_null(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    const CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK) {
        fail_msg("%s %s: %s", method, path, curl_easy_strerror(result));
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.code);
    curl_easy_cleanup(curl);
    return reply;
}

static const struct http_case {
    const char *method, *path, *body;
    bool degraded;
    long code;
    const char *type;  /* of the content */
    const char *start; /* of the body; "": there is none */
} cases[] = {
    {"GET", "/", NULL, false, 200, "text/html; charset=utf-8", "<!DOCTYPE html>"},
    {"GET", "/", NULL, true, 200, "text/html; charset=utf-8", "<!DOCTYPE html>"},
    {"GET", "/?a=b", NULL, false, 200, "text/html; charset=utf-8", "<!DOCTYPE html>"},
    {"GET", "/status", NULL, false, 200, "application/json",
     "{\"state\":\"ok\",\"reasons\":[],\"notes\":[\"eth2: a change of classifier two was "},
    {"GET", "/status", NULL, true, 200, "application/json",
     "{\"state\":\"degraded\",\"reasons\":[\"eth1: no session"},
    {"GET", "/metrics", NULL, false, 200, "text/plain; version=0.0.4; charset=utf-8",
     "# HELP dpae_build_info "},
    {"GET", "/health", NULL, false, 200, "text/plain; charset=utf-8",
     "ok\neth2: a change of classifier two was refused 20 s ago, what was loaded before, if "
     "anything, goes on: "
     "two.lua:3: unexpected symbol\n"},
    {"GET", "/health", NULL, true, 503, "text/plain; charset=utf-8",
     "degraded\neth1: no session with the controller for 60 s (up)\neth2: a change of classifier "},
    {"HEAD", "/", NULL, false, 200, "text/html; charset=utf-8", ""},
    {"HEAD", "/health", NULL, true, 503, "text/plain; charset=utf-8", ""},
    {"GET", "/nothing", NULL, false, 404, "text/plain; charset=utf-8", "there is /,"},
    {"GET", "//", NULL, false, 404, "text/plain; charset=utf-8", "there is /,"},
    {"GET", "/status/", NULL, false, 404, "text/plain; charset=utf-8", "there is /,"},
    {"POST", "/", "x", false, 405, "text/plain; charset=utf-8", "only GET and HEAD\n"},
    {"DELETE", "/status", NULL, false, 405, "text/plain; charset=utf-8", "only GET and HEAD\n"},
    {"OPTIONS", "/", NULL, false, 405, "text/plain; charset=utf-8", "only GET and HEAD\n"},
    {"GET", "/", "x", false, 413, "text/plain; charset=utf-8", "a request here has no body\n"},
};

static void assert_header(const struct reply *reply, const char *name, const char *value) {
    char line[256];
    snprintf(line, sizeof line, "\r\n%s: %s\r\n", name, value);
    if (!strstr(reply->head, line)) {
        fail_msg("there is no '%s: %s' in\n%s", name, value, reply->head);
    }
}

static void requests_are_answered(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_case *test = &cases[i];
        degraded = test->degraded;
        const struct reply reply = ask("127.0.0.1", test->method, test->path, test->body);
        const size_t length = test->start[0] ? strlen(test->start) : 1;
        if (reply.code != test->code || strncmp(reply.body, test->start, length) != 0) {
            fail_msg("%s %s: %ld, '%.80s'", test->method, test->path, reply.code, reply.body);
        }
        assert_header(&reply, "Content-Type", test->type);
        assert_header(&reply, "Cache-Control", "no-store");
        assert_header(&reply, "X-Content-Type-Options", "nosniff");
        assert_header(&reply, "X-Frame-Options", "DENY");
        assert_header(&reply, "Referrer-Policy", "no-referrer");
        assert_header(&reply, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                      "form-action 'none'; frame-ancestors 'none'");
        if (test->code == 405) {
            assert_header(&reply, "Allow", "GET, HEAD");
        }
    }
}

static int connect_to(uint16_t port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* What the server says to these bytes, until it closes the connection. */
static void say(const char *bytes, size_t length, char *reply, size_t size) {
    const int fd = connect_to(status_port(status));
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = recv(fd, reply + used, size - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    reply[used] = '\0';
    close(fd);
}

static void odd_requests_do_no_harm(void **state) {
    (void)state;
    static char huge[40000];
    const int start = snprintf(huge, sizeof huge, "GET /");
    memset(huge + start, 'x', sizeof huge - 1 - (size_t)start);
    static const struct {
        const char *bytes;
        size_t length;
        const char *start; /* of the reply; "": whatever it is */
    } odd[] = {
        {"nonsense\r\n\r\n", 12, ""},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 57, "HTTP/1.1 405 "},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 56, "HTTP/1.1 413 "},
        {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 31, ""},
        {huge, sizeof huge - 1, ""},
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char reply[1024];
        say(odd[i].bytes, odd[i].length, reply, sizeof reply);
        if (strncmp(reply, odd[i].start, strlen(odd[i].start)) != 0) {
            fail_msg("%.20s: '%s'", odd[i].bytes, reply);
        }
        assert_int_equal(ask("127.0.0.1", "GET", "/health", NULL).code, 200);
    }
}

static void a_silent_client_holds_nobody_up(void **state) {
    (void)state;
    const int silent = connect_to(status_port(status)), halfway = connect_to(status_port(status));
    const uint64_t before_ns = clock_monotonic_ns();
    assert_int_equal(send(halfway, "GET / HT", 8, MSG_NOSIGNAL), 8);
    assert_int_equal(ask("127.0.0.1", "GET", "/health", NULL).code, 200);
    assert_true(clock_monotonic_ns() - before_ns < NS_PER_S);
    close(silent);
    close(halfway);
}

/* More than are served at a time: they are closed after a while, and then it is our turn. */
static void many_silent_clients_hold_nobody_up_for_long(void **state) {
    (void)state;
    int silent[20];
    const size_t clients = sizeof silent / sizeof silent[0];
    for (size_t i = 0; i < clients; i++) {
        silent[i] = connect_to(status_port(status));
    }
    assert_int_equal(ask("127.0.0.1", "GET", "/health", NULL).code, 200);
    char byte;
    assert_int_equal(recv(silent[0], &byte, 1, 0), 0);
    for (size_t i = 0; i < clients; i++) {
        close(silent[i]);
    }
}

static void the_end_does_not_wait_for_clients(void **state) {
    (void)state;
    const int silent = connect_to(status_port(status));
    assert_int_equal(ask("127.0.0.1", "GET", "/health", NULL).code, 200);
    const uint64_t before_ns = clock_monotonic_ns();
    status_close(status);
    status = NULL;
    assert_true(clock_monotonic_ns() - before_ns < NS_PER_S);
    close(silent);
}

static void a_port_that_is_taken_is_an_error(void **state) {
    (void)state;
    const struct status_options options = {
        .address = "127.0.0.1", .port = status_port(status), .fill = fill};
    struct status *second;
    struct error error;
    char expected[128];
    assert_int_equal(status_open(&second, &options, &error), -EADDRINUSE);
    assert_null(second);
    snprintf(expected, sizeof expected, "status page: 127.0.0.1, port %u: Address already in use",
             status_port(status));
    assert_string_equal(error.message, expected);
}

static void an_address_of_another_machine_is_an_error(void **state) {
    (void)state;
    const struct status_options options = {.address = "192.0.2.1", .fill = fill};
    struct status *second;
    struct error error;
    assert_int_equal(status_open(&second, &options, &error), -EADDRNOTAVAIL);
    assert_null(second);
}

static void who_connects_before_the_start_is_answered_then(void **state) {
    (void)state;
    const struct status_options options = {.address = "127.0.0.1", .fill = fill};
    struct error error;
    char reply[16] = "";
    status_close(status);
    assert_int_equal(status_open(&status, &options, &error), 0);
    const int early = connect_to(status_port(status));
    assert_int_equal(send(early, "GET /health HTTP/1.0\r\n\r\n", 24, MSG_NOSIGNAL), 24);
    assert_int_equal(status_start(status, &error), 0);
    assert_true(recv(early, reply, sizeof reply - 1, MSG_WAITALL) > 0);
    assert_string_equal(reply, "HTTP/1.1 200 OK");
    close(early);
}

static void one_that_was_not_started_can_be_closed(void **state) {
    (void)state;
    const struct status_options options = {.address = "127.0.0.1", .fill = fill};
    struct status *second;
    struct error error;
    assert_int_equal(status_open(&second, &options, &error), 0);
    status_close(second);
    status_close(NULL);
}

static void it_speaks_ipv6(void **state) {
    (void)state;
    const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool there =
        fd >= 0 && bind(fd, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    close(fd);
    if (!there) {
        print_message("SKIPPED: this machine has no IPv6\n");
        skip();
    }
    status_close(status);
    open_on("::1");
    assert_int_equal(ask("[::1]", "GET", "/health", NULL).code, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_answered, begin, end),
        cmocka_unit_test_setup_teardown(odd_requests_do_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(a_silent_client_holds_nobody_up, begin, end),
        cmocka_unit_test_setup_teardown(many_silent_clients_hold_nobody_up_for_long, begin, end),
        cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_clients, begin, end),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_an_error, begin, end),
        cmocka_unit_test_setup_teardown(an_address_of_another_machine_is_an_error, begin, end),
        cmocka_unit_test_setup_teardown(who_connects_before_the_start_is_answered_then, begin, end),
        cmocka_unit_test_setup_teardown(one_that_was_not_started_can_be_closed, begin, end),
        cmocka_unit_test_setup_teardown(it_speaks_ipv6, begin, end),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}

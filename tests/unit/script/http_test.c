#include "script/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LONG_METHOD "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"

struct http_case {
    const char *name;
    const char *payload;
    const char *method; /* NULL: no request */
    const char *target;
};

static const struct http_case cases[] = {
    {"a GET", "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/index.html"},
    {"HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", "HEAD", "/"},
    {"the shortest one", "A * HTTP/1.1", "A", "*"},
    {"an absolute form", "GET http://a/b?c=d#e HTTP/1.1\r\n", "GET", "http://a/b?c=d#e"},
    {"bytes above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\n", "GET", "/\xc3\xa4"},
    {"a method with a dash", "M-SEARCH * HTTP/1.1\r\n", "M-SEARCH", "*"},
    {"the longest method", LONG_METHOD " / HTTP/1.1\r\n", LONG_METHOD, "/"},
    {"a method that is too long", LONG_METHOD "G / HTTP/1.1\r\n", NULL, NULL},
    {"nothing", "", NULL, NULL},
    {"a method only", "GET", NULL, NULL},
    {"a method and a space", "GET ", NULL, NULL},
    {"no target", "GET  HTTP/1.1\r\n", NULL, NULL},
    {"a target without an end", "GET /index.html", NULL, NULL},
    {"a version that is cut", "GET / HTTP/1.", NULL, NULL},
    {"a version that is no digit", "GET / HTTP/1.x\r\n", NULL, NULL},
    {"HTTP/2", "PRI * HTTP/2.0\r\n", NULL, NULL},
    {"HTTP/0.9", "GET /\r\n", NULL, NULL},
    {"two spaces before the version", "GET /  HTTP/1.1\r\n", NULL, NULL},
    {"a control character in the target", "GET /\x01 HTTP/1.1\r\n", NULL, NULL},
    {"DEL in the target", "GET /\x7f HTTP/1.1\r\n", NULL, NULL},
    {"a response", "HTTP/1.1 200 OK\r\n", NULL, NULL},
    {"small letters first", "get / HTTP/1.1\r\n", NULL, NULL},
    {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", NULL, NULL},
};

static void finds_the_request_line_in(void **state) {
    const struct http_case *one = *state;
    const size_t length = strlen(one->payload);
    /* A copy of the exact size: the sanitizer sees a read past its end. */
    uint8_t *payload = malloc(length ? length : 1);
    struct http_request request;
    assert_non_null(payload);
    memcpy(payload, one->payload, length);
    const bool found = http_parse_request(payload, length, &request);
    assert_int_equal(found, one->method != NULL);
    if (one->method) {
        assert_int_equal(request.method_length, strlen(one->method));
        assert_memory_equal(request.method, one->method, request.method_length);
        assert_int_equal(request.target_length, strlen(one->target));
        assert_memory_equal(request.target, one->target, request.target_length);
    }
    free(payload);
}

int main(void) {
    struct CMUnitTest tests[sizeof cases / sizeof *cases];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tests[i] = (struct CMUnitTest){cases[i].name, finds_the_request_line_in, NULL, NULL,
                                       (void *)(uintptr_t)&cases[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "bytes/http.h"
#include "bytes/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LONG_METHOD "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"

struct request_case {
    const char *name;
    const char *payload;
    enum parse_result result;
    const char *method;
    const char *target;
};

static const struct request_case requests[] = {
    {"a GET", "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n", PARSE_WHOLE, "GET", "/index.html"},
    {"HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", PARSE_WHOLE, "HEAD", "/"},
    {"the shortest one", "A * HTTP/1.1", PARSE_WHOLE, "A", "*"},
    {"an absolute form", "GET http://a/b?c=d#e HTTP/1.1\r\n", PARSE_WHOLE, "GET",
     "http://a/b?c=d#e"},
    {"bytes above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\n", PARSE_WHOLE, "GET",
     "/\xc3\xa4"},
    {"a method with a dash", "M-SEARCH * HTTP/1.1\r\n", PARSE_WHOLE, "M-SEARCH", "*"},
    {"the longest method", LONG_METHOD " / HTTP/1.1\r\n", PARSE_WHOLE, LONG_METHOD, "/"},
    {"a method that is too long", LONG_METHOD "G / HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"nothing", "", PARSE_NONE, NULL, NULL},
    {"a method only", "GET", PARSE_PARTIAL, NULL, NULL},
    {"a method and a space", "GET ", PARSE_PARTIAL, NULL, NULL},
    {"no target", "GET  HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"a target without an end", "GET /index.html", PARSE_PARTIAL, NULL, NULL},
    {"a truncated version", "GET / HTTP/1.", PARSE_PARTIAL, NULL, NULL},
    {"a version that is not a digit", "GET / HTTP/1.x\r\n", PARSE_NONE, NULL, NULL},
    {"HTTP/2", "PRI * HTTP/2.0\r\n", PARSE_NONE, NULL, NULL},
    {"HTTP/0.9", "GET /\r\n", PARSE_NONE, NULL, NULL},
    {"two spaces before the version", "GET /  HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"a control character in the target", "GET /\x01 HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"DEL in the target", "GET /\x7f HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"a response", "HTTP/1.1 200 OK\r\n", PARSE_NONE, NULL, NULL},
    {"small letters first", "get / HTTP/1.1\r\n", PARSE_NONE, NULL, NULL},
    {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", PARSE_NONE, NULL, NULL},
};

struct response_case {
    const char *name;
    const char *payload;
    enum parse_result result;
    uint32_t status;
    const char *reason;
};

static const struct response_case responses[] = {
    {"a response", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", PARSE_WHOLE, 200, "OK"},
    {"a reason of words", "HTTP/1.0 404 Not Found\r\n", PARSE_WHOLE, 404, "Not Found"},
    {"an empty reason", "HTTP/1.1 204 \r\n", PARSE_WHOLE, 204, ""},
    {"no reason at all", "HTTP/1.1 204\r\n", PARSE_WHOLE, 204, ""},
    {"LF alone at the end", "HTTP/1.1 200 OK\n", PARSE_WHOLE, 200, "OK"},
    {"an unfinished line", "HTTP/1.1 200 OK", PARSE_PARTIAL, 0, NULL},
    {"a truncated status", "HTTP/1.1 20", PARSE_PARTIAL, 0, NULL},
    {"one letter", "H", PARSE_PARTIAL, 0, NULL},
    {"nothing", "", PARSE_NONE, 0, NULL},
    {"a status of two digits", "HTTP/1.1 20 OK\r\n", PARSE_NONE, 0, NULL},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n", PARSE_NONE, 0, NULL},
    {"a status below 100", "HTTP/1.1 099 OK\r\n", PARSE_NONE, 0, NULL},
    {"HTTP/2", "HTTP/2 200\r\n", PARSE_NONE, 0, NULL},
    {"a request", "GET / HTTP/1.1\r\n", PARSE_NONE, 0, NULL},
};

struct field_case {
    const char *name;
    const char *payload;
    const char *field;
    enum parse_result result;
    const char *value;
};

#define GET "GET / HTTP/1.1\r\n"

static const struct field_case fields[] = {
    {"a field", GET "Host: www.example.com\r\n\r\n", "Host", PARSE_WHOLE, "www.example.com"},
    {"a field in another case", GET "hOST: a\r\n\r\n", "HosT", PARSE_WHOLE, "a"},
    {"a later field", GET "Host: a\r\nAccept: */*\r\n\r\n", "accept", PARSE_WHOLE, "*/*"},
    {"the first of two", GET "A: 1\r\nA: 2\r\n\r\n", "A", PARSE_WHOLE, "1"},
    {"a field of a response", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "Server", PARSE_WHOLE, "x"},
    {"white space around the value", GET "A: \t b c \t\r\n\r\n", "A", PARSE_WHOLE, "b c"},
    {"an empty value", GET "A:\r\n\r\n", "A", PARSE_WHOLE, ""},
    {"a value before further headers", GET "A: 1\r\nB: ", "A", PARSE_WHOLE, "1"},
    {"a truncated value", GET "A: 1", "A", PARSE_PARTIAL, NULL},
    {"a field that may come", GET "A: 1\r\n", "B", PARSE_PARTIAL, NULL},
    {"a truncated start line", "GET / HTT", "A", PARSE_PARTIAL, NULL},
    {"a start line without its end", "GET / HTTP/1.1", "A", PARSE_PARTIAL, NULL},
    {"a field that is not there", GET "A: 1\r\n\r\nB: 2\r\n", "B", PARSE_NONE, NULL},
    {"the beginning of a name", GET "Hosts: 1\r\n\r\n", "Host", PARSE_NONE, NULL},
    {"space before the colon", GET "A : 1\r\n\r\n", "A", PARSE_NONE, NULL},
    {"no name", GET ": 1\r\n\r\n", "", PARSE_NONE, NULL},
    {"something else", "SSH-2.0-x\r\nA: 1\r\n\r\n", "A", PARSE_NONE, NULL},
};

/* Returns a copy of the exact size, so that the sanitizer detects a read past its end. */
static uint8_t *exact_copy(const char *text, size_t length) {
    uint8_t *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    return copy;
}

static void assert_text(const char *expected, const char *found, uint32_t length) {
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(found, expected, length);
}

static void reads_the_request_line(void **state) {
    const struct request_case *one = *state;
    uint8_t *payload = exact_copy(one->payload, strlen(one->payload));
    struct http_request request;
    const int result = dpae_http_request(payload, (uint32_t)strlen(one->payload), &request);
    assert_int_equal(result, one->result);
    if (result == PARSE_WHOLE) {
        assert_text(one->method, request.method, request.method_length);
        assert_text(one->target, request.target, request.target_length);
    }
    free(payload);
}

static void reads_the_status_line(void **state) {
    const struct response_case *one = *state;
    uint8_t *payload = exact_copy(one->payload, strlen(one->payload));
    struct http_response response;
    const int result = dpae_http_response(payload, (uint32_t)strlen(one->payload), &response);
    assert_int_equal(result, one->result);
    if (result == PARSE_WHOLE) {
        assert_int_equal(response.status, one->status);
        assert_text(one->reason, response.reason, response.reason_length);
    }
    free(payload);
}

static void reads_the_field(void **state) {
    const struct field_case *one = *state;
    uint8_t *payload = exact_copy(one->payload, strlen(one->payload));
    struct http_field field;
    const int result = dpae_http_field(payload, (uint32_t)strlen(one->payload), one->field,
                                       (uint32_t)strlen(one->field), &field);
    assert_int_equal(result, one->result);
    if (result == PARSE_WHOLE) {
        assert_text(one->value, field.value, field.length);
    }
    free(payload);
}

#define COUNT(cases) (sizeof(cases) / sizeof *(cases))
#define ADD(cases, test)                                                                           \
    for (size_t i = 0; i < COUNT(cases); i++) {                                                    \
        tests[count++] = (struct CMUnitTest){(cases)[i].name, test, NULL, NULL,                    \
                                             (void *)(uintptr_t) & (cases)[i]};                    \
    }

int main(void) {
    struct CMUnitTest tests[COUNT(requests) + COUNT(responses) + COUNT(fields)];
    size_t count = 0;
    ADD(requests, reads_the_request_line)
    ADD(responses, reads_the_status_line)
    ADD(fields, reads_the_field)
    return cmocka_run_group_tests(tests, NULL, NULL);
}

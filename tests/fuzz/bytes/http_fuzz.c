#include "bytes/http.h"
#include "bytes/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const char *text, size_t length) {
    const char *start = (const char *)data;
    if (text < start || length > size || (size_t)(text - start) > size - length) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct http_request request;
    struct http_response response;
    struct http_field field;
    const uint32_t length = (uint32_t)size;
    if (dpae_http_request(data, length, &request) == PARSE_WHOLE) {
        if (request.method_length == 0 || request.target_length == 0) {
            abort();
        }
        check_inside(data, size, request.method, request.method_length);
        check_inside(data, size, request.target, request.target_length);
        /* The beginning of a request must not be recognised as something else. */
        if (dpae_http_request(data, length / 2, &request) == PARSE_NONE && length / 2 > 0) {
            abort();
        }
    }
    if (dpae_http_response(data, length, &response) == PARSE_WHOLE) {
        check_inside(data, size, response.reason, response.reason_length);
        if (dpae_http_response(data, length / 2, &response) == PARSE_NONE && length / 2 > 0) {
            abort();
        }
    }
    if (dpae_http_field(data, length, "Host", 4, &field) == PARSE_WHOLE) {
        check_inside(data, size, field.value, field.length);
    }
    return 0;
}

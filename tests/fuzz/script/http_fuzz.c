#include "script/http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct http_request request;
    if (http_parse_request(data, size, &request)) {
        const char *end = (const char *)data + size;
        if (request.method_length == 0 || request.target_length == 0 ||
            request.method + request.method_length > end ||
            request.target + request.target_length > end) {
            abort();
        }
    }
    return 0;
}

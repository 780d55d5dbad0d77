#include "bytes/parse.h"
#include "bytes/tls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tls_hello hello;
static char text[TLS_TEXT_MAX];
static volatile uint8_t sink;

static void read_all(const struct tls_list *list) {
    for (uint32_t i = 0; i < list->length; i++) {
        sink = list->bytes[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const int result = dpae_tls_client_hello(data, (uint32_t)size, &hello);
    if (result == PARSE_NONE) {
        return 0;
    }
    read_all(&hello.server_name);
    if (result != PARSE_WHOLE) {
        return 0;
    }
    read_all(&hello.ciphers);
    read_all(&hello.extensions);
    struct tls_list name;
    for (uint32_t at = 0; dpae_tls_next_protocol(&hello, &at, &name);) {
        read_all(&name);
    }
    for (uint32_t at = 0; dpae_tls_next_version(&hello, &at) != 0;) {
    }
    if (dpae_tls_ja3(&hello, text) > TLS_TEXT_MAX || dpae_tls_ja4(&hello, text) > TLS_TEXT_MAX) {
        abort();
    }
    /* The beginning of a hello must not be recognised as something else. */
    if (size > 1 && dpae_tls_client_hello(data, (uint32_t)size / 2, &hello) == PARSE_NONE) {
        abort();
    }
    return 0;
}

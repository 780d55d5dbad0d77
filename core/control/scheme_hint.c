#include "control/scheme_hint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define CLOSED_BY_HTTPS                                                                            \
    "closed without a reply; if it requires a certificate, set controller_client_cert"
#define SPEAKS_HTTP "the server speaks HTTP, not HTTPS; use http:// in nmeta_controller_address"

/* How http.c, or libcurl with OpenSSL or GnuTLS, describes a first answer in the other protocol. An
 * HTTPS server that receives HTTP sends only an alert, or nothing. */
static const struct {
    bool https;
    const char *cause, *hint;
} causes[] = {
    {true, "wrong version number", SPEAKS_HTTP},
    {true, "packet length too long", SPEAKS_HTTP},
    {true, "record layer failure", SPEAKS_HTTP},
    {true, "unexpected TLS packet", SPEAKS_HTTP},
    /* The server's alert is lost when it closes before it has read the request. */
    {true, "getpeername() failed", CLOSED_BY_HTTPS},
    {true, "reset by peer", CLOSED_BY_HTTPS},
    {true, "closed after the request", CLOSED_BY_HTTPS},
    {false, "not HTTP",
     "not HTTP, or HTTP/0.9; if it speaks HTTPS, use https:// in nmeta_controller_address"},
    {false, "closed after the request",
     "closed without a reply; if it speaks HTTPS, use https:// in nmeta_controller_address"},
};

const char *scheme_hint(const char *url, const char *cause) {
    const bool https = strncasecmp(url, "https:", 6) == 0;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (causes[i].https == https && strstr(cause, causes[i].cause)) {
            return causes[i].hint;
        }
    }
    return NULL;
}

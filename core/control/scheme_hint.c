#include "control/scheme_hint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define CLOSED      "closed, no reply; if it wants a certificate: controller_client_cert"
#define SPEAKS_HTTP "it speaks HTTP, not HTTPS: http:// in nmeta_controller_address"

/* How http.c, or libcurl with OpenSSL or GnuTLS, names a first answer that is of the other
 * protocol. A server of HTTPS that is sent HTTP says little: it sends an alert, or nothing. */
static const struct {
    bool https;
    const char *cause, *hint;
} causes[] = {
    {true, "wrong version number", SPEAKS_HTTP},
    {true, "packet length too long", SPEAKS_HTTP},
    {true, "record layer failure", SPEAKS_HTTP},
    {true, "unexpected TLS packet", SPEAKS_HTTP},
    /* Its alert is lost when it closes before it has read the request. */
    {true, "getpeername() failed", CLOSED},
    {true, "reset by peer", CLOSED},
    {true, "closed after the request", CLOSED},
    {false, "no HTTP", "no HTTP, or HTTP/0.9; if HTTPS: https:// in nmeta_controller_address"},
    {false, "closed after the request",
     "closed, no reply; if HTTPS: https:// in nmeta_controller_address"},
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

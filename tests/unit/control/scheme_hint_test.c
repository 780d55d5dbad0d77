#include "control/scheme_hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_cause_yields_the_hint_for_its_scheme(void **state) {
    (void)state;
    static const struct {
        const char *url, *cause, *hint; /* hint: a part of it; NULL: no hint */
    } cases[] = {
        {"https://c/", "OpenSSL: error:0A00010B:SSL routines::wrong version number", "not HTTPS"},
        {"HTTPS://c/", "gnutls: An unexpected TLS packet was received.", "not HTTPS"},
        {"http://c/", "not HTTP: Received HTTP/0.9 when not allowed", "https://"},
        {"http://c/", "the connection was closed after the request and before a reply", "https://"},
        {"https://c/", "getpeername() failed with errno 107", "controller_client_cert"},
        {"https://c/", "connection broken: Recv failure: Connection reset by peer",
         "controller_client_cert"},
        {"https://c/", "the connection was closed after the request and before a reply",
         "controller_client_cert"},
        {"http://c/", "connection broken: Recv failure: Connection reset by peer", NULL},
        {"https://c/", "not HTTP: Received HTTP/0.9 when not allowed", NULL},
        {"https://c/", "Failed to connect to c port 443: Connection refused", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *hint = scheme_hint(cases[i].url, cases[i].cause);
        assert_true(cases[i].hint ? hint && strstr(hint, cases[i].hint) : !hint);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_yields_the_hint_for_its_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

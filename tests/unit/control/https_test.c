/* HTTPS against `openssl s_server`, with certificates that openssl creates for the run. */
#include "base/clock.h"
#include "control/http.h"
#include "control/test_server.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/dpae-https-XXXXXX";

/* A CA, a server and a client certified by it; an unknown CA and an unknown client. */
static const char make_certificates[] =
    "set -e\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "ca() { key $1; openssl req -x509 -new -key $1.key -subj /CN=$1 -days 2 -out $1.pem; }\n"
    "signed() {\n"
    "    key $2\n"
    "    openssl req -new -key $2.key -subj /CN=$2 -out $2.csr\n"
    "    printf \"subjectAltName=IP:127.0.0.1\" >$2.ext\n"
    "    openssl x509 -req -in $2.csr -CA $1.pem -CAkey $1.key -CAcreateserial -days 2 \\\n"
    "        -extfile $2.ext -out $2.pem\n"
    "}\n"
    "exec >log 2>&1\n"
    "ca ca; ca other_ca\n"
    "signed ca server; signed ca client; signed other_ca stranger\n"
    "cat client.pem client.key >both.pem\n";

struct tls_server {
    pid_t pid;
    unsigned port;
};

static struct tls_server open_server, strict_server;

/* Runs openssl s_server on a port that it chooses and prints. */
static int start_server(struct tls_server *server, const char *verify) {
    char command[512];
    int out[2];
    if (pipe(out) != 0) {
        return -1;
    }
    snprintf(command, sizeof command,
             "exec openssl s_server -accept 127.0.0.1:0 -www -cert server.pem -key "
             "server.key -CAfile ca.pem %s 2>>log </dev/null",
             verify);
    char shell[] = "sh", option[] = "-c";
    char *const arguments[] = {shell, option, command, NULL};
    posix_spawn_file_actions_t actions;
    int result = posix_spawn_file_actions_init(&actions);
    result = result ? result : posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    result = result ? result : posix_spawn_file_actions_addclose(&actions, out[0]);
    result =
        result ? result : posix_spawn(&server->pid, "/bin/sh", &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(out[1]);
    FILE *const lines = fdopen(out[0], "r");
    char line[256];
    while (result == 0 && server->port == 0 && fgets(line, sizeof line, lines)) {
        (void)sscanf(line, "ACCEPT 127.0.0.1:%u", &server->port);
    }
    (void)fclose(lines);
    return server->port != 0 ? 0 : -1;
}

static int start(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0 || system(make_certificates) != 0) {
        return -1;
    }
    if (start_server(&open_server, "") != 0) {
        return -1;
    }
    return start_server(&strict_server, "-Verify 1 -verify_return_error");
}

static int stop(void **state) {
    (void)state;
    const struct tls_server *const servers[] = {&open_server, &strict_server};
    for (size_t i = 0; i < 2; i++) {
        if (servers[i]->pid > 0) {
            (void)kill(servers[i]->pid, SIGKILL);
            (void)waitpid(servers[i]->pid, NULL, 0);
        }
    }
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static struct http_reply get(struct http *http) {
    struct error error = {0};
    assert_int_equal(http_start(http, HTTP_SESSION, "GET", "", NULL, &error), 0);
    struct http_reply reply;
    const uint64_t end_ns = clock_monotonic_ns() + 20 * NS_PER_S;
    while (!http_take(http, HTTP_SESSION, &reply)) {
        assert_true(clock_monotonic_ns() < end_ns);
        (void)http_poll(http, NULL, 0, 100);
    }
    return reply;
}

static void certificates_decide_who_may_connect(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const struct tls_server *server;
        const char *host, *ca, *cert, *key;
        long status;
        const char *error;
    } cases[] = {
        {"CA", &open_server, "127.0.0.1", "ca.pem", NULL, NULL, 200, ""},
        {"no CA: those of the system", &open_server, "127.0.0.1", "", NULL, NULL, 0,
         "certificate rejected: "},
        {"another CA", &open_server, "127.0.0.1", "other_ca.pem", NULL, NULL, 0,
         "certificate rejected: "},
        {"another host", &open_server, "localhost", "ca.pem", NULL, NULL, 0,
         "certificate rejected: "},
        {"client", &strict_server, "127.0.0.1", "ca.pem", "client.pem", "client.key", 200, ""},
        {"client, key in the same file", &strict_server, "127.0.0.1", "ca.pem", "both.pem", "", 200,
         ""},
        {"no client certificate", &strict_server, "127.0.0.1", "ca.pem", NULL, NULL, 0,
         "connection broken: "},
        {"a stranger", &strict_server, "127.0.0.1", "ca.pem", "stranger.pem", "stranger.key", 0,
         "connection broken: "},
        {"another's key", &strict_server, "127.0.0.1", "ca.pem", "client.pem", "stranger.key", 0,
         "client certificate or key unusable: "},
        {"no certificate in the file", &strict_server, "127.0.0.1", "ca.pem", "log", NULL, 0,
         "client certificate or key unusable: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[64];
        snprintf(url, sizeof url, "https://%s:%u/", cases[i].host, cases[i].server->port);
        const struct http_settings settings = {.base_url = url,
                                               .ca_file = cases[i].ca,
                                               .client_cert = cases[i].cert,
                                               .client_key = cases[i].key,
                                               .connect_timeout_ms = 5000,
                                               .timeout_ms = 5000,
                                               .reply_max = 100000};
        struct http *http;
        struct error error = {0};
        if (http_new(&http, &settings, &error) != 0) {
            fail_msg("%s: %s", cases[i].name, error.message);
        }
        const struct http_reply reply = get(http);
        if (reply.status != cases[i].status || !strstr(reply.error, cases[i].error)) {
            fail_msg("%s: %ld, '%s'", cases[i].name, reply.status, reply.error);
        }
        http_free(http);
    }
}

/* A plain HTTP server that receives a TLS handshake. */
static void *answer_first_bytes(void *context) {
    const int *const listener = context;
    char bytes[1024];
    const int fd = accept(*listener, NULL, NULL);
    if (fd >= 0) {
        if (read(fd, bytes, sizeof bytes) > 0) {
            server_send_text(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
        (void)close(fd);
    }
    return NULL;
}

static void get_error(const char *scheme, unsigned port, char *text, size_t size) {
    char url[64];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/", scheme, port);
    const struct http_settings settings = {
        .base_url = url, .connect_timeout_ms = 5000, .timeout_ms = 5000, .reply_max = 100000};
    struct http *http;
    struct error error = {0};
    assert_int_equal(http_new(&http, &settings, &error), 0);
    snprintf(text, size, "%s", get(http).error);
    http_free(http);
}

static void a_mistaken_scheme_is_recognised(void **state) {
    (void)state;
    char text[256];
    get_error("http", open_server.port, text, sizeof text);
    /* The server sends an alert or nothing. */
    assert_non_null(strstr(text, "; if it speaks HTTPS, use https:// in nmeta_controller_address"));
    uint16_t port = 0;
    int listener = server_listen(&port, 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_first_bytes, &listener), 0);
    get_error("https", port, text, sizeof text);
    assert_string_equal(
        text, "the server speaks HTTP, not HTTPS; use http:// in nmeta_controller_address");
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(listener);
}

int main(void) {
    struct error error = {0};
    if (http_global_init(&error) != 0) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_decide_who_may_connect),
        cmocka_unit_test(a_mistaken_scheme_is_recognised),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

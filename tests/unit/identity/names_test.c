#include "base/clock.h"
#include "identity/names.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { A = 1, CNAME = 5, AAAA = 28 };

static const uint64_t key[2] = {7, 11};

/* One answer to a client; addresses by their last byte. */
struct answer {
    double time_s;
    uint16_t type;
    uint8_t client, address;
    uint32_t ttl_s;
    const char *name, *target;
    int client_version; /* 0: the version of the type */
};

static void note(struct names *names, const struct answer *answer) {
    struct identity identity = {.kind = IDENTITY_DNS,
                                .time_ns = (uint64_t)(answer->time_s * (double)NS_PER_S)};
    struct identity_dns *dns = &identity.dns;
    dns->type = answer->type;
    dns->ttl = answer->ttl_s;
    dns->client_version = (uint8_t)(answer->client_version ? answer->client_version
                                    : answer->type == AAAA ? 6
                                                           : 4);
    dns->client[dns->client_version == 6 ? 15 : 3] = answer->client;
    dns->address[answer->type == AAAA ? 15 : 3] = answer->address;
    snprintf(dns->name, sizeof dns->name, "%s", answer->name);
    snprintf(dns->target, sizeof dns->target, "%s", answer->target ? answer->target : "");
    names_note(names, &identity);
}

static const char *find(const struct names *names, uint8_t client, uint8_t server, int ip_version,
                        double time_s) {
    static char text[NAMES_TEXT];
    uint8_t addresses[2][16] = {{0}};
    addresses[0][ip_version == 6 ? 15 : 3] = client;
    addresses[1][ip_version == 6 ? 15 : 3] = server;
    const size_t length = names_find(names, addresses[0], addresses[1], ip_version,
                                     (uint64_t)(time_s * (double)NS_PER_S), text);
    assert_int_equal(length, strlen(text));
    return text;
}

static const struct names_case {
    const char *what;
    struct answer answers[4];
    uint8_t client, server;
    int ip_version;
    double time_s;
    const char *expected;
} cases[] = {
    {"an answer", {{10, A, 1, 9, 60, "www.example.com", NULL, 0}}, 1, 9, 4, 11, "www.example.com"},
    {"IPv6", {{10, AAAA, 1, 9, 60, "www.example.com", NULL, 0}}, 1, 9, 6, 11, "www.example.com"},
    {"another client does not know it", {{10, A, 1, 9, 60, "a", NULL, 0}}, 2, 9, 4, 11, ""},
    {"another server has no name", {{10, A, 1, 9, 60, "a", NULL, 0}}, 1, 8, 4, 11, ""},
    {"the addresses of the other version are others",
     {{10, A, 1, 9, 60, "a", NULL, 0}},
     1,
     9,
     6,
     11,
     ""},
    {"a client of the other version is not known by its address there",
     {{10, A, 1, 9, 60, "a", NULL, 6}},
     1,
     9,
     4,
     11,
     ""},
    {"known for five minutes at least", {{10, A, 1, 9, 0, "a", NULL, 0}}, 1, 9, 4, 309.9, "a"},
    {"and then no more", {{10, A, 1, 9, 0, "a", NULL, 0}}, 1, 9, 4, 310, ""},
    {"known for its TTL", {{10, A, 1, 9, 3600, "a", NULL, 0}}, 1, 9, 4, 3609, "a"},
    {"known for at most a day", {{10, A, 1, 9, 4000000000u, "a", NULL, 0}}, 1, 9, 4, 86411, ""},
    {"the latest answer counts",
     {{10, A, 1, 9, 60, "a", NULL, 0}, {12, A, 1, 9, 60, "b", NULL, 0}},
     1,
     9,
     4,
     13,
     "b"},
    {"the requested name, not its alias target",
     {{10, CNAME, 1, 0, 60, "www.example.com", "edge.example.net", 0},
      {10, A, 1, 9, 60, "edge.example.net", NULL, 0}},
     1,
     9,
     4,
     11,
     "www.example.com"},
    {"over several aliases",
     {{10, CNAME, 1, 0, 60, "www.example.com", "b.example.net", 0},
      {10, CNAME, 1, 0, 60, "b.example.net", "c.example.org", 0},
      {10, A, 1, 9, 60, "c.example.org", NULL, 0}},
     1,
     9,
     4,
     11,
     "www.example.com"},
    {"an alias of another packet leads nowhere",
     {{10, CNAME, 1, 0, 60, "www.example.com", "edge.example.net", 0},
      {10.5, A, 1, 9, 60, "edge.example.net", NULL, 0}},
     1,
     9,
     4,
     11,
     "edge.example.net"},
};

static void servers_have_the_names_that_clients_requested(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct names_case *test = &cases[i];
        struct names *names;
        struct error error = {0};
        print_message("%s\n", test->what);
        assert_int_equal(names_new(&names, 100, key, &error), 0);
        for (size_t j = 0; j < 4 && test->answers[j].name; j++) {
            note(names, &test->answers[j]);
        }
        assert_string_equal(find(names, test->client, test->server, test->ip_version, test->time_s),
                            test->expected);
        names_close(names);
    }
}

static void a_name_that_is_too_long_is_not_stored(void **state) {
    (void)state;
    struct names *names;
    struct error error = {0};
    char name[NAMES_TEXT + 1];
    memset(name, 'a', sizeof name);
    name[NAMES_TEXT] = '\0';
    assert_int_equal(names_new(&names, 100, key, &error), 0);
    note(names, &(struct answer){1, A, 1, 9, 60, name, NULL, 0});
    assert_string_equal(find(names, 1, 9, 4, 2), "");
    note(names, &(struct answer){1, A, 1, 9, 60, name + 1, NULL, 0});
    assert_string_equal(find(names, 1, 9, 4, 2), name + 1);
    names_close(names);
}

/* A bucket has four entries: a table of four drops the oldest. */
static void the_oldest_name_is_dropped(void **state) {
    (void)state;
    struct names *names;
    struct error error = {0};
    assert_int_equal(names_new(&names, 4, key, &error), 0);
    for (uint8_t i = 1; i <= 5; i++) {
        note(names, &(struct answer){i, A, 1, i, 60, "a", NULL, 0});
    }
    assert_string_equal(find(names, 1, 1, 4, 6), "");
    for (uint8_t i = 2; i <= 5; i++) {
        assert_string_equal(find(names, 1, i, 4, 6), "a");
    }
    names_close(names);
}

static int memory_of(unsigned writers, uint32_t capacity) {
    const struct names_options options = {
        .capacity = capacity, .writers = writers, .key = {key[0], key[1]}};
    struct error error = {0};
    const int fd = memfd_create("names", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(names_format(fd, &options, &error), 0);
    return fd;
}

static struct names *open_part(int fd, unsigned writer) {
    struct names *names;
    struct error error = {0};
    assert_int_equal(names_open(&names, fd, writer, &error), 0);
    return names;
}

static void all_workers_read_the_names_of_each(void **state) {
    (void)state;
    const int fd = memory_of(3, 100);
    struct names *workers[3] = {open_part(fd, 0), open_part(fd, 1), open_part(fd, 2)};
    note(workers[1], &(struct answer){10, A, 1, 9, 60, "older", NULL, 0});
    note(workers[2], &(struct answer){11, A, 1, 9, 60, "newer", NULL, 0});
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(find(workers[i], 1, 9, 4, 12), "newer");
        names_close(workers[i]);
    }
    struct names *restarted = open_part(fd, 0);
    assert_string_equal(find(restarted, 1, 9, 4, 12), "newer");
    names_close(restarted);
    close(fd);
}

static void memory_without_a_table_is_rejected(void **state) {
    (void)state;
    struct names *names;
    struct error error = {0};
    int fd = memfd_create("names", MFD_CLOEXEC);
    assert_int_equal(names_open(&names, fd, 0, &error), -EINVAL);
    close(fd);
    fd = memory_of(2, 100);
    assert_int_equal(names_open(&names, fd, 2, &error), -EINVAL);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(names_open(&names, fd, 0, &error), -EINVAL);
    close(fd);
}

/* Every name that is read was written whole, also during a write and after its writer was killed at
 * any moment. */
static void a_writer_may_die_at_any_moment(void **state) {
    (void)state;
    char text[2][NAMES_TEXT];
    for (unsigned i = 0; i < 2; i++) {
        memset(text[i], i ? 'x' : 'o', NAMES_TEXT - 1);
        text[i][NAMES_TEXT - 1] = '\0';
    }
    const int fd = memory_of(2, 4);
    struct names *reader = open_part(fd, 1);
    for (unsigned round = 0; round < 20; round++) {
        const pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            struct names *names;
            struct error error;
            if (names_open(&names, fd, 0, &error) != 0) {
                _exit(1);
            }
            for (unsigned i = 0;; i++) {
                note(names, &(struct answer){10, A, 1, 9, 60, text[i % 2], NULL, 0});
            }
        }
        const uint64_t until_ns = clock_monotonic_ns() + 3 * NS_PER_MS;
        while (clock_monotonic_ns() < until_ns) {
            const char *found = find(reader, 1, 9, 4, 11);
            assert_true(!*found || !strcmp(found, text[0]) || !strcmp(found, text[1]));
        }
        assert_int_equal(kill(writer, SIGKILL), 0);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
        struct names *next = open_part(fd, 0);
        note(next, &(struct answer){10, A, 1, 9, 60, text[round % 2], NULL, 0});
        assert_string_equal(find(reader, 1, 9, 4, 11), text[round % 2]);
        names_close(next);
    }
    names_close(reader);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_have_the_names_that_clients_requested),
        cmocka_unit_test(a_name_that_is_too_long_is_not_stored),
        cmocka_unit_test(the_oldest_name_is_dropped),
        cmocka_unit_test(all_workers_read_the_names_of_each),
        cmocka_unit_test(memory_without_a_table_is_rejected),
        cmocka_unit_test(a_writer_may_die_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

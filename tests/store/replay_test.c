/* `dpae replay --store` and `dpae flows` from the command line: replay_test DPAE. */
#include "compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *dpae;
static struct server server;
static mongoc_client_t *client;
static char folder[] = "/tmp/dpae-replay-store-XXXXXX";

/* Runs a command line of sh in which dpae is the program; returns its exit status. Output goes
 * to the file "output", messages to "messages". */
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...) {
    char line[1024], command[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    snprintf(command, sizeof command,
             "cd '%s' && dpae() { '%s' \"$@\"; }; { %s; } >output 2>messages", folder, dpae, line);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char *read_file(const char *name) {
    static char text[1 << 18];
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void configure(const char *uri, const char *collection, const char *more) {
    char path[128];
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "mongo_uri: \"%s\"\nmongo_collection: %s\nspool_directory: %s\n%s", uri,
            collection, folder, more);
    fclose(file);
}

static unsigned lines_of(const char *text) {
    unsigned count = 0;
    for (; *text; text++) {
        count += *text == '\n';
    }
    return count;
}

#define REPLAY                                                                                     \
    "dpae replay -q -c config.yaml -p " DPAE_SOURCE_DIR "/config/main_policy.yaml --store "        \
    "--format jsonl " DPAE_CAPTURES "/"

static void a_document_says_what_the_json_line_says(void **state) {
    (void)state;
    static const struct {
        const char *capture, *more;
    } cases[] = {
        {"demo.pcap", ""},
        {"http.pcap", "flow_packets_kept: 0\n"},
        {"ipv6.pcap", ""},
        {"fragments.pcap", ""},
        {"retransmission.pcap", "flow_packets_kept: 64\n"},
        {"eviction.pcap", "flow_table_size: 2\n"},
        {"port_reuse.pcap", ""},
        {"idle.pcap", "mongo_retention_days: 0\n"},
        {"nanosecond.pcap", ""},
        {"midstream.pcap", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char collection[32], path[64];
        print_message("%s\n", cases[i].capture);
        snprintf(collection, sizeof collection, "case%zu", i);
        configure(server.uri, collection, cases[i].more);
        /* Twice: writing again must not add documents. */
        for (unsigned times = 0; times < 2; times++) {
            if (run(REPLAY "%s", cases[i].capture) != 0) {
                fail_msg("%s", read_file("messages"));
            }
            snprintf(path, sizeof path, "%s/output", folder);
            FILE *lines = fopen(path, "r");
            assert_non_null(lines);
            assert_true(compare_flows(lines, client, collection) > 0);
            fclose(lines);
        }
    }
}

static void flows_lists_what_is_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *options;
        unsigned lines; /* including the heading */
        const char *says;
    } cases[] = {
        {"", 14, "10.1.0.1:42000        10.1.0.22:22          tcp          19"},
        {"--limit 3", 4, "SERVER"},
        {"--limit 0", 14, "vm:demo:replay"},
        {"--client 10.1.0.7", 2, "198.51.100.9:443"},
        {"--client 2001:DB8:0::1", 2, "2001:db8::1:40004"},
        {"--treatment constrained_bw", 4, "constrained_bw"},
        {"--since 2024-01-01T00:00:10", 5, "2024-01-01 00:00:10"},
        {"--since 1h", 0, ""},
        {"--limit 2 --format jsonl", 2, "\"end_reason\" : "},
    };
    configure(server.uri, "flows", "dpae_id: vm:demo\n");
    assert_int_equal(run(REPLAY "demo.pcap"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(run("dpae flows -c config.yaml %s", cases[i].options), 0);
        const char *output = read_file("output");
        if (lines_of(output) != cases[i].lines || !strstr(output, cases[i].says)) {
            fail_msg("%s: %s", cases[i].options, output);
        }
    }
}

static void insert(const char *collection, const bson_t *document) {
    bson_error_t error;
    mongoc_collection_t *documents =
        mongoc_client_get_collection(client, SERVER_DATABASE, collection);
    if (!mongoc_collection_insert_one(documents, document, NULL, NULL, &error)) {
        fail_msg("%s", error.message);
    }
    mongoc_collection_destroy(documents);
}

/* Any program with access to the database may have written them. */
static void hostile_documents_are_shown_without_harm(void **state) {
    (void)state;
    static const char text[] = "\033[2J\x07\x7f\xc2\x9b"
                               "31m\n";
    bson_t hostile = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&hostile, "_id", text);
    BSON_APPEND_DOUBLE(&hostile, "start_time", 1e300);
    BSON_APPEND_DOUBLE(&hostile, "end_time", -1e300);
    BSON_APPEND_DOUBLE(&hostile, "packet_count", 1e300);
    BSON_APPEND_INT64(&hostile, "port_A", -1);
    BSON_APPEND_UTF8(&hostile, "dpae_id", text);
    BSON_APPEND_UTF8(&hostile, "client", text);
    BSON_APPEND_UTF8(&hostile, "proto", text);
    BSON_APPEND_INT32(&hostile, "server", 7);
    configure(server.uri, "hostile", "");
    insert("hostile", &hostile);
    bson_destroy(&hostile);
    static const char *const formats[] = {"table", "jsonl"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(run("dpae flows -c config.yaml --format %s", formats[i]), 0);
        const char *output = read_file("output");
        assert_int_equal(lines_of(output), i == 0 ? 2 : 1);
        for (const char *at = output; *at; at++) {
            assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
            assert_int_not_equal(*at, 0x7f);
            assert_false((unsigned char)at[0] == 0xc2 && (unsigned char)at[1] < 0xa0);
        }
        assert_non_null(strstr(output, "31m"));
    }
    assert_non_null(strstr(read_file("output"), "\\u007f\\u009b31m"));
}

static void a_full_disk_is_told(void **state) {
    (void)state;
    configure(server.uri, "flows", "");
    assert_int_equal(run("dpae flows -c config.yaml --format jsonl >/dev/full"), 1);
    assert_non_null(strstr(read_file("messages"), "No space left"));
}

/* All fields named in the two tables under a heading. */
static bool documents(const char *heading, const char *field) {
    FILE *file = fopen(DPAE_SOURCE_DIR "/docs/database.md", "r");
    assert_non_null(file);
    char line[1024], wanted[80];
    bool inside = false, found = false;
    snprintf(wanted, sizeof wanted, "| `%s` |", field);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') {
            line[strcspn(line, "\n")] = '\0';
            inside = strcmp(line, heading) == 0;
        }
        found |= inside && strncmp(line, wanted, strlen(wanted)) == 0;
    }
    fclose(file);
    return found;
}

static unsigned rows(const char *heading, const char *prefix) {
    FILE *file = fopen(DPAE_SOURCE_DIR "/docs/database.md", "r");
    assert_non_null(file);
    char line[1024];
    bool inside = false;
    unsigned count = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') {
            line[strcspn(line, "\n")] = '\0';
            inside = strcmp(line, heading) == 0;
        }
        count += inside && strncmp(line, prefix, strlen(prefix)) == 0;
    }
    fclose(file);
    return count;
}

/* Every field is documented (those shared with JSON lines there), and every documented field
 * exists. */
static void check_fields(const bson_t *document, const char *heading, bool flow) {
    bson_iter_t at, item, member;
    unsigned known = 0;
    assert_true(bson_iter_init(&at, document));
    while (bson_iter_next(&at)) {
        const char *key = bson_iter_key(&at);
        const bool here = documents(heading, key);
        known += here;
        if (!here && !flow) {
            fail_msg("%s is not documented", key);
        }
    }
    if (flow) {
        assert_true(bson_iter_init_find(&at, document, "verdicts"));
        assert_true(bson_iter_recurse(&at, &item) && bson_iter_next(&item));
        assert_true(bson_iter_recurse(&item, &member));
        while (bson_iter_next(&member)) {
            char name[80];
            snprintf(name, sizeof name, "verdicts[].%s", bson_iter_key(&member));
            assert_true(documents(heading, name));
            known++;
        }
    }
    assert_int_equal(known, rows(heading, "| `"));
}

/* compare_flows() checks the fields that this table shares with JSON lines. */
static void the_document_lists_the_fields_that_are_there(void **state) {
    (void)state;
    configure(server.uri, "documented", "dpae_id: doc\n");
    assert_int_equal(run(REPLAY "demo.pcap"), 0);
    bson_t *document = server_find(client, "documented", "{\"port_A\": 40001}");
    assert_non_null(document);
    check_fields(document, "## A flow", true);
    bson_destroy(document);
    document = server_find(client, "identity",
                           "{\"dpae_id\": \"doc:replay\", \"what\": \"pc1.example.com\"}");
    assert_non_null(document);
    check_fields(document, "## An identity", false);
    bson_destroy(document);
}

static void a_password_is_shown_nowhere(void **state) {
    (void)state;
    static const char *const uris[] = {
        "mongodb://someone:s3cret@127.0.0.1:1/",
        "mongodb://someone:s3cret@127.0.0.1:1/?tls=true",
        "mongodb://someone:s3c@s3cret@127.0.0.1:1/",
        "mongodb://someone:12/s3cret@127.0.0.1:1/",
        "mongodb://someone:s3cret@:x/",
        "mongodb+srv://someone:s3cret@db.example.invalid/",
        "mongo://someone:s3cret@127.0.0.1/",
        "mongodb://someone:%zzs3cret@127.0.0.1/",
        "mongodb://someone:1/x?a=s3cret@127.0.0.1/",
        "mongodb://someone:s3cret/",
    };
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        configure(uris[i], "fcip", "nmeta_dpae_logging_level_c: DEBUG\nmongo_enabled: 1\n");
        assert_int_equal(run(REPLAY "demo.pcap"), 1);
        assert_non_null(strstr(read_file("messages"), "mongo"));
        assert_null(strstr(read_file("messages"), "s3c"));
        run("dpae check -c config.yaml");
        assert_null(strstr(read_file("messages"), "s3c"));
        assert_null(strstr(read_file("output"), "s3c"));
        assert_int_equal(run("dpae flows --mongo-uri '%s'", uris[i]), 1);
        assert_null(strstr(read_file("messages"), "s3c"));
    }
}

static int begin(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    server_start(&server);
    client = server_client(&server);
    return 0;
}

static int end(void **state) {
    (void)state;
    char command[128];
    mongoc_client_destroy(client);
    server_end(&server);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_says_what_the_json_line_says),
        cmocka_unit_test(flows_lists_what_is_asked_for),
        cmocka_unit_test(hostile_documents_are_shown_without_harm),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(the_document_lists_the_fields_that_are_there),
        cmocka_unit_test(a_password_is_shown_nowhere),
    };
    if (argc != 2) {
        return 2;
    }
    dpae = argv[1];
    return cmocka_run_group_tests(tests, begin, end);
}

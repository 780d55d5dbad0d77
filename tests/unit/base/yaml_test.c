#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <errno.h>

#include <cmocka.h>

#define COUNT(array) (sizeof array / sizeof *(array))

/* Parses a document that must be accepted. */
static struct yaml_document *parse(const char *text) {
    struct faults faults = {0};
    struct yaml_document *document = NULL;
    if (yaml_parse(text, strlen(text), "test", &document, &faults) != 0) {
        fail_msg("'%s': %s", text, faults.count ? faults.items[0].message : "no fault");
    }
    assert_int_equal(faults.count, 0);
    faults_free(&faults);
    return document;
}

/* Checks that the text is rejected, and that the first fault has this place and these words. */
static void assert_rejected(const char *text, size_t length, unsigned line, unsigned column,
                            const char *words) {
    struct faults faults = {0};
    struct yaml_document *document = (struct yaml_document *)&faults; /* must be set to NULL */
    const int result = yaml_parse(text, length, "test", &document, &faults);
    if (result != -EINVAL || document || faults.errors == 0) {
        fail_msg("'%.60s' was not rejected", text);
    }
    const struct fault *fault = &faults.items[0];
    if (fault->line != line || fault->column != column || !strstr(fault->message, words)) {
        fail_msg("'%.60s': %u:%u: %s", text, fault->line, fault->column, fault->message);
    }
    assert_string_equal(fault->source, "test");
    faults_free(&faults);
}

static void block_and_flow_notation_give_the_same_tree(void **state) {
    (void)state;
    static const char *const texts[] = {
        "name: x\nlist:\n  - 1\n  - 'two'\n",
        "{\"name\": x, \"list\": [1, \"two\"]}",
        "{\n\t\"name\":\tx,\n\t\"list\":[1,\"two\"]\n}\n", /* JSON allows tabs */
        "%YAML 1.1\n---\nname: x # why\nlist: [1, 'two']\n...\n",
        "\xef\xbb\xbfname: x\nlist: [1, \"two\"]", /* a byte order mark */
        "name: x\r\nlist:\r\n- 1\r\n- \"t\\u0077o\"\r\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct yaml_document *document = parse(texts[i]);
        const struct yaml_node *root = yaml_root(document);
        assert_int_equal(root->kind, YAML_MAPPING);
        assert_int_equal(root->count, 2);
        assert_string_equal(root->keys[1]->text, "list");
        const struct yaml_node *list = yaml_find(root, "list");
        assert_ptr_equal(list, root->items[1]);
        assert_int_equal(list->kind, YAML_SEQUENCE);
        assert_int_equal(list->count, 2);
        assert_null(list->keys);
        assert_string_equal(list->items[0]->text, "1");
        assert_false(list->items[0]->quoted);
        assert_string_equal(list->items[1]->text, "two");
        assert_int_equal(list->items[1]->count, 3);
        assert_true(list->items[1]->quoted);
        assert_null(yaml_find(root, "nam"));
        assert_null(yaml_find(list, "name"));
        yaml_release(document);
    }
}

static void nodes_know_their_line_and_column(void **state) {
    (void)state;
    struct yaml_document *document = parse("# first\n\xc3\xa9: 1\nb:\n    - c: [x, y]\n");
    const struct yaml_node *root = yaml_root(document);
    assert_int_equal(root->line, 2);
    assert_int_equal(root->column, 1);
    assert_int_equal(root->items[0]->column, 4); /* characters, not bytes */
    const struct yaml_node *list = yaml_find(yaml_find(root, "b")->items[0], "c");
    assert_int_equal(list->items[1]->line, 4);
    assert_int_equal(list->items[1]->column, 14);
    yaml_release(document);
}

static void an_empty_text_has_no_root(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "   "};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct yaml_document *document = parse(texts[i]);
        assert_null(yaml_root(document));
        yaml_release(document);
    }
    struct faults faults = {0};
    struct yaml_document *document = NULL;
    assert_int_equal(yaml_parse(NULL, 0, "test", &document, &faults), 0);
    yaml_release(document);
    yaml_release(NULL);
}

static void json_escapes_are_decoded(void **state) {
    (void)state;
    struct yaml_document *document =
        parse("{\"url\": \"http:\\/\\/x\\u00e9\\n\\t\\\"\\\\\", \"re\": \"lg.*\\\\.example\"}");
    assert_string_equal(yaml_find(yaml_root(document), "url")->text, "http://x\xc3\xa9\n\t\"\\");
    assert_string_equal(yaml_find(yaml_root(document), "re")->text, "lg.*\\.example");
    yaml_release(document);
}

static void text_outside_the_limits_is_rejected_with_its_position(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length; /* 0: strlen */
        unsigned line, column;
        const char *words;
    } cases[] = {
        {"a: 1\nb: &x [1]\n", 0, 2, 4, "anchors (&name)"},
        {"a: &x {b: 1}\n", 0, 1, 4, "anchors"},
        {"a: &x 1\n", 0, 1, 4, "anchors"},
        {"a: *x\n", 0, 1, 4, "aliases (*name)"},
        {"a: !!python/object:os.system x\n", 0, 1, 4, "tags (!name)"},
        {"a: !!str 1\n", 0, 1, 4, "tags"},
        {"a: !x [1]\n", 0, 1, 4, "tags"},
        {"# c\n%TAG !a! tag:b\n---\na: 1\n", 0, 2, 1, "neither %TAG nor tags"},
        {"a: 1\n---\nb: 1\n", 0, 2, 1, "a second document"},
        {"? [a]\n: 1\n", 0, 1, 3, "a key must be a scalar"},
        {"{{a: 1}: 2}", 0, 1, 2, "a key must be a scalar"},
        {"a: \"x\\0y\"\n", 0, 1, 4, "NUL"},
        {"a: 1\nb: x\0y\n", 12, 2, 5, "control characters"},
        {"a: 1\nb: \xff\xfe\n", 0, 2, 4, "UTF-8"},
        {"\xc3\xa9: \xc0\x80\n", 0, 1, 4, "UTF-8"}, /* overlong */
        {"\xff\xfe"
         "a\0:\0 \0"
         "1\0",
         10, 1, 1, "UTF-8"}, /* UTF-16 */
        {"{\"a\": \"\\ud83d\"}", 0, 1, 10, "write the character itself"},
        {"a:\n\tb: 1\n", 0, 2, 1, "indent with spaces"},
        {"{\"a\": [1, 2", 0, 2, 1, "did not find expected"},
        {"a: b: c\n", 0, 1, 5, "mapping values are not allowed"},
        {"a:1\nb: 2\n", 0, 2, 2, "put a space after the colon in the lines above"},
        {"a: 1\nb:2\n", 0, 3, 1,
         "could not find expected ':' while scanning a simple key starting on "
         "line 2; put a space after the colon"},
        {"a: \"x\nb: 2\n", 0, 3, 1,
         "a quoted scalar starting on line 1; look for an unclosed quote"},
        {"a: [1, 2\nb: 3\n", 0, 2, 2, "starting on line 1; look for an unclosed bracket"},
        {"a:\n  b: 1\n c: 2\n", 0, 3, 2, "; start the keys of a mapping in the same column"},
        {"a:\n - 1\n b: 2\n", 0, 3, 2, "; start the items of a list in the same column"},
        {"a: \"c:\\d\"\n", 0, 1, 7,
         "unknown escape character while parsing a quoted scalar; use "
         "single quotes"},
        {"a: 1\nb: 2\na: 3\n", 0, 3, 1, "duplicate key 'a', first used on line 1"},
        {"x: {b: 1, \"b\": 2}\n", 0, 1, 11, "duplicate key 'b'"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 0, 1, 33,
         "nested deeper than 32"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const size_t length = cases[i].length ? cases[i].length : strlen(cases[i].text);
        assert_rejected(cases[i].text, length, cases[i].line, cases[i].column, cases[i].words);
    }
}

static void every_duplicate_key_is_reported(void **state) {
    (void)state;
    struct faults faults = {0};
    struct yaml_document *document = NULL;
    const char *text = "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n";
    assert_int_equal(yaml_parse(text, strlen(text), "test", &document, &faults), -EINVAL);
    assert_int_equal(faults.errors, 3);
    assert_int_equal(faults.items[0].line, 2);
    assert_int_equal(faults.items[1].line, 3);
    assert_int_equal(faults.items[2].line, 4);
    faults_free(&faults);
}

/* Repeats unit until the text has this many bytes. */
static char *repeat(const char *unit, size_t length) {
    char *text = malloc(length);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = unit[i % strlen(unit)];
    }
    return text;
}

/* A megabyte of each is rejected at once; without the limits it takes seconds or gigabytes. */
static void a_megabyte_of_one_construct_is_rejected(void **state) {
    (void)state;
    static const struct {
        const char *unit;
        unsigned line, column;
        const char *words;
    } cases[] = {
        {"[", 1, 33, "nested deeper"},
        {"[\n", 33, 1, "nested deeper"},
        {"{a: ", 1, 129, "nested deeper"},
        {"- ", 1, 65, "nested deeper"},
        {"? ", 1, 3, "a key must be a scalar"},
        {"x", 1, 1, "maximum is 4096"},
        {"- &a x\n", 1, 3, "anchors"},
        {"- *a\n", 1, 3, "aliases"},
        {"%TAG !a! b\n", 1, 1, "%TAG"},
        {"---\n", 2, 1, "a second document"},
        {"- 1\n", 20000, 3, "more than 20000 values"},
        {"\x7f", 1, 1, "control characters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = repeat(cases[i].unit, YAML_TEXT_MAX);
        assert_rejected(text, YAML_TEXT_MAX, cases[i].line, cases[i].column, cases[i].words);
        free(text);
    }
    char *text = repeat("\n", YAML_TEXT_MAX + 1);
    assert_rejected(text, YAML_TEXT_MAX + 1, 0, 0, "the maximum is 1048576 bytes");
    free(text);
}

static void documents_at_the_limits_are_accepted(void **state) {
    (void)state;
    char *text = repeat("x", YAML_SCALAR_MAX + 1);
    text[YAML_SCALAR_MAX] = '\0';
    struct yaml_document *document = parse(text);
    assert_int_equal(yaml_root(document)->count, YAML_SCALAR_MAX);
    yaml_release(document);
    free(text);

    char nested[2 * YAML_DEPTH_MAX + 1] = {0};
    memset(nested, '[', YAML_DEPTH_MAX);
    memset(nested + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
    yaml_release(parse(nested));

    const size_t length = sizeof "- 1" * (YAML_NODES_MAX - 1);
    text = repeat("- 1\n", length + 1);
    text[length] = '\0';
    document = parse(text);
    assert_int_equal(yaml_root(document)->count, YAML_NODES_MAX - 1);
    yaml_release(document);
    free(text);
}

static void plain_scalars_become_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_int, is_uint;
        int64_t value;
    } cases[] = {
        {"0", true, true, 0},
        {"+7", true, true, 7},
        {"-7", true, false, -7},
        {"0x0800", true, true, 0x800},
        {"0XfF", true, true, 255},
        {"9223372036854775807", true, true, INT64_MAX},
        {"-9223372036854775808", true, false, INT64_MIN},
        {"9223372036854775808", false, true, INT64_MIN}, /* as bits */
        {"18446744073709551615", false, true, -1},
        {"18446744073709551616", false, false, 0},
        {"-9223372036854775809", false, false, 0},
        {"010", false, false, 0},
        {"'7'", false, false, 0},
        {"1_000", false, false, 0},
        {"1.0", false, false, 0},
        {"0x", false, false, 0},
        {"1x", false, false, 0},
        {"--1", false, false, 0},
        {"''", false, false, 0},
        {"[1]", false, false, 0},
        {"~", false, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yaml_document *document = parse(cases[i].text);
        int64_t number = 0;
        uint64_t natural = 0;
        const bool is_int = yaml_as_int(yaml_root(document), &number);
        const bool is_uint = yaml_as_uint(yaml_root(document), &natural);
        if (is_int != cases[i].is_int || (is_int && number != cases[i].value) ||
            is_uint != cases[i].is_uint || (is_uint && natural != (uint64_t)cases[i].value)) {
            fail_msg("%s: %d %lld %d %llu", cases[i].text, is_int, (long long)number, is_uint,
                     (unsigned long long)natural);
        }
        yaml_release(document);
    }
}

static void plain_scalars_become_decimals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_double;
        double value;
    } cases[] = {
        {"1", true, 1},      {"-0.25", true, -0.25}, {".5", true, 0.5},    {"1e3", true, 1000},
        {"+2.", true, 2},    {"1e999", false, 0},    {"inf", false, 0},    {".nan", false, 0},
        {"0x1p3", false, 0}, {"'1.5'", false, 0},    {"1.5s", false, 0},   {"1e", false, 0},
        {"1.2.3", false, 0}, {"''", false, 0},       {"{a: 1}", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yaml_document *document = parse(cases[i].text);
        double value = 0;
        const bool is_double = yaml_as_double(yaml_root(document), &value);
        if (is_double != cases[i].is_double || value < cases[i].value || value > cases[i].value) {
            fail_msg("%s: %d %g", cases[i].text, is_double, value);
        }
        yaml_release(document);
    }
}

static void plain_words_become_booleans(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int value; /* -1: not a boolean */
    } cases[] = {
        {"true", 1}, {"TRUE", 1}, {"Yes", 1}, {"on", 1},  {"1", 1},       {"false", 0},
        {"No", 0},   {"OFF", 0},  {"0", 0},   {"y", -1},  {"'true'", -1}, {"2", -1},
        {"'1'", -1}, {"01", -1},  {"~", -1},  {"''", -1}, {"[true]", -1}, {"truee", -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yaml_document *document = parse(cases[i].text);
        bool value = false;
        const bool is_bool = yaml_as_bool(yaml_root(document), &value);
        if ((is_bool ? value : -1) != cases[i].value) {
            fail_msg("%s: %d %d", cases[i].text, is_bool, value);
        }
        yaml_release(document);
    }
}

static void a_file_is_loaded_or_its_fault_reported(void **state) {
    (void)state;
    struct faults faults = {0};
    struct yaml_document *document = NULL;
    assert_int_equal(yaml_load("/no/such/file.yaml", &document, &faults), -ENOENT);
    assert_null(document);
    assert_string_equal(faults.items[0].source, "/no/such/file.yaml");
    assert_non_null(strstr(faults.items[0].message, "check the path"));
    assert_int_equal(yaml_load("/", &document, &faults), -EISDIR);
    assert_int_equal(faults.errors, 2);
    faults_free(&faults);

    char path[] = "/tmp/yaml_test.XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "a: [1\n", 6), 6);
    assert_int_equal(yaml_load(path, &document, &faults), -EINVAL);
    assert_string_equal(faults.items[0].source, path);
    assert_int_equal(write(file, "]\n", 2), 2);
    assert_int_equal(yaml_load(path, &document, &faults), 0);
    assert_string_equal(yaml_find(yaml_root(document), "a")->items[0]->text, "1");
    yaml_release(document);
    assert_int_equal(ftruncate(file, YAML_TEXT_MAX + 1), 0);
    assert_int_equal(yaml_load(path, &document, &faults), -EINVAL);
    assert_non_null(strstr(faults.items[1].message, "too large"));
    assert_int_equal(close(file), 0);
    assert_int_equal(unlink(path), 0);
    faults_free(&faults);
}

static void trees_with_equal_content_are_equal(void **state) {
    (void)state;
    static const struct {
        const char *first, *second;
        bool equal;
    } cases[] = {
        {"a: {b: 1, c: [x, y]}", "a:\n  b: 1\n  c:\n  - x\n  - y\n", true},
        {"a: 1", "a: 2", false},
        {"a: 1", "b: 1", false},
        {"a: 1", "a: '1'", false},
        {"a: [1]", "a: [1, 2]", false},
        {"a: [1]", "a: 1", false},
        {"a: {}", "a: []", false},
        {"", "", true},
        {"", "a: 1", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yaml_document *first = parse(cases[i].first), *second = parse(cases[i].second);
        if (yaml_equal(yaml_root(first), yaml_root(second)) != cases[i].equal) {
            fail_msg("'%s', '%s'", cases[i].first, cases[i].second);
        }
        yaml_release(first);
        yaml_release(second);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_and_flow_notation_give_the_same_tree),
        cmocka_unit_test(nodes_know_their_line_and_column),
        cmocka_unit_test(an_empty_text_has_no_root),
        cmocka_unit_test(json_escapes_are_decoded),
        cmocka_unit_test(text_outside_the_limits_is_rejected_with_its_position),
        cmocka_unit_test(every_duplicate_key_is_reported),
        cmocka_unit_test(a_megabyte_of_one_construct_is_rejected),
        cmocka_unit_test(documents_at_the_limits_are_accepted),
        cmocka_unit_test(plain_scalars_become_numbers),
        cmocka_unit_test(plain_scalars_become_decimals),
        cmocka_unit_test(plain_words_become_booleans),
        cmocka_unit_test(a_file_is_loaded_or_its_fault_reported),
        cmocka_unit_test(trees_with_equal_content_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

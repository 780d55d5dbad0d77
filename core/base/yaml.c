#include "base/yaml.h"

#include "base/json.h"
#include "base/yaml_internal.h"
#include "base/yaml_remedy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yaml_document {
    struct yaml_node *root;
};

/* A tree under construction, with a stack of the open collections from the root down. */
struct builder {
    const char *source;
    struct faults *faults;
    struct yaml_node *root;
    struct yaml_node *open[YAML_DEPTH_MAX]; /* sequences and mappings that have not ended */
    struct yaml_node *key[YAML_DEPTH_MAX];  /* open mapping: the key that awaits its value */
    size_t depth;
    size_t nodes;
    size_t documents;
    bool duplicates; /* duplicate keys were found; the parse continues to report them all */
};

static int __attribute__((format(printf, 3, 4)))
reject(const struct builder *builder, yaml_mark_t mark, const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    faults_add(builder->faults, FAULT_ERROR, builder->source, (unsigned)mark.line + 1,
               (unsigned)mark.column + 1, "%s", message);
    return -EINVAL;
}

static int reject_for_memory(const struct builder *builder) {
    faults_add(builder->faults, FAULT_ERROR, builder->source, 0, 0, "out of memory");
    return -ENOMEM;
}

static void node_free(struct yaml_node *node) {
    if (!node) {
        return;
    }
    for (size_t i = 0; node->kind != YAML_SCALAR && i < node->count; i++) {
        if (node->keys) {
            node_free(node->keys[i]);
        }
        node_free(node->items[i]);
    }
    free(node->keys);
    free(node->items);
    free(node);
}

/* Makes room in *list for one more than count items; the capacity doubles at powers of two. */
static bool list_grow(struct yaml_node ***list, size_t count) {
    if ((count & (count - 1)) != 0) {
        return true;
    }
    struct yaml_node **grown = realloc(*list, (count ? 2 * count : 1) * sizeof(struct yaml_node *));
    if (!grown) {
        return false;
    }
    *list = grown;
    return true;
}

/* Attaches node to the tree; on success the tree owns it. */
static int attach(struct builder *builder, struct yaml_node *node, yaml_mark_t mark) {
    if (builder->depth == 0) {
        builder->root = node;
        return 0;
    }
    const size_t top = builder->depth - 1;
    struct yaml_node *parent = builder->open[top];
    if (parent->kind == YAML_MAPPING && !builder->key[top]) {
        if (node->kind != YAML_SCALAR) {
            return reject(builder, mark, "a key must be a scalar, not a list or a mapping");
        }
        builder->key[top] = node;
        return 0;
    }
    if (!list_grow(&parent->items, parent->count)) {
        return reject_for_memory(builder);
    }
    if (parent->kind == YAML_MAPPING) {
        if (!list_grow(&parent->keys, parent->count)) {
            return reject_for_memory(builder);
        }
        parent->keys[parent->count] = builder->key[top];
        builder->key[top] = NULL;
    }
    parent->items[parent->count++] = node;
    return 0;
}

/* Creates a node with a copy of length bytes of text (which may be NULL) and attaches it. */
static int add_node(struct builder *builder, enum yaml_kind kind, yaml_mark_t mark,
                    const char *text, size_t length, struct yaml_node **added) {
    if (builder->nodes == YAML_NODES_MAX) {
        return reject(builder, mark, "too large: more than %d values", YAML_NODES_MAX);
    }
    struct yaml_node *node = calloc(1, sizeof *node + length + 1);
    if (!node) {
        return reject_for_memory(builder);
    }
    builder->nodes++;
    node->kind = kind;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    if (text) {
        char *copy = (char *)(node + 1);
        memcpy(copy, text, length);
        node->text = copy;
        node->count = length;
    }
    const int result = attach(builder, node, mark);
    if (result != 0) {
        free(node);
        return result;
    }
    *added = node;
    return 0;
}

/* Rejects properties that are not allowed on any node. */
static int check_properties(const struct builder *builder, const yaml_event_t *event,
                            const yaml_char_t *anchor, const yaml_char_t *tag) {
    if (anchor) {
        return reject(builder, event->start_mark,
                      "anchors (&name) are not supported; write the value in full, or quote it");
    }
    if (tag) {
        return reject(builder, event->start_mark,
                      "tags (!name) are not supported; remove the tag, or quote the value");
    }
    return 0;
}

static int add_scalar(struct builder *builder, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    const size_t length = event->data.scalar.length;
    int result =
        check_properties(builder, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (result != 0) {
        return result;
    }
    if (length > YAML_SCALAR_MAX) {
        return reject(builder, event->start_mark, "text of %zu bytes; the maximum is %d", length,
                      YAML_SCALAR_MAX);
    }
    if (memchr(text, '\0', length)) {
        return reject(builder, event->start_mark, "text with a NUL character; remove the \\0");
    }
    struct yaml_node *node = NULL;
    result = add_node(builder, YAML_SCALAR, event->start_mark, text, length, &node);
    if (result == 0) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    }
    return result;
}

static int start_collection(struct builder *builder, const yaml_event_t *event,
                            enum yaml_kind kind) {
    const bool mapping = kind == YAML_MAPPING;
    int result = check_properties(
        builder, event,
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (result != 0) {
        return result;
    }
    if (builder->depth == YAML_DEPTH_MAX) {
        return reject(builder, event->start_mark, "nested deeper than %d levels", YAML_DEPTH_MAX);
    }
    struct yaml_node *node = NULL;
    result = add_node(builder, kind, event->start_mark, NULL, 0, &node);
    if (result == 0) {
        builder->open[builder->depth++] = node;
    }
    return result;
}

static int compare_keys(const void *left, const void *right) {
    const struct yaml_node *a = *(struct yaml_node *const *)left;
    const struct yaml_node *b = *(struct yaml_node *const *)right;
    const int order = strcmp(a->text, b->text);
    if (order != 0) {
        return order;
    }
    return a->line != b->line ? (a->line < b->line ? -1 : 1)
                              : (a->column > b->column) - (a->column < b->column);
}

/* Sorts the keys, so that thousands of them do not cost quadratic time. */
static int find_duplicates(struct builder *builder, const struct yaml_node *mapping) {
    struct yaml_node **sorted = calloc(mapping->count, sizeof(struct yaml_node *));
    if (!sorted) {
        return reject_for_memory(builder);
    }
    memcpy(sorted, mapping->keys, mapping->count * sizeof(struct yaml_node *));
    qsort(sorted, mapping->count, sizeof(struct yaml_node *), compare_keys);
    for (size_t i = 1; i < mapping->count; i++) {
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0) {
            faults_add(builder->faults, FAULT_ERROR, builder->source, sorted[i]->line,
                       sorted[i]->column,
                       "duplicate key '%.64s', first used on line %u; remove one of them",
                       sorted[i]->text, sorted[i - 1]->line);
            builder->duplicates = true;
        }
    }
    free(sorted);
    return 0;
}

/* libyaml's parser never ends a collection that did not start. */
static int end_collection(struct builder *builder) {
    const struct yaml_node *ended = builder->open[--builder->depth];
    const bool may_repeat = ended && ended->kind == YAML_MAPPING && ended->count > 1;
    return may_repeat ? find_duplicates(builder, ended) : 0;
}

static int take_event(struct builder *builder, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (builder->documents++ > 0) {
            return reject(builder, event->start_mark,
                          "a second document; merge the two and remove this '---'");
        }
        return 0;
    case YAML_ALIAS_EVENT:
        return reject(builder, event->start_mark,
                      "aliases (*name) are not supported; write the value in full, or quote it");
    case YAML_SCALAR_EVENT:
        return add_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return start_collection(builder, event, YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return start_collection(builder, event, YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_collection(builder);
    default:
        return 0;
    }
}

/* Columns count characters, as in libyaml. */
static void find_line(const char *text, size_t offset, yaml_mark_t *mark) {
    *mark = (yaml_mark_t){.index = offset};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            mark->line++;
            mark->column = 0;
        } else {
            mark->column += ((unsigned char)text[i] & 0xc0) != 0x80;
        }
    }
}

static int reject_syntax(const struct builder *builder, const yaml_parser_t *parser,
                         const char *text, size_t length) {
    if (parser->error == YAML_MEMORY_ERROR) {
        return reject_for_memory(builder);
    }
    const char *problem = parser->problem ? parser->problem : "not YAML";
    const char *context = parser->context ? parser->context : "";
    yaml_mark_t mark = parser->problem_mark;
    const char *remedy = "";
    char begun[40] = "";
    if (parser->error == YAML_READER_ERROR) {
        find_line(text, parser->problem_offset < length ? parser->problem_offset : length, &mark);
        remedy = "the file must be UTF-8 text";
    } else {
        remedy = yaml_remedy(problem, context);
        if (*context && parser->context_mark.line != mark.line) {
            snprintf(begun, sizeof begun, " starting on line %zu", parser->context_mark.line + 1);
        }
    }
    faults_add(builder->faults, FAULT_ERROR, builder->source, (unsigned)mark.line + 1,
               (unsigned)mark.column + 1, "%s%s%s%s%s%s", problem, *context ? " " : "", context,
               begun, *remedy ? "; " : "", remedy);
    return -EINVAL;
}

static int parse_events(struct builder *builder, const char *text, size_t length) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return reject_for_memory(builder);
    }
    yaml_parser_set_encoding(&parser,
                             YAML_UTF8_ENCODING); /* fallback libyaml follows a UTF-16 mark */
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    int result = 0;
    bool ended = false;
    while (result == 0 && !ended) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event)) {
            result = take_event(builder, &event);
            ended = event.type == YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        } else {
            result = reject_syntax(builder, &parser, text, length);
        }
    }
    yaml_parser_delete(&parser);
    return result == 0 && builder->duplicates ? -EINVAL : result;
}

static int build(struct builder *builder, const char *text, size_t length) {
    if (!json_has_pairs(text, length)) {
        return parse_events(builder, text, length);
    }
    char *joined = malloc(length);
    if (!joined) {
        return reject_for_memory(builder);
    }
    const int result = parse_events(builder, joined, json_join_pairs(text, length, joined));
    free(joined);
    return result;
}

/* libyaml compares each %TAG directive with all earlier ones: a megabyte of them takes seconds. */
static int check_directives(const struct builder *builder, const char *text, size_t length) {
    const char *directive = memmem(text, length, "%TAG", 4);
    if (!directive) {
        return 0;
    }
    yaml_mark_t mark;
    find_line(text, (size_t)(directive - text), &mark);
    return reject(builder, mark, "neither %%TAG nor tags are supported; remove the line");
}

int yaml_parse(const char *text, size_t length, const char *source, struct yaml_document **document,
               struct faults *faults) {
    struct builder builder = {.source = source, .faults = faults};
    *document = NULL;
    if (length > YAML_TEXT_MAX) {
        faults_add(faults, FAULT_ERROR, source, 0, 0, "too large: the maximum is %d bytes",
                   YAML_TEXT_MAX);
        return -EINVAL;
    }
    if (length == 0) {
        text = "";
    }
    if (length >= 3 &&
        memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* libyaml counts the mark as a column */
        text += 3;
        length -= 3;
    }
    struct yaml_document *made = NULL;
    int result = check_directives(&builder, text, length);
    if (result == 0) {
        result = build(&builder, text, length);
    }
    if (result == 0) {
        made = calloc(1, sizeof *made);
        result = made ? 0 : reject_for_memory(&builder);
    }
    if (result != 0) {
        for (size_t i = 0; i < builder.depth; i++) {
            node_free(builder.key[i]);
        }
        node_free(builder.root);
        return result;
    }
    made->root = builder.root;
    *document = made;
    return 0;
}

const struct yaml_node *yaml_root(const struct yaml_document *document) {
    return document->root;
}

void yaml_release(struct yaml_document *document) {
    if (document) {
        node_free(document->root);
        free(document);
    }
}

#include "base/yaml_internal.h"

#include <errno.h>
#include <string.h>

/* yaml_emitter_emit() owns the event, even when it fails. */
static bool emit(yaml_emitter_t *emitter, int made, yaml_event_t *event) {
    return made && yaml_emitter_emit(emitter, event);
}

static bool write_scalar(yaml_emitter_t *emitter, const char *text, bool quoted) {
    yaml_event_t event;
    return emit(emitter,
                yaml_scalar_event_initialize(
                    &event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1,
                    quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE),
                &event);
}

static bool begin(yaml_emitter_t *emitter, enum yaml_kind kind) {
    yaml_event_t event;
    const int made =
        kind == YAML_MAPPING
            ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
            : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                   YAML_BLOCK_SEQUENCE_STYLE);
    return emit(emitter, made, &event);
}

static bool end(yaml_emitter_t *emitter, enum yaml_kind kind) {
    yaml_event_t event;
    return emit(emitter,
                kind == YAML_MAPPING ? yaml_mapping_end_event_initialize(&event)
                                     : yaml_sequence_end_event_initialize(&event),
                &event);
}

/* Recurses at most YAML_DEPTH_MAX deep. */
static bool write_node(yaml_emitter_t *emitter, const struct yaml_node *node,
                       bool (*hides)(const char *key)) {
    if (node->kind == YAML_SCALAR) {
        return write_scalar(emitter, node->text, node->quoted);
    }
    bool written = begin(emitter, node->kind);
    for (size_t i = 0; written && i < node->count; i++) {
        const struct yaml_node *key = node->keys ? node->keys[i] : NULL;
        if (key) {
            written = write_scalar(emitter, key->text, key->quoted);
        }
        if (written && key && hides && hides(key->text)) {
            written = write_scalar(emitter, "", true);
        } else if (written) {
            written = write_node(emitter, node->items[i], NULL);
        }
    }
    return written && end(emitter, node->kind);
}

int yaml_write(FILE *file, const struct yaml_node *root, bool (*hides)(const char *key)) {
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!root) {
        return 0;
    }
    if (!yaml_emitter_initialize(&emitter)) {
        return -ENOMEM;
    }
    yaml_emitter_set_output_file(&emitter, file);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    const bool written =
        emit(&emitter, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event) &&
        emit(&emitter, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event) &&
        write_node(&emitter, root, hides) &&
        emit(&emitter, yaml_document_end_event_initialize(&event, 1), &event) &&
        emit(&emitter, yaml_stream_end_event_initialize(&event), &event);
    yaml_emitter_delete(&emitter);
    return written ? 0 : -EIO;
}

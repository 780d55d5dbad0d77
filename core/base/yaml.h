#ifndef DPAE_BASE_YAML_H
#define DPAE_BASE_YAML_H

#include "base/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A YAML (or JSON, its subset) document as a bounded tree. Only yaml.c and yaml_write.c use
 * libyaml. Rejected with a fault: anchors and aliases, tags and %TAG, more than one document,
 * nesting deeper than YAML_DEPTH_MAX, more than YAML_NODES_MAX nodes, scalars over YAML_SCALAR_MAX
 * bytes, duplicate keys in a mapping, keys that are not scalars, text that is not UTF-8, NUL bytes,
 * half a surrogate pair as a \u escape. */
#define YAML_DEPTH_MAX  32
#define YAML_NODES_MAX  20000
#define YAML_SCALAR_MAX 4096
#define YAML_TEXT_MAX   (1 << 20)

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted; /* the scalar was quoted: always a string */
    unsigned line, column;
    const char *text;         /* scalar: NUL-terminated UTF-8 without embedded NUL; else NULL */
    size_t count;             /* sequence: items; mapping: pairs; scalar: bytes of text */
    struct yaml_node **keys;  /* mapping: count scalars; else NULL */
    struct yaml_node **items; /* sequence: items; mapping: values; else NULL */
};

struct yaml_document; /* owns every node */

/* Parses one document from text (length bytes, not necessarily terminated). source names it in
 * faults. On success returns 0 and sets *document (free with yaml_release); the root of an empty
 * text is NULL. Otherwise sets *document to NULL, adds a fault and returns -EINVAL or -ENOMEM. */
int yaml_parse(const char *text, size_t length, const char *source, struct yaml_document **document,
               struct faults *faults);

/* Reads the file at path for yaml_parse. The caller owns *text, at most YAML_TEXT_MAX + 1 bytes;
 * the extra byte lets yaml_parse detect an oversized file. Otherwise sets *text to NULL, adds a
 * fault and returns a negative errno. */
int yaml_read_file(const char *path, char **text, size_t *length, struct faults *faults);

/* Parses the file at path as yaml_parse does. Also returns the negative errno of open and read. */
int yaml_load(const char *path, struct yaml_document **document, struct faults *faults);

const struct yaml_node *yaml_root(const struct yaml_document *document);

/* Frees the document; accepts NULL. (libyaml exports its own yaml_free.) */
void yaml_release(struct yaml_document *document);

/* Writes a tree so that yaml_parse() reads it back equal, except for lines and columns; a NULL root
 * writes nothing. Values of root keys for which hides returns true become ""; hides may be NULL.
 * Returns 0, -ENOMEM, or -EIO when writing fails. */
int yaml_write(FILE *file, const struct yaml_node *root, bool (*hides)(const char *key));

/* Returns the value of key in a mapping, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* Returns true when two trees have equal content, regardless of position. NULL equals only NULL. */
bool yaml_equal(const struct yaml_node *first, const struct yaml_node *second);

/* Converts a scalar by the YAML 1.1 core forms (decimal, 0x; true/false/yes/no/on/off in any case).
 * Returns false when the scalar is quoted, malformed or out of range. Leading zeros make a number
 * malformed: YAML 1.1 reads it as octal, 1.2 as decimal. */
bool yaml_as_int(const struct yaml_node *node, int64_t *value);
bool yaml_as_uint(const struct yaml_node *node, uint64_t *value);
bool yaml_as_double(const struct yaml_node *node, double *value);
bool yaml_as_bool(const struct yaml_node *node, bool *value); /* also accepts 1 and 0 */

#endif

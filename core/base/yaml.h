#ifndef DPAE_BASE_YAML_H
#define DPAE_BASE_YAML_H

#include "base/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A YAML (or JSON, its subset) document as a bounded tree. The only users of libyaml
 * are yaml.c and yaml_write.c. Refused with a fault: anchors and aliases, tags and %TAG, more than
 * one document, nesting deeper than YAML_DEPTH_MAX, more than YAML_NODES_MAX nodes, scalars over
 * YAML_SCALAR_MAX bytes, duplicate keys in a mapping, keys that are not scalars, text that is not
 * UTF-8, NUL bytes, half a surrogate pair as a \u escape. */
#define YAML_DEPTH_MAX  32
#define YAML_NODES_MAX  20000
#define YAML_SCALAR_MAX 4096
#define YAML_TEXT_MAX   (1 << 20)

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted; /* scalar written in quotes: always a string */
    unsigned line, column;
    const char *text;         /* scalar: NUL-terminated UTF-8 without inner NUL; else NULL */
    size_t count;             /* sequence: items; mapping: pairs; scalar: bytes of text */
    struct yaml_node **keys;  /* mapping: count scalars; else NULL */
    struct yaml_node **items; /* sequence: items; mapping: values; else NULL */
};

struct yaml_document; /* owns every node */

/* Reads one document from text (length bytes, need not be terminated). source names it in faults.
 * On success returns 0 and *document (give back with yaml_release); an empty text has a NULL root.
 * Otherwise *document is NULL, a fault says why, and the result is -EINVAL or -ENOMEM. */
int yaml_parse(const char *text, size_t length, const char *source, struct yaml_document **document,
               struct faults *faults);

/* The text of the file at path, for yaml_parse (owned by the caller; at most YAML_TEXT_MAX bytes
 * and one, so that yaml_parse sees when there are more). Otherwise *text is NULL, a fault says why,
 * and the result is the negative errno. */
int yaml_read_file(const char *path, char **text, size_t *length, struct faults *faults);

/* As yaml_parse for the file at path. Also the negative errno of open and read. */
int yaml_load(const char *path, struct yaml_document **document, struct faults *faults);

const struct yaml_node *yaml_root(const struct yaml_document *document);

/* Frees the document. NULL is allowed. (libyaml exports a yaml_free of its own.) */
void yaml_release(struct yaml_document *document);

/* Writes a tree so that yaml_parse() reads the same (lines and columns differ); nothing for NULL.
 * Values of the root's keys that hides (NULL: none) says to hide become "". Returns 0, -ENOMEM, or
 * -EIO when the file takes no more. */
int yaml_write(FILE *file, const struct yaml_node *root, bool (*hides)(const char *key));

/* Value of key in a mapping, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* Whether two trees say the same, wherever they stand; NULL is the same as NULL only. */
bool yaml_equal(const struct yaml_node *first, const struct yaml_node *second);

/* Scalar as a value: YAML 1.1 core forms (decimal, 0x; true/false/yes/no/on/off in any case).
 * False when the scalar is quoted (numbers and booleans must not be) or not of that form or out of
 * range of the type. A number with leading zeros is none: YAML 1.1 reads it as octal, 1.2 not. */
bool yaml_as_int(const struct yaml_node *node, int64_t *value);
bool yaml_as_uint(const struct yaml_node *node, uint64_t *value);
bool yaml_as_double(const struct yaml_node *node, double *value);
bool yaml_as_bool(const struct yaml_node *node, bool *value); /* 1 and 0 are booleans too */

#endif

#ifndef TESTS_CONTROL_MESSAGE_BED_H
#define TESTS_CONTROL_MESSAGE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "control/message.h"

/* The session in the recorded exchange. */
#define BED_D "5d76e166-e6aa-11f1-948a-0dd1b940e8f9"
#define BED_C "5d78f7c6-e6aa-11f1-948a-e14bd5811b2f"

static const struct message_identity bed_identity = {
    .hostname_dpae = "localhost", .if_name = "dpae0", .uuid_dpae = BED_D, .uuid_controller = BED_C};

/* Returns true for the same keys, in any order, with values of the same types. */
static inline bool bed_equal(const struct yaml_node *a, const struct yaml_node *b) {
    if (a->kind != b->kind || a->count != b->count || a->quoted != b->quoted) {
        return false;
    }
    if (a->kind == YAML_SCALAR) {
        return strcmp(a->text, b->text) == 0;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct yaml_node *other =
            a->kind == YAML_MAPPING ? yaml_find(b, a->keys[i]->text) : b->items[i];
        if (!other || !bed_equal(a->items[i], other)) {
            return false;
        }
    }
    return true;
}

/* Frees body. */
static inline void bed_assert_body(char *body, const char *recorded) {
    struct faults faults = {0};
    struct yaml_document *ours, *theirs;
    assert_non_null(body);
    assert_int_equal(yaml_parse(body, strlen(body), "ours", &ours, &faults), 0);
    assert_int_equal(yaml_parse(recorded, strlen(recorded), "theirs", &theirs, &faults), 0);
    if (!bed_equal(yaml_root(ours), yaml_root(theirs))) {
        fail_msg("%s\ninstead of %s", body, recorded);
    }
    yaml_release(ours);
    yaml_release(theirs);
    free(body);
}

#endif

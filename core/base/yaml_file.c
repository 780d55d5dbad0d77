#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int yaml_load(const char *path, struct yaml_document **document, struct faults *faults) {
    *document = NULL;
    int result = 0;
    char *text = NULL;
    FILE *file = fopen(path, "re");
    if (!file) {
        result = -errno;
        faults_add(faults, FAULT_ERROR, path, 0, 0,
                   "cannot be opened: %s; check the path and its permissions",
                   strerrordesc_np(errno));
        return result;
    }
    text = malloc(YAML_TEXT_MAX + 1); /* one more, to see that there is too much */
    if (!text) {
        result = -ENOMEM;
        faults_add(faults, FAULT_ERROR, path, 0, 0, "out of memory");
        goto out;
    }
    errno = 0;
    const size_t length = fread(text, 1, YAML_TEXT_MAX + 1, file);
    if (ferror(file)) {
        result = errno ? -errno : -EIO;
        faults_add(faults, FAULT_ERROR, path, 0, 0, "cannot be read: %s; a text file is needed",
                   strerrordesc_np(-result));
        goto out;
    }
    result = yaml_parse(text, length, path, document, faults);
out:
    free(text);
    fclose(file);
    return result;
}

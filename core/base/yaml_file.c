#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int yaml_read_file(const char *path, char **text, size_t *length, struct faults *faults) {
    *text = NULL;
    int result = 0;
    FILE *file = fopen(path, "re");
    if (!file) {
        result = -errno;
        faults_add(faults, FAULT_ERROR, path, 0, 0,
                   "cannot be opened: %s; check the path and its permissions",
                   strerrordesc_np(errno));
        return result;
    }
    char *read = malloc(YAML_TEXT_MAX + 1); /* one more, to detect an oversized file */
    if (!read) {
        result = -ENOMEM;
        faults_add(faults, FAULT_ERROR, path, 0, 0, "out of memory");
        goto out;
    }
    errno = 0;
    *length = fread(read, 1, YAML_TEXT_MAX + 1, file);
    if (ferror(file)) {
        result = errno ? -errno : -EIO;
        faults_add(faults, FAULT_ERROR, path, 0, 0, "cannot be read: %s; it must be a text file",
                   strerrordesc_np(-result));
        goto out;
    }
    *text = read;
    read = NULL;
out:
    free(read);
    fclose(file);
    return result;
}

int yaml_load(const char *path, struct yaml_document **document, struct faults *faults) {
    char *text;
    size_t length = 0;
    *document = NULL;
    int result = yaml_read_file(path, &text, &length, faults);
    if (result == 0) {
        result = yaml_parse(text, length, path, document, faults);
        free(text);
    }
    return result;
}

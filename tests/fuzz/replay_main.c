#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Runs a fuzz target over a folder of inputs; needs no fuzzing compiler. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0) {
        perror(path);
        return -1;
    }
    const size_t size = (size_t)about.st_size;
    uint8_t *data =
        malloc(size ? size : 1); /* exact size, so that a sanitizer detects an overread */
    int result = -1;
    if (data && fread(data, 1, size, file) == size) {
        result = LLVMFuzzerTestOneInput(data, size);
    } else {
        perror(path);
    }
    free(data);
    fclose(file);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (!folder) {
        perror(argv[1]);
        return 1;
    }
    unsigned count = 0;
    int result = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        result |= replay_file(path);
        count++;
    }
    closedir(folder);
    printf("%u inputs replayed\n", count);
    return count == 0 || result != 0;
}

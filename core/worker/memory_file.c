#include "worker/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Those below are for the files of a process that is started. */
#define FIRST 20

int memory_file_raise(int fd) {
    const int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, FIRST) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return high;
}

void *memory_file_make(const char *name, size_t bytes, int seals, int *fd) {
    *fd = memory_file_raise(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (*fd < 0 || ftruncate(*fd, (off_t)bytes) != 0) {
        return NULL;
    }
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    return memory != MAP_FAILED && fcntl(*fd, F_ADD_SEALS, seals) == 0 ? memory : NULL;
}

void memory_file_close(void *memory, size_t bytes, int fd) {
    if (memory) {
        munmap(memory, bytes);
    }
    if (fd > 0) {
        close(fd);
    }
}

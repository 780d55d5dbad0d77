#include "capture/capture.h"
#include "setup.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Shows that packets cost no memory: allocations FILE... replays the files twice through one
 * pipeline and counts every allocation of the whole process (libraries included, since these
 * definitions come before the C library's) during the second pass. The first pass warms up: traces
 * are compiled, buffers reach their size. The second creates, classifies and ends every flow anew.
 * Exit code 1 when there was any allocation. */
static atomic_bool counting;
static atomic_ulong mallocs, mappings;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static void count(atomic_ulong *counter) {
    if (atomic_load_explicit(&counting, memory_order_relaxed)) {
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    }
}

__attribute__((visibility("default"))) void *malloc(size_t size) {
    count(&mallocs);
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t number, size_t size) {
    count(&mallocs);
    return __libc_calloc(number, size);
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
    count(&mallocs);
    return __libc_realloc(block, size);
}

/* LuaJIT takes its memory from here. */
__attribute__((visibility("default"))) void *mmap(void *address, size_t length, int protection,
                                                  int flags, int fd, off_t offset) {
    count(&mappings);
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

static uint64_t replay(struct pipeline *pipeline, const char *path, bool counted) {
    static struct frame frames[CAPTURE_BATCH];
    struct capture *capture;
    struct error error;
    if (capture_open(&capture, &path, 1, CAPTURE_READER_AUTO, &error) != 0) {
        bench_fail(&error);
    }
    uint64_t packets = 0;
    int got;
    counting = counted;
    while ((got = capture_next(capture, frames, CAPTURE_BATCH, &error)) > 0) {
        pipeline_process(pipeline, frames, (unsigned)got);
        packets += (unsigned)got;
    }
    pipeline_finish(pipeline);
    counting = false;
    if (got < 0) {
        bench_fail(&error);
    }
    capture_close(capture);
    return packets;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE...\n", argv[0]);
        return 2;
    }
    struct bench bench;
    bench_load(&bench, 0);
    struct pipeline *pipeline = bench_pipeline(&bench);
    for (int i = 1; i < argc; i++) {
        replay(pipeline, argv[i], false);
    }
    const uint64_t warm_up_events = bench.events;
    uint64_t packets = 0;
    for (int i = 1; i < argc; i++) {
        packets += replay(pipeline, argv[i], true);
    }
    printf("%lu packets, %lu events: %lu malloc, calloc and realloc calls, %lu mmap calls\n",
           packets, bench.events - warm_up_events, mallocs, mappings);
    pipeline_free(pipeline);
    bench_free(&bench);
    return packets == 0 || mallocs || mappings;
}

#include "base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CAPACITY 1024

static void *ring_memory(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static uint32_t fill(uint8_t *record, uint32_t number) {
    const uint32_t size = 1 + number * 7 % 200;
    memset(record, (int)(number & 0xff), size);
    return size;
}

static void records_are_read_in_the_order_written(void **state) {
    (void)state;
    void *memory = ring_memory(ring_bytes(CAPACITY));
    struct ring writer, reader;
    ring_attach(&writer, memory, CAPACITY);
    ring_attach(&reader, memory, CAPACITY);
    uint8_t in[256], out[256];
    uint32_t put = 0, got = 0;
    while (got < 5000) {
        while (put - got < 1 + put % 9 && ring_put(&writer, in, fill(in, put))) {
            put++;
        }
        const uint32_t size = ring_get(&reader, out, sizeof out);
        assert_int_equal(size, fill(in, got));
        assert_memory_equal(out, in, size);
        got++;
    }
    munmap(memory, ring_bytes(CAPACITY));
}

static void a_full_ring_rejects_a_record_and_keeps_the_others(void **state) {
    (void)state;
    void *memory = ring_memory(ring_bytes(CAPACITY));
    struct ring ring;
    ring_attach(&ring, memory, CAPACITY);
    uint8_t record[100] = {0}, out[100];
    unsigned held = 0;
    while (ring_put(&ring, record, sizeof record)) {
        held++;
    }
    assert_int_equal(held, CAPACITY / 104);
    assert_false(ring_put(&ring, record, RING_RECORD_MAX + 1));
    while (ring_get(&ring, out, sizeof out)) {
        held--;
    }
    assert_int_equal(held, 0);
    assert_true(ring_empty(&ring));
    munmap(memory, ring_bytes(CAPACITY));
}

static void a_misbehaving_writer_only_empties_the_ring(void **state) {
    (void)state;
    const size_t bytes = ring_bytes(CAPACITY);
    uint8_t *memory = ring_memory(bytes);
    uint32_t random = 1;
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < bytes; i++) {
            random = random * 1664525 + 1013904223;
            memory[i] = (uint8_t)(random >> 24);
        }
        struct ring ring;
        ring_attach(&ring, memory, CAPACITY);
        uint8_t out[64];
        for (unsigned i = 0; i < 50 && ring_get(&ring, out, sizeof out); i++) {
        }
        assert_int_equal(ring_get(&ring, out, sizeof out), 0);
    }
    munmap(memory, bytes);
}

/* A writer that dies between the header and the end of a record. */
static void a_record_that_claims_more_than_was_written_is_not_returned(void **state) {
    (void)state;
    void *memory = ring_memory(ring_bytes(CAPACITY));
    for (uint32_t claimed = 5; claimed <= 64; claimed++) {
        struct ring ring;
        uint8_t out[256];
        memset(memory, 0, ring_bytes(CAPACITY));
        ring_attach(&ring, memory, CAPACITY);
        assert_true(ring_put(&ring, "abcd", 4)); /* with its header 8 bytes */
        memcpy(ring.bytes, &claimed, sizeof claimed);
        assert_int_equal(ring_get(&ring, out, sizeof out), 0);
        assert_true(ring_empty(&ring));
    }
    munmap(memory, ring_bytes(CAPACITY));
}

static void a_reader_in_another_process_gets_the_records(void **state) {
    (void)state;
    void *memory = ring_memory(ring_bytes(CAPACITY));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ring ring;
        ring_attach(&ring, memory, CAPACITY);
        uint8_t in[256];
        for (uint32_t number = 0; number < 100000;) {
            number += ring_put(&ring, in, fill(in, number));
        }
        _exit(0);
    }
    struct ring ring;
    ring_attach(&ring, memory, CAPACITY);
    uint8_t in[256], out[256];
    for (uint32_t number = 0; number < 100000;) {
        const uint32_t size = ring_get(&ring, out, sizeof out);
        if (size) {
            assert_int_equal(size, fill(in, number));
            assert_memory_equal(out, in, size);
            number++;
        }
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    munmap(memory, ring_bytes(CAPACITY));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_in_the_order_written),
        cmocka_unit_test(a_full_ring_rejects_a_record_and_keeps_the_others),
        cmocka_unit_test(a_misbehaving_writer_only_empties_the_ring),
        cmocka_unit_test(a_record_that_claims_more_than_was_written_is_not_returned),
        cmocka_unit_test(a_reader_in_another_process_gets_the_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

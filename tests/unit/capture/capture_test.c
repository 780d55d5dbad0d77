#include "capture/capture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* A file under construction, with a path that needs no folder. */
struct file {
    uint8_t *bytes;
    size_t size, room;
    bool swapped; /* put16() and put32() swap bytes */
    int fd;
    char path[32];
};

static void put(struct file *file, const void *bytes, size_t size) {
    if (file->room - file->size < size) {
        file->room = (file->size + size) * 2;
        file->bytes = realloc(file->bytes, file->room);
        assert_non_null(file->bytes);
    }
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static void put16(struct file *file, uint16_t value) {
    value = file->swapped ? __builtin_bswap16(value) : value;
    put(file, &value, sizeof value);
}

static void put32(struct file *file, uint32_t value) {
    value = file->swapped ? __builtin_bswap32(value) : value;
    put(file, &value, sizeof value);
}

/* Appends size bytes that depend on the packet number. */
static void put_pattern(struct file *file, uint32_t number, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)(number * 31 + i);
        put(file, &byte, 1);
    }
}

static void store(struct file *file, size_t size) {
    file->fd = memfd_create("capture", 0);
    assert_true(file->fd >= 0);
    assert_int_equal(write(file->fd, file->bytes, size), (ssize_t)size);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void discard(struct file *file) {
    close(file->fd);
    free(file->bytes);
}

#define MICROSECONDS 0xa1b2c3d4u
#define NANOSECONDS  0xa1b23c4du

struct header {
    uint32_t magic, version; /* 0: 2.4 */
    uint32_t snapshot, link;
    bool swapped;
};

static void put_header(struct file *file, const struct header *header) {
    const uint32_t version = header->version ? header->version : 0x00020004;
    file->swapped = header->swapped;
    put32(file, header->magic ? header->magic : MICROSECONDS);
    put16(file, (uint16_t)(version >> 16));
    put16(file, (uint16_t)version);
    put32(file, 0);
    put32(file, 0);
    put32(file, header->snapshot);
    put32(file, header->link);
}

struct record {
    uint32_t seconds, fraction, captured, length;
    uint32_t present; /* bytes after the record header */
};

static void put_record(struct file *file, const struct record *record) {
    put32(file, record->seconds);
    put32(file, record->fraction);
    put32(file, record->captured);
    put32(file, record->length);
    put_pattern(file, record->seconds, record->present);
}

/* Returns the number of the packet that an error names, or 0. */
static unsigned long number_of_packet_in(const struct error *error) {
    const char *at = strstr(error->message, ": packet ");
    return at ? strtoul(at + strlen(": packet "), NULL, 10) : 0;
}

static void assert_frames_equal(const struct frame *a, const struct frame *b) {
    assert_int_equal(a->time_ns, b->time_ns);
    assert_int_equal(a->captured, b->captured);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->link, b->link);
    assert_true(a->length >= a->captured);
    assert_memory_equal(a->data, b->data, a->captured);
}

struct outcome {
    unsigned packets;
    unsigned long failed_at; /* number of the packet; OPEN_FAILED; 0: the end was reached */
};
#define OPEN_FAILED ULONG_MAX

/* Reads path with both readers, which must agree on every frame and on the error. The automatic one
 * reads in batches, which tests that frames stay valid until the end of a batch. */
static struct outcome read_both(const char *path) {
    const char *const paths[] = {path};
    struct capture *fast, *libpcap;
    struct error fast_error = {0}, libpcap_error = {0};
    struct outcome outcome = {0, 0};
    const int opened = capture_open(&fast, paths, 1, CAPTURE_READER_AUTO, &fast_error);
    assert_int_equal(capture_open(&libpcap, paths, 1, CAPTURE_READER_LIBPCAP, &libpcap_error),
                     opened);
    if (opened != 0) {
        assert_null(fast);
        assert_null(libpcap);
        assert_string_equal(fast_error.message, libpcap_error.message);
        assert_true(strncmp(fast_error.message, path, strlen(path)) == 0);
        outcome.failed_at = OPEN_FAILED;
        return outcome;
    }
    struct frame frames[CAPTURE_BATCH], other;
    int count;
    while ((count = capture_next(fast, frames, CAPTURE_BATCH, &fast_error)) > 0) {
        for (int i = 0; i < count; i++) {
            assert_int_equal(capture_next(libpcap, &other, 1, &libpcap_error), 1);
            assert_frames_equal(&frames[i], &other);
        }
        outcome.packets += (unsigned)count;
    }
    assert_int_equal(capture_next(libpcap, &other, 1, &libpcap_error), count);
    if (count < 0) {
        outcome.failed_at = number_of_packet_in(&fast_error);
        assert_int_equal(outcome.failed_at, outcome.packets + 1);
        assert_int_equal(number_of_packet_in(&libpcap_error), outcome.failed_at);
    }
    assert_int_equal(capture_next(fast, frames, CAPTURE_BATCH, &fast_error), 0);
    assert_int_equal(capture_next(libpcap, &other, 1, &libpcap_error), 0);
    capture_close(fast);
    capture_close(libpcap);
    return outcome;
}

struct file_case {
    const char *name;
    struct header header;
    struct record records[4];
    unsigned count;
    struct outcome expected;
    struct frame first; /* data is not compared; length 0: not checked */
};

#define NORMAL                                                                                     \
    { 7, 123456, 60, 60, 60 }

static const struct file_case file_cases[] = {
    {"microseconds",
     {.snapshot = 65535, .link = 1},
     {{7, 123456, 60, 1500, 60}},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 1500}},
    {"nanoseconds",
     {.magic = NANOSECONDS, .snapshot = 65535, .link = 1},
     {{7, 123456789, 60, 60, 60}},
     1,
     {1, 0},
     {.time_ns = 7123456789, .captured = 60, .length = 60}},
    {"microseconds, other byte order",
     {.snapshot = 65535, .link = 1, .swapped = true},
     {{7, 123456, 60, 61, 60}, {8, 1, 10, 10, 10}},
     2,
     {2, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 61}},
    {"nanoseconds, other byte order",
     {.magic = NANOSECONDS, .snapshot = 65535, .link = 1, .swapped = true},
     {{7, 123456789, 60, 60, 60}},
     1,
     {1, 0},
     {.time_ns = 7123456789, .captured = 60, .length = 60}},
    {"header only", {.snapshot = 65535, .link = 1}, {{0}}, 0, {0, 0}, {0}},
    {"packet without bytes",
     {.snapshot = 65535, .link = 1},
     {{7, 0, 0, 0, 0}, {8, 0, 0, 90, 0}, {9, 0, 60, 60, 60}},
     3,
     {3, 0},
     {0}},
    {"raw IP",
     {.link = 101},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_RAW_IP}},
    {"raw IP, libpcap's number",
     {.link = 12},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_RAW_IP}},
    {"raw IP, OpenBSD's number",
     {.link = 14},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_RAW_IP}},
    {"raw IPv4",
     {.link = 228},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_RAW_IP}},
    {"raw IPv6",
     {.link = 229},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_RAW_IP}},
    {"SLL",
     {.link = 113},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_LINUX_SLL}},
    {"SLL2",
     {.link = 276},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 60, .length = 60, .link = LINK_LINUX_SLL2}},
    {"unknown link type", {.link = 105}, {NORMAL}, 1, {0, OPEN_FAILED}, {0}},
    {"frames with an FCS of 4 bytes",
     {.link = 0x24000001},
     {NORMAL},
     1,
     {1, 0},
     {.time_ns = 7123456000, .captured = 56, .length = 56}},
    {"FCS that was snapped away",
     {.link = 0x24000001},
     {{7, 0, 50, 100, 50}},
     1,
     {1, 0},
     {.time_ns = 7000000000, .captured = 50, .length = 96}},
    {"snapshot length unlimited", {.snapshot = 0xffffffff, .link = 1}, {NORMAL}, 1, {1, 0}, {0}},
    {"packet larger than the snapshot length is truncated",
     {.snapshot = 20, .link = 1},
     {{7, 0, 60, 60, 60}, {8, 0, 30, 30, 30}},
     2,
     {2, 0},
     {.time_ns = 7000000000, .captured = 20, .length = 60}},
    {"packet larger than the snapshot length, truncated",
     {.snapshot = 20, .link = 1},
     {{7, 0, 60, 60, 30}},
     1,
     {0, 1},
     {0}},
    {"more captured than there was",
     {.snapshot = 100, .link = 1},
     {{7, 0, 60, 40, 60}},
     1,
     {1, 0},
     {.time_ns = 7000000000, .captured = 60, .length = 60}},
    {"largest packet",
     {.link = 1},
     {NORMAL, {7, 0, 262144, 262144, 262144}, {8, 0, 262144, 262144, 262144}, NORMAL},
     4,
     {4, 0},
     {0}},
    {"packet too large",
     {.link = 1},
     {NORMAL, {8, 0, 262145, 262145, 262145}, NORMAL},
     3,
     {1, 2},
     {0}},
    {"size of 4 GiB", {.link = 1}, {NORMAL, NORMAL, {8, 0, 0xffffffff, 60, 60}}, 3, {2, 3}, {0}},
    {"after 2038",
     {.link = 1},
     {{0xf0000000, 5, 60, 60, 60}},
     1,
     {1, 0},
     {.time_ns = 4026531840000005000, .captured = 60, .length = 60}},
    {"microseconds beyond a second",
     {.link = 1},
     {{7, 1000000, 60, 60, 60}, {8, 0xffffffff, 60, 60, 60}, {9, 2147484, 60, 60, 60}},
     3,
     {3, 0},
     {.time_ns = 7000000000, .captured = 60, .length = 60}},
    {"microseconds beyond a second, other byte order",
     {.link = 1, .swapped = true},
     {{7, 1000000, 60, 60, 60}, {8, 0xffffffff, 60, 60, 60}},
     2,
     {2, 0},
     {.time_ns = 7000000000, .captured = 60, .length = 60}},
    {"version 2.3 with the lengths in either order",
     {.version = 0x00020003, .link = 1},
     {{7, 0, 60, 90, 60}, {8, 0, 90, 60, 60}},
     2,
     {2, 0},
     {.time_ns = 7000000000, .captured = 60, .length = 90}},
    {"version 2.2: length first",
     {.version = 0x00020002, .link = 1},
     {{7, 0, 90, 60, 60}},
     1,
     {1, 0},
     {.time_ns = 7000000000, .captured = 60, .length = 90}},
    {"version 2.5", {.version = 0x00020005, .link = 1}, {NORMAL}, 1, {0, OPEN_FAILED}, {0}},
    {"version 1.4", {.version = 0x00010004, .link = 1}, {NORMAL}, 1, {0, OPEN_FAILED}, {0}},
    {"no magic", {.magic = 0x11223344, .link = 1}, {NORMAL}, 1, {0, OPEN_FAILED}, {0}},
    {"patched libpcap's records",
     {.magic = 0xa1b2cd34, .link = 1},
     {{7, 0, 60, 60, 68}},
     1,
     {1, 0},
     {0}},
};

static void both_readers_return_the_same_frames(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof file_cases / sizeof *file_cases; i++) {
        const struct file_case *test = &file_cases[i];
        struct file file = {0};
        put_header(&file, &test->header);
        for (unsigned r = 0; r < test->count; r++) {
            put_record(&file, &test->records[r]);
        }
        store(&file, file.size);
        const struct outcome outcome = read_both(file.path);
        if (outcome.packets != test->expected.packets ||
            outcome.failed_at != test->expected.failed_at) {
            fail_msg("%s: %u packets, failed at %lu", test->name, outcome.packets,
                     outcome.failed_at);
        }
        if (test->first.length != 0) {
            const char *const paths[] = {file.path};
            struct capture *capture;
            struct error error;
            struct frame frame;
            assert_int_equal(capture_open(&capture, paths, 1, CAPTURE_READER_AUTO, &error), 0);
            assert_int_equal(capture_next(capture, &frame, 1, &error), 1);
            if (frame.time_ns != test->first.time_ns || frame.captured != test->first.captured ||
                frame.length != test->first.length || frame.link != test->first.link) {
                fail_msg("%s: time %" PRIu64 ", captured %u, length %u, link %d", test->name,
                         frame.time_ns, frame.captured, frame.length, (int)frame.link);
            }
            capture_close(capture);
        }
        discard(&file);
    }
}

static void files_truncated_at_any_byte_yield_their_complete_packets(void **state) {
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct file file = {0};
        const struct header header = {.snapshot = 65535, .link = 1, .swapped = swapped != 0};
        const uint32_t sizes[] = {60, 0, 54, 1, 90};
        size_t ends[5];
        put_header(&file, &header);
        for (unsigned i = 0; i < 5; i++) {
            put_record(&file, &(struct record){i, 0, sizes[i], sizes[i], sizes[i]});
            ends[i] = file.size;
        }
        for (size_t size = 0; size <= file.size; size++) {
            struct outcome expected = {0, OPEN_FAILED};
            if (size >= 24) {
                while (expected.packets < 5 && ends[expected.packets] <= size) {
                    expected.packets++;
                }
                const size_t whole = expected.packets ? ends[expected.packets - 1] : 24;
                expected.failed_at = whole == size ? 0 : expected.packets + 1;
            }
            store(&file, size);
            const struct outcome outcome = read_both(file.path);
            assert_int_equal(outcome.packets, expected.packets);
            assert_int_equal(outcome.failed_at, expected.failed_at);
            close(file.fd);
        }
        free(file.bytes);
    }
}

/* Appends records of many sizes that cross block boundaries. */
static void put_mixed(struct file *file, unsigned count) {
    uint32_t seed = 1;
    put_header(file, &(struct header){.snapshot = 262144, .link = 1});
    for (unsigned i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        const uint32_t size = seed % 97 == 0 ? 100000 + seed % 162145 : seed >> 8 & 2047;
        put_record(file, &(struct record){i, 0, size, size, size});
    }
}

static void records_across_block_boundaries_are_complete(void **state) {
    (void)state;
    struct file file = {0};
    put_mixed(&file, 1500);
    assert_true(file.size > 2000000);
    store(&file, file.size);
    const struct outcome outcome = read_both(file.path);
    assert_int_equal(outcome.packets, 1500);
    assert_int_equal(outcome.failed_at, 0);
    discard(&file);
}

/* Appends source to file, deflated as one gzip member. */
static void put_gzip(struct file *file, const uint8_t *source, size_t size) {
    z_stream stream = {0};
    uint8_t block[4096];
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)source;
    stream.avail_in = (uInt)size;
    int result;
    do {
        stream.next_out = block;
        stream.avail_out = sizeof block;
        result = deflate(&stream, Z_FINISH);
        put(file, block, sizeof block - stream.avail_out);
    } while (result == Z_OK);
    assert_int_equal(result, Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

static void gzip_is_recognised(void **state) {
    (void)state;
    struct file plain = {0}, one = {0}, two = {0};
    put_mixed(&plain, 300);
    put_gzip(&one, plain.bytes, plain.size);
    put_gzip(&two, plain.bytes, 1000);
    put_gzip(&two, plain.bytes, 0);
    put_gzip(&two, plain.bytes + 1000, plain.size - 1000);
    struct file *const files[] = {&one, &two};
    for (size_t i = 0; i < 2; i++) {
        store(files[i], files[i]->size);
        const struct outcome outcome = read_both(files[i]->path);
        assert_int_equal(outcome.packets, 300);
        assert_int_equal(outcome.failed_at, 0);
        discard(files[i]);
    }
    free(plain.bytes);
}

static void gzip_damage_is_an_error_after_the_readable_packets(void **state) {
    (void)state;
    struct file plain = {0};
    put_header(&plain, &(struct header){.link = 1});
    for (unsigned i = 0; i < 40; i++) {
        put_record(&plain, &(struct record){i, 0, 60, 60, 60});
    }
    enum { CUT, CHECKSUM, GARBAGE, CASES };
    for (int i = 0; i < CASES; i++) {
        struct file file = {0};
        put_gzip(&file, plain.bytes, plain.size);
        size_t size = file.size;
        if (i == CUT) {
            size -= 4;
        } else if (i == CHECKSUM) {
            file.bytes[size - 8] ^= 1;
        } else {
            put(&file, "garbage", 7);
            size = file.size;
        }
        store(&file, size);
        const struct outcome outcome = read_both(file.path);
        assert_int_equal(outcome.packets, 40);
        assert_int_equal(outcome.failed_at, 41);
        discard(&file);
    }
    for (size_t size = 1; size < 200; size++) { /* both readers must report an error */
        struct file file = {0};
        put_gzip(&file, plain.bytes, plain.size);
        if (size < file.size) {
            store(&file, size);
            assert_int_not_equal(read_both(file.path).failed_at, 0);
            close(file.fd);
        }
        free(file.bytes);
    }
    free(plain.bytes);
}

/* pcapng: section header, interfaces, enhanced packets (draft-ietf-opsawg-pcapng). */
static void put_section(struct file *file) {
    put32(file, 0x0a0d0d0a);
    put32(file, 28);
    put32(file, 0x1a2b3c4d);
    put16(file, 1);
    put16(file, 0);
    put32(file, 0xffffffff);
    put32(file, 0xffffffff);
    put32(file, 28);
}

static void put_interface(struct file *file, uint16_t link) {
    put32(file, 1);
    put32(file, 32);
    put16(file, link);
    put16(file, 0);
    put32(file, 262144);
    put16(file, 9); /* if_tsresol: 10^-9 s */
    put16(file, 1);
    put32(file, 9);
    put32(file, 0);
    put32(file, 32);
}

static void put_enhanced_packet(struct file *file, uint32_t interface, uint64_t time_ns) {
    put32(file, 6);
    put32(file, 32 + 60);
    put32(file, interface);
    put32(file, (uint32_t)(time_ns >> 32));
    put32(file, (uint32_t)time_ns);
    put32(file, 60);
    put32(file, 1500);
    put_pattern(file, 1, 60);
    put32(file, 32 + 60);
}

static void pcapng_is_read_with_nanoseconds(void **state) {
    (void)state;
    struct file file = {0};
    struct capture *capture;
    struct error error;
    struct frame frame;
    put_section(&file);
    put_interface(&file, 1);
    put_interface(&file, 1);
    put_enhanced_packet(&file, 0, 1700000000123456789u);
    put_enhanced_packet(&file, 1, 1700000000123456790u);
    store(&file, file.size);
    assert_int_equal(read_both(file.path).packets, 2);
    const char *const paths[] = {file.path};
    assert_int_equal(capture_open(&capture, paths, 1, CAPTURE_READER_AUTO, &error), 0);
    assert_int_equal(capture_next(capture, &frame, 1, &error), 1);
    assert_int_equal(frame.time_ns, 1700000000123456789u);
    assert_int_equal(frame.captured, 60);
    assert_int_equal(frame.length, 1500);
    assert_int_equal(frame.link, LINK_ETHERNET);
    capture_close(capture);
    discard(&file);
}

static void pcapng_with_two_link_types_is_rejected(void **state) {
    (void)state;
    struct file file = {0};
    put_section(&file);
    put_interface(&file, 1);
    put_enhanced_packet(&file, 0, 1);
    put_interface(&file, 101);
    put_enhanced_packet(&file, 1, 2);
    store(&file, file.size);
    const struct outcome outcome = read_both(file.path);
    assert_int_equal(outcome.packets, 1);
    assert_int_equal(outcome.failed_at, 2);
    discard(&file);
}

/* Returns the number of packets read from standard input, into which bytes are piped. */
static int count_from_stdin(const uint8_t *bytes, size_t size, struct error *error) {
    const char *const paths[] = {"-"};
    struct frame frames[CAPTURE_BATCH];
    struct capture *capture;
    uint64_t done, total;
    int ends[2], total_count = 0, count;
    const int before = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, size), (ssize_t)size);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    count = capture_open(&capture, paths, 1, CAPTURE_READER_AUTO, error);
    while (count == 0 && (count = capture_next(capture, frames, CAPTURE_BATCH, error)) > 0) {
        total_count += count;
        count = 0;
    }
    if (capture) {
        capture_position(capture, &done, &total);
        assert_int_equal(total, 0);
        assert_int_equal(done, size);
    }
    capture_close(capture);
    close(ends[0]);
    dup2(before, STDIN_FILENO);
    close(before);
    return total_count;
}

static void standard_input_accepts_every_format(void **state) {
    (void)state;
    struct file pcap = {0}, gzip = {0}, pcapng = {0};
    struct error error;
    put_header(&pcap, &(struct header){.link = 1});
    put_record(&pcap, &(struct record)NORMAL);
    put_record(&pcap, &(struct record)NORMAL);
    put_gzip(&gzip, pcap.bytes, pcap.size);
    put_section(&pcapng);
    put_interface(&pcapng, 1);
    put_enhanced_packet(&pcapng, 0, 1);
    assert_int_equal(count_from_stdin(pcap.bytes, pcap.size, &error), 2);
    assert_int_equal(count_from_stdin(gzip.bytes, gzip.size, &error), 2);
    assert_int_equal(count_from_stdin(pcapng.bytes, pcapng.size, &error), 1);
    error = (struct error){0};
    assert_int_equal(count_from_stdin(pcap.bytes, pcap.size - 1, &error), 1);
    assert_int_equal(number_of_packet_in(&error), 2);
    assert_non_null(strstr(error.message, "standard input: packet 2"));
    assert_int_equal(count_from_stdin(pcap.bytes, 0, &error), 0);
    assert_non_null(strstr(error.message, "is empty"));
    free(pcap.bytes);
    free(gzip.bytes);
    free(pcapng.bytes);
}

static void several_files_are_one_stream(void **state) {
    (void)state;
    struct file ethernet = {0}, nothing = {0}, raw = {0};
    struct frame frames[CAPTURE_BATCH];
    struct capture *capture;
    struct error error;
    uint64_t done, total;
    put_header(&ethernet, &(struct header){.link = 1});
    put_record(&ethernet, &(struct record)NORMAL);
    put_header(&nothing, &(struct header){.link = 1});
    put_header(&raw, &(struct header){.magic = NANOSECONDS, .link = 101});
    put_record(&raw, &(struct record)NORMAL);
    store(&ethernet, ethernet.size);
    store(&nothing, nothing.size);
    store(&raw, raw.size);
    const char *const paths[] = {nothing.path, ethernet.path, nothing.path, raw.path, nothing.path};
    assert_int_equal(capture_open(&capture, paths, 5, CAPTURE_READER_AUTO, &error), 0);
    capture_position(capture, &done, &total);
    assert_int_equal(done, 24);
    assert_int_equal(total, 3 * 24 + 2 * (24 + 16 + 60));
    assert_int_equal(capture_next(capture, frames, CAPTURE_BATCH, &error), 1);
    assert_int_equal(frames[0].link, LINK_ETHERNET);
    capture_position(capture, &done, &total);
    assert_int_equal(done, 24 + (24 + 16 + 60));
    assert_int_equal(capture_next(capture, frames, CAPTURE_BATCH, &error), 1);
    assert_int_equal(frames[0].link, LINK_RAW_IP);
    assert_int_equal(capture_next(capture, frames, CAPTURE_BATCH, &error), 0);
    capture_position(capture, &done, &total);
    assert_int_equal(done, total);
    capture_close(capture);
    discard(&ethernet);
    discard(&nothing);
    discard(&raw);
}

static void damage_in_a_file_ends_the_stream(void **state) {
    (void)state;
    struct file good = {0}, cut = {0};
    struct frame frames[CAPTURE_BATCH];
    struct capture *capture;
    struct error error = {0};
    put_header(&good, &(struct header){.link = 1});
    put_record(&good, &(struct record)NORMAL);
    put(&cut, good.bytes, good.size);
    store(&good, good.size);
    store(&cut, cut.size - 40);
    const char *const paths[] = {good.path, cut.path, good.path};
    assert_int_equal(capture_open(&capture, paths, 3, CAPTURE_READER_AUTO, &error), 0);
    assert_int_equal(capture_next(capture, frames, CAPTURE_BATCH, &error), 1);
    assert_true(capture_next(capture, frames, CAPTURE_BATCH, &error) < 0);
    char expected[128];
    snprintf(expected, sizeof expected, "%s: packet 1 is truncated: 60 bytes expected, 20 left",
             cut.path);
    assert_non_null(strstr(error.message, expected));
    assert_int_equal(capture_next(capture, frames, CAPTURE_BATCH, &error), 0);
    capture_close(capture);
    discard(&good);
    discard(&cut);
}

static void other_compression_formats_are_named(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *message; /* NULL: not recognised as compressed */
    } cases[] = {
        {"\3757zXZ\0\0\4", 8, ": is compressed with xz; decompress it first"},
        {"BZh91AY&SY", 10, ": is compressed with bzip2; decompress it first"},
        {"\x28\xb5\x2f\xfd\4", 5, ": is compressed with zstd; decompress it first"},
        {"\x04\x22\x4d\x18\x64", 5, ": is compressed with lz4; decompress it first"},
        {"PK\3\4\24", 5, ": is compressed with zip; decompress it first"},
        {"PK\3", 3, NULL},
        {"BZx91AY&SY", 10, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file file = {0};
        struct capture *capture;
        struct error error = {0};
        put(&file, cases[i].bytes, cases[i].count);
        store(&file, file.size);
        const char *const paths[] = {file.path};
        assert_true(capture_open(&capture, paths, 1, CAPTURE_READER_AUTO, &error) < 0);
        if (!strstr(error.message,
                    cases[i].message ? cases[i].message : ": is not a readable capture")) {
            fail_msg("case %zu: \"%s\"", i, error.message);
        }
        discard(&file);
    }
}

static void a_failed_open_reports_the_cause(void **state) {
    (void)state;
    struct file good = {0}, empty = {0};
    put_header(&good, &(struct header){.link = 1});
    store(&good, good.size);
    store(&empty, 0);
    const struct {
        const char *path, *message;
    } cases[] = {
        {"/nonexistent/x.pcap", "/nonexistent/x.pcap: cannot be opened: No such file"},
        {"", "the name of a capture is empty; name a file, or - for standard input"},
        {"/proc/self", "/proc/self: is a directory"},
        {empty.path, "is empty"},
        {"/proc/self/maps", "/proc/self/maps: is not a readable capture"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const paths[] = {cases[i].path};
        struct capture *capture = (struct capture *)&good;
        struct error error = {0};
        assert_true(capture_open(&capture, paths, 1, CAPTURE_READER_AUTO, &error) < 0);
        assert_null(capture);
        if (!strstr(error.message, cases[i].message)) {
            fail_msg("%s: \"%s\"", cases[i].path, error.message);
        }
    }
    for (size_t i = 0; i < 3; i++) { /* detected before the first file is read */
        const char *const paths[] = {good.path, cases[i].path};
        struct capture *capture;
        struct error error = {0};
        assert_true(capture_open(&capture, paths, 2, CAPTURE_READER_AUTO, &error) < 0);
        assert_non_null(strstr(error.message, cases[i].message));
    }
    discard(&good);
    discard(&empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_readers_return_the_same_frames),
        cmocka_unit_test(files_truncated_at_any_byte_yield_their_complete_packets),
        cmocka_unit_test(records_across_block_boundaries_are_complete),
        cmocka_unit_test(gzip_is_recognised),
        cmocka_unit_test(gzip_damage_is_an_error_after_the_readable_packets),
        cmocka_unit_test(pcapng_is_read_with_nanoseconds),
        cmocka_unit_test(pcapng_with_two_link_types_is_rejected),
        cmocka_unit_test(standard_input_accepts_every_format),
        cmocka_unit_test(several_files_are_one_stream),
        cmocka_unit_test(damage_in_a_file_ends_the_stream),
        cmocka_unit_test(other_compression_formats_are_named),
        cmocka_unit_test(a_failed_open_reports_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

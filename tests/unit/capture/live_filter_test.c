#include "capture/live_filter.h"

#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS_MAX = 16, FRAME_MAX = 128, NO_WORKER = -1 };

struct bytes {
    uint8_t at[FRAME_MAX];
    size_t size;
};

static void put(struct bytes *frame, const void *bytes, size_t size) {
    assert_true(size <= sizeof frame->at - frame->size);
    memcpy(frame->at + frame->size, bytes, size);
    frame->size += size;
}

static void put16(struct bytes *frame, uint16_t value) {
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(frame, bytes, sizeof bytes);
}

static void put32(struct bytes *frame, uint32_t value) {
    put16(frame, (uint16_t)(value >> 16));
    put16(frame, (uint16_t)value);
}

/* Addresses as words: IPv4 uses the first one. */
struct conversation {
    uint32_t client[4], server[4];
};

enum ip { IPV4 = 0x0800, IPV6 = 0x86dd };

/* The form of one frame of a conversation. */
struct frame_form {
    const char *name;
    enum ip ip;
    bool back;        /* from the server */
    uint16_t tags[6]; /* TPIDs, outermost first; 0 ends */
    uint8_t proto;
    uint16_t fragment; /* IPv4: flags and offset; IPv6: a fragment header, if not 0 */
};

static const uint32_t zeros[10];

static struct bytes frame_of(const struct conversation *conversation,
                             const struct frame_form *frame_form) {
    const uint32_t *src = frame_form->back ? conversation->server : conversation->client;
    const uint32_t *dst = frame_form->back ? conversation->client : conversation->server;
    struct bytes frame = {.size = 0};
    put(&frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
    for (size_t i = 0; i < 6 && frame_form->tags[i]; i++) {
        put16(&frame, frame_form->tags[i]);
        put16(&frame, (uint16_t)(100 + i));
    }
    put16(&frame, (uint16_t)frame_form->ip);
    if (frame_form->ip == IPV4) {
        put32(&frame, 0x45000028);
        put16(&frame, 0x1234);
        put16(&frame, frame_form->fragment);
        put32(&frame, 0x40000000u | (uint32_t)frame_form->proto << 16);
        put32(&frame, src[0]);
        put32(&frame, dst[0]);
    } else {
        put32(&frame, 0x60000000);
        put32(&frame, 0x00140040u | (frame_form->fragment ? 44u : frame_form->proto) << 8);
        for (size_t i = 0; i < 4; i++) {
            put32(&frame, src[i]);
        }
        for (size_t i = 0; i < 4; i++) {
            put32(&frame, dst[i]);
        }
        if (frame_form->fragment) {
            put32(&frame, (uint32_t)frame_form->proto << 24 | frame_form->fragment);
            put32(&frame, 7);
        }
    }
    put(&frame, zeros, 20);
    return frame;
}

static bool passes(const struct bytes *frame, unsigned worker, unsigned workers) {
    struct live_filter filter;
    struct bpf_insn code[LIVE_FILTER_MAX];
    live_filter_build(&filter, worker, workers);
    assert_in_range(filter.length, 1, LIVE_FILTER_MAX);
    for (unsigned i = 0; i < filter.length; i++) {
        const struct sock_filter *from = &filter.code[i];
        code[i] = (struct bpf_insn){from->code, from->jt, from->jf, from->k};
    }
    assert_true(bpf_validate(code, (int)filter.length));
    return bpf_filter(code, frame->at, (u_int)frame->size, (u_int)frame->size) != 0;
}

/* Returns the one worker that gets the frame. */
static int find_worker(const struct bytes *frame, unsigned workers) {
    int found = NO_WORKER;
    for (unsigned worker = 0; worker < workers; worker++) {
        if (passes(frame, worker, workers)) {
            assert_int_equal(found, NO_WORKER);
            found = (int)worker;
        }
    }
    assert_int_not_equal(found, NO_WORKER);
    return found;
}

static unsigned expected_worker(const struct conversation *conversation, enum ip ip,
                                unsigned workers) {
    uint32_t sum = 0;
    for (size_t i = 0; i < (ip == IPV4 ? 1 : 4); i++) {
        sum += conversation->client[i] + conversation->server[i];
    }
    return (sum * 2654435761u >> 16) % workers;
}

/* The sequence is the same in every run. */
static uint32_t next_random(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static struct conversation random_conversation(void) {
    struct conversation conversation;
    for (size_t i = 0; i < 4; i++) {
        conversation.client[i] = next_random();
        conversation.server[i] = next_random();
    }
    return conversation;
}

#define CTAG 0x8100
#define STAG 0x88a8
#define QINQ 0x9100

static const struct frame_form looks[] = {
    {"TCP", IPV4, false, {0}, 6, 0},
    {"TCP, the other way", IPV4, true, {0}, 6, 0},
    {"UDP", IPV4, false, {0}, 17, 0},
    {"ICMP", IPV4, true, {0}, 1, 0},
    {"first fragment", IPV4, false, {0}, 17, 0x2000},
    {"second fragment", IPV4, false, {0}, 17, 0x20b9},
    {"last fragment, the other way", IPV4, true, {0}, 17, 0x0172},
    {"one tag", IPV4, false, {CTAG}, 6, 0},
    {"one tag, the other way", IPV4, true, {CTAG}, 6, 0},
    {"a fragment, tagged", IPV4, true, {CTAG}, 17, 0x0172},
    {"802.1ad alone", IPV4, false, {STAG}, 6, 0},
    {"802.1ad, 802.1Q", IPV4, true, {STAG, CTAG}, 6, 0},
    {"old QinQ", IPV4, false, {QINQ, CTAG}, 6, 0},
    {"four tags", IPV4, false, {STAG, CTAG, CTAG, CTAG}, 6, 0},
    {"TCP over IPv6", IPV6, false, {0}, 6, 0},
    {"TCP over IPv6, the other way", IPV6, true, {0}, 6, 0},
    {"IPv6 fragment", IPV6, false, {0}, 17, 0x0001},
    {"IPv6 fragment, the other way", IPV6, true, {0}, 17, 0x00b9},
    {"IPv6, one tag", IPV6, true, {CTAG}, 17, 0},
    {"IPv6, four tags", IPV6, false, {QINQ, QINQ, QINQ, QINQ}, 17, 0},
};
enum { LOOKS = sizeof looks / sizeof *looks };

static void an_address_pair_belongs_to_one_worker(void **state) {
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        const struct conversation conversation = random_conversation();
        const unsigned workers = 1 + round % WORKERS_MAX;
        for (size_t i = 0; i < LOOKS; i++) {
            const struct bytes frame = frame_of(&conversation, &looks[i]);
            const int worker = find_worker(&frame, workers);
            if (worker != (int)expected_worker(&conversation, looks[i].ip, workers)) {
                fail_msg("%s, %u workers: worker %d", looks[i].name, workers, worker);
            }
        }
    }
}

/* Holds for any frame, however short. */
static void a_frame_truncated_anywhere_belongs_to_one_worker(void **state) {
    const struct conversation conversation = random_conversation();
    (void)state;
    for (size_t i = 0; i < LOOKS; i++) {
        const struct bytes whole = frame_of(&conversation, &looks[i]);
        size_t tags = 0;
        while (tags < 6 && looks[i].tags[tags]) {
            tags++;
        }
        const size_t addresses_end = 14 + 4 * tags + (looks[i].ip == IPV4 ? 20 : 40);
        for (size_t size = 0; size < whole.size; size++) {
            struct bytes frame = {.size = 0};
            put(&frame, whole.at, size);
            const int worker = find_worker(&frame, 5);
            const unsigned expected =
                size < addresses_end ? 0 : expected_worker(&conversation, looks[i].ip, 5);
            if (worker != (int)expected) {
                fail_msg("%s, cut to %zu bytes: worker %d", looks[i].name, size, worker);
            }
        }
    }
}

static void frames_without_addresses_go_to_worker_0(void **state) {
    static const struct {
        const char *name;
        uint16_t types[6]; /* after any VLAN tags */
    } cases[] = {
        {"ARP", {0x0806}},
        {"ARP, tagged", {CTAG, 0x0806}},
        {"LLDP", {0x88cc}},
        {"the discovery frame", {0x204b}},
        {"IEEE 802.3 length", {0x0026}},
        {"MPLS", {0x8847}},
        {"PPPoE", {0x8864}},
        {"five tags", {CTAG, CTAG, CTAG, CTAG, CTAG, 0x0800}},
        {"no data after the tag", {CTAG, 0x0000}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes frame = {.size = 0};
        put(&frame, "\x01\x80\xc2\0\0\x0e\x02\0\0\0\0\2", 12);
        for (size_t tag = 0; tag < 6 && (tag == 0 || cases[i].types[tag]); tag++) {
            put16(&frame, cases[i].types[tag]);
            if (tag < 5 && cases[i].types[tag + 1]) {
                put16(&frame, 7);
            }
        }
        for (size_t word = 0; word < 10; word++) {
            put32(&frame, next_random());
        }
        for (unsigned workers = 1; workers <= WORKERS_MAX; workers++) {
            if (find_worker(&frame, workers) != 0) {
                fail_msg("%s, %u workers", cases[i].name, workers);
            }
        }
    }
}

/* Clients of a few networks and one server, as on a switch port. */
static void adjacent_addresses_are_spread_evenly(void **state) {
    static const unsigned counts[] = {2, 3, 4, 16};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const unsigned workers = counts[i];
        unsigned load[WORKERS_MAX] = {0};
        enum { CLIENTS = 4 * 250 };
        for (uint32_t client = 0; client < CLIENTS; client++) {
            const struct conversation conversation = {
                .client = {0x0a000001 + (client / 250 << 8) + client % 250},
                .server = {0xc0000201}};
            const struct bytes frame = frame_of(&conversation, &looks[0]);
            load[find_worker(&frame, workers)]++;
        }
        for (unsigned worker = 0; worker < workers; worker++) {
            assert_in_range(load[worker] * workers, CLIENTS / 2, CLIENTS * 3 / 2);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_pair_belongs_to_one_worker),
        cmocka_unit_test(a_frame_truncated_anywhere_belongs_to_one_worker),
        cmocka_unit_test(frames_without_addresses_go_to_worker_0),
        cmocka_unit_test(adjacent_addresses_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

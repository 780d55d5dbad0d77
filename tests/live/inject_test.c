#include "veth.h"

#include "base/clock.h"
#include "capture/capture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

static struct frame as_captured(const struct veth_frame *frame) {
    return (struct frame){.data = frame->bytes, .captured = frame->size, .length = frame->size};
}

static struct live_counters counters_of(struct live *live) {
    struct live_counters counters;
    live_get_counters(live, &counters);
    return counters;
}

/* As in active mode: what was captured is what is sent. */
static void frames_go_back_as_they_came(void **state) {
    static const uint16_t tags[][3] = {{0}, {0x8100}, {0x88a8}, {0x88a8, 0x8100}};
    enum { FRAMES = 300 };
    static struct veth_frame sent[FRAMES];
    const int far = veth_socket("far");
    struct live *live = veth_open(0, 1, 8 * MIB, NULL);
    unsigned returned = 0;
    (void)state;
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct veth_look look = {.number = i, .client = i, .size = 60 + i * 1454 / FRAMES};
        memcpy(look.tags, tags[i % 4], sizeof look.tags);
        veth_build(&sent[i], &look);
    }
    veth_send(far, sent, FRAMES);
    while (returned < FRAMES) {
        struct frame frames[CAPTURE_BATCH];
        const unsigned count = veth_next(live, frames, CAPTURE_BATCH, 1000);
        assert_true(count > 0);
        assert_int_equal(live_inject(live, frames, count), count);
        returned += count;
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        struct veth_frame back;
        if (veth_receive(far, &back) != sent[i].size) {
            fail_msg("frame %u: %u bytes instead of %u", i, back.size, sent[i].size);
        }
        assert_memory_equal(back.bytes, sent[i].bytes, back.size);
    }
    assert_int_equal(counters_of(live).injected, FRAMES);
    assert_int_equal(counters_of(live).inject_failed, 0);
    live_close(live);
    close(far);
}

static void a_frame_over_the_mtu_fails_alone(void **state) {
    enum { FRAMES = 10, LONG = 4 };
    static struct veth_frame built[FRAMES];
    struct frame frames[FRAMES];
    struct veth_frame arrived;
    const int far = veth_socket("far");
    struct live *live = veth_open(0, 1, MIB, NULL);
    (void)state;
    for (uint32_t i = 0; i < FRAMES; i++) {
        veth_build(&built[i], &(struct veth_look){.number = i, .size = i == LONG ? 1600 : 100});
        frames[i] = as_captured(&built[i]);
    }
    assert_int_equal(live_inject(live, frames, FRAMES), FRAMES - 1);
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (i != LONG) {
            assert_int_equal(veth_receive(far, &arrived), 100);
            assert_memory_equal(arrived.bytes, built[i].bytes, 100);
        }
    }
    assert_int_equal(counters_of(live).injected, FRAMES - 1);
    assert_int_equal(counters_of(live).inject_failed, 1);
    live_close(live);
    close(far);
}

static void a_dead_interface_takes_nothing(void **state) {
    struct veth_frame built;
    struct live *live = veth_open(0, 1, MIB, NULL);
    (void)state;
    veth_build(&built, &(struct veth_look){.size = 60});
    const struct frame frames[] = {as_captured(&built), as_captured(&built)};
    veth_command("ip link set near down");
    assert_int_equal(live_inject(live, frames, 2), 0);
    veth_command("ip link set near up");
    assert_int_equal(live_inject(live, frames, 2), 2);
    assert_int_equal(counters_of(live).inject_failed, 2);
    live_close(live);
}

static double kpps(struct live *live, const struct frame *frames, unsigned rounds) {
    const uint64_t start = clock_monotonic_ns();
    for (unsigned i = 0; i < rounds; i++) {
        assert_int_equal(live_inject(live, frames, CAPTURE_BATCH), CAPTURE_BATCH);
    }
    return rounds * CAPTURE_BATCH * 1e6 / (double)(clock_monotonic_ns() - start);
}

static void a_hundred_thousand_frames_a_second_go_back(void **state) {
    static struct veth_frame built[CAPTURE_BATCH];
    static const uint32_t sizes[] = {60, 512, 1514};
    struct frame frames[CAPTURE_BATCH];
    struct live *live = veth_open(0, 1, MIB, NULL);
    (void)state;
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
        double best = 0;
        for (uint32_t i = 0; i < CAPTURE_BATCH; i++) {
            veth_build(&built[i], &(struct veth_look){.number = i, .size = sizes[size]});
            frames[i] = as_captured(&built[i]);
        }
        for (unsigned round = 0; round < 10; round++) {
            const double rate = kpps(live, frames, 200);
            best = rate > best ? rate : best;
        }
        print_message("%u bytes: %.0f thousand frames a second\n", sizes[size], best);
        assert_true(best >= 100);
    }
    live_close(live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, veth_create, veth_delete)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(frames_go_back_as_they_came),
        TEST(a_frame_over_the_mtu_fails_alone),
        TEST(a_dead_interface_takes_nothing),
        TEST(a_hundred_thousand_frames_a_second_go_back),
    };
    veth_enter_namespace("live_inject_test");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

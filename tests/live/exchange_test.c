#include "capture/exchange.h"

#include "veth.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { ETHERTYPE = 0x204b, FRAME = 200 };

/* Addressed to a MAC that no interface has, as the confirmation is. */
static struct veth_frame frame_of(uint16_t ethertype) {
    struct veth_frame frame;
    veth_build(&frame, &(struct veth_look){.size = FRAME});
    memcpy(frame.bytes, "\x02\x6e\x6d\x65\x74\x61\x01\x80\xc2\0\0\x0e", 12);
    frame.bytes[12] = (uint8_t)(ethertype >> 8);
    frame.bytes[13] = (uint8_t)ethertype;
    return frame;
}

static struct exchange *opened(void) {
    struct exchange *exchange;
    struct error error = {0};
    if (exchange_open(&exchange, "near", &error) != 0) {
        fail_msg("%s", error.message);
    }
    return exchange;
}

static void listen_to(struct exchange *exchange, uint16_t ethertype) {
    struct error error = {0};
    if (exchange_listen(exchange, ethertype, &error) != 0) {
        fail_msg("%s", error.message);
    }
}

static unsigned promiscuity(void) {
    struct error error = {0};
    unsigned users;
    assert_int_equal(live_promiscuity("near", &users, &error), 0);
    return users;
}

static bool readable(const struct exchange *exchange, int timeout_ms) {
    struct pollfd ready = {.fd = exchange_fd(exchange), .events = POLLIN};
    return poll(&ready, 1, timeout_ms) == 1;
}

static void expect_frame(struct exchange *exchange, const struct veth_frame *expected) {
    uint8_t got[2048];
    assert_true(readable(exchange, 1000));
    assert_int_equal(exchange_receive(exchange, got, sizeof got), expected->size);
    assert_memory_equal(got, expected->bytes, expected->size);
    assert_int_equal(exchange_receive(exchange, got, sizeof got), 0);
}

static void discovery_goes_out_confirmation_comes_in(void **state) {
    (void)state;
    for (unsigned captured = 0; captured < 2; captured++) {
        const int far = veth_socket("far");
        const struct veth_frame ours = frame_of(ETHERTYPE), other = frame_of(0x0800);
        struct veth_frame arrived;
        struct error error = {0};
        struct exchange *exchange = opened();
        struct live *live = captured ? veth_open(0, 1, 1024 * 1024, NULL) : NULL;
        assert_int_equal(promiscuity(), captured);

        assert_int_equal(exchange_send(exchange, ours.bytes, ours.size, &error), 0);
        assert_int_equal(veth_receive(far, &arrived), FRAME);
        assert_memory_equal(arrived.bytes, ours.bytes, FRAME);

        veth_send(far, &ours, 1); /* nobody listens yet */
        listen_to(exchange, ETHERTYPE);
        assert_int_equal(promiscuity(), captured + 1);
        veth_send(far, &other, 1);
        assert_int_equal(exchange_send(exchange, ours.bytes, ours.size, &error), 0);
        assert_false(readable(exchange, 20));
        veth_send(far, &ours, 1);
        expect_frame(exchange, &ours);

        exchange_close(exchange);
        live_close(live);
        assert_int_equal(promiscuity(), 0);
        close(far);
    }
}

static void the_ethertype_can_change(void **state) {
    const int far = veth_socket("far");
    const struct veth_frame before = frame_of(ETHERTYPE), after = frame_of(0x88b5);
    struct exchange *exchange = opened();
    (void)state;
    listen_to(exchange, ETHERTYPE);
    listen_to(exchange, 0x88b5);
    assert_int_equal(promiscuity(), 1);
    veth_send(far, &before, 1);
    veth_send(far, &after, 1);
    expect_frame(exchange, &after);
    exchange_close(exchange);
    close(far);
}

static void a_frame_longer_than_the_buffer_is_cut(void **state) {
    const int far = veth_socket("far");
    const struct veth_frame ours = frame_of(ETHERTYPE);
    uint8_t got[64];
    struct exchange *exchange = opened();
    (void)state;
    listen_to(exchange, ETHERTYPE);
    veth_send(far, &ours, 1);
    assert_true(readable(exchange, 1000));
    assert_int_equal(exchange_receive(exchange, got, sizeof got), sizeof got);
    assert_memory_equal(got, ours.bytes, sizeof got);
    exchange_close(exchange);
    close(far);
}

static void it_works_again_after_the_interface_was_down(void **state) {
    const int far = veth_socket("far");
    const struct veth_frame ours = frame_of(ETHERTYPE);
    struct error error = {0};
    uint8_t got[64];
    struct exchange *exchange = opened();
    (void)state;
    listen_to(exchange, ETHERTYPE);
    veth_command("ip link set near down");
    assert_int_equal(exchange_send(exchange, ours.bytes, ours.size, &error), -ENETDOWN);
    assert_non_null(strstr(error.message, "bring the interface up"));
    veth_command("ip link set near up && ip link set near down && ip link set near up");
    assert_int_equal(exchange_send(exchange, ours.bytes, ours.size, &error), 0);
    veth_command("ip link set near down && ip link set near up");
    assert_int_equal(exchange_receive(exchange, got, sizeof got), 0);
    veth_send(far, &ours, 1);
    expect_frame(exchange, &ours);
    exchange_close(exchange);
    close(far);
}

static int open_unprivileged(void) {
    struct exchange *exchange;
    struct error error = {0};
    assert_int_equal(exchange_open(&exchange, "near", &error), -EPERM);
    assert_null(exchange);
    assert_non_null(strstr(error.message, "CAP_NET_RAW"));
    return 0;
}

static void what_cannot_be_done_is_said(void **state) {
    struct exchange *exchange;
    struct error error = {0};
    const struct veth_frame ours = frame_of(ETHERTYPE);
    (void)state;
    assert_int_equal(exchange_open(&exchange, "nowhere0", &error), -ENODEV);
    assert_null(exchange);
    assert_non_null(strstr(error.message, "nowhere0: no such interface"));
    assert_int_equal(veth_without_privileges(open_unprivileged), 0);
    exchange = opened();
    assert_int_equal(exchange_listen(exchange, 0x05ff, &error), -EINVAL);
    assert_non_null(strstr(error.message, "0x05ff is not an ethertype"));
    assert_true(exchange_send(exchange, ours.bytes, 3, &error) < 0);
    exchange_close(exchange);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, veth_create, veth_delete)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(discovery_goes_out_confirmation_comes_in),
        TEST(the_ethertype_can_change),
        TEST(a_frame_longer_than_the_buffer_is_cut),
        TEST(it_works_again_after_the_interface_was_down),
        TEST(what_cannot_be_done_is_said),
    };
    veth_enter_namespace("live_exchange_test");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

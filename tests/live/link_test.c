#include "veth.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

static void pause_ms(long ms) {
    const struct timespec time = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&time, NULL);
}

static unsigned promiscuity(void) {
    struct error error = {0};
    unsigned users;
    assert_int_equal(live_promiscuity("near", &users, &error), 0);
    return users;
}

static void the_interface_is_promiscuous_while_captured(void **state) {
    (void)state;
    assert_int_equal(promiscuity(), 0);
    struct live *one = veth_open(0, 2, MIB, NULL);
    assert_int_equal(promiscuity(), 1);
    struct live *other = veth_open(1, 2, MIB, NULL);
    assert_int_equal(promiscuity(), 2);
    live_close(one);
    live_close(other);
    assert_int_equal(promiscuity(), 0);
}

static void *take_down(void *context) {
    (void)context;
    pause_ms(50);
    veth_command("ip link set near down");
    return NULL;
}

static void expect_down(struct live *live) {
    struct error error = {0};
    struct frame frame;
    assert_int_equal(live_next(live, &frame, 1, 2000, &error), -ENETDOWN);
    assert_string_equal(error.message, "near: the interface went down or was removed");
    live_close(live);
}

static void expect_no_capture(const char *interface, int code, const char *text) {
    const struct live_options options = {.interface = interface, .workers = 1, .buffer_bytes = MIB};
    struct live *live = (struct live *)&options;
    struct error error = {0};
    assert_int_equal(live_open(&live, &options, &error), code);
    assert_null(live);
    if (!strstr(error.message, text)) {
        fail_msg("%s", error.message);
    }
}

static void an_interface_that_went_down_is_reported_and_opened_again(void **state) {
    const int far = veth_socket("far");
    struct veth_frame sent;
    struct frame got;
    pthread_t thread;
    struct live *live = veth_open(0, 1, MIB, NULL);
    (void)state;
    veth_build(&sent, &(struct veth_look){.number = 1});
    veth_send(far, &sent, 1);
    pause_ms(20);
    veth_command("ip link set near down");
    assert_int_equal(veth_next(live, &got, 1, 1000), 1);
    expect_down(live);
    expect_no_capture("near", -ENETDOWN, "near: the interface is down; `ip link set dev near up`");
    for (unsigned i = 0; i < 2; i++) {
        veth_command("ip link set near up");
        live = veth_open(0, 1, MIB, NULL);
        veth_send(far, &sent, 1);
        assert_int_equal(veth_next(live, &got, 1, 1000), 1);
        assert_int_equal(pthread_create(&thread, NULL, take_down, NULL), 0);
        expect_down(live);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    close(far);
}

static void an_interface_that_is_taken_away_is_reported(void **state) {
    (void)state;
    struct live *live = veth_open(0, 1, MIB, NULL);
    struct live_counters counters;
    veth_command("ip link del far");
    live_get_counters(live, &counters);
    expect_down(live);
    expect_no_capture("near", -ENODEV, "near: no such interface; `ip link`");
    assert_int_equal(veth_create(NULL), 0);
    live_close(veth_open(0, 1, MIB, NULL));
}

static int open_unprivileged(void) {
    expect_no_capture("near", -EPERM, "near: not permitted to capture; run as root, or give");
    return 0;
}

static void what_cannot_be_captured_is_said(void **state) {
    struct error error = {0};
    unsigned users = 7;
    struct live *live;
    (void)state;
    expect_no_capture("nowhere0", -ENODEV, "nowhere0: no such interface");
    expect_no_capture("a-name-longer-than-names-are", -ENODEV, "no such interface");
    expect_no_capture("", -ENODEV, "no such interface");
    expect_no_capture("any", -EPROTONOSUPPORT, "any: is not an Ethernet interface");
    assert_int_equal(veth_without_privileges(open_unprivileged), 0);
    assert_int_equal(live_promiscuity("nowhere0", &users, &error), -ENODEV);
    assert_int_equal(users, 0);

    struct live_options options = {.interface = "near", .workers = 1, .filter = "udp prot 53"};
    assert_int_equal(live_open(&live, &options, &error), -EINVAL);
    assert_non_null(strstr(error.message, "filter \"udp prot 53\": "));
    options = (struct live_options){.interface = "near", .worker = 2, .workers = 2};
    assert_int_equal(live_open(&live, &options, &error), -EINVAL);
    options.workers = LIVE_WORKERS_MAX + 1;
    assert_int_equal(live_open(&live, &options, &error), -EINVAL);
    assert_int_equal(promiscuity(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, veth_create, veth_delete)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_interface_is_promiscuous_while_captured),
        TEST(an_interface_that_went_down_is_reported_and_opened_again),
        TEST(an_interface_that_is_taken_away_is_reported),
        TEST(what_cannot_be_captured_is_said),
    };
    veth_enter_namespace("live_link_test");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

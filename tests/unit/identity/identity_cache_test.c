#include "identity_fixture.h"

#define SECOND 1000000000ull

static struct identity arp_of(uint32_t host, uint64_t time_ns) {
    struct identity identity = {.kind = IDENTITY_ARP, .time_ns = time_ns};
    memcpy(identity.arp.sender_ip, &host, sizeof host);
    return identity;
}

static bool admit(struct identity_cache *cache, uint32_t host, uint64_t time_ns) {
    const struct identity identity = arp_of(host, time_ns);
    return identity_cache_admit(cache, &identity);
}

static struct identity_cache *new_cache(uint32_t capacity, uint64_t refresh_ns) {
    struct identity_cache *cache = identity_cache_new(capacity, refresh_ns, 7);
    assert_non_null(cache);
    return cache;
}

static void an_identity_is_reported_again_after_the_interval(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(8, 10 * SECOND);
    assert_true(admit(cache, 1, 100 * SECOND));
    assert_false(admit(cache, 1, 100 * SECOND));
    assert_false(admit(cache, 1, 110 * SECOND - 1));
    assert_true(admit(cache, 1, 110 * SECOND)); /* the rejected report did not postpone it */
    assert_false(admit(cache, 1, 119 * SECOND));
    assert_true(admit(cache, 2, 119 * SECOND));
    identity_cache_free(cache);
}

static void an_interval_of_zero_reports_every_identity(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(8, 0);
    assert_true(admit(cache, 1, SECOND));
    assert_true(admit(cache, 1, SECOND));
    identity_cache_free(cache);
}

static void a_clock_that_goes_back_suppresses_no_identity(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(8, 10 * SECOND);
    assert_true(admit(cache, 1, 1000 * SECOND));
    assert_false(admit(cache, 1, 995 * SECOND)); /* slightly out of order */
    assert_true(admit(cache, 1, 20 * SECOND));   /* 1000 was too far away */
    assert_false(admit(cache, 1, 29 * SECOND));
    assert_true(admit(cache, 1, 30 * SECOND));
    assert_true(admit(cache, 2, UINT64_MAX));
    assert_true(admit(cache, 2, 0));
    identity_cache_free(cache);
}

static void the_identity_reported_longest_ago_is_dropped(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(3, 10 * SECOND);
    assert_true(admit(cache, 1, 1 * SECOND));
    assert_true(admit(cache, 2, 2 * SECOND));
    assert_true(admit(cache, 3, 3 * SECOND));
    assert_false(admit(cache, 1, 10 * SECOND)); /* seen but not reported: still the oldest */
    assert_true(admit(cache, 4, 10 * SECOND));  /* replaces 1 */
    assert_false(admit(cache, 2, 10 * SECOND));
    assert_true(admit(cache, 2, 12 * SECOND)); /* reported again: now the newest */
    assert_true(admit(cache, 5, 12 * SECOND)); /* replaces 3 */
    assert_false(admit(cache, 2, 12 * SECOND));
    assert_false(admit(cache, 4, 12 * SECOND));
    assert_true(admit(cache, 3, 12 * SECOND)); /* replaces 4 */
    assert_true(admit(cache, 4, 12 * SECOND)); /* replaces 2 */
    assert_true(admit(cache, 2, 12 * SECOND));
    identity_cache_free(cache);
}

static void a_cache_of_one_entry_works(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(1, 10 * SECOND);
    for (int i = 0; i < 3; i++) {
        assert_true(admit(cache, 1, SECOND));
        assert_false(admit(cache, 1, SECOND));
        assert_true(admit(cache, 2, SECOND));
        assert_false(admit(cache, 2, SECOND));
    }
    identity_cache_free(cache);
}

/* A reference model of the cache: a plain list in order of reporting. */
struct model {
    uint32_t capacity, count;
    uint32_t host[64];
    uint64_t reported_ns[64];
};

static bool model_admit(struct model *model, uint32_t host, uint64_t now_ns, uint64_t refresh_ns) {
    uint32_t at = 0;
    while (at < model->count && model->host[at] != host) {
        at++;
    }
    if (at < model->count) {
        const uint64_t reported = model->reported_ns[at];
        if ((now_ns >= reported ? now_ns - reported : reported - now_ns) < refresh_ns) {
            return false;
        }
    } else if (model->count < model->capacity) {
        model->count++;
    } else {
        at = 0;
    }
    for (; at + 1 < model->count; at++) {
        model->host[at] = model->host[at + 1];
        model->reported_ns[at] = model->reported_ns[at + 1];
    }
    model->host[at] = host;
    model->reported_ns[at] = now_ns;
    return true;
}

static void the_cache_matches_its_model_under_any_seed(void **state) {
    (void)state;
    static const uint64_t seeds[] = {0, 1, UINT64_MAX, 0x0123456789abcdefull};
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        struct identity_cache *cache = identity_cache_new(37, 5 * SECOND, seeds[s]);
        struct model model = {.capacity = 37};
        uint32_t dice = 12345;
        uint64_t now_ns = 1000 * SECOND;
        assert_non_null(cache);
        for (int i = 0; i < 50000; i++) {
            dice = dice * 1664525u + 1013904223u;
            const uint32_t host = (dice >> 8) % 60;
            now_ns += dice >> 4; /* 0 to 0.27 s */
            if (dice >> 24 == 0) {
                now_ns -= 8 * SECOND;
            }
            assert_int_equal(admit(cache, host, now_ns),
                             model_admit(&model, host, now_ns, 5 * SECOND));
        }
        identity_cache_free(cache);
    }
}

/* Every member of an identity distinguishes it, except time, TTL and lease. */
static const struct {
    const char *behaviour;
    struct identity first, second;
    bool same;
} pairs[] = {
    {"ARP time", {.kind = IDENTITY_ARP, .time_ns = 1}, {.kind = IDENTITY_ARP, .time_ns = 2}, true},
    {"kind", {.kind = IDENTITY_ARP}, {.kind = IDENTITY_NDP}, false},
    {"source MAC", {.kind = IDENTITY_ARP}, {.kind = IDENTITY_ARP, .src_mac = {[5] = 1}}, false},
    {"ARP operation",
     {.kind = IDENTITY_ARP, .arp = {.operation = 1}},
     {.kind = IDENTITY_ARP, .arp = {.operation = 2}},
     false},
    {"ARP target address",
     {.kind = IDENTITY_ARP},
     {.kind = IDENTITY_ARP, .arp = {.target_ip = {[3] = 1}}},
     false},
    {"ARP target MAC",
     {.kind = IDENTITY_ARP},
     {.kind = IDENTITY_ARP, .arp = {.target_mac = {[5] = 1}}},
     false},
    {"ARP sender MAC",
     {.kind = IDENTITY_ARP},
     {.kind = IDENTITY_ARP, .arp = {.sender_mac = {[0] = 1}}},
     false},
    {"LLDP system name",
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "a"}},
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "b"}},
     false},
    {"LLDP text in another place",
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "ab", .port_id = "c"}},
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "a", .port_id = "bc"}},
     false},
    {"LLDP port description",
     {.kind = IDENTITY_LLDP},
     {.kind = IDENTITY_LLDP, .lldp = {.port_description = "x"}},
     false},
    {"LLDP management address",
     {.kind = IDENTITY_LLDP},
     {.kind = IDENTITY_LLDP, .lldp = {.management_address = "10.0.0.1"}},
     false},
    {"LLDP bytes after the end of a text",
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "sw"}},
     {.kind = IDENTITY_LLDP, .lldp = {.system_name = "sw\0left over"}},
     true},
    {"DNS TTL",
     {.kind = IDENTITY_DNS, .dns = {.type = 1, .ttl = 1, .name = "a"}},
     {.kind = IDENTITY_DNS, .dns = {.type = 1, .ttl = 2, .name = "a"}},
     true},
    {"DNS name",
     {.kind = IDENTITY_DNS, .dns = {.type = 1, .name = "a"}},
     {.kind = IDENTITY_DNS, .dns = {.type = 1, .name = "b"}},
     false},
    {"DNS type",
     {.kind = IDENTITY_DNS, .dns = {.type = 1}},
     {.kind = IDENTITY_DNS, .dns = {.type = 28}},
     false},
    {"DNS address",
     {.kind = IDENTITY_DNS, .dns = {.type = 28}},
     {.kind = IDENTITY_DNS, .dns = {.type = 28, .address = {[15] = 1}}},
     false},
    {"DNS target",
     {.kind = IDENTITY_DNS, .dns = {.type = 5, .target = "a"}},
     {.kind = IDENTITY_DNS, .dns = {.type = 5, .target = "b"}},
     false},
    {"DNS client",
     {.kind = IDENTITY_DNS, .dns = {.type = 1}},
     {.kind = IDENTITY_DNS, .dns = {.type = 1, .client = {10}}},
     false},
    {"DNS client's IP version",
     {.kind = IDENTITY_DNS, .dns = {.client_version = 4}},
     {.kind = IDENTITY_DNS, .dns = {.client_version = 6}},
     false},
    {"DHCP lease",
     {.kind = IDENTITY_DHCP, .dhcp = {.message_type = 5, .lease_s = 1}},
     {.kind = IDENTITY_DHCP, .dhcp = {.message_type = 5, .lease_s = 2}},
     true},
    {"DHCP message type",
     {.kind = IDENTITY_DHCP, .dhcp = {.message_type = 2}},
     {.kind = IDENTITY_DHCP, .dhcp = {.message_type = 5}},
     false},
    {"DHCP client",
     {.kind = IDENTITY_DHCP},
     {.kind = IDENTITY_DHCP, .dhcp = {.client_mac = {1}}},
     false},
    {"DHCP requested address",
     {.kind = IDENTITY_DHCP, .dhcp = {.requested_ip = {10}}},
     {.kind = IDENTITY_DHCP, .dhcp = {.assigned_ip = {10}}},
     false},
    {"DHCP server",
     {.kind = IDENTITY_DHCP},
     {.kind = IDENTITY_DHCP, .dhcp = {.server_ip = {1}}},
     false},
    {"DHCP host name",
     {.kind = IDENTITY_DHCP, .dhcp = {.host_name = "a"}},
     {.kind = IDENTITY_DHCP, .dhcp = {.vendor_class = "a"}},
     false},
    {"NDP target",
     {.kind = IDENTITY_NDP},
     {.kind = IDENTITY_NDP, .ndp = {.target = {[15] = 1}}},
     false},
    {"NDP MAC", {.kind = IDENTITY_NDP}, {.kind = IDENTITY_NDP, .ndp = {.target_mac = {1}}}, false},
};

static void time_ttl_and_lease_do_not_distinguish_identities(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct identity_cache *cache = new_cache(4, SECOND);
        assert_true(identity_cache_admit(cache, &pairs[i].first));
        if (identity_cache_admit(cache, &pairs[i].second) == pairs[i].same) {
            fail_msg("%s", pairs[i].behaviour);
        }
        assert_false(identity_cache_admit(cache, &pairs[i].first));
        identity_cache_free(cache);
    }
}

static void freeing_null_is_allowed(void **state) {
    (void)state;
    identity_cache_free(NULL);
}

static void the_interval_can_be_changed(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(8, 10 * SECOND);
    assert_true(admit(cache, 1, 100 * SECOND));
    identity_cache_set_refresh(cache, 5 * SECOND);
    assert_false(admit(cache, 1, 104 * SECOND));
    assert_true(admit(cache, 1, 105 * SECOND));
    identity_cache_free(cache);
}

static void a_withdrawn_identity_is_due_again(void **state) {
    (void)state;
    struct identity_cache *cache = new_cache(8, 10 * SECOND);
    identity_cache_withdraw(cache);
    assert_true(admit(cache, 1, 100 * SECOND));
    assert_true(admit(cache, 2, 100 * SECOND));
    identity_cache_withdraw(cache);
    assert_false(admit(cache, 1, 101 * SECOND));
    assert_true(admit(cache, 2, 101 * SECOND));
    assert_false(admit(cache, 2, 102 * SECOND));
    identity_cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_reported_again_after_the_interval),
        cmocka_unit_test(an_interval_of_zero_reports_every_identity),
        cmocka_unit_test(a_clock_that_goes_back_suppresses_no_identity),
        cmocka_unit_test(the_identity_reported_longest_ago_is_dropped),
        cmocka_unit_test(a_cache_of_one_entry_works),
        cmocka_unit_test(the_cache_matches_its_model_under_any_seed),
        cmocka_unit_test(time_ttl_and_lease_do_not_distinguish_identities),
        cmocka_unit_test(freeing_null_is_allowed),
        cmocka_unit_test(the_interval_can_be_changed),
        cmocka_unit_test(a_withdrawn_identity_is_due_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int version;           /* 0: rejected */
    const char *formatted; /* the canonical form */
} ip_cases[] = {
    {"10.1.0.1", 4, "10.1.0.1"},
    {"0.0.0.0", 4, "0.0.0.0"},
    {"255.255.255.255", 4, "255.255.255.255"},
    {"2001:DB8:0:0:0:0:0:1", 6, "2001:db8::1"},
    {"::", 6, "::"},
    {"::1", 6, "::1"},
    {"2001:db8:0:1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1"}, /* RFC 5952 4.2.2: no :: for one group */
    {"2001:0:0:1:0:0:0:1", 6, "2001:0:0:1::1"},          /* 4.2.3: the longest run */
    {"2001:db8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1"},    /* 4.2.3: the first of equal runs */
    {"::ffff:10.0.0.1", 6, "::ffff:10.0.0.1"},           /* 5: IPv4-mapped */
    {"fe80:1111:2222:3333:4444:5555:6666:7777", 6, "fe80:1111:2222:3333:4444:5555:6666:7777"},
    {"", 0, NULL},
    {"10.1.0", 0, NULL},
    {"10.1.0.256", 0, NULL},
    {"10.1.0.1 ", 0, NULL},
    {" 10.1.0.1", 0, NULL},
    {"10.1.0.1/8", 0, NULL},
    {"fe80::1%eth0", 0, NULL},
    {"[::1]", 0, NULL},
    {"1::2::3", 0, NULL},
    {"example.org", 0, NULL},
};

static void ip_text_is_parsed_and_formatted_as_in_rfc_5952(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ip_cases / sizeof *ip_cases; i++) {
        uint8_t ip[16];
        memset(ip, 0xaa, sizeof ip);
        const int version = address_parse_ip(ip_cases[i].text, ip);
        if (version != ip_cases[i].version) {
            fail_msg("'%s' is of version %d", ip_cases[i].text, version);
        }
        if (version == 0) {
            assert_int_equal(ip[0], 0xaa);
            continue;
        }
        char text[ADDRESS_IP_TEXT];
        assert_ptr_equal(address_format_ip(ip, version, text), text);
        assert_string_equal(text, ip_cases[i].formatted);
    }
}

static void ipv4_fills_the_first_four_bytes_and_clears_the_rest(void **state) {
    (void)state;
    uint8_t ip[16];
    memset(ip, 0xaa, sizeof ip);
    assert_int_equal(address_parse_ip("10.1.2.3", ip), 4);
    const uint8_t expected[16] = {10, 1, 2, 3};
    assert_memory_equal(ip, expected, sizeof expected);
}

static const struct {
    const char *text;
    int version; /* 0: rejected */
    const char *first, *last;
} range_cases[] = {
    {"10.1.0.1", 4, "10.1.0.1", "10.1.0.1"},
    {"2001:db8::1", 6, "2001:db8::1", "2001:db8::1"},
    {"10.0.0.0/8", 4, "10.0.0.0", "10.255.255.255"},
    {"10.1.2.3/8", 4, "10.0.0.0", "10.255.255.255"},
    {"10.1.2.3/20", 4, "10.1.0.0", "10.1.15.255"},
    {"10.1.2.3/31", 4, "10.1.2.2", "10.1.2.3"},
    {"10.1.2.3/32", 4, "10.1.2.3", "10.1.2.3"},
    {"10.1.2.3/0", 4, "0.0.0.0", "255.255.255.255"},
    {"2001:db8::1/32", 6, "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"::/0", 6, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"2001:db8::1/127", 6, "2001:db8::", "2001:db8::1"},
    {"2001:db8::1/128", 6, "2001:db8::1", "2001:db8::1"},
    {"10.0.0.9-10.0.0.10", 4, "10.0.0.9", "10.0.0.10"},
    {"::9-::a", 6, "::9", "::a"},
    {"", 0, NULL, NULL},
    {"/8", 0, NULL, NULL},
    {"10.0.0.0/", 0, NULL, NULL},
    {"10.0.0.0/33", 0, NULL, NULL},
    {"10.0.0.0/-1", 0, NULL, NULL},
    {"10.0.0.0/+8", 0, NULL, NULL},
    {"10.0.0.0/ 8", 0, NULL, NULL},
    {"10.0.0.0/8x", 0, NULL, NULL},
    {"10.0.0.0/4294967304", 0, NULL, NULL},
    {"10.0.0.0/255.0.0.0", 0, NULL, NULL},
    {"::/129", 0, NULL, NULL},
    {"10.0.0.1-", 0, NULL, NULL},
    {"-10.0.0.1", 0, NULL, NULL},
    {"10.0.0.1-10.0.0.1", 0, NULL, NULL},
    {"10.0.0.2-10.0.0.1", 0, NULL, NULL},
    {"10.0.0.1-::2", 0, NULL, NULL},
    {"10.0.0.1-10.0.0.2-10.0.0.3", 0, NULL, NULL},
    {"10.0.0.0/8-11.0.0.0/8", 0, NULL, NULL},
    {"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000", 0, NULL, NULL},
    {"any", 0, NULL, NULL},
};

static void a_range_is_parsed_into_its_first_and_last_address(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof range_cases / sizeof *range_cases; i++) {
        uint8_t first[16], last[16];
        const int version = address_parse_range(range_cases[i].text, first, last);
        if (version != range_cases[i].version) {
            fail_msg("'%s' is of version %d", range_cases[i].text, version);
        }
        if (version != 0) {
            char text[ADDRESS_IP_TEXT];
            assert_string_equal(address_format_ip(first, version, text), range_cases[i].first);
            assert_string_equal(address_format_ip(last, version, text), range_cases[i].last);
        }
    }
}

static const struct {
    const char *text;
    bool good;
} mac_cases[] = {
    {"0a:1b:2c:3d:4e:5f", true},
    {"0A:1B:2C:3D:4E:5F", true},
    {"0a-1b-2c-3d-4e-5f", true},
    {"0a1b.2c3d.4e5f", true},
    {"0a1b2c3d4e5f", true},
    {"0A1b2C3d4E5f", true},
    {"", false},
    {"0a:1b:2c:3d:4e", false},
    {"0a:1b:2c:3d:4e:5f:60", false},
    {"0a:1b:2c:3d:4e-5f", false},
    {"0a.1b.2c.3d.4e.5f", false},
    {"0a1b:2c3d:4e5f", false},
    {"0a1b.2c3d-4e5f", false},
    {"0a:1b:2c:3d:4e:5g", false},
    {"0a:1b:2c:3d:4e: f", false},
    {"0a1b2c3d4e5", false},
    {"0a:1b:2c:3d:4e::f", false},
};

static void a_mac_is_parsed_in_every_common_notation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mac_cases / sizeof *mac_cases; i++) {
        uint8_t mac[6] = {0};
        if (address_parse_mac(mac_cases[i].text, mac) != mac_cases[i].good) {
            fail_msg("'%s'", mac_cases[i].text);
        }
        if (mac_cases[i].good) {
            char text[ADDRESS_MAC_TEXT];
            assert_ptr_equal(address_format_mac(mac, text), text);
            assert_string_equal(text, "0a:1b:2c:3d:4e:5f");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ip_text_is_parsed_and_formatted_as_in_rfc_5952),
        cmocka_unit_test(ipv4_fills_the_first_four_bytes_and_clears_the_rest),
        cmocka_unit_test(a_range_is_parsed_into_its_first_and_last_address),
        cmocka_unit_test(a_mac_is_parsed_in_every_common_notation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

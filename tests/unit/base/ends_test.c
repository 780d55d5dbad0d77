#include "base/ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    struct ends ends;
    const char *text;
} cases[] = {
    {{.ip_version = 4,
      .proto = 6,
      .port_a = 42000,
      .port_b = 22,
      .ip_a = {10, 1, 0, 1},
      .ip_b = {10, 1, 0, 22}},
     "10.1.0.1:42000 -> 10.1.0.22:22 tcp"},
    {{.ip_version = 6,
      .proto = 17,
      .port_a = 53,
      .port_b = 0,
      .ip_a = {[15] = 1},
      .ip_b = {[15] = 2}},
     "[::1]:53 -> [::2]:0 udp"},
    {{.ip_version = 4, .proto = 1, .ip_a = {255, 255, 255, 255}},
     "255.255.255.255 -> 0.0.0.0 icmp"},
    {{.ip_version = 6, .proto = 255}, ":: -> :: 255"},
};

static void both_ends_are_shown_with_their_ports_and_the_protocol(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[ENDS_TEXT];
        assert_ptr_equal(ends_format(&cases[i].ends, text), text);
        assert_string_equal(text, cases[i].text);
    }
}

static void the_longest_text_fits(void **state) {
    (void)state;
    struct ends ends = {.ip_version = 6, .proto = 253, .port_a = 65535, .port_b = 65535};
    char text[ENDS_TEXT];
    for (unsigned i = 0; i < 16; i++) {
        ends.ip_a[i] = ends.ip_b[i] = 0xab;
    }
    assert_string_equal(ends_format(&ends, text),
                        "[abab:abab:abab:abab:abab:abab:abab:abab]:65535 -> "
                        "[abab:abab:abab:abab:abab:abab:abab:abab]:65535 253");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_shown_with_their_ports_and_the_protocol),
        cmocka_unit_test(the_longest_text_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

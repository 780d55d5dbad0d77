#include "event/event_wire.h"

#include "event/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

#include <cmocka.h>

static const struct event *const samples[] = {
    &sample_treatment,    &sample_suppress,
    &sample_both,         &sample_arp,
    &sample_lldp,         &sample_dns_a,
    &sample_dhcp,         &sample_ndp,
    &sample_flow_end,     &sample_flow_end_bare,
    &sample_shadow,       &sample_shadow_bare,
    &sample_script_error, &sample_script_error_bare,
};

/* The text of an event contains everything that matters. */
static void write_line(const struct event *event, char *line, size_t size) {
    FILE *file = fmemopen(line, size, "w");
    assert_non_null(file);
    struct event_writer writer = {.file = file, .format = EVENT_FORMAT_JSONL};
    event_write(&writer, event);
    assert_int_equal(fclose(file), 0);
    assert_false(writer.failed);
}

static void an_event_is_unchanged_by_the_transfer(void **state) {
    (void)state;
    static char before[16384], after[16384];
    static struct event arrived;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const size_t size = event_size(samples[i]);
        assert_in_range(size, 1, sizeof(struct event));
        memset(&arrived, 0xee, sizeof arrived);
        memcpy(&arrived, samples[i], size);
        assert_true(event_accept(&arrived, size));
        write_line(samples[i], before, sizeof before);
        write_line(&arrived, after, sizeof after);
        assert_string_equal(before, after);
    }
}

static void arbitrary_bytes_are_rejected_or_made_harmless(void **state) {
    (void)state;
    static struct event event;
    static char line[65536];
    uint32_t random = 1;
    unsigned accepted = 0;
    for (unsigned round = 0; round < 20000; round++) {
        event = *samples[round % (sizeof samples / sizeof *samples)];
        const size_t size = event_size(&event);
        for (unsigned changes = round % 40; changes > 0; changes--) {
            random = random * 1664525 + 1013904223;
            ((uint8_t *)&event)[(random >> 8) % size] = (uint8_t)(random >> 24);
        }
        if (event_accept(&event, size)) {
            accepted++;
            write_line(&event, line, sizeof line);
            for (const char *at = line; at[0] && at[0] != '\n'; at++) {
                assert_in_range(*at, ' ', '~');
            }
        }
    }
    assert_in_range(accepted, 1000, 19000);
    assert_false(event_accept(&event, 3));
    assert_false(event_accept(&event, sizeof event + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_unchanged_by_the_transfer),
        cmocka_unit_test(arbitrary_bytes_are_rejected_or_made_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

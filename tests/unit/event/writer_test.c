#include "event/writer.h"

#include "event/format.h"
#include "event/samples.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Returns what the writer writes for these events. */
static char *written(enum event_format format, bool flows, const struct event *const *events,
                     size_t count) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    struct event_writer writer = {.file = file, .format = format, .flows = flows};
    for (size_t i = 0; i < count; i++) {
        event_write(&writer, events[i]);
    }
    assert_int_equal(fclose(file), 0);
    assert_false(writer.failed);
    return text;
}

#define T      "2016-11-24T15:06:40.123456Z "
#define J_TIME "\"time\":1480000000.123456789,"

static const struct {
    const struct event *event;
    const char *json, *table;
} lines[] = {
    {&sample_treatment,
     "{\"type\":\"verdict\"," J_TIME "\"packet\":4,\"action\":\"treatment\","
     "\"hash\":\"00c0ffee12345678\",\"ip_A\":\"10.1.0.1\",\"ip_B\":\"10.1.0.2\",\"proto\":\"tcp\","
     "\"tp_A\":43750,\"tp_B\":80,\"flow_packets\":4,\"qos_treatment\":\"constrained_bw\","
     "\"classifier\":\"payload_uri_1\",\"generation\":3,\"source\":\"0123456789abcdef\",\"why\":"
     "\"size=1514, uri=/a\"}",
     T "        4  verdict   10.1.0.1:43750 -> 10.1.0.2:80 tcp          "
       "treatment constrained_bw by payload_uri_1 at packet 4 of the flow"},
    {&sample_suppress,
     "{\"type\":\"verdict\",\"time\":0.000001000,\"packet\":123456789,\"action\":\"suppress\","
     "\"hash\":\"ffffffffffffffff\",\"ip_A\":\"2001:db8::1\",\"ip_B\":\"::1\",\"proto\":\"udp\","
     "\"tp_A\":53,\"tp_B\":65535,\"flow_packets\":9007199254740993,\"qos_treatment\":null,"
     "\"classifier\":null,\"generation\":null,\"source\":null,\"why\":null}",
     "1970-01-01T00:00:00.000001Z 123456789  verdict   "
     "[2001:db8::1]:53 -> [::1]:65535 udp        "
     "suppress at packet 9007199254740993 of the flow"},
    {&sample_both,
     "{\"type\":\"verdict\"," J_TIME "\"packet\":9,\"action\":\"treatment+suppress\","
     "\"hash\":\"0000000000000000\",\"ip_A\":\"255.255.255.255\",\"ip_B\":\"192.168.100.200\","
     "\"proto\":\"253\",\"tp_A\":0,\"tp_B\":0,\"flow_packets\":8,"
     "\"qos_treatment\":\"low_priority\",\"classifier\":\"c\",\"generation\":null,\"source\":null,"
     "\"why\":null}",
     T "        9  verdict   255.255.255.255 -> 192.168.100.200 253     "
       "treatment low_priority by c and suppress at packet 8 of the flow"},
    {&sample_arp,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"arp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":\"10.1.0.1,02:00:00:00:01:0a,10.1.0.2,02:00:00:00:01:02\",\"operation\":2}",
     T "        7  identity  arp  10.1.0.1 is at 02:00:00:00:01:0a, sent to 10.1.0.2"},
    {&sample_arp_request,
     "{\"type\":\"identity\",\"time\":0.000000000,\"packet\":0,\"subtype\":\"arp\","
     "\"src_mac\":null,\"detail1\":\"0.0.0.0,00:00:00:00:00:00,10.1.0.2,00:00:00:00:00:00\","
     "\"operation\":1}",
     "1970-01-01T00:00:00.000000Z         0  identity  "
     "arp  0.0.0.0 is at 00:00:00:00:00:00, asks for 10.1.0.2"},
    {&sample_lldp,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"lldp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":\"pc1.example.com\",\"port_id\":\"eth\\\\\\\\0\","
     "\"port_description\":\"uplink \\\"b\\\"\",\"management_address\":\"10.1.0.1\"}",
     T "        7  identity  lldp 02:00:00:00:01:0a is pc1.example.com, port eth\\\\0, "
       "described as uplink \"b\", managed at 10.1.0.1"},
    {&sample_lldp_nameless,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"lldp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":\"\",\"port_id\":null,\"port_description\":null,\"management_address\":null}",
     T "        7  identity  lldp 02:00:00:00:01:0a is without a system name"},
    {&sample_dns_a,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"dns\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":[{\"type\":\"A\",\"name\":\"www.example.com\",\"address\":\"192.0.2.80\","
     "\"ttl\":300}],\"client\":\"10.1.0.1\"}",
     T "        7  identity  dns  www.example.com A 192.0.2.80, ttl 300 s, sent to 10.1.0.1"},
    {&sample_dns_aaaa,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"dns\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":[{\"type\":\"AAAA\",\"name\":\"a\\\\.b\\\\000.example\","
     "\"address\":\"2001:db8::50\",\"ttl\":4294967295}],\"client\":\"fe80::9\"}",
     T "        7  identity  dns  a\\.b\\000.example AAAA 2001:db8::50, ttl 4294967295 s, sent to "
       "fe80::9"},
    {&sample_dns_cname,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"dns\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":[{\"type\":\"CNAME\",\"name\":\"www.example.com\","
     "\"address\":\"web.example.net\",\"ttl\":0}],\"client\":\"10.1.0.1\"}",
     T
     "        7  identity  dns  www.example.com CNAME web.example.net, ttl 0 s, sent to 10.1.0.1"},
    {&sample_dhcp,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"dhcp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":{\"message_type\":\"ACK\",\"client_mac\":\"02:00:00:00:01:0a\","
     "\"requested_ip\":\"10.1.0.5\",\"assigned_ip\":\"10.1.0.6\",\"server_ip\":\"10.1.0.254\","
     "\"lease\":86400,\"host_name\":\"pc1\",\"vendor_class\":\"MSFT 5.0\"}}",
     T "        7  identity  dhcp 02:00:00:00:01:0a ACK, host pc1, requests 10.1.0.5, is assigned "
       "10.1.0.6, for 86400 s, server 10.1.0.254, vendor class MSFT 5.0"},
    {&sample_dhcp_bare,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"dhcp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":{\"message_type\":null,\"client_mac\":null,\"requested_ip\":null,"
     "\"assigned_ip\":null,\"server_ip\":null,\"lease\":null,\"host_name\":null,"
     "\"vendor_class\":null}}",
     T "        7  identity  dhcp 00:00:00:00:00:00 BOOTP"},
    {&sample_ndp,
     "{\"type\":\"identity\"," J_TIME
     "\"packet\":7,\"subtype\":\"ndp\",\"src_mac\":\"02:00:00:00:01:0a\","
     "\"detail1\":\"fe80::1,02:00:00:00:01:0a\"}",
     T "        7  identity  ndp  fe80::1 is at 02:00:00:00:01:0a"},
    {&sample_flow_end,
     "{\"type\":\"flow_end\"," J_TIME "\"packet\":20,\"hash\":\"00c0ffee12345678\","
     "\"ip_A\":\"10.1.0.1\",\"ip_B\":\"10.1.0.2\",\"port_A\":43750,\"port_B\":80,"
     "\"proto\":\"tcp\",\"finalised\":true,\"packet_count\":9,"
     "\"packet_timestamps\":[1479999998.623456788,1480000000.123456789],\"tcp_flags\":[2,18],"
     "\"packet_lengths\":[74,66],\"packet_directions\":[\"c2s\",\"s2c\"],"
     "\"client\":\"10.1.0.1\",\"server\":\"10.1.0.2\",\"verified_direction\":\"verified-SYN\","
     "\"suppressed\":8,\"start_time\":1479999998.623456788,\"end_time\":1480000000.123456789,"
     "\"end_reason\":\"fin\",\"packets_c2s\":5,\"packets_s2c\":4,\"bytes_c2s\":500,"
     "\"bytes_s2c\":4000,\"retransmissions\":3,\"gaps_c2s\":1,\"gaps_s2c\":2,\"vlan_c2s\":100,"
     "\"vlan_s2c\":0,\"max_packet_size\":1514,\"max_interpacket_interval\":1.250000000,"
     "\"min_interpacket_interval\":0.000000001,\"qos_treatment\":\"constrained_bw\","
     "\"classifier\":\"payload_uri_1\"}",
     T "       20  flow end  10.1.0.1:43750 -> 10.1.0.2:80 tcp          fin after 1.500 s, "
       "verified-SYN, c2s 5 packets 500 bytes, s2c 4 packets 4000 bytes, 3 retransmissions, "
       "treatment constrained_bw by payload_uri_1, suppressed at packet 8"},
    {&sample_flow_end_bare,
     "{\"type\":\"flow_end\",\"time\":0.000000000,\"packet\":0,\"hash\":\"0000000000000000\","
     "\"ip_A\":\"::1\",\"ip_B\":\"::2\",\"port_A\":0,\"port_B\":0,\"proto\":\"icmpv6\","
     "\"finalised\":false,\"packet_count\":1,\"packet_timestamps\":[],\"tcp_flags\":[],"
     "\"packet_lengths\":[],\"packet_directions\":[],\"client\":\"::1\",\"server\":\"::2\","
     "\"verified_direction\":false,\"suppressed\":0,\"start_time\":0.000000000,"
     "\"end_time\":0.000000000,\"end_reason\":\"stop\",\"packets_c2s\":1,\"packets_s2c\":0,"
     "\"bytes_c2s\":70,\"bytes_s2c\":0,\"retransmissions\":0,\"gaps_c2s\":0,\"gaps_s2c\":0,"
     "\"vlan_c2s\":0,\"vlan_s2c\":0,\"max_packet_size\":70,"
     "\"max_interpacket_interval\":0.000000000,\"min_interpacket_interval\":0.000000000,"
     "\"qos_treatment\":null,\"classifier\":null}",
     "1970-01-01T00:00:00.000000Z         0  flow end  "
     "::1 -> ::2 icmpv6                          stop after 0.000 s, direction assumed, "
     "c2s 1 packets 70 bytes, s2c 0 packets 0 bytes"},
    {&sample_script_error,
     "{\"type\":\"script_error\"," J_TIME "\"packet\":123,\"hash\":\"00c0ffee12345678\","
     "\"ip_A\":\"10.1.0.1\",\"ip_B\":\"10.1.0.2\",\"proto\":\"tcp\",\"tp_A\":43750,\"tp_B\":80,"
     "\"flow_packets\":4,\"classifier\":\"bad\",\"generation\":3,\"source\":\"0123456789abcdef\","
     "\"candidate\":true,\"file\":\"classifiers/bad.lua\",\"line\":3,"
     "\"message\":\"flow has no field \\\"byte_s2c\\\"; did you mean \\\"bytes_s2c\\\"?\","
     "\"source_line\":\"return flow.byte_s2c > 1000000\",\"errors\":10}",
     T "      123  error     10.1.0.1:43750 -> 10.1.0.2:80 tcp          bad (candidate): "
       "classifiers/bad.lua:3: flow has no field \"byte_s2c\"; did you mean \"bytes_s2c\"? | "
       "return flow.byte_s2c > 1000000 (10 so far)"},
    {&sample_script_error_bare,
     "{\"type\":\"script_error\",\"time\":0.000000000,\"packet\":0,\"hash\":null,\"ip_A\":null,"
     "\"ip_B\":null,\"proto\":null,\"tp_A\":null,\"tp_B\":null,\"flow_packets\":null,"
     "\"classifier\":\"bad\",\"generation\":null,\"source\":null,\"candidate\":false,"
     "\"file\":\"bad\",\"line\":null,\"message\":\"unknown error \\\\\\\\\",\"source_line\":null,"
     "\"errors\":1}",
     "1970-01-01T00:00:00.000000Z         0  error     on one of the latest packets, bad: bad: "
     "unknown error \\\\"},
};

static void each_event_is_one_exact_line_in_both_formats(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[EVENT_LINE_MAX];
        assert_int_equal(jsonl_format(lines[i].event, text, sizeof text), strlen(lines[i].json));
        assert_string_equal(text, lines[i].json);
        assert_int_equal(table_format(lines[i].event, &(unsigned){0}, text, sizeof text),
                         strlen(lines[i].table));
        assert_string_equal(text, lines[i].table);
    }
}

static void a_table_has_one_heading_and_flow_ends_on_request(void **state) {
    (void)state;
    const struct event *const events[] = {&sample_arp, &sample_flow_end, &sample_ndp};
    const struct {
        bool flows;
        const char *third; /* third line, from the packet number on */
    } cases[] = {{false, "        7  identity  ndp"}, {true, "       20  flow end"}};
    for (size_t i = 0; i < 2; i++) {
        char *text = written(EVENT_FORMAT_TABLE, cases[i].flows, events, 3);
        assert_int_equal(strncmp(text, table_heading, strlen(table_heading)), 0);
        assert_null(strstr(text + 1, "TIME"));
        const char *line = strchr(strchr(text, '\n') + 1, '\n') + 1;
        assert_memory_equal(line + strlen(T), cases[i].third, strlen(cases[i].third));
        free(text);
    }
}

/* Returns the column where the decision begins. */
static size_t column(const char *line) {
    return (size_t)(strstr(line, " treatment ") - line);
}

static void columns_stay_aligned_after_the_longest_addresses(void **state) {
    (void)state;
    struct event longer = sample_both, longest = sample_both;
    longer.verdict.ends.ip_version = longest.verdict.ends.ip_version = 6;
    memset(longer.verdict.ends.ip_a, 0, 15);
    memset(longest.verdict.ends.ip_a, 0xab, 16);
    memset(longest.verdict.ends.ip_b, 0xab, 16);
    const struct event *const events[] = {&sample_both, &longest, &sample_both, &longer, &longest};
    char *text = written(EVENT_FORMAT_TABLE, false, events, 5);
    const char *line = strchr(text, '\n') + 1;
    const size_t first = column(line);
    line = strchr(line, '\n') + 1;
    const size_t widest = column(line);
    assert_true(widest > first);
    for (unsigned i = 2; i < 5; i++) {
        line = strchr(line, '\n') + 1;
        assert_int_equal(column(line), widest);
    }
    free(text);
}

static void jsonl_has_no_heading_and_always_flow_ends(void **state) {
    (void)state;
    const struct event *const events[] = {&sample_flow_end, &sample_ndp};
    char *text = written(EVENT_FORMAT_JSONL, false, events, 2);
    assert_memory_equal(text, "{\"type\":\"flow_end\"", 18);
    assert_memory_equal(strchr(text, '\n'), "\n{\"type\":\"identity\"", 19);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

/* Every byte of every text escaped, and doubled in JSON. */
static void the_longest_events_fit(void **state) {
    (void)state;
    static struct event events[3];
    events[0] = sample_lldp;
    memset(events[0].identity.lldp.system_name, '\\', IDENTITY_TEXT - 1);
    memset(events[0].identity.lldp.port_id, '\\', IDENTITY_TEXT - 1);
    memset(events[0].identity.lldp.port_description, '\\', IDENTITY_TEXT - 1);
    events[1] = sample_dns_cname;
    memset(events[1].identity.dns.name, '"', DNS_NAME_MAX - 1);
    memset(events[1].identity.dns.target, '"', DNS_NAME_MAX - 1);
    events[2] = sample_flow_end;
    events[2].flow_end.kept_count = EVENT_KEPT_MAX;
    for (size_t i = 0; i < EVENT_KEPT_MAX; i++) {
        events[2].flow_end.kept[i] = (struct event_kept_packet){UINT64_MAX, UINT32_MAX, 255, true};
    }
    char text[EVENT_LINE_MAX];
    for (size_t i = 0; i < 3; i++) {
        assert_true(jsonl_format(&events[i], text, sizeof text) > 3000);
        assert_true(table_format(&events[i], &(unsigned){0}, text, sizeof text) > 100);
        assert_int_equal(jsonl_format(&events[i], text, 100), -ENOSPC);
        assert_int_equal(table_format(&events[i], &(unsigned){0}, text, 100), -ENOSPC);
    }
}

static void a_full_disk_is_recorded_and_stops_writing(void **state) {
    (void)state;
    FILE *file = fopen("/dev/full", "w");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    struct event_writer writer = {.file = file, .format = EVENT_FORMAT_JSONL};
    event_write(&writer, &sample_ndp);
    assert_true(writer.failed);
    assert_int_equal(writer.error_code, -ENOSPC);
    writer.error_code = 0;
    event_write(&writer, &sample_ndp);
    assert_int_equal(writer.error_code, 0);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_one_exact_line_in_both_formats),
        cmocka_unit_test(a_table_has_one_heading_and_flow_ends_on_request),
        cmocka_unit_test(columns_stay_aligned_after_the_longest_addresses),
        cmocka_unit_test(jsonl_has_no_heading_and_always_flow_ends),
        cmocka_unit_test(the_longest_events_fit),
        cmocka_unit_test(a_full_disk_is_recorded_and_stops_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

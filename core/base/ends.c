#include "base/ends.h"

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define END_TEXT (ADDRESS_IP_TEXT + 8)

const char *ends_proto_name(uint8_t proto, char text[ENDS_PROTO_TEXT]) {
    /* Not getprotobynumber(): output must not depend on the machine's /etc/protocols. */
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
        {1, "icmp"}, {2, "igmp"}, {6, "tcp"},     {17, "udp"},  {47, "gre"},
        {50, "esp"}, {51, "ah"},  {58, "icmpv6"}, {89, "ospf"}, {132, "sctp"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].number == proto) {
            return names[i].name;
        }
    }
    snprintf(text, ENDS_PROTO_TEXT, "%u", proto);
    return text;
}

static void format_end(const uint8_t ip[16], int version, bool ports, uint16_t port,
                       char text[END_TEXT]) {
    char address[ADDRESS_IP_TEXT];
    address_format_ip(ip, version, address);
    if (!ports) {
        snprintf(text, END_TEXT, "%s", address);
    } else {
        snprintf(text, END_TEXT, version == 6 ? "[%s]:%u" : "%s:%u", address, port);
    }
}

const char *ends_format(const struct ends *ends, char text[ENDS_TEXT]) {
    const bool ports = ends->port_a || ends->port_b;
    char a[END_TEXT], b[END_TEXT], proto[ENDS_PROTO_TEXT];
    format_end(ends->ip_a, ends->ip_version, ports, ends->port_a, a);
    format_end(ends->ip_b, ends->ip_version, ports, ends->port_b, b);
    snprintf(text, ENDS_TEXT, "%s -> %s %s", a, b, ends_proto_name(ends->proto, proto));
    return text;
}

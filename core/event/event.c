#include "event/event.h"

#include <stdio.h>

enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28 };

const char *event_kind_name(enum event_kind kind) {
    static const char *const names[EVENT_KIND_COUNT] = {[EVENT_VERDICT] = "verdict",
                                                        [EVENT_IDENTITY] = "identity",
                                                        [EVENT_FLOW_END] = "flow_end",
                                                        [EVENT_SHADOW] = "shadow",
                                                        [EVENT_SCRIPT_ERROR] = "script_error"};
    return names[kind];
}

const char *event_actions_name(uint8_t actions) {
    switch (actions) {
    case EVENT_TREATMENT:
        return "treatment";
    case EVENT_SUPPRESS:
        return "suppress";
    case EVENT_TREATMENT | EVENT_SUPPRESS:
        return "treatment+suppress";
    default:
        return "none";
    }
}

const char *event_verified_name(uint8_t verified) {
    switch (verified) {
    case 1:
        return "verified-SYN";
    case 2:
        return "verified-SYNACK";
    default:
        return NULL;
    }
}

struct number_name {
    uint16_t number;
    const char *name;
};

static const char *find_name(const struct number_name *names, size_t count, uint16_t number,
                             char text[EVENT_NUMBER_TEXT]) {
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    snprintf(text, EVENT_NUMBER_TEXT, "%u", number);
    return text;
}

const char *event_dhcp_type_name(uint8_t message_type, char text[EVENT_NUMBER_TEXT]) {
    static const struct number_name names[] = {
        {1, "DISCOVER"}, {2, "OFFER"}, {3, "REQUEST"}, {4, "DECLINE"},
        {5, "ACK"},      {6, "NAK"},   {7, "RELEASE"}, {8, "INFORM"},
    };
    return find_name(names, sizeof names / sizeof *names, message_type, text);
}

const char *event_dns_type_name(uint16_t type, char text[EVENT_NUMBER_TEXT]) {
    static const struct number_name names[] = {
        {DNS_A, "A"}, {DNS_CNAME, "CNAME"}, {DNS_AAAA, "AAAA"}};
    return find_name(names, sizeof names / sizeof *names, type, text);
}

const char *event_dns_answer(const struct identity_dns *dns, char text[ADDRESS_IP_TEXT]) {
    if (dns->type == DNS_CNAME) {
        return dns->target;
    }
    return address_format_ip(dns->address, dns->type == DNS_AAAA ? 6 : 4, text);
}

#include "event/event_wire.h"

#include "flow/flow.h"
#include "policy/policy.h"

#include <string.h>

static size_t identity_size(const struct identity *identity) {
    static const size_t sizes[IDENTITY_KIND_COUNT] = {
        [IDENTITY_ARP] = sizeof(struct identity_arp),
        [IDENTITY_LLDP] = sizeof(struct identity_lldp),
        [IDENTITY_DNS] = sizeof(struct identity_dns),
        [IDENTITY_DHCP] = sizeof(struct identity_dhcp),
        [IDENTITY_NDP] = sizeof(struct identity_ndp),
    };
    return offsetof(struct identity, arp) + sizes[identity->kind];
}

size_t event_size(const struct event *event) {
    switch (event->kind) {
    case EVENT_VERDICT:
        return offsetof(struct event, verdict) + sizeof event->verdict;
    case EVENT_IDENTITY:
        return offsetof(struct event, identity) + identity_size(&event->identity);
    case EVENT_FLOW_END:
    case EVENT_FLOW_STATE:
        return offsetof(struct event, flow_end) + offsetof(struct event_flow_end, kept) +
               event->flow_end.kept_count * sizeof event->flow_end.kept[0];
    case EVENT_SHADOW:
        return offsetof(struct event, shadow) + sizeof event->shadow;
    case EVENT_SCRIPT_ERROR:
        return offsetof(struct event, script_error) + sizeof event->script_error;
    case EVENT_KIND_COUNT:
        break;
    }
    return 0;
}

/* Terminates text and replaces characters that a log or terminal may interpret. */
static void make_printable(char *text, size_t size) {
    text[size - 1] = '\0';
    for (char *at = text; *at; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
}

static bool accept_ends(const struct ends *ends) {
    return ends->ip_version == 4 || ends->ip_version == 6;
}

static bool accept_verdict(struct event_verdict *verdict) {
    make_printable(verdict->classifier, sizeof verdict->classifier);
    make_printable(verdict->why, sizeof verdict->why);
    const bool treated = verdict->actions & EVENT_TREATMENT;
    return accept_ends(&verdict->ends) && verdict->actions != 0 &&
           verdict->actions <= (EVENT_TREATMENT | EVENT_SUPPRESS) &&
           verdict->treatment < TREATMENT_COUNT &&
           treated == (verdict->treatment != TREATMENT_NONE);
}

/* The byte may have any value; only 0 and 1 are valid in a bool. */
static void normalise_bool(bool *value) {
    uint8_t byte;
    memcpy(&byte, value, sizeof byte);
    *value = byte != 0;
}

static bool accept_flow_end(struct event_flow_end *end) {
    make_printable(end->classifier, sizeof end->classifier);
    normalise_bool(&end->finalised);
    for (unsigned i = 0; i < EVENT_KEPT_MAX; i++) {
        normalise_bool(&end->kept[i].from_client);
    }
    return accept_ends(&end->ends) && end->reason < FLOW_END_COUNT && end->verified <= 2 &&
           end->treatment < TREATMENT_COUNT && end->kept_count <= EVENT_KEPT_MAX;
}

static bool accept_shadow(struct event_shadow *shadow) {
    make_printable(shadow->classifier, sizeof shadow->classifier);
    make_printable(shadow->candidate, sizeof shadow->candidate);
    return accept_ends(&shadow->ends) && shadow->treatment < TREATMENT_COUNT &&
           shadow->candidate_treatment < TREATMENT_COUNT;
}

static bool accept_script_error(struct event_script_error *error) {
    make_printable(error->classifier, sizeof error->classifier);
    make_printable(error->file, sizeof error->file);
    make_printable(error->message, sizeof error->message);
    make_printable(error->source_line, sizeof error->source_line);
    normalise_bool(&error->candidate);
    return error->ends.ip_version == 0 || accept_ends(&error->ends);
}

static bool accept_identity(struct identity *identity) {
    switch (identity->kind) {
    case IDENTITY_LLDP:
        make_printable(identity->lldp.system_name, sizeof identity->lldp.system_name);
        make_printable(identity->lldp.port_id, sizeof identity->lldp.port_id);
        make_printable(identity->lldp.port_description, sizeof identity->lldp.port_description);
        make_printable(identity->lldp.management_address, sizeof identity->lldp.management_address);
        return true;
    case IDENTITY_DNS:
        make_printable(identity->dns.name, sizeof identity->dns.name);
        make_printable(identity->dns.target, sizeof identity->dns.target);
        return identity->dns.client_version == 4 || identity->dns.client_version == 6;
    case IDENTITY_DHCP:
        make_printable(identity->dhcp.host_name, sizeof identity->dhcp.host_name);
        make_printable(identity->dhcp.vendor_class, sizeof identity->dhcp.vendor_class);
        return true;
    case IDENTITY_ARP:
    case IDENTITY_NDP:
        return true;
    case IDENTITY_KIND_COUNT:
        break;
    }
    return false;
}

bool event_accept(struct event *event, size_t size) {
    if (size < offsetof(struct event, verdict) || size > sizeof *event) {
        return false;
    }
    memset((uint8_t *)event + size, 0, sizeof *event - size);
    switch (event->kind) {
    case EVENT_VERDICT:
        return accept_verdict(&event->verdict);
    case EVENT_IDENTITY:
        return accept_identity(&event->identity);
    case EVENT_FLOW_END:
    case EVENT_FLOW_STATE:
        return accept_flow_end(&event->flow_end);
    case EVENT_SHADOW:
        return accept_shadow(&event->shadow);
    case EVENT_SCRIPT_ERROR:
        return accept_script_error(&event->script_error);
    case EVENT_KIND_COUNT:
        break;
    }
    return false;
}

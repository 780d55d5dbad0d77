#include "control/advice_queue.h"

#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* A case is a script of steps and the resulting heads.
 *
 *   tF:N  treatment (constrained_bw) of flow F at packet N     h  read the head
 *   TF:N  same, high_priority                                  !  it was sent
 *   sF:N  suppression                                          r  it was refused
 *   SF:N  same, triggered by a packet of the other side        k  it was kept
 *   uF:N  suppression of a UDP flow                            *  h and ! until empty
 *   dP    DNS answer of packet P     aN  ARP of station N      e  a flow end
 *   l     LLDP without a name
 *
 * Heads: TYPE/QOS F:N of a verdict, F negative when the other side triggered it; SUBTYPE*COUNT of
 * identities; "-": no head. */
struct script {
    const char *name;
    uint32_t capacity;
    const char *steps;
    const char *heads;
    struct advice_counters counters;
    bool all;
};

static void put_verdict(struct advice_queue *queue, char step, unsigned flow, unsigned packets) {
    struct event event = {
        .kind = EVENT_VERDICT,
        .verdict = {.hash = flow % 3, /* so that flows share hashes */
                    .flow_packets = packets,
                    .actions = step == 't' || step == 'T' ? EVENT_TREATMENT : EVENT_SUPPRESS}};
    struct event_verdict *const verdict = &event.verdict;
    if (verdict->actions == EVENT_TREATMENT) {
        verdict->treatment = step == 't' ? TREATMENT_CONSTRAINED_BW : TREATMENT_HIGH_PRIORITY;
    }
    struct ends *const ends = &verdict->ends;
    ends->ip_version = 4;
    ends->proto = step == 'u' ? 17 : 6;
    ends->port_a = step == 'S' ? 80 : (uint16_t)(1000 + flow);
    ends->port_b = step == 'S' ? (uint16_t)(1000 + flow) : 80;
    ends->ip_a[0] = step == 'S' ? 2 : 1;
    ends->ip_b[0] = step == 'S' ? 1 : 2;
    advice_queue_put(queue, &event);
}

static void put_identity(struct advice_queue *queue, char step, unsigned number) {
    struct event event = {.kind = EVENT_IDENTITY, .packet = number};
    struct identity *const identity = &event.identity;
    identity->time_ns = number;
    if (step == 'd') {
        identity->kind = IDENTITY_DNS;
        identity->dns.type = 1;
        memcpy(identity->dns.name, "host.example.org", 17);
    } else if (step == 'a') {
        identity->kind = IDENTITY_ARP;
        identity->arp.sender_mac[5] = (uint8_t)number;
    } else {
        identity->kind = IDENTITY_LLDP;
    }
    advice_queue_put(queue, &event);
}

/* Returns the value of a key in a body, up to a comma or brace. */
static const char *value_of(const char *body, const char *key, char value[64]) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(body, quoted);
    value[0] = '\0';
    if (at) {
        at += strlen(quoted);
        at += strspn(at, " \"");
        snprintf(value, 64, "%.*s", (int)strcspn(at, "\",}"), at);
    }
    return value;
}

static unsigned occurrences(const char *text, const char *word) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    return count;
}

static void describe(const char *body, char *text, size_t size) {
    char type[64], qos[64], port_a[64], port_b[64], packets[64];
    if (!body) {
        snprintf(text, size, "-");
    } else if (strcmp(value_of(body, "type", type), "id") == 0) {
        const unsigned names = occurrences(body, "\"name\"");
        snprintf(text, size, "%s*%u", value_of(body, "subtype", type), names ? names : 1);
    } else {
        const int a = atoi(value_of(body, "tp_A", port_a)) - 1000;
        const int b = atoi(value_of(body, "tp_B", port_b)) - 1000;
        (void)value_of(body, "qos_treatment", qos);
        snprintf(text, size, "%s%s%s %d:%s", type, qos[0] ? "/" : "", qos, a > 0 ? a : -b,
                 value_of(body, "flow_packets", packets));
    }
}

/* Returns true when there was a head. */
static bool next_head(struct advice_queue *queue, bool all, char *heads) {
    char *const body = advice_queue_head(queue, all);
    const bool found = body != NULL;
    char text[200];
    describe(body, text, sizeof text);
    snprintf(heads + strlen(heads), 1000 - strlen(heads), "%s%s", heads[0] ? ", " : "", text);
    free(body);
    return found;
}

static void play(const struct script *script, char heads[1000]) {
    struct advice_queue *queue;
    struct error error = {0};
    assert_int_equal(advice_queue_new(&queue, script->capacity, &error), 0);
    assert_true(advice_queue_empty(queue));
    heads[0] = '\0';
    for (const char *step = script->steps; step[0] != '\0'; step += step[0] == ' ') {
        unsigned number = 0, packets = 0;
        (void)sscanf(step + 1, "%u:%u", &number, &packets);
        if (strchr("tTsSu", step[0])) {
            put_verdict(queue, step[0], number, packets);
        } else if (strchr("dal", step[0])) {
            put_identity(queue, step[0], number);
        } else if (step[0] == 'e') {
            advice_queue_put(queue, &(struct event){.kind = EVENT_FLOW_END});
        } else if (step[0] == 'h') {
            (void)next_head(queue, script->all, heads);
        } else if (step[0] == '*') {
            while (!advice_queue_empty(queue) && next_head(queue, script->all, heads)) {
                advice_queue_done(queue, ADVICE_SENT);
            }
        } else {
            advice_queue_done(queue, step[0] == '!'   ? ADVICE_SENT
                                     : step[0] == 'r' ? ADVICE_REFUSED
                                                      : ADVICE_KEPT);
        }
        step += strcspn(step, " ");
    }
    const struct advice_counters *const counters = advice_queue_counters(queue);
    if (strcmp(heads, script->heads) != 0 ||
        memcmp(counters, &script->counters, sizeof *counters) != 0) {
        fail_msg("%s: heads\n%s, not\n%s; taken %zu merged %zu sent %zu refused %zu skipped %zu "
                 "dropped %zu verdicts, %zu identities",
                 script->name, heads, script->heads, counters->taken, counters->merged,
                 counters->sent, counters->refused, counters->skipped, counters->dropped_verdicts,
                 counters->dropped_identities);
    }
    advice_queue_free(queue);
}

static const struct script scripts[] = {
    {"an empty queue has no head", 4, "h ! k r e h *", "-, -", {0}, false},
    {"first in, first out, both kinds",
     9,
     "t1:7 a1 s2:8 d5 t3:1 *",
     "treatment/constrained_bw 1:7, arp*1, suppress 2:8, dns*1, treatment/constrained_bw 3:1",
     {.taken = 5, .sent = 5},
     false},
    {"treatment and suppression of a flow become one, in the first one's place",
     9,
     "t1:7 s2:8 s1:8 *",
     "treatment+suppress/constrained_bw 1:8, suppress 2:8",
     {.taken = 3, .merged = 1, .sent = 2},
     false},
    {"whichever came first, and whichever side triggered it",
     9,
     "s1:8 t1:9 t2:1 S2:8 *",
     "treatment+suppress/constrained_bw 1:9, treatment+suppress/constrained_bw -2:8",
     {.taken = 4, .merged = 2, .sent = 2},
     false},
    {"the newest treatment holds",
     9,
     "t1:1 T1:3 s1:9 *",
     "treatment+suppress/high_priority 1:9",
     {.taken = 3, .merged = 2, .sent = 1},
     false},
    {"flows of one hash are apart",
     9,
     "s1:8 s4:8 s7:8 u1:3 s4:9 *",
     "suppress 1:8, suppress 4:9, suppress 7:8, suppress 1:3",
     {.taken = 5, .merged = 1, .sent = 4},
     true},
    {"sent advice is not merged into",
     9,
     "t1:7 h ! s1:8 *",
     "treatment/constrained_bw 1:7, suppress 1:8",
     {.taken = 2, .sent = 2},
     false},
    {"advice in transit is not merged into",
     9,
     "t1:7 h s1:8 s1:9 ! *",
     "treatment/constrained_bw 1:7, suppress 1:9",
     {.taken = 3, .merged = 1, .sent = 2},
     false},
    {"the head stays until it is done",
     9,
     "s1:8 s2:8 h h k h r h ! h",
     "suppress 1:8, suppress 1:8, suppress 1:8, suppress 2:8, -",
     {.taken = 2, .sent = 1, .refused = 1},
     false},
    {"a kept head is merged with what comes later",
     9,
     "t1:7 s2:8 h k s1:8 *",
     "treatment/constrained_bw 1:7, treatment+suppress/constrained_bw 1:8, suppress 2:8",
     {.taken = 3, .merged = 1, .sent = 2},
     false},
    {"a kept head is merged with advice that arrived while it was in transit",
     9,
     "t1:7 s2:8 h s1:8 k *",
     "treatment/constrained_bw 1:7, suppress 2:8, treatment+suppress/constrained_bw 1:8",
     {.taken = 3, .merged = 1, .sent = 2},
     false},
    {"kept identities are offered again",
     9,
     "d5 d5 h k d5 h ! *",
     "dns*2, dns*2, dns*1",
     {.taken = 3, .merged = 1, .sent = 2},
     false},
    {"DNS answers of one packet are one message, others are not",
     9,
     "d5 d5 s1:8 d5 d6 a6 a6 d6 *",
     "dns*3, suppress 1:8, dns*1, arp*1, arp*1, dns*1",
     {.taken = 8, .merged = 2, .sent = 6},
     false},
    {"advice that is not meant for the controller is skipped",
     9,
     "u1:8 l s2:8 u3:8 * h",
     "suppress 2:8, -, -",
     {.taken = 4, .sent = 1, .skipped = 3},
     false},
    {"all flows are for a controller that takes them",
     9,
     "u1:8 s2:8 *",
     "suppress 1:8, suppress 2:8",
     {.taken = 2, .sent = 2},
     true},
    {"when full, the oldest identity goes first",
     3,
     "s1:8 a1 d2 s3:8 *",
     "suppress 1:8, dns*1, suppress 3:8",
     {.taken = 4, .sent = 3, .dropped_identities = 1},
     false},
    {"then the oldest verdict",
     3,
     "s1:8 a1 s2:8 s3:8 s4:8 s5:8 *",
     "suppress 3:8, suppress 4:8, suppress 5:8",
     {.taken = 6, .sent = 3, .dropped_verdicts = 2, .dropped_identities = 1},
     false},
    {"an identity takes no verdict's place",
     2,
     "s1:8 s2:8 a1 *",
     "suppress 1:8, suppress 2:8",
     {.taken = 3, .sent = 2, .dropped_identities = 1},
     false},
    {"an identity takes an older one's place",
     2,
     "d1 s1:8 a1 *",
     "suppress 1:8, arp*1",
     {.taken = 3, .sent = 2, .dropped_identities = 1},
     false},
    {"a full queue merges still",
     2,
     "t1:7 t2:7 s1:8 s2:8 *",
     "treatment+suppress/constrained_bw 1:8, treatment+suppress/constrained_bw 2:8",
     {.taken = 4, .merged = 2, .sent = 2},
     false},
    {"a dropped verdict is not merged into",
     1,
     "t1:7 t2:7 s1:8 *",
     "suppress 1:8",
     {.taken = 3, .sent = 1, .dropped_verdicts = 2},
     false},
    {"advice in transit is not dropped",
     1,
     "s1:8 h s2:8 s3:8 k *",
     "suppress 1:8, suppress 1:8, suppress 3:8",
     {.taken = 3, .sent = 2, .dropped_verdicts = 1},
     false},
};

static void every_script_yields_its_heads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        char heads[1000];
        play(&scripts[i], heads);
    }
}

/* Rings that wrap around, and an index with entries that come and go. */
static void many_wraps_lose_no_advice(void **state) {
    (void)state;
    struct advice_queue *queue;
    struct error error = {0};
    assert_int_equal(advice_queue_new(&queue, 50, &error), 0);
    unsigned random = 1, sent = 0;
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        const unsigned choice = random >> 24;
        if (choice < 140) {
            put_verdict(queue, choice & 1 ? 't' : 's', 1 + (random >> 8) % 400, i);
        } else if (choice < 170) {
            put_identity(queue, choice & 1 ? 'd' : 'a', (random >> 8) % 4);
        } else if (!advice_queue_empty(queue)) {
            char *const body = advice_queue_head(queue, true);
            assert_non_null(body);
            free(body);
            const bool kept = choice % 3 == 0;
            advice_queue_done(queue, kept ? ADVICE_KEPT : ADVICE_SENT);
            sent += !kept;
        }
    }
    const struct advice_counters *const counters = advice_queue_counters(queue);
    while (!advice_queue_empty(queue)) {
        free(advice_queue_head(queue, true));
        advice_queue_done(queue, ADVICE_SENT);
        sent++;
    }
    assert_true(counters->merged > 100 && counters->dropped_identities > 100);
    assert_true(counters->dropped_verdicts > 100);
    assert_int_equal(counters->sent, sent);
    assert_int_equal(counters->taken, counters->merged + counters->sent +
                                          counters->dropped_verdicts +
                                          counters->dropped_identities);
    advice_queue_free(queue);
}

static void the_default_size_needs_little_memory(void **state) {
    (void)state;
    struct rusage before, after;
    struct advice_queue *queue;
    struct error error = {0};
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    assert_int_equal(advice_queue_new(&queue, 4096, &error), 0);
    for (unsigned i = 0; i < 10000; i++) {
        put_verdict(queue, 's', 1 + i, i);
        put_identity(queue, 'a', i);
    }
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_true(after.ru_maxrss - before.ru_maxrss < 4096); /* KiB */
    advice_queue_free(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_size_needs_little_memory),
        cmocka_unit_test(every_script_yields_its_heads),
        cmocka_unit_test(many_wraps_lose_no_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

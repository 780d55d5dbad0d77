#include "store/outbox.h"

#include "base/slot_index.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct event flow(enum event_kind kind, uint64_t hash, uint64_t packets) {
    struct event event = {.kind = kind};
    event.flow_end.hash = hash;
    event.flow_end.start_ns = 1;
    event.flow_end.packets[0] = packets;
    return event;
}

static enum outbox_result add_flow(struct outbox *outbox, enum event_kind kind, uint64_t hash,
                                   uint64_t packets) {
    const struct event event = flow(kind, hash, packets);
    return outbox_add(outbox, &event, 0, 0);
}

static enum outbox_result add_verdict(struct outbox *outbox, uint64_t hash, uint64_t packets) {
    struct event event = {.kind = EVENT_VERDICT};
    event.verdict = (struct event_verdict){.hash = hash, .start_ns = 1, .flow_packets = packets};
    return outbox_add(outbox, &event, 0, 0);
}

static void counts(const struct outbox *outbox, uint32_t final, uint32_t open, uint32_t held) {
    assert_int_equal(outbox_count(outbox, OUTBOX_FINAL), final);
    assert_int_equal(outbox_count(outbox, OUTBOX_OPEN), open);
    assert_int_equal(outbox_count(outbox, OUTBOX_HELD), held);
}

static struct outbox_entry *first(struct outbox *outbox, enum outbox_list list) {
    const uint32_t slot = outbox_next(outbox, list, SLOT_NONE);
    assert_int_not_equal(slot, SLOT_NONE);
    return outbox_entry(outbox, slot);
}

static void states_of_a_flow_coalesce_with_its_verdicts(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(10);
    assert_int_equal(add_verdict(outbox, 7, 1), OUTBOX_TAKEN);
    counts(outbox, 0, 0, 1);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, 7, 2), OUTBOX_TAKEN);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, 7, 3), OUTBOX_TAKEN);
    assert_int_equal(add_verdict(outbox, 7, 3), OUTBOX_TAKEN);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, 8, 1), OUTBOX_TAKEN);
    counts(outbox, 0, 2, 0);
    const struct outbox_entry *entry = first(outbox, OUTBOX_OPEN);
    assert_int_equal(entry->event->flow_end.packets[0], 3);
    assert_int_equal(entry->verdict_count, 2);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 7, 4), OUTBOX_TAKEN);
    counts(outbox, 1, 1, 0);
    /* After its end, states of a flow are ignored. */
    assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, 7, 9), OUTBOX_TAKEN);
    assert_int_equal(first(outbox, OUTBOX_FINAL)->event->flow_end.packets[0], 4);
    outbox_free(outbox);
}

static void an_entry_newer_than_its_write_stays(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(10);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, 7, 2), OUTBOX_TAKEN);
    const uint32_t slot = outbox_next(outbox, OUTBOX_OPEN, SLOT_NONE);
    const uint64_t version = outbox_entry(outbox, slot)->version;
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 7, 3), OUTBOX_TAKEN);
    outbox_written(outbox, slot, version);
    counts(outbox, 1, 0, 0);
    outbox_written(outbox, slot, outbox_entry(outbox, slot)->version);
    counts(outbox, 0, 0, 0);
    /* By the time of the answer, the slot may belong to another flow. */
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 8, 1), OUTBOX_TAKEN);
    outbox_written(outbox, slot, version);
    counts(outbox, 1, 0, 0);
    outbox_free(outbox);
}

/* A frame forwarded between interfaces keeps its time stamp. */
static void two_interfaces_may_see_one_flow_at_the_same_time(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(10);
    for (uint16_t source = 0; source < 2; source++) {
        const struct event begun = flow(EVENT_FLOW_STATE, 7, 2u + source);
        const struct event ended = flow(EVENT_FLOW_END, 7, 4u + source);
        assert_int_equal(outbox_add(outbox, &begun, source, 0), OUTBOX_TAKEN);
        assert_int_equal(outbox_add(outbox, &ended, source, 0), OUTBOX_TAKEN);
    }
    counts(outbox, 2, 0, 0);
    uint32_t slot = SLOT_NONE;
    for (uint16_t source = 0; source < 2; source++) {
        slot = outbox_next(outbox, OUTBOX_FINAL, slot);
        assert_int_equal(outbox_entry(outbox, slot)->source, source);
        assert_int_equal(outbox_entry(outbox, slot)->event->flow_end.packets[0], 4u + source);
    }
    outbox_free(outbox);
}

static void a_full_outbox_drops_held_verdicts_first(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(4);
    assert_int_equal(add_verdict(outbox, 1, 1), OUTBOX_TAKEN);
    for (uint64_t hash = 2; hash <= 4; hash++) {
        assert_int_equal(add_flow(outbox, EVENT_FLOW_END, hash, 1), OUTBOX_TAKEN);
    }
    assert_int_equal(add_verdict(outbox, 1, 2), OUTBOX_TAKEN);
    assert_int_equal(outbox_dropped_verdicts(outbox), 0);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 5, 1), OUTBOX_TAKEN);
    assert_int_equal(outbox_dropped_verdicts(outbox), 2);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 6, 1), OUTBOX_FULL);
    assert_int_equal(add_flow(outbox, EVENT_FLOW_END, 5, 2), OUTBOX_TAKEN); /* already has a slot */
    counts(outbox, 4, 0, 0);
    outbox_free(outbox);
}

static void the_newest_verdicts_of_a_flow_are_kept(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(4);
    for (uint64_t packets = 1; packets <= 32; packets++) {
        assert_int_equal(add_verdict(outbox, 1, packets), OUTBOX_TAKEN);
    }
    assert_int_equal(outbox_dropped_verdicts(outbox), 0);
    assert_int_equal(add_verdict(outbox, 1, 33), OUTBOX_TAKEN);
    assert_int_equal(outbox_dropped_verdicts(outbox), 1);
    const struct outbox_entry *entry = first(outbox, OUTBOX_HELD);
    assert_int_equal(entry->verdict_count, 32);
    assert_int_equal(entry->verdicts[0].flow_packets, 2);
    assert_int_equal(entry->verdicts[31].flow_packets, 33);
    outbox_free(outbox);
}

static void many_flows_come_and_go(void **state) {
    (void)state;
    struct outbox *outbox = outbox_new(100);
    for (uint64_t hash = 1; hash <= 5000; hash++) {
        assert_int_equal(add_flow(outbox, EVENT_FLOW_STATE, hash, 1), OUTBOX_TAKEN);
        if (hash > 90) {
            const uint32_t slot = outbox_next(outbox, OUTBOX_OPEN, SLOT_NONE);
            assert_int_equal(outbox_entry(outbox, slot)->hash, hash - 90); /* the oldest */
            outbox_remove(outbox, slot);
        }
    }
    counts(outbox, 0, 90, 0);
    outbox_free(outbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_of_a_flow_coalesce_with_its_verdicts),
        cmocka_unit_test(an_entry_newer_than_its_write_stays),
        cmocka_unit_test(two_interfaces_may_see_one_flow_at_the_same_time),
        cmocka_unit_test(a_full_outbox_drops_held_verdicts_first),
        cmocka_unit_test(the_newest_verdicts_of_a_flow_are_kept),
        cmocka_unit_test(many_flows_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "join_bed.h"

#include <malloc.h>

/* The machine with a controller and a switch that fail and recover, over simulated time. */
struct world {
    struct bed bed;
    bool controller_there, switch_there;
    bool known;       /* the controller knows the session */
    uint64_t seen_ns; /* when it last saw a discovery frame */
    bool frame_on_its_way;
    unsigned calls, creates, notes, lost, up;
    uint64_t last_up_ns;
    uint64_t random;
};

static uint64_t pick(struct world *world, uint64_t below) {
    world->random = world->random * 6364136223846793005ull + 1442695040888963407ull;
    return (world->random >> 33) % below;
}

static void look(struct world *world) {
    const struct join_actions *actions = &world->bed.actions;
    world->notes += actions->note[0] != '\0';
    world->lost += actions->session_lost;
    if (actions->session_up) {
        world->up++;
        world->last_up_ns = world->bed.now_ns;
    }
    if (actions->send_discovery && world->switch_there && world->known) {
        const uint64_t seen_ns = world->bed.now_ns + 5 * NS_PER_MS;
        world->seen_ns = seen_ns < world->seen_ns ? seen_ns : world->seen_ns;
    }
    world->calls += actions->call != JOIN_CALL_NONE;
    world->creates += actions->call == JOIN_CALL_CREATE;
    if (actions->policy_offered) {
        bed_input(&world->bed, POLICY_TAKEN);
        look(world);
    }
}

static enum input answer(struct world *world) {
    const enum join_call call = world->bed.pending;
    if (!world->controller_there) {
        return NO_REPLY;
    }
    switch (call) {
    case JOIN_CALL_CREATE:
        world->known = true;
        world->seen_ns = UINT64_MAX;
        return CREATED;
    case JOIN_CALL_MAIN_POLICY:
        return MAIN_POLICY;
    case JOIN_CALL_OPT_RULES:
        return RULES;
    default:
        break;
    }
    if (!world->known) {
        return UNKNOWN_UUID;
    }
    world->frame_on_its_way = call == JOIN_CALL_SEND_CONF && world->switch_there;
    return call == JOIN_CALL_READ        ? world->seen_ns <= world->bed.now_ns ? SEEN : NOT_SEEN
           : call == JOIN_CALL_SEND_CONF ? PKT_SEND_FAILED
           : call == JOIN_CALL_TC_STATE  ? TC_PASSIVE
                                         : ALIVE;
}

static void advance(struct world *world) {
    struct bed *bed = &world->bed;
    if (bed->pending) {
        bed->now_ns += NS_PER_MS;
        bed_input(bed, answer(world));
    } else if (world->frame_on_its_way) {
        world->frame_on_its_way = false;
        bed->now_ns += NS_PER_MS;
        bed_input(bed, FRAME);
    } else {
        bed->now_ns = bed->actions.wake_ns > bed->now_ns ? bed->actions.wake_ns : bed->now_ns;
        bed_input(bed, TICK);
    }
    look(world);
}

static void run_for(struct world *world, uint64_t ns) {
    const uint64_t end_ns = world->bed.now_ns + ns;
    while (world->bed.now_ns < end_ns) {
        advance(world);
    }
}

static void open_world(struct world *world, const struct join_settings *settings) {
    *world = (struct world){.controller_there = true, .switch_there = true, .random = 4};
    bed_open(&world->bed, settings);
    bed_input(&world->bed, BEGIN);
    look(world);
}

/* Freed memory that the allocator caches for its thread counts as used: a few KiB, whereas one
 * leaked allocation per restart would add 32 KiB or more. */
#define MEMORY_SLACK (16 * 1024)

static size_t memory_in_use(void) {
    return mallinfo2().uordblks;
}

static void a_join_takes_a_fraction_of_a_second(void **state) {
    (void)state;
    struct world world;
    open_world(&world, &bed_settings);
    const uint64_t start_ns = world.bed.now_ns;
    run_for(&world, 60 * NS_PER_S);
    assert_int_equal(world.up, 1);
    assert_true(world.last_up_ns - start_ns < 200 * NS_PER_MS);
    assert_int_equal(world.notes, 0);
    join_free(world.bed.join);
}

static void an_absent_controller_is_tried_for_a_week(void **state) {
    (void)state;
    struct world world;
    struct bed *bed = &world.bed;
    open_world(&world, &bed_settings);
    world.controller_there = false;
    const uint64_t start_ns = bed->now_ns;
    const size_t memory = memory_in_use();
    uint64_t failed_ns = 0;
    while (bed->now_ns - start_ns < 7 * 86400 * NS_PER_S) {
        const unsigned creates = world.creates;
        advance(&world);
        if (world.creates == creates && join_phase(bed->join) == JOIN_WAIT && !failed_ns) {
            failed_ns = bed->now_ns;
        } else if (world.creates != creates) {
            const uint64_t wait_ns = bed->now_ns - failed_ns;
            const uint64_t least_ns = creates > 3 ? 750 * NS_PER_MS : 250 * NS_PER_MS;
            assert_in_range(wait_ns, least_ns, 1500 * NS_PER_MS);
            failed_ns = 0;
        }
    }
    assert_in_range(world.creates, 500000, 570000); /* 1.125 s on average */
    assert_in_range(world.notes, 7 * 86400 / 32, 7 * 86400 / 30 + 6);
    assert_true(memory_in_use() <= memory + MEMORY_SLACK);
    assert_int_equal(world.up, 0);

    world.controller_there = true;
    run_for(&world, 2 * NS_PER_S);
    assert_int_equal(world.up, 1);
    join_free(bed->join);
}

static void different_seeds_spread_the_joins(void **state) {
    (void)state;
    uint64_t created_ns[2];
    for (unsigned i = 0; i < 2; i++) {
        struct world world;
        struct join_settings settings = bed_settings;
        settings.seed = i;
        open_world(&world, &settings);
        world.controller_there = false;
        while (world.creates < 10) {
            advance(&world);
        }
        created_ns[i] = world.bed.now_ns;
        join_free(world.bed.join);
    }
    assert_true(created_ns[0] != created_ns[1]);
}

static void a_thousand_restarts_leak_no_memory(void **state) {
    (void)state;
    struct world world;
    open_world(&world, &bed_settings);
    run_for(&world, 10 * NS_PER_S);
    size_t memory = 0;
    for (unsigned i = 0; i < 1000; i++) {
        world.controller_there = world.switch_there = world.known = false;
        run_for(&world, pick(&world, 10000) * NS_PER_MS);
        world.controller_there = true;
        run_for(&world, pick(&world, 5000) * NS_PER_MS);
        world.switch_there = true;
        const uint64_t back_ns = world.bed.now_ns;
        const unsigned up = world.up;
        while (world.up == up) {
            advance(&world);
        }
        assert_true(world.last_up_ns - back_ns < 3 * NS_PER_S);
        run_for(&world, (2000 + pick(&world, 10000)) * NS_PER_MS);
        memory = i == 10 ? memory_in_use() : memory;
    }
    assert_int_equal(world.up, 1001);
    assert_int_equal(world.lost, 1000);
    assert_int_equal(join_count(world.bed.join), 1001);
    assert_true(memory_in_use() <= memory + MEMORY_SLACK);
    join_free(world.bed.join);
}

static void a_misbehaving_controller_gets_few_calls_and_no_session(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "",         "null",        "[]",
        "\"\"",     "{\"a\": *b}", "\"{\\\"uuid_dpae\\\": 1}\"",
        "{",        "{}",          "\x7f",
        "<html/>",  "- - - -",     "{\"uuid_dpae\": {\"uuid_dpae\": []}}",
        "\"{}",     "\"\\ud8",     "!!x",
        "%TAG a b", "&a [*a, *a]", "\"{\\\"Error\\\": \\\"Bad JSON\\\"}\""};
    static const long statuses[] = {0, 100, 200, 200, 200, 201, 204, 301, 400, 401, 404, 500, 503};
    struct world world;
    struct bed *bed = &world.bed;
    open_world(&world, &bed_settings);
    const uint64_t end_ns = bed->now_ns + 6 * 3600 * NS_PER_S;
    while (bed->now_ns < end_ns) {
        /* Some replies to create and read are valid, so that all phases occur. */
        const bool sound = pick(&world, 3) > 0 && bed->pending != JOIN_CALL_TC_STATE;
        if (bed->pending && !sound) {
            bed->now_ns += NS_PER_MS;
            bed_reply(bed, statuses[pick(&world, sizeof statuses / sizeof *statuses)],
                      bodies[pick(&world, sizeof bodies / sizeof *bodies)]);
            look(&world);
        } else {
            advance(&world);
        }
    }
    assert_int_equal(world.up, 0);
    assert_in_range(world.calls, 6 * 3600, 6 * 3600 * 10);
    join_free(bed->join);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_takes_a_fraction_of_a_second),
        cmocka_unit_test(an_absent_controller_is_tried_for_a_week),
        cmocka_unit_test(different_seeds_spread_the_joins),
        cmocka_unit_test(a_thousand_restarts_leak_no_memory),
        cmocka_unit_test(a_misbehaving_controller_gets_few_calls_and_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

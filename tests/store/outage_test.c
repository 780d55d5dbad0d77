/* The server disappears under load and returns: every flow is stored, and only once.
 * DPAE_OUTAGE_SECONDS (default 5) is the duration, DPAE_OUTAGE_RATE (300) the number of new
 * flows per second. */
#include "compare.h"
#include "load.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BACKLOG_SECONDS 60

static double number_from(const char *name, double otherwise) {
    const char *text = getenv(name);
    return text ? strtod(text, NULL) : otherwise;
}

static double per_packet(struct load *load) {
    const double ns = (double)load->cpu_ns / (double)load->packets;
    load->cpu_ns = load->packets = 0;
    return ns;
}

static void survive(bool killed) {
    const double seconds = number_from("DPAE_OUTAGE_SECONDS", 5);
    const unsigned rate = (unsigned)number_from("DPAE_OUTAGE_RATE", 300);
    struct server server;
    static struct load load;
    struct store_counters counters;
    server_start(&server);
    load_configure(&load, server.uri, "outage");
    load_open(&load);
    load_run(&load, rate, 1);
    load.cpu_ns = load.packets = 0; /* warm-up only */
    load_run(&load, rate, seconds < 10 ? 1 : 10);
    const double before = per_packet(&load);

    if (killed) {
        server_kill(&server);
    } else {
        server_signal(&server, SIGSTOP);
    }
    load_run(&load, rate, seconds);
    const double during = per_packet(&load);
    store_get_counters(load.store, &counters);
    assert_false(counters.up);
    assert_true(counters.waiting_spool > (uint64_t)((seconds - 4) * rate / 2));
    print_message("%llu wait in the spool, %llu in memory: %s\n",
                  (unsigned long long)counters.waiting_spool, (unsigned long long)counters.waiting,
                  counters.trouble);
    if (killed) {
        server_start_again(&server, NULL);
    } else {
        server_signal(&server, SIGCONT);
    }
    double took;
    assert_true(load_await(&load, BACKLOG_SECONDS, &took));
    load_run(&load, rate, 1);
    load_end(&load, &counters);
    for (unsigned i = 0; i < STORE_LOST_COUNT; i++) {
        assert_int_equal(counters.lost[i], 0);
    }
    mongoc_client_t *client = server_client(&server);
    const size_t flows = compare_flows(load_lines(&load), client, "fcip");
    assert_int_equal(flows, load.flows);
    print_message(
        "%s for %.0f s at %u flows/s: %zu flows, each stored once and correctly; the backlog "
        "took %.1f s; CPU per packet %.0f ns before, %.0f ns meanwhile (%+.1f %%)\n",
        killed ? "killed" : "stopped", seconds, rate, flows, took, before, during,
        100 * (during / before - 1));
    mongoc_client_destroy(client);
    load_close(&load);
    server_end(&server);
}

static void a_killed_server_costs_no_flow(void **state) {
    (void)state;
    survive(true);
}

static void a_stopped_server_costs_no_flow(void **state) {
    (void)state;
    survive(false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_server_costs_no_flow),
        cmocka_unit_test(a_stopped_server_costs_no_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

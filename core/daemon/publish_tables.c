#include "daemon/publish.h"

#include "worker/counters.h"

static const struct counter interface_rows[] = {
    {
        COUNTER_AT(struct interface_counters, drops),
        .loss = true,
        .member = "interface_drops",
        .metric = "dpae_interface_drops_total",
        .title = "dropped by the interface",
        .help = "Packets lost by the interface before they were captured.",
    },
    {
        COUNTER_AT(struct interface_counters, events_refused),
        .loss = true,
        .member = "events_refused",
        .metric = "dpae_events_refused_total",
        .title = "events refused",
        .help = "What workers sent to the control process and was no event.",
    },
};

static const struct counter session_rows[] = {
    {
        COUNTER_AT(struct session_counters, sessions),
        .member = "sessions",
        .metric = "dpae_sessions_total",
        .title = "sessions so far",
        .help = "Sessions with the controller so far.",
    },
};

#define ADVICE(place) COUNTER_AT(struct session_counters, place)

static const struct counter advice_rows[] = {
    {
        ADVICE(advice.taken),
        .member = "taken",
        .metric = "dpae_advice_taken_total",
        .title = "taken",
        .help = "Advice that came from the workers.",
    },
    {
        ADVICE(advice.merged),
        .member = "merged",
        .metric = "dpae_advice_merged_total",
        .title = "merged",
        .help = "Advice that became part of other advice.",
    },
    {
        ADVICE(advice.sent),
        .member = "sent",
        .metric = "dpae_advice_sent_total",
        .title = "sent",
        .help = "Advice that the controller took.",
    },
    {
        ADVICE(advice.refused),
        .loss = true,
        .member = "refused",
        .metric = "dpae_advice_refused_total",
        .title = "refused",
        .help = "Advice that the controller refused, given up.",
    },
    {
        ADVICE(advice.skipped),
        .member = "skipped",
        .metric = "dpae_advice_skipped_total",
        .title = "not for this controller",
        .help = "Advice that is not for this controller.",
    },
    {
        ADVICE(advice.dropped_verdicts),
        .loss = true,
        .member = "dropped_verdicts",
        .metric = "dpae_advice_dropped_verdicts_total",
        .title = "verdicts dropped",
        .help = "Verdicts that found no room in the queue.",
    },
    {
        ADVICE(advice.dropped_identities),
        .loss = true,
        .member = "dropped_identities",
        .metric = "dpae_advice_dropped_identities_total",
        .title = "identities dropped",
        .help = "Identities that found no room in the queue.",
    },
    {
        ADVICE(waiting),
        .kind = COUNTER_LEVEL,
        .member = "waiting",
        .metric = "dpae_advice_waiting",
        .title = "waiting",
        .help = "Advice that waits for the controller.",
    },
};

#define STORE(place) COUNTER_AT(struct store_counters, place)

static const struct counter store_rows[] = {
    {
        STORE(taken),
        .elsewhere = "each is written, superseded, lost or waits",
    },
    {
        STORE(written),
        .member = "written",
        .metric = "dpae_database_written_total",
        .title = "written",
        .help = "Writes that the database confirmed.",
    },
    {
        STORE(superseded),
        .member = "superseded",
        .metric = "dpae_database_superseded_total",
        .title = "superseded",
        .help = "States of flows whose end was there already.",
    },
    {
        STORE(spooled),
        .member = "spooled",
        .metric = "dpae_database_spooled_total",
        .title = "written by way of the spool",
        .help = "Writes that took the way over the spool.",
    },
    {
        STORE(expired),
        .member = "expired",
        .metric = "dpae_database_expired_total",
        .title = "expired",
        .help = "Documents that dpae removed.",
    },
    {
        STORE(restarted),
        .member = "restarted",
        .metric = "dpae_database_restarted_total",
        .title = "flows of an earlier run, marked as ended",
        .help = "Flows of an earlier run that were marked as ended.",
    },
    {
        STORE(waiting),
        .kind = COUNTER_LEVEL,
        .member = "waiting",
        .metric = "dpae_database_waiting",
        .title = "waiting in memory",
        .help = "Writes that wait in memory.",
    },
    {
        STORE(waiting_spool),
        .kind = COUNTER_LEVEL,
        .member = "waiting_spool",
        .metric = "dpae_database_waiting_spool",
        .title = "waiting in the spool",
        .help = "Writes that wait in the spool.",
    },
    {
        STORE(lost),
        .label = "reason",
        .name = store_lost_name,
        .loss = true,
        .member = "lost",
        .metric = "dpae_database_lost_total",
        .title = "lost",
        .help = "What never came into the database, by reason.",
    },
};

void publish_tables(struct status_tables *tables) {
    *tables = (struct status_tables){
        .worker = worker_counter_table,
        .classifier = classifier_counter_table,
        .interface = COUNTER_TABLE(interface_rows),
        .session = COUNTER_TABLE(session_rows),
        .advice = COUNTER_TABLE(advice_rows),
        .store = COUNTER_TABLE(store_rows),
    };
}

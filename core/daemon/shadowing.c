#include "daemon/shadowing.h"

#include "base/log.h"

#include <inttypes.h>

static double mean_ns(const struct script_host *host, unsigned classifier) {
    const struct script_profile *profile = &script_host_profile(host)[classifier];
    const double ns = profile->ns - profile->calls * script_profile_overhead_ns();
    return profile->calls > 0 && ns > 0 ? ns / profile->calls : 0;
}

void shadowing_log(const char *interface, unsigned worker, const struct pipeline *pipeline) {
    const struct shadow_result *result = pipeline_shadow(pipeline);
    const struct script_host *host = pipeline_script_host(pipeline);
    if (!result || result->agreed + result->differed + result->neither == 0) {
        return;
    }
    const char *const incumbent = script_host_name(host, result->incumbent);
    const char *const candidate = script_host_name(host, result->candidate);
    const struct script_counters *counters = script_host_counters(host);
    log_info(LOG_SNIFF,
             "%s, worker %u: shadow run of %s beside %s: agreed on %" PRIu64
             " flows, differed on %" PRIu64 " (only %s spoke: %" PRIu64 ", only %s: %" PRIu64
             "), neither spoke on %" PRIu64 "; a call takes %.0f and %.0f ns; errors: %" PRIu64
             " and %" PRIu64,
             interface, worker, candidate, incumbent, result->agreed, result->differed, candidate,
             result->only_candidate, incumbent, result->only_incumbent, result->neither,
             mean_ns(host, result->candidate), mean_ns(host, result->incumbent),
             counters->errors[result->candidate], counters->errors[result->incumbent]);
}

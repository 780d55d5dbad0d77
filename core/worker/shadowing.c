#include "worker/shadowing.h"

#include "base/log.h"
#include "base/plural.h"

#include <inttypes.h>

void shadowing_log(const char *interface, unsigned worker, const struct pipeline *pipeline) {
    const struct shadow_result *result = pipeline_shadow(pipeline);
    const struct script_host *host = pipeline_script_host(pipeline);
    if (!result || result->flows[SHADOW_AGREED] + result->flows[SHADOW_DIFFERED] +
                           result->flows[SHADOW_NEITHER] ==
                       0) {
        return;
    }
    const struct script_profile *profile = script_host_profile(host);
    const double overhead = script_profile_overhead_ns();
    const char *const incumbent = script_host_name(host, result->incumbent);
    const char *const candidate = script_host_name(host, result->candidate);
    const struct script_counters *counters = script_host_counters(host);
    log_info(LOG_SNIFF,
             "%s, worker %u: shadow run of %s beside %s: agreed on %" PRIu64
             " flow%s, differed on %" PRIu64 " (only %s spoke: %" PRIu64 ", only %s: %" PRIu64
             "), neither spoke on %" PRIu64 "; a call of %s takes %.0f ns, errors: %" PRIu64
             "; of %s %.0f ns, errors: %" PRIu64,
             interface, worker, candidate, incumbent, result->flows[SHADOW_AGREED],
             plural(result->flows[SHADOW_AGREED], "", "s"), result->flows[SHADOW_DIFFERED],
             candidate, result->only_candidate, incumbent, result->only_incumbent,
             result->flows[SHADOW_NEITHER], candidate,
             script_profile_mean_ns(&profile[result->candidate], overhead),
             counters->errors[result->candidate], incumbent,
             script_profile_mean_ns(&profile[result->incumbent], overhead),
             counters->errors[result->incumbent]);
}

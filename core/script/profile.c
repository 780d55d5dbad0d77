#include "script/profile.h"

#include "base/clock.h"
#include "base/export.h"

#define PAIRS 1000

DPAE_EXPORT double dpae_profile_clock(void) {
    return (double)clock_monotonic_ns();
}

double script_profile_overhead_ns(void) {
    double least = 1e9;
    for (int i = 0; i < PAIRS; i++) {
        const double start = dpae_profile_clock();
        const double ns = dpae_profile_clock() - start;
        least = ns < least ? ns : least;
    }
    return least;
}

double script_profile_total_ns(const struct script_profile *profile, double overhead_ns) {
    const double ns = profile->ns - profile->calls * overhead_ns;
    return ns > 0 ? ns : 0;
}

double script_profile_mean_ns(const struct script_profile *profile, double overhead_ns) {
    return profile->calls > 0 ? script_profile_total_ns(profile, overhead_ns) / profile->calls : 0;
}

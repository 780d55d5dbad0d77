#include "script/profile.h"

#include "base/clock.h"
#include "script/export.h"

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

#ifndef DPAE_SCRIPT_PROFILE_H
#define DPAE_SCRIPT_PROFILE_H

#define SCRIPT_ABORT_MAX 160

/* What the calls of one classifier cost; written by Lua (core/script/lua/profile.lua and loop.lua).
 * What is between the markers is also given to ffi.cdef(). */
/* ffi: begin */
struct script_profile {
    double calls;                 /* that returned; whole */
    double ns;                    /* in these, the clock's own time included */
    double aborts;                /* of the JIT compiler while this classifier was current; whole */
    char abort[SCRIPT_ABORT_MAX]; /* why and where it gave up last; "" when it never did */
};

double dpae_profile_clock(void); /* ns, monotonic */
/* ffi: end */

/* How much of the time of a call is the clock's own, in ns: measured now. */
double script_profile_overhead_ns(void);

/* ns that all calls took, and that one takes on average, without that overhead. */
double script_profile_total_ns(const struct script_profile *profile, double overhead_ns);
double script_profile_mean_ns(const struct script_profile *profile, double overhead_ns);

#endif

#ifndef DPAE_SCRIPT_PROFILE_H
#define DPAE_SCRIPT_PROFILE_H

#define SCRIPT_ABORT_MAX 160

/* The cost of one classifier's calls, written by Lua (core/script/lua/profile.lua and
 * loop.lua). The text between the markers is also passed to ffi.cdef(). */
/* ffi: begin */
struct script_profile {
    double calls;  /* completed; whole number */
    double ns;     /* in these, including the clock's own time */
    double aborts; /* of the JIT compiler while this classifier was current; whole number */
    char abort[SCRIPT_ABORT_MAX]; /* reason and place of the latest; "": no aborts */
};

double dpae_profile_clock(void); /* ns, monotonic */
/* ffi: end */

/* Measures the clock's own share in the time of a call, in ns. */
double script_profile_overhead_ns(void);

/* Total and mean time of calls in ns, without that overhead. */
double script_profile_total_ns(const struct script_profile *profile, double overhead_ns);
double script_profile_mean_ns(const struct script_profile *profile, double overhead_ns);

#endif

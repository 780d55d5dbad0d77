#ifndef DPAE_POLICY_POLICY_OUTCOME_H
#define DPAE_POLICY_POLICY_OUTCOME_H

/* What became of a policy where it was to come into force; a smaller value is worse. */
enum policy_outcome {
    POLICY_REFUSED, /* it is invalid: the earlier one stays in force */
    POLICY_PARTIAL, /* in force, except for classifiers that could not be loaded */
    POLICY_IN_FORCE
};

#endif

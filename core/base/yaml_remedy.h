#ifndef DPAE_BASE_YAML_REMEDY_H
#define DPAE_BASE_YAML_REMEDY_H

/* What to do about a syntax error that libyaml describes by problem and context; "": it says so
 * itself. A constant string. */
const char *yaml_remedy(const char *problem, const char *context);

#endif

#ifndef DPAE_BASE_YAML_REMEDY_H
#define DPAE_BASE_YAML_REMEDY_H

/* Returns the remedy for a syntax error that libyaml describes by problem and context: a constant
 * string, "" when libyaml's text suffices. */
const char *yaml_remedy(const char *problem, const char *context);

#endif

#ifndef DPAE_BASE_YAML_INSIDE_H
#define DPAE_BASE_YAML_INSIDE_H

/* For the files that use libyaml: yaml.c reads, yaml_write.c writes. */
#include "base/yaml.h"

#include <yaml.h>

#endif

#ifndef DPAE_BASE_YAML_INTERNAL_H
#define DPAE_BASE_YAML_INTERNAL_H

/* Included by the files that use libyaml: yaml.c reads, yaml_write.c writes. */
#include "base/yaml.h"

#include <yaml.h>

#endif

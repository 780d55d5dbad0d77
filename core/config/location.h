#ifndef DPAE_CONFIG_LOCATION_H
#define DPAE_CONFIG_LOCATION_H

/* Returns the base of relative folders that no file names: the source checkout that contains the
 * running binary or from which it was built, otherwise above (may be NULL) when it is a checkout,
 * otherwise PREFIX/share/dpae (config_installed_file()). The caller owns it; NULL when memory is
 * exhausted. */
char *location_of_defaults(const char *above);

/* Returns the base of relative folders that a config file in folder (an absolute path) names: the
 * folder above, hence the checkout for CHECKOUT/config; PREFIX/share/dpae for the folder of the
 * installed configuration. The caller owns it; NULL when memory is exhausted. */
char *location_above(const char *folder);

/* As location_above(), for the config file at path. On success returns 0 and sets *location, which
 * the caller owns; otherwise returns a negative errno. */
int location_of_file(const char *path, char **location);

#endif

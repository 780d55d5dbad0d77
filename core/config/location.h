#ifndef DPAE_CONFIG_LOCATION_H
#define DPAE_CONFIG_LOCATION_H

/* Where relative folders start from: the source checkout that the running binary lies in or was
 * built from, else the folder above (NULL: none), when that is a checkout, else PREFIX/share/dpae
 * (config_installed_file()). For a folder that no file names. Owned by the caller; NULL: out of
 * memory. */
char *location_of_defaults(const char *above);

/* The same for a folder that a config file in folder (an absolute path) names: the folder above, so
 * that of CHECKOUT/config it is the checkout; of the folder that the installed program has its
 * configuration in it is PREFIX/share/dpae. */
char *location_above(const char *folder);

/* The same for the config file at path. On success returns 0 and *location, owned by the caller;
 * else a negative errno. */
int location_of_file(const char *path, char **location);

#endif

#ifndef DPAE_IDENTITY_NAMES_H
#define DPAE_IDENTITY_NAMES_H

#include "base/error.h"
#include "identity/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What servers are called: which name a client asked for, by the address that it was told in a DNS
 * answer. Bounded, in memory that all workers of an interface share: each writes a part of its own,
 * and all are read. A worker that dies while it writes leaves one record that nobody reads. */
struct names;

struct names_options {
    uint32_t capacity; /* names in all, 1 to 2^24; rounded up */
    unsigned writers;  /* 1 to 16 */
    uint64_t key[2];   /* of the hash; random, fixed in tests; influences what is forgotten first */
};

#define NAMES_TEXT 256 /* with its NUL; a longer name is not kept */

/* Makes the memory file fd an empty table. */
int names_format(int fd, const struct names_options *options, struct error *error);

/* Opens the table in fd, to write the part of that writer; what an earlier one wrote is there. */
int names_open(struct names **names, int fd, unsigned writer, struct error *error);

/* The same with memory of its own, for one writer. */
int names_new(struct names **names, uint32_t capacity, const uint64_t key[2], struct error *error);
void names_close(struct names *names); /* NULL is allowed; the memory file stays */

/* Remembers what a DNS answer tells (A, AAAA; a CNAME before them in the same packet leads to them:
 * the name asked for is what counts), for its TTL, 5 minutes at least and a day at most. Other
 * identities tell nothing. */
void names_note(struct names *names, const struct identity *identity);

/* The name by which client knows server (16 bytes each, IPv4: 4 and zeros; both of ip_version) at
 * that packet time. Returns its length and fills text; 0 and "" when there is none. */
size_t names_find(const struct names *names, const uint8_t client[16], const uint8_t server[16],
                  int ip_version, uint64_t time_ns, char text[NAMES_TEXT]);

#endif

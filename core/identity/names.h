#ifndef DPAE_IDENTITY_NAMES_H
#define DPAE_IDENTITY_NAMES_H

#include "base/error.h"
#include "identity/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names of servers: the name that a client requested, by the address that the DNS answer gave
 * it. Bounded, in memory shared by all workers of an interface: each writes its own part and reads
 * all parts. A worker that dies while writing leaves one record, which readers ignore. */
struct names;

struct names_options {
    uint32_t capacity; /* total number of names, 1 to 2^24; rounded up */
    unsigned writers;  /* 1 to 16 */
    uint64_t key[2];   /* of the hash: random, fixed in tests; affects which names are dropped */
};

#define NAMES_TEXT 256 /* including NUL; longer names are not stored */

/* Initialises the memory file fd as an empty table. */
int names_format(int fd, const struct names_options *options, struct error *error);

/* Opens the table in fd to write the part of that writer, which keeps an earlier writer's records.
 */
int names_open(struct names **names, int fd, unsigned writer, struct error *error);

/* Creates a table in private memory, for one writer. */
int names_new(struct names **names, uint32_t capacity, const uint64_t key[2], struct error *error);
void names_close(struct names *names); /* accepts NULL; the memory file is kept */

/* Records a DNS answer (A or AAAA) for its TTL, but at least 5 minutes and at most a day. CNAMEs
 * before it in the same packet are followed back to the name that was requested. Ignores other
 * identities. */
void names_note(struct names *names, const struct identity *identity);

/* Writes to text the name by which client knew server (16 bytes each, IPv4: 4 and zeros; both of
 * ip_version) at that packet time. Returns its length; 0 and "" when unknown. */
size_t names_find(const struct names *names, const uint8_t client[16], const uint8_t server[16],
                  int ip_version, uint64_t time_ns, char text[NAMES_TEXT]);

#endif

#include "bytes/dns.h"
#include "bytes/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct dns_query query;
    for (int tcp = 0; tcp < 2; tcp++) {
        if (dpae_dns_query(data, (uint32_t)size, tcp, &query) == PARSE_WHOLE &&
            (query.name_length >= DNS_NAME_MAX || strlen(query.name) != query.name_length)) {
            abort();
        }
    }
    return 0;
}

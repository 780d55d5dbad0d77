#include "bytes/parse.h"
#include "bytes/ssh.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const char *text, size_t length) {
    const char *start = (const char *)data;
    if (text < start || length > size || (size_t)(text - start) > size - length) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ssh_banner banner;
    if (dpae_ssh_banner(data, (uint32_t)size, &banner) == PARSE_WHOLE) {
        check_inside(data, size, banner.line, banner.line_length);
        check_inside(data, size, banner.protocol, banner.protocol_length);
        check_inside(data, size, banner.software, banner.software_length);
        check_inside(data, size, banner.comments, banner.comments_length);
        if (banner.protocol_length == 0 || banner.software_length > banner.line_length ||
            dpae_ssh_banner(data, (uint32_t)banner.line_length / 2, &banner) != PARSE_PARTIAL) {
            abort();
        }
    }
    return 0;
}

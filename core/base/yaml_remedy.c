#include "base/yaml_remedy.h"

#include <string.h>

const char *yaml_remedy(const char *problem, const char *context) {
    static const struct {
        const char *problem, *context, *remedy;
    } remedies[] = {
        {"invalid Unicode character escape", "", "write the character itself, not a \\u pair"},
        {"cannot start any token", "",
         "indent with spaces, and quote text that starts with a special character"},
        {"could not find expected ':'", "",
         "put a space after the colon; check the lines above, too"},
        {"did not find expected key", "block mapping",
         "start the keys of a mapping in the same column; check for a stray quote, too"},
        {"did not find expected '-' indicator", "", "start the items of a list in the same column"},
        {"did not find expected ',' or", "", "look for an unclosed bracket above"},
        {"mapping values are not allowed", "",
         "put a space after the colon in the lines above; indent consistently, and quote text with "
         "a "
         "colon in it"},
        {"unknown escape character", "", "use single quotes, where \\ has no special meaning"},
        {"", "quoted scalar", "look for an unclosed quote above"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (strstr(problem, remedies[i].problem) && strstr(context, remedies[i].context)) {
            return remedies[i].remedy;
        }
    }
    return "";
}

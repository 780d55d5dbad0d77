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
         "a blank must follow the colon; look at the lines above, too"},
        {"did not find expected key", "block mapping",
         "start keys of one mapping in the same column; look for a quote too many, too"},
        {"did not find expected '-' indicator", "",
         "start the items of one list in the same column"},
        {"did not find expected ',' or", "", "look above for a bracket that is not closed"},
        {"mapping values are not allowed", "",
         "a blank must follow the colon in the lines above; indent alike, and quote text with a "
         "colon in it"},
        {"unknown escape character", "", "use single quotes, in which \\ is only itself"},
        {"", "quoted scalar", "look above for a quote that is not closed"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (strstr(problem, remedies[i].problem) && strstr(context, remedies[i].context)) {
            return remedies[i].remedy;
        }
    }
    return "";
}

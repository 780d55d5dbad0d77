#include "script/where.h"

#include "base/clock.h"
#include "flow/flow.h"
#include "script/host_internal.h"

#include <inttypes.h>
#include <stdio.h>

void where_format(const struct script_host *host, char text[SCRIPT_WHERE_TEXT]) {
    const struct script_exchange *exchange = &host->exchange;
    const struct flow_context *context = (const void *)exchange->view;
    char number[32] = "", ends_text[ENDS_TEXT], time[CLOCK_UTC_TEXT];
    text[0] = '\0';
    if (!context || !context->flow) {
        return;
    }
    if (exchange->number) {
        snprintf(number, sizeof number, "packet %" PRIu64 ", ", *exchange->number);
    }
    const struct ends ends = flow_ends(context->flow, context->end);
    snprintf(text, SCRIPT_WHERE_TEXT, "%s%s, %s", number, ends_format(&ends, ends_text),
             clock_format_utc(exchange->time_ns, time));
}

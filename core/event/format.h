#ifndef DPAE_EVENT_FORMAT_H
#define DPAE_EVENT_FORMAT_H

#include "event/event.h"

#include <stddef.h>

/* Internal to writer.c: an event as one line of text, without the newline. */

#define EVENT_LINE_MAX 16384 /* longest line of any event */

/* Each fills text and returns its length, or a negative errno: -ENOSPC when size is too small,
 * -ENOMEM. *ends_width is the current width of the address column; set it to 0 before the first
 * line. */
int jsonl_format(const struct event *event, char *text, size_t size);
int table_format(const struct event *event, unsigned *ends_width, char *text, size_t size);

/* Formats the second line of a verdict with a treatment: the basis of the decision. */
int table_explain(const struct event_verdict *verdict, char *text, size_t size);

/* Formats an EVENT_SHADOW without its time: the flow and both decisions. */
int table_format_shadow(const struct event_shadow *shadow, char *text, size_t size);

extern const char table_heading[];

#endif

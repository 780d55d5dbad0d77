#include "cli/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERVAL_NS (100 * NS_PER_MS)
/* Less than the output buffer of output.c. */
#define PENDING_MAX (128u << 10)
#define BAR_WIDTH   24

void progress_start(struct progress *progress, bool bar, FILE *terminal) {
    const uint64_t now = clock_monotonic_ns();
    *progress =
        (struct progress){.bar = bar, .terminal = terminal, .start_ns = now, .next_ns = now};
}

bool progress_due(struct progress *progress) {
    if (!progress->bar && !progress->terminal) {
        return false;
    }
    if (progress->terminal && __fpending(progress->terminal) > PENDING_MAX) {
        return true;
    }
    return clock_monotonic_ns() >= progress->next_ns;
}

static void format_rate(double rate, char *text, size_t size) {
    if (rate < 1e3) {
        snprintf(text, size, "%.0f packets/s", rate);
    } else if (rate < 1e6) {
        snprintf(text, size, "%.1f k packets/s", rate / 1e3);
    } else {
        snprintf(text, size, "%.2f M packets/s", rate / 1e6);
    }
}

/* A bar and its percentage, or the number of packets if the total is unknown. */
static void format_way(const struct progress_state *state, char *text, size_t size) {
    if (state->total == 0) {
        snprintf(text, size, "%" PRIu64 " packets", state->packets);
        return;
    }
    const double part = state->done < state->total ? (double)state->done / (double)state->total : 1;
    char bar[BAR_WIDTH + 1];
    const size_t full = (size_t)(part * BAR_WIDTH);
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', full);
    bar[BAR_WIDTH] = '\0';
    snprintf(text, size, "[%s] %3d %%", bar, (int)(part * 100));
}

/* A longer line would wrap and could not be erased. */
static int terminal_width(void) {
    struct winsize window;
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
    return known ? window.ws_col - 1 : 79;
}

void progress_clear(struct progress *progress) {
    if (progress->drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->drawn = false;
    }
}

void progress_draw(struct progress *progress, const struct progress_state *state) {
    const uint64_t now = clock_monotonic_ns();
    const double seconds = (double)(now - progress->start_ns) / (double)NS_PER_S;
    progress->next_ns = now + INTERVAL_NS;
    if (progress->terminal) {
        progress_clear(progress);
        fflush(progress->terminal);
    }
    if (!progress->bar) {
        return;
    }
    char way[64], rate[32], line[160];
    format_way(state, way, sizeof way);
    format_rate(seconds > 0 ? (double)state->packets / seconds : 0, rate, sizeof rate);
    snprintf(line, sizeof line, "%s  %s  %" PRIu32 " flows", way, rate, state->flows);
    fprintf(stderr, "\r%.*s\033[K", terminal_width(), line);
    fflush(stderr);
    progress->drawn = true;
}

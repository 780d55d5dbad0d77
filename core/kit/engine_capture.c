#include "base/clock.h"
#include "base/export.h"
#include "capture/capture.h"
#include "kit/engine.h"

#include <stdio.h>
#include <stdlib.h>

struct dpae_capture {
    struct capture *capture;
};

DPAE_EXPORT struct dpae_capture *dpae_capture_open(const char *path, char *message, size_t size) {
    struct error error = {0};
    struct dpae_capture *capture = calloc(1, sizeof *capture);
    if (!capture) {
        return NULL;
    }
    if (capture_open(&capture->capture, &path, 1, CAPTURE_READER_AUTO, &error) != 0) {
        snprintf(message, size, "%s", error.message);
        free(capture);
        return NULL;
    }
    return capture;
}

DPAE_EXPORT int dpae_capture_next(struct dpae_capture *capture, const uint8_t **bytes,
                                  uint32_t *captured, uint32_t *length, int *link, double *time,
                                  char *message, size_t size) {
    struct error error = {0};
    struct frame frame;
    const int got = capture_next(capture->capture, &frame, 1, &error);
    snprintf(message, size, "%s", got < 0 ? error.message : "");
    if (got <= 0) {
        return false;
    }
    *bytes = frame.data;
    *captured = frame.captured;
    *length = frame.length;
    *link = (int)frame.link;
    *time = (double)frame.time_ns / (double)NS_PER_S;
    return true;
}

DPAE_EXPORT void dpae_capture_close(struct dpae_capture *capture) {
    if (capture) {
        capture_close(capture->capture);
        free(capture);
    }
}

#ifndef DPAE_KIT_ENGINE_H
#define DPAE_KIT_ENGINE_H

#include "script/flow_view.h"

/* The flow engine and the script host for specs (spec/kit): the specs, in Lua, find these
 * functions by name, pass in frames and get the results of classifiers. The classifiers run in
 * a VM of their own, as in the daemon. */
/* ffi: begin */
struct dpae_engine;
struct dpae_capture;

/* The text of a core/script file that is part of the library, such as "view.lua", and its
 * length; NULL if there is no such file. */
const char *dpae_embedded_text(const char *name, size_t *length);

/* The result of one frame. */
struct dpae_outcome {
    int packet_class;      /* enum packet_class */
    int flow_result;       /* enum flow_result; -1: no flow */
    uint32_t ran;          /* masks of classifiers: called on this packet, */
    uint32_t failed;       /* raised an error, */
    uint32_t finalised;    /* finalised the flow on this packet or before, */
    uint32_t spoke;        /* returned a treatment; */
    uint8_t treatment[16]; /* which, by classifier: enum treatment */
};

/* settings: YAML text, classifier name -> settings; may be empty. On failure returns NULL and
 * writes the reason to message (size bytes). */
struct dpae_engine *dpae_engine_new(const char *classifiers_directory, const char *lua_directory,
                                    const char *settings, char *message, size_t size);
void dpae_engine_free(struct dpae_engine *engine);

/* Loads a set of classifiers. Returns "", or the faults, one per line; valid until the next
 * call. */
const char *dpae_engine_load(struct dpae_engine *engine, const char *const *names, unsigned count);

/* Passes one frame (copied) through decoder, flow table and classifiers. link is enum
 * link_type; time is in s since the epoch. */
void dpae_engine_ingest(struct dpae_engine *engine, const char *bytes, uint32_t captured,
                        uint32_t length, int link, double time, struct dpae_outcome *outcome);

/* Writes the queued log lines of classifiers. */
void dpae_engine_flush_log(struct dpae_engine *engine);

/* The view of the latest frame with a flow; valid until the next one. */
struct flow_view *dpae_engine_view(struct dpae_engine *engine);

const char *dpae_engine_last_error(const struct dpae_engine *engine, unsigned classifier);
/* The reasons of a classifier's verdict on the latest packet; or NULL. */
const char *dpae_engine_why(const struct dpae_engine *engine, unsigned classifier);
uint32_t dpae_engine_quarantined(const struct dpae_engine *engine); /* mask */
const char *dpae_treatment_name(int treatment);

/* Opens a capture file. On failure returns NULL, and message says why. */
struct dpae_capture *dpae_capture_open(const char *path, char *message, size_t size);
/* Reads the next frame, valid until the next call. False at the end (empty message) or on
 * failure. */
int dpae_capture_next(struct dpae_capture *capture, const uint8_t **bytes, uint32_t *captured,
                      uint32_t *length, int *link, double *time, char *message, size_t size);
void dpae_capture_close(struct dpae_capture *capture);
/* ffi: end */

#endif

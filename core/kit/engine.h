#ifndef DPAE_KIT_ENGINE_H
#define DPAE_KIT_ENGINE_H

#include "script/flow_view.h"

/* The flow engine and the script host for the specs (spec/kit), which are Lua and find these
 * functions by name: frames go in one by one, what classifiers make of them comes out. The
 * classifiers run in a VM of their own, as in the daemon. */
/* ffi: begin */
struct dpae_engine;
struct dpae_capture;

/* A file of core/script that is part of the library, such as "view.lua", and its length; NULL: no
 * such file. */
const char *dpae_embedded_text(const char *name, size_t *length);

/* What became of one frame. */
struct dpae_outcome {
    int packet_class;      /* enum packet_class */
    int flow_result;       /* enum flow_result; -1: no flow */
    uint32_t ran;          /* masks of classifiers: called on this packet, */
    uint32_t failed;       /* raised an error, */
    uint32_t finalised;    /* finalised the flow on this packet or before, */
    uint32_t spoke;        /* returned a treatment; */
    uint8_t treatment[16]; /* which, by classifier: enum treatment */
};

/* settings: YAML text, classifier name -> settings; may be empty. NULL when that is wrong, then
 * message (of size bytes) says what. */
struct dpae_engine *dpae_engine_new(const char *classifiers_directory, const char *lua_directory,
                                    const char *settings, char *message, size_t size);
void dpae_engine_free(struct dpae_engine *engine);

/* Loads a set of classifiers. Returns "", or the faults, one a line; valid until the next call. */
const char *dpae_engine_load(struct dpae_engine *engine, const char *const *names, unsigned count);

/* Takes one frame (copied) through decoding, flow table and classifiers. link is enum link_type,
 * time s since the epoch. */
void dpae_engine_ingest(struct dpae_engine *engine, const char *bytes, uint32_t captured,
                        uint32_t length, int link, double time, struct dpae_outcome *outcome);

/* Writes what the classifiers had to say; otherwise it stays in the engine. */
void dpae_engine_flush_log(struct dpae_engine *engine);

/* The view of the latest frame that had a flow; valid until the next one. */
struct flow_view *dpae_engine_view(struct dpae_engine *engine);

const char *dpae_engine_last_error(const struct dpae_engine *engine, unsigned classifier);
/* What the verdict of a classifier on the latest packet says that it was decided from; or NULL. */
const char *dpae_engine_why(const struct dpae_engine *engine, unsigned classifier);
uint32_t dpae_engine_quarantined(const struct dpae_engine *engine); /* mask */
const char *dpae_treatment_name(int treatment);

/* A capture file, frame by frame. NULL: message says why. */
struct dpae_capture *dpae_capture_open(const char *path, char *message, size_t size);
/* The next frame, valid until the next call: true; or false at the end, or with a message. */
int dpae_capture_next(struct dpae_capture *capture, const uint8_t **bytes, uint32_t *captured,
                      uint32_t *length, int *link, double *time, char *message, size_t size);
void dpae_capture_close(struct dpae_capture *capture);
/* ffi: end */

#endif

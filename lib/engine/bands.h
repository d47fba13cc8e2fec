/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_BANDS_H
#define CHURN_ENGINE_BANDS_H

#include "base/buf.h"
#include "base/heap.h"
#include "core/fail.h"
#include "playbook/playbook.h"
#include "store/store.h"

/*
 * Held bands: docs/rfcs/0008-held-bands.md. Every customer is in a band of every score at every
 * evaluation, so that a band takes one word, in an array by the store's number of the customer;
 * what changed is a history, and only whoever has one becomes one of the engine's people.
 */

/* What is held for a customer and a score; all zero: never was in a band. */
typedef struct churn__band_cell {
    uint32_t since;  /* number of the evaluation in which it was entered: index in ticks */
    uint16_t band;   /* index in names + 1; 0: none yet */
    uint8_t unknown; /* the score is missing now, and the band remembered */
    uint8_t first;   /* no other was held before: the history does not say when it began */
} churn__band_cell;

/* What is remembered of one score; `score` is its index in the playbook, UINT32_MAX once removed.
 */
typedef struct churn__band_memory {
    uint32_t id; /* text */
    uint32_t score;
    uint32_t *names; /* texts of all bands that there ever were */
    uint32_t *codes; /* by name: number of the band in the playbook; band_count: it has none such */
    size_t name_count, name_capacity, code_capacity;
    uint32_t *name_of; /* by number of the band in the playbook: index in names */
    size_t name_of_capacity;
    churn__band_cell *cells; /* by the store's number */
    size_t cell_count;       /* as many as there are, and as there is room for */
} churn__band_memory;

/* What was loaded of somebody whom the store does not have. By id, then memory. */
typedef struct churn__band_waiting {
    uint32_t person, memory;
    churn__band_cell cell;
} churn__band_waiting;

typedef enum churn__band_cause {
    CHURN__BECAUSE_NOT_SOUGHT = 0, /* too many in one evaluation */
    CHURN__BECAUSE_BEHAVIOUR,      /* a factor's points */
    CHURN__BECAUSE_MISSING,        /* a factor went missing, came back, faded */
    CHURN__BECAUSE_CARD,           /* another segment's card */
    CHURN__BECAUSE_CAP,
    CHURN__BECAUSE_FLOOR,
    CHURN__BECAUSE_OVERRIDE,
    CHURN__BECAUSE_CONFIGURATION, /* another playbook */
    CHURN__BECAUSE_STAY,          /* it would have changed before, but for min_stay */
    CHURN__BECAUSE_CORRECTION,    /* what was learned later changes the past */
    CHURN__BECAUSE_FIRST,         /* of tables */
    CHURN__BECAUSE_COUNT
} churn__band_cause;

typedef struct churn__band_change {
    uint32_t person, before;    /* the change of the same person that was appended before */
    uint32_t score, from, to;   /* texts; CHURN__NO_CODE: unknown */
    uint8_t cause, first;       /* first: `from` was the first band ever */
    uint32_t name;              /* of the factor or cap: text; CHURN__NO_CODE: none */
    uint32_t word_before, word; /* of its input, where that is text */
    churn_time at, since;       /* since: when `from` was entered */
    double value_before, value; /* of the score; NaN: none */
    double input_before, input; /* NaN: missing, or a text */
    double moved;               /* points that it is to blame for; NaN: not in points */
} churn__band_change;

typedef struct churn__bands {
    churn__band_memory *each; /* in the playbook's order, then those whose score is gone */
    size_t count, capacity;
    churn_time *ticks; /* evaluations in which a band was entered */
    size_t tick_count, tick_capacity;
    churn__band_change *changes;
    size_t change_count, change_capacity;
    churn__band_waiting *waiting;
    size_t waiting_count, waiting_capacity;
    uint64_t playbook; /* hash of that of the last evaluation */
} churn__bands;

struct churn_engine;
struct churn__frame;

const char *churn__band_cause_name(uint8_t cause);

/* Make the memory fit the playbook's scores, by id: all that can fail, then the rest. */
churn_status churn__bands_reserve(struct churn_engine *engine, churn_error *err);
void churn__bands_order(struct churn_engine *engine);
/* The memory of a score, and the index of a band's name in it, made if there is none such. False:
 * no memory. */
bool churn__bands_memory(struct churn_engine *engine, uint32_t id, uint32_t *out);
bool churn__bands_name(struct churn_engine *engine, uint32_t memory, uint32_t text, uint32_t *out);
void churn__bands_free(struct churn_engine *engine);
/* Room for all customers of a version, and who waited takes his place. */
churn_status churn__bands_reach(struct churn_engine *engine, const churn__version *version,
                                churn_error *err);
churn__band_cell churn__bands_cell(const churn__band_memory *memory, uint32_t customer);

/* ---- in a frame: bands are those that are held ---- */

#define CHURN__BAND_STAYS 0u
#define CHURN__BAND_BEGINS 1u /* the first one */
#define CHURN__BAND_MOVES 2u

/* False: no memory. */
bool churn__frame_hold_open(struct churn__frame *frame);
void churn__frame_hold_close(struct churn__frame *frame);
/* churn__frame_hold() puts held bands in the place of plain ones: what the engine remembers of its
 * last evaluation, what comes of that at dates after it. */

/* ---- saving: bands_save.c, bands_load.c ---- */

/* `rank` numbers people. False: no memory. */
bool churn__bands_write(struct churn_engine *engine, const churn__version *version,
                        const uint32_t *rank, churn__buf *out);
/* People 0 to `people` - 1 were read before. Damaged bytes set in->failed. False: no memory. */
bool churn__bands_read(struct churn_engine *engine, const churn__version *version, uint32_t people,
                       churn__reading *in);

#endif

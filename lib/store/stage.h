/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_STAGE_H
#define CHURN_STORE_STAGE_H

#include "store/beats.h"
#include "store/runs.h"

/*
 * What a call wants to add, before anything of the store has changed: rows that were checked, in
 * order of arrival. Single records wait in a stage of the store until somebody pins or writes more.
 */
typedef struct event_stage {
    churn__heap *heap;
    size_t count, capacity;
    uint32_t *customer;
    uint32_t *type;
    event_columns cells; /* optional ones are made when first needed */
    uint8_t *flags;      /* ROW_DATELESS, ROW_END; beside cells.id */
    prop_set props;      /* of the rows that came */
} event_stage;

typedef struct row_stage {
    char *rows;
    size_t count, capacity;
} row_stage;

/* An event without id, by its place among all of a customer and type. */
typedef struct removal {
    uint32_t customer, type, position;
} removal;

/* What a load replaces, and what that comes to. */
typedef struct record_slice {
    churn_time from, to; /* [from, to) of the records' own instants */
    churn_time known;    /* what is left out ends then; CHURN_TIME_NONE: it never was */
    uint32_t *types;     /* of events; count 0: all */
    uint32_t type_count;
    uint32_t kind;
    uint32_t source;   /* only rows that came from it; 0: all */
    removal *removals; /* ascending */
    size_t removal_count, removal_capacity;
    uint8_t *same; /* bit a staged event: it is there already */
    size_t same_count;
} record_slice;

typedef struct stage {
    churn__heap *heap;
    event_stage events;
    row_stage rows[KINDS];
    uint32_t provided;  /* bit a kind */
    uint32_t customers; /* counts of the dictionaries when it began, to undo it */
    uint32_t types, texts, props, sources;
    uint32_t ids[KINDS];
    uint32_t source;        /* of the rows: see TAG_SOURCE_SHIFT */
    record_slice *replaced; /* NULL: the rows are added */
} stage;

void churn__store_stage_init(stage *s, churn__heap *heap);
void churn__store_stage_clear(stage *s);
/* Forget the rows, keep the memory up to a modest size. */
void churn__store_stage_reset(stage *s);
bool churn__store_stage_is_empty(const stage *s);
/* Room for `more` events. False: no memory; nothing changed. */
bool churn__store_stage_reserve(event_stage *s, size_t more);
bool churn__store_stage_event(event_stage *s, const event_row *row);
/* The same with properties. */
bool churn__store_stage_event_props(event_stage *s, const event_row *row, const prop_value *props,
                                    size_t n);
bool churn__store_stage_row(stage *s, uint32_t kind, const void *row);
/* Events whose values and users may be missing, and nothing else is given. */
typedef struct event_rows {
    const uint32_t *customer, *type;
    const churn_time *at;
    const uint32_t *user;
    const double *value;
} event_rows;

bool churn__store_stage_events(event_stage *s, const event_rows *rows, size_t n);
/* Read a staged event back as a row. */
void churn__store_event_at(const event_columns *cells, size_t i, event_row *row);

/* ---- what became of rows ---- */

typedef struct moment {
    int32_t quarter; /* of an hour since 1970 */
    uint32_t count;
} moment;

#define QUARTER (15 * CHURN__MINUTE)
#define MOMENTS_FEW 1024
#define MOMENT_PAGE 4096 /* quarters a page: 42 days */

/* How many rows happened in which quarter of an hour: a short list, then pages. */
typedef struct moments {
    churn__heap *heap;
    moment few[MOMENTS_FEW];
    size_t few_count;
    uint32_t **pages; /* NULL while the list is enough */
    bool failed;      /* no memory */
} moments;

void churn__store_moments_note(moments *m, churn_time at, uint32_t count);
void churn__store_moments_clear(moments *m);

/* The moments of one publication; newest first. */
typedef struct late_node {
    atomic_uint refs;
    churn__heap *heap;
    struct late_node *older;
    uint64_t number; /* of the version that brought them */
    size_t count;
    moment data[];
} late_node;

/* Takes a reference on `older`. NULL: no memory. */
late_node *churn__store_late_create(churn__heap *heap, moments *m, uint64_t number,
                                    late_node *older);
void churn__store_late_release(late_node *node);

#define OUTCOME_ADDED 1u
#define OUTCOME_UPDATED 2u
#define OUTCOME_UNCHANGED 4u
#define OUTCOME_CONFLICTING 8u
#define OUTCOME_REWROTE 16u
#define OUTCOME_LATE 32u
#define OUTCOME_RETRACTED 64u
#define OUTCOME_REJECTED 128u

typedef struct tally {
    uint64_t added, updated, unchanged, conflicting, retracted, rewrote, late;
    uint8_t *by_origin; /* customers in batches: several rows come of one */
    size_t origins;
    churn_time mark;  /* what happened before it is late; CHURN_TIME_NONE */
    bool in_sequence; /* rows came one by one, not at once */
    moments *moments;
} tally;

/* `part`: an attribute that came with a customer. */
void churn__store_note(tally *t, const row_head *row, uint32_t outcome, bool part);
/* Rows of customers become counts. */
void churn__store_tally_up(tally *t);

/* ---- chains of versions ---- */

typedef struct resolver {
    churn__heap *heap;
    const kind_info *kind;
    tally *tally;
    event_order order; /* texts and ids as strings */
    char *rows;        /* the result: count rows in reading order */
    size_t count, capacity;
    void **refs, **chain;
    size_t ref_capacity;
    row_head *ends; /* the ends of chains, as rows of the chain */
    size_t end_count;
    char *shown; /* room for rows that were left out and matter again */
    size_t shown_count, shown_most;
    beats *said;     /* by known_at; NULL: all rows are kept as they are */
    beats *dated;    /* attributes: by valid_from; NULL: the same */
    uint32_t source; /* of the new rows: see TAG_SOURCE_SHIFT */
    bool changed;    /* the result differs from the old block */
} resolver;

/* Bring the rows of a customer's block and new ones, in order of arrival, together. False: no
 * memory. */
bool churn__store_resolve(resolver *r, const void *old_rows, size_t old_count, const void *new_rows,
                          size_t new_count);
void churn__store_resolver_clear(resolver *r);

/* ---- saying the same again (echo.c) ---- */

/* Rows that were left out come back where new ones fall beside them, behind the n references that
 * there are, sorted by chain; returns how many there are then. At most so many for each new row: */
#define ECHOES_SHOWN 5
size_t churn__store_echoes_show(resolver *r, size_t n);
/* Of a resolved chain: rows between two that say the same are left out where that can be told. */
void churn__store_echoes_fold(resolver *r, row_head **rows, size_t count);
/* The same of states of attributes, over all references of a customer. */
void churn__store_echoes_fold_states(resolver *r, size_t n);
/* The first state that was left out between two neighbouring rows of attributes and after `at`;
 * CHURN_TIME_NONE: there is none. */
churn_time churn__store_left_out(const beat_list *dated, const row_head *first,
                                 const row_head *last, churn_time at);
/* Row i of the n of a block says something: it is no echo, nor a state between two that say the
 * same, which may be left out or not. And how many there are. */
bool churn__store_is_record(const kind_info *kind, const void *rows, size_t i, size_t n);
uint64_t churn__store_records(const kind_info *kind, const void *rows, size_t n);
/* The same of events [begin, end). */
uint64_t churn__store_event_records(const event_columns *cells, size_t begin, size_t end);
/* Rows of a block that hardly changed into reading order, where they are. */
void churn__store_rows_reorder(uint32_t kind, event_order order, char *rows, size_t count);

/* ---- from stages to runs ---- */

/* Events with ids that were there before, or came twice, are resolved: see event_chain.c. What they
 * come to stands behind the staged rows, until _clear takes it away again. */
typedef struct event_merge {
    churn__heap *heap;
    event_stage *stage;
    event_run *const *runs;
    uint32_t run_count;
    uint32_t first_new; /* ids from here on came with this stage */
    uint32_t id_count;
    event_order order;
    tally *tally;
    beats said;                   /* by known_at */
    const record_slice *replaced; /* NULL: none */
    uint32_t source;              /* of the rows: see TAG_SOURCE_SHIFT */
    size_t staged;                /* rows that came */
    prop_set written;             /* properties of the rows behind them */
    uint8_t *gone;                /* bit a staged row: resolved into others; NULL: none */
    uint32_t *overrides;          /* customers whose events are all written anew */
    size_t override_count, override_capacity;
    uint64_t dropped; /* events of older runs that no longer count */
    churn_cancel *cancel;
} event_merge;

/* False: no memory, or cancelled. */
bool churn__store_event_chains(event_merge *m);
/* A run of what the stage holds now; NULL: no memory, or cancelled. Takes over the overrides. */
event_run *churn__store_event_build(event_merge *m, uint32_t customers, uint32_t types);
void churn__store_event_merge_clear(event_merge *m);

#endif

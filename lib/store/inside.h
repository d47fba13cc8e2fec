/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_INSIDE_H
#define CHURN_STORE_INSIDE_H

#include "core/observer.h"
#include "store/run_merge.h"
#include "store/stage.h"

/* ---- versions ---- */

/* Customers by the bytes of their ids; shared by versions between which none came. */
typedef struct customer_order {
    atomic_uint refs;
    churn__heap *heap;
    uint32_t count;
    uint32_t covered; /* customers below it are in the list, or were erased */
    uint32_t capacity;
    uint32_t data[];
} customer_order;

typedef struct mark {
    uint32_t source;           /* a code of texts */
    churn_time through, known; /* CHURN_TIME_NONE: counts always */
} mark;

typedef struct mark_list {
    atomic_uint refs;
    churn__heap *heap;
    size_t count;
    mark data[];
} mark_list;

/* How many versions of a store there are: its current one and those that are still being read. */
typedef struct version_count {
    atomic_uint refs; /* and one: the store's */
    churn__heap *heap;
} version_count;

struct churn__version {
    atomic_uint refs;
    churn__heap *heap;
    uint64_t number;
    uint32_t customers;
    uint32_t provided; /* bit a kind */
    event_run *events[RUNS_MAX];
    uint32_t event_runs;
    row_run *rows[KINDS][RUNS_MAX];
    uint32_t row_runs[KINDS];
    uint64_t records[KINDS];
    churn__dict_view *customer_ids, *types, *texts, *props;
    churn__dict_view *ids[KINDS]; /* NULL for kinds without ids */
    customer_order *order;
    mark_list *marks; /* NULL: none */
    late_node *late;
    beat_list *said[KINDS]; /* by known_at; NULL: none */
    beat_list *dated;       /* attributes by valid_from */
    version_count *alive;
    churn_time forgotten; /* before it only what still held is kept; CHURN_TIME_NONE: all is */
};

/* Merges of one kind that go on over several calls, those of older runs first. */
#define MERGES_MAX 12

typedef struct merge_queue {
    run_merge *merges[MERGES_MAX];
    uint32_t count;
} merge_queue;

/* A version that follows `from` (NULL: the first one) with the strings that the store has now, to
 * be filled and published. NULL: no memory. */
churn__version *churn__version_draft(churn_store *store, const churn__version *from);
/* Take the run over and keep the tiers (tiers.c). False: no memory; the run is freed either way in
 * the end. */
bool churn__version_push_events(churn__version *draft, event_run *run, merge_queue *queue);
bool churn__version_push_rows(churn__version *draft, uint32_t kind, row_run *run,
                              merge_queue *queue);
/* Give up what is under way: nothing is lost but work. */
void churn__store_merges_clear(merge_queue *queue);
/* NULL: no memory. */
customer_order *churn__store_order_create(churn__heap *heap, uint32_t capacity);
void churn__store_order_release(customer_order *order);
/* Replace the order by one that has all customers. */
bool churn__version_extend_order(churn__version *draft);
/* Takes the list over. */
void churn__version_set_marks(churn__version *draft, mark_list *marks);
event_order churn__version_event_order(const churn__version *version);
event_order churn__version_row_order(const churn__version *version, uint32_t kind);
/* The newest mark that tells whether a record of a kind is late: one named after the kind, else
 * any that is named after no kind. */
churn_time churn__version_late_mark(const churn__version *version, uint32_t kind);

/* ---- the store ---- */

#define WRITER_IDLE 0
#define WRITER_ROW 1   /* one record, for a moment */
#define WRITER_BATCH 2 /* readers get the version before it */
#define WRITER_SEAL 3  /* waiting records become a version, for a moment */

typedef struct owners {
    uint32_t *data; /* customer of each id */
    size_t capacity;
} owners;

struct churn_store {
    atomic_uint refs;
    churn__heap *heap;
    churn_limits limits;
    bool create_customers;
    bool zone_declared;
    churn__zone *zone;
    char *zoneinfo; /* NULL: the system's */
    size_t zoneinfo_size;

    atomic_int writer;   /* WRITER_* */
    atomic_bool waiting; /* `pending` holds something */
    atomic_bool localised;
    atomic_flag latch; /* guards `current` for the moment of a retain */
    churn__version *current;
    version_count *alive;
    churn__observers observers;

    /* The writer's. */
    churn__dict *customers, *types, *texts;
    churn__dict *props;   /* of events: see props.h */
    churn__dict *sources; /* systems that rows came from: see TAG_SOURCE_SHIFT */
    uint32_t parent_name; /* a code of texts */
    churn__dict *ids[KINDS];
    owners owners[KINDS];
    merge_queue merges[KINDS];
    stage pending;
    /* Of each customer the last pending attribute, from 1; the one before it is its `origin`. */
    uint32_t *last_attribute;
    size_t last_capacity;
    char empty[KINDS][ROW_MAX];
};

churn_status churn__store_open_zone(churn_store *store, churn_str name, churn__zone **out,
                                    churn_error *err);

/* ---- writing (write.c) ---- */

churn_status churn__store_begin_row(churn_store *store, churn_error *err);
/* Seals what waits first. */
churn_status churn__store_begin_batch(churn_store *store, churn_error *err);
void churn__store_end(churn_store *store);
/* Note where the dictionaries stand, and go back there. */
void churn__store_stage_mark(churn_store *store, stage *s);
void churn__store_rollback(churn_store *store, const stage *s);
/* Make a version of the current one and a stage. The caller publishes or releases it. */
churn_status churn__store_commit(churn_store *store, stage *s, tally *t, bool limited,
                                 churn_cancel *cancel, churn__version **out, churn_error *err);
void churn__store_publish(churn_store *store, churn__version *version);
/* What guards `current`; while it is taken nobody can begin to read. */
void churn__store_latch_take(churn_store *store);
void churn__store_latch_give(churn_store *store);
/* Versions that are alive. */
uint32_t churn__store_versions(const churn_store *store);
version_count *churn__store_count_create(churn__heap *heap);
void churn__store_count_release(version_count *count);
/* The current version, without sealing. */
churn__version *churn__store_current(churn_store *store);

/* ---- replacing (replace.c) ---- */

/* Bring what a staged slice leaves out into the stage, as ends, or note it in the slice. False: no
 * memory, or cancelled. */
bool churn__store_replace(stage *st, record_slice *s, const churn__version *v, tally *t,
                          churn_cancel *cancel);
void churn__store_slice_clear(record_slice *s, churn__heap *heap);

/* ---- loading (load.c) ---- */

struct source;

/* How a load reads its rows. */
typedef struct load_settings {
    uint32_t flags; /* CHURN_LOAD_* */
    bool create_customers;
    bool zone_declared;
    int32_t money;         /* CHURN_MONEY_*, 0: not said */
    churn_time valid_from; /* CHURN_TIME_NONE: not said */
    churn_time known_at;
    const churn_slice *replace; /* NULL: the rows are added */
    const churn__zone *zone;
    churn_str source; /* the system that the rows come from; len 0: not said */
    churn_cancel *cancel;
} load_settings;

/* Options copied and checked. `zone` is retained where it is the load's own: release it. */
churn_status churn__store_load_options(churn_store *store, const churn_load_options *given,
                                       churn_load_options *copy, load_settings *out,
                                       churn__zone **zone, churn_error *err);
/* Everything of a source as one version. */
churn_status churn__store_load(churn_store *store, uint32_t kind, struct source *source,
                               const load_settings *settings, churn_load_report *report,
                               churn_error *err);
/* One record, to wait. */
churn_status churn__store_load_source(churn_store *store, uint32_t kind, struct source *from,
                                      int32_t money, churn_error *err);
churn_status churn__store_load_one(churn_store *store, uint32_t kind, const void *record,
                                   churn_error *err);

/* What a reader reads. */
const churn__version *churn__reader_version(const churn__reader *reader);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_EDIT_H
#define CHURN_STORE_EDIT_H

#include "store/inside.h"

/*
 * Taking things out of a store, whatever they are. An edit goes through a version twice.
 *
 * First dry: which runs change, how many records go, and which codes of dictionaries those records
 * had. Then for good: runs that change are copied and stripped, the codes that no remaining row has
 * are let die, and the outcome is published. Where there is no memory for copies and nobody else
 * reads, the runs are stripped where they are.
 *
 * A run has blocks and lists that newer runs overrule. They are held against the same rule, so that
 * no bytes stay behind, but only what counts is counted; and where the newest block of a customer
 * becomes empty, all older ones go with it.
 */

/* Codes of a dictionary that may have to die. */
typedef struct code_set {
    uint8_t *bits;
    uint32_t count;
    bool any;
} code_set;

typedef struct edit edit;

/* The rows of one block, or the events [begin, end) of one list: returns how many stay, which it
 * brings to the front with churn__store_columns_move() and _swap(). `*hit` becomes true where
 * anything goes or changes. While `dry` nothing is written. */
typedef size_t (*edit_rows)(edit *e, uint32_t kind, char *rows, size_t count, bool *hit);
typedef size_t (*edit_events)(edit *e, event_run *run, size_t begin, size_t end, bool *hit);

struct edit {
    churn_store *store;
    churn__heap *heap;
    const churn__version *from;
    edit_rows rows;     /* NULL: all stay */
    edit_events events; /* NULL: all stay */
    churn_time before;  /* for the callbacks: of churn_store_forget() */
    uint32_t user;      /* for the callbacks: a code of texts */
    uint32_t contact;   /* for the callbacks: a code of ids of contacts */

    uint8_t *gone; /* bit a customer below the limit; NULL: none */
    uint32_t gone_limit;
    uint32_t *gone_list;
    size_t gone_count;

    bool dry;
    bool counts; /* what is looked at is what readers see */
    bool hit_events[RUNS_MAX], hit_rows[KINDS][RUNS_MAX];
    uint64_t removed[KINDS], changed, mentions, died;
    code_set customers, types, texts, props, ids[KINDS];
    /* Last words to the outcome before it is published; may be NULL. Cannot fail. */
    void (*finish)(edit *e, churn__version *version);
    /* What else the draft gets, once it is stripped; then nothing is done in place. False: no
     * memory. May be NULL. */
    bool (*add)(edit *e, churn__version *draft);
};

void churn__edit_init(edit *e, churn_store *store);
void churn__edit_clear(edit *e);
/* Note that a row goes, or an event: its strings may be nobody's then. */
void churn__edit_note_row(edit *e, uint32_t kind, const void *row);
void churn__edit_note_event(edit *e, const event_run *run, size_t i);
void churn__edit_note_code(code_set *set, uint32_t code);
/* Go through the store's current version, which must be sealed, and publish the outcome. Engines
 * are asked first, and told `what` afterwards; NULL: it is no news for them. */
churn_status churn__edit_run(edit *e, const churn__forgetting *what, churn__forgotten *sum,
                             churn_error *err);

/* ---- for edit.c: edit_runs.c, edit_codes.c ---- */

/* Say what would happen. False: no memory. */
bool churn__edit_look(edit *e);
/* Everything that was hit can be stripped without memory. */
bool churn__edit_is_simple(const edit *e);
/* Strip what was hit. `to` is a draft, whose runs are copied first, or e->from itself. False: no
 * memory, only with a draft. */
bool churn__edit_strip(edit *e, churn__version *to, bool in_place);

bool churn__edit_codes_open(edit *e);
void churn__edit_codes_close(edit *e);
/* Take codes that some row of the version has out of the sets. */
void churn__edit_codes_keep(edit *e, const churn__version *version);
/* True: some codes of the set are left. */
bool churn__edit_codes_any(const code_set *set);
uint64_t churn__edit_codes_count(const code_set *set);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_ENGINE_INTERNAL_H
#define CHURN_ENGINE_ENGINE_INTERNAL_H

#include <stdatomic.h>

#include <churn/engine.h>

#include "base/dict.h"
#include "base/hash.h"
#include "base/num.h"
#include "engine/bands.h"
#include "engine/family.h"
#include "playbook/playbook.h"
#include "store/store.h"
#include "table/table.h"

/*
 * What an engine remembers. Everything that grows is an array that is only ever appended to; an
 * evaluation appends behind the committed counts and stages its changes of what is there, so that
 * a failure is undone by forgetting both (see advance.c).
 *
 * Customers that have left a trace are numbered by the engine itself ("people"), because the
 * store's numbers mean nothing in another process. Texts (ids of triggers and plays, titles,
 * owners, tags) are codes of the engine's own dictionary, because a playbook may be replaced.
 */
#define CHURN__NONE UINT32_MAX

/* One (trigger, customer) that is more than freshly inactive. */
typedef struct churn__held {
    churn__instance instance;
    uint32_t person;
    uint32_t episode; /* the open one; CHURN__NONE */
} churn__held;

/* What is remembered of one trigger; `rule` is its index in the playbook, CHURN__NONE once removed.
 */
typedef struct churn__watch {
    uint32_t id; /* text */
    uint32_t rule;
    bool started; /* was ever evaluated */
    churn__held *held;
    size_t held_count, held_capacity;
    uint32_t *of_person; /* index of held + 1; 0: none */
    size_t of_capacity;
} churn__watch;

typedef struct churn__episode {
    uint32_t trigger; /* text */
    uint32_t person;
    uint32_t number;
    uint32_t before; /* the episode of the same person that was appended before; CHURN__NONE */
    uint32_t play;   /* text; CHURN__NO_CODE: none */
    uint32_t reminders, relapses;
    uint8_t severity, resolved; /* CHURN__RESOLVED_*; 0: open */
    uint8_t on_resolve;
    churn_time fired_at, resolved_at;
    double value_at_risk; /* NaN: not known */
} churn__episode;

#define CHURN__STATE_WAITING 0
#define CHURN__STATE_ACKNOWLEDGED 1
#define CHURN__STATE_DONE 2
#define CHURN__STATE_FAILED 3
#define CHURN__STATE_CANCELLED 4

typedef struct churn__action {
    churn__hash128 id, about; /* about: zero where it is about no other action */
    uint32_t person, episode, before;
    uint32_t play, step, title, text, owner, role, value; /* texts; CHURN__NO_CODE */
    uint32_t occurrence;
    uint8_t kind, state;
    bool acknowledged;
    churn_time at, due, state_at;
} churn__action;

/* A change of a status or tag of a customer. */
typedef struct churn__mark_change {
    uint32_t person, before;
    uint32_t value; /* text; of a status CHURN__NO_CODE: unset */
    uint8_t is_tag, on;
    churn_time at;
} churn__mark_change;

/* The newest entry of each history of a person; CHURN__NONE. */
typedef struct churn__person {
    uint32_t episode, action, change, band;
} churn__person;

#define CHURN__NOBODY ((churn__person){CHURN__NONE, CHURN__NONE, CHURN__NONE, CHURN__NONE})

/* What the last evaluation counted for one trigger. */
#define CHURN__REASONS (CHURN__SHORT_HISTORY_SINCE + 1u)

typedef struct churn__tally {
    uint64_t is_true, is_false, is_unknown, is_error, fired, resolved, suppressed, ignorant;
    uint64_t *missing; /* by input of `when`, as churn__expr_slots() gives them, then by reason: how
                          often it made the condition unknown */
    char error_text[160];
} churn__tally;

/* One a trigger of a playbook. */
typedef struct churn__tallies {
    churn__tally *each;
    size_t count;
    uint64_t *missing; /* of all of them */
    size_t missing_count;
} churn__tallies;

#define CHURN__LOSSES_KEPT 2u

struct churn_engine {
    atomic_flag busy;
    churn__heap *heap;
    churn_playbook *playbook;
    churn_store *store;
    uint64_t seed;
    uint32_t threads; /* inside a call; 0: the caller's only */

    churn_time as_of;       /* CHURN_TIME_NONE before the first evaluation */
    uint64_t store_version; /* seen by the last evaluation; 0 after loading */

    churn__dict *texts;
    churn__dict *ids; /* people: their customers' ids */
    churn__person *people;
    size_t people_capacity;
    uint32_t *person_of; /* by the store's number; CHURN__NONE */
    size_t person_of_count, person_of_capacity;

    churn__watch *watches; /* in the playbook's order, then those whose trigger is gone */
    size_t watch_count, watch_capacity;
    churn__episode *episodes;
    size_t episode_count, episode_capacity;
    churn__action *actions;
    size_t action_count, action_capacity;
    uint64_t waiting; /* actions not acknowledged */
    churn__mark_change *changes;
    size_t change_count, change_capacity;
    churn__bands bands;

    churn__tallies tallies;       /* of the last evaluation */
    const uint8_t *stale_sources; /* by source, while a playbook's own tests run; else NULL */

    struct churn__one *one; /* one.h; NULL: nobody asked about one customer */
    struct churn__losses *losses[CHURN__LOSSES_KEPT]; /* losses.h: of its playbook, of another */

    churn__observer observer; /* of the store: see purge.c */
    uint8_t *purge_used;      /* bit a text, while the store forgets */
    uint8_t *purge_gone;      /* bit a person, the same */
    uint32_t purge_texts, purge_people;
};

/* Enter a call: CHURN_E_ARG for NULL, CHURN_E_STATE while another runs. */
churn_status churn__engine_enter(churn_engine *engine, const char *function, churn_error *err);
void churn__engine_leave(churn_engine *engine);

/* A text by its code; {NULL, 0} for CHURN__NO_CODE. */
churn_str churn__engine_text(const churn_engine *engine, uint32_t code);
/* The engine's number of a store's customer; CHURN__NONE: has left no trace. */
uint32_t churn__engine_person(const churn_engine *engine, uint32_t customer);
churn__held *churn__watch_find(const churn__watch *watch, uint32_t person);
/* Bring person_of up to date with the customers of a version. */
churn_status churn__engine_meet(churn_engine *engine, const churn__version *version,
                                churn_error *err);
/* Make the watches fit the playbook's triggers, by id. What a changed rule does to an instance is
 * done by its next step. */
churn_status churn__engine_bind(churn_engine *engine, churn_error *err);
/* CHURN_E_CONFIG where the store placed dates by a zone that nobody chose. */
churn_status churn__engine_check_store(const churn_playbook *playbook, churn_store *store,
                                       churn_error *err);
/* People from number `from` on have come: find them in a version. */
void churn__engine_remember(churn_engine *engine, const churn__version *version, uint32_t from);
churn_status churn__advance_options(const churn_advance_options *given, churn_advance_options *out,
                                    churn_error *err);
/* One evaluation, inside a call that was entered; `counter` as in churn__walk. */
churn_status churn__engine_tick(churn_engine *engine, churn_time at,
                                const churn_advance_options *options, churn_cancel *counter,
                                churn_run *run, churn_error *err);

/* An action that the host has still to take over. */
static inline bool churn__action_waits(const churn__action *action)
{
    return !action->acknowledged && action->state != CHURN__STATE_CANCELLED;
}

static inline bool churn__instance_open(const churn__instance *instance)
{
    return instance->state == CHURN__TRIGGER_FIRING || instance->state == CHURN__TRIGGER_RESOLVING;
}

/* More is known of it than of one that was never TRUE nor UNKNOWN. */
static inline bool churn__instance_matters(const churn__instance *instance)
{
    return instance->state != CHURN__TRIGGER_INACTIVE || instance->episode != 0 ||
           instance->must_clear || instance->unknown_since != CHURN_TIME_NONE;
}

/* ---- tallies: tally.c ---- */

#define CHURN__DEGRADED_SHARE 0.05 /* of the conditions judged: docs/reference/semantics.md */

/* Zeroed. False: no memory. */
bool churn__tallies_open(churn__heap *heap, const churn_playbook *playbook, churn__tallies *out);
void churn__tallies_close(churn__heap *heap, churn__tallies *tallies);
/* So much could not be judged out of ignorance or error that the rest says little. */
bool churn__tally_degraded(uint64_t not_judged, uint64_t evaluated);

/* ---- history, read at an instant; triggers and plays are codes of the engine's texts ---- */

bool churn__history_firing(const churn_engine *engine, uint32_t person, uint32_t trigger,
                           churn_time as_of);
/* A task of the play is open at as_of. */
bool churn__history_running(const churn_engine *engine, uint32_t person, uint32_t play,
                            churn_time as_of);
/* {NULL, 0}: none set. */
churn_str churn__history_status(const churn_engine *engine, uint32_t person, churn_time as_of);
/* The tags on at as_of, by bytes, in the arena. False: no memory. */
bool churn__history_tags(const churn_engine *engine, uint32_t person, churn_time as_of,
                         churn__arena *arena, churn__strs *out);
/* A task that is not done at as_of. */
bool churn__history_task_open(const churn__action *action, churn_time as_of);

/* ---- saving ---- */

#define CHURN__STATE_MAGIC "CHURNENG"
#define CHURN__STATE_VERSION 2u
#define CHURN__STATE_HEADER 28u /* bytes before the body */

churn_status churn__engine_write(churn_engine *engine, churn__buf *out, churn_error *err);

/* ---- a frame: the columns of all slots for a batch of customers and dates ---- */

typedef struct churn__usual churn__usual;
typedef struct churn__frame_words churn__frame_words;

/* What a question takes as given of one customer, whatever the records say: frame_given.c. */
typedef struct churn__given {
    uint32_t customer;
    const churn__metric_given *values; /* of metrics and attributes */
    uint32_t value_count;
    const uint32_t *scores;     /* indexes */
    const double *score_values; /* NaN: missing */
    uint32_t score_count;
} churn__given;

/* Conditions that are judged together. */
typedef struct churn__frame_group {
    churn__expr_group *program; /* NULL: they are judged one by one */
    uint32_t count;
} churn__frame_group;

typedef struct churn__frame {
    churn__heap *heap;
    const churn_playbook *playbook;
    const churn_engine *engine; /* for history; may be NULL: none */
    churn_engine *asker;        /* the same, which keeps what conditions of losses came to */
    bool now;                   /* history is the engine's present state, not that at the date */
    churn__version *version;
    churn__reader *reader;
    churn__metric_plan *plan; /* NULL: no metric is needed */
    churn__loss_judge *judge;
    churn__expr_scratch *scratch;
    const churn_time *dates;
    uint32_t date_count, max_customers, max_rows;

    churn__column *columns;     /* by slot */
    churn__frame_words **words; /* by slot: of columns of few words; NULL: a plain one */
    churn__frame_group *levels; /* by place in the order where a level's segments begin; NULL */
    churn__truth **outcomes;    /* what the conditions of the largest group come to */
    churn__truth *truths;       /* where that is */
    uint32_t truth_count;
    uint8_t *needed;           /* by slot */
    churn__column *metric_out; /* by metric */
    uint8_t *metric_wanted;    /* by metric: something asks for it */
    churn__column *members;    /* by segment: copies of their columns, for metrics */
    const churn__usual *usual; /* among all customers; NULL: nothing needs it */
    churn__usual *own_usual;   /* the same, to be freed with the frame; or NULL */
    churn__family_room family; /* to look at children in */
    churn__score_out *scores;  /* by score */
    churn__score_room **rooms; /* by score; NULL of those that are not needed */
    double **overrides;        /* by score and row: set by hand; NaN: not; NULL as above */
    uint8_t *score_needed;     /* by score */
    uint8_t **moved; /* by score, then row: what became of the held band; NULL: bands are plain */
    uint32_t *attribute_codes; /* by attribute: code of texts in this version */
    churn__exchange_book *exchange;
    uint32_t *trigger_codes; /* by trigger: code of the engine's texts */
    uint32_t *play_codes;    /* by play, the same */
    uint32_t *blamed;        /* room for one blame */

    /* of the present batch */
    const uint32_t *customers;
    uint32_t customer_count, rows;
    churn_str *ids;      /* by customer of the batch, after churn__frame_name() */
    uint8_t *exists;     /* by row */
    churn__loss *losses; /* by row, if loss_needed */
    bool loss_needed;
    bool loss_kinds;           /* their kinds as well */
    bool loss_ready;           /* prepared for all customers of a walk */
    const churn__given *given; /* NULL: nothing */
    churn__truth *truth;       /* room for one condition */
    churn__arena strings;      /* of the batch */
    churn__arena names;        /* of the frame */
} churn__frame;

/* The date of a row, and the place and id of its customer in the batch. */
static inline churn_time churn__frame_date(const churn__frame *frame, uint32_t row)
{
    return frame->dates[row % frame->date_count];
}

static inline uint32_t churn__frame_place(const churn__frame *frame, uint32_t row)
{
    return row / frame->date_count;
}

static inline churn_str churn__frame_id(const churn__frame *frame, uint32_t row)
{
    return frame->ids[churn__frame_place(frame, row)];
}

typedef struct churn__frame_options {
    bool all_metrics;
    bool all_scores;
    bool losses;
    bool triggers;     /* what triggers and plays read, and losses for populations */
    bool every_slot;   /* needed or not */
    bool measure;      /* keep figures of quality of metrics */
    bool segments;     /* all of them */
    bool one_customer; /* at a time, instead of as many as fit */
    bool now;
    bool held;                    /* bands are held ones: bands.h */
    const uint8_t *stale_sources; /* by source: 1 forces stale, 0 fresh; NULL: as they are */
    uint32_t only_score;          /* with all_scores false; CHURN__NONE */
    /* By metric, or NULL: baselines of groups of which just the makings are to be computed. */
    const uint8_t *makings_of;
    /* By roll-up, or NULL: of which just the scores of children are to be computed. */
    const uint8_t *children_of;
    const churn_playbook *playbook; /* the engine's with what a question adds; NULL: the engine's */
    const churn__expr *const *reads; /* expressions that will be evaluated over the frame */
    uint32_t read_count;
    const uint32_t *slots; /* that will be read by themselves */
    uint32_t slot_count;
    const churn__given *given; /* kept until the frame is closed; its values may change meanwhile.
                                  NULL: nothing */
} churn__frame_options;

churn_status churn__frame_open(churn_engine *engine, churn__version *version,
                               const churn_time *dates, uint32_t date_count,
                               const churn__frame_options *options, churn__frame **out,
                               churn_error *err);
void churn__frame_close(churn__frame *frame);
/* Note what is needed: frame_needs.c. False: no metric is. */
bool churn__frame_need(churn__frame *frame, const churn__frame_options *options);
/* Find what is usual among all customers where the frame needs that; before it is filled. */
churn_status churn__frame_survey(churn__frame *frame, churn_engine *engine,
                                 const churn__frame_options *options, churn_cancel *cancel,
                                 churn_error *err);
/* Its dates, as many as before, were changed by whoever has them: only metrics are bound to them.
 * What is usual among all customers is to be found again.
 * After a failure the frame can only be closed. */
churn_status churn__frame_move(churn__frame *frame, churn_error *err);
/* Fill all columns that are needed; row of customer i at date j is i * date_count + j. In two
 * parts: what comes from the store, then all that conditions and the engine's history have a part
 * in. */
churn_status churn__frame_fill(churn__frame *frame, const uint32_t *customers, uint32_t count,
                               churn_error *err);
churn_status churn__frame_gather(churn__frame *frame, const uint32_t *customers, uint32_t count,
                                 churn_error *err);
churn_status churn__frame_finish(churn__frame *frame, churn_error *err);
/* The second part reads what an evaluation is changing. */
bool churn__frame_reads_history(const churn__frame *frame);
/* The scores that were set by hand, by row, NaN where none counts at the row's date: overrides.c.
 */
churn_status churn__frame_overrides(churn__frame *frame, uint32_t score, double *out,
                                    churn_error *err);
/* A judgement counts no longer at as_of, by what it says itself or by the score's max_age. */
bool churn__override_is_over(const churn__score_def *def, const churn__override *one,
                             churn_time as_of);
/* In an evaluation, after a score was computed: the bands that are held in place of plain ones, in
 * frame->scores[score].band_codes: bands.c. */
churn_status churn__frame_hold(churn__frame *frame, uint32_t score, churn_error *err);
/* A score of the frame as lib/score takes it, and the card of a row. */
churn__score_in churn__frame_score_in(const churn__frame *frame, uint32_t score);
const churn__card_def *churn__frame_card(const churn__frame *frame, uint32_t score, uint32_t row);
churn_str churn__frame_band(const churn__frame *frame, uint32_t score, uint32_t row);
/* How many customers a frame takes at once. */
uint32_t churn__frame_customers(uint32_t date_count);
/* Before losses are judged: what their conditions came to, of these customers; NULL: they have
 * none.
 */
churn_status churn__frame_losses(const churn__frame *frame, const uint32_t *customers,
                                 uint32_t count, churn_cancel *cancel,
                                 const churn__loss_book **book, churn_error *err);
/* Look up the ids of the batch's customers. */
void churn__frame_name(churn__frame *frame);
/* An attribute that is text; {NULL, 0}: it is none, or not given. */
churn_str churn__frame_attribute_text(churn__frame *frame, uint32_t customer, churn_str name,
                                      churn_time as_of);

/* ---- what is given: frame_given.c ---- */

/* After the plan was made. */
void churn__frame_give(churn__frame *frame);
/* NULL: the attribute of the row's customer is not given. */
const churn__value *churn__frame_given_attribute(const churn__frame *frame, churn_str name,
                                                 uint32_t row);
/* After a score was computed. */
void churn__frame_give_score(churn__frame *frame, uint32_t score);

/* ---- columns of a few words: frame_words.c ---- */

#define CHURN__FRAME_WORDS 64u /* different ones in a batch, at most */

/* NULL: no memory. */
churn__frame_words *churn__frame_words_open(churn__heap *heap, uint32_t rows);
void churn__frame_words_close(churn__heap *heap, churn__frame_words *words);
/* A batch begins; then one text for each row from 0 on, whose place says which text it is, and
 * which stays there as long as the batch; {NULL, 0}: none. */
void churn__frame_words_begin(churn__frame_words *words, churn__column *column);
void churn__frame_words_put(churn__frame_words *words, churn__column *column, uint32_t row,
                            churn_str text);

/* ---- scores of a frame: frame_scores.c ---- */

/* Arrays of the scores that are needed; columns that look at them; room to compute them in; and
 * computing one. False: no memory. */
bool churn__frame_scores_make(churn__frame *frame);
bool churn__frame_point_at_score(churn__frame *frame, uint32_t slot);
churn_status churn__frame_scores_open(churn__frame *frame, churn_error *err);
void churn__frame_scores_free(churn__frame *frame);
churn_status churn__frame_fill_score(churn__frame *frame, uint32_t index, churn_error *err);

/* ---- conditions that are judged together: frame_groups.c ---- */

/* Rows enough to prepare for them. */
bool churn__frame_is_batch(const churn__frame *frame);
bool churn__frame_needs_segment(const churn__frame *frame, uint32_t index);
/* The end of the segments of one level from a place in the order on; itself: there are none. */
uint32_t churn__frame_level(const churn__frame *frame, uint32_t from);
/* When it is known what is needed. Fails for want of memory only. */
churn_status churn__frame_groups_open(churn__frame *frame, churn_error *err);
void churn__frame_groups_close(churn__frame *frame);

/* The inputs that made a condition UNKNOWN for a row, by slot: valid until the next call. */
uint32_t churn__frame_blame(churn__frame *frame, const churn__expr *expr, uint32_t row,
                            const uint32_t **slots);
/* The worst of their reasons: where it is absence, all are. */
churn__missing churn__frame_reason(churn__frame *frame, const churn__expr *expr, uint32_t row);
static inline churn__missing churn__frame_missing(const churn__frame *frame, uint32_t slot,
                                                  uint32_t row)
{
    const churn__missing *missing = frame->columns[slot].missing;
    return missing ? missing[row] : CHURN__PRESENT;
}

/* ---- going through customers: crew.c ---- */

typedef churn_status (*churn__frame_use)(churn__frame *frame, void *context, churn_error *err);

/* Fill frames with customers of a list, batch by batch, and use each in the list's order. */
typedef struct churn__walk {
    churn_engine *engine;
    churn__version *version;
    const uint32_t *order;
    uint32_t count;
    const churn_time *dates;
    uint32_t date_count;
    const churn__frame_options *want;
    bool named; /* look up ids */
    churn__frame_use use;
    churn__frame_use leave; /* each frame that worked, when all is done; NULL: nothing */
    void *context;
    churn_cancel *cancel;
    churn_cancel *counter;     /* told how many customers are done; NULL: nobody is */
    const churn__usual *usual; /* of a survey: what the rounds before it found */
} churn__walk;

churn_status churn__walk_all(const churn__walk *walk, churn_error *err);

/* ---- what is usual among all customers: usual.c ---- */

/* In as many rounds through them as baselines stand on each other. NULL: nothing is needed. */
churn_status churn__usual_find(const churn__walk *walk, const churn__frame *asker,
                               churn__usual **out, churn_error *err);
void churn__usual_free(churn__usual *usual);
const churn__metric_usual *churn__usual_of(const churn__usual *usual, uint32_t metric);
/* Whether the customer of a row exists and is in a segment; CHURN__NONE: in any or none. */
bool churn__usual_member(const churn__frame *frame, uint32_t segment, uint32_t row);

/* ---- scores of child customers: family.c ---- */

typedef struct churn__family churn__family;

/* How many rounds the roll-ups that a frame needs take; 0: it needs none. */
uint32_t churn__family_rounds(const churn__frame *asker);
/* Who is whose child at the dates of a walk; then, round by round, their scores. */
churn_status churn__family_open(const churn__walk *asked, const churn__frame *asker,
                                churn__family **out, churn_error *err);
churn_status churn__family_round(churn__family *family, const churn__walk *asked,
                                 const churn__usual *usual, uint32_t round, churn_error *err);
void churn__family_free(churn__family *family);
/* It goes along with what is usual. NULL: no roll-up is needed. */
const churn__family *churn__usual_family(const churn__usual *usual);
/* The slot of a roll-up, where it is needed. */
churn_status churn__frame_fill_roll_up(churn__frame *frame, uint32_t index, churn_error *err);

/* The children of a row, by ids; of who is in a circle of parents none. Valid until the next call;
 * the frame needs the roll-up. */
churn_status churn__family_children(churn__frame *frame, uint32_t roll_up, uint32_t row,
                                    const churn__family_child **out, uint32_t *count,
                                    churn_error *err);

/* ---- shared by questions ---- */

/* What a question runs over: pinned version, list of customers by id. */
typedef struct churn__asking {
    churn_engine *engine;
    churn__version *version;
    const uint32_t *order; /* customers to go through */
    uint32_t count;
    uint32_t one;   /* room for a single customer */
    uint32_t *some; /* those of options.customers; NULL: none given */
    size_t some_count;
    churn_query_options options;
} churn__asking;

/* `flags`: those of the options that the question knows. */
churn_status churn__asking_begin(churn_engine *engine, const churn_query_options *options,
                                 uint32_t flags, const churn_time *dates, uint32_t date_count,
                                 churn__asking *out, churn_error *err);
void churn__asking_end(churn__asking *asking);
/* Let `use` fill the columns of a builder, which is taken (NULL: there was no memory for it), from
 * all customers of a question at its dates. */
churn_status churn__answer(churn__asking *asking, const churn_time *dates, uint32_t date_count,
                           const churn__frame_options *want, churn__frame_use use, void *context,
                           churn__table_builder *builder, churn_table **out, churn_error *err);
/* The content hash of a playbook as 16 hex digits, in `room`. */
churn_str churn__playbook_hash_text(const churn_playbook *playbook, char room[17]);
/* Index of a score by name; an empty name gives the first. CHURN_E_NOT_FOUND with suggestion. */
churn_status churn__find_score(const churn_playbook *playbook, churn_str name, uint32_t *out,
                               churn_error *err);
/* MRR of a customer at as_of in minor units of the playbook's currency. */
churn__missing churn__frame_mrr(churn__frame *frame, uint32_t customer, churn_time as_of,
                                int64_t *out);
double churn__major(const churn_playbook *playbook, int64_t minor);
/* MRR * (100 - score) / 100 of the first score of a row, in minor units; NaN: no score. */
double churn__value_at_risk(const churn__frame *frame, uint32_t row, int64_t mrr);

#endif

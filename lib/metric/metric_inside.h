/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_METRIC_INSIDE_H
#define CHURN_METRIC_METRIC_INSIDE_H

#include "base/checked.h"
#include "kpi/kpi.h"
#include "metric/metric.h"

/*
 * What the files of this module share; nobody else includes it.
 *
 * Events are worked on customer by customer. The ends of all windows at all dates are known before
 * the first customer: sorted and without repeats they are the plan's cuts. An event's place is how
 * many cuts are not after it. For each type of event one walk counts the events of every place, and
 * every window is two positions from then on, whatever the metric and the date. Events older than
 * the oldest window are not touched.
 */

#define CHURN__METRIC_NONE UINT32_MAX
#define CHURN__METRIC_AGE                                                  \
    (UINT32_MAX - 1) /* instead of an attribute's code: the customer's age \
                      */

/* What metrics need of events, beside their positions. */
#define CHURN__NEED_AT 1u
#define CHURN__NEED_VALUE 2u
#define CHURN__NEED_USER 4u   /* users as small numbers of the customer in hand */
#define CHURN__NEED_DAY 8u    /* local dates as small numbers */
#define CHURN__NEED_KEY 16u   /* values as small numbers */
#define CHURN__NEED_PLACE 32u /* among the cuts */
/* Of a set of several types: that its events follow each other in time, which is dear. Without it
 * they are in order of their places only, which is all that counting and comparing ask for. */
#define CHURN__NEED_ORDER 64u

/* Events of one type of the customer in hand, oldest first, or of several types merged: from the
 * one before the oldest window on. Arrays that nobody needs are not filled in. */
typedef struct churn__metric_run {
    uint32_t type; /* CHURN__METRIC_NONE: merged */
    uint32_t count;
    uint32_t cursor; /* while merging: the next event */
    uint32_t *pos;   /* by cut: how many events come before it */
    void *room;      /* what the columns lie in */
    size_t capacity;
    churn_time *at;
    double *value;
    uint32_t *user, *day, *key; /* CHURN__METRIC_NONE: not given */
    uint32_t *place;
} churn__metric_run;

/* When the next event of a set's member happened. */
typedef struct churn__metric_head {
    churn_time at;
    uint32_t member;
} churn__metric_head;

/* Events [begin, end) of a run. */
typedef struct churn__metric_span {
    uint32_t begin, end;
} churn__metric_span;

/* A distinct set of event types. */
typedef struct churn__metric_set {
    bool any;
    bool ordered;          /* something is summed: events at one instant have their order, too */
    uint8_t need;          /* CHURN__NEED_* of its metrics, of all its events together */
    uint8_t need_each;     /* and of each type's alone */
    const uint32_t *types; /* codes, ascending */
    uint32_t type_count;
    /* of the customer in hand */
    uint32_t *members;         /* runs that are not empty; by name of type where ordered */
    churn__metric_head *heads; /* while merging: a binary heap, the first event on top */
    size_t member_capacity, head_capacity;
    uint32_t member_count;
    uint32_t run; /* of all of them; CHURN__METRIC_NONE: no events */
} churn__metric_set;

/* A definition bound to the version and the dates. */
typedef struct churn__metric_bound {
    const churn__metric_def *def;
    uint32_t set;
    uint32_t attribute[2]; /* codes of texts: the attribute's, or the operands' */
    churn_time from;       /* since when all that it stands on is tracked; NONE: always */
    const uint32_t *low;   /* cut where the window begins, by date; NULL: no beginning. A trend: of
                              each bucket's beginning, then the last one's end */
    const uint32_t *high;  /* cut where it ends, by date */
    churn__missing *block; /* by date: why there can be no value */
    bool blocked;          /* at some date */
    churn_time reach;      /* the earliest instant at which a window begins */
    /* Of distinct: by place, the first date whose window begins (first_low) or ends (first_high)
     * at this cut or a later one. NULL: windows do not move forward with the dates. */
    const uint32_t *first_low, *first_high;
    struct churn__metric_list *filters; /* codes of the texts of each filter */
} churn__metric_bound;

/* Dates evaluated together, and the cuts that they use. */
typedef struct churn__metric_range {
    uint32_t first, end;        /* dates */
    uint32_t low_cut, high_cut; /* both included */
} churn__metric_range;

/* Foreign keys to 0, 1, 2 ... for one customer at a time. */
typedef struct churn__metric_key_slot {
    uint64_t key;
    uint32_t stamp, id;
} churn__metric_key_slot;

typedef struct churn__metric_keys {
    churn__metric_key_slot *slots;
    size_t capacity; /* a power of two */
    uint64_t secret;
    uint32_t count, stamp;
} churn__metric_keys;

/* What distinct.c remembers of small numbers. All zero between metrics. */
typedef struct churn__metric_marks {
    uint32_t *of;
    size_t capacity;
} churn__metric_marks;

/* Places of instants without a search: cells of a power of two of microseconds, mostly with at most
 * one cut in each. Instants before `first` have the place `before`. */
typedef struct churn__metric_grid {
    churn_time first;
    unsigned shift;
    uint32_t before, cell_count;
    uint32_t *cells; /* place of the instant with which a cell begins */
} churn__metric_grid;

/* Offsets of the zone by day of UTC, so that dates of events need no search. */
typedef struct churn__metric_days {
    int64_t first; /* day of UTC */
    uint32_t count;
    int32_t *offset; /* seconds; INT32_MIN: changes on that day */
} churn__metric_days;

/* Indexes of metrics of some kinds. */
typedef struct churn__metric_list {
    uint32_t *items;
    uint32_t count;
} churn__metric_list;

/* A value or why there is none. */
typedef struct churn__metric_cell {
    double value;
    churn__missing missing;
} churn__metric_cell;

struct churn__metric_plan {
    churn__heap *heap;
    churn__version *version;
    churn__arena arena;
    churn__metric_config config;
    churn_time *dates;
    uint32_t date_count;
    churn__metric_bound *bounds; /* by metric */
    churn__metric_list events, records[CHURN__METRIC_KINDS];
    churn__metric_list general_list; /* events the general way */
    churn__metric_list derived;      /* in an order in which each comes after what it is made of */
    uint8_t *past_levels;            /* by metric: see derived.c */
    bool has_records;                /* some list of records is not empty */
    bool needs_since;
    double money_scale; /* minor units of one major unit */

    /* sources: by source, then date */
    uint8_t *measured_stale, *marked;
    uint8_t *assumed;       /* by source: CHURN__ASSUME_* */
    churn_str *stale_names; /* by date, then as many as there are */
    uint32_t *stale_counts;
    churn__missing *attribute_block, *customer_block; /* by date, for operands */

    /* events */
    churn__metric_set *sets;
    uint32_t set_count;
    bool any; /* a set holds every type */
    uint32_t type_count;
    uint8_t *need;    /* by type */
    uint8_t need_any; /* of every type */
    uint8_t need_all; /* of some type */
    uint32_t *named;  /* types that sets name */
    uint32_t named_count;
    uint32_t *rank;   /* by type: its place by name; NULL where no order is needed */
    churn_time *cuts; /* then INT64_MAX */
    uint32_t cut_count;
    churn__metric_grid grid;
    churn__metric_range whole, *by_date;
    churn__metric_days days;

    /* the customer in hand */
    churn__metric_run *runs;
    size_t run_capacity;
    uint32_t run_count;
    uint32_t *run_of; /* by type; holds only if that run says the same */
    churn__metric_keys users, values;
    churn__metric_marks marks;
    churn__metric_span *spans; /* by date */
    int32_t *steps;    /* by date, and one: what distinct counts more than the date before */
    uint32_t *next_at; /* by place: while merging, where its next event goes */
    uint32_t *goes_to; /* by event of a type: where it goes */
    size_t goes_to_capacity;
    churn__metric_run picked; /* room for events of which not all versions are seen */
    uint32_t *picks;
    size_t pick_capacity;
    churn_time *since;       /* by date */
    churn_time newest_since; /* of all dates; CHURN_TIME_NONE: none given */

    /* records */
    churn__exchange_book *book;
    churn__exchange *exchange; /* by date */
    double *numbers;           /* of the metric in hand */
    size_t number_capacity;
    churn__metric_keys people;
    churn__ledger *ledger; /* of one customer after another; NULL: not asked for yet */

    uint8_t *wanted;                       /* by metric: whether it is computed */
    struct churn__metric_general *general; /* event_inside.h; NULL: not needed */
    struct churn__metric_exprs *exprs;     /* expression.c, the same */
    struct churn__metric_pasts *pasts;     /* past.c, the same */
    struct churn__metric_its *its;         /* record_where.c; NULL: not needed */
    churn__metric_quality *quality;        /* by metric; NULL: not asked for */
    const churn__metric_given *given;      /* of one customer: given.c */
    uint32_t given_count, given_customer;

    bool mixed;  /* an event is seen at some dates only: date by date, please */
    bool failed; /* no memory, or: */
    const churn__metric_bound *overflow; /* whose sum of whole numbers did not fit 64 bits; NULL */
};

static inline void churn__metric_overflow(churn__metric_plan *plan,
                                          const churn__metric_bound *bound)
{
    plan->overflow = bound;
    plan->failed = true;
}

#define CHURN__ASSUME_NOTHING 0
#define CHURN__ASSUME_FRESH 1
#define CHURN__ASSUME_STALE 2

static inline churn__metric_cell churn__metric_value(double value)
{
    return (churn__metric_cell){value, CHURN__PRESENT};
}

static inline churn__metric_cell churn__metric_no_value(churn__missing reason)
{
    return (churn__metric_cell){0, reason};
}

/* at - amount, not before the first instant. */
static inline churn_time churn__metric_back(churn_time at, int64_t amount)
{
    int64_t back = 0;
    return churn__sub_i64(at, amount, &back) && back > CHURN_TIME_MIN ? back : CHURN_TIME_MIN;
}

/* Where a metric's time ends at a date, and where a span before an instant begins. */
static inline churn_time churn__metric_before(const churn__metric_plan *plan, churn_time at,
                                              churn__span span)
{
    return span.unit == CHURN__UNIT_MICRO ? churn__metric_back(at, span.amount)
                                          : churn__span_back(plan->config.zone, at, span);
}

static inline churn_time churn__metric_end(const churn__metric_plan *plan,
                                           const churn__metric_def *def, uint32_t date)
{
    return churn__metric_before(plan, plan->dates[date], def->offset);
}

/* The first of n ascending instants that is not before `at`. */
static inline uint32_t churn__metric_first_from(const churn_time *times, uint32_t n, churn_time at)
{
    uint32_t low = 0;
    while (n > 0) {
        uint32_t half = n / 2;
        bool before = times[low + half] < at;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return low;
}

/* ---- coverage.c ---- */

/* Measures sources and finds since when metrics are tracked. */
churn_status churn__metric_cover_create(churn__metric_plan *plan, churn_error *err);
/* Fills in blocks and the names of stale sources. */
void churn__metric_cover(churn__metric_plan *plan);
/* Windows that begin before the customer or the tracking did: the reason to be missing, or where
 * the window is clipped to (CHURN_TIME_NONE: not at all). */
churn__missing churn__metric_history(const churn__metric_bound *bound, churn_time since,
                                     churn_time start, churn_time *clip);
/* The reason why nothing is known before a lower bound made of the two. */
churn__missing churn__metric_short(const churn__metric_bound *bound, churn_time since);

/* ---- cuts.c ---- */

/* Sets of events, what they need, and cuts. */
churn_status churn__metric_sets_create(churn__metric_plan *plan, churn_error *err);
churn_status churn__metric_cuts_create(churn__metric_plan *plan, churn_error *err);
/* Local dates; after the cuts. */
churn_status churn__metric_days_create(churn__metric_plan *plan, churn_error *err);
#define CHURN__METRIC_DAYS_AROUND 4u /* local dates outside of the days of UTC */
uint32_t churn__metric_day(const churn__metric_plan *plan, churn_time at);

/* How many cuts are not after an instant. */
static inline uint32_t churn__metric_place(const churn__metric_plan *plan, churn_time at)
{
    const churn__metric_grid *grid = &plan->grid;
    if (at < grid->first) {
        return grid->before;
    }
    uint64_t cell = (uint64_t)(at - grid->first) >> grid->shift;
    uint32_t place = grid->cells[cell < grid->cell_count ? cell : grid->cell_count];
    while (plan->cuts[place] <= at) {
        place++;
    }
    return place;
}

/* ---- gather.c ---- */

/* Brings a customer's events into runs for some dates; sets `mixed` or `failed` if that cannot be.
 */
void churn__metric_gather(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                          const churn__metric_range *range);
void churn__metric_gather_free(churn__metric_plan *plan);
/* The next run of the customer in hand, with no events; NULL: no memory. */
churn__metric_run *churn__metric_run_next(churn__metric_plan *plan);
/* Room for n events; what was in it is lost when it grows. False: no memory. */
bool churn__metric_run_fit(churn__metric_plan *plan, churn__metric_run *run, size_t n);

/* ---- merge.c ---- */

/* Brings the runs of a set's types together as its one run. */
void churn__metric_merge(churn__metric_plan *plan, churn__metric_set *set, uint32_t runs,
                         const churn__metric_range *range);

/* ---- keys.c ---- */

void churn__metric_keys_reset(churn__metric_keys *keys);
/* CHURN__METRIC_NONE: no memory. */
uint32_t churn__metric_key_add(churn__heap *heap, churn__metric_keys *keys, uint64_t key);

/* splitmix64's finaliser (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * 2014). */
static inline uint64_t churn__metric_key_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The number of a key; CHURN__METRIC_NONE: no memory. Most are where they are looked for first. */
static inline uint32_t churn__metric_key(churn__heap *heap, churn__metric_keys *keys, uint64_t key)
{
    if (keys->capacity > 0) {
        size_t at = (size_t)churn__metric_key_mix(key ^ keys->secret) & (keys->capacity - 1);
        if (keys->slots[at].stamp == keys->stamp && keys->slots[at].key == key) {
            return keys->slots[at].id;
        }
    }
    return churn__metric_key_add(heap, keys, key);
}
void churn__metric_keys_free(churn__heap *heap, churn__metric_keys *keys);

/* ---- aggregate.c ---- */

/* One event metric at one date, or at several of them one after the other. */
typedef struct churn__metric_window {
    churn__metric_plan *plan;
    const churn__metric_bound *bound;
    const churn__metric_set *set;
    const churn__metric_run *run; /* all events of the set; NULL: the customer has none */
    const churn__metric_range *range;
    uint32_t date;
    churn_time clip; /* where the window begins instead; CHURN_TIME_NONE: where it does */
} churn__metric_window;

/* The events of `run`, which may be NULL, that lie in the window at its date. Where it is clipped
 * the run needs its instants, in order. */
static inline churn__metric_span churn__metric_window_span(const churn__metric_window *w,
                                                           const churn__metric_run *run)
{
    churn__metric_span s = {0, 0};
    if (run == NULL) {
        return s;
    }
    s.end = run->pos[w->bound->high[w->date]];
    s.begin = w->bound->low == NULL ? 0 : run->pos[w->bound->low[w->date]];
    if (w->clip != CHURN_TIME_NONE) {
        uint32_t clipped = churn__metric_first_from(run->at, run->count, w->clip);
        s.begin = clipped > s.begin ? clipped : s.begin;
    }
    s.begin = s.begin < s.end ? s.begin : s.end;
    return s;
}

static inline churn_time churn__metric_window_end(const churn__metric_window *w)
{
    return w->plan->cuts[w->bound->high[w->date]];
}

/* Values of an event metric at the dates of a range, a cell a date. */
void churn__metric_aggregate(churn__metric_plan *plan, uint32_t metric,
                             const churn__metric_range *range, double *values,
                             churn__missing *missing);

/* ---- distinct.c ---- */

/* How many different users, days or values there are in the windows of dates w->date .. end - 1. */
void churn__metric_distinct(churn__metric_window *w, uint32_t end, double *values);

/* ---- records.c ---- */

/* Filters and rates; after the definitions are bound. */
churn_status churn__metric_records_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_records_free(churn__metric_plan *plan);

/* Rows of a customer at all dates: row `first` + date of each column. */
void churn__metric_records(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                           size_t first, churn__column *out);
/* An attribute, or the age in days, as a number. */
churn__metric_cell churn__metric_attribute_number(churn__metric_plan *plan, churn__reader *reader,
                                                  uint32_t customer, uint32_t attribute,
                                                  uint32_t date);

/* ---- derived.c, past.c, quality.c, event_view.c ---- */

/* Finds what is wanted, and puts derived metrics into an order in which each comes after what it is
 * made of. */
churn_status churn__metric_order(churn__metric_plan *plan, churn_error *err);
churn_status churn__metric_derived_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_derived_free(churn__metric_plan *plan);
/* After all other metrics of these customers. */
churn_status churn__metric_derive(churn__metric_plan *plan, churn__reader *reader,
                                  const uint32_t *customers, uint32_t n, churn__column *out,
                                  churn_error *err);
void churn__metric_pasts_fresh(churn__metric_plan *plan);
/* All metrics without a round; one that has one. */
void churn__metric_measure(churn__metric_plan *plan, churn__reader *reader,
                           const uint32_t *customers, uint32_t n, const churn__column *out);
void churn__metric_measure_late(churn__metric_plan *plan, uint32_t metric, churn__reader *reader,
                                const uint32_t *customers, uint32_t n, const churn__column *out);
/* Event metrics that need the general way. */
bool churn__metric_is_general(const churn__metric_plan *plan, const churn__metric_def *def);
churn_status churn__metric_general_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_general_free(churn__metric_plan *plan);
/* A customer at all dates. */
void churn__metric_general_eval(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                                size_t first, churn__column *out);
/* Why plan->failed was set, for the customer that was in hand. */
churn_status churn__metric_trouble(churn__metric_plan *plan, uint32_t customer, churn_error *err);

/* ---- metric.c ---- */

/* Writes a cell, with the metric's default where it is missing. */
void churn__metric_put(const churn__metric_plan *plan, uint32_t metric, size_t row,
                       churn__metric_cell cell, churn__column *out);
/* Of cells that were written without it: makes them what churn__metric_put() would have written.
 * Mostly they are that already. */
void churn__metric_settle(const churn__metric_plan *plan, uint32_t metric, size_t rows,
                          churn__column *out);
/* The same for a metric of any type; `value` is of that type, or a whole number for a double. */
void churn__metric_put_value(const churn__metric_plan *plan, uint32_t metric, size_t row,
                             churn__value value, churn__column *out);
/* As a number: numbers and truths; missing (not_provided) for what is neither. */
churn__metric_cell churn__metric_number(churn__value value);
bool churn__metric_is_age(churn_str attribute);

/* ---- what is given: given.c ---- */

/* Before metrics are made of others: those that are given, or read an attribute that is. */
void churn__metric_give_all(churn__metric_plan *plan, const uint32_t *customers, uint32_t n,
                            churn__column *out);
/* After one was made of others. */
void churn__metric_give_one(churn__metric_plan *plan, uint32_t metric, const uint32_t *customers,
                            uint32_t n, churn__column *out);
/* NULL: the attribute is not given. */
const churn__value *churn__metric_given_attribute(const churn__metric_plan *plan, uint32_t customer,
                                                  churn_str name);

#endif

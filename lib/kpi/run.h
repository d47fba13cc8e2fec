/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_RUN_H
#define CHURN_KPI_RUN_H

#include "base/arena.h"
#include "base/dict.h"
#include "kpi/kpi.h"
#include "kpi/voice_def.h"
#include "kpi/ledger.h"

/*
 * A run: one pass through all customers, in which sets of figures add up what they need, by period
 * and group, and a table of their cells afterwards.
 *
 * Sets never loop over customers times periods: a movement goes into the period in which it
 * happens; a level is put where it begins and taken away where it ends, and the differences are
 * summed up over periods when all customers have been seen (churn__sums_accumulate).
 */

#define CHURN__KPI_NONE UINT32_MAX

/* Units of figures, in the table's column `unit`. */
#define CHURN__UNIT_COUNT 0  /* "count" */
#define CHURN__UNIT_MONEY 1  /* "currency" */
#define CHURN__UNIT_RATIO 2  /* "ratio" */
#define CHURN__UNIT_MONTHS 3 /* "months" */
#define CHURN__UNIT_DAYS 4   /* "days" */
#define CHURN__UNIT_HOURS 5  /* "hours" */
#define CHURN__UNIT_POINTS 6 /* "points": NPS, -100 to 100 */
#define CHURN__UNIT_NUMBER 7 /* "number" */
#define CHURN__UNITS 8

const char *churn__unit_name(uint8_t unit);

/* One figure of a set; docs/metrics.md is made of these. */
typedef struct churn__figure {
    const char *id; /* gross_mrr_churn */
    uint8_t unit;
    bool at_end;         /* a level at the end of a period, not something of the period */
    const char *title;   /* "Gross MRR churn" */
    const char *formula; /* "(churned + contraction) / MRR at the start" */
    const char *source;  /* "ChartMogul, Gross MRR Churn Rate" */
    const char *example; /* worked, one line */
    const char *vendors; /* how vendors differ; NULL: they do not */
} churn__figure;

/* [start, end), seen up to `until`: its end, or as_of where that is earlier. What happens at an
 * instant belongs to the period that begins with it; levels are those just before it. */
typedef struct churn__kpi_period {
    churn_time start, end, until;
    bool begun, complete;
} churn__kpi_period;

/* Zeroed by the caller; a cell left zeroed is undefined: there is nothing. */
typedef struct churn__kpi_cell {
    bool defined, has_terms, has_interval;
    bool bounded;    /* undefined, and yet `low` or `high` bounds it; NaN: that one is not known */
    bool incomplete; /* though the period is over: something is still waited for */
    double value, low, high, numerator, denominator; /* money in major units */
    int64_t n;        /* customers, answers ... that it stands on; -1: does not apply */
    int64_t excluded; /* customers or records left out */
    uint8_t missing;  /* churn__missing: why undefined; 0 is taken for CHURN__EMPTY */
    churn_str note;   /* why something is left out, in words; in run->arena, or of static memory */
} churn__kpi_cell;

/* What a record says of itself, where figures are asked for by it. */
typedef enum churn__kpi_key {
    CHURN__KEY_PLAN,
    CHURN__KEY_PRODUCT,
    CHURN__KEY_CURRENCY, /* without a code: of the customer's main subscription */
    CHURN__KEY_CHURN_KIND,
    CHURN__KEY_CHURN_REASON,
    CHURN__KEY_CHURN_COMPETITOR,
    CHURN__KEY_CHURN_VALUE, /* without: of the customer's last loss in the period */
    CHURN__KEY_CAUSE,       /* of a movement */
    CHURN__KEY_SURVEY_MOMENT,
    CHURN__KEY_SURVEY_CATEGORY,
    CHURN__KEY_SURVEY_USER,
    CHURN__KEY_TICKET_PRIORITY,
    CHURN__KEY_TICKET_CATEGORY,
    CHURN__KEY_SPEND_CHANNEL,
    CHURN__KEY_OFFER,
    CHURN__KEY_TOUCHPOINT_CHANNEL,
    CHURN__KEY_EVENT_TYPE, /* code of churn__version_types() */
    CHURN__KEYS
} churn__kpi_key;

/* Codes of texts of the version; of CHURN_KIND CHURN__CHURN_*, of CAUSE CHURN__CAUSE_*, of
 * CHURN_VALUE what churn__value_class() says.
 * CHURN__NO_CODE: the record says nothing; CHURN__KEY_NULL: it says that there is none. */
#define CHURN__KEY_NULL (UINT32_MAX - 1u)

typedef struct churn__kpi_keys {
    uint32_t code[CHURN__KEYS];
} churn__kpi_keys;

extern const churn__kpi_keys churn__kpi_no_keys;

/* A key's code as a record has it: where it has none, that is what it says. */
static inline uint32_t churn__key_code(uint32_t code)
{
    return code == CHURN__NO_CODE ? CHURN__KEY_NULL : code;
}

/* What a playbook says under `kpi:` beside the policy. */
#define CHURN__VALUE_CLASSES 16u /* bounds, at most */
#define CHURN__EARLY_LIFE (90 * CHURN__DAY)
#define CHURN__SILENT_QUARTERS 2u

typedef struct churn__kpi_settings {
    double gross_margin;                        /* NaN: not given */
    int64_t early_life;                         /* us */
    uint32_t silent_quarters;                   /* at least 1 */
    double value_classes[CHURN__VALUE_CLASSES]; /* ascending bounds of lost MRR, major units */
    uint32_t value_class_count;
    churn__voice_def voice;
    churn__engagement_def engagement;
} churn__kpi_settings;

/* The size class of an MRR that was lost, 0 below the first bound; CHURN__KEY_NULL: not known, or
 * there are no classes. Its words are written to `out`: "100 to 1000". */
uint32_t churn__value_class(const churn__kpi_settings *settings, int64_t mrr, double minor);
size_t churn__value_class_text(const churn__kpi_settings *settings, uint32_t value_class, char *out,
                               size_t cap);

/* How `every` cuts a span; see churn_engine_kpi(). */
typedef struct churn__kpi_cut {
    churn_time from, to, as_of;
    bool before; /* the first period is the one before the span: of the same unit, or as long */
    int32_t every;
    uint32_t rolling_days, step_days;
    const churn__zone *zone;
} churn__kpi_cut;

typedef struct churn__kpi_run churn__kpi_run;

/* A set of figures: plugged into a run. */
typedef struct churn__kpi_set {
    const char *name; /* "revenue" */
    const churn__figure *figures;
    uint32_t count;
    size_t state_size; /* zeroed memory that all calls get */
    churn_status (*open)(churn__kpi_run *run, void *state, churn_error *err); /* NULL: nothing */
    /* Every customer in order of id; NULL: nothing. */
    churn_status (*customer)(churn__kpi_run *run, void *state, churn_error *err);
    /* After all customers; NULL: nothing. */
    churn_status (*finish)(churn__kpi_run *run, void *state, churn_error *err);
    churn_status (*cell)(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                         uint32_t group, churn__kpi_cell *out, churn_error *err);
    /* Once if `open` was called, also if it failed; NULL: nothing. */
    void (*close)(churn__kpi_run *run, void *state);
} churn__kpi_set;

/* Read by sets. */
struct churn__kpi_run {
    churn__heap *heap;
    churn__arena *arena; /* lives as long as the run: notes */
    churn__version *version;
    churn__reader *reader;
    const churn__zone *zone;
    churn_time from, to, as_of;
    int32_t every; /* CHURN_EVERY_* */
    churn_str currency;
    int scale;    /* minor = major * 10^scale */
    double minor; /* 10^scale */
    const churn__kpi_policy *policy;
    const churn__kpi_settings *settings;
    double gross_margin; /* NaN: not given */
    double level, z;     /* of intervals: 0.95, 1.959963984540054 */
    bool by_end;         /* groups are those at the end of a period */
    /* Of the set whose turn it is: periods ascend and do not overlap, but need not touch. */
    const churn__kpi_period *periods;
    uint32_t period_count, begun_count; /* those that have begun come first */
    uint32_t key_bits;                  /* 1 << churn__kpi_key: by which groups are made */
    uint32_t by_count;                  /* dimensions of groups */
    const bool *asked;                  /* by figure of the set */
    const void *set_options;            /* what the request gives a set of its own */
    /* The customer whose turn it is. */
    uint32_t customer, rank;
    churn_str customer_id;
    churn_cancel *cancel;
    struct churn__run_inside *inside;
};

/* Of the customer whose turn it is; computed once however many sets ask; valid during the turn. */
churn_status churn__run_ledger(churn__kpi_run *run, const churn__ledger_of **out, churn_error *err);
churn_status churn__run_lives(churn__kpi_run *run, const churn__life_span **spans, size_t *count,
                              churn_error *err);
size_t churn__run_subscriptions(churn__kpi_run *run, const churn__subscription **rows);

/* The period in which an instant lies, of those that have begun and before what is seen of it;
 * CHURN__KPI_NONE. */
uint32_t churn__run_period(const churn__kpi_run *run, churn_time at);
/* The first period that is seen beyond an instant: which has it in its level at the end.
 * begun_count: none has. */
uint32_t churn__run_first_end(const churn__kpi_run *run, churn_time at);
/* Whether a period begins where the one before it ends. */
bool churn__run_adjoins(const churn__kpi_run *run, uint32_t period);

/* The group of the customer whose turn it is in a period (attributes, segments, bands, the main
 * subscription at its start or end; at as_of for one that has not begun) together with what a
 * record says. NULL: nothing. Groups are numbered from 0 as they appear; without `by` all is group
 * 0. CHURN__KPI_NONE: no memory. */
uint32_t churn__run_group(churn__kpi_run *run, uint32_t period, const churn__kpi_keys *keys);
/* The first period after this one in which that may be another one; at most begun_count. */
uint32_t churn__run_group_until(churn__kpi_run *run, uint32_t period);
/* Of records that are of no customer (spends): what is known of customers is null. */
uint32_t churn__run_group_of_none(churn__kpi_run *run, const churn__kpi_keys *keys);
uint32_t churn__run_group_count(const churn__kpi_run *run);

/* Whether groups are made by the band of a score. */
bool churn__run_by_band(const churn__kpi_run *run);

/* Whether some of the customer's money is unknown in a period, or at its end. Such a customer is to
 * be left out of sums of money, and churn__cell_exclude() makes the figure undefined. The ledger
 * must have been asked for. */
bool churn__run_unknown(const churn__kpi_run *run, uint32_t period);
bool churn__run_unknown_at_end(const churn__kpi_run *run, uint32_t period);

/* ---- sums by group and period ---- */

/* int64 [group][period][width], which grow with the groups. */
typedef struct churn__kpi_sums {
    churn__heap *heap;
    int64_t *data;
    uint32_t groups, capacity, periods, width;
    bool starved; /* there was no memory */
} churn__kpi_sums;

/* By the periods of the run that have begun and one more, into which differences may end. */
void churn__sums_init(churn__kpi_sums *sums, churn__kpi_run *run, uint32_t width);
/* By another number of cells than the run has periods. */
void churn__sums_init_cells(churn__kpi_sums *sums, churn__heap *heap, uint32_t cells,
                            uint32_t width);
void churn__sums_free(churn__kpi_sums *sums);
/* For adding; NULL: no memory. */
int64_t *churn__sums_at(churn__kpi_sums *sums, uint32_t group, uint32_t period);
/* Zeros where nothing was added. */
const int64_t *churn__sums_get(const churn__kpi_sums *sums, uint32_t group, uint32_t period);
/* Of one sum: an amount from a period on until another one (at most begun_count). False: no memory,
 * or too large; churn__sums_failed() says which, and of which customer. */
bool churn__sums_level(churn__kpi_sums *sums, uint32_t group, uint32_t from, uint32_t until,
                       uint32_t sum, int64_t amount);
bool churn__sums_add(churn__kpi_sums *sums, uint32_t group, uint32_t period, uint32_t sum,
                     int64_t amount);
churn_status churn__sums_failed(const churn__kpi_sums *sums, const churn__kpi_run *run,
                                churn_error *err);
/* Make levels of the differences of sums [first, last). False: one is too large. */
bool churn__sums_accumulate(churn__kpi_sums *sums, uint32_t first, uint32_t last);

/* ---- cells ---- */

void churn__cell_plain(churn__kpi_cell *cell, double value, int64_t n);
void churn__cell_money(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t minor, int64_t n);
/* Of customers: with Wilson's interval (E. B. Wilson, 1927, JASA 22, 209-212) where 0 <= x <= n.
 * Undefined where n is 0. */
void churn__cell_share(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t x, int64_t n);
/* Of money over money; undefined where `den` is not positive. */
void churn__cell_money_ratio(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t num,
                             int64_t den, int64_t n);
/* A rate of a period as of a year: 1 - (1 - rate)^(periods a year), 12 of months, 365 of days;
 * undefined where the rate is above 1. Keeps the terms. */
void churn__cell_annual(const churn__kpi_run *run, uint32_t period, churn__kpi_cell *cell);

/* Count who is left out for unknown money, of the period or just at its end; if anybody is, the
 * cell is undefined, and the note says of which currency and from when. */
churn_status churn__cell_exclude(churn__kpi_run *run, churn__kpi_cell *cell, uint32_t period,
                                 uint32_t group, bool at_end, churn_error *err);

/* ---- the table ---- */

/* A dimension whose values the caller found: by rank of the customer and period, `codes[rank *
 * period_count + period]` is an index of words, or CHURN__GIVEN_NULL. Periods are those of
 * churn__kpi_cut_periods(). */
#define CHURN__GIVEN_NULL UINT16_MAX
typedef struct churn__kpi_given {
    const uint16_t *codes; /* NULL: not given: the run looks the name up */
    const churn_str *words;
    uint32_t word_count;
} churn__kpi_given;

typedef struct churn__kpi_own_set {
    const churn__kpi_set *set;
    const void *options; /* run->set_options of its calls */
} churn__kpi_own_set;

/* What is asked for. */
typedef struct churn__kpi_asked {
    const churn_str *kpis; /* count 0: all of the library's sets, and own ones */
    uint32_t kpi_count;
    churn__kpi_cut cut;
    churn_str currency;
    const churn__kpi_policy *policy;
    const churn__kpi_settings *settings;
    double level; /* 0: 0.95 */
    const churn_str *by;
    const churn__kpi_given *given; /* by_count */
    uint32_t by_count;
    const churn_str *attributes; /* that customers are known to have; others are looked for */
    uint32_t attribute_count;
    bool by_end;
    bool changes; /* columns change, change_ratio, adjusted */
    const churn__kpi_own_set *own;
    uint32_t own_count;
    bool alone; /* just the own sets, which make what is wanted in `finish`: no table of figures */
    churn__kpi_lives lives; /* called once a customer, in order of id */
    void *lives_context;
    churn_cancel *cancel;
} churn__kpi_asked;

/* The periods of a cut. Free with churn__free_array(). */
churn_status churn__kpi_cut_periods(churn__heap *heap, const churn__kpi_cut *cut,
                                    churn__kpi_period **out, size_t *count, churn_error *err);
/* The table of churn_engine_kpi(). */
churn_status churn__kpi_figures(churn__heap *heap, churn__version *version,
                                const churn__kpi_asked *asked, churn_table **out, churn_error *err);

/* All sets of this library in their order: the i-th, NULL past the last (sets.c). */
const churn__kpi_set *churn__kpi_set_at(uint32_t i);
/* The table of churn_figures(). */
churn_status churn__figures_table(churn__heap *heap, churn_table **out, churn_error *err);
/* Its figures have cells of periods that have not begun: what is known of them already. */
bool churn__set_looks_ahead(const churn__kpi_set *set);

#include "kpi/voice.h"

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_METRIC_H
#define CHURN_METRIC_METRIC_H

#include "base/arena.h"
#include "base/date.h"
#include "core/column.h"
#include "expr/expr.h"
#include "kpi/kpi.h"
#include "store/store.h"

/*
 * Metrics: numbers about one customer over windows of time. Definitions are plain data that whoever
 * reads playbooks fills in; a plan is made of them once, bound to a version of a store, and
 * evaluated for any number of customers and dates. Vocabulary and rules:
 * docs/reference/semantics.md.
 */

typedef enum churn__metric_kind {
    CHURN__METRIC_EVENT = 1, /* an aggregate over events */
    CHURN__METRIC_TICKET,
    CHURN__METRIC_SURVEY,
    CHURN__METRIC_SUBSCRIPTION,
    CHURN__METRIC_INVOICE,
    CHURN__METRIC_RATIO,      /* a / b */
    CHURN__METRIC_PCT_CHANGE, /* (a - b) / b */
    CHURN__METRIC_DELTA,      /* a - b */
    CHURN__METRIC_EXPR,       /* an expression over metrics and attributes */
    CHURN__METRIC_BASELINE,   /* a against its own past, a group, or a frozen distribution */
    CHURN__METRIC_ATTRIBUTE,  /* an attribute as it is */
    CHURN__METRIC_CUSTOMER,   /* age_days */
    CHURN__METRIC_MILESTONE,
    CHURN__METRIC_TOUCHPOINT,
    CHURN__METRIC_CONTACT,
    CHURN__METRIC_ANNOUNCEMENT,
    CHURN__METRIC_CARRY, /* the last value of a metric that is missing now */
    CHURN__METRIC_KINDS
} churn__metric_kind;

typedef enum churn__metric_what {
    /* of events */
    CHURN__AGG_COUNT = 1,
    CHURN__AGG_DISTINCT,
    CHURN__AGG_SUM,
    CHURN__AGG_MEAN,
    CHURN__AGG_MIN,
    CHURN__AGG_MAX,
    CHURN__AGG_ACTIVE_DAYS,
    CHURN__AGG_DAYS_SINCE,
    CHURN__AGG_TREND,
    CHURN__AGG_MEDIAN,
    CHURN__AGG_QUANTILE,
    CHURN__AGG_STDDEV,
    CHURN__AGG_FIRST,
    CHURN__AGG_LAST,
    CHURN__AGG_DAYS_SINCE_FIRST,
    CHURN__AGG_GAP_MEAN,
    CHURN__AGG_GAP_MAX,
    CHURN__AGG_RATE,
    CHURN__AGG_STREAK,
    CHURN__AGG_EXISTS,
    CHURN__AGG_EWMA,
    CHURN__AGG_ACTIVE_PERIODS,
    /* of tickets */
    CHURN__TICKET_OPEN_COUNT,
    CHURN__TICKET_OLDEST_OPEN_DAYS, /* fractional days */
    CHURN__TICKET_OPENED_COUNT,     /* in the window */
    CHURN__TICKET_CLOSED_COUNT,     /* the same */
    CHURN__TICKET_REOPENED_COUNT,   /* the same */
    CHURN__TICKET_UNANSWERED_COUNT, /* open and without a first response */
    CHURN__TICKET_FIRST_RESPONSE_HOURS,
    CHURN__TICKET_RESOLUTION_HOURS,
    CHURN__TICKET_CSAT,
    CHURN__TICKET_SLA_BREACH_SHARE,
    /* of surveys */
    CHURN__SURVEY_LAST,
    CHURN__SURVEY_PREVIOUS,
    CHURN__SURVEY_CHANGE,
    CHURN__SURVEY_DAYS_SINCE,
    CHURN__SURVEY_COUNT,
    CHURN__SURVEY_MEAN, /* or what `take` says */
    /* of subscriptions */
    CHURN__SUBSCRIPTION_MRR, /* major units of the playbook's currency */
    CHURN__SUBSCRIPTION_ARR,
    CHURN__SUBSCRIPTION_SEATS, /* sum over live subscriptions */
    CHURN__SUBSCRIPTION_PLAN,  /* string: of the largest */
    CHURN__SUBSCRIPTION_DISCOUNT_SHARE,
    CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL,
    CHURN__SUBSCRIPTION_RENEWS_AT, /* time */
    CHURN__SUBSCRIPTION_TENURE_DAYS,
    CHURN__SUBSCRIPTION_TRIAL_DAYS_LEFT,
    CHURN__SUBSCRIPTION_ACTIVE,           /* bool */
    CHURN__SUBSCRIPTION_CANCEL_REQUESTED, /* bool */
    CHURN__SUBSCRIPTION_DAYS_SINCE_CANCEL_REQUEST,
    CHURN__SUBSCRIPTION_DOWNGRADES, /* contractions in the window */
    CHURN__SUBSCRIPTION_EXPANSION_AMOUNT,
    CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT,
    /* of invoices */
    CHURN__INVOICE_FAILED_COUNT, /* with failed_at in the window */
    CHURN__INVOICE_OVERDUE_DAYS, /* of the one overdue longest; 0 where none is */
    CHURN__INVOICE_DAYS_SINCE_FAILURE,
    CHURN__INVOICE_PAID_ON_TIME_SHARE,
    CHURN__INVOICE_OVERDUE_AMOUNT,
    CHURN__INVOICE_OPEN_AMOUNT,
    CHURN__INVOICE_REFUNDED_AMOUNT,
    CHURN__INVOICE_BILLED_AMOUNT,
    /* of the customer */
    CHURN__CUSTOMER_AGE_DAYS,
    /* of milestones */
    CHURN__MILESTONE_REACHED,    /* bool */
    CHURN__MILESTONE_REACHED_AT, /* time */
    CHURN__MILESTONE_DAYS_TO,
    CHURN__MILESTONE_DAYS_SINCE,
    CHURN__MILESTONE_OVERDUE_DAYS,
    /* of touchpoints */
    CHURN__TOUCHPOINT_COUNT,
    CHURN__TOUCHPOINT_REPLY_RATE,
    CHURN__TOUCHPOINT_DAYS_SINCE,
    CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW,
    /* of contacts */
    CHURN__CONTACT_ACTIVE_COUNT,
    CHURN__CONTACT_DAYS_SINCE_LEFT,
    /* of announcements */
    CHURN__ANNOUNCEMENT_DAYS_SINCE,
    /* of attributes */
    CHURN__ATTRIBUTE_VALUE,
    CHURN__ATTRIBUTE_CHANGED, /* bool */
    CHURN__ATTRIBUTE_CHANGES,
    CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE,
    /* of what is carried */
    CHURN__CARRY_VALUE,
    CHURN__CARRY_AGE_DAYS /* how old it is; 0 where the metric is there now */
} churn__metric_what;

typedef enum churn__metric_of {
    CHURN__OF_VALUE = 0,
    CHURN__OF_USER,
    CHURN__OF_TYPE,
    CHURN__OF_PROP /* a property */
} churn__metric_of;

typedef enum churn__metric_take {
    CHURN__TAKE_ALL = 0, /* all users together; of numbers the mean */
    CHURN__TAKE_MAX,     /* of the values that each user has alone; of numbers */
    CHURN__TAKE_MIN,
    CHURN__TAKE_MEAN,
    CHURN__TAKE_MEDIAN /* of numbers only */
} churn__metric_take;

/* Which records a metric reads: those whose text is one of the words. */
#define CHURN__FILTER_PRIORITY 0 /* of tickets */
#define CHURN__FILTER_CATEGORY 1
#define CHURN__FILTER_MOMENT 0  /* of surveys */
#define CHURN__FILTER_NAME 0    /* of milestones and announcements */
#define CHURN__FILTER_KIND 1    /* of announcements */
#define CHURN__FILTER_CHANNEL 0 /* of touchpoints */
#define CHURN__FILTER_ROLE 0    /* of contacts */
#define CHURN__FILTERS 2

typedef struct churn__metric_filter {
    const churn_str *words;
    uint32_t count; /* 0: all */
} churn__metric_filter;

typedef enum churn__baseline_of {
    CHURN__BASELINE_SELF = 0, /* the customer's own past */
    CHURN__BASELINE_SEGMENT,  /* customers of the same segment, at as_of */
    CHURN__BASELINE_ALL,      /* all customers, at as_of */
    CHURN__BASELINE_FROZEN    /* a distribution that the playbook holds */
} churn__baseline_of;

typedef enum churn__baseline_form {
    CHURN__FORM_RATIO = 0,  /* value / median */
    CHURN__FORM_DIFFERENCE, /* value - median */
    CHURN__FORM_PERCENTILE, /* share of values below, those equal by half: 0 to 1 */
    CHURN__FORM_ROBUST_Z,   /* distance from the median in spreads about it */
    CHURN__FORM_TREND       /* of SELF: slope a period, as a part of the median of sizes */
} churn__baseline_form;

/*
 * How numbers are distributed: ascending, either each as often as it occurs (`upto` is NULL) or
 * each once, and how many are at most as large. Whatever the way, the same answers to the bit.
 */
typedef struct churn__distribution {
    const double *values;
    const uint64_t *upto; /* by value, or NULL */
    uint32_t value_count;
    uint64_t total;  /* 0: empty, and the others mean nothing */
    double median;   /* of the numbers */
    double mad;      /* median absolute deviation from that median */
    double mean_dev; /* mean absolute deviation from it */
} churn__distribution;

/* Put numbers that are all finite into order. False: no memory. */
bool churn__distribution_sort(churn__heap *heap, double *values, size_t n);
/* Make one of n values (finite, ascending), each once with its count (positive; the sum fits), or
 * as often as they occur where `counts` is NULL. `upto` is room for n, unused without counts. What
 * it is made of is kept as long as it is used. */
void churn__distribution_make(const double *values, const uint64_t *counts, uint32_t n,
                              uint64_t *upto, churn__distribution *out);
/* The same where counts are summed up already; `upto` may be NULL. */
void churn__distribution_over(const double *values, const uint64_t *upto, uint32_t n,
                              churn__distribution *out);
/* Share of what is less than x, and of what is equal by half; it is not empty. */
double churn__distribution_rank(const churn__distribution *d, double x);
/* (x - median) / (1.4826 mad); where that is 0 / (1.253314 mean_dev); where that is 0 as well 0 for
 * the median itself. False: there is no spread to compare with. */
bool churn__distribution_z(const churn__distribution *d, double x, double *out);

/* One that a playbook holds under `references`. */
typedef struct churn__metric_reference {
    churn_str id;
    uint32_t line, column;
    uint32_t metric; /* that it was made of; UINT32_MAX: not said */
    churn__distribution found;
} churn__metric_reference;

/* A declared property of events. */
typedef struct churn__prop_def {
    churn_str name;
    churn__type type; /* BOOL, DOUBLE, STRING, TIME */
} churn__prop_def;

/* Slots of a condition on events: these, then the declared properties in their order. */
#define CHURN__WHERE_VALUE 0
#define CHURN__WHERE_USER 1
#define CHURN__WHERE_TYPE 2
#define CHURN__WHERE_PROP 3

/* What a condition on single records of a kind may name: the fields that the store has of it, then
 * what is derived of them. The i-th is slot i, behind the last there is no name; what has no type
 * cannot be named. Kinds without such conditions have none. */
typedef struct churn__metric_it_field {
    const char *name; /* behind `it.` */
    churn__type type;
    bool never_missing;
} churn__metric_it_field;

bool churn__metric_it(churn__metric_kind kind, uint32_t i, churn__metric_it_field *out);

typedef enum churn__if_never {
    CHURN__NEVER_SINCE_START = 0, /* days since the later of customer.since and the source's from */
    CHURN__NEVER_MISSING,
    CHURN__NEVER_NUMBER
} churn__if_never;

/* What a ratio or a change is made of. */
typedef struct churn__operand {
    bool is_attribute;
    uint32_t metric;     /* index of a metric that stands before or after this one */
    churn_str attribute; /* or the name of an attribute; "age_days" is the customer's age */
} churn__operand;

typedef struct churn__metric_def {
    churn_str id;
    churn_str description; /* the author's; {NULL, 0}: none */
    uint32_t line, column;
    churn__metric_kind kind;
    churn__metric_what what;
    const churn_str *events; /* names; count 0: any */
    uint32_t event_count;
    churn__metric_of of;
    bool has_window;
    churn__span window, offset; /* [as_of - offset - window, as_of - offset) */
    churn__unit align;          /* CD, CW, CMO, CQ: as_of is taken back to the period's start */
    bool customer_zone;         /* calendar time is the customer's own (attribute time_zone) */
    bool clip;                  /* history: clip or scale; else require */
    bool scaled;                /* history: scale */
    bool has_default;
    double default_value;   /* instead of missing, whatever the reason */
    churn__value otherwise; /* the same for a metric whose values are no numbers */
    churn__if_never if_never;
    double if_never_value;
    uint32_t buckets, min_buckets; /* of a trend; min_buckets 0: all */
    int64_t every; /* of every_unit: of a trend, active periods, a streak (CD, CW) */
    churn__unit every_unit;
    bool relative, robust;
    bool of_given;           /* a trend sums values rather than counts events */
    uint32_t prop;           /* CHURN__OF_PROP: which of the declared ones */
    bool has_scale;          /* of a sum: whole numbers of 10^-scale, exactly */
    uint8_t scale;           /* 0 to 9 */
    bool approx;             /* distinct by HyperLogLog */
    bool calendar;           /* days since: differences of local dates */
    double q;                /* of a quantile */
    int64_t half_life;       /* microseconds */
    churn__metric_take take; /* per: user */
    const churn__expr *expr; /* where of events or records; a metric's own expression */
    churn__operand a, b;
    churn__baseline_of baseline;
    churn__baseline_form form;
    /* Of a baseline of its own: how many values of the past, `every` apart, and how many must be
     * there; a trend counts the present value among them. Of groups: members. Of what is carried:
     * how many dates are looked at. */
    uint32_t back, fewest;
    uint32_t segment; /* of a baseline of segments; UINT32_MAX: the first that holds */
    const churn__metric_reference *reference; /* of a frozen one */
    /* How often all customers are gone through before it can be computed: 0 for what stands on its
     * customer alone; baselines of groups and what is made of them have more. */
    uint32_t round;
    double min_base;     /* smallest |b| that is divided by: ratio 0 (b must not be 0), change 1 */
    uint8_t survey_kind; /* CHURN__SURVEY_*; 0: any */
    int64_t max_age;     /* of a survey answer; 0: any */
    churn_str attribute; /* CHURN__METRIC_ATTRIBUTE */
    churn__type type;    /* of the metric's values: DOUBLE, but as declared for an attribute */
    bool per_user;       /* of a count of tickets */
    churn__metric_filter filters[CHURN__FILTERS];
    int64_t sla; /* promised within */
    bool sla_resolution;
    int64_t min_period; /* of a subscription that is renewed */
    churn__span due;    /* of a milestone, from the customer's beginning on */
} churn__metric_def;

/* A source: where facts come from, how late they may be, since when they are tracked. */
typedef struct churn__source_event_from {
    churn_str event;
    churn_time from;
} churn__source_event_from;

typedef struct churn__source_def {
    churn_str id;
    uint32_t line, column;
    const churn_str *events;
    uint32_t event_count;
    const churn_record_kind *records;
    uint32_t record_count;
    bool has_max_lag;
    int64_t max_lag; /* microseconds */
    churn_time from; /* CHURN_TIME_NONE: always */
    const churn__source_event_from *event_from;
    uint32_t event_from_count;
} churn__source_def;

typedef struct churn__metric_config {
    const churn__metric_def *metrics;
    uint32_t metric_count;
    const churn__source_def *sources;
    uint32_t source_count;
    churn_str currency;              /* the playbook's, for mrr */
    const churn__kpi_policy *policy; /* the playbook's, for mrr; NULL: chartmogul */
    const churn__zone *zone;         /* of calendar time */
    const char *zoneinfo;            /* where zones of customers are read; NULL: the system's */
    const churn__prop_def *props;
    uint32_t prop_count;
    /* What a metric's expression may name beside metrics: slot i is the ith of these, an empty
     * name the customer's age in days; slot attribute_count + i is the ith metric. */
    const churn__prop_def *attributes;
    uint32_t attribute_count;
    const uint8_t *wanted; /* by metric: only these, and what they are made of; NULL: all */
    bool measure;          /* keep figures of quality */
    /* It is a past: one of a baseline may have none of its own, one of what is carried only those
     * of baselines. */
    churn__metric_kind past_of; /* CHURN__METRIC_BASELINE, CHURN__METRIC_CARRY; else 0 */
} churn__metric_config;

/* Definitions bound to a version: names resolved to codes, order found, freshness of each source at
 * each date computed once. Dates ascend. One thread at a time. */
typedef struct churn__metric_plan churn__metric_plan;

churn_status churn__metric_plan_create(churn__heap *heap, const churn__metric_config *config,
                                       churn__version *version, const churn_time *dates,
                                       uint32_t date_count, churn__metric_plan **out,
                                       churn_error *err);
/* Take what is said of each source (1: stale, 0: fresh) for its freshness, whatever its watermark
 * and whether its kinds of records were provided: what a playbook's own tests ask for. */
void churn__metric_plan_set_stale(churn__metric_plan *plan, const uint8_t *stale);
void churn__metric_plan_free(churn__metric_plan *plan);

/* What is taken as given of one customer, whatever the records say: the value of a metric, which
 * may be missing, or of an attribute ("age_days": the customer's age in days). */
typedef struct churn__metric_given {
    uint32_t metric; /* UINT32_MAX: an attribute */
    churn_str attribute;
    churn__value value; /* of the type that the metric or attribute has */
} churn__metric_given;

/* Metrics made of them follow; what a metric was in the past stays. `given` is borrowed until the
 * next such call or the end of the plan, and may change between evaluations; a count of 0 takes it
 * back. */
void churn__metric_plan_give(churn__metric_plan *plan, uint32_t customer,
                             const churn__metric_given *given, uint32_t count);

/*
 * Evaluate for customers 0 .. n-1 of the list at every date of the plan. Customers in ascending
 * order of number lie one after the other in memory and are read several times as fast. Row of
 * customer i at date j is i * date_count + j. `out` has one column a metric whose `values` and
 * `missing` point to room for n * date_count cells of the metric's type, which are all written.
 * Customers that do not exist at a date get values as if they did; the caller leaves them out.
 */
churn_status churn__metric_plan_eval(churn__metric_plan *plan, churn__reader *reader,
                                     const uint32_t *customers, uint32_t n, churn__column *out,
                                     churn_error *err);

/*
 * Metrics with a `round` are left alone by churn__metric_plan_eval(): what is usual among other
 * customers must be known, and in which groups these are. Whoever knows asks for them one by one,
 * each after what it is made of and after churn__metric_plan_eval() of the same customers.
 */

/* What is usual in groups of customers: of group g at date j in place g * date_count + j. Where
 * only medians are asked for, the values may be gone (NULL). */
typedef struct churn__metric_usual {
    uint32_t group_count;
    const churn__distribution *found;
} churn__metric_usual;

/* `usual` and `members` are of a baseline of groups. `members` has a column of truths a group, of
 * the same rows as `out`: the first group that holds is meant. NULL: group 0 is everybody's. */
churn_status churn__metric_plan_eval_late(churn__metric_plan *plan, uint32_t metric,
                                          const churn__metric_usual *usual,
                                          const churn__column *members, churn__reader *reader,
                                          const uint32_t *customers, uint32_t n, churn__column *out,
                                          churn_error *err);

/* A baseline of all customers or of segments. */
static inline bool churn__metric_is_grouped(const churn__metric_def *def)
{
    return def->kind == CHURN__METRIC_BASELINE &&
           (def->baseline == CHURN__BASELINE_SEGMENT || def->baseline == CHURN__BASELINE_ALL);
}

/* It is evaluated at earlier dates, too: a baseline of its own past, or what is carried. */
static inline bool churn__metric_has_past(const churn__metric_def *def)
{
    return def->kind == CHURN__METRIC_CARRY ||
           (def->kind == CHURN__METRIC_BASELINE && def->baseline == CHURN__BASELINE_SELF);
}

/* The metrics that one is made of: the ith of `count`, UINT32_MAX: no metric. */
bool churn__metric_is_derived(const churn__metric_def *def);
uint32_t churn__metric_input_count(const churn__metric_def *def);
uint32_t churn__metric_input(const churn__metric_def *def, uint32_t attribute_count, uint32_t i);

/* What came of a metric over all customers and dates evaluated so far, for those that existed; only
 * where config.measure asks for it. */
#define CHURN__METRIC_REASONS 32
typedef struct churn__metric_quality {
    uint64_t valid;
    uint64_t missing[CHURN__METRIC_REASONS]; /* by churn__missing */
    uint64_t skipped;  /* events without the value that the metric takes, once a window */
    uint64_t excluded; /* events of which the condition is UNKNOWN or an error, once a window */
    uint64_t zones;    /* rows judged in the playbook's zone as the customer's is unknown */
} churn__metric_quality;
const churn__metric_quality *churn__metric_plan_quality(const churn__metric_plan *plan,
                                                        uint32_t metric);

/* Whether a metric reads anything that a source gives, not by way of other metrics. */
bool churn__metric_stands_on(const churn__metric_def *def, const churn__source_def *source);

/* Sources that are stale at a date of the plan, for the run's report. */
uint32_t churn__metric_stale_sources(const churn__metric_plan *plan, uint32_t date,
                                     const churn_str **names);

/* ---- what stands behind a value: evidence.c ---- */

/* A record, or an attribute's value. Texts are views of the version or of the definition. */
typedef struct churn__evidence_row {
    churn_record_kind kind;
    churn_time at;      /* when it took the part that counts: when a ticket was closed, say */
    churn_str id;       /* the host's; {NULL, 0}: none */
    churn_str what;     /* an event's type, an attribute's name, a status ...; {NULL, 0}: nothing */
    churn_str user;     /* {NULL, 0}: none */
    churn__value value; /* of type 0: none */
    double share;       /* of a child customer in a roll-up; 0 of records */
} churn__evidence_row;

/* The records that a metric counts, adds up or compares, oldest first. Of a metric that is made of
 * others: theirs. None where it has no value for want of knowledge. */
typedef struct churn__evidence {
    churn_time start, end; /* of its window; start CHURN_TIME_NONE: from the beginning on */
    uint64_t count;
    churn_time last;           /* of the newest, CHURN_TIME_NONE */
    churn__evidence_row *rows; /* `count` of them, where they were asked for */
    size_t capacity;
} churn__evidence;

/* Of a metric that the plan computes, at one of its dates. `out` is all zero before the first call
 * and can be used again; `listed`: with rows, which stay until then or until the reader's next
 * call. */
churn_status churn__metric_evidence(churn__metric_plan *plan, churn__reader *reader,
                                    uint32_t customer, uint32_t metric, uint32_t date, bool listed,
                                    churn__evidence *out, churn_error *err);
void churn__evidence_free(churn__heap *heap, churn__evidence *evidence);

#endif

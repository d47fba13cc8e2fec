/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_PLAYBOOK_H
#define CHURN_PLAYBOOK_PLAYBOOK_H

#include <stdatomic.h>

#include <churn/playbook.h>

#include "base/arena.h"
#include "base/date.h"
#include "expr/expr.h"
#include "journey/journey.h"
#include "kpi/kpi.h"
#include "metric/metric.h"
#include "play/play.h"
#include "score/score.h"
#include "trigger/trigger.h"

/*
 * A compiled playbook as the engine reads it: every definition as plain data, every name that a
 * condition may use as a slot, and the order in which slots can be computed.
 */

/* What a slot holds; `index` says which of its kind, `part` more of scores. */
typedef enum churn__slot_kind {
    CHURN__SLOT_METRIC = 1,
    CHURN__SLOT_ATTRIBUTE, /* customer.<attribute>, index into attributes */
    CHURN__SLOT_CUSTOMER_ID,
    CHURN__SLOT_AGE_DAYS,   /* whole days since customer.since */
    CHURN__SLOT_CHURNED,    /* never missing */
    CHURN__SLOT_CHURN_DAYS, /* since the last loss */
    CHURN__SLOT_CHURN_REASON,
    CHURN__SLOT_CHURN_KIND,
    CHURN__SLOT_CHURN_MRR,
    CHURN__SLOT_SEGMENT,
    CHURN__SLOT_SCORE,        /* part: CHURN__PART_*, or CHURN__PART_GROUP + group */
    CHURN__SLOT_TRIGGER,      /* firing after the last evaluation; never missing */
    CHURN__SLOT_PLAY_RUNNING, /* has an open task; never missing */
    CHURN__SLOT_STATUS,       /* string, missing (empty) if never set */
    CHURN__SLOT_TAGS,         /* CHURN__TYPE_STRINGS; never missing */
    CHURN__SLOT_AS_OF,
    CHURN__SLOT_ROLL_UP /* index into roll_ups; no condition can name it */
} churn__slot_kind;

#define CHURN__PART_SCORE 0
#define CHURN__PART_BAND 1
#define CHURN__PART_COVERAGE 2
#define CHURN__PART_LOW 3
#define CHURN__PART_HIGH 4
#define CHURN__PART_CERTAIN 5    /* bool; never missing */
#define CHURN__PART_OVERRIDDEN 6 /* bool; never missing */
#define CHURN__PART_CARD 7       /* the segment's id, or "default" */
#define CHURN__PART_GROUP 16

typedef struct churn__slot {
    churn__slot_kind kind;
    uint32_t index, part;
    churn__type type;
    churn_str name; /* as in expressions: metric.logins_28d */
} churn__slot;

/* What must be computed one after the other: metrics that stand on their customer alone all at
 * once, before everything; then segments, scores, and what stands on other customers (roll-ups, and
 * metrics with a `round`) in an order in which each comes after what it reads. */
typedef enum churn__node_kind {
    CHURN__NODE_METRIC = 1,
    CHURN__NODE_SEGMENT,
    CHURN__NODE_SCORE,
    CHURN__NODE_ROLL_UP,
    CHURN__NODE_LOSS, /* while the order is found: conditions of losses, */
    CHURN__NODE_STATE /* and what the engine did */
} churn__node_kind;

typedef struct churn__node {
    churn__node_kind kind;
    uint32_t index;
    uint32_t level; /* segments of one level stand together and do not need each other */
} churn__node;

typedef struct churn__attribute_def {
    churn_str name;
    churn__type type; /* BOOL, DOUBLE, STRING, TIME */
    uint32_t line, column;
} churn__attribute_def;

/* The scores of child customers, those whose attribute `parent` is the customer's id, as a number.
 * Children without the score are left out. */
typedef enum churn__roll_up_take {
    CHURN__ROLL_UP_MEAN = 0,
    CHURN__ROLL_UP_MIN,
    CHURN__ROLL_UP_MAX,
    CHURN__ROLL_UP_MEDIAN,
    CHURN__ROLL_UP_QUANTILE,
    CHURN__ROLL_UP_WORST, /* mean of the k lowest */
    CHURN__ROLL_UP_MRR,   /* mean by MRR */
    CHURN__ROLL_UP_ANY    /* 0 if one is in the band or below it, else 100 */
} churn__roll_up_take;

typedef struct churn__roll_up_def {
    churn_str name; /* for people: "roll_up(usage, worst)" */
    uint32_t line, column;
    uint32_t score, slot; /* of the children; the slot of the outcome */
    churn__roll_up_take take;
    double q;          /* QUANTILE */
    uint32_t k;        /* WORST */
    uint32_t band;     /* ANY: its number in the score */
    uint32_t mrr_slot; /* MRR: a metric of the children; else UINT32_MAX */
    bool descendants;  /* children of children as well */
    uint32_t round;    /* as of a metric: how often all customers are gone through before */
} churn__roll_up_def;

/* A test of the playbook: records as texts, then what to expect. */
typedef struct churn__test_record {
    churn_record_kind kind;
    const churn_field_text *fields;
    const bool *is_text; /* by field: a string attribute, whatever it looks like */
    uint32_t field_count;
    uint32_t line, column;
} churn__test_record;

/* What an expectation looks at. */
typedef enum churn__test_measure {
    CHURN__TEST_NOTHING = 0,  /* a fault of the file */
    CHURN__TEST_VALUE,        /* a slot */
    CHURN__TEST_CONTRIBUTION, /* what a factor or cap adds to a score */
    CHURN__TEST_POINTS,       /* of a factor */
    CHURN__TEST_WEIGHT        /* effective, of a factor */
} churn__test_measure;

typedef enum churn__test_relation {
    CHURN__TEST_IS = 1, /* within the tolerance */
    CHURN__TEST_IS_NOT,
    CHURN__TEST_AT_LEAST,
    CHURN__TEST_ABOVE,
    CHURN__TEST_AT_MOST,
    CHURN__TEST_BELOW,
    CHURN__TEST_BETWEEN, /* both bounds included */
    CHURN__TEST_ONE_OF,
    CHURN__TEST_HAS, /* of a list: all of these */
    CHURN__TEST_LACKS,
    CHURN__TEST_MISSING,
    CHURN__TEST_THERE /* not missing, whatever it is */
} churn__test_relation;

typedef struct churn__test_claim {
    churn__test_relation relation;
    const churn__value *values;
    uint32_t count;
    churn_str reason; /* of MISSING: for this one; {NULL, 0}: any */
} churn__test_claim;

typedef struct churn__test_expect {
    churn_str name; /* metric.x, health.score, health.points.x, trigger.x, ... */
    uint32_t customer;
    churn__test_measure measure;
    uint32_t slot;  /* of VALUE */
    uint32_t score; /* of the others, and of which part: a factor or a cap */
    churn_str part;
    const churn__test_claim *claims; /* all hold where it is as expected */
    uint32_t claim_count;
    double tolerance; /* of numbers; default 1e-6 */
    uint32_t line, column;
} churn__test_expect;

typedef struct churn__test_def {
    churn_str name; /* given, or "test <n>"; of a case "name [row <n>]" */
    uint32_t line, column;
    const churn_str *customers; /* "customer" where the test names none */
    uint32_t customer_count;
    bool several; /* they are named */
    const churn__test_record *given;
    uint32_t given_count;
    const churn_str *stale; /* sources that do not count as fresh */
    uint32_t stale_count;
    bool is_advance;        /* advance: {from, to, every}; else one pure question at as_of */
    churn_time as_of, from; /* as_of is `to` of an advance */
    int64_t every;
    const churn__test_expect *expect; /* those of one customer together */
    uint32_t expect_count;
} churn__test_def;

/* What the file says of one thing, flat: for comparing playbooks. */
typedef struct churn__fact {
    churn_str key;  /* "when", "groups.usage.weight" */
    churn_str text; /* canonical */
} churn__fact;

typedef struct churn__facts {
    const char *sort; /* "metric"; "playbook" for what is of no definition */
    uint32_t rank;    /* of the sort */
    uint32_t place;   /* among those of its sort; 0 where their order means nothing */
    churn_str id;
    const churn__fact *facts; /* by key */
    uint32_t count;
} churn__facts;

/* ---- figures of the author's own: parts of `kpi` ---- */

/* Customers of whom one condition holds among those of whom another does; NULL: of all. */
typedef struct churn__define_def {
    churn_str id, title;
    churn__expr *num, *den;
    uint32_t line;
} churn__define_def;

#define CHURN__MEASURE_LAST 1
#define CHURN__MEASURE_SUM 2
#define CHURN__MEASURE_MEAN 3

typedef struct churn__measure_def {
    churn_str name, unit; /* {NULL, 0}: as the records have it */
    uint8_t take;         /* CHURN__MEASURE_* */
    uint32_t line;
} churn__measure_def;

typedef struct churn__goal_def {
    churn_str id, kpi;
    int32_t per, every;       /* CHURN_EVERY_* */
    double at_most, at_least; /* NaN: not given */
    const churn_str *by;
    uint32_t by_count;
    uint32_t line;
} churn__goal_def;

typedef struct churn__benchmark_def {
    churn_str kpi, size; /* "segment.smb", "employees 11 to 50"; {NULL, 0}: all customers */
    churn_str segment, attribute; /* one of them at most */
    double at_least, at_most;     /* of the attribute; NaN: no bound */
    int32_t per;                  /* CHURN_EVERY_* */
    double low, median, high;     /* NaN: not given */
    churn_str source;
    uint32_t year; /* 0: not given */
    uint32_t line;
} churn__benchmark_def;

typedef struct churn__own_figures {
    const churn__define_def *defines;
    uint32_t define_count;
    const churn__measure_def *measures;
    uint32_t measure_count;
    const churn__goal_def *goals;
    uint32_t goal_count;
    const churn__benchmark_def *benchmarks;
    uint32_t benchmark_count;
} churn__own_figures;

struct churn_playbook {
    atomic_uint references;
    churn__heap *heap;
    churn__arena arena; /* everything below */
    churn_limits limits;
    churn_str name, file;
    churn_str time_zone, currency;
    int currency_scale;
    churn__zone *zone;
    const char *zoneinfo; /* directory of TZif files; NULL: the system's */
    churn__duration evaluate;
    uint64_t hash;
    const churn__facts *said; /* by rank and id */
    uint32_t said_count;

    const churn__attribute_def *attributes;
    uint32_t attribute_count;
    const churn__attribute_def *properties; /* of events */
    uint32_t property_count;
    const churn__source_def *sources;
    uint32_t source_count;
    churn__work_calendar calendar;
    bool calendar_per_customer; /* zone: customer */
    churn__zone *calendar_zone; /* else this; NULL: the playbook's */
    const churn__role_def *roles;
    uint32_t role_count;
    churn__loss_def loss;
    const churn__metric_def *metrics;
    uint32_t metric_count;
    uint32_t declared_count; /* by `metrics`; those behind them are called for by expressions and
                                have how they are written for an id */
    const churn__prop_def *metric_names; /* what their expressions name beside metrics */
    uint32_t metric_name_count;
    const churn__prop_def *metric_props; /* of events, as many as `properties` */
    const churn__segment_def *segments;
    uint32_t segment_count;
    const churn__metric_reference *frozen; /* distributions to compare with */
    uint32_t frozen_count;
    const churn__score_def *scores;
    uint32_t score_count;
    const churn__roll_up_def *roll_ups;
    uint32_t roll_up_count;
    const churn__trigger_def *triggers;
    uint32_t trigger_count;
    const churn__play_def *plays;
    uint32_t play_count;
    churn__kpi_policy kpi;
    churn__voice_def voice;
    churn__engagement_def engagement;
    churn__kpi_settings figures;
    churn__own_figures own;
    const churn__test_def *tests;
    uint32_t test_count;

    const churn__slot *slots;
    uint32_t slot_count;
    uint32_t named_slots; /* then the slots of metrics that expressions call for */
    const churn__node *order;
    uint32_t order_count;
};

/* A figure of the library; NULL: there is none of that name. */
const churn__figure *churn__playbook_figure(churn_str id);

churn_playbook *churn__playbook_retain(churn_playbook *playbook);
/*
 * A question: expressions over the names of a playbook, compiled after it, with parameters of their
 * own. Its texts may need more than the playbook computes: the view is the playbook with what they
 * add behind what is there, so that numbers of slots and metrics mean the same in both.
 */
typedef struct churn__question churn__question;

typedef struct churn__question_parameter {
    churn_str name; /* without `params.` */
    churn__value value;
} churn__question_parameter;

/* The playbook must outlive it. NULL: no memory. */
churn__question *churn__question_create(churn__heap *heap, const churn_playbook *playbook,
                                        const churn__question_parameter *parameters,
                                        uint32_t count);
void churn__question_free(churn__question *question);
/* One of its expressions; NULL: it has faults, which the verdict tells by the name of the part.
 * `column`: where the text begins in the part; `want` 0: of any type. */
const churn__expr *churn__question_compile(churn__question *question, churn_str part,
                                           churn_str text, uint32_t column, churn__type want);
/* The same for a condition on single events, whose slots are those of `where` of metrics. */
const churn__expr *churn__question_compile_event(churn__question *question, churn_str part,
                                                 churn_str text);
/* The slot that a text names by itself, UINT32_MAX: it is more than a name. */
uint32_t churn__question_slot(const churn__question *question, churn_str text);
/* A fault that the caller found in a part. */
void churn__question_blame(churn__question *question, churn_str part, const char *message);
/* CHURN_OK where no part has a fault; `diagnostics`, if not NULL, has every finding. */
churn_status churn__question_verdict(churn__question *question, churn_table **diagnostics,
                                     churn_error *err);
const churn_playbook *churn__question_view(const churn__question *question);
const churn__expr *const *churn__question_expressions(const churn__question *question,
                                                      uint32_t *count);
/* The segment that a card is of; "default" of a score's own. */
churn_str churn__card_name(const churn_playbook *playbook, const churn__score_def *score,
                           uint32_t card);
/* In what a metric is counted: "count", "days", "money", ...: see metric_words.h. */
const char *churn__words_unit(const churn_playbook *playbook, uint32_t metric);
/* The share of the whole score that each factor has if all are there. `room` is for 2 * groups + 1
 * numbers. */
void churn__playbook_shares(const churn__score_def *score, const churn__card_def *card,
                            double *room, double *shares);
/* The slot of a name, UINT32_MAX: none. */
uint32_t churn__playbook_slot(const churn_playbook *playbook, churn__slot_kind kind, uint32_t index,
                              uint32_t part);

/* The unit of a metric: "count", "days", "hours", "money", "ratio", "points", "value" (whatever
 * events count in), "number", "bool", "text", "time". */
const char *churn__playbook_unit(const churn_playbook *playbook, uint32_t metric);
/* What numbers a metric can be, of which `type` is set: `bounded`, `low`, `high`, `fractional`. */
void churn__playbook_values(const churn_playbook *playbook, uint32_t metric, churn__expr_name *out);

#endif

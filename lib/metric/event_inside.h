/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_EVENT_INSIDE_H
#define CHURN_METRIC_EVENT_INSIDE_H

#include "metric/metric_inside.h"

/*
 * The general way of event metrics, for all that gather.c and aggregate.c do not do at full speed:
 * conditions, properties, users apart, zones of customers, order statistics, typed values.
 *
 * Metrics of the same events under the same condition share a stream. Once a customer it is filled
 * with their rows, in the order that semantics.md gives them; a window is a stretch of these rows
 * (a view), and an aggregate is a function from a view to a value.
 */

/* What a metric takes of an event. */
typedef union churn__metric_item {
    double number;
    int64_t whole; /* instants and truths */
    uint32_t code; /* texts */
} churn__metric_item;

typedef struct churn__metric_row {
    churn_time at, known, until;
    churn__metric_item item; /* value or property */
    uint32_t user, type, id; /* codes; user and id CHURN__NO_CODE: not given */
    bool given;              /* the item is there */
} churn__metric_row;

/* Rows, or instants of rows of which the condition is not known. */
typedef struct churn__metric_rows {
    churn__metric_row *data;
    size_t count, capacity;
} churn__metric_rows;

typedef struct churn__metric_stream {
    uint32_t first;        /* a metric of it, for types and condition */
    const uint32_t *types; /* codes by name of type */
    uint32_t type_count;
    churn_time low;        /* nothing older is looked at */
    churn__type item_type; /* of items: DOUBLE but for properties */
    uint32_t prop;         /* the store's number; CHURN__NO_CODE: value, or a property that no
                              event has */
    bool is_prop;
    churn__metric_list metrics;
    /* of the customer in hand */
    churn__metric_rows rows, unknown;
    bool versions; /* some row is not seen at every date after it */
} churn__metric_stream;

typedef struct churn__metric_zone_cache {
    churn__metric_keys codes; /* of texts, to 0, 1, 2 ... */
    churn__zone **each;       /* NULL: no such zone */
    size_t count, capacity;
    uint32_t name; /* code of "time_zone" */
} churn__metric_zone_cache;

#define CHURN__WHERE_ROWS 512u /* rows judged at once */
#define CHURN__HLL_BITS 12
#define CHURN__HLL_SIZE (1u << CHURN__HLL_BITS)

struct churn__metric_general {
    churn__metric_list metrics;
    churn__metric_stream *streams;
    uint32_t stream_count;
    uint32_t *type_rank; /* by type: its place by name */
    uint32_t *types;     /* room to sort a customer's types in */
    uint32_t *props;     /* by declared property: the store's number */
    /* conditions */
    churn__expr_scratch *scratch;
    churn__column *columns; /* by slot of conditions */
    churn__truth *truth;
    /* the customer in hand */
    churn__metric_zone_cache zones;
    churn__metric_rows seen, unknown_seen, parted; /* at the date; by user */
    churn__metric_keys keys;
    double *numbers;
    size_t number_capacity;
    uint32_t *places;
    size_t place_capacity;
    uint8_t *registers; /* HLL */
    churn_time *bounds; /* of buckets */
    bool exists;        /* the row in hand counts for quality */
};

/* The events of one window, oldest first. */
typedef struct churn__metric_view {
    churn__metric_plan *plan;
    const churn__metric_bound *bound;
    const churn__metric_stream *stream;
    const churn__metric_row *rows;
    uint32_t count;
    churn_time as_of, start, end; /* start: where it begins by definition */
    churn_time lower;             /* later of the customer's and the tracking's beginning */
    churn_time clip;              /* where the window was clipped to, CHURN_TIME_NONE: not */
    churn_time since;
    const churn__zone *zone;
    uint32_t metric, date;
} churn__metric_view;

static inline churn__value churn__metric_double(double d)
{
    return (churn__value){CHURN__TYPE_DOUBLE, CHURN__PRESENT, {.d = d}};
}

static inline churn__value churn__metric_absent(churn__missing reason)
{
    return (churn__value){CHURN__TYPE_DOUBLE, reason, {.i = 0}};
}

/* ---- window_time.c ---- */

/* Where the time of a metric ends, and where its window then begins (CHURN_TIME_MIN: none). */
churn_time churn__metric_view_end(const churn__metric_def *def, churn_time as_of,
                                  const churn__zone *zone);
churn_time churn__metric_view_start(const churn__metric_def *def, churn_time end,
                                    const churn__zone *zone);
/* Where each of its stretches begins, oldest first, and at last their end. */
void churn__metric_buckets(const churn__metric_def *def, churn_time end, const churn__zone *zone,
                           churn_time *bounds);
static inline bool churn__metric_has_buckets(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_TREND || def->what == CHURN__AGG_ACTIVE_PERIODS;
}

/* ---- stream.c ---- */

churn_status churn__metric_streams_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_streams_free(churn__metric_plan *plan);
/* The rows of a customer; sets plan->failed. */
void churn__metric_stream_fill(churn__metric_plan *plan, churn__metric_stream *stream,
                               churn__reader *reader, uint32_t customer);
/* Those of `from` that are seen at as_of: itself, or copied to `room`. */
const churn__metric_rows *churn__metric_rows_seen(churn__metric_plan *plan,
                                                  const churn__metric_stream *stream,
                                                  const churn__metric_rows *from, churn_time as_of,
                                                  churn__metric_rows *room);
churn__metric_row *churn__metric_rows_add(churn__metric_plan *plan, churn__metric_rows *rows);
/* CHURN__NO_CODE: no event ever had it as declared. */
uint32_t churn__metric_find_prop(const churn__version *version, const churn__prop_def *def);
/* A property by the store's number; no values where that is CHURN__NO_CODE. */
churn__event_prop churn__metric_prop(churn__reader *reader, uint32_t customer, uint32_t type,
                                     uint32_t prop);
/* How many rows are before an instant. */
uint32_t churn__metric_rows_before(const churn__metric_rows *rows, churn_time at);

/* ---- where.c ---- */

churn_status churn__metric_where_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_where_free(churn__metric_plan *plan);
/* Judge n <= CHURN__WHERE_ROWS events from `base` on into general->truth. */
void churn__metric_where(churn__metric_plan *plan, const churn__metric_def *def,
                         churn__reader *reader, uint32_t customer, uint32_t type,
                         const churn__events *events, size_t base, uint32_t n);

/* ---- customer_zone.c ---- */

/* The customer's zone at as_of, else the playbook's; *unknown: theirs has no such name. */
const churn__zone *churn__metric_customer_zone(churn__metric_plan *plan, churn__reader *reader,
                                               uint32_t customer, churn_time as_of, bool *unknown);
void churn__metric_customer_zones_free(churn__metric_plan *plan);

/* ---- what events give ---- */

/* Is what the metric takes of an event there, and as a key that is the same for the same thing. */
bool churn__metric_row_given(const churn__metric_view *view, const churn__metric_row *row);
churn__value churn__metric_row_value(const churn__metric_view *view, const churn__metric_row *row);
uint64_t churn__metric_row_key(const churn__metric_view *view, const churn__metric_row *row);
bool churn__metric_takes_items(const churn__metric_def *def);

/* ---- aggregate_order.c, aggregate_time.c, aggregate_distinct.c, per_user.c ---- */

churn__value churn__metric_order_value(const churn__metric_view *view);
churn__value churn__metric_time_value(const churn__metric_view *view);
churn__value churn__metric_distinct_value(const churn__metric_view *view);
churn__value churn__metric_view_value(const churn__metric_view *view);
churn__value churn__metric_per_user(const churn__metric_view *view);
/* The numbers that a view gives, copied to general->numbers; returns how many. */
uint32_t churn__metric_numbers(const churn__metric_view *view);
/* Sorts n numbers in place. */
void churn__metric_sort_numbers(double *numbers, uint32_t n);
/* Of n >= 1 sorted numbers, by linear interpolation (type 7 of Hyndman and Fan, 1996). */
double churn__metric_quantile(const double *sorted, uint32_t n, double q);
bool churn__metric_number_room(churn__metric_plan *plan, size_t n);
/* 2^-(age / half_life). */
double churn__metric_half(int64_t age, int64_t half_life);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGAGEMENT_H
#define CHURN_ENGAGEMENT_H

#include <churn/engine.h>

CHURN_BEGIN_DECLS

/*
 * How much the product is used, and how far people get in it. Figures by period (dau, wau, mau,
 * stickiness, adoption, activation_rate, trial_conversion, time_to_value ...) are those of
 * churn_engine_kpi(); here are the tables that no single figure tells. All of them are pure.
 *
 *     churn_funnel_step steps[3] = {{.event = {"signup", 6}}, {.event = {"import", 6}},
 *                                   {.milestone = {"go_live", 7}}};
 *     churn_funnel_options options = {.struct_size = sizeof options, .within = 30 * day};
 *     churn_engine_funnel(engine, steps, 3, from, to, &options, &table, &err);
 */

#define CHURN_OF_CUSTOMERS 0
#define CHURN_OF_USERS 1 /* users that events name: two customers' users are never the same */

typedef struct churn_engagement_options {
    uint32_t struct_size;
    int32_t of;              /* CHURN_OF_*; adoption is of customers */
    churn_time as_of;        /* what is known when; 0: `to` */
    const churn_str *events; /* types of events that count; none: those of kpi.active_events, or
                                all. A type that no event has is CHURN_E_NOT_FOUND */
    uint32_t event_count;
    uint32_t by_count;
    const churn_str *by;  /* groups, as of churn_engine_kpi() */
    double level;         /* of intervals; 0: 0.95 */
    int32_t by_at;        /* CHURN_BY_* (churn/kpi.h): at the start or the end of the window */
    int32_t reserved;     /* zero */
    churn_cancel *cancel; /* may be NULL */
} churn_engagement_options;

/**
 * Count on how many days of a window customers, or users, did something: the distribution, and the
 * power-user curve.
 *
 * Days are local days of the playbook's zone; the first and the last may be cut. Of customers all
 * count who were customers at any time of the window, or did something; of users those who did.
 *
 * @param from first instant of the window
 * @param to its end, itself not included
 * @param options NULL for defaults
 * @param[out] out the columns of `by`, then `days` (0, or 1 for users, to all days of the window),
 *        `customers` (or `users`: active on exactly so many days), `share` (of all), `active_share`
 *        (of those active at all), `at_least` (active on so many days or more), `at_least_share`
 *        (of all), `low`, `high` (its interval, Wilson); returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE: the window is empty, too long or has not begun at as_of;
 *         CHURN_E_NOT_FOUND: an unknown event type, or name of `by`; else as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_engagement(churn_engine *engine, churn_time from, churn_time to,
                                               const churn_engagement_options *options,
                                               churn_table **out, churn_error *err);

/**
 * Count who uses which feature: for each type of event the customers of a period who had one.
 *
 * @param from first instant of the period
 * @param to its end, itself not included
 * @param options NULL for defaults
 * @param[out] out the columns of `by`, then `event`, `used_by` (customers of the period with such
 *        an event in it), `customers` (of the period: at any time of it), `share`, `low`, `high`
 *        (Wilson), `first_time` (of those who used it, who had not before), `events`, `first_use`
 *        (the first time that any of those who used it ever did); by groups, then event; returned:
 *        free with churn_table_free()
 * @param err optional
 * @return as churn_engine_engagement()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_adoption(churn_engine *engine, churn_time from, churn_time to,
                                             const churn_engagement_options *options,
                                             churn_table **out, churn_error *err);

/* ---- funnels ---- */

/** A step: an event of a type, perhaps under a condition, or a milestone. */
typedef struct churn_funnel_step {
    churn_str event;     /* type of event; or */
    churn_str milestone; /* a milestone, of customers alone */
    churn_str where;     /* of events: a condition, as `where` of metrics: "value > 10", "props.plan
                            == 'pro'"; {NULL, 0}: all of them */
    churn_str name;      /* what it is called; {NULL, 0}: as the event or milestone */
} churn_funnel_step;

#define CHURN_FUNNEL_STEPS 32u /* at most */

typedef struct churn_funnel_options {
    uint32_t struct_size;
    int32_t of;          /* CHURN_OF_* */
    churn_time as_of;    /* what is known when; 0: `to` */
    int64_t within;      /* microseconds from the first step to the last; 0: until as_of */
    int32_t any_order;   /* 1: steps after the first may come in any order */
    int32_t by_at;       /* CHURN_BY_* (churn/kpi.h): groups at `from`, or at `to` */
    const churn_str *by; /* groups, as of churn_engine_kpi() */
    uint32_t by_count;
    uint32_t reserved;    /* zero */
    double level;         /* of intervals; 0: 0.95 */
    churn_cancel *cancel; /* may be NULL */
} churn_funnel_options;

/**
 * Say how far people get through steps, where they stop, and how long it takes.
 *
 * Who takes the first step in [from, to) enters, once: of several entries counts the one that gets
 * furthest, of those the first. Each further step counts from the step before on (at the same
 * instant too, if it is another event), and within `within` of the entry. Whose time is not over at
 * as_of stands apart in `open`, however far they are: shares, drop-off and times are of the others,
 * so that a young entry is neither a loss nor a quick success.
 *
 * @param steps borrowed
 * @param count 1 to CHURN_FUNNEL_STEPS
 * @param from first instant of entries
 * @param to end of entries, itself not included
 * @param options NULL for defaults
 * @param[out] out the columns of `by`, then `step` (from 1), `name`, `reached`, `share` (of the
 *        first step), `low`, `high`, `share_of_previous`, `previous_low`, `previous_high` (Wilson),
 *        `drop_off` (who reached the step before and not this one), `median_days`, `p90_days` (from
 *        the step before), `open` (whose time is not over and who have reached it); returned: free
 *        with churn_table_free()
 * @param err optional; `row` is the number of the step at fault
 * @return CHURN_OK; CHURN_E_ARG: no step, too many, one that is neither or both, a milestone of
 *         users; CHURN_E_NOT_FOUND: an unknown event type or name of `by`; what compiling a
 *         condition gives (CHURN_E_PARSE, CHURN_E_TYPE ...); CHURN_E_RANGE; else as
 *         churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_funnel(churn_engine *engine, const churn_funnel_step *steps,
                                           uint32_t count, churn_time from, churn_time to,
                                           const churn_funnel_options *options, churn_table **out,
                                           churn_error *err);

CHURN_END_DECLS

#endif

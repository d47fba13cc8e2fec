/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_TABLES_H
#define CHURN_KPI_TABLES_H

#include <churn/table.h>

#include "base/date.h"
#include "core/column.h"
#include "expr/expr.h"

/*
 * Tables that are no figures by period, each made by a set that runs alone
 * (churn__kpi_asked.alone), whose options are the request.
 */
struct churn__kpi_set;

/* What is asked for, before there is a version to look it up in. */
typedef struct churn__event_names {
    const churn_str *names; /* none: all types */
    uint32_t count;
    bool strict;
} churn__event_names;

/* ---- cohorts: the periods of the run are the units, groups are those at their ends ---- */

#define CHURN__COHORT_CUSTOMERS 0
#define CHURN__COHORT_GROSS 1
#define CHURN__COHORT_NET 2
#define CHURN__COHORT_ACTIVITY 3

typedef struct churn__cohort_request {
    uint8_t what;
    bool or_after; /* there in the unit, or in any later one */
    bool by_start; /* a cohort for each unit in which members began; else one a group */
    churn__unit unit;
    uint32_t max_age;         /* oldest age; UINT32_MAX: all */
    churn__event_names acts;  /* ACTIVITY: what counts */
    churn__event_names begin; /* ACTIVITY: the first of these begins; none: as customers */
    churn_table **out;
} churn__cohort_request;

extern const struct churn__kpi_set churn__cohorts_set;

/* ---- engagement: the run has one period ---- */

typedef struct churn__engagement_request {
    churn__event_names events;
    bool users; /* users that events name: else customers */
    churn_table **out;
} churn__engagement_request;

/* The tables of churn_engine_engagement() and churn_engine_adoption(). */
extern const struct churn__kpi_set churn__frequency_set;
extern const struct churn__kpi_set churn__adoption_set;

/* ---- funnels: the run has one period ---- */

/* What the slots of a condition are, as the playbook lays them out: slot i is fields[i]. */
typedef enum churn__where_field {
    CHURN__FIELD_VALUE,
    CHURN__FIELD_USER,
    CHURN__FIELD_TYPE,
    CHURN__FIELD_PROP
} churn__where_field;

typedef struct churn__where_slot {
    churn__where_field field;
    churn__type type;
    churn_str prop; /* its name */
} churn__where_slot;

#define CHURN__FUNNEL_STEPS 32u

typedef struct churn__funnel_step {
    churn_str name;
    churn_str event, milestone; /* one of them */
    const churn__expr *where;   /* of events: which; NULL: all */
    uint32_t same;              /* the first step that asks for the same */
} churn__funnel_step;

typedef struct churn__funnel_request {
    churn__funnel_step steps[CHURN__FUNNEL_STEPS];
    uint32_t count;
    const churn__where_slot *slots; /* of the conditions */
    uint32_t slot_count;
    int64_t within; /* us from the entry to the last step; 0: until as_of */
    bool any_order; /* of the steps after the first */
    bool users;     /* who enters: else customers */
    churn_table **out;
} churn__funnel_request;

extern const struct churn__kpi_set churn__funnel_set;

#endif

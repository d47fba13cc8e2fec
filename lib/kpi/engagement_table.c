/* SPDX-License-Identifier: MIT */
#include "kpi/engagement.h"
#include "kpi/pass.h"
#include "model/model.h"

/*
 * On how many days of a window people did something: how many on exactly so many, and the
 * power-user curve, how many on at least so many (A. Chen, "The Power User Curve", 2018).
 */

typedef struct frequency {
    const churn__engagement_request *request;
    churn__event_pick pick;
    churn__units units;
    churn__deeds deeds;
    churn__kpi_sums sums; /* by group and number of days: people */
    churn__table_builder *builder;
    uint32_t days;
} frequency;

/* ---- gathering ---- */

static churn_status frequency_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    frequency *f = state;
    const churn_time end = run->to < run->as_of ? run->to : run->as_of;
    f->request = run->set_options;
    f->deeds.heap = run->heap;
    CHURN_TRY(churn__event_pick_open(&f->pick, run->heap, run->version, &f->request->events,
                                     "engagement: events", err));
    if (end <= run->from) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "engagement: the window has not begun at as_of");
    }
    CHURN_TRY(churn__units_open(&f->units, run->heap, run->zone, CHURN__UNIT_CD, run->from, end,
                                NULL, 0, err));
    /* Days that are cut are days; what lies beyond the cuts does not count. */
    f->units.starts[0] = run->from;
    f->units.starts[f->units.count] = end;
    f->days = f->units.count;
    churn__sums_init_cells(&f->sums, run->heap, f->days + 1, 1);
done:
    return st;
}

static void frequency_close(churn__kpi_run *run, void *state)
{
    frequency *f = state;
    (void)run;
    churn__units_close(&f->units);
    churn__event_pick_close(&f->pick);
    churn__deeds_close(&f->deeds);
    churn__sums_free(&f->sums);
    churn__table_abandon(f->builder);
}

static bool count_days(frequency *f, uint32_t group, size_t days)
{
    int64_t *sum = churn__sums_at(&f->sums, group, (uint32_t)days);
    if (sum != NULL) {
        sum[0]++;
    }
    return sum != NULL;
}

static bool count_users(frequency *f, uint32_t group)
{
    const churn__deeds *deeds = &f->deeds;
    bool fits = true;
    size_t end = 0;
    for (size_t i = 0; fits && i < deeds->count; i = end) {
        const uint32_t user = churn__deed_user(&deeds->rows[i]);
        for (end = i; end < deeds->count && churn__deed_user(&deeds->rows[end]) == user;) {
            end++;
        }
        fits = user == CHURN__NO_CODE || count_days(f, group, end - i);
    }
    return fits;
}

/* Somebody who was no customer and did nothing is not one who did nothing. */
static churn_status count_customer(churn__kpi_run *run, frequency *f, uint32_t group,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__life_span *spans = NULL;
    size_t span_count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &span_count, err));
    const bool there =
        churn__lives_within(spans, span_count, f->units.starts[0], f->units.starts[f->units.count]);
    if ((there || f->deeds.count > 0) &&
        (!churn__deeds_forget_users(&f->deeds) || !count_days(f, group, f->deeds.count))) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

static churn_status frequency_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    frequency *f = state;
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(run->reader, run->customer, &types);
    bool fits = true;
    f->deeds.count = 0;
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = !churn__event_picked(&f->pick, types[i]) ||
               churn__deeds_add(&f->deeds, run->reader, run->customer, types[i], &f->units,
                                run->as_of);
    }
    const uint32_t group = churn__run_group(run, 0, NULL);
    if (!fits || group == CHURN__KPI_NONE || !churn__deeds_settle(&f->deeds)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    if (!f->request->users) {
        CHURN_TRY(count_customer(run, f, group, err));
    } else if (!count_users(f, group)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

/* ---- the table ---- */

enum {
    COL_DAYS,
    COL_COUNT,
    COL_SHARE,
    COL_ACTIVE_SHARE,
    COL_AT_LEAST,
    COL_AT_LEAST_SHARE,
    COL_LOW,
    COL_HIGH
};

static void add_day(const churn__kpi_run *run, const frequency *f, uint32_t group, uint32_t day,
                    int64_t all, int64_t at_least, uint32_t base)
{
    churn__table_builder *builder = f->builder;
    const int64_t here = churn__sums_get(&f->sums, group, day)[0];
    const int64_t active = all - churn__sums_get(&f->sums, group, 0)[0];
    churn__run_group_cells(run, builder, 0, group);
    churn__table_add_int(builder, base + COL_DAYS, day);
    churn__table_add_int(builder, base + COL_COUNT, here);
    churn__table_add_double(builder, base + COL_SHARE, (double)here / (double)all);
    if (day == 0 || active == 0) {
        churn__table_add_null(builder, base + COL_ACTIVE_SHARE);
    } else {
        churn__table_add_double(builder, base + COL_ACTIVE_SHARE, (double)here / (double)active);
    }
    churn__table_add_int(builder, base + COL_AT_LEAST, at_least);
    churn__table_add_double(builder, base + COL_AT_LEAST_SHARE, (double)at_least / (double)all);
    const churn__interval interval = churn__wilson(at_least, all, run->z);
    churn__table_add_double(builder, base + COL_LOW, interval.low);
    churn__table_add_double(builder, base + COL_HIGH, interval.high);
}

static void add_group(const churn__kpi_run *run, const frequency *f, uint32_t group, uint32_t base)
{
    int64_t all = 0;
    for (uint32_t day = 0; day <= f->days; day++) {
        all += churn__sums_get(&f->sums, group, day)[0];
    }
    int64_t at_least = all;
    for (uint32_t day = 0; all > 0 && day <= f->days; day++) {
        if (day > 0 || !f->request->users) {
            add_day(run, f, group, day, all, at_least, base);
        }
        at_least -= churn__sums_get(&f->sums, group, day)[0];
    }
}

static churn_status frequency_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    frequency *f = state;
    const uint32_t *order = NULL;
    uint32_t count = 0;
    CHURN_TRY(churn__run_group_order(run, &order, &count, err));
    f->builder = churn__table_begin(run->heap, (uint64_t)count * (f->days + 1));
    if (f->builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    const uint32_t base = churn__run_group_columns(run, f->builder);
    churn__table_column(f->builder, "days", CHURN_COLUMN_INT);
    churn__table_column(f->builder, f->request->users ? "users" : "customers", CHURN_COLUMN_INT);
    churn__table_column(f->builder, "share", CHURN_COLUMN_DOUBLE);
    churn__table_column(f->builder, "active_share", CHURN_COLUMN_DOUBLE);
    churn__table_column(f->builder, "at_least", CHURN_COLUMN_INT);
    churn__table_column(f->builder, "at_least_share", CHURN_COLUMN_DOUBLE);
    churn__table_column(f->builder, "low", CHURN_COLUMN_DOUBLE);
    churn__table_column(f->builder, "high", CHURN_COLUMN_DOUBLE);
    for (uint32_t g = 0; g < count; g++) {
        add_group(run, f, order[g], base);
    }
    st = churn__table_finish(f->builder, f->request->out, err);
    f->builder = NULL;
done:
    return st;
}

const churn__kpi_set churn__frequency_set = {
    .name = "engagement table",
    .state_size = sizeof(frequency),
    .open = frequency_open,
    .customer = frequency_customer,
    .finish = frequency_finish,
    .close = frequency_close,
};

/* ---- adoption ---- */

enum { USED, USED_NEW, USED_EVENTS, USED_FIRST, ADOPTION_SUMS };

typedef struct uses {
    const churn__engagement_request *request;
    churn__event_pick pick;
    churn__kpi_sums sums;  /* by group and type */
    churn__kpi_sums alive; /* by group: customers of the period */
    churn__table_builder *builder;
    uint32_t *order; /* types by name */
    uint32_t types;
} uses;

static churn_status uses_open(churn__kpi_run *run, void *state, churn_error *err)
{
    uses *u = state;
    u->request = run->set_options;
    u->types = churn__dict_view_count(churn__version_types(run->version));
    churn__sums_init_cells(&u->sums, run->heap, u->types, ADOPTION_SUMS);
    churn__sums_init_cells(&u->alive, run->heap, 1, 1);
    return churn__event_pick_open(&u->pick, run->heap, run->version, &u->request->events,
                                  "adoption: events", err);
}

static void uses_close(churn__kpi_run *run, void *state)
{
    uses *u = state;
    churn__free_array(run->heap, u->order, u->types, sizeof *u->order);
    churn__sums_free(&u->sums);
    churn__sums_free(&u->alive);
    churn__event_pick_close(&u->pick);
    churn__table_abandon(u->builder);
}

/* What a customer did of one type until the end of the period. */
static bool add_use(churn__kpi_run *run, uses *u, uint32_t group, uint32_t type)
{
    const churn__event_rows rows =
        churn__event_rows_of(run->reader, run->customer, type, CHURN_TIME_MIN, run->to, run->as_of);
    churn_time first = CHURN_TIME_NONE;
    int64_t events = 0;
    for (size_t i = rows.begin; i < rows.end; i++) {
        if (churn__event_row_seen(&rows, i)) {
            first = first == CHURN_TIME_NONE ? rows.all.at[i] : first;
            events += rows.all.at[i] >= run->from;
        }
    }
    if (events == 0) {
        return true;
    }
    int64_t *sums = churn__sums_at(&u->sums, group, type);
    if (sums == NULL) {
        return false;
    }
    sums[USED_FIRST] = sums[USED] == 0 || first < sums[USED_FIRST] ? first : sums[USED_FIRST];
    sums[USED]++;
    sums[USED_NEW] += first >= run->from;
    sums[USED_EVENTS] += events;
    return true;
}

static churn_status uses_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    uses *u = state;
    const churn__life_span *spans = NULL;
    const uint32_t *types = NULL;
    size_t span_count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &span_count, err));
    if (!churn__lives_within(spans, span_count, run->from,
                             run->to < run->as_of ? run->to : run->as_of)) {
        goto done;
    }
    const uint32_t group = churn__run_group(run, 0, NULL);
    int64_t *alive = group == CHURN__KPI_NONE ? NULL : churn__sums_at(&u->alive, group, 0);
    bool fits = alive != NULL;
    if (fits) {
        alive[0]++;
    }
    const uint32_t count = churn__reader_event_types(run->reader, run->customer, &types);
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = !churn__event_picked(&u->pick, types[i]) || add_use(run, u, group, types[i]);
    }
    if (!fits) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

static void add_type(const churn__kpi_run *run, const uses *u, uint32_t group, uint32_t type,
                     uint32_t base)
{
    churn__table_builder *builder = u->builder;
    const int64_t *sums = churn__sums_get(&u->sums, group, type);
    const int64_t alive = churn__sums_get(&u->alive, group, 0)[0];
    const churn__interval interval = churn__wilson(sums[USED], alive, run->z);
    churn__run_group_cells(run, builder, 0, group);
    churn__table_add_string(builder, base,
                            churn__dict_view_get(churn__version_types(run->version), type));
    churn__table_add_int(builder, base + 1, sums[USED]);
    churn__table_add_int(builder, base + 2, alive);
    churn__table_add_double(builder, base + 3, (double)sums[USED] / (double)alive);
    churn__table_add_double(builder, base + 4, interval.low);
    churn__table_add_double(builder, base + 5, interval.high);
    churn__table_add_int(builder, base + 6, sums[USED_NEW]);
    churn__table_add_int(builder, base + 7, sums[USED_EVENTS]);
    churn__table_add_time(builder, base + 8, sums[USED] > 0 ? sums[USED_FIRST] : CHURN_TIME_NONE);
}

static uint32_t add_use_columns(const churn__kpi_run *run, churn__table_builder *builder)
{
    const uint32_t base = churn__run_group_columns(run, builder);
    churn__table_column(builder, "event", CHURN_COLUMN_STRING);
    churn__table_column(builder, "used_by", CHURN_COLUMN_INT);
    churn__table_column(builder, "customers", CHURN_COLUMN_INT);
    churn__table_column(builder, "share", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "low", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "high", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "first_time", CHURN_COLUMN_INT);
    churn__table_column(builder, "events", CHURN_COLUMN_INT);
    churn__table_column(builder, "first_use", CHURN_COLUMN_TIME);
    return base;
}

static churn_status uses_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    uses *u = state;
    const uint32_t *groups = NULL;
    uint32_t count = 0, types = 0;
    CHURN_TRY(churn__run_group_order(run, &groups, &count, err));
    CHURN_TRY(churn__types_by_name(run->heap, run->version, &u->pick, &u->order, &types, err));
    u->builder = churn__table_begin(run->heap, (uint64_t)count * types);
    if (u->builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    const uint32_t base = add_use_columns(run, u->builder);
    for (uint32_t g = 0; g < count; g++) {
        for (uint32_t i = 0; churn__sums_get(&u->alive, groups[g], 0)[0] > 0 && i < types; i++) {
            add_type(run, u, groups[g], u->order[i], base);
        }
    }
    st = churn__table_finish(u->builder, u->request->out, err);
    u->builder = NULL;
done:
    return st;
}

const churn__kpi_set churn__adoption_set = {
    .name = "adoption table",
    .state_size = sizeof(uses),
    .open = uses_open,
    .customer = uses_customer,
    .finish = uses_finish,
    .close = uses_close,
};

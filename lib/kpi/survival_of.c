/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/date.h"
#include "kpi/run_inside.h"
#include "kpi/survival_of.h"
#include "model/model.h"

/* One life of a customer or a subscription. */
typedef struct life {
    churn_time from, to;              /* to: CHURN_TIME_NONE while it lasts */
    uint8_t kind;                     /* CHURN__CHURN_*; 0: none yet */
    const churn__subscription *state; /* what they had when it began; NULL: nothing */
} life;

typedef struct survival_state {
    churn__heap *heap;
    double *time, *entry;
    uint8_t *event;
    uint32_t *group;
    size_t count, capacity;
} survival_state;

/* ---- lives ---- */

/* As if nothing had been said of its end. */
static bool counts_at_all(const churn__kpi_policy *policy, const churn__subscription *row)
{
    churn__subscription lasting = *row;

    lasting.ends_at = lasting.ended_at = lasting.cancel_requested_at = CHURN_TIME_NONE;
    return churn__policy_live(policy, &lasting, row->valid_from);
}

/* The first instant at which a subscription counted and, if it ended by as_of, the last; false: it
 * never did. `rows` are its states. */
static bool subscription_life(const churn__kpi_policy *policy, const churn__subscription *rows,
                              size_t count, churn_time as_of, churn_time *from, churn_time *to)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        churn_time end = churn__policy_end(policy, &rows[i]);
        if (rows[i].valid_from >= as_of || !counts_at_all(policy, &rows[i])) {
            continue;
        }
        if (!any) {
            *from = rows[i].valid_from;
            any = true;
        }
        end = end < rows[i].valid_from ? rows[i].valid_from : end;
        if (i + 1 < count && rows[i + 1].valid_from < end) {
            end = rows[i + 1].valid_from;
        }
        *to = end < as_of ? end : CHURN_TIME_NONE;
    }
    return any;
}

/* ---- time ---- */

/* Whole calendar months from one local day to another: the 31st of January to the 28th of February
 * is one. */
static int64_t months_between(int64_t from, int64_t to)
{
    int32_t year, end_year;
    unsigned month, day, end_month, end_day;
    int64_t months;

    churn__civil_from_days(from, &year, &month, &day);
    churn__civil_from_days(to, &end_year, &end_month, &end_day);
    months = ((int64_t)end_year - year) * 12 + (int64_t)end_month - (int64_t)month;
    if (end_day < day && end_day < churn__days_in_month(end_year, end_month)) {
        months--;
    }
    return months;
}

static double time_between(const churn__kpi_run *run, churn_time from, churn_time to)
{
    const churn__survival_request *request = run->set_options;
    int64_t first = churn__zone_day(run->zone, from), last = churn__zone_day(run->zone, to);

    return (double)(request->months ? months_between(first, last) : last - first);
}

/* ---- rows ---- */

static bool make_room(survival_state *rows)
{
    size_t more = rows->capacity > 0 ? rows->capacity * 2 : 256;
    double *time, *entry;
    uint8_t *event;
    uint32_t *group;

    if (rows->count < rows->capacity) {
        return true;
    }
    time = churn__alloc_array(rows->heap, more, sizeof *time);
    entry = churn__alloc_array(rows->heap, more, sizeof *entry);
    event = churn__alloc_array(rows->heap, more, sizeof *event);
    group = churn__alloc_array(rows->heap, more, sizeof *group);
    if (time == NULL || entry == NULL || event == NULL || group == NULL) {
        churn__free_array(rows->heap, time, more, sizeof *time);
        churn__free_array(rows->heap, entry, more, sizeof *entry);
        churn__free_array(rows->heap, event, more, sizeof *event);
        churn__free_array(rows->heap, group, more, sizeof *group);
        return false;
    }
    if (rows->count > 0) {
        memcpy(time, rows->time, rows->count * sizeof *time);
        memcpy(entry, rows->entry, rows->count * sizeof *entry);
        memcpy(event, rows->event, rows->count * sizeof *event);
        memcpy(group, rows->group, rows->count * sizeof *group);
    }
    churn__free_array(rows->heap, rows->time, rows->capacity, sizeof *time);
    churn__free_array(rows->heap, rows->entry, rows->capacity, sizeof *entry);
    churn__free_array(rows->heap, rows->event, rows->capacity, sizeof *event);
    churn__free_array(rows->heap, rows->group, rows->capacity, sizeof *group);
    rows->time = time;
    rows->entry = entry;
    rows->event = event;
    rows->group = group;
    rows->capacity = more;
    return true;
}

/* Groups of the period in which it began; plan, product and currency those of the beginning. */
static uint32_t group_of(churn__kpi_run *run, const life *one)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    uint32_t period = churn__run_period(run, one->from);
    const churn__subscription *state = one->state;

    period = period == CHURN__KPI_NONE ? 0 : period;
    if (run->key_bits == 0) {
        return churn__run_group(run, period, NULL);
    }
    keys.code[CHURN__KEY_PLAN] = churn__key_code(state != NULL ? state->plan : CHURN__NO_CODE);
    keys.code[CHURN__KEY_PRODUCT] =
        churn__key_code(state != NULL ? state->product : CHURN__NO_CODE);
    keys.code[CHURN__KEY_CURRENCY] =
        churn__key_code(state != NULL ? state->currency : CHURN__NO_CODE);
    return churn__run_group(run, period, &keys);
}

/* Left out: who began at as_of or later, and who was lost before anybody watched. */
static churn_status add_life(churn__kpi_run *run, survival_state *rows, const life *one,
                             churn_error *err)
{
    const churn__survival_request *request = run->set_options;
    bool lost = one->to != CHURN_TIME_NONE && one->to < run->as_of;
    double time = 0.0, entry = (double)NAN;
    uint32_t group = 0;

    if (one->from >= run->as_of) {
        return CHURN_OK;
    }
    time = time_between(run, one->from, lost ? one->to : run->as_of);
    if (request->from != CHURN_TIME_NONE && one->from < request->from) {
        double before = time_between(run, one->from, request->from);
        if ((lost && one->to <= request->from) || before >= time) {
            return CHURN_OK;
        }
        entry = before > 0.0 ? before : entry;
    }
    group = group_of(run, one);
    if (group == CHURN__KPI_NONE || !make_room(rows)) {
        return churn__fail_memory(err, run->heap);
    }
    rows->time[rows->count] = time;
    rows->entry[rows->count] = entry;
    rows->event[rows->count] = (uint8_t)(!lost ? 0 : one->kind == CHURN__CHURN_INVOLUNTARY ? 2 : 1);
    rows->group[rows->count++] = group;
    return CHURN_OK;
}

/* The state that a subscription had at an instant; `*end`: behind its last. */
static const churn__subscription *state_at(const churn__subscription *rows, size_t count,
                                           size_t first, churn_time at, size_t *end)
{
    const churn__subscription *found = NULL;
    size_t i = first;

    for (; i < count && rows[i].id == rows[first].id; i++) {
        found = rows[i].valid_from <= at ? &rows[i] : found;
    }
    *end = i;
    return found;
}

/* Of several the one with the most MRR; of equals the first by id. */
static const churn__subscription *main_at(churn__kpi_run *run, churn_time at)
{
    const churn__subscription *rows = NULL, *most = NULL;
    size_t count = churn__run_subscriptions(run, &rows), next = 0;
    int64_t most_mrr = -1;

    for (size_t i = 0; i < count; i = next) {
        const churn__subscription *state = state_at(rows, count, i, at, &next);
        int64_t mrr = 0;
        if (state != NULL && churn__policy_live(run->policy, state, at) &&
            churn__mrr_of_state(run->policy, state, at, &mrr) && mrr > most_mrr) {
            most = state;
            most_mrr = mrr;
        }
    }
    return most;
}

static churn_status add_subscriptions(churn__kpi_run *run, survival_state *rows, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__subscription *states = NULL;
    size_t count = churn__run_subscriptions(run, &states), next = 0;

    for (size_t i = 0; i < count; i = next) {
        life one = {.kind = CHURN__CHURN_VOLUNTARY};
        (void)state_at(states, count, i, run->as_of, &next);
        if (subscription_life(run->policy, states + i, next - i, run->as_of, &one.from, &one.to)) {
            one.state = state_at(states, next, i, one.from, &(size_t){0});
            CHURN_TRY(add_life(run, rows, &one, err));
        }
    }
done:
    return st;
}

static churn_status add_customer(churn__kpi_run *run, survival_state *rows, churn_error *err)
{
    const churn__survival_request *request = run->set_options;
    churn_status st = CHURN_OK;
    const churn__life_span *spans = NULL;
    size_t count = 0;

    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    for (size_t i = 0; i < (request->all_lives || count == 0 ? count : 1); i++) {
        life one = {spans[i].from, spans[i].to, spans[i].kind, NULL};
        if (run->key_bits != 0) {
            one.state = main_at(run, one.from);
        }
        CHURN_TRY(add_life(run, rows, &one, err));
    }
done:
    return st;
}

static churn_status take_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    const churn__survival_request *request = run->set_options;
    survival_state *rows = state;

    return request->subscriptions ? add_subscriptions(run, rows, err)
                                  : add_customer(run, rows, err);
}

/* ---- the answer ---- */

/* Groups in the order of their texts, and what they are called. */
typedef struct naming {
    uint32_t *order, *rank;
    churn_str *cells;
    uint32_t count;
} naming;

static churn_status open_names(churn__kpi_run *run, const churn__survival_request *request,
                               naming *names, churn_error *err)
{
    size_t cells = 0;

    names->count = churn__run_group_count(run);
    cells = (size_t)names->count * request->by_count;
    names->order = churn__alloc_array_zero(run->heap, names->count, sizeof *names->order);
    names->rank = churn__alloc_array(run->heap, names->count, sizeof *names->rank);
    names->cells = churn__alloc_array(run->heap, cells, sizeof *names->cells);
    if (names->order == NULL || names->rank == NULL || names->cells == NULL ||
        (request->by_count > 0 && !churn__groups_order(run, names->order))) {
        return churn__fail_memory(err, run->heap);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        names->rank[names->order[i]] = i;
        for (uint32_t d = 0; d < request->by_count; d++) {
            names->cells[(size_t)i * request->by_count + d] =
                churn__groups_text(run, names->order[i], d);
        }
    }
    return CHURN_OK;
}

static void close_names(churn__kpi_run *run, const churn__survival_request *request, naming *names)
{
    churn__free_array(run->heap, names->order, names->count, sizeof *names->order);
    churn__free_array(run->heap, names->rank, names->count, sizeof *names->rank);
    churn__free_array(run->heap, names->cells, (size_t)names->count * request->by_count,
                      sizeof *names->cells);
}

static churn_status ask(churn__kpi_run *run, const churn__survival_request *request,
                        const churn_survival_data *data, const churn__labels *labels,
                        churn_error *err)
{
    static const churn_str kinds[] = {{"voluntary", 9}, {"involuntary", 11}};

    switch (request->question) {
    case CHURN__SURVIVAL_CURVE:
        return churn__survival(run->heap, data, request->options, labels, request->out, err);
    case CHURN__SURVIVAL_SUMMARY:
        return churn__survival_summary(run->heap, data, request->options, labels, request->out,
                                       err);
    case CHURN__SURVIVAL_TEST:
        return churn__survival_test(run->heap, data, request->options, labels, request->out, err);
    default:
        return churn__competing_risks(run->heap, data, request->options, labels, kinds, 2,
                                      request->out, err);
    }
}

static churn_status finish(churn__kpi_run *run, void *state, churn_error *err)
{
    const churn__survival_request *request = run->set_options;
    const churn__labels labels = {.names = request->by, .count = request->by_count};
    survival_state *rows = state;
    churn_status st = CHURN_OK;
    naming names = {0};
    churn_survival_data data = {.struct_size = sizeof data,
                                .row_count = rows->count,
                                .time = {rows->time, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                .event = {rows->event, NULL, CHURN_NUMBERS_UINT8, 0},
                                .entry = {rows->entry, NULL, CHURN_NUMBERS_DOUBLE, 0}};

    CHURN_TRY(open_names(run, request, &names, err));
    if (request->by_count > 0 && rows->count > 0) {
        churn__labels own = labels;
        for (size_t i = 0; i < rows->count; i++) {
            rows->group[i] = names.rank[rows->group[i]];
        }
        data.group = (churn_groups){rows->group, names.cells, names.count, 0};
        own.cells = names.cells;
        st = ask(run, request, &data, &own, err);
    } else {
        st = ask(run, request, &data, &labels, err);
    }
done:
    close_names(run, request, &names);
    return st;
}

static void close_rows(churn__kpi_run *run, void *state)
{
    survival_state *rows = state;

    churn__free_array(run->heap, rows->time, rows->capacity, sizeof *rows->time);
    churn__free_array(run->heap, rows->entry, rows->capacity, sizeof *rows->entry);
    churn__free_array(run->heap, rows->event, rows->capacity, sizeof *rows->event);
    churn__free_array(run->heap, rows->group, rows->capacity, sizeof *rows->group);
    *rows = (survival_state){0};
}

static churn_status open_rows(churn__kpi_run *run, void *state, churn_error *err)
{
    (void)err;
    ((survival_state *)state)->heap = run->heap;
    return CHURN_OK;
}

const churn__kpi_set churn__survival_set = {.name = "survival",
                                            .state_size = sizeof(survival_state),
                                            .open = open_rows,
                                            .customer = take_customer,
                                            .finish = finish,
                                            .close = close_rows};

/* SPDX-License-Identifier: MIT */
#include "base/date.h"
#include "base/num.h"
#include "kpi/run_inside.h"

/*
 * Where the customer whose turn it is stands in each period: for each dimension the periods from
 * which it says something else, put together to points from which all of them stay the same.
 */

/* The end of the dimension before. */
static size_t begin_of(const churn__groups *groups, uint32_t dim)
{
    return dim == 0 ? 0 : groups->ends[dim - 1];
}

bool churn__groups_change(churn__groups *groups, uint32_t dim, uint32_t period, uint32_t code)
{
    const size_t from = begin_of(groups, dim), count = groups->change_count;
    if (count > from && groups->changes[count - 1].code == code) {
        return true;
    }
    if (!churn__grow(groups->heap, (void **)&groups->changes, &groups->change_capacity, count + 1,
                     sizeof *groups->changes)) {
        return false;
    }
    groups->changes[groups->change_count++] = (churn__dim_change){period, code};
    return true;
}

/* ---- attributes ---- */

/* The code of a value; CHURN__NO_CODE and false: no memory. */
static bool code_of_value(churn__groups *groups, const churn__value *value, uint32_t *out)
{
    char room[64];
    churn_str text = {room, 0};
    *out = CHURN__NO_CODE;
    if (value->missing != CHURN__PRESENT) {
        return true;
    }
    switch (value->type) {
    case CHURN__TYPE_STRING:
        text = value->as.s;
        break;
    case CHURN__TYPE_BOOL:
        text = value->as.b ? CHURN__STR("true") : CHURN__STR("false");
        break;
    case CHURN__TYPE_INT:
        text.len = churn__int_print(value->as.i, room);
        break;
    case CHURN__TYPE_DOUBLE:
        text.len = churn__double_print_short(value->as.d, room);
        break;
    case CHURN__TYPE_TIME:
        text.len = churn__instant_print(value->as.t, room);
        break;
    default:
        return true;
    }
    *out = churn__groups_word(groups, text);
    return *out != CHURN__NO_CODE;
}

/* The value in force at the beginning, or just before the end; of who has none yet, the first. */
static bool track_attribute(churn__kpi_run *run, uint32_t dim)
{
    churn__groups *groups = &run->inside->groups;
    const churn__attribute_state *states = NULL;
    const uint32_t name = groups->dims[dim].attribute;
    size_t count = 0, at = 0;
    uint32_t code = CHURN__NO_CODE;
    if (name != CHURN__NO_CODE) {
        count =
            churn__reader_attribute_states(run->reader, run->customer, name, run->as_of, &states);
    }
    if (count == 0) {
        return churn__groups_change(groups, dim, 0, CHURN__NO_CODE);
    }
    if (!code_of_value(groups, &states[0].value, &code) ||
        !churn__groups_change(groups, dim, 0, code)) {
        return false;
    }
    for (uint32_t p = 0; p < run->period_count && at + 1 < count; p++) {
        const churn__kpi_period *period = &run->periods[p];
        const churn_time start = period->begun ? period->start : run->as_of;
        const churn_time last = run->by_end ? period->until - 1 : start;
        const size_t before = at;
        while (at + 1 < count && states[at + 1].valid_from <= last) {
            at++;
        }
        if (at == before) {
            continue;
        }
        if (!code_of_value(groups, &states[at].value, &code) ||
            !churn__groups_change(groups, dim, p, code)) {
            return false;
        }
    }
    return true;
}

/* ---- what others found ---- */

static bool track_given(churn__kpi_run *run, uint32_t dim)
{
    const churn__run_inside *inside = run->inside;
    const churn__dimension *d = &inside->groups.dims[dim];
    const uint16_t *codes = d->given->codes + (size_t)run->rank * inside->period_count;
    for (uint32_t p = 0; p < run->period_count; p++) {
        const uint16_t code = codes[(size_t)p * inside->pass_count + inside->pass];
        if (!churn__groups_change(&run->inside->groups, dim, p,
                                  code == CHURN__GIVEN_NULL ? CHURN__NO_CODE
                                                            : d->given_codes[code])) {
            return false;
        }
    }
    return true;
}

/* ---- losses and beginnings ---- */

static uint32_t code_of_loss(const churn__kpi_run *run, const churn__life_span *span, uint8_t key)
{
    char text[64];
    uint32_t value_class = CHURN__KEY_NULL;
    switch (key) {
    case CHURN__KEY_CHURN_VALUE:
        value_class = churn__value_class(run->settings, span->mrr, run->minor);
        return value_class == CHURN__KEY_NULL
                   ? CHURN__NO_CODE
                   : churn__groups_word(
                         &run->inside->groups,
                         (churn_str){text, churn__value_class_text(run->settings, value_class, text,
                                                                   sizeof text)});
    case CHURN__KEY_CHURN_REASON:
        return span->reason;
    case CHURN__KEY_CHURN_COMPETITOR:
        return span->competitor;
    default:
        return churn__groups_word(&run->inside->groups, span->kind == CHURN__CHURN_INVOLUNTARY
                                                            ? CHURN__STR("involuntary")
                                                            : CHURN__STR("voluntary"));
    }
}

static bool track_loss(churn__kpi_run *run, uint32_t dim)
{
    churn__groups *groups = &run->inside->groups;
    const uint8_t key = groups->dims[dim].key;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    bool fits = true;
    if (churn__run_lives(run, &spans, &count, NULL) != CHURN_OK) {
        return false;
    }
    for (size_t i = 0; i < count && fits; i++) {
        const uint32_t p =
            spans[i].to == CHURN_TIME_NONE ? CHURN__KPI_NONE : churn__run_period(run, spans[i].to);
        const bool more = i + 1 < count && spans[i + 1].to != CHURN_TIME_NONE &&
                          churn__run_period(run, spans[i + 1].to) == p;
        if (p == CHURN__KPI_NONE || more) {
            continue;
        }
        if (groups->change_count == begin_of(groups, dim) && p > 0) {
            fits = churn__groups_change(groups, dim, 0, CHURN__NO_CODE);
        }
        fits =
            fits && churn__groups_change(groups, dim, p, code_of_loss(run, &spans[i], key)) &&
            (p + 1 == run->begun_count || churn__groups_change(groups, dim, p + 1, CHURN__NO_CODE));
    }
    return fits && (groups->change_count > begin_of(groups, dim) ||
                    churn__groups_change(groups, dim, 0, CHURN__NO_CODE));
}

/* "2025-03" of the first day as a customer, in the playbook's zone. */
static bool track_start(churn__kpi_run *run, uint32_t dim)
{
    churn__groups *groups = &run->inside->groups;
    const churn__life_span *spans = NULL;
    char text[16];
    size_t count = 0;
    uint32_t code = CHURN__NO_CODE;
    if (churn__run_lives(run, &spans, &count, NULL) != CHURN_OK) {
        return false;
    }
    if (count > 0 && churn__date_print(run->zone, spans[0].from, text) >= 7) {
        code = churn__groups_word(groups, (churn_str){text, 7});
        if (code == CHURN__NO_CODE) {
            return false;
        }
    }
    return churn__groups_change(groups, dim, 0, code);
}

static bool track_customer(churn__kpi_run *run, uint32_t dim)
{
    churn__groups *groups = &run->inside->groups;
    const uint32_t code = churn__groups_word(groups, run->customer_id);
    return code != CHURN__NO_CODE && churn__groups_change(groups, dim, 0, code);
}

/* ---- all of them ---- */

static bool track_dimension(churn__kpi_run *run, uint32_t d)
{
    churn__groups *groups = &run->inside->groups;
    const churn__dimension *dim = &groups->dims[d];
    switch (dim->source) {
    case CHURN__DIM_ATTRIBUTE:
        return track_attribute(run, d);
    case CHURN__DIM_GIVEN:
        return track_given(run, d);
    case CHURN__DIM_START:
        return track_start(run, d);
    case CHURN__DIM_CUSTOMER:
        return track_customer(run, d);
    default:
        if (dim->key <= CHURN__KEY_CURRENCY) {
            return churn__groups_main(run, d);
        }
        return dim->key <= CHURN__KEY_CHURN_VALUE
                   ? track_loss(run, d)
                   : churn__groups_change(groups, d, 0, CHURN__NO_CODE);
    }
}

/* The first period after `period` from which some dimension says something else. */
static uint32_t next_change(const churn__groups *groups, uint32_t period)
{
    uint32_t next = CHURN__KPI_NONE;
    for (size_t i = 0; i < groups->change_count; i++) {
        if (groups->changes[i].period > period && groups->changes[i].period < next) {
            next = groups->changes[i].period;
        }
    }
    return next;
}

static uint32_t code_at(const churn__groups *groups, uint32_t dim, uint32_t period)
{
    size_t at = begin_of(groups, dim);
    while (at + 1 < groups->ends[dim] && groups->changes[at + 1].period <= period) {
        at++;
    }
    return groups->changes[at].code;
}

static bool push_point(churn__groups *groups, uint32_t period)
{
    const size_t codes = (size_t)groups->point_count * groups->dim_count;
    if (!churn__grow(groups->heap, (void **)&groups->points, &groups->point_capacity,
                     groups->point_count + 1, sizeof *groups->points) ||
        !churn__grow(groups->heap, (void **)&groups->codes, &groups->code_capacity,
                     codes + groups->dim_count, sizeof *groups->codes)) {
        return false;
    }
    for (uint32_t d = 0; d < groups->dim_count; d++) {
        groups->codes[codes + d] = code_at(groups, d, period);
    }
    groups->points[groups->point_count++] = (churn__track_point){period, CHURN__KPI_NONE};
    return true;
}

bool churn__groups_track(churn__kpi_run *run)
{
    churn__groups *groups = &run->inside->groups;
    groups->point_count = 0;
    groups->change_count = 0;
    groups->at = 0;
    for (uint32_t d = 0; d < groups->dim_count; d++) {
        groups->ends[d] = (uint32_t)groups->change_count;
        if (!track_dimension(run, d)) {
            return false;
        }
        groups->ends[d] = (uint32_t)groups->change_count;
    }
    for (uint32_t period = 0; period != CHURN__KPI_NONE; period = next_change(groups, period)) {
        if (!push_point(groups, period)) {
            return false;
        }
    }
    return true;
}

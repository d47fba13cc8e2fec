/* SPDX-License-Identifier: MIT */
#include "kpi/cohorts.h"

#include "base/checked.h"

/* What is added up of a cohort at one age. `over`: of members whose unit is over at as_of; `now`:
 * whose unit is running. What does not depend on the member's doings is kept as differences from
 * age to age until the end, so that a member costs two additions and not one for each age. */
enum { OVER, NOW, SIZE_OVER, SIZE_NOW, MEMBERS_OVER, SUMS };

#define MOST_CELLS UINT64_C(20000000)

/* ---- life ---- */

churn_status churn__cohorts_open(churn__cohorts *cohorts, churn__kpi_run *run,
                                 const churn__cohort_request *request, churn_error *err)
{
    churn_status st = CHURN_OK;
    *cohorts = (churn__cohorts){.heap = run->heap, .request = *request, .as_of = run->as_of};
    CHURN_TRY(churn__event_pick_open(&cohorts->acts, run->heap, run->version, &request->acts,
                                     "cohorts: events", err));
    CHURN_TRY(churn__event_pick_open(&cohorts->begin, run->heap, run->version, &request->begin,
                                     "cohorts: start_events", err));
    const churn_time to = run->as_of > run->from ? run->as_of : run->from + 1;
    CHURN_TRY(churn__units_open(&cohorts->units, run->heap, run->zone, request->unit, run->from, to,
                                NULL, 0, err));
    cohorts->last = cohorts->units.count - 1;
    cohorts->last_over = cohorts->units.starts[cohorts->units.count] <= run->as_of;
    cohorts->words = (size_t)cohorts->units.count / 64 + 1;
    cohorts->bits = churn__alloc_array_zero(run->heap, cohorts->words, sizeof *cohorts->bits);
    cohorts->levels =
        churn__alloc_array_zero(run->heap, cohorts->units.count, sizeof *cohorts->levels);
    if (cohorts->bits == NULL || cohorts->levels == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

void churn__cohorts_close(churn__cohorts *cohorts)
{
    churn__heap *heap = cohorts->heap;
    if (heap == NULL) {
        return;
    }
    for (size_t i = 0; i < cohorts->row_count; i++) {
        churn__free_array(heap, cohorts->rows[i].cells, (size_t)cohorts->rows[i].ages * SUMS,
                          sizeof(int64_t));
    }
    churn__free_array(heap, cohorts->rows, cohorts->row_capacity, sizeof *cohorts->rows);
    churn__free_array(heap, cohorts->index, cohorts->index_capacity, sizeof *cohorts->index);
    churn__free_array(heap, cohorts->bits, cohorts->words, sizeof *cohorts->bits);
    churn__free_array(heap, cohorts->levels, cohorts->units.count, sizeof *cohorts->levels);
    churn__units_close(&cohorts->units);
    churn__event_pick_close(&cohorts->acts);
    churn__event_pick_close(&cohorts->begin);
    *cohorts = (churn__cohorts){0};
}

/* ---- rows ---- */

static uint32_t ages_from(const churn__cohorts *cohorts, uint32_t start)
{
    const uint32_t ages = cohorts->last - start + 1, most = cohorts->request.max_age;
    return most < ages ? most + 1 : ages;
}

static churn_status new_row(churn__cohorts *cohorts, uint32_t group, uint32_t start, uint32_t *out,
                            churn_error *err)
{
    churn_status st = CHURN_OK;
    const bool dated = cohorts->request.by_start;
    churn__cohort_row row = {.group = group,
                             .start = dated ? start : CHURN__KPI_NONE,
                             .ages = ages_from(cohorts, dated ? start : 0)};
    cohorts->cell_count += row.ages;
    if (cohorts->cell_count > MOST_CELLS) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   "cohorts: more than %u cells: take longer units, fewer groups or a max_age",
                   MOST_CELLS);
    }
    if (!churn__grow(cohorts->heap, (void **)&cohorts->rows, &cohorts->row_capacity,
                     cohorts->row_count + 1, sizeof row)) {
        CHURN_TRY(churn__fail_memory(err, cohorts->heap));
    }
    row.cells = churn__alloc_array_zero(cohorts->heap, (size_t)row.ages * SUMS, sizeof *row.cells);
    if (row.cells == NULL) {
        CHURN_TRY(churn__fail_memory(err, cohorts->heap));
    }
    *out = (uint32_t)cohorts->row_count;
    cohorts->rows[cohorts->row_count++] = row;
done:
    return st;
}

static churn_status find_row(churn__cohorts *cohorts, uint32_t group, uint32_t start,
                             churn__cohort_row **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const size_t starts = cohorts->request.by_start ? cohorts->units.count : 1;
    const size_t place = (size_t)group * starts + (cohorts->request.by_start ? start : 0);
    const size_t before = cohorts->index_capacity;
    if (place >= before) {
        if (!churn__grow(cohorts->heap, (void **)&cohorts->index, &cohorts->index_capacity,
                         place + 1, sizeof *cohorts->index)) {
            CHURN_TRY(churn__fail_memory(err, cohorts->heap));
        }
        for (size_t i = before; i < cohorts->index_capacity; i++) {
            cohorts->index[i] = CHURN__KPI_NONE;
        }
    }
    if (cohorts->index[place] == CHURN__KPI_NONE) {
        CHURN_TRY(new_row(cohorts, group, start, &cohorts->index[place], err));
    }
    *out = &cohorts->rows[cohorts->index[place]];
done:
    return st;
}

/* ---- who is there when ---- */

static void set_bits(churn__cohorts *cohorts, uint32_t from, uint32_t to)
{
    for (uint32_t unit = from; unit < to; unit++) {
        cohorts->bits[unit / 64] |= UINT64_C(1) << (unit % 64);
    }
}

/* The units just before whose end, or just before as_of, somebody is a customer. */
static void mark_lives(churn__cohorts *cohorts, const churn__life_span *spans, size_t count)
{
    const churn__units *units = &cohorts->units;
    for (size_t i = 0; i < count && spans[i].from < cohorts->as_of; i++) {
        const churn_time from = spans[i].from, to = spans[i].to;
        const bool lasts = to == CHURN_TIME_NONE || to >= cohorts->as_of;
        if (!lasts && to < units->starts[0]) {
            continue;
        }
        set_bits(cohorts, from < units->starts[0] ? 0 : churn__units_at(units, from),
                 lasts ? units->count : churn__units_at(units, to));
    }
}

/* From each unit with a bit all earlier ones get theirs. */
static void fill_before(churn__cohorts *cohorts, uint32_t from)
{
    uint32_t unit = cohorts->units.count;
    while (unit > from && (cohorts->bits[(unit - 1) / 64] >> ((unit - 1) % 64) & 1) == 0) {
        unit--;
    }
    set_bits(cohorts, from, unit);
}

/* MRR just before the ends of units; the first positive one is what they began with. */
static int64_t mark_money(churn__cohorts *cohorts, const churn__ledger_of *ledger, uint32_t first)
{
    const churn__units *units = &cohorts->units;
    size_t next = 0;
    int64_t start = 0, level = 0;
    for (uint32_t unit = first; unit < units->count; unit++) {
        const churn_time end = units->starts[unit + 1];
        for (; next < ledger->move_count && ledger->moves[next].at < end &&
               ledger->moves[next].at < cohorts->as_of;
             next++) {
            level = ledger->moves[next].after;
            start = start == 0 && level > 0 ? level : start;
        }
        cohorts->levels[unit] = level;
    }
    return start;
}

/* ---- adding a member ---- */

static bool add_to(int64_t *sum, int64_t amount)
{
    return churn__add_i64(*sum, amount, sum);
}

static int64_t left_of(const churn__cohorts *cohorts, uint32_t unit, int64_t start)
{
    const int64_t level = cohorts->levels[unit];
    switch (cohorts->request.what) {
    case CHURN__COHORT_GROSS:
        return level < start ? level : start;
    case CHURN__COHORT_NET:
        return level;
    default:
        return (int64_t)(cohorts->bits[unit / 64] >> (unit % 64) & 1);
    }
}

static bool add_member(churn__cohorts *cohorts, churn__cohort_row *row, uint32_t start,
                       int64_t size)
{
    const uint32_t ages = ages_from(cohorts, start);
    const uint32_t over = cohorts->last - start + (cohorts->last_over ? 1 : 0);
    bool fits = add_to(&row->size, size);
    row->members++;
    for (uint32_t age = 0; age < ages; age++) {
        int64_t *sums = row->cells + (size_t)age * SUMS;
        fits = add_to(&sums[age < over ? OVER : NOW], left_of(cohorts, start + age, size)) && fits;
    }
    if (over > 0) {
        fits = add_to(&row->cells[SIZE_OVER], size) && fits;
        row->cells[MEMBERS_OVER]++;
    }
    if (over > 0 && over < row->ages) {
        int64_t *sums = row->cells + (size_t)over * SUMS;
        fits = add_to(&sums[SIZE_OVER], -size) && fits;
        sums[MEMBERS_OVER]--;
    }
    if (over < ages) {
        fits = add_to(&row->cells[(size_t)over * SUMS + SIZE_NOW], size) && fits;
    }
    return fits;
}

/* ---- a customer ---- */

static churn_time first_start(const churn__cohorts *cohorts, const churn__kpi_run *run,
                              const churn__ledger_of *ledger, const churn__life_span *spans,
                              size_t span_count)
{
    if (ledger != NULL) {
        for (size_t i = 0; i < ledger->move_count; i++) {
            if (ledger->moves[i].after > 0) {
                return ledger->moves[i].at;
            }
        }
        return CHURN_TIME_NONE;
    }
    if (cohorts->request.begin.count > 0) {
        return churn__activity_first(run->reader, run->customer, &cohorts->begin, cohorts->as_of);
    }
    return span_count > 0 ? spans[0].from : CHURN_TIME_NONE;
}

static bool is_money(const churn__cohorts *cohorts)
{
    return cohorts->request.what == CHURN__COHORT_GROSS ||
           cohorts->request.what == CHURN__COHORT_NET;
}

/* Some of their money is not known somewhere from the beginning of the cohort on. */
static bool money_unknown(const churn__cohorts *cohorts, const churn__ledger_of *ledger)
{
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        if (ledger->unknown[i].from < cohorts->as_of) {
            return true;
        }
    }
    return false;
}

static churn_time unknown_start(const churn__ledger_of *ledger, churn_time start)
{
    const churn_time from = ledger->unknown[0].from;
    return start == CHURN_TIME_NONE || from < start ? from : start;
}

/* The last state of a subscription by an instant, if it is live then; the first row of the next
 * subscription is at *next. NULL: none. */
static const churn__subscription *state_at(const churn__subscription *rows, size_t count, size_t i,
                                           churn_time at, size_t *next)
{
    const churn__subscription *found = NULL;
    for (*next = i; *next < count && rows[*next].id == rows[i].id; ++*next) {
        found = rows[*next].valid_from <= at ? &rows[*next] : found;
    }
    return found != NULL && churn__subscription_live(found, at) ? found : NULL;
}

/* Plan, product and currency are those they began with, not those they had at the end of the unit:
 * who left within it would have none. Of several subscriptions the one with the most MRR. */
static churn__kpi_keys keys_at(churn__kpi_run *run, churn_time start)
{
    const churn__subscription *rows = NULL, *main_one = NULL;
    const size_t count = churn__run_subscriptions(run, &rows);
    churn__kpi_keys keys = churn__kpi_no_keys;
    int64_t most = -1;
    for (size_t i = 0; i < count;) {
        const churn__subscription *state = state_at(rows, count, i, start, &i);
        int64_t mrr = 0;
        if (state != NULL && churn__mrr_of_state(run->policy, state, start, &mrr) && mrr > most) {
            most = mrr;
            main_one = state;
        }
    }
    keys.code[CHURN__KEY_PLAN] = churn__key_code(main_one ? main_one->plan : CHURN__NO_CODE);
    keys.code[CHURN__KEY_PRODUCT] = churn__key_code(main_one ? main_one->product : CHURN__NO_CODE);
    keys.code[CHURN__KEY_CURRENCY] =
        churn__key_code(main_one ? main_one->currency : CHURN__NO_CODE);
    return keys;
}

static uint32_t member_group(churn__kpi_run *run, churn_time start)
{
    if (run->key_bits == 0) {
        return churn__run_group(run, churn__run_period(run, start), NULL);
    }
    const churn__kpi_keys keys = keys_at(run, start);
    return churn__run_group(run, churn__run_period(run, start), &keys);
}

/* What they have left of what they began with, by unit. */
static int64_t mark(churn__cohorts *cohorts, churn__kpi_run *run, const churn__ledger_of *ledger,
                    const churn__life_span *spans, size_t span_count, uint32_t unit,
                    churn_time start)
{
    if (ledger != NULL) {
        return mark_money(cohorts, ledger, unit);
    }
    memset(cohorts->bits, 0, cohorts->words * sizeof *cohorts->bits);
    if (cohorts->request.what == CHURN__COHORT_ACTIVITY) {
        churn__activity_mark(run->reader, run->customer, &cohorts->acts, &cohorts->units, start,
                             cohorts->as_of, cohorts->bits);
    } else {
        const bool back = run->policy->returners == CHURN__RETURNERS_RETAINED;
        mark_lives(cohorts, spans, back || span_count == 0 ? span_count : 1);
    }
    if (cohorts->request.or_after) {
        fill_before(cohorts, unit);
    }
    return 1;
}

churn_status churn__cohorts_customer(churn__cohorts *cohorts, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__ledger_of *ledger = NULL;
    const churn__life_span *spans = NULL;
    churn__cohort_row *row = NULL;
    size_t span_count = 0;
    churn_time start = CHURN_TIME_NONE;
    if (is_money(cohorts)) {
        CHURN_TRY(churn__run_ledger(run, &ledger, err));
    } else if (cohorts->request.begin.count == 0) {
        CHURN_TRY(churn__run_lives(run, &spans, &span_count, err));
    }
    start = first_start(cohorts, run, ledger, spans, span_count);
    const bool unknown = ledger != NULL && money_unknown(cohorts, ledger);
    start = unknown ? unknown_start(ledger, start) : start;
    if (start == CHURN_TIME_NONE || start < run->from || start >= run->to ||
        start >= cohorts->as_of) {
        goto done;
    }
    const uint32_t unit = churn__units_at(&cohorts->units, start);
    const uint32_t group = member_group(run, start);
    if (group == CHURN__KPI_NONE) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(find_row(cohorts, group, unit, &row, err));
    row->excluded += unknown;
    if (!unknown && !add_member(cohorts, row, unit,
                                mark(cohorts, run, ledger, spans, span_count, unit, start))) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "cohorts: with customer %q a sum becomes too large",
                   &run->customer_id);
    }
done:
    return st;
}

/* ---- cells ---- */

void churn__cohorts_finish(churn__cohorts *cohorts)
{
    for (size_t i = 0; i < cohorts->row_count; i++) {
        churn__cohort_row *row = &cohorts->rows[i];
        for (uint32_t age = 1; age < row->ages; age++) {
            int64_t *sums = row->cells + (size_t)age * SUMS;
            sums[SIZE_OVER] += (sums - SUMS)[SIZE_OVER];
            sums[MEMBERS_OVER] += (sums - SUMS)[MEMBERS_OVER];
        }
    }
}

churn__cohort_cell churn__cohorts_cell(const churn__cohort_row *row, uint32_t age)
{
    const int64_t *sums = row->cells + (size_t)age * SUMS;
    const bool over = sums[MEMBERS_OVER] > 0;
    return (churn__cohort_cell){.numerator = sums[over ? OVER : NOW],
                                .denominator = sums[over ? SIZE_OVER : SIZE_NOW],
                                .observed = sums[MEMBERS_OVER],
                                .there = over || sums[SIZE_NOW] > 0,
                                .complete = over && sums[MEMBERS_OVER] == row->members};
}

/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"

#include "base/checked.h"

/* ---- when ---- */

/* Ends ascend as starts do. */
uint32_t churn__kpi_first_period(const churn__kpi_run *run, churn_time at)
{
    uint32_t low = 0, n = run->period_count;
    while (n > 0) {
        const uint32_t half = n / 2;
        const bool past = run->periods[low + half].end <= at;
        low = past ? low + half + 1 : low;
        n = past ? n - half - 1 : half;
    }
    return low;
}

bool churn__kpi_in_period(const churn__kpi_run *run, uint32_t period, churn_time at)
{
    const churn__kpi_period *p = &run->periods[period];
    return p->begun && at >= p->start && at < p->until;
}

/* ---- lives ---- */

/* Alive just before t. */
static bool life_holds(const churn__life_span *span, churn_time t)
{
    return span->from < t && (span->to == CHURN_TIME_NONE || span->to >= t);
}

size_t churn__life_before(const churn__life_span *spans, size_t count, churn_time t)
{
    size_t i = 0;
    while (i < count && !life_holds(&spans[i], t)) {
        i++;
    }
    return i;
}

size_t churn__life_lost(const churn__life_span *spans, size_t count, churn_time from, churn_time to)
{
    for (size_t i = count; i > 0; i--) {
        const churn_time lost = spans[i - 1].to;
        if (lost != CHURN_TIME_NONE && lost >= from && lost < to) {
            return i - 1;
        }
    }
    return count;
}

churn__kpi_keys churn__loss_keys(const churn__kpi_run *run, const churn__life_span *span)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    keys.code[CHURN__KEY_CHURN_KIND] = span->kind;
    keys.code[CHURN__KEY_CHURN_REASON] = churn__key_code(span->reason);
    keys.code[CHURN__KEY_CHURN_COMPETITOR] = churn__key_code(span->competitor);
    keys.code[CHURN__KEY_CHURN_VALUE] = churn__value_class(run->settings, span->mrr, run->minor);
    return keys;
}

churn__kpi_keys churn__no_loss_keys(void)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    keys.code[CHURN__KEY_CHURN_KIND] = CHURN__KEY_NULL;
    keys.code[CHURN__KEY_CHURN_REASON] = CHURN__KEY_NULL;
    keys.code[CHURN__KEY_CHURN_COMPETITOR] = CHURN__KEY_NULL;
    keys.code[CHURN__KEY_CHURN_VALUE] = CHURN__KEY_NULL;
    return keys;
}

static bool comes_in(const churn__life_span *spans, size_t count, const churn__kpi_period *period)
{
    size_t i = 0;
    while (i < count && !(spans[i].from >= period->start && spans[i].from < period->until)) {
        i++;
    }
    return i < count;
}

bool churn__churn_counts(const churn__kpi_run *run, uint32_t period, const churn__life_span *spans,
                         size_t count, bool *gone)
{
    const churn__kpi_period *p = &run->periods[period];
    const bool there = churn__life_before(spans, count, p->start) < count;
    *gone = churn__life_before(spans, count, p->until) == count;
    return there || (run->policy->churn_rate == CHURN__CHURN_RATE_START_AND_NEW &&
                     comes_in(spans, count, p));
}

/* ---- money of one customer ---- */

int64_t churn__level_before(churn__level *level, const churn__ledger_of *ledger, churn_time t)
{
    for (; level->next < ledger->move_count && ledger->moves[level->next].at < t; level->next++) {
        level->mrr += ledger->moves[level->next].amount;
    }
    return level->mrr;
}

const churn__unknown_money *churn__unknown_before(const churn__ledger_of *ledger, churn_time t)
{
    return churn__unknown_between(ledger, t, t);
}

const churn__unknown_money *churn__unknown_between(const churn__ledger_of *ledger, churn_time from,
                                                   churn_time to)
{
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        const churn__unknown_money *u = &ledger->unknown[i];
        if (u->from < to && (u->to == CHURN_TIME_NONE || u->to >= from)) {
            return u;
        }
    }
    return NULL;
}

/* ---- sums ---- */

churn_status churn__kpi_put(churn__kpi_run *run, churn__kpi_sums *sums, uint32_t group,
                            uint32_t period, uint32_t column, int64_t amount, churn_error *err)
{
    int64_t *at = group == CHURN__KPI_NONE ? NULL : churn__sums_at(sums, group, period);
    if (at == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    if (!churn__add_i64(at[column], amount, &at[column])) {
        return churn__fail(err, CHURN_E_RANGE, 0,
                           "kpi: with customer %q the sum over all customers becomes too large",
                           &run->customer_id);
    }
    return CHURN_OK;
}

enum { BLAME_COUNT, BLAME_WHY, BLAME_CURRENCY, BLAME_AT };

churn_status churn__kpi_blame(churn__kpi_run *run, churn__kpi_sums *sums, uint32_t group,
                              uint32_t period, uint32_t column, const churn__unknown_money *unknown,
                              churn_error *err)
{
    churn_status st = churn__kpi_put(run, sums, group, period, column + BLAME_COUNT, 1, err);
    if (st == CHURN_OK) {
        int64_t *at = churn__sums_at(sums, group, period) + column;
        if (at[BLAME_COUNT] == 1) {
            at[BLAME_WHY] = unknown->missing;
            at[BLAME_CURRENCY] = unknown->currency;
            at[BLAME_AT] = unknown->from;
        }
    }
    return st;
}

/* ---- groups of losses ---- */

uint32_t churn__bases_group(churn__kpi_run *run, churn__kpi_bases *bases, uint32_t period,
                            const churn__kpi_keys *keys, uint32_t *base)
{
    const churn__kpi_keys none = churn__no_loss_keys();
    const uint32_t group = churn__run_group(run, period, keys);
    *base = churn__run_group(run, period, &none);
    if (group == CHURN__KPI_NONE || *base == CHURN__KPI_NONE ||
        !churn__grow(run->heap, (void **)&bases->of, &bases->capacity, (size_t)group + 1,
                     sizeof *bases->of)) {
        return CHURN__KPI_NONE;
    }
    for (; bases->count <= group; bases->count++) {
        bases->of[bases->count] = (uint32_t)bases->count;
    }
    bases->of[group] = *base;
    return group;
}

uint32_t churn__bases_of(const churn__kpi_bases *bases, uint32_t group)
{
    return group < bases->count ? bases->of[group] : group;
}

void churn__bases_free(churn__kpi_run *run, churn__kpi_bases *bases)
{
    churn__free_array(run->heap, bases->of, bases->capacity, sizeof *bases->of);
}

/* ---- cells ---- */

void churn__cell_count(churn__kpi_cell *cell, int64_t count)
{
    churn__cell_plain(cell, (double)count, count);
}

void churn__cell_money_each(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t minor,
                            int64_t whole)
{
    cell->has_terms = true;
    cell->numerator = (double)minor / run->minor;
    cell->denominator = (double)whole;
    cell->n = whole;
    cell->defined = whole > 0;
    if (cell->defined) {
        cell->value = (double)minor / ((double)whole * run->minor);
    }
}

void churn__cell_undefine(const churn__kpi_run *run, churn__kpi_cell *cell, churn__missing why,
                          const char *note)
{
    cell->defined = false;
    cell->has_interval = cell->bounded = false;
    cell->missing = why;
    if (note != NULL) {
        cell->note = churn__arena_str(run->arena, note, strlen(note));
    }
}

void churn__cell_blame(const churn__kpi_run *run, churn__kpi_cell *cell, const int64_t *blame,
                       const char *of)
{
    char date[16] = "", text[256];
    const churn__missing why = (churn__missing)blame[BLAME_WHY];
    const uint32_t code = (uint32_t)blame[BLAME_CURRENCY];
    churn_str currency = {"", 0};
    cell->excluded += blame[BLAME_COUNT];
    if (blame[BLAME_COUNT] == 0) {
        return;
    }
    if (why == CHURN__NO_RATE && code != CHURN__NO_CODE) {
        currency = churn__dict_view_get(churn__version_texts(run->version), code);
    }
    churn__date_print(run->zone, blame[BLAME_AT], date);
    churn__format(text, sizeof text, "%s: %S%sfrom %s (%d %s)", churn__missing_name(why), &currency,
                  currency.len > 0 ? " " : "", date, blame[BLAME_COUNT], of);
    churn__cell_undefine(run, cell, why, text);
}

void churn__cell_wait(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t waiting,
                      churn_time period_end, int64_t within)
{
    char text[96];
    cell->excluded += waiting;
    cell->incomplete = run->as_of < period_end || run->as_of - period_end < within;
    if (waiting > 0 && cell->note.len == 0) {
        churn__format(text, sizeof text, "waiting: %d, whose %d days are not over", waiting,
                      within / CHURN__DAY);
        cell->note = churn__arena_str(run->arena, text, strlen(text));
    }
}

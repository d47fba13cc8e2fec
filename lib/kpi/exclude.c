/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/sort.h"
#include "kpi/run_inside.h"

/*
 * Customers some of whose money is unknown: they are left out of sums of money, counted, and named
 * by currency and date, in every group that they have a part in.
 */
#define IN_PERIOD 0
#define AT_END 1
#define SUMS 2
#define MOST_NAMED 5u /* in a note */
#define FEWEST_SLOTS 64u

static bool is_unknown(const churn__unknown_money *unknown, const churn__kpi_period *period)
{
    return unknown->from < period->until &&
           (unknown->to == CHURN_TIME_NONE || unknown->to >= period->start);
}

static bool is_unknown_at_end(const churn__unknown_money *unknown, const churn__kpi_period *period)
{
    return unknown->from < period->until &&
           (unknown->to == CHURN_TIME_NONE || unknown->to >= period->until);
}

bool churn__run_unknown(const churn__kpi_run *run, uint32_t period)
{
    const churn__ledger_of *ledger = &run->inside->ledger;
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        if (is_unknown(&ledger->unknown[i], &run->periods[period])) {
            return true;
        }
    }
    return false;
}

bool churn__run_unknown_at_end(const churn__kpi_run *run, uint32_t period)
{
    const churn__ledger_of *ledger = &run->inside->ledger;
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        if (is_unknown_at_end(&ledger->unknown[i], &run->periods[period])) {
            return true;
        }
    }
    return false;
}

/* ---- remembering ---- */

static uint32_t slot_of(const churn__exclusions *all, const churn__left_out *row)
{
    const uint32_t mask = all->slot_count - 1;
    uint64_t hash = row->pass;
    hash = (hash ^ row->period) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ (hash >> 32) ^ row->group) * UINT64_C(0xC4CEB9FE1A85EC53);
    hash = (hash ^ (hash >> 32) ^ row->currency) * UINT64_C(0xFF51AFD7ED558CCD);
    uint32_t at = (uint32_t)((hash >> 32) ^ row->missing) & mask;
    for (; all->slots[at] != CHURN__KPI_NONE; at = (at + 1) & mask) {
        const churn__left_out *there = &all->rows[all->slots[at]];
        if (there->pass == row->pass && there->period == row->period &&
            there->group == row->group && there->currency == row->currency &&
            there->missing == row->missing) {
            break;
        }
    }
    return at;
}

static bool more_slots(churn__exclusions *all, churn__heap *heap)
{
    const uint32_t count = all->slot_count == 0 ? FEWEST_SLOTS : all->slot_count * 2;
    uint32_t *slots = churn__alloc_array(heap, count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0xff, count * sizeof *slots);
    churn__free_array(heap, all->slots, all->slot_count, sizeof *slots);
    all->slots = slots;
    all->slot_count = count;
    for (size_t i = 0; i < all->count; i++) {
        all->slots[slot_of(all, &all->rows[i])] = (uint32_t)i;
    }
    return true;
}

static bool remember(churn__exclusions *all, churn__heap *heap, churn__left_out row)
{
    if (2 * (all->count + 1) > all->slot_count && !more_slots(all, heap)) {
        return false;
    }
    uint32_t *slot = &all->slots[slot_of(all, &row)];
    if (*slot != CHURN__KPI_NONE) {
        churn__left_out *there = &all->rows[*slot];
        there->count++;
        there->at = row.at < there->at ? row.at : there->at;
        return true;
    }
    if (!churn__grow(heap, (void **)&all->rows, &all->capacity, all->count + 1, sizeof row)) {
        return false;
    }
    row.count = 1;
    *slot = (uint32_t)all->count;
    all->rows[all->count++] = row;
    return true;
}

/* ---- one customer ---- */

/* The groups of a period that the customer has a part in: their own, and those of what each of
 * their subscriptions says; each once, to be told from the others by `seen`. */
static uint32_t group_of(churn__kpi_run *run, uint32_t period, size_t i)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    const churn__subscription *rows = NULL;
    if (i == 0) {
        return churn__run_group(run, period, NULL);
    }
    (void)churn__run_subscriptions(run, &rows);
    keys.code[CHURN__KEY_PLAN] = churn__key_code(rows[i - 1].plan);
    keys.code[CHURN__KEY_PRODUCT] = churn__key_code(rows[i - 1].product);
    keys.code[CHURN__KEY_CURRENCY] = churn__key_code(rows[i - 1].currency);
    return churn__run_group(run, period, &keys);
}

#define OF_RECORDS                                                            \
    ((UINT32_C(1) << CHURN__KEY_PLAN) | (UINT32_C(1) << CHURN__KEY_PRODUCT) | \
     (UINT32_C(1) << CHURN__KEY_CURRENCY))

static size_t part_count(churn__kpi_run *run)
{
    const churn__subscription *rows = NULL;
    return (run->key_bits & OF_RECORDS) == 0 ? 1 : 1 + churn__run_subscriptions(run, &rows);
}

static churn_status leave_out(churn__kpi_run *run, uint32_t period, uint32_t group,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__exclusions *all = &run->inside->exclusions;
    churn__kpi_sums *sums = &all->sums[run->inside->pass];
    const churn__ledger_of *ledger = &run->inside->ledger;
    if (group == CHURN__KPI_NONE || !churn__sums_add(sums, group, period, IN_PERIOD, 1) ||
        !churn__sums_add(sums, group, period, AT_END, churn__run_unknown_at_end(run, period))) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        const churn__unknown_money *u = &ledger->unknown[i];
        const churn_time start = run->periods[period].start;
        if (!is_unknown(u, &run->periods[period])) {
            continue;
        }
        if (!remember(all, run->heap,
                      (churn__left_out){.pass = run->inside->pass,
                                        .period = period,
                                        .group = group,
                                        .currency = u->currency,
                                        .missing = u->missing,
                                        .at = u->from > start ? u->from : start})) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
    }
done:
    return st;
}

static churn_status exclude_period(churn__kpi_run *run, uint32_t period, size_t parts,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < parts; i++) {
        const uint32_t group = group_of(run, period, i);
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = group_of(run, period, k) == group;
        }
        if (!seen) {
            CHURN_TRY(leave_out(run, period, group, err));
        }
    }
done:
    return st;
}

churn_status churn__exclude_customer(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__exclusions *all = &run->inside->exclusions;
    const size_t parts = part_count(run);
    if (all->sums == NULL) {
        all->sums = churn__alloc_array_zero(run->heap, run->inside->pass_count, sizeof *all->sums);
        if (all->sums == NULL) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
        all->pass_count = run->inside->pass_count;
        for (uint32_t i = 0; i < all->pass_count; i++) {
            churn__sums_init_cells(&all->sums[i], run->heap, run->inside->passes[i].begun, SUMS);
        }
    }
    for (uint32_t p = 0; p < run->begun_count; p++) {
        if (churn__run_unknown(run, p)) {
            CHURN_TRY(exclude_period(run, p, parts, err));
        }
    }
done:
    return st;
}

void churn__exclusions_free(churn__exclusions *all, churn__heap *heap)
{
    for (uint32_t i = 0; i < all->pass_count; i++) {
        churn__sums_free(&all->sums[i]);
    }
    churn__free_array(heap, all->sums, all->pass_count, sizeof *all->sums);
    churn__free_array(heap, all->rows, all->capacity, sizeof *all->rows);
    churn__free_array(heap, all->slots, all->slot_count, sizeof *all->slots);
}

/* ---- telling ---- */

typedef struct naming {
    const churn__kpi_run *run;
} naming;

static churn_str currency_name(const churn__kpi_run *run, uint32_t code)
{
    return code == CHURN__NO_CODE ? CHURN__STR("a currency")
                                  : churn__dict_view_get(churn__version_texts(run->version), code);
}

static int compare_left_out(const void *a, const void *b, const void *context)
{
    const churn__left_out *x = *(const churn__left_out *const *)a;
    const churn__left_out *y = *(const churn__left_out *const *)b;
    const naming *n = context;
    if (x->missing != y->missing) {
        return x->missing < y->missing ? -1 : 1;
    }
    return churn__str_cmp(currency_name(n->run, x->currency), currency_name(n->run, y->currency));
}

static void tell_one(const churn__kpi_run *run, const churn__left_out *row, bool first,
                     churn__buf *out)
{
    char date[16];
    churn__buf_text(out, first ? "" : ", ");
    if (row->missing == CHURN__NO_RATE) {
        churn__buf_str(out, currency_name(run, row->currency));
        churn__buf_text(out, " to ");
        churn__buf_str(out, run->currency);
    } else {
        churn__buf_text(out, "too much money");
    }
    churn__buf_text(out, " at ");
    churn__buf_str(out, (churn_str){date, churn__date_print(run->zone, row->at, date)});
    churn__buf_text(out, " (");
    churn__buf_int(out, row->count);
    churn__buf_text(out, row->count == 1 ? " customer)" : " customers)");
}

static churn_status tell(churn__kpi_run *run, const churn__left_out **rows, size_t count,
                         churn_str *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf text;
    churn__buf_init(&text, run->heap);
    for (size_t i = 0; i < count && i < MOST_NAMED; i++) {
        const bool first = i == 0 || rows[i]->missing != rows[i - 1]->missing;
        if (first) {
            churn__buf_text(&text, i == 0 ? "" : "; ");
            churn__buf_text(&text, churn__missing_name(rows[i]->missing));
            churn__buf_text(&text, ": ");
        }
        tell_one(run, rows[i], first, &text);
    }
    if (count > MOST_NAMED) {
        churn__buf_text(&text, ", and ");
        churn__buf_int(&text, (int64_t)(count - MOST_NAMED));
        churn__buf_text(&text, " more currencies");
    }
    *out = churn__arena_str(run->arena, churn__buf_view(&text).ptr, text.size);
    if (text.failed || out->ptr == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    churn__buf_clear(&text);
    return st;
}

static churn_status make_note(churn__kpi_run *run, uint32_t period, uint32_t group,
                              churn__kpi_cell *cell, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__exclusions *all = &run->inside->exclusions;
    const churn__left_out **rows = NULL;
    const naming n = {run};
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < all->count; i++) {
        const churn__left_out *row = &all->rows[i];
        if (row->pass != run->inside->pass || row->period != period || row->group != group) {
            continue;
        }
        if (!churn__grow(run->heap, (void **)&rows, &capacity, count + 1, sizeof *rows)) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
        rows[count++] = row;
    }
    if (!churn__sort(run->heap, rows, count, sizeof *rows, compare_left_out, &n)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    cell->missing = count > 0 ? rows[0]->missing : CHURN__NO_RATE;
    CHURN_TRY(tell(run, rows, count, &cell->note, err));
done:
    churn__free_array(run->heap, rows, capacity, sizeof *rows);
    return st;
}

churn_status churn__cell_exclude(churn__kpi_run *run, churn__kpi_cell *cell, uint32_t period,
                                 uint32_t group, bool at_end, churn_error *err)
{
    const churn__exclusions *all = &run->inside->exclusions;
    if (all->sums == NULL) {
        return CHURN_OK;
    }
    cell->excluded =
        churn__sums_get(&all->sums[run->inside->pass], group, period)[at_end ? AT_END : IN_PERIOD];
    if (cell->excluded == 0) {
        return CHURN_OK;
    }
    cell->defined = cell->has_interval = false;
    return make_note(run, period, group, cell, err);
}

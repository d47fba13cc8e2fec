/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

#include "base/sort.h"

/* On how few customers the MRR at the end of a period rests. Who pays nothing, or has only
 * negative money, is none of them. */

enum { FIGURE_PARETO, FIGURE_TOP10, FIGURE_LARGEST, FIGURE_GINI, FIGURE_FOR_80, FIGURES };

static const churn__figure figures[FIGURES] = {
    {"pareto_share", CHURN__UNIT_RATIO, true, "Share of the top 20 %",
     "MRR of the 20 % of paying customers with the most MRR / MRR of all paying customers; a part of "
     "a customer counts in part",
     "M. O. Lorenz (1905), Publ. Am. Stat. Assoc. 9, 209-219; J. M. Juran's Pareto rule",
     "5 customers pay 60, 10, 10, 10 and 10: the first is 20 % of them: 60 / 100 = 60 %",
     "others round up to whole customers"},
    {"concentration_top10_share", CHURN__UNIT_RATIO, true, "Share of the ten largest customers",
     "MRR of the ten customers with the most MRR / MRR of all paying customers", "a share of MRR",
     "20 customers pay 10 each: 100 / 200 = 50 %", NULL},
    {"largest_customer_share", CHURN__UNIT_RATIO, true, "Share of the largest customer",
     "MRR of the customer with the most MRR / MRR of all paying customers", "a share of MRR",
     "customers pay 60, 10, 10, 10 and 10: 60 %", NULL},
    {"gini", CHURN__UNIT_NUMBER, true, "Gini coefficient of MRR",
     "sum of |a - b| over all pairs of paying customers / (2 n sum of MRR): 0 all pay alike, near 1 "
     "one pays for all",
     "C. Gini (1912); A. Sen, On Economic Inequality, 2.3",
     "customers pay 60, 10, 10, 10 and 10: 0.4", "some multiply by n / (n - 1)"},
    {"customers_for_80", CHURN__UNIT_RATIO, true, "Customers that bring 80 %",
     "the fewest paying customers whose MRR is at least 80 % of all / paying customers",
     "J. M. Juran's Pareto rule", "customers pay 60, 10, 10, 10 and 10: 3 of 5 bring 80: 60 %",
     NULL},
};

typedef struct paying {
    uint32_t group, period;
    int64_t mrr;
} paying;

enum { SUM_PAYING, SUM_BLAME, SUMS = SUM_BLAME + CHURN__BLAME_COLUMNS };

typedef struct concentration_state {
    churn__kpi_sums sums;
    paying *data;
    size_t count, capacity;
    int64_t *amounts; /* in the order of `data` after it is sorted; NULL until then */
} concentration_state;

static churn_status concentration_open(churn__kpi_run *run, void *state, churn_error *err)
{
    (void)err;
    churn__sums_init(&((concentration_state *)state)->sums, run, SUMS);
    return CHURN_OK;
}

static void concentration_close(churn__kpi_run *run, void *state)
{
    concentration_state *s = state;
    churn__free_array(run->heap, s->data, s->capacity, sizeof *s->data);
    if (s->amounts != NULL) {
        churn__free_array(run->heap, s->amounts, s->count, sizeof *s->amounts);
    }
    churn__sums_free(&s->sums);
}

static churn_status add_paying(churn__kpi_run *run, concentration_state *s, uint32_t period,
                               int64_t mrr, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t group = churn__run_group(run, period, NULL);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_PAYING, 1, err));
    if (!churn__grow(run->heap, (void **)&s->data, &s->capacity, s->count + 1, sizeof *s->data)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    s->data[s->count++] = (paying){group, period, mrr};
done:
    return st;
}

static churn_status concentration_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    concentration_state *s = state;
    const churn__ledger_of *ledger = NULL;
    churn__level level = {0};
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const int64_t mrr = churn__level_before(&level, ledger, run->periods[p].until);
        const churn__unknown_money *unknown = churn__unknown_before(ledger, run->periods[p].until);
        if (unknown != NULL) {
            CHURN_TRY(churn__kpi_blame(run, &s->sums, churn__run_group(run, p, NULL), p, SUM_BLAME,
                                       unknown, err));
        } else if (mrr > 0) {
            CHURN_TRY(add_paying(run, s, p, mrr, err));
        }
    }
done:
    return st;
}

/* By group and period, then the largest first. */
static int compare_paying(const void *a, const void *b, const void *context)
{
    const paying *x = a, *y = b;
    (void)context;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->period != y->period) {
        return x->period < y->period ? -1 : 1;
    }
    return (x->mrr < y->mrr) - (x->mrr > y->mrr);
}

static churn_status concentration_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    concentration_state *s = state;
    s->amounts = churn__alloc_array(run->heap, s->count, sizeof *s->amounts);
    if (s->amounts == NULL ||
        !churn__sort(run->heap, s->data, s->count, sizeof *s->data, compare_paying, NULL)) {
        return churn__fail_memory(err, run->heap);
    }
    for (size_t i = 0; i < s->count; i++) {
        s->amounts[i] = s->data[i].mrr;
    }
    return CHURN_OK;
}

/* Where a cell's customers begin. */
static size_t find(const concentration_state *s, uint32_t group, uint32_t period)
{
    const paying wanted = {group, period, INT64_MAX};
    size_t low = 0, n = s->count;
    while (n > 0) {
        const size_t half = n / 2;
        const bool before = compare_paying(&s->data[low + half], &wanted, NULL) < 0;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return low;
}

/* A share of money: the value is exact, the numerator is what it comes to. */
static void share_cell(const churn__kpi_run *run, const int64_t *amounts, size_t n, double share,
                       churn__kpi_cell *out)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += (double)amounts[i];
    }
    churn__cell_plain(out, share, (int64_t)n);
    out->has_terms = true;
    out->denominator = total / run->minor;
    out->numerator = share * out->denominator;
}

static void known_cell(const churn__kpi_run *run, uint32_t figure, const int64_t *amounts, size_t n,
                       churn__kpi_cell *out)
{
    switch (figure) {
    case FIGURE_PARETO:
        share_cell(run, amounts, n, churn__top_share(amounts, n, 0.2), out);
        break;
    case FIGURE_TOP10:
        share_cell(run, amounts, n, churn__largest_share(amounts, n, 10), out);
        break;
    case FIGURE_LARGEST:
        share_cell(run, amounts, n, churn__largest_share(amounts, n, 1), out);
        break;
    case FIGURE_GINI:
        churn__cell_plain(out, churn__gini(amounts, n), (int64_t)n);
        break;
    default:
        churn__cell_share(run, out, (int64_t)churn__fewest_for(amounts, n, 80), (int64_t)n);
        out->has_interval = false; /* no sample of anything */
        break;
    }
}

static churn_status concentration_cell(churn__kpi_run *run, void *state, uint32_t figure,
                                       uint32_t period, uint32_t group, churn__kpi_cell *out,
                                       churn_error *err)
{
    const concentration_state *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    const size_t n = (size_t)sum[SUM_PAYING];
    (void)err;
    if (n == 0) {
        churn__cell_undefine(run, out, CHURN__EMPTY, NULL);
    } else {
        known_cell(run, figure, s->amounts + find(s, group, period), n, out);
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
    return CHURN_OK;
}

const churn__kpi_set churn__set_concentration = {"concentration",
                                                 figures,
                                                 FIGURES,
                                                 sizeof(concentration_state),
                                                 concentration_open,
                                                 concentration_customer,
                                                 concentration_finish,
                                                 concentration_cell,
                                                 concentration_close};

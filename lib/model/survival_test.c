/* SPDX-License-Identifier: MIT */
#include "model/curve.h"
#include "model/survival.h"

#include "table/table.h"

#define MOST_GROUPS 256

static const churn_str words[] = {
    {"log-rank", 8}, {"gehan", 5}, {"tarone-ware", 11}, {"peto", 4}, {"fleming-harrington", 18}};

/* Sums over all strata. */
typedef struct contest {
    churn__heap *heap;
    const churn_survival_options *options;
    uint32_t groups;
    risk_level *level; /* of each group, in one stratum */
    double *risk, *events, *observed, *expected, *n;
    double *variance; /* [groups][groups] */
    double *solving;  /* the same of those that are compared */
} contest;

static double *doubles(churn__heap *heap, size_t n)
{
    return churn__alloc_array_zero(heap, n, sizeof(double));
}

static bool contest_open(contest *c)
{
    size_t g = c->groups;

    c->level = churn__alloc_array_zero(c->heap, g, sizeof *c->level);
    c->risk = doubles(c->heap, g);
    c->events = doubles(c->heap, g);
    c->observed = doubles(c->heap, g);
    c->expected = doubles(c->heap, g);
    c->n = doubles(c->heap, g);
    c->variance = doubles(c->heap, g * g);
    c->solving = doubles(c->heap, g * (g + 1));
    return c->level != NULL && c->risk != NULL && c->events != NULL && c->observed != NULL &&
           c->expected != NULL && c->n != NULL && c->variance != NULL && c->solving != NULL;
}

static void contest_close(contest *c)
{
    size_t g = c->groups;

    churn__free_array(c->heap, c->level, g, sizeof *c->level);
    churn__free_array(c->heap, c->risk, g, sizeof(double));
    churn__free_array(c->heap, c->events, g, sizeof(double));
    churn__free_array(c->heap, c->observed, g, sizeof(double));
    churn__free_array(c->heap, c->expected, g, sizeof(double));
    churn__free_array(c->heap, c->n, g, sizeof(double));
    churn__free_array(c->heap, c->variance, g * g, sizeof(double));
    churn__free_array(c->heap, c->solving, g * (g + 1), sizeof(double));
}

/* ---- one time ---- */

/* Survival of all groups together: just before, and the one of Peto and Peto. */
typedef struct pooled {
    double survival, peto;
} pooled;

static double weight_at(const churn_survival_options *options, const pooled *all, double risk,
                        double events)
{
    switch (options->test) {
    case CHURN_TEST_GEHAN:
        return risk;
    case CHURN_TEST_TARONE_WARE:
        return sqrt(risk);
    case CHURN_TEST_PETO:
        return all->peto * (1.0 - events / (risk + 1.0));
    case CHURN_TEST_FLEMING_HARRINGTON:
        return churn__pow(all->survival, options->rho) *
               churn__pow(1.0 - all->survival, options->gamma);
    default:
        return 1.0;
    }
}

/* Hypergeometric means and covariances of d events among the groups. */
static void add_time(contest *c, double weight, double risk, double events, double rest)
{
    double spread = 0.0;

    if (risk > 1.0) {
        spread = weight * weight * events * rest / (risk - 1.0);
    }
    for (uint32_t a = 0; a < c->groups; a++) {
        double share = c->risk[a] / risk;
        c->observed[a] += weight * c->events[a];
        c->expected[a] += weight * events * share;
        if (share == 0.0 || spread == 0.0) {
            continue;
        }
        for (uint32_t b = 0; b < c->groups; b++) {
            c->variance[(size_t)a * c->groups + b] +=
                spread * share * ((a == b ? 1.0 : 0.0) - c->risk[b] / risk);
        }
    }
}

/* ---- one stratum ---- */

static void open_stratum(contest *c, const risk_sums *sums, uint32_t stratum)
{
    for (uint32_t g = 0; g < c->groups; g++) {
        size_t at = (size_t)stratum * c->groups + g;
        c->level[g] = (risk_level){{0.0, 0.0}, 0};
        risk_add(&c->level[g], sums->weight[at], sums->count[at]);
    }
}

static void enter(contest *c, const risk_sums *sums, uint32_t stratum, size_t *entry, double time)
{
    const risk_side *side = &sums->entries;

    for (; *entry < side->outer[stratum + 1] && side->moments[*entry].time < time; ++*entry) {
        for (size_t i = side->moments[*entry].cells; i < side->moments[*entry + 1].cells; i++) {
            const risk_cell *cell = side->cells + i;
            risk_add(&c->level[cell->code], cell->weight, cell->count);
        }
    }
}

static void look(contest *c, const risk_sums *sums, size_t moment, pooled *all)
{
    const risk_side *side = &sums->exits;
    double risk = 0.0, events = 0.0, rest;
    int64_t heads = 0;

    memset(c->events, 0, c->groups * sizeof *c->events);
    for (uint32_t g = 0; g < c->groups; g++) {
        c->risk[g] = risk_of(&c->level[g]);
        risk += c->risk[g];
        heads += c->level[g].count;
    }
    for (size_t i = side->moments[moment].cells; i < side->moments[moment + 1].cells; i++) {
        const risk_cell *cell = side->cells + i;
        c->n[cell->code / 2] += cell->weight;
        if (cell->code % 2 == 1) {
            c->events[cell->code / 2] += cell->weight;
            events += cell->weight;
            heads -= cell->count;
        }
    }
    if (events > 0.0) {
        rest = heads > 0 ? risk - events : 0.0;
        add_time(c, weight_at(c->options, all, risk, events), risk, events, rest);
        all->survival *= rest / risk;
        all->peto *= 1.0 - events / (risk + 1.0);
    }
}

static void leave(contest *c, const risk_sums *sums, size_t moment)
{
    const risk_side *side = &sums->exits;

    for (size_t i = side->moments[moment].cells; i < side->moments[moment + 1].cells; i++) {
        const risk_cell *cell = side->cells + i;
        risk_add(&c->level[cell->code / 2], -cell->weight, -cell->count);
    }
}

static void add_stratum(contest *c, const risk_sums *sums, uint32_t stratum)
{
    pooled all = {1.0, 1.0};
    size_t entry = sums->entries.outer[stratum];

    open_stratum(c, sums, stratum);
    for (size_t m = sums->exits.outer[stratum]; m < sums->exits.outer[stratum + 1]; m++) {
        enter(c, sums, stratum, &entry, sums->exits.moments[m].time);
        look(c, sums, m, &all);
        leave(c, sums, m);
    }
}

/* ---- the verdict ---- */

/* u' V^-1 u by Cholesky's decomposition, row by row, with u as the last row. What a pivot of nearly
 * nothing would divide is left out, and so is its degree of freedom. */
static double quadratic(double *v, double *u, uint32_t n, uint32_t *rank)
{
    double sum = 0.0;

    *rank = 0;
    for (uint32_t i = 0; i < n; i++) {
        double pivot = v[(size_t)i * n + i], whole = pivot;
        for (uint32_t k = 0; k < i; k++) {
            pivot -= v[(size_t)i * n + k] * v[(size_t)i * n + k];
        }
        pivot = pivot > whole * 1e-10 ? sqrt(pivot) : 0.0;
        for (uint32_t j = i + 1; pivot > 0.0 && j < n; j++) {
            double cell = v[(size_t)j * n + i];
            for (uint32_t k = 0; k < i; k++) {
                cell -= v[(size_t)j * n + k] * v[(size_t)i * n + k];
            }
            v[(size_t)j * n + i] = cell / pivot;
        }
        for (uint32_t j = i + 1; pivot == 0.0 && j < n; j++) {
            v[(size_t)j * n + i] = 0.0;
        }
        for (uint32_t k = 0; k < i; k++) {
            u[i] -= v[(size_t)i * n + k] * u[k];
        }
        u[i] = pivot > 0.0 ? u[i] / pivot : 0.0;
        sum += u[i] * u[i];
        *rank += pivot > 0.0;
    }
    return sum;
}

/* chi2 of the groups of which something was expected, less one of them, whose difference is the sum
 * of the others. */
static double judge(contest *c, uint32_t *df)
{
    double *v = c->solving, *u = c->solving + (size_t)c->groups * c->groups;
    uint32_t n = 0, left_out = UINT32_MAX;

    for (uint32_t g = 0; g < c->groups; g++) {
        left_out = c->expected[g] > 0.0 ? g : left_out;
        n += c->expected[g] > 0.0;
    }
    *df = 0;
    if (n < 2) {
        return MODEL_NAN;
    }
    n--;
    for (uint32_t a = 0, i = 0; a < c->groups; a++) {
        if (!(c->expected[a] > 0.0) || a == left_out) {
            continue;
        }
        u[i] = c->observed[a] - c->expected[a];
        for (uint32_t b = 0, j = 0; b < c->groups; b++) {
            if (c->expected[b] > 0.0 && b != left_out) {
                v[(size_t)i * n + j++] = c->variance[(size_t)a * c->groups + b];
            }
        }
        i++;
    }
    return quadratic(v, u, n, df);
}

static churn_status tell(contest *c, const churn_groups *groups, const churn__labels *labels,
                         churn_table **out, churn_error *err)
{
    uint32_t df, at;
    double chi2 = judge(c, &df), p = df > 0 ? churn__chi2_upper(chi2, df) : MODEL_NAN;
    churn__table_builder *builder = churn__table_begin(c->heap, c->groups);

    if (builder == NULL) {
        return churn__fail_memory(err, c->heap);
    }
    at = churn__label_columns(builder, labels);
    churn__table_column(builder, "n", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "observed", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "expected", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "test", CHURN_COLUMN_STRING);
    churn__table_column(builder, "chi2", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "df", CHURN_COLUMN_INT);
    churn__table_column(builder, "p", CHURN_COLUMN_DOUBLE);
    for (uint32_t g = 0; g < c->groups; g++) {
        if (g == groups->count && c->groups > 1 && c->n[g] == 0.0) {
            continue; /* nobody asked for the one without a name */
        }
        churn__label_put(builder, labels, groups, g, 1);
        churn__table_add_double(builder, at, c->n[g]);
        churn__table_add_double(builder, at + 1, c->observed[g]);
        churn__table_add_double(builder, at + 2, c->expected[g]);
        churn__table_add_string(builder, at + 3, words[c->options->test]);
        churn__table_add_double(builder, at + 4, df > 0 ? chi2 : MODEL_NAN);
        churn__table_add_int(builder, at + 5, df);
        churn__table_add_double(builder, at + 6, p);
    }
    return churn__table_finish(builder, out, err);
}

churn_status churn__survival_test(churn__heap *heap, const churn_survival_data *data,
                                  const churn_survival_options *options,
                                  const churn__labels *labels, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    contest c = {.heap = heap};
    risk_data rows;
    risk_sums sums = {0};

    CHURN_TRY(churn__risk_open(heap, data, options, &rows, err));
    if (rows.groups > MOST_GROUPS + 1) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "survival: a test compares at most 256 groups");
    }
    CHURN_TRY(churn__risk_sum_tests(&rows, &sums, err));
    c.options = &rows.options;
    c.groups = rows.groups;
    if (!contest_open(&c)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t s = 0; s < rows.strata; s++) {
        CHURN_TRY(churn__cancel_check(rows.options.cancel, err));
        add_stratum(&c, &sums, s);
    }
    st = tell(&c, &rows.given.group, labels, out, err);
done:
    contest_close(&c);
    churn__risk_sums_free(&sums);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

#include <math.h>

#include "base/checked.h"

/*
 * Every figure is a sum of sums of its period, most over another one: this table is the list.
 * Sources of the formulas: the SaaS Metrics Standards Board for GRR and NRR, ChartMogul for the
 * rates that sum movements; docs/reference/semantics.md has them all.
 */

#define UNIT_COUNT 0
#define UNIT_MONEY 1
#define UNIT_RATIO 2       /* of customers */
#define UNIT_MONEY_RATIO 3 /* of money */

#define MOST_TERMS 4

typedef struct term {
    int8_t factor; /* 0: no more terms */
    uint8_t sum;
} term;

typedef struct figure {
    const char *name;
    uint8_t unit;
    bool proportion;  /* of customers: has an interval */
    uint8_t excluded; /* which sum counts the customers left out; 0: nobody is */
    uint8_t over;     /* which sum it is divided by; CHURN__SUM_COUNT: none */
    term terms[MOST_TERMS];
} figure;

#define ONE(index)   \
    {                \
        {            \
            1, index \
        }            \
    }
#define AT_END CHURN__SUM_EXCLUDED_END
#define IN_PERIOD CHURN__SUM_EXCLUDED_ALL
#define PLAIN CHURN__SUM_COUNT

static const figure figures[] = {
    {"customers", UNIT_COUNT, false, 0, PLAIN, ONE(CHURN__SUM_CUSTOMERS_END)},
    {"new_customers", UNIT_COUNT, false, 0, PLAIN, ONE(CHURN__SUM_CUSTOMERS_NEW)},
    {"lost_customers", UNIT_COUNT, false, 0, PLAIN, ONE(CHURN__SUM_CUSTOMERS_LOST)},
    {"reactivated_customers", UNIT_COUNT, false, 0, PLAIN, ONE(CHURN__SUM_CUSTOMERS_BACK)},
    {"mrr", UNIT_MONEY, false, AT_END, PLAIN, ONE(CHURN__SUM_MRR)},
    {"arr", UNIT_MONEY, false, AT_END, PLAIN, {{12, CHURN__SUM_MRR}}},
    {"arpa", UNIT_MONEY, false, AT_END, CHURN__SUM_CUSTOMERS_KNOWN, ONE(CHURN__SUM_MRR)},
    {"new_mrr", UNIT_MONEY, false, IN_PERIOD, PLAIN, ONE(CHURN__SUM_NEW)},
    {"expansion_mrr", UNIT_MONEY, false, IN_PERIOD, PLAIN, ONE(CHURN__SUM_EXPANSION)},
    {"contraction_mrr", UNIT_MONEY, false, IN_PERIOD, PLAIN, {{-1, CHURN__SUM_CONTRACTION}}},
    {"churned_mrr", UNIT_MONEY, false, IN_PERIOD, PLAIN, {{-1, CHURN__SUM_CHURN}}},
    {"reactivation_mrr", UNIT_MONEY, false, IN_PERIOD, PLAIN, ONE(CHURN__SUM_REACTIVATION)},
    /* Those at the start who are gone at the end, over all at the start. */
    {"logo_churn", UNIT_RATIO, true, 0, CHURN__SUM_CUSTOMERS_START, ONE(CHURN__SUM_LOST_OF_START)},
    /* (end - new) / start, where new is whoever came and had not been there at the start. */
    {"crr",
     UNIT_RATIO,
     true,
     0,
     CHURN__SUM_CUSTOMERS_START,
     {{1, CHURN__SUM_CUSTOMERS_END}, {-1, CHURN__SUM_CAME}}},
    /* The closed cohort of those who paid at the start. */
    {"grr", UNIT_MONEY_RATIO, false, IN_PERIOD, CHURN__SUM_COHORT_START,
     ONE(CHURN__SUM_COHORT_KEPT)},
    {"nrr", UNIT_MONEY_RATIO, false, IN_PERIOD, CHURN__SUM_COHORT_START,
     ONE(CHURN__SUM_COHORT_END)},
    /* Movements over the MRR at the start. */
    {"gross_mrr_churn",
     UNIT_MONEY_RATIO,
     false,
     IN_PERIOD,
     CHURN__SUM_START,
     {{-1, CHURN__SUM_CHURN}, {-1, CHURN__SUM_CONTRACTION}}},
    {"net_mrr_churn",
     UNIT_MONEY_RATIO,
     false,
     IN_PERIOD,
     CHURN__SUM_START,
     {{-1, CHURN__SUM_CHURN},
      {-1, CHURN__SUM_CONTRACTION},
      {-1, CHURN__SUM_EXPANSION},
      {-1, CHURN__SUM_REACTIVATION}}},
};

#define FIGURES (sizeof figures / sizeof *figures)

const char *churn__kpi_name(uint32_t i)
{
    return i < FIGURES ? figures[i].name : NULL;
}

uint32_t churn__kpi_find(churn_str name)
{
    for (uint32_t i = 0; i < FIGURES; i++) {
        if (churn__str_eq(name, churn__str_nts(figures[i].name))) {
            return i;
        }
    }
    return CHURN__KPI_NONE;
}

/* z is the 97.5 % quantile of the normal distribution. */
void churn__wilson95(int64_t x, int64_t n, double *low, double *high)
{
    const double z = 1.959963984540054, zz = z * z;
    const double count = (double)n, p = (double)x / count;
    const double middle = p + zz / (2 * count);
    const double half = z * sqrt((p * (1 - p) + zz / (4 * count)) / count);
    *low = x == 0 ? 0 : (middle - half) / (1 + zz / count);
    *high = x == n ? 1 : (middle + half) / (1 + zz / count);
}

static double power_of_ten(int scale)
{
    double power = 1;
    for (int i = 0; i < scale; i++) {
        power *= 10;
    }
    return power;
}

static bool sum_terms(const figure *f, const int64_t *sum, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < MOST_TERMS && f->terms[i].factor != 0; i++) {
        int64_t part = 0;
        if (!churn__mul_i64(f->terms[i].factor, sum[f->terms[i].sum], &part) ||
            !churn__add_i64(*out, part, out)) {
            return false;
        }
    }
    return true;
}

static void set_ratio(const figure *f, int64_t num, int64_t den, double minor,
                      churn__kpi_value *out)
{
    const bool money = f->unit != UNIT_RATIO;
    out->has_terms = true;
    out->numerator = (double)num / (money ? minor : 1);
    out->denominator = (double)den / (f->unit == UNIT_MONEY_RATIO ? minor : 1);
    out->defined = den > 0;
    if (!out->defined) {
        return;
    }
    out->value = (double)num / ((double)den * (f->unit == UNIT_MONEY ? minor : 1));
    out->has_interval = f->proportion && num >= 0 && num <= den;
    if (out->has_interval) {
        churn__wilson95(num, den, &out->low, &out->high);
    }
}

churn_status churn__kpi_compute(const churn__kpi_period *period, uint32_t i, int scale,
                                churn__kpi_value *out, churn_error *err)
{
    static const char *const units[] = {"count", "currency", "ratio", "ratio"};
    churn_status st = CHURN_OK;
    const figure *f = &figures[i];
    const double minor = power_of_ten(scale);
    int64_t num = 0;
    *out = (churn__kpi_value){.unit = units[f->unit]};
    if (!period->begun) {
        goto done;
    }
    if (!sum_terms(f, period->sum, &num)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: %s is too large", f->name);
    }
    out->excluded = f->excluded == 0 ? 0 : period->sum[f->excluded];
    if (f->over != PLAIN) {
        set_ratio(f, num, period->sum[f->over], minor, out);
    } else {
        out->defined = true;
        out->value = (double)num / (f->unit == UNIT_MONEY ? minor : 1);
    }
    /* A missing rate makes the figure missing: a sum of some customers is not the sum. */
    out->defined = out->defined && out->excluded == 0;
done:
    return st;
}

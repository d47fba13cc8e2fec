/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "kpi/engagement.h"
#include "kpi/run.h"
#include "model/model.h"

#include <math.h>

/*
 * What became of those who began in a period: who was activated in time, whether they stayed more
 * than the others, and how long it took until the product was of use to them.
 *
 * Staying is compared from the end of the time for activation on, among those who were there then:
 * somebody who left on the third day could not be activated on the tenth, and would make
 * activation look good by having left (immortal time: Suissa, Am. J. Epidemiol. 167, 2008).
 */
enum { RATE, ACTIVATED, STAYED, OTHERS_STAYED, LIFT, VALUE, FIGURES };

static const churn__figure figures[FIGURES] = {
    [RATE] = {"activation_rate", CHURN__UNIT_RATIO, false, "Activation rate",
              "customers who began in the period and were activated within kpi.activation.within / "
              "those who began and whose time for it is over",
              "Amplitude, Activation Rate",
              "of 20 who began in March 12 imported data within 14 days: 12 / 20 = 60 %",
              "Most count whose time is not over as not activated"},
    [ACTIVATED] = {"activated_customers", CHURN__UNIT_COUNT, false, "Activated customers",
                   "customers who began in the period and were activated in time",
                   "as activation_rate", "12 of 20: 12", NULL},
    [STAYED] = {"retention_activated", CHURN__UNIT_RATIO, false, "Retention of the activated",
                "of the activated who were there at the end of the time for activation, those who "
                "were there at kpi.activation.retention",
                "landmark analysis: Anderson, Cain and Gelber, J. Clin. Oncol. 1, 1983",
                "12 activated on day 14, 11 of them there on day 90: 11 / 12 = 92 %", NULL},
    [OTHERS_STAYED] = {"retention_not_activated", CHURN__UNIT_RATIO, false,
                       "Retention of the others",
                       "the same of those who were not activated in time", "as retention_activated",
                       "6 others on day 14, 3 of them there on day 90: 3 / 6 = 50 %", NULL},
    [LIFT] = {"activation_lift", CHURN__UNIT_RATIO, false, "Retention lift of activation",
              "retention_activated - retention_not_activated",
              "Newcombe, Statistics in Medicine 17, 1998, method 10, for the interval",
              "92 % - 50 %: 0.42, not the effect of activation: who is keen does both",
              "Vendors compare from the first day on, where leaving early counts as not activated"},
    [VALUE] = {"time_to_value", CHURN__UNIT_DAYS, false, "Time to value",
               "median of the days from the beginning until kpi.value is reached, of those who "
               "began in the period; not yet reached: censored (Kaplan-Meier)",
               "Kaplan and Meier, JASA 53, 1958",
               "reached on days 2, 5 and 9, one open since day 7: 5",
               "Most take the median of those who did reach it, which is too short"},
};

enum { SUM_BEGAN, SUM_DUE, SUM_LATE, SUM_DONE, SUM_A, SUM_A_STAYED, SUM_O, SUM_O_STAYED, SUMS };

/* One customer's time until value. */
typedef struct wait {
    uint32_t group, period;
    double days;
    bool reached;
} wait;

typedef struct activation {
    churn__kpi_sums sums;
    churn__reach goal, value;
    bool has_goal, has_value;
    wait *waits;
    size_t wait_count, wait_capacity;
} activation;

static churn_status activation_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    activation *a = state;
    const churn__engagement_def *def = &run->settings->engagement;
    const churn__reach_def *value =
        churn__reach_declared(&def->value) ? &def->value : &def->activation;
    churn__sums_init(&a->sums, run, SUMS);
    a->has_goal = churn__reach_declared(&def->activation);
    a->has_value = churn__reach_declared(value);
    CHURN_TRY(churn__reach_open(&a->goal, run->heap, run->version, &def->activation, err));
    CHURN_TRY(churn__reach_open(&a->value, run->heap, run->version, value, err));
done:
    return st;
}

static void activation_close(churn__kpi_run *run, void *state)
{
    activation *a = state;
    churn__sums_free(&a->sums);
    churn__reach_close(&a->goal);
    churn__reach_close(&a->value);
    churn__free_array(run->heap, a->waits, a->wait_capacity, sizeof *a->waits);
}

/* ---- one customer ---- */

typedef struct beginner {
    const churn__life_span *spans;
    size_t span_count;
    churn_time start;
    uint32_t period, group;
} beginner;

static churn_time later(churn_time at, int64_t by)
{
    return at > CHURN_TIME_MAX - by ? CHURN_TIME_MAX : at + by;
}

static void add_activation(churn__kpi_run *run, activation *a, const beginner *b, int64_t *sums)
{
    const churn__engagement_def *def = &run->settings->engagement;
    const churn_time due = later(b->start, def->activation_within);
    const churn_time day = later(b->start, def->activation_retention);
    sums[SUM_BEGAN]++;
    sums[SUM_LATE] += day > run->as_of;
    if (due > run->as_of) {
        return;
    }
    const bool done = churn__reach_at(&a->goal, run->reader, run->customer, b->start, due,
                                      run->as_of) != CHURN_TIME_NONE;
    sums[SUM_DUE]++;
    sums[SUM_DONE] += done;
    if (day > run->as_of || !churn__lives_at(b->spans, b->span_count, due)) {
        return;
    }
    sums[done ? SUM_A : SUM_O]++;
    sums[done ? SUM_A_STAYED : SUM_O_STAYED] += churn__lives_at(b->spans, b->span_count, day);
}

/* Open until as_of, or until they left: then it will not come any more, but when is not known. */
static bool add_wait(churn__kpi_run *run, activation *a, const beginner *b)
{
    const churn_time left = b->spans[0].to;
    const churn_time seen = left == CHURN_TIME_NONE || left > run->as_of ? run->as_of : left;
    const churn_time at =
        churn__reach_at(&a->value, run->reader, run->customer, b->start, seen, run->as_of);
    const bool reached = at != CHURN_TIME_NONE;
    if (!churn__grow(run->heap, (void **)&a->waits, &a->wait_capacity, a->wait_count + 1,
                     sizeof *a->waits)) {
        return false;
    }
    a->waits[a->wait_count++] =
        (wait){b->group, b->period, (double)((reached ? at : seen) - b->start) / (double)CHURN__DAY,
               reached};
    return true;
}

static churn_status activation_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    activation *a = state;
    beginner b = {0};
    CHURN_TRY(churn__run_lives(run, &b.spans, &b.span_count, err));
    if (b.span_count == 0) {
        goto done;
    }
    b.start = b.spans[0].from;
    b.period = churn__run_period(run, b.start);
    if (b.period == CHURN__KPI_NONE) {
        goto done;
    }
    b.group = churn__run_group(run, b.period, NULL);
    int64_t *sums = b.group == CHURN__KPI_NONE ? NULL : churn__sums_at(&a->sums, b.group, b.period);
    if (sums == NULL || (a->has_value && !add_wait(run, a, &b))) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    if (a->has_goal) {
        add_activation(run, a, &b, sums);
    }
done:
    return st;
}

/* What is reached at one instant comes before who is not seen any longer from then on. */
static int compare_waits(const void *left, const void *right, const void *context)
{
    const wait *x = left, *y = right;
    (void)context;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->period != y->period) {
        return x->period < y->period ? -1 : 1;
    }
    if (x->days != y->days) {
        return x->days < y->days ? -1 : 1;
    }
    return (int)y->reached - (int)x->reached;
}

static churn_status activation_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    activation *a = state;
    if (!churn__sort(run->heap, a->waits, a->wait_count, sizeof *a->waits, compare_waits, NULL)) {
        return churn__fail_memory(err, run->heap);
    }
    return CHURN_OK;
}

/* ---- the median of times some of which are open ---- */

static const wait *waits_of(const activation *a, uint32_t group, uint32_t period, size_t *count)
{
    size_t low = 0, high = a->wait_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const wait *w = &a->waits[middle];
        if (w->group < group || (w->group == group && w->period < period)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < a->wait_count && a->waits[end].group == group && a->waits[end].period == period) {
        end++;
    }
    *count = end - low;
    return a->waits + low;
}

/* The product-limit estimate with Greenwood's sum; the interval is that of log(-log S): where its
 * bounds cross one half (Brookmeyer and Crowley, Biometrics 38, 1982). NaN: not reached. */
typedef struct median {
    double at, low, high;
    int64_t reached;
} median;

static void cross(double s, double greenwood, double z, double day, median *m)
{
    const double half = 0.5;
    double low = s, high = s;
    if (s > 0 && s < 1) {
        const double log_s = churn__log(s);
        const double wide = churn__exp(z * sqrt(greenwood) / -log_s);
        low = churn__exp(log_s * wide);
        high = churn__exp(log_s / wide);
    }
    m->at = isnan(m->at) && s <= half ? day : m->at;
    m->low = isnan(m->low) && low <= half ? day : m->low;
    m->high = isnan(m->high) && high <= half ? day : m->high;
}

static median median_of(const wait *waits, size_t count, double z)
{
    median m = {(double)NAN, (double)NAN, (double)NAN, 0};
    double s = 1, greenwood = 0;
    for (size_t i = 0, next = 0; i < count; i = next) {
        const double at_risk = (double)(count - i);
        double events = 0;
        for (next = i; next < count && waits[next].days == waits[i].days; next++) {
            events += waits[next].reached;
        }
        if (events > 0) {
            s *= (at_risk - events) / at_risk;
            greenwood += at_risk > events ? events / (at_risk * (at_risk - events)) : 0;
            m.reached += (int64_t)events;
            cross(s, greenwood, z, waits[i].days, &m);
        }
    }
    return m;
}

static void value_cell(const churn__kpi_run *run, const activation *a, uint32_t period,
                       uint32_t group, churn__kpi_cell *out)
{
    size_t count = 0;
    const wait *waits = waits_of(a, group, period, &count);
    const median m = median_of(waits, count, run->z);
    out->n = (int64_t)count;
    out->has_terms = count > 0;
    out->numerator = (double)m.reached;
    out->denominator = (double)count;
    out->defined = !isnan(m.at);
    out->missing = CHURN__EMPTY;
    if (out->defined) {
        out->value = m.at;
        out->low = m.low;
        out->high = m.high;
        out->has_interval = !isnan(m.low) && !isnan(m.high);
    } else if (count > 0) {
        out->note = CHURN__STR("not yet half of them have reached it");
    }
}

/* ---- cells ---- */

static void lift_cell(const churn__kpi_run *run, const int64_t *sums, churn__kpi_cell *out)
{
    const int64_t a = sums[SUM_A], o = sums[SUM_O];
    out->n = a + o;
    out->missing = CHURN__EMPTY;
    out->note = CHURN__STR("of those still there at the end of the time for activation; "
                           "a difference, not an effect");
    if (a > 0 && o > 0) {
        const churn__interval interval =
            churn__newcombe(sums[SUM_A_STAYED], a, sums[SUM_O_STAYED], o, run->z);
        out->defined = true;
        out->value =
            (double)sums[SUM_A_STAYED] / (double)a - (double)sums[SUM_O_STAYED] / (double)o;
        out->has_interval = true;
        out->low = interval.low;
        out->high = interval.high;
    }
}

static churn_status activation_cell(churn__kpi_run *run, void *state, uint32_t figure,
                                    uint32_t period, uint32_t group, churn__kpi_cell *out,
                                    churn_error *err)
{
    const activation *a = state;
    const int64_t *sums = churn__sums_get(&a->sums, group, period);
    (void)err;
    if (figure == VALUE ? !a->has_value : !a->has_goal) {
        out->missing = CHURN__NOT_PROVIDED;
        out->note = figure == VALUE ? CHURN__STR("kpi.value is not declared")
                                    : CHURN__STR("kpi.activation is not declared");
        return CHURN_OK;
    }
    if (period >= run->begun_count) {
        return CHURN_OK;
    }
    switch (figure) {
    case RATE:
        churn__cell_share(run, out, sums[SUM_DONE], sums[SUM_DUE]);
        out->excluded = sums[SUM_BEGAN] - sums[SUM_DUE];
        break;
    case ACTIVATED:
        churn__cell_plain(out, (double)sums[SUM_DONE], sums[SUM_DUE]);
        out->excluded = sums[SUM_BEGAN] - sums[SUM_DUE];
        break;
    case STAYED:
        churn__cell_share(run, out, sums[SUM_A_STAYED], sums[SUM_A]);
        break;
    case OTHERS_STAYED:
        churn__cell_share(run, out, sums[SUM_O_STAYED], sums[SUM_O]);
        break;
    case LIFT:
        lift_cell(run, sums, out);
        break;
    default:
        value_cell(run, a, period, group, out);
        break;
    }
    out->incomplete =
        figure <= ACTIVATED ? out->excluded > 0 : figure <= LIFT && sums[SUM_LATE] > 0;
    if (out->excluded > 0) {
        out->note = CHURN__STR("excluded: their time for it is not over");
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_activation = {
    .name = "activation",
    .figures = figures,
    .count = FIGURES,
    .state_size = sizeof(activation),
    .open = activation_open,
    .customer = activation_customer,
    .finish = activation_finish,
    .cell = activation_cell,
    .close = activation_close,
};

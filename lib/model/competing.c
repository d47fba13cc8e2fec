/* SPDX-License-Identifier: MIT */
#include "model/curve.h"
#include "model/survival.h"

#include "table/table.h"

/*
 * The incidence I of one kind among several, and its variance. With h = d / n, g = 1 - h and h_k of
 * this kind at the times u <= t, the derivative of I(t) by the hazard of kind j at u is S(u-) [j is
 * k] - (I(t) - I(u)) / g, and hazards of one time are multinomial, those of different times
 * uncorrelated:
 *   var I(t) = sum over u of 1/n (h_k (1 - h_k) S^2 - 2 h_k S (I(t) - I(u)) + h/g (I(t) - I(u))^2),
 * a polynomial in I(t), whose coefficients are summed. For one kind it is Greenwood's variance.
 */
typedef struct incidence {
    const churn_survival_options *options;
    double z;
    double survival, value;
    double constant, linear, square;
} incidence;

static void incidence_step(incidence *at, const risk_step *step, double events)
{
    double n = step->risk, h = step->events / n, h_k = events / n, s = at->survival;
    double a = h_k * (1.0 - h_k) * s * s / n, b = -2.0 * h_k * s / n;
    double c = step->rest > 0.0 ? h / (step->rest / n) / n : 0.0, i;

    at->value += s * h_k;
    at->survival *= step->rest / n;
    i = at->value;
    at->constant += a - b * i + c * i * i;
    at->linear += b - 2.0 * c * i;
    at->square += c;
}

static double incidence_se(const incidence *at)
{
    double i = at->value, variance = at->constant + i * (at->linear + i * at->square);

    return variance > 0.0 ? sqrt(variance) : 0.0;
}

static churn__interval incidence_interval(const incidence *at, double se)
{
    double i = at->value, half = at->z * se;
    churn__interval out = {i - half, i + half};

    if (!(i > 0.0)) {
        return (churn__interval){0.0, 0.0};
    }
    if (at->options->interval == CHURN_INTERVAL_LOG) {
        double factor = churn__exp(half / i);
        out = (churn__interval){i / factor, i * factor};
    } else if (at->options->interval == CHURN_INTERVAL_LOG_LOG && i < 1.0) {
        double log = churn__log(i), c = churn__exp(half / i / log);
        out = (churn__interval){churn__exp(log / c), churn__exp(log * c)};
    }
    out.low = out.low > 0.0 ? out.low : 0.0;
    out.high = out.high < 1.0 ? out.high : 1.0;
    return out;
}

/* ---- the table ---- */

typedef struct output {
    churn__table_builder *builder;
    const churn_str *words; /* of kinds; NULL: numbers */
    const churn__labels *labels;
    const churn_groups *groups;
    uint32_t group, kind, first; /* the column behind the group's name */
} output;

enum { KIND, TIME, RISK, EVENTS, INCIDENCE, SE, LOW, HIGH };

static void put(const output *to, double time, double risk, double events, const incidence *at,
                bool known)
{
    double se = incidence_se(at);
    churn__interval interval = incidence_interval(at, se);
    churn__table_builder *builder = to->builder;

    uint32_t first = to->first;
    const double cells[] = {time,
                            risk,
                            events,
                            known ? at->value : MODEL_NAN,
                            known ? se : MODEL_NAN,
                            known ? interval.low : MODEL_NAN,
                            known ? interval.high : MODEL_NAN};

    churn__label_put(builder, to->labels, to->groups, to->group, 1);
    if (to->words == NULL) {
        churn__table_add_int(builder, first + KIND, to->kind);
    } else {
        churn__table_add_string(builder, first + KIND, to->words[to->kind - 1]);
    }
    for (uint32_t i = TIME; i <= HIGH; i++) {
        churn__table_add_double(builder, first + i, cells[i - TIME]);
    }
}

static double events_of(const risk_step *step, uint32_t kind)
{
    for (size_t i = 0; i < step->cell_count; i++) {
        if (step->cells[i].code == kind) {
            return step->cells[i].weight;
        }
    }
    return 0.0;
}

static void put_all(const risk_sums *sums, uint32_t group, incidence *at, const output *to)
{
    risk_walk walk;
    risk_step step;

    churn__walk_open(&walk, sums, group);
    while (churn__walk_step(&walk, &step)) {
        double events = events_of(&step, to->kind);
        if (step.event_count > 0) {
            incidence_step(at, &step, events);
        }
        put(to, step.time, step.risk, events, at, true);
    }
}

static void put_at_times(const risk_sums *sums, uint32_t group, incidence *at, const output *to)
{
    risk_step step = {.time = -1.0};
    risk_walk walk;

    churn__walk_open(&walk, sums, group);
    for (uint32_t i = 0; i < at->options->time_count; i++) {
        double time = at->options->times[i], risk, events = 0.0;
        while (churn__walk_next(&walk) <= time) {
            double of_kind;
            (void)churn__walk_step(&walk, &step);
            of_kind = events_of(&step, to->kind);
            events += of_kind;
            if (step.event_count > 0) {
                incidence_step(at, &step, of_kind);
            }
        }
        risk = step.time == time ? step.risk : churn__walk_risk_at(&walk, time);
        put(to, time, risk, events, at,
            churn__walk_next(&walk) < MODEL_INF || time <= step.time || at->survival == 0.0);
    }
}

static bool begin(churn__heap *heap, output *to)
{
    static const char *const names[] = {"time", "n_risk", "n_event", "incidence",
                                        "se",   "low",    "high"};

    to->builder = churn__table_begin(heap, 0);
    if (to->builder == NULL) {
        return false;
    }
    to->first = churn__label_columns(to->builder, to->labels);
    churn__table_column(to->builder, "kind",
                        to->words != NULL ? CHURN_COLUMN_STRING : CHURN_COLUMN_INT);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        churn__table_column(to->builder, names[i], CHURN_COLUMN_DOUBLE);
    }
    return true;
}

/* Which kinds occur, in any group. */
static void kinds_of(const risk_sums *sums, bool seen[256])
{
    for (size_t i = 0; i < sums->exits.cell_count; i++) {
        seen[sums->exits.cells[i].code] = true;
    }
}

static churn_status put_kinds(const risk_data *rows, const risk_sums *sums, const bool seen[256],
                              output *to, churn_error *err)
{
    churn_status st = CHURN_OK;

    for (uint32_t g = 0; g < rows->groups; g++) {
        to->group = g;
        for (to->kind = 1; to->kind <= rows->kinds && churn__group_has_rows(sums, g); to->kind++) {
            incidence at = {.options = &rows->options,
                            .z = churn__level_z(rows->options.level),
                            .survival = 1.0};
            if (!seen[to->kind]) {
                continue;
            }
            CHURN_TRY(churn__cancel_check(rows->options.cancel, err));
            if (rows->options.times != NULL) {
                put_at_times(sums, g, &at, to);
            } else {
                put_all(sums, g, &at, to);
            }
        }
    }
done:
    return st;
}

churn_status churn__competing_risks(churn__heap *heap, const churn_survival_data *data,
                                    const churn_survival_options *options,
                                    const churn__labels *labels, const churn_str *kinds,
                                    uint32_t kind_count, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    output to = {.words = kinds, .labels = labels};
    bool seen[256] = {false};
    risk_data rows;
    risk_sums sums = {0};

    CHURN_TRY(churn__risk_open(heap, data, options, &rows, err));
    if (kinds != NULL && rows.kinds > kind_count) {
        CHURN_FAIL(CHURN_E_INTERNAL, 0, "survival: a kind without a word");
    }
    CHURN_TRY(churn__risk_sum_curves(&rows, &sums, err));
    to.groups = &rows.given.group;
    if (!begin(heap, &to)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    kinds_of(&sums, seen);
    CHURN_TRY(put_kinds(&rows, &sums, seen, &to, err));
    st = churn__table_finish(to.builder, out, err);
    to.builder = NULL;
done:
    churn__risk_sums_free(&sums);
    churn__table_abandon(to.builder);
    return st;
}

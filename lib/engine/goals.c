/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/signals.h>

#include "engine/figure_series.h"
#include "model/model.h"

/*
 * Goals. Each goal asks for its figure by `per`, from so far back that a forecast can stand on it
 * up to the end of the period `every` in which as_of lies (all goals of the same periods and groups
 * at once); each row of the answer is what those of one period come to.
 */

typedef struct goals {
    churn_engine *engine;
    const churn_goal_options *options;
    churn_time as_of;
    double level;
    churn__table_builder *table;
    uint32_t first; /* column */
} goals;

/* One goal, one group, one period of `every`. */
typedef struct tally {
    const goals *all;
    const churn__goal_def *def;
    const churn__figure_series *s;
    uint64_t group, from, to; /* periods of `per` in it */
    churn_time start, end;
    uint64_t done; /* complete ones that are defined */
    uint64_t left; /* those that are not over */
    double sum;    /* of complete ones */
    double now;    /* of the one that is not over, so far; NaN: not begun, or undefined */
    double passed; /* which part of that one is over: 0 to 1 */
    double value, low, high, pace, needed;
    double forecast, forecast_low, forecast_high;
    bool complete;
    int8_t on_track; /* CHURN_TRUTH_NONE: nothing is known */
    char method[64];
    const char *note;
} tally;

/* ---- what happened ---- */

static double part_of(churn_time at, churn_time start, churn_time end)
{
    return at <= start ? 0 : at >= end ? 1 : (double)(at - start) / (double)(end - start);
}

static void count_periods(tally *t)
{
    const churn__figure_series *s = t->s;
    t->now = (double)NAN;
    for (uint64_t p = t->from; p < t->to; p++) {
        double value = churn__figure_cell(s, s->value, t->group, p, false);
        if (!churn__figure_complete(s, p)) {
            uint64_t row = churn__figure_row(s, 0, p);
            bool begun = churn_table_time(s->table, row, s->start) <= t->all->as_of;
            t->passed = t->left == 0
                            ? part_of(t->all->as_of, churn_table_time(s->table, row, s->start),
                                      churn_table_time(s->table, row, s->end))
                            : t->passed;
            t->now = t->left == 0 && begun ? value : t->now;
            t->left++;
        } else if (!isnan(value)) {
            t->sum += value;
            t->done++;
        }
    }
    t->complete = t->left == 0;
}

/* The figure so far: of one period as it is, of several the mean of those that are over. */
static void settle_value(tally *t)
{
    const churn__figure_series *s = t->s;
    bool single = t->to - t->from == 1;
    t->low = t->high = (double)NAN;
    if (single) {
        t->value = churn__figure_cell(s, s->value, t->group, t->from, false);
        t->low = churn__figure_cell(s, s->low, t->group, t->from, false);
        t->high = churn__figure_cell(s, s->high, t->group, t->from, false);
    } else {
        t->value = t->done > 0 ? t->sum / (double)t->done : (double)NAN;
    }
}

static double bound_of(const churn__goal_def *def)
{
    return isnan(def->at_most) ? def->at_least : def->at_most;
}

static void settle_pace(tally *t)
{
    bool single = t->to - t->from == 1, flow = t->s->sort == CHURN__FIGURE_FLOW;
    double bound = bound_of(t->def), parts = (double)(t->to - t->from);
    double share = single && flow && !t->complete ? t->passed : 1;
    t->pace = bound * share != 0 ? t->value / (bound * share) : (double)NAN;
    if (t->complete) {
        t->needed = (double)NAN;
    } else if (single) {
        t->needed = t->s->sort == CHURN__FIGURE_RATE ? (double)NAN : bound - t->value;
    } else {
        t->needed = (bound * ((double)t->done + (double)t->left) - t->sum) / (double)t->left;
    }
    t->needed = parts > 0 ? t->needed : (double)NAN;
}

/* ---- what is to come ---- */

/* Values of the complete periods before as_of, or their changes; `*out` has room for all. */
static size_t past_of(const tally *t, bool changes, double *out)
{
    const churn__figure_series *s = t->s;
    size_t n = 0;
    double before = (double)NAN;
    for (uint64_t p = 0; p < s->periods && churn__figure_complete(s, p); p++) {
        double value = churn__figure_cell(s, s->value, t->group, p, true);
        out[n++] = changes ? value - before : value;
        before = value;
    }
    return n;
}

/* Chance alone varies counts as Poisson has it, and shares as the binomial. */
static double least_sigma(const tally *t, double level)
{
    const churn__figure_series *s = t->s;
    if (s->counts && s->sort == CHURN__FIGURE_FLOW && level > 0) {
        return sqrt(level);
    }
    for (uint64_t p = s->periods; s->shares && level > 0 && level < 1 && p-- > 0;) {
        double n = churn__figure_cell(s, s->denominator, t->group, p, true);
        if (n > 0) {
            return sqrt(level * (1 - level) / n);
        }
    }
    return 0;
}

static void clip(const tally *t, double *x)
{
    if (t->s->shares || t->s->counts) {
        *x = *x < 0 ? 0 : *x;
        *x = t->s->shares && *x > 1 ? 1 : *x;
    }
}

static void say_method(tally *t, const churn__outlook *of, const char *what, bool seasonal)
{
    (void)churn__format(t->method, sizeof t->method, "%s, %s of %u periods%s", what,
                        of->n < CHURN__HISTORY_LEAST ? "mean" : "median", (uint64_t)of->n,
                        seasonal ? ", in season" : "");
}

/* What is still to come: its sum, its variance in squares of sigma, and how often the level is in
 * it. */
typedef struct rest {
    double sum, variance, levels;
} rest;

/* The mean of what is over and what is to come, of `over` periods. */
static void set_forecast(tally *t, double known, const rest *more, double over,
                         const churn__outlook *of, double level)
{
    double least = least_sigma(t, level), sigma = of->sigma > least ? of->sigma : least;
    double sd = sigma * sqrt(more->variance + more->levels * more->levels * of->around);
    double half = sd > 0 ? sd * churn__t_quantile(0.5 + t->all->level / 2, of->df) : 0;
    t->forecast = (known + more->sum) / over;
    t->forecast_low = (known + more->sum - half) / over;
    t->forecast_high = (known + more->sum + half) / over;
    clip(t, &t->forecast_low);
    clip(t, &t->forecast_high);
    if (t->s->sort == CHURN__FIGURE_FLOW && t->s->counts && t->forecast_low < known / over) {
        t->forecast_low = known / over; /* what happened stays */
    }
}

/* Carried on at its own rate so far. */
static void forecast_alone(tally *t)
{
    bool flow = t->s->sort == CHURN__FIGURE_FLOW, single = t->to - t->from == 1;
    t->note = "fewer than three complete periods before";
    if (!flow || !single || !(t->passed > 0) || isnan(t->now)) {
        return;
    }
    t->forecast = t->now / t->passed;
    (void)churn__format(t->method, sizeof t->method, "own rate so far");
    if (t->s->counts) {
        churn__interval i = churn__poisson_exact((int64_t)t->now, t->passed, t->all->level);
        t->forecast_low = i.low > t->now ? i.low : t->now;
        t->forecast_high = i.high;
    }
}

/* Of a level: the newest value and the usual change, period by period; of the one that has begun
 * the rest of it. */
static void forecast_level(tally *t, const churn__outlook *change, const double *past, size_t n)
{
    rest more = {0, 0, 0};
    double newest = t->now, ahead = 1 - t->passed;
    for (size_t i = n; isnan(newest) && i-- > 0;) {
        newest = past[i];
    }
    for (uint64_t k = t->left; k > 0; k--) {
        more.sum += newest + ahead * change->level;
        more.levels += ahead;
        more.variance += (k == t->left ? 1 - t->passed : 1) * (double)k * (double)k;
        ahead += 1;
    }
    set_forecast(t, t->sum, &more, (double)(t->done + t->left), change, newest);
}

static churn_status forecast_sum(tally *t, const double *past, size_t n, uint32_t season,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__outlook of = {.known = false};
    rest more = {0, 0, 0};
    bool flow = t->s->sort == CHURN__FIGURE_FLOW;
    double so_far = flow && !isnan(t->now) ? t->now : 0, parts = 0;
    for (uint32_t k = (uint32_t)t->left; k > 0; k--) { /* the next one last: it is what is usual */
        CHURN_TRY(churn__outlook_of(t->all->engine->heap, past, n, season, k, &of, err));
        parts = flow && k == 1 ? 1 - t->passed : 1;
        more.sum += parts * of.level;
        more.variance += parts;
        more.levels += parts;
    }
    set_forecast(t, t->sum + so_far, &more, (double)(t->done + t->left), &of, of.level);
done:
    return st;
}

static churn_status forecast(tally *t, double *past, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__outlook of;
    bool level = t->s->sort == CHURN__FIGURE_LEVEL, flow = t->s->sort == CHURN__FIGURE_FLOW;
    uint32_t season = level ? 0 : churn__every_season(t->def->per);
    size_t n = past_of(t, level, past);
    CHURN_TRY(churn__outlook_of(t->all->engine->heap, past, n, season, 1, &of, err));
    if (!of.known) {
        forecast_alone(t);
        goto done;
    }
    say_method(t, &of,
               level  ? "newest value and usual change"
               : flow ? "so far and usual"
                      : "usual",
               season > 0 && n / 2 >= season);
    if (level) {
        n = past_of(t, false, past);
        forecast_level(t, &of, past, n);
    } else {
        CHURN_TRY(forecast_sum(t, past, n, season, err));
    }
done:
    return st;
}

static bool within(const churn__goal_def *def, double value)
{
    return !(value > def->at_most) && !(value < def->at_least);
}

static void settle_track(tally *t)
{
    double last = t->complete ? t->value : t->forecast;
    bool sure = !t->complete && t->s->sort == CHURN__FIGURE_FLOW && t->to - t->from == 1 &&
                t->s->counts && t->value > t->def->at_most; /* it will not become less */
    t->on_track = isnan(last) && !sure ? CHURN_TRUTH_NONE : !sure && within(t->def, last);
}

/* ---- rows ---- */

enum {
    GOAL,
    KPI,
    GROUP,
    PER,
    START,
    END,
    AT_MOST,
    AT_LEAST,
    VALUE,
    LOW,
    HIGH,
    PERIODS,
    PACE,
    NEEDED,
    FORECAST,
    FORECAST_LOW,
    FORECAST_HIGH,
    ON_TRACK,
    COMPLETE,
    METHOD,
    NOTE,
    COLUMNS
};

static void declare(churn__table_builder *b)
{
    static const churn__table_head columns[COLUMNS] = {
        {"goal", CHURN_COLUMN_STRING},          {"kpi", CHURN_COLUMN_STRING},
        {"group", CHURN_COLUMN_STRING},         {"per", CHURN_COLUMN_STRING},
        {"period_start", CHURN_COLUMN_TIME},    {"period_end", CHURN_COLUMN_TIME},
        {"at_most", CHURN_COLUMN_DOUBLE},       {"at_least", CHURN_COLUMN_DOUBLE},
        {"value", CHURN_COLUMN_DOUBLE},         {"low", CHURN_COLUMN_DOUBLE},
        {"high", CHURN_COLUMN_DOUBLE},          {"periods", CHURN_COLUMN_INT},
        {"pace", CHURN_COLUMN_DOUBLE},          {"needed", CHURN_COLUMN_DOUBLE},
        {"forecast", CHURN_COLUMN_DOUBLE},      {"forecast_low", CHURN_COLUMN_DOUBLE},
        {"forecast_high", CHURN_COLUMN_DOUBLE}, {"on_track", CHURN_COLUMN_BOOL},
        {"complete", CHURN_COLUMN_BOOL},        {"method", CHURN_COLUMN_STRING},
        {"note", CHURN_COLUMN_STRING},
    };
    churn__table_columns(b, columns, COLUMNS);
}

/* "plan: pro, customer.region: EU". */
static void add_group(const tally *t)
{
    const churn__figure_series *s = t->s;
    uint64_t row = churn__figure_row(s, t->group, 0);
    churn__buf text;
    churn__buf_init(&text, t->all->engine->heap);
    for (uint32_t d = 0; d < s->by_count; d++) {
        churn_str value = churn_table_string(s->table, row, s->by + d);
        bool none = churn_table_is_null(s->table, row, s->by + d);
        churn__buf_str(&text, d > 0 ? CHURN__STR(", ") : CHURN__STR(""));
        churn__buf_str(&text, t->def->by[d]);
        churn__buf_str(&text, CHURN__STR(": "));
        churn__buf_str(&text, none ? CHURN__STR("none") : value);
    }
    if (s->by_count == 0 || text.failed) {
        churn__table_add_null(t->all->table, GROUP);
    } else {
        churn__table_add_string(t->all->table, GROUP, churn__buf_view(&text));
    }
    churn__buf_clear(&text);
}

static churn_str text_or_null(const char *text)
{
    return text == NULL || text[0] == 0 ? (churn_str){NULL, 0} : churn__str_nts(text);
}

static void add_row(const tally *t)
{
    churn__table_builder *b = t->all->table;
    churn__table_add_string(b, GOAL, t->def->id);
    churn__table_add_string(b, KPI, t->def->kpi);
    add_group(t);
    churn__table_add_string(b, PER, churn__str_nts(churn__every_name(t->def->per)));
    churn__table_add_time(b, START, t->start);
    churn__table_add_time(b, END, t->end);
    churn__table_add_double(b, AT_MOST, t->def->at_most);
    churn__table_add_double(b, AT_LEAST, t->def->at_least);
    churn__table_add_double(b, VALUE, t->value);
    churn__table_add_double(b, LOW, t->low);
    churn__table_add_double(b, HIGH, t->high);
    churn__table_add_int(b, PERIODS, (int64_t)t->done);
    churn__table_add_double(b, PACE, t->pace);
    churn__table_add_double(b, NEEDED, t->needed);
    churn__table_add_double(b, FORECAST, t->forecast);
    churn__table_add_double(b, FORECAST_LOW, t->forecast_low);
    churn__table_add_double(b, FORECAST_HIGH, t->forecast_high);
    if (t->on_track == CHURN_TRUTH_NONE) {
        churn__table_add_null(b, ON_TRACK);
    } else {
        churn__table_add_bool(b, ON_TRACK, t->on_track != 0);
    }
    churn__table_add_bool(b, COMPLETE, t->complete);
    churn__table_add_string(b, METHOD, text_or_null(t->method));
    churn__table_add_string(b, NOTE, text_or_null(t->note));
}

static churn_status judge(tally *t, double *past, churn_error *err)
{
    churn_status st = CHURN_OK;
    t->forecast = t->forecast_low = t->forecast_high = (double)NAN;
    count_periods(t);
    settle_value(t);
    settle_pace(t);
    if (t->complete) {
        t->forecast = t->value;
        (void)churn__format(t->method, sizeof t->method, "complete");
    } else {
        CHURN_TRY(forecast(t, past, err));
    }
    settle_track(t);
    add_row(t);
done:
    return st;
}

/* ---- one goal ---- */

/* Complete periods that a forecast may stand on. */
static uint32_t lookback(int32_t per)
{
    static const uint32_t most[] = {
        [CHURN_EVERY_DAY] = 56,     [CHURN_EVERY_WEEK] = 156, [CHURN_EVERY_MONTH] = 48,
        [CHURN_EVERY_QUARTER] = 16, [CHURN_EVERY_YEAR] = 10,
    };
    return most[per];
}

static churn_status judge_periods(const goals *g, const churn__goal_def *def,
                                  const churn__figure_series *s, churn_time first, double *past,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__zone *zone = g->engine->playbook->zone;
    churn__unit unit = churn__every_unit(def->every);
    churn_time start = first;
    for (uint64_t p = 0; p < s->periods;) {
        uint64_t from = p;
        churn_time end = churn__period_next(start, unit, zone);
        for (; from < s->periods &&
               churn_table_time(s->table, churn__figure_row(s, 0, from), s->start) < start;) {
            from++;
        }
        for (p = from; p < s->periods &&
                       churn_table_time(s->table, churn__figure_row(s, 0, p), s->start) < end;) {
            p++;
        }
        for (uint64_t group = 0; p > from && group < s->groups; group++) {
            tally t = {.all = g,
                       .def = def,
                       .s = s,
                       .group = group,
                       .from = from,
                       .to = p,
                       .start = start,
                       .end = end};
            CHURN_TRY(judge(&t, past, err));
        }
        start = end;
    }
done:
    return st;
}

/* The start of the first period that is judged. */
static churn_time first_of(const goals *g, const churn__goal_def *def)
{
    churn_time asked = g->options->from != 0 ? g->options->from : g->as_of;
    return churn__period_start(asked, churn__every_unit(def->every), g->engine->playbook->zone);
}

static churn__figure_wish wish_of(const goals *g, const churn__goal_def *def)
{
    const churn__zone *zone = g->engine->playbook->zone;
    churn__unit unit = churn__every_unit(def->every);
    churn_time last = churn__period_start(g->as_of, unit, zone);
    return (churn__figure_wish){
        .kpi = def->kpi,
        .from = churn__periods_before(first_of(g, def), def->per, lookback(def->per), zone),
        .to = churn__period_next(last, unit, zone),
        .options = {.struct_size = sizeof(churn_kpi_options),
                    .every = def->per,
                    .as_of = g->as_of,
                    .cancel = g->options->cancel,
                    .by = def->by,
                    .by_count = def->by_count,
                    .level = g->level}};
}

static churn_status judge_goal(const goals *g, const churn__goal_def *def,
                               const churn__figure_series *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = g->engine->heap;
    double *past = churn__alloc_array(heap, (size_t)s->periods, sizeof *past);
    if (past == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(judge_periods(g, def, s, first_of(g, def), past, err));
done:
    churn__free_array(heap, past, (size_t)s->periods, sizeof *past);
    return st;
}

static churn_status judge_goals(const goals *g, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = g->engine->heap;
    const churn__own_figures *own = &g->engine->playbook->own;
    uint32_t count = own->goal_count;
    churn__figure_wish *wishes = churn__alloc_array(heap, count, sizeof *wishes);
    churn__figure_series *series = churn__alloc_array_zero(heap, count, sizeof *series);
    if (wishes == NULL || series == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        wishes[i] = wish_of(g, &own->goals[i]);
    }
    CHURN_TRY(churn__figure_series_ask(g->engine, wishes, count, series, err));
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(judge_goal(g, &own->goals[i], &series[i], err));
    }
done:
    if (series != NULL) {
        churn__figure_series_close(series, count);
    }
    churn__free_array(heap, series, count, sizeof *series);
    churn__free_array(heap, wishes, count, sizeof *wishes);
    return st;
}

static churn_status check_goals(const churn_goal_options *o, churn_time as_of, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_time latest = CHURN_TIME_MAX - 366 * CHURN__DAY;
    if (as_of < CHURN_TIME_MIN || as_of > latest || o->from < CHURN_TIME_MIN || o->from > as_of) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   "goals: as_of and from must be instants, from the earlier one");
    }
    if (!(o->level >= 0) || o->level >= 1) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "goals: level: more than 0 and less than 1");
    }
done:
    return st;
}

churn_status churn_engine_goals(churn_engine *engine, churn_time as_of,
                                const churn_goal_options *options, churn_table **out,
                                churn_error *err)
{
    churn_goal_options o;
    if (out == NULL) {
        return churn__fail_null(err, "churn_engine_goals", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_goals", err);
    if (st != CHURN_OK) {
        return st;
    }
    goals g = {.engine = engine, .options = &o, .as_of = as_of};
    CHURN_TRY(churn__copy_struct(&o, sizeof o, options, "churn_goal_options", err));
    CHURN_TRY(check_goals(&o, as_of, err));
    g.level = o.level > 0 ? o.level : 0.95;
    g.table = churn__table_begin(churn__store_heap(engine->store), 0);
    if (g.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    declare(g.table);
    CHURN_TRY(judge_goals(&g, err));
    st = churn__table_finish(g.table, out, err);
    g.table = NULL;
done:
    churn__table_abandon(g.table);
    churn__engine_leave(engine);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/model.h"

#define CYCLES_MOST 16u

typedef struct judging {
    churn__heap *heap;
    const churn__series *of;
    const churn__anomaly_rules *rules;
    double *base;   /* what is judged: values, or their changes, all brought to the first level */
    double *shifts; /* of the level of each value against the first one */
    double *rests;  /* base less its reference, of `rest_count` values for so many cycles */
    size_t rest_count;
    uint32_t rest_cycles;
    double *earlier; /* room for a window */
    churn__anomaly *out;
    size_t level;        /* where the present level begins */
    uint32_t noise_size; /* of which the two below are; they cost much and seldom change */
    churn__noise noise;
    double noise_limit;
} judging;

/* ---- what a value is compared with ---- */

/* How many earlier values of the same position a value is compared with: one cycle is left for the
 * noise around them. */
static uint32_t cycles_at(const judging *j, size_t i)
{
    size_t whole = j->of->season < 2 ? 0 : i / j->of->season;
    size_t most = j->rules->cycles < CYCLES_MOST ? j->rules->cycles : CYCLES_MOST;
    size_t wanted = whole < 2 ? whole : whole - 1;
    return (uint32_t)(wanted < most ? wanted : most);
}

/* The median of up to `cycles` earlier values of the same position; 0 without a season. */
static double reference(const judging *j, size_t i, uint32_t cycles)
{
    double same[CYCLES_MOST];
    size_t count = 0, season = j->of->season;
    if (season < 2) {
        return 0;
    }
    for (size_t k = 1; k <= cycles && k * season <= i; k++) {
        double value = j->base[i - k * season];
        if (!isnan(value)) {
            same[count++] = value;
        }
    }
    return count == 0 ? (double)NAN : churn__median(same, count);
}

/* The number of cycles grows a few times only: rests are kept until it does. */
static void settle_rests(judging *j, size_t i, uint32_t cycles)
{
    size_t from = cycles == j->rest_cycles ? j->rest_count : 0;
    for (size_t at = from; at < i; at++) {
        j->rests[at] = j->base[at] - reference(j, at, cycles);
    }
    j->rest_cycles = cycles;
    j->rest_count = i;
}

static uint32_t gather(judging *j, size_t i, uint32_t cycles)
{
    uint32_t count = 0;
    settle_rests(j, i, cycles);
    for (size_t at = i; at-- > j->level && count < j->rules->window;) {
        if (!isnan(j->rests[at])) {
            j->earlier[count++] = j->rests[at];
        }
    }
    return count;
}

/* ---- counts: what chance alone does to few of them ---- */

typedef struct tally {
    double events, trials; /* of earlier values; trials are periods for plain counts */
} tally;

static void tally_add(const judging *j, size_t i, tally *t)
{
    const churn__series *s = j->of;
    bool share = s->kind == CHURN__SERIES_SHARE;
    double events = share ? s->events[i] : s->values[i], trials = share ? s->trials[i] : 1;
    if (!isnan(events) && !isnan(trials)) {
        t->events += events;
        t->trials += trials;
    }
}

/* Earlier values of the same position and level, else those of the window. */
static tally tally_of(const judging *j, size_t i, uint32_t cycles)
{
    tally t = {0, 0};
    uint32_t count = 0;
    for (size_t k = 1; k <= cycles && k * j->of->season + j->level <= i; k++) {
        tally_add(j, i - k * j->of->season, &t);
    }
    bool none = t.trials <= 0;
    for (size_t at = i; none && at-- > j->level && count++ < j->rules->window;) {
        tally_add(j, at, &t);
    }
    return t;
}

/* Given the sum of both, the share of a Poisson count in it is binomial (Przyborowski and Wilenski,
 * Biometrika 31, 1940). Both tails: twice the smaller one. */
static double poisson_p(double x, const tally *t)
{
    double share = 1 / (t->trials + 1);
    if (x + t->events <= 0) {
        return 1;
    }
    double more = x > 0 ? churn__beta_cdf(share, x, t->events + 1) : 1;
    double less = t->events > 0 ? churn__beta_upper(share, x + 1, t->events) : 1;
    double p = 2 * (more < less ? more : less);
    return p < 1 ? p : 1;
}

static double chance_p(const judging *j, size_t i, const tally *t)
{
    const churn__series *s = j->of;
    if (t->trials <= 0) {
        return 1;
    }
    if (s->kind == CHURN__SERIES_COUNT) {
        return poisson_p(s->values[i], t);
    }
    if (isnan(s->trials[i]) || s->trials[i] <= 0) {
        return 1;
    }
    return churn__fisher_p((int64_t)s->events[i], (int64_t)s->trials[i], (int64_t)t->events,
                           (int64_t)t->trials);
}

/* About how far chance alone takes a value. */
static double chance_width(const judging *j, size_t i, const tally *t, double *expected)
{
    double z = -churn__normal_quantile(j->rules->rate / 2);
    double mean = t->trials > 0 ? t->events / t->trials : 0;
    if (isnan(*expected)) {
        *expected = mean;
    }
    if (j->of->kind == CHURN__SERIES_COUNT) {
        return z * sqrt(mean * (1 + 1 / (t->trials > 0 ? t->trials : 1)));
    }
    bool sizes = t->trials > 0 && j->of->trials[i] > 0;
    return sizes ? z * sqrt(mean * (1 - mean) * (1 / j->of->trials[i] + 1 / t->trials)) : 0;
}

/* ---- one value ---- */

static void settle_noise(judging *j, uint32_t n)
{
    if (j->noise_size != n) {
        j->noise_size = n;
        j->noise = churn__noise_of(n);
        j->noise_limit = churn__noise_limit(&j->noise, j->rules->rate);
    }
}

static bool is_chance(const churn__series *s)
{
    return !s->changes && s->kind != CHURN__SERIES_NUMBER;
}

static void limits(const judging *j, churn__anomaly *a, double width)
{
    a->low = a->expected - width;
    a->high = a->expected + width;
    if (is_chance(j->of) && a->low < 0) {
        a->low = 0;
    }
    if (is_chance(j->of) && j->of->kind == CHURN__SERIES_SHARE && a->high > 1) {
        a->high = 1;
    }
}

static void judge(judging *j, size_t i)
{
    churn__anomaly *a = &j->out[i];
    uint32_t cycles = cycles_at(j, i);
    double usual = reference(j, i, cycles),
           before = j->of->changes && i > 0 ? j->of->values[i - 1] : 0;
    a->n = isnan(usual) ? 0 : gather(j, i, cycles);
    if (isnan(j->base[i]) || a->n < j->rules->history) {
        return;
    }
    settle_noise(j, a->n);
    churn__robust rest = churn__robust_of(j->earlier, a->n);
    double width = j->noise_limit * rest.scale;
    bool same = rest.scale == 0;
    a->expected = before + j->shifts[i] + usual + rest.median;
    a->score = churn__modified_z(j->base[i] - usual, &rest);
    if (!j->rules->all && fabs(a->score) < (1 - 1e-9) * j->noise_limit) {
        return; /* its p, which costs most, is surely not below the rate */
    }
    /* Of values that come from one source the last differs from all others with at most 1/(n+1). */
    a->p = !same                               ? churn__noise_p(&j->noise, a->score)
           : j->base[i] - usual == rest.median ? 1
                                               : 1 / ((double)a->n + 1);
    if (is_chance(j->of)) {
        tally t = tally_of(j, i, cycles);
        double chance = chance_p(j, i, &t), far;
        a->expected = same ? (double)NAN : a->expected;
        far = chance_width(j, i, &t, &a->expected);
        a->p = same || chance > a->p ? chance : a->p;
        width = far > width ? far : width;
    }
    limits(j, a, width);
    if (a->p < j->rules->rate) {
        a->kind = j->of->values[i] > a->expected ? CHURN__ANOMALY_SPIKE : CHURN__ANOMALY_DROP;
    }
}

/* ---- changes of level ---- */

/* What chance alone makes of the spread of counts: robust scales of small ones are often 0. */
static double least_variance(const churn__series *s)
{
    double events = 0, trials = 0, inverse = 0;
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool share = s->kind == CHURN__SERIES_SHARE;
        double x = share ? s->events[i] : s->values[i], n = share ? s->trials[i] : 1;
        if (!isnan(x) && n > 0) {
            events += x;
            trials += n;
            inverse += 1 / n;
            count++;
        }
    }
    if (s->kind == CHURN__SERIES_NUMBER || count == 0) {
        return 0;
    }
    double mean = events / trials;
    return s->kind == CHURN__SERIES_COUNT ? mean : mean * (1 - mean) * inverse / (double)count;
}

#define TAME_SIGMAS 3.0

/* A single value is no level, however far out: values are brought to within three sigmas of the
 * median of their five neighbours, which a level that lasts moves along. */
static void tame(const double *values, double *out, size_t n, double sigma)
{
    for (size_t i = 0; i < n; i++) {
        double near[5];
        size_t count = 0, from = i < 2 ? 0 : i - 2;
        for (size_t k = from; k < n && k <= i + 2; k++) {
            near[count++] = values[k];
        }
        double middle = churn__median(near, count), most = TAME_SIGMAS * sigma;
        double over = values[i] - middle;
        out[i] = over > most ? middle + most : over < -most ? middle - most : values[i];
    }
}

/* Values of other levels show the season as well: it is the same around each of them. */
static void shift_to_first(judging *j, size_t from, size_t to, double by)
{
    for (size_t i = from; i < to; i++) {
        j->shifts[i] = by;
        j->base[i] -= by;
    }
}

/* Mark the beginning of each level but the first. `where` maps to places in the series. */
static void mark_levels(judging *j, const double *values, size_t n, const size_t *where,
                        const uint64_t *starts, size_t count, double sigma)
{
    double before = 0, mean = 0, first = 0;
    for (size_t k = 0; k < count; k++) {
        size_t begin = starts[k], end = k + 1 < count ? starts[k + 1] : n;
        before = mean;
        (void)churn__square_sum(values + begin, end - begin, &mean);
        if (k == 0) {
            first = mean;
            continue;
        }
        shift_to_first(j, where[begin], end < n ? where[end] : j->of->count, mean - first);
        j->out[where[begin]] = (churn__anomaly){.expected = before,
                                                .low = (double)NAN,
                                                .high = (double)NAN,
                                                .score = (mean - before) / sigma,
                                                .p = (double)NAN,
                                                .n = (uint32_t)(end - begin),
                                                .kind = mean > before ? CHURN__ANOMALY_LEVEL_UP
                                                                      : CHURN__ANOMALY_LEVEL_DOWN};
    }
}

typedef struct levels {
    double *values, *tamed;
    size_t *where;
    uint64_t *starts;
    size_t n;
} levels;

/* The values without their season, those that are there; none where the season is not known. */
static churn_status levels_open(judging *j, levels *l, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__series *s = j->of;
    bool adjusted = s->season < 2;
    l->values = churn__alloc_array(j->heap, s->count, sizeof *l->values);
    l->tamed = churn__alloc_array(j->heap, s->count, sizeof *l->tamed);
    l->where = churn__alloc_array(j->heap, s->count, sizeof *l->where);
    l->starts = churn__alloc_array(j->heap, s->count + 1, sizeof *l->starts);
    if (l->values == NULL || l->tamed == NULL || l->where == NULL || l->starts == NULL) {
        CHURN_TRY(churn__fail_memory(err, j->heap));
    }
    for (size_t i = 0; i < s->count; i++) {
        l->values[i] = s->values[i];
    }
    if (!adjusted && s->count / 3 >= s->season) {
        CHURN_TRY(churn__season_adjust(j->heap, s->values, s->count, s->season, l->values,
                                       &adjusted, err));
    }
    for (size_t i = 0; adjusted && i < s->count; i++) {
        if (!isnan(l->values[i])) {
            l->where[l->n] = i;
            l->values[l->n++] = l->values[i];
        }
    }
done:
    return st;
}

static churn_status find_levels(judging *j, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__series *s = j->of;
    levels l = {.n = 0};
    size_t count = 0, least = j->rules->min_size;
    double sigma = 0;
    CHURN_TRY(levels_open(j, &l, err));
    if (l.n < 2 * least) {
        goto done;
    }
    CHURN_TRY(churn__difference_sigma(j->heap, s->values, s->count, s->season < 2 ? 1 : s->season,
                                      &sigma, err));
    double floor = least_variance(s);
    sigma = sigma * sigma < floor ? sqrt(floor) : sigma;
    if (!(sigma > 0)) {
        goto done;
    }
    double penalty = sigma * sigma * churn__change_penalty(l.n, least, j->rules->change_rate);
    tame(l.values, l.tamed, l.n, sigma);
    CHURN_TRY(churn__pelt(j->heap, l.tamed, l.n, least, penalty, j->rules->cancel, l.starts, &count,
                          err));
    mark_levels(j, l.values, l.n, l.where, l.starts, count, sigma);
done:
    churn__free_array(j->heap, l.values, s->count, sizeof *l.values);
    churn__free_array(j->heap, l.tamed, s->count, sizeof *l.tamed);
    churn__free_array(j->heap, l.where, s->count, sizeof *l.where);
    churn__free_array(j->heap, l.starts, s->count + 1, sizeof *l.starts);
    return st;
}

/* ---- all ---- */

static void make_base(judging *j)
{
    const churn__series *s = j->of;
    for (size_t i = 0; i < s->count; i++) {
        double before = s->changes ? (i > 0 ? s->values[i - 1] : (double)NAN) : 0;
        j->base[i] = s->values[i] - before;
        j->shifts[i] = 0;
        j->out[i] = (churn__anomaly){(double)NAN, (double)NAN, (double)NAN,        (double)NAN,
                                     (double)NAN, 0,           CHURN__ANOMALY_NONE};
    }
}

churn_status churn__anomalies_find(churn__heap *heap, const churn__series *series,
                                   const churn__anomaly_rules *rules, churn__anomaly *out,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    judging j = {.heap = heap, .of = series, .rules = rules, .out = out};
    j.base = churn__alloc_array(heap, series->count, sizeof *j.base);
    j.shifts = churn__alloc_array(heap, series->count, sizeof *j.shifts);
    j.rests = churn__alloc_array(heap, series->count, sizeof *j.rests);
    j.earlier = churn__alloc_array(heap, rules->window, sizeof *j.earlier);
    if (j.base == NULL || j.shifts == NULL || j.rests == NULL || j.earlier == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    make_base(&j);
    if (rules->change_rate > 0 && !series->changes) {
        CHURN_TRY(find_levels(&j, err));
    }
    for (size_t i = 0; i < series->count; i++) {
        if (i % 4096 == 0) {
            CHURN_TRY(churn__cancel_check(rules->cancel, err));
        }
        if (out[i].kind != CHURN__ANOMALY_NONE) {
            j.level = i;
        } else {
            judge(&j, i);
        }
    }
done:
    churn__free_array(heap, j.base, series->count, sizeof *j.base);
    churn__free_array(heap, j.shifts, series->count, sizeof *j.shifts);
    churn__free_array(heap, j.rests, series->count, sizeof *j.rests);
    churn__free_array(heap, j.earlier, rules->window, sizeof *j.earlier);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "engine/lint.h"

/* ---- rows ---- */

typedef struct finding {
    int32_t code;
    const char *severity;
    uint32_t line, column;
    churn_str what, suggestion;
    uint64_t customers;
    double share; /* NaN: says nothing */
} finding;

static double share_of(uint64_t part, uint64_t all)
{
    return all > 0 ? (double)part / (double)all : (double)NAN;
}

/* "health.logins_28d" */
static churn_str joined(churn__lint *lint, churn_str score, churn_str part)
{
    churn__buf_reset(&lint->name);
    churn__buf_str(&lint->name, score);
    churn__buf_char(&lint->name, '.');
    churn__buf_str(&lint->name, part);
    return churn__buf_view(&lint->name);
}

static void add(churn__lint *lint, const finding *f, const char *message)
{
    char code[16];
    (void)churn__format(code, sizeof code, "CH%u", (uint64_t)f->code);
    churn__table_add_string(lint->table, 0,
                            churn__str_nts(f->severity != NULL ? f->severity : "warning"));
    churn__table_add_string(lint->table, 1, churn__str_nts(code));
    if (f->line > 0) {
        churn__table_add_int(lint->table, 2, f->line);
        churn__table_add_int(lint->table, 3, f->column);
    } else {
        churn__table_add_null(lint->table, 2);
        churn__table_add_null(lint->table, 3);
    }
    churn__table_add_string(lint->table, 4, f->what);
    churn__table_add_string(lint->table, 5, churn__str_nts(message));
    churn__table_add_string(lint->table, 6, f->suggestion);
    churn__table_add_int(lint->table, 7, (int64_t)f->customers);
    churn__table_add_double(lint->table, 8, isnan(f->share) ? f->share : churn__round6(f->share));
}

/* ---- factors ---- */

static finding of_factor(churn__lint *lint, const churn__score_def *def, uint32_t f, int32_t code,
                         uint64_t customers)
{
    const churn__factor_def *factor = &def->cards[0].factors[f];
    return (finding){.code = code,
                     .line = factor->line,
                     .column = factor->column,
                     .what = joined(lint, def->id, factor->id),
                     .customers = customers,
                     .share = share_of(customers, lint->customers)};
}

static void say_dead(churn__lint *lint, const churn__score_def *def, uint32_t f,
                     const churn__lint_factor *of)
{
    char text[200];
    if (of->present == 0) {
        finding row = of_factor(lint, def, f, CHURN__LINT_FACTOR_MISSING, lint->customers);
        row.suggestion = CHURN__STR("load what it is made of, or take it out");
        add(lint, &row, "the factor is missing of every customer");
    } else if (of->low == of->high && of->present > 1) {
        finding row = of_factor(lint, def, f, CHURN__LINT_FACTOR_CONSTANT, of->present);
        (void)churn__format(text, sizeof text,
                            "the factor has %g points for everybody: it tells "
                            "nobody from anybody",
                            churn__round6(of->low));
        row.suggestion = CHURN__STR("fit its curve to the values that there are");
        add(lint, &row, text);
    }
}

static void say_end(churn__lint *lint, const churn__score_def *def, uint32_t f,
                    const churn__lint_factor *of)
{
    char text[200];
    bool least = of->at_least >= of->at_most;
    uint64_t many = least ? of->at_least : of->at_most;
    if (of->present < 2 || of->low == of->high || of->least == of->most ||
        share_of(many, of->present) < CHURN__LINT_ALWAYS) {
        return;
    }
    finding row = of_factor(lint, def, f, CHURN__LINT_FACTOR_AT_END, many);
    row.share = share_of(many, of->present);
    (void)churn__format(text, sizeof text, "almost everybody has the %s points of the factor, %g",
                        least ? "least" : "most", least ? of->least : of->most);
    row.suggestion = CHURN__STR("move the points of its curve to where the values are");
    add(lint, &row, text);
}

static void say_outside(churn__lint *lint, const churn__score_def *def, uint32_t f,
                        const churn__lint_factor *of)
{
    if (of->present > 0 && share_of(of->outside, of->present) > CHURN__LINT_MOST) {
        finding row = of_factor(lint, def, f, CHURN__LINT_OUTSIDE_CURVE, of->outside);
        row.share = share_of(of->outside, of->present);
        row.suggestion = CHURN__STR("let the curve begin and end where the values do");
        add(lint, &row, "most values are outside the points of the curve, where it is level");
    }
}

static double variance(const churn__lint_factor *of)
{
    double spread = of->present > 1 ? of->m2 / (double)(of->present - 1) : 0;
    return of->whole * of->whole * spread;
}

static void say_dominating(churn__lint *lint, const churn__score_def *def,
                           const churn__lint_score *of)
{
    char text[200];
    double sum = 0;
    for (uint32_t f = 0; f < def->factor_count; f++) {
        sum += variance(&of->factors[f]);
    }
    for (uint32_t f = 0; f < def->factor_count && def->factor_count > 1 && sum > 0; f++) {
        double share = variance(&of->factors[f]) / sum;
        if (share <= CHURN__LINT_DOMINANT || of->factors[f].present < CHURN__LINT_FEWEST) {
            continue;
        }
        finding row = of_factor(lint, def, f, CHURN__LINT_FACTOR_DOMINATES, of->factors[f].present);
        row.share = share;
        (void)churn__format(text, sizeof text,
                            "the factor makes %g %% of what tells customers apart",
                            floor(share * 1000 + 0.5) / 10);
        row.suggestion = CHURN__STR("give it less weight, or the others curves that spread");
        add(lint, &row, text);
    }
}

/* ---- pairs of factors ---- */

typedef struct paired {
    double x[CHURN__LINT_SAMPLE], y[CHURN__LINT_SAMPLE];
    double rank_x[CHURN__LINT_SAMPLE], rank_y[CHURN__LINT_SAMPLE];
    uint32_t order[CHURN__LINT_SAMPLE];
    uint32_t n;
} paired;

static int by_value(const void *a, const void *b, const void *context)
{
    const double *values = context;
    double x = values[*(const uint32_t *)a], y = values[*(const uint32_t *)b];
    return (x > y) - (x < y);
}

/* Ranks from 1 on; equals share the mean of theirs. */
static bool rank(churn__heap *heap, paired *p, const double *values, double *ranks)
{
    for (uint32_t i = 0; i < p->n; i++) {
        p->order[i] = i;
    }
    if (!churn__sort(heap, p->order, p->n, sizeof *p->order, by_value, values)) {
        return false;
    }
    for (uint32_t i = 0, end = 0; i < p->n; i = end) {
        for (end = i + 1; end < p->n && values[p->order[end]] == values[p->order[i]]; end++) {
        }
        for (uint32_t k = i; k < end; k++) {
            ranks[p->order[k]] = ((double)i + (double)end + 1) / 2;
        }
    }
    return true;
}

/* Pearson's; NaN where one side does not vary. */
static double correlation(const double *x, const double *y, uint32_t n)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < n; i++) {
        mean_x += x[i];
        mean_y += y[i];
    }
    mean_x /= n;
    mean_y /= n;
    for (uint32_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

static void take_pairs(const churn__lint *lint, const churn__lint_factor *a,
                       const churn__lint_factor *b, paired *p)
{
    p->n = 0;
    for (uint32_t i = 0; i < lint->sampled; i++) {
        if (!isnan(a->sample[i]) && !isnan(b->sample[i])) {
            p->x[p->n] = a->sample[i];
            p->y[p->n++] = b->sample[i];
        }
    }
}

static void say_alike(churn__lint *lint, const churn__score_def *def, uint32_t a, uint32_t b,
                      double pearson, double spearman, uint32_t n)
{
    char text[220];
    const churn__factor_def *other = &def->cards[0].factors[b];
    bool by_rank = !(fabs(pearson) >= fabs(spearman));
    finding row = of_factor(lint, def, a, CHURN__LINT_FACTORS_REDUNDANT, n);
    row.share = share_of(n, lint->sampled);
    (void)churn__format(text, sizeof text,
                        "the factor says almost the same as %q: correlation %g%s", &other->id,
                        churn__round6(by_rank ? spearman : pearson), by_rank ? " of ranks" : "");
    row.suggestion = CHURN__STR("keep one of them, or halve their weights");
    add(lint, &row, text);
}

static churn_status find_alike(churn__lint *lint, const churn__score_def *def,
                               const churn__lint_score *of, paired *p, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t a = 0; a < def->factor_count; a++) {
        CHURN_TRY(churn__cancel_check(lint->asking.options.cancel, err));
        for (uint32_t b = a + 1; b < def->factor_count; b++) {
            take_pairs(lint, &of->factors[a], &of->factors[b], p);
            if (p->n < CHURN__LINT_FEWEST) {
                continue;
            }
            if (!rank(lint->heap, p, p->x, p->rank_x) || !rank(lint->heap, p, p->y, p->rank_y)) {
                CHURN_TRY(churn__fail_memory(err, lint->heap));
            }
            double pearson = correlation(p->x, p->y, p->n);
            double spearman = correlation(p->rank_x, p->rank_y, p->n);
            if (fabs(pearson) > CHURN__LINT_ALIKE || fabs(spearman) > CHURN__LINT_ALIKE) {
                say_alike(lint, def, a, b, pearson, spearman, p->n);
            }
        }
    }
done:
    return st;
}

static churn_status find_factors(churn__lint *lint, const churn__score_def *def,
                                 const churn__lint_score *of, churn_error *err)
{
    churn_status st = CHURN_OK;
    paired *p = churn__alloc(lint->heap, sizeof *p);
    if (p == NULL) {
        CHURN_TRY(churn__fail_memory(err, lint->heap));
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        say_dead(lint, def, f, &of->factors[f]);
        say_end(lint, def, f, &of->factors[f]);
        say_outside(lint, def, f, &of->factors[f]);
    }
    say_dominating(lint, def, of);
    CHURN_TRY(find_alike(lint, def, of, p, err));
done:
    churn__free(lint->heap, p, sizeof *p);
    return st;
}

/* ---- scores ---- */

static void say_cap(churn__lint *lint, const churn__score_def *def, uint32_t c, uint64_t holds)
{
    const churn__cap_def *cap = &def->cards[0].caps[c];
    finding row = {.line = cap->line,
                   .column = cap->column,
                   .customers = holds,
                   .share = share_of(holds, lint->customers)};
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        return;
    }
    row.what = joined(lint, def->id, cap->id);
    if (holds == 0) {
        row.code = CHURN__LINT_CAP_NEVER;
        row.suggestion = CHURN__STR("look whether its condition can come true");
        add(lint, &row, cap->is_floor ? "the floor acts on nobody" : "the cap acts on nobody");
    } else if (row.share >= CHURN__LINT_ALWAYS) {
        row.code = CHURN__LINT_CAP_ALWAYS;
        row.suggestion = CHURN__STR("a rule for everybody belongs into weights or bands");
        add(lint, &row,
            cap->is_floor ? "the floor acts on almost everybody"
                          : "the cap acts on almost everybody");
    }
}

static void say_coverage(churn__lint *lint, const churn__score_def *def,
                         const churn__lint_score *of)
{
    finding row = {.code = CHURN__LINT_COVERAGE,
                   .line = def->line,
                   .column = def->column,
                   .what = def->id,
                   .suggestion = CHURN__STR("load more sources, or lower min_coverage"),
                   .customers = of->covered,
                   .share = share_of(of->covered, lint->customers)};
    if (row.share < CHURN__LINT_MOST) {
        add(lint, &row,
            of->covered == 0 ? "nobody has the coverage that the score asks for"
                             : "too few customers have the coverage that the score asks for");
    }
}

static void say_bands(churn__lint *lint, const churn__score_def *def, const churn__lint_score *of)
{
    for (uint32_t b = 0; of->scored > 0 && b < def->band_count; b++) {
        const churn__band_def *band = &def->cards[0].bands[b];
        finding row = {.code = CHURN__LINT_BAND_EMPTY,
                       .line = band->line,
                       .column = band->column,
                       .share = 0,
                       .suggestion = CHURN__STR("move its bound to where scores are")};
        if (of->bands[b] == 0) {
            row.what = joined(lint, def->id, band->id);
            add(lint, &row, "nobody is in the band");
        }
    }
}

static void say_cards(churn__lint *lint, const churn__score_def *def, const churn__lint_score *of)
{
    const churn_playbook *pb = lint->asking.engine->playbook;
    for (uint32_t c = 0; c < def->card_count && def->card_count > 1; c++) {
        const churn__card_def *card = &def->cards[c];
        finding row = {.code = CHURN__LINT_CARD_SHARE,
                       .severity = "note",
                       .line = card->line,
                       .column = card->column,
                       .customers = of->cards[c],
                       .share = share_of(of->cards[c], lint->customers)};
        row.what =
            joined(lint, def->id, c == 0 ? CHURN__STR("default") : pb->segments[card->segment].id);
        if (of->cards[c] == 0 && c > 0) {
            row.code = CHURN__LINT_CARD_UNUSED;
            row.severity = NULL;
            row.suggestion = CHURN__STR("look whether its segment holds for anybody");
            add(lint, &row, "the numbers of the segment are used for nobody");
        } else {
            add(lint, &row,
                c == 0 ? "customers in no segment with numbers of its own"
                       : "customers who are scored by the numbers of the segment");
        }
    }
    finding row = {.code = CHURN__LINT_CARDS_CONFLICT,
                   .line = def->line,
                   .column = def->column,
                   .what = def->id,
                   .suggestion = CHURN__STR("the first declared segment wins: check their order"),
                   .customers = of->conflicts,
                   .share = share_of(of->conflicts, lint->customers)};
    if (of->conflicts > 0) {
        add(lint, &row, "customers are in several segments with numbers of their own");
    }
}

/* ---- triggers and overrides ---- */

static void say_trigger(churn__lint *lint, const churn__trigger_def *def,
                        const churn__lint_trigger *of)
{
    finding row = {.line = def->line,
                   .column = def->column,
                   .what = def->id,
                   .customers = of->holds,
                   .share = share_of(of->holds, of->judged)};
    if (of->holds == 0) {
        row.code = CHURN__LINT_TRIGGER_NEVER;
        row.suggestion = CHURN__STR("look whether its condition can come true");
        add(lint, &row, "the condition of the trigger holds for nobody");
    } else if (row.share >= CHURN__LINT_ALWAYS) {
        row.code = CHURN__LINT_TRIGGER_ALWAYS;
        row.suggestion = CHURN__STR("an alert for everybody is read by nobody");
        add(lint, &row, "the condition of the trigger holds for almost everybody");
    }
}

static void say_overrides(churn__lint *lint)
{
    const churn_playbook *pb = lint->asking.engine->playbook;
    const churn__dict_view *texts = churn__version_texts(lint->asking.version);
    churn_str *names = churn__arena_array(&lint->arena, pb->score_count, sizeof *names);
    for (uint32_t i = 0; names != NULL && i < pb->score_count; i++) {
        names[i] = pb->scores[i].id;
    }
    for (size_t i = 0; names != NULL && i < lint->unknown_count; i++) {
        churn_str id = churn__dict_view_get(texts, lint->unknown[i].code);
        const finding row = {.code = CHURN__LINT_OVERRIDE_UNKNOWN,
                             .what = id,
                             .suggestion = churn__nearest(id, names, pb->score_count),
                             .customers = lint->unknown[i].count,
                             .share = (double)NAN};
        add(lint, &row, "overrides set a score that the playbook does not have");
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        const finding row = {.code = CHURN__LINT_OVERRIDE_EXPIRED,
                             .line = pb->scores[i].line,
                             .column = pb->scores[i].column,
                             .what = pb->scores[i].id,
                             .suggestion = CHURN__STR("take them back, or judge anew"),
                             .customers = lint->expired[i],
                             .share = share_of(lint->expired[i], lint->customers)};
        if (row.customers > 0) {
            add(lint, &row, "overrides of the score have expired");
        }
    }
}

/* ---- all of it ---- */

churn_status churn__lint_find(churn__lint *lint, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *pb = lint->asking.engine->playbook;
    if (lint->customers == 0) {
        const finding row = {.code = CHURN__LINT_NOBODY,
                             .severity = "note",
                             .what = CHURN__STR("book"),
                             .share = (double)NAN};
        add(lint, &row, "nobody is there to be looked at: nothing can be said");
        return CHURN_OK;
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        const churn__score_def *def = &pb->scores[i];
        const churn__lint_score *of = &lint->scores[i];
        CHURN_TRY(find_factors(lint, def, of, err));
        for (uint32_t c = 0; c < def->cap_count; c++) {
            say_cap(lint, def, c, of->caps[c]);
        }
        say_coverage(lint, def, of);
        say_bands(lint, def, of);
        say_cards(lint, def, of);
    }
    for (uint32_t t = 0; t < pb->trigger_count; t++) {
        say_trigger(lint, &pb->triggers[t], &lint->triggers[t]);
    }
    say_overrides(lint);
    if (lint->name.failed) {
        CHURN_TRY(churn__fail_memory(err, lint->heap));
    }
done:
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "engine/own_figures.h"

#include <math.h>

/*
 * Figures of the author's own. Those of `define:` count customers of whom a condition holds among
 * those of whom another does, judged at the end of each period (or as_of) as a question at that
 * instant would; measures are records of the business, taken by period. Conditions are judged in
 * batches before the run goes through customers: an answer a byte, by rank, place of the instant
 * and figure.
 */

struct churn__own_figures_set {
    churn_engine *engine;
    churn__heap *heap;
    churn__arena arena; /* of names */
    churn__kpi_set set;
    churn__figure *figures; /* those of `define:`, then measures */
    uint32_t defines, capacity;
};

/* ---- the table of figures ---- */

static bool put(churn__own_figures_set *own, churn_str id, uint8_t unit, const char *title,
                const char *formula)
{
    churn_str kept = churn__arena_str(&own->arena, id.ptr, id.len);
    if (kept.ptr == NULL) {
        return false;
    }
    own->figures[own->set.count++] = (churn__figure){.id = kept.ptr,
                                                     .unit = unit,
                                                     .title = title != NULL ? title : kept.ptr,
                                                     .formula = formula,
                                                     .source = "the playbook",
                                                     .example = ""};
    return true;
}

static bool is_there(const churn__own_figures_set *own, churn_str name)
{
    for (uint32_t i = 0; i < own->set.count; i++) {
        if (churn__str_eq(churn__str_nts(own->figures[i].id), name)) {
            return true;
        }
    }
    return churn__playbook_figure(name) != NULL;
}

/* Measures of the store that no key speaks of: their last value. */
static bool put_others(churn__own_figures_set *own, const churn__dict_view *texts,
                       const churn__measure *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || rows[i].name != rows[i - 1].name;
        churn_str name = churn__dict_view_get(texts, rows[i].name);
        if (first && !is_there(own, name) &&
            !put(own, name, CHURN__UNIT_NUMBER, NULL, "last value")) {
            return false;
        }
    }
    return true;
}

static uint32_t names_of(const churn__measure *rows, size_t count)
{
    uint32_t names = 0;
    for (size_t i = 0; i < count; i++) {
        names += i == 0 || rows[i].name != rows[i - 1].name;
    }
    return names;
}

static churn_status list_figures(churn__own_figures_set *own, churn__version *version,
                                 churn_time as_of, churn_error *err)
{
    churn_status st = CHURN_OK;
    static const char *const formulas[] = {"", "last value", "sum of values", "mean of values"};
    const churn__own_figures *said = &own->engine->playbook->own;
    const churn__measure *rows = NULL;
    churn__reader *reader = churn__reader_create(own->heap, version);
    size_t count = reader == NULL ? 0 : churn__reader_measures(reader, as_of, &rows);
    bool fine = reader != NULL;
    own->capacity = said->define_count + said->measure_count + names_of(rows, count);
    own->figures = churn__alloc_array(own->heap, own->capacity, sizeof *own->figures);
    fine = fine && own->figures != NULL;
    own->defines = said->define_count;
    for (uint32_t i = 0; fine && i < said->define_count; i++) {
        fine = put(own, said->defines[i].id, CHURN__UNIT_RATIO, said->defines[i].title.ptr,
                   "customers of whom `num` holds / those of whom `den` does");
    }
    for (uint32_t i = 0; fine && i < said->measure_count; i++) {
        fine = put(own, said->measures[i].name, CHURN__UNIT_NUMBER, NULL,
                   formulas[said->measures[i].take]);
    }
    if (!fine || !put_others(own, churn__version_texts(version), rows, count)) {
        CHURN_TRY(churn__fail_memory(err, own->heap));
    }
    own->set.figures = own->figures;
done:
    churn__reader_free(reader);
    return st;
}

/* ---- the state of a run ---- */

enum { SUM_NUM, SUM_DEN, SUM_UNKNOWN, SUMS };

#define ANSWER_DEN 1u
#define ANSWER_NUM 2u
#define ANSWER_UNKNOWN 4u

typedef struct state {
    const churn__own_figures_set *own;
    churn_time *dates; /* distinct ends of periods */
    uint32_t *date_of; /* by period */
    uint32_t date_count, period_count, define_count;
    uint32_t customers;
    uint8_t *answers;     /* by rank, date, figure of `define:` */
    bool wanted;          /* some figure of `define:` is asked for */
    uint8_t *reasons;     /* by period and figure: the worst reason why something is not known */
    churn__kpi_sums sums; /* by figure: SUMS of them */
    const churn__measure *rows;
    size_t row_count;
    uint32_t
        nobody; /* the group of what is of no customer; CHURN__KPI_NONE: no measure asked for */
} state;

static uint8_t *answer_at(const state *s, uint32_t rank, uint32_t date, uint32_t figure)
{
    return &s->answers[((size_t)rank * s->date_count + date) * s->define_count + figure];
}

static churn_status list_dates(const churn__kpi_run *run, state *s, churn_error *err)
{
    s->period_count = run->begun_count;
    s->dates = churn__alloc_array(run->heap, s->period_count, sizeof *s->dates);
    s->date_of = churn__alloc_array(run->heap, s->period_count, sizeof *s->date_of);
    if (s->dates == NULL || s->date_of == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    for (uint32_t p = 0; p < s->period_count; p++) {
        if (s->date_count == 0 || run->periods[p].until > s->dates[s->date_count - 1]) {
            s->dates[s->date_count++] = run->periods[p].until;
        }
        s->date_of[p] = s->date_count - 1;
    }
    return CHURN_OK;
}

/* ---- judging ---- */

typedef struct judging {
    const churn__kpi_run *run;
    state *s;
    uint32_t base; /* rank of the next customer: batches come in their order */
} judging;

static churn_status truths_of(churn__frame *frame, const churn__expr *expr, churn_error *err)
{
    if (expr == NULL) {
        memset(frame->truth, CHURN__TRUE, frame->rows);
        return CHURN_OK;
    }
    return churn__expr_truth(expr, frame->columns, frame->rows, frame->scratch, frame->truth, err);
}

static void note_reason(judging *j, churn__frame *frame, const churn__expr *expr, uint32_t row,
                        uint32_t figure)
{
    uint8_t *worst = &j->s->reasons[(row % frame->date_count) * j->s->define_count + figure];
    churn__missing reason = frame->truth[row] == CHURN__ERROR || expr == NULL
                                ? CHURN__NON_FINITE
                                : churn__frame_reason(frame, expr, row);
    *worst = *worst == CHURN__PRESENT ? reason : churn__missing_worse(*worst, reason);
}

/* Whoever may be among them or not, or is and may count or not, is left out. */
static churn_status judge_one(judging *j, churn__frame *frame, uint32_t figure, churn_error *err)
{
    churn_status st = CHURN_OK;
    state *s = j->s;
    const churn__define_def *def = &s->own->engine->playbook->own.defines[figure];
    CHURN_TRY(truths_of(frame, def->den, err));
    for (uint32_t row = 0; row < frame->rows; row++) {
        uint8_t *answer =
            answer_at(s, j->base + churn__frame_place(frame, row), row % frame->date_count, figure);
        *answer = !frame->exists[row] || frame->truth[row] == CHURN__FALSE ? 0
                  : frame->truth[row] == CHURN__TRUE                       ? ANSWER_DEN
                                                                           : ANSWER_UNKNOWN;
        if (*answer == ANSWER_UNKNOWN) {
            note_reason(j, frame, def->den, row, figure);
        }
    }
    CHURN_TRY(truths_of(frame, def->num, err));
    for (uint32_t row = 0; row < frame->rows; row++) {
        uint8_t *answer =
            answer_at(s, j->base + churn__frame_place(frame, row), row % frame->date_count, figure);
        if (*answer == ANSWER_DEN && frame->truth[row] == CHURN__TRUE) {
            *answer = ANSWER_DEN | ANSWER_NUM;
        } else if (*answer == ANSWER_DEN && frame->truth[row] != CHURN__FALSE) {
            *answer = ANSWER_UNKNOWN;
            note_reason(j, frame, def->num, row, figure);
        }
    }
done:
    return st;
}

static churn_status judge_batch(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    judging *j = context;
    for (uint32_t f = 0; f < j->s->define_count; f++) {
        if (j->run->asked[f]) {
            CHURN_TRY(judge_one(j, frame, f, err));
        }
    }
    j->base += frame->customer_count;
done:
    return st;
}

static uint32_t list_reads(const churn__kpi_run *run, const churn__own_figures *said,
                           const churn__expr **reads)
{
    uint32_t count = 0;
    for (uint32_t f = 0; f < said->define_count; f++) {
        const churn__expr *both[] = {said->defines[f].num, said->defines[f].den};
        for (uint32_t i = 0; run->asked[f] && i < 2; i++) {
            if (both[i] != NULL) {
                reads[count++] = both[i];
            }
        }
    }
    return count;
}

static churn_status judge_all(const churn__kpi_run *run, state *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = s->own->engine;
    const churn__own_figures *said = &engine->playbook->own;
    const churn__expr **reads =
        churn__alloc_array(run->heap, 2 * (size_t)s->define_count, sizeof *reads);
    judging j = {.run = run, .s = s};
    if (reads == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    const churn__frame_options want = {
        .only_score = CHURN__NONE, .reads = reads, .read_count = list_reads(run, said, reads)};
    const churn__walk walk = {.engine = engine,
                              .version = run->version,
                              .order = churn__version_order(run->version),
                              .count = s->customers,
                              .dates = s->dates,
                              .date_count = s->date_count,
                              .want = &want,
                              .use = judge_batch,
                              .context = &j,
                              .cancel = run->cancel};
    CHURN_TRY(churn__walk_all(&walk, err));
done:
    churn__free_array(run->heap, reads, 2 * (size_t)s->define_count, sizeof *reads);
    return st;
}

static bool wants_defines(const churn__kpi_run *run, uint32_t defines)
{
    for (uint32_t f = 0; f < defines; f++) {
        if (run->asked[f]) {
            return true;
        }
    }
    return false;
}

static churn_status own_open(churn__kpi_run *run, void *memory, churn_error *err)
{
    churn_status st = CHURN_OK;
    state *s = memory;
    s->own = run->set_options;
    s->define_count = s->own->defines;
    s->wanted = wants_defines(run, s->define_count);
    churn__sums_init(&s->sums, run, SUMS * (s->define_count > 0 ? s->define_count : 1));
    s->row_count = churn__reader_measures(run->reader, run->as_of, &s->rows);
    if (!s->wanted) {
        goto done;
    }
    CHURN_TRY(list_dates(run, s, err));
    s->customers = churn__version_listed(run->version);
    size_t cells = (size_t)s->date_count * s->define_count;
    s->answers = churn__alloc_array_zero(run->heap, s->customers, cells);
    s->reasons = churn__alloc_array_zero(run->heap, cells, 1);
    if (s->answers == NULL || s->reasons == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    if (s->date_count > 0 && s->customers > 0) {
        CHURN_TRY(judge_all(run, s, err));
    }
done:
    return st;
}

/* Who is asked about in a period; a group of nobody else is none. */
static bool is_asked(state *s, uint32_t rank, uint32_t period)
{
    uint8_t all = 0;
    for (uint32_t f = 0; f < s->define_count; f++) {
        all |= *answer_at(s, rank, s->date_of[period], f);
    }
    return all != 0;
}

static churn_status own_customer(churn__kpi_run *run, void *memory, churn_error *err)
{
    state *s = memory;
    for (uint32_t p = 0; s->wanted && p < s->period_count; p++) {
        if (!is_asked(s, run->rank, p)) {
            continue;
        }
        uint32_t group = churn__run_group(run, p, NULL);
        int64_t *sums = group == CHURN__KPI_NONE ? NULL : churn__sums_at(&s->sums, group, p);
        if (sums == NULL) {
            return churn__fail_memory(err, run->heap);
        }
        for (uint32_t f = 0; f < s->define_count; f++) {
            uint8_t answer = *answer_at(s, run->rank, s->date_of[p], f);
            sums[SUMS * f + SUM_DEN] += (answer & ANSWER_DEN) != 0;
            sums[SUMS * f + SUM_NUM] += (answer & ANSWER_NUM) != 0;
            sums[SUMS * f + SUM_UNKNOWN] += (answer & ANSWER_UNKNOWN) != 0;
        }
    }
    return CHURN_OK;
}

/* Measures are of no customer: by groups of customers they are all in the one without any. */
static churn_status own_finish(churn__kpi_run *run, void *memory, churn_error *err)
{
    state *s = memory;
    s->nobody = CHURN__KPI_NONE;
    for (uint32_t f = s->define_count; f < s->own->set.count; f++) {
        if (run->asked[f] && s->row_count > 0 && s->nobody == CHURN__KPI_NONE) {
            s->nobody = churn__run_group_of_none(run, NULL);
            if (s->nobody == CHURN__KPI_NONE) {
                return churn__fail_memory(err, run->heap);
            }
        }
    }
    return CHURN_OK;
}

/* ---- cells ---- */

static churn_status define_cell(churn__kpi_run *run, const state *s, uint32_t f, uint32_t p,
                                uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const int64_t *sums = churn__sums_get(&s->sums, group, p) + (size_t)SUMS * f;
    churn__cell_share(run, out, sums[SUM_NUM], sums[SUM_DEN]);
    out->excluded = sums[SUM_UNKNOWN];
    if (out->excluded > 0) {
        char text[96];
        churn__missing reason = s->reasons[(size_t)s->date_of[p] * s->define_count + f];
        size_t size =
            churn__format(text, sizeof text, "not known, at worst %s", churn__missing_name(reason));
        out->note = churn__arena_str(run->arena, text, size);
        out->missing = out->defined ? 0 : reason;
        if (out->note.ptr == NULL) {
            return churn__fail_memory(err, run->heap);
        }
    }
    return CHURN_OK;
}

static uint8_t take_of(const churn__own_figures *said, uint32_t measure)
{
    return measure < said->measure_count ? said->measures[measure].take : CHURN__MEASURE_LAST;
}

/* Rows lie by name and instant. */
static void measure_cell(const churn__kpi_run *run, const state *s, uint32_t f, uint32_t p,
                         churn__kpi_cell *out)
{
    const churn__own_figures_set *own = s->own;
    const churn__kpi_period *period = &run->periods[p];
    churn_str id = churn__str_nts(own->figures[f].id);
    uint32_t name = churn__dict_view_find(churn__version_texts(run->version), id);
    uint8_t take = take_of(&own->engine->playbook->own, f - own->defines);
    double sum = 0, last = 0;
    int64_t count = 0;
    for (size_t i = 0; i < s->row_count; i++) {
        const churn__measure *row = &s->rows[i];
        if (row->name == name && row->at >= period->start && row->at < period->until) {
            sum += row->value;
            last = row->value;
            count++;
        }
    }
    double value = take == CHURN__MEASURE_LAST  ? last
                   : take == CHURN__MEASURE_SUM ? sum
                                                : sum / (double)(count > 0 ? count : 1);
    if (count > 0 && isfinite(value)) {
        churn__cell_plain(out, value, count);
    }
    out->n = count;
    out->missing = count > 0 && !isfinite(value) ? CHURN__NON_FINITE : out->missing;
}

static churn_status own_cell(churn__kpi_run *run, void *memory, uint32_t figure, uint32_t period,
                             uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const state *s = memory;
    if (period >= run->begun_count) {
        return CHURN_OK;
    }
    if (figure < s->define_count) {
        return define_cell(run, s, figure, period, group, out, err);
    }
    if (group == s->nobody) {
        measure_cell(run, s, figure, period, out);
    }
    return CHURN_OK;
}

static void own_close(churn__kpi_run *run, void *memory)
{
    state *s = memory;
    size_t cells = (size_t)s->date_count * s->define_count;
    churn__free_array(run->heap, s->dates, s->period_count, sizeof *s->dates);
    churn__free_array(run->heap, s->date_of, s->period_count, sizeof *s->date_of);
    churn__free_array(run->heap, s->answers, s->customers, cells);
    churn__free_array(run->heap, s->reasons, cells, 1);
    churn__sums_free(&s->sums);
}

/* ---- plugging in ---- */

void churn__own_figures_close(churn__own_figures_set *own)
{
    if (own != NULL) {
        churn__free_array(own->heap, own->figures, own->capacity, sizeof *own->figures);
        churn__arena_clear(&own->arena);
        churn__free(own->heap, own, sizeof *own);
    }
}

churn_status churn__own_figures_open(churn_engine *engine, churn__version *version,
                                     churn_time as_of, churn__own_figures_set **out,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__own_figures_set *own = churn__alloc_zero(engine->heap, sizeof *own);
    *out = NULL;
    if (own == NULL) {
        return churn__fail_memory(err, engine->heap);
    }
    own->engine = engine;
    own->heap = engine->heap;
    churn__arena_init(&own->arena, engine->heap);
    own->set = (churn__kpi_set){.name = "own",
                                .state_size = sizeof(state),
                                .open = own_open,
                                .customer = own_customer,
                                .finish = own_finish,
                                .cell = own_cell,
                                .close = own_close};
    CHURN_TRY(list_figures(own, version, as_of, err));
    if (own->set.count > 0) {
        *out = own;
        own = NULL;
    }
done:
    churn__own_figures_close(own);
    return st;
}

churn__kpi_own_set churn__own_figures_plug(const churn__own_figures_set *own)
{
    return (churn__kpi_own_set){.set = &own->set, .options = own};
}

/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kpi/samples.h"
#include "kpi/sets.h"
#include "model/model.h"

/* Figures of surveys: what customers answer, and how many answer at all. */

enum {
    FIGURE_NPS,
    FIGURE_PROMOTERS,
    FIGURE_PASSIVES,
    FIGURE_DETRACTORS,
    FIGURE_CSAT,
    FIGURE_CSAT_MEAN,
    FIGURE_CES,
    FIGURE_ANSWERS,
    FIGURE_RESPONSE_RATE,
    FIGURES
};

static const churn__figure figures[FIGURES] = {
    [FIGURE_NPS] = {.id = "nps",
                    .unit = CHURN__UNIT_POINTS,
                    .title = "Net promoter score",
                    .formula = "100 x (promoters - detractors) / answers; promoters gave 9 or 10, "
                               "detractors less than 7",
                    .source = "Reichheld, The One Number You Need to Grow, 2003; interval: Rocks, "
                              "The American Statistician 70, 2016 (adjusted Wald, not centred on "
                              "the score)",
                    .example = "36 promoters, 11 passives, 5 detractors: 31 / 52 = 59.6 points, "
                               "38.5 to 74.2",
                    .vendors = "Some show the latest answer of each customer instead of all "
                               "answers of the period."},
    [FIGURE_PROMOTERS] = {.id = "promoters",
                          .unit = CHURN__UNIT_RATIO,
                          .title = "Promoters",
                          .formula = "answers of 9 or 10 / answers",
                          .source = "Reichheld 2003; interval: Wilson",
                          .example = "36 of 52: 69.2 %"},
    [FIGURE_PASSIVES] = {.id = "passives",
                         .unit = CHURN__UNIT_RATIO,
                         .title = "Passives",
                         .formula = "answers of 7 or 8 / answers",
                         .source = "Reichheld 2003; interval: Wilson",
                         .example = "11 of 52: 21.2 %"},
    [FIGURE_DETRACTORS] = {.id = "detractors",
                           .unit = CHURN__UNIT_RATIO,
                           .title = "Detractors",
                           .formula = "answers of 0 to 6 / answers",
                           .source = "Reichheld 2003; interval: Wilson",
                           .example = "5 of 52: 9.6 %"},
    [FIGURE_CSAT] = {.id = "csat",
                     .unit = CHURN__UNIT_RATIO,
                     .title = "Customer satisfaction",
                     .formula = "answers of 4 or 5 / answers, on a scale of 1 to 5",
                     .source = "Top-2-box share; interval: Wilson",
                     .example = "80 of 100 gave 4 or 5: 80 %",
                     .vendors = "Others show the mean: csat_mean."},
    [FIGURE_CSAT_MEAN] = {.id = "csat_mean",
                          .unit = CHURN__UNIT_NUMBER,
                          .title = "Mean customer satisfaction",
                          .formula = "sum of answers / answers, on a scale of 1 to 5",
                          .source = "Mean; interval: Student's t",
                          .example = "5, 4, 4, 3: 16 / 4 = 4"},
    [FIGURE_CES] = {.id = "ces",
                    .unit = CHURN__UNIT_NUMBER,
                    .title = "Customer effort score",
                    .formula = "sum of answers / answers, on a scale of 1 to 7",
                    .source = "Dixon, Freeman and Toman 2010, scale of CES 2.0; interval: "
                              "Student's t",
                    .example = "7, 6, 5: 18 / 3 = 6",
                    .vendors = "CES 1.0 had a scale of 1 to 5 on which less is better."},
    [FIGURE_ANSWERS] = {.id = "survey_answers",
                        .unit = CHURN__UNIT_COUNT,
                        .title = "Survey answers",
                        .formula = "answers of all kinds of surveys",
                        .source = "Count",
                        .example = "52 nps and 100 csat: 152"},
    [FIGURE_RESPONSE_RATE] =
        {.id = "response_rate",
         .unit = CHURN__UNIT_RATIO,
         .title = "Response rate",
         .formula = "invitations of the period that were answered in time / invitations whose time "
                    "is over; an invitation is a touchpoint of a channel of `kpi.invitations`",
         .source = "AAPOR, Standard Definitions (RR1, all invited eligible); interval: Wilson",
         .example = "200 invitations, 50 answered within 30 days: 25 %",
         .vendors = "Others divide all answers by all invitations of a period, whoever was asked "
                    "when."},
};

enum {
    SUM_NPS,
    SUM_PROMOTERS,
    SUM_DETRACTORS,
    SUM_NPS_OUT,
    SUM_CSAT,
    SUM_CSAT_TOP,
    SUM_CSAT_OUT,
    SUM_CES_OUT,
    SUM_ANSWERS,
    SUM_INVITED,
    SUM_ANSWERED,
    SUM_OPEN,
    SUMS
};

typedef struct surveys {
    churn__kpi_sums sums;
    churn__samples csat, ces;
    uint32_t *channels; /* of invitations: codes of texts */
    size_t channel_count, channel_room;
    bool *answered; /* by touchpoint of the customer */
    size_t answered_room;
} surveys;

/* ---- opening ---- */

static churn_status surveys_open(churn__kpi_run *run, void *state, churn_error *err)
{
    surveys *s = state;
    const churn__voice_def *settings = &run->settings->voice;
    const churn__dict_view *texts = churn__version_texts(run->version);
    churn__sums_init(&s->sums, run, SUMS);
    churn__samples_init(&s->csat, run->heap);
    churn__samples_init(&s->ces, run->heap);
    static const churn_str standard = {"survey", 6};
    const churn_str *channels = settings->invitation_count > 0 ? settings->invitations : &standard;
    uint32_t count = settings->invitation_count > 0 ? settings->invitation_count : 1;
    s->channels = churn__alloc_array(run->heap, count, sizeof *s->channels);
    if (s->channels == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    s->channel_room = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = churn__dict_view_find(texts, channels[i]);
        if (code != CHURN__NO_CODE) {
            s->channels[s->channel_count++] = code;
        }
    }
    return CHURN_OK;
}

static void surveys_close(churn__kpi_run *run, void *state)
{
    surveys *s = state;
    churn__sums_free(&s->sums);
    churn__samples_free(&s->csat);
    churn__samples_free(&s->ces);
    churn__free_array(run->heap, s->channels, s->channel_room, sizeof *s->channels);
    churn__free_array(run->heap, s->answered, s->answered_room, sizeof *s->answered);
}

/* ---- answers ---- */

typedef struct place {
    churn__kpi_run *run;
    surveys *s;
    uint32_t group, period;
} place;

static bool count_one(const place *p, uint32_t sum)
{
    return churn__sums_add(&p->s->sums, p->group, p->period, sum, 1);
}

static bool within(double score, double low, double high)
{
    return score >= low && score <= high;
}

static bool count_nps(const place *p, double score)
{
    if (!within(score, 0, 10)) {
        return count_one(p, SUM_NPS_OUT);
    }
    return count_one(p, SUM_NPS) && (score < 9 || count_one(p, SUM_PROMOTERS)) &&
           (score >= 7 || count_one(p, SUM_DETRACTORS));
}

static bool count_csat(const place *p, double score)
{
    if (!within(score, 1, 5)) {
        return count_one(p, SUM_CSAT_OUT);
    }
    return count_one(p, SUM_CSAT) && (score < 4 || count_one(p, SUM_CSAT_TOP)) &&
           churn__samples_add(&p->s->csat, p->group, p->period, score);
}

static bool count_ces(const place *p, double score)
{
    if (!within(score, 1, 7)) {
        return count_one(p, SUM_CES_OUT);
    }
    return churn__samples_add(&p->s->ces, p->group, p->period, score);
}

static bool count_answer(const place *p, const churn__survey *row)
{
    bool done = count_one(p, SUM_ANSWERS);
    switch (row->kind) {
    case CHURN__SURVEY_NPS:
        return done && count_nps(p, row->score);
    case CHURN__SURVEY_CSAT:
        return done && count_csat(p, row->score);
    case CHURN__SURVEY_CES:
        return done && count_ces(p, row->score);
    default:
        return done;
    }
}

static churn_status take_answers(churn__kpi_run *run, surveys *s, const churn__survey *rows,
                                 size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < count; i++) {
        churn__kpi_keys keys = churn__kpi_no_keys;
        place p = {run, s, 0, churn__run_period(run, rows[i].at)};
        if (p.period == CHURN__KPI_NONE || isnan(rows[i].score)) {
            continue;
        }
        keys.code[CHURN__KEY_SURVEY_MOMENT] = churn__key_code(rows[i].moment);
        keys.code[CHURN__KEY_SURVEY_CATEGORY] = churn__key_code(rows[i].category);
        keys.code[CHURN__KEY_SURVEY_USER] = churn__key_code(rows[i].user);
        p.group = churn__run_group(run, p.period, &keys);
        if (p.group == CHURN__KPI_NONE) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
        if (!count_answer(&p, &rows[i])) {
            CHURN_TRY(churn__sums_failed(&s->sums, run, err));
        }
    }
done:
    return st;
}

/* ---- invitations ---- */

static bool invites(const surveys *s, const churn__touchpoint *row)
{
    for (size_t i = 0; i < s->channel_count; i++) {
        if (s->channels[i] == row->channel) {
            return true;
        }
    }
    return false;
}

static bool same_user(uint32_t asked, uint32_t answered)
{
    return asked == answered || asked == CHURN__NO_CODE || answered == CHURN__NO_CODE;
}

/* An answer belongs to the newest invitation before it that it can be of. */
static void mark_answered(surveys *s, const churn__touchpoint *rows, size_t count, int64_t in_time,
                          const churn__survey *answer)
{
    for (size_t i = count; i > 0; i--) {
        const churn__touchpoint *row = &rows[i - 1];
        if (row->at <= answer->at && invites(s, row) && same_user(row->user, answer->user)) {
            s->answered[i - 1] = s->answered[i - 1] || answer->at - row->at < in_time;
            return;
        }
    }
}

static churn_status count_invitation(churn__kpi_run *run, surveys *s, const churn__touchpoint *row,
                                     bool answered, int64_t in_time, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_keys keys = churn__kpi_no_keys;
    place p = {run, s, 0, churn__run_period(run, row->at)};
    if (p.period == CHURN__KPI_NONE) {
        goto done;
    }
    keys.code[CHURN__KEY_TOUCHPOINT_CHANNEL] = churn__key_code(row->channel);
    keys.code[CHURN__KEY_OFFER] = churn__key_code(row->offer);
    p.group = churn__run_group(run, p.period, &keys);
    if (p.group == CHURN__KPI_NONE) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    bool over = run->as_of - row->at >= in_time;
    if (!count_one(&p, over ? SUM_INVITED : SUM_OPEN) ||
        (over && answered && !count_one(&p, SUM_ANSWERED))) {
        CHURN_TRY(churn__sums_failed(&s->sums, run, err));
    }
done:
    return st;
}

static churn_status take_invitations(churn__kpi_run *run, surveys *s, const churn__survey *answers,
                                     size_t answer_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const int64_t in_time = run->settings->voice.answer_within > 0
                                ? run->settings->voice.answer_within
                                : 30 * CHURN__DAY;
    const churn__touchpoint *rows = NULL;
    size_t count = churn__reader_touchpoints(run->reader, run->customer, run->as_of, &rows);
    if (!churn__grow(run->heap, (void **)&s->answered, &s->answered_room, count + 1,
                     sizeof *s->answered)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (size_t i = 0; i < count; i++) {
        s->answered[i] =
            rows[i].replied_at != CHURN_TIME_NONE && rows[i].replied_at - rows[i].at < in_time;
    }
    for (size_t i = 0; i < answer_count; i++) {
        mark_answered(s, rows, count, in_time, &answers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (invites(s, &rows[i])) {
            CHURN_TRY(count_invitation(run, s, &rows[i], s->answered[i], in_time, err));
        }
    }
done:
    return st;
}

static churn_status surveys_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    surveys *s = state;
    const churn__survey *rows = NULL;
    size_t count = churn__reader_surveys(run->reader, run->customer, run->as_of, &rows);
    CHURN_TRY(take_answers(run, s, rows, count, err));
    if (run->asked[FIGURE_RESPONSE_RATE] && s->channel_count > 0) {
        CHURN_TRY(take_invitations(run, s, rows, count, err));
    }
done:
    return st;
}

/* ---- cells ---- */

static churn_status surveys_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    surveys *s = state;
    CHURN_TRY(churn__samples_lay(&s->csat, run, false, err));
    CHURN_TRY(churn__samples_lay(&s->ces, run, false, err));
done:
    return st;
}

static void cell_nps(const churn__kpi_run *run, churn__kpi_cell *cell, const int64_t *sum)
{
    cell->n = sum[SUM_NPS];
    if (cell->n == 0) {
        return;
    }
    churn__nps nps = churn__nps_of(sum[SUM_PROMOTERS], sum[SUM_DETRACTORS], cell->n, run->z);
    cell->defined = cell->has_terms = cell->has_interval = true;
    cell->value = 100 * nps.value;
    cell->low = fmax(-100, 100 * nps.low);
    cell->high = fmin(100, 100 * nps.high);
    cell->numerator = (double)(sum[SUM_PROMOTERS] - sum[SUM_DETRACTORS]);
    cell->denominator = (double)cell->n;
}

static void cell_of_samples(const churn__kpi_run *run, churn__kpi_cell *cell,
                            const churn__samples *samples, uint32_t group, uint32_t period)
{
    size_t count = 0;
    const double *values = churn__samples_get(samples, group, period, &count);
    churn__cell_mean(run, cell, values, count);
}

static churn_status surveys_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                 uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    surveys *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    const int64_t passives = sum[SUM_NPS] - sum[SUM_PROMOTERS] - sum[SUM_DETRACTORS];
    switch (figure) {
    case FIGURE_NPS:
        cell_nps(run, out, sum);
        return churn__cell_without(run, out, sum[SUM_NPS_OUT], "%u scores outside 0 to 10", err);
    case FIGURE_PROMOTERS:
        churn__cell_share(run, out, sum[SUM_PROMOTERS], sum[SUM_NPS]);
        return churn__cell_without(run, out, sum[SUM_NPS_OUT], "%u scores outside 0 to 10", err);
    case FIGURE_PASSIVES:
        churn__cell_share(run, out, passives, sum[SUM_NPS]);
        return churn__cell_without(run, out, sum[SUM_NPS_OUT], "%u scores outside 0 to 10", err);
    case FIGURE_DETRACTORS:
        churn__cell_share(run, out, sum[SUM_DETRACTORS], sum[SUM_NPS]);
        return churn__cell_without(run, out, sum[SUM_NPS_OUT], "%u scores outside 0 to 10", err);
    case FIGURE_CSAT:
        churn__cell_share(run, out, sum[SUM_CSAT_TOP], sum[SUM_CSAT]);
        return churn__cell_without(run, out, sum[SUM_CSAT_OUT], "%u scores outside 1 to 5", err);
    case FIGURE_CSAT_MEAN:
        cell_of_samples(run, out, &s->csat, group, period);
        return churn__cell_without(run, out, sum[SUM_CSAT_OUT], "%u scores outside 1 to 5", err);
    case FIGURE_CES:
        cell_of_samples(run, out, &s->ces, group, period);
        return churn__cell_without(run, out, sum[SUM_CES_OUT], "%u scores outside 1 to 7", err);
    case FIGURE_ANSWERS:
        churn__cell_plain(out, (double)sum[SUM_ANSWERS], sum[SUM_ANSWERS]);
        return CHURN_OK;
    default:
        churn__cell_share(run, out, sum[SUM_ANSWERED], sum[SUM_INVITED]);
        return churn__cell_without(run, out, sum[SUM_OPEN], "%u invitations can still be answered",
                                   err);
    }
}

const churn__kpi_set churn__set_surveys = {.name = "surveys",
                                           .figures = figures,
                                           .count = FIGURES,
                                           .state_size = sizeof(surveys),
                                           .open = surveys_open,
                                           .customer = surveys_customer,
                                           .finish = surveys_finish,
                                           .cell = surveys_cell,
                                           .close = surveys_close};

/* SPDX-License-Identifier: MIT */
#include "engine/explain.h"

#include <math.h>

#include "engine/one.h"

/* What explanations of a level start from, and a score of one customer taken apart. */

/* ---- the baseline ---- */

/* A mean over customers, in their order. */
typedef struct mean {
    uint32_t score, card; /* card CHURN__NONE: any */
    double sum;
    uint64_t count;
} mean;

static churn_status take_scores(churn__frame *frame, void *context, churn_error *err)
{
    mean *m = context;
    const churn__score_out *out = &frame->scores[m->score];
    (void)err;
    for (uint32_t row = 0; row < frame->rows; row++) {
        bool meant = frame->exists[row] && out->missing[row] == CHURN__PRESENT;
        if (meant && (m->card == CHURN__NONE || out->cards[row] == m->card)) {
            m->sum += out->score[row];
            m->count++;
        }
    }
    return CHURN_OK;
}

static churn_status mean_score(churn_engine *engine, churn__version *version, churn_time as_of,
                               churn_cancel *cancel, mean *m, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame_options want = {.only_score = m->score};
    const churn__walk walk = {.engine = engine,
                              .version = version,
                              .order = churn__version_order(version),
                              .count = churn__version_listed(version),
                              .dates = &as_of,
                              .date_count = 1,
                              .want = &want,
                              .use = take_scores,
                              .context = m,
                              .cancel = cancel};
    CHURN_TRY(churn__walk_all(&walk, err));
    if (m->count == 0) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "baseline: no customer has a score to compare with");
    }
done:
    return st;
}

static churn_status own_score(churn_engine *engine, const churn__frame *now, uint32_t score,
                              churn_time at, churn_cancel *cancel, double *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *frame = NULL;
    uint32_t customer = now->customers[0];
    const churn__frame_options want = {.only_score = score, .one_customer = true};
    CHURN_TRY(churn__frame_open(engine, now->version, &at, 1, &want, &frame, err));
    CHURN_TRY(churn__frame_survey(frame, engine, &want, cancel, err));
    CHURN_TRY(churn__frame_fill(frame, &customer, 1, err));
    if (!frame->exists[0] || frame->scores[score].missing[0] != CHURN__PRESENT) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "baseline: the customer had no score then");
    }
    *out = frame->scores[score].score[0];
done:
    churn__frame_close(frame);
    return st;
}

static churn_status check_options(const churn_explain_options *options, churn_error *err)
{
    if (options->flags != 0 || options->reserved != 0) {
        return churn__fail(err, CHURN_E_ARG, 0, "churn_explain_options: flags, reserved: not zero");
    }
    if (options->baseline < CHURN_BASELINE_SCORE || options->baseline > CHURN_BASELINE_BOOK) {
        return churn__fail(err, CHURN_E_ARG, 0, "churn_explain_options: unknown baseline");
    }
    if (options->baseline == CHURN_BASELINE_NUMBER &&
        !(options->baseline_value >= 0 && options->baseline_value <= 100)) {
        return churn__fail(err, CHURN_E_RANGE, 0, "baseline: give a number from 0 to 100");
    }
    if (options->over < 0) {
        return churn__fail(err, CHURN_E_RANGE, 0, "over: give a duration that is not negative");
    }
    return CHURN_OK;
}

#define OVER_DEFAULT (90 * CHURN__DAY)

static churn_status find_baseline(churn_engine *engine, const churn__frame *frame, uint32_t score,
                                  const churn_explain_options *options,
                                  churn__baseline_told *baseline, churn_error *err)
{
    churn_status st = CHURN_OK;
    int64_t over = options->over > 0 ? options->over : OVER_DEFAULT;
    churn_time as_of = frame->dates[0];
    mean m = {.score = score, .card = CHURN__NONE};
    baseline->from = (churn__baseline_from)options->baseline;
    switch (options->baseline) {
    case CHURN_BASELINE_NUMBER:
        baseline->value = churn__round6(options->baseline_value);
        break;
    case CHURN_BASELINE_OWN:
        if (as_of - over < CHURN_TIME_MIN) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "over: it reaches before the year 1");
        }
        baseline->at = as_of - over;
        CHURN_TRY(
            own_score(engine, frame, score, baseline->at, options->cancel, &baseline->value, err));
        break;
    case CHURN_BASELINE_SEGMENT:
    case CHURN_BASELINE_BOOK:
        if (options->baseline == CHURN_BASELINE_SEGMENT) {
            m.card = frame->scores[score].cards[0];
        }
        CHURN_TRY(mean_score(engine, frame->version, as_of, options->cancel, &m, err));
        baseline->customers = m.count;
        baseline->value = churn__round6(m.sum / (double)m.count);
        break;
    default:
        baseline->value = churn__round6(frame->playbook->scores[score].baseline);
        break;
    }
done:
    return st;
}

/* ---- taken apart ---- */

churn_status churn__explain_ask(const char *customer, size_t len, churn_time as_of,
                                const churn_explain_options *options, churn__explain_asked *out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&out->options, sizeof out->options, options,
                                 "churn_explain_options", err));
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &out->customer, err));
    CHURN_TRY(check_options(&out->options, err));
    if (as_of < CHURN_TIME_MIN || as_of > CHURN_TIME_MAX) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "as_of: outside the years 1 to 9999");
    }
    out->as_of = as_of;
done:
    return st;
}

churn_status churn__explain_take(churn_engine *engine, const churn__explain_asked *asked,
                                 churn__explained *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *frame = NULL;
    CHURN_TRY(churn__find_score(engine->playbook, asked->options.score, &out->score, err));
    CHURN_TRY(
        churn__one_fill(engine, asked->customer, asked->as_of, asked->options.cancel, &frame, err));
    if (!frame->exists[0]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    churn__score_level *level = churn__one_level(engine, out->score);
    if (level == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(churn__shown_take(frame, out->score, 0, level, err));
    CHURN_TRY(find_baseline(engine, frame, out->score, &asked->options, &out->baseline, err));
    out->frame = frame;
    out->level = level;
    out->card =
        churn__card_name(frame->playbook, level->def, (uint32_t)(level->card - level->def->cards));
    churn__score_explain(level, out->baseline.value);
done:
    return st;
}

double churn__explained_points(const churn__explained *explained, const churn__score_line *line)
{
    bool counts = line->kind != CHURN__LINE_MISSING && !isnan(explained->level->score);
    return counts ? (double)line->contribution / 1e6 : (double)NAN;
}

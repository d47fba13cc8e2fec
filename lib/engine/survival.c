/* SPDX-License-Identifier: MIT */
#include <churn/retention.h>

#include "engine/kpi.h"

/* How long customers and subscriptions stay. */

#define OLDEST_YEARS 100 /* groups of lives that began before are those of the first period */

/* ---- options ---- */

static churn_status check_words(const churn_engine_survival_options *options, churn_error *err)
{
    const churn_str loss = CHURN__STR("churn.");
    churn_status st = CHURN_OK;

    if (options->of != CHURN_SURVIVAL_CUSTOMERS && options->of != CHURN_SURVIVAL_SUBSCRIPTIONS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: of is none of CHURN_SURVIVAL_*");
    }
    if (options->unit != CHURN_SURVIVAL_DAYS && options->unit != CHURN_SURVIVAL_MONTHS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: unit is none of CHURN_SURVIVAL_*");
    }
    if (options->lives != CHURN_SURVIVAL_FIRST && options->lives != CHURN_SURVIVAL_ALL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: lives is none of CHURN_SURVIVAL_*");
    }
    if (options->by == NULL && options->by_count > 0) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_survival_options", "by"));
    }
    if (options->times == NULL && options->time_count > 0) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_survival_options", "times"));
    }
    for (uint32_t i = 0; i < options->by_count; i++) {
        churn_str name;
        CHURN_TRY(churn__take_str(options->by[i].ptr, options->by[i].len, false, 65536, "by", &name,
                                  err));
        if (churn__str_starts(name, loss)) {
            CHURN_FAIL(CHURN_E_ARG, 0,
                       "survival: by: %q is how a life ends, which no group may know", &name);
        }
    }
done:
    return st;
}

static churn_status check_instants(const churn_engine_survival_options *options, churn_time as_of,
                                   churn_error *err)
{
    if (as_of <= CHURN_TIME_MIN || as_of > CHURN_TIME_MAX) {
        return churn__fail(err, CHURN_E_RANGE, 0, "survival: as_of is out of range");
    }
    if (options->from != 0 && (options->from < CHURN_TIME_MIN || options->from >= as_of)) {
        return churn__fail(err, CHURN_E_RANGE, 0, "survival: from must be before as_of");
    }
    return CHURN_OK;
}

static churn_survival_options model_options(const churn_engine_survival_options *given)
{
    return (churn_survival_options){.struct_size = sizeof(churn_survival_options),
                                    .interval = given->interval,
                                    .estimator = given->estimator,
                                    .hazard = given->hazard,
                                    .test = given->test,
                                    .time_count = given->time_count,
                                    .level = given->level,
                                    .rho = given->rho,
                                    .gamma = given->gamma,
                                    .horizon = given->horizon,
                                    .times = given->times,
                                    .cancel = given->cancel};
}

/* ---- when groups begin ---- */

static churn_status customer_start(churn_engine *engine, churn__loss_judge *judge,
                                   churn__reader *reader, uint32_t customer, churn_time as_of,
                                   bool subscriptions, churn_time *earliest, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__life_span *spans = NULL;
    const churn__subscription *rows = NULL;
    size_t count = 0;

    (void)engine;
    if (subscriptions) {
        count = churn__reader_subscriptions(reader, customer, as_of, &rows);
        for (size_t i = 0; i < count; i++) {
            *earliest = rows[i].valid_from < *earliest ? rows[i].valid_from : *earliest;
        }
        return CHURN_OK;
    }
    CHURN_TRY(churn__loss_judge_spans(judge, reader, customer, as_of, &spans, &count, err));
    if (count > 0 && spans[0].from < *earliest) {
        *earliest = spans[0].from;
    }
done:
    return st;
}

/* The first instant at which a life began: from then on there are periods, and groups in each. */
static churn_status first_start(churn_engine *engine, churn_time as_of, bool subscriptions,
                                churn_time *earliest, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    churn__reader *reader = NULL;
    churn__loss_judge *judge = NULL;

    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    reader = churn__reader_create(engine->heap, version);
    judge = churn__loss_judge_create(engine->heap, &engine->playbook->loss, version);
    if (reader == NULL || judge == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (uint32_t i = 0; i < churn__version_listed(version); i++) {
        CHURN_TRY(customer_start(engine, judge, reader, churn__version_order(version)[i], as_of,
                                 subscriptions, earliest, err));
    }
    if (churn__reader_failed(reader)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
done:
    churn__loss_judge_free(judge);
    churn__reader_free(reader);
    churn__version_release(version);
    return st;
}

/* The beginning of the local month of an instant. */
static churn_time month_start(const churn__zone *zone, churn_time at)
{
    int32_t year;
    unsigned month, day;

    churn__civil_from_days(churn__zone_day(zone, at), &year, &month, &day);
    return churn__zone_midnight(zone, churn__days_from_civil(year, month, 1));
}

static churn_status span_of(churn_engine *engine, const churn_engine_survival_options *options,
                            churn_time as_of, churn_time *from, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time oldest = as_of - (int64_t)OLDEST_YEARS * 365 * 86400 * 1000000;

    *from = as_of - 1;
    if (options->by_count == 0) {
        return CHURN_OK;
    }
    CHURN_TRY(first_start(engine, as_of, options->of == CHURN_SURVIVAL_SUBSCRIPTIONS, from, err));
    *from = *from < oldest ? oldest : *from;
    *from = *from < CHURN_TIME_MIN + 86400000000 * 400 ? CHURN_TIME_MIN
                                                       : month_start(engine->playbook->zone, *from);
done:
    return st;
}

/* ---- the question ---- */

static churn_status ask(churn_engine *engine, churn__survival_question question, churn_time as_of,
                        const churn_engine_survival_options *options, churn_table **out,
                        churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_survival_options model = model_options(options);
    churn__survival_request request = {.question = question,
                                       .subscriptions = options->of == CHURN_SURVIVAL_SUBSCRIPTIONS,
                                       .all_lives = options->lives == CHURN_SURVIVAL_ALL,
                                       .months = options->unit == CHURN_SURVIVAL_MONTHS,
                                       .from = options->from != 0 ? options->from : CHURN_TIME_NONE,
                                       .by = options->by,
                                       .by_count = options->by_count,
                                       .options = &model,
                                       .out = out};
    const churn__kpi_own_set own = {&churn__survival_set, &request};
    churn__kpi_asked asked = {.cut = {.to = as_of}, .own = &own, .own_count = 1, .alone = true};
    const churn_kpi_options kpi = {.struct_size = sizeof kpi,
                                   .every =
                                       options->by_count > 0 ? CHURN_EVERY_MONTH : CHURN_EVERY_SPAN,
                                   .as_of = as_of,
                                   .by = options->by,
                                   .by_count = options->by_count,
                                   .by_at = CHURN_BY_END,
                                   .policy = options->policy,
                                   .cancel = options->cancel};

    CHURN_TRY(span_of(engine, options, as_of, &asked.cut.from, err));
    CHURN_TRY(churn__engine_figures(engine, &kpi, &asked, out, err));
done:
    return st;
}

static churn_status answer(churn_engine *engine, const char *function,
                           churn__survival_question question, churn_time as_of,
                           const churn_engine_survival_options *options, churn_table **out,
                           churn_error *err)
{
    churn_engine_survival_options mine;
    churn_status st = CHURN_OK;

    if (!out) {
        return churn__fail_null(err, function, "out");
    }
    *out = NULL;
    st = churn__engine_enter(engine, function, err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(
        churn__copy_struct(&mine, sizeof mine, options, "churn_engine_survival_options", err));
    CHURN_TRY(check_words(&mine, err));
    CHURN_TRY(check_instants(&mine, as_of, err));
    if (question == CHURN__SURVIVAL_RISKS && mine.of == CHURN_SURVIVAL_SUBSCRIPTIONS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: subscriptions end in one way: ask of customers");
    }
    CHURN_TRY(ask(engine, question, as_of, &mine, out, err));
done:
    churn__engine_leave(engine);
    return st;
}

churn_status churn_engine_survival(churn_engine *engine, churn_time as_of,
                                   const churn_engine_survival_options *options, churn_table **out,
                                   churn_error *err)
{
    return answer(engine, "churn_engine_survival", CHURN__SURVIVAL_CURVE, as_of, options, out, err);
}

churn_status churn_engine_survival_summary(churn_engine *engine, churn_time as_of,
                                           const churn_engine_survival_options *options,
                                           churn_table **out, churn_error *err)
{
    return answer(engine, "churn_engine_survival_summary", CHURN__SURVIVAL_SUMMARY, as_of, options,
                  out, err);
}

churn_status churn_engine_survival_test(churn_engine *engine, churn_time as_of,
                                        const churn_engine_survival_options *options,
                                        churn_table **out, churn_error *err)
{
    return answer(engine, "churn_engine_survival_test", CHURN__SURVIVAL_TEST, as_of, options, out,
                  err);
}

churn_status churn_engine_competing_risks(churn_engine *engine, churn_time as_of,
                                          const churn_engine_survival_options *options,
                                          churn_table **out, churn_error *err)
{
    return answer(engine, "churn_engine_competing_risks", CHURN__SURVIVAL_RISKS, as_of, options,
                  out, err);
}

/* SPDX-License-Identifier: MIT */
#include <churn/retention.h>

#include "engine/kpi.h"

/* churn_engine_cohorts(): what is asked for, from options to a request. */

static churn_status check_words(const churn_cohort_options *options, churn_error *err)
{
    const bool money =
        options->what == CHURN_COHORT_GROSS_REVENUE || options->what == CHURN_COHORT_NET_REVENUE;
    if (options->what < CHURN_COHORT_CUSTOMERS || options->what > CHURN_COHORT_ACTIVITY) {
        return churn__fail(err, CHURN_E_ARG, 0, "cohorts: what is none of CHURN_COHORT_*");
    }
    if (options->mode != CHURN_RETAINED_ON && options->mode != CHURN_RETAINED_ON_OR_AFTER) {
        return churn__fail(err, CHURN_E_ARG, 0, "cohorts: mode is none of CHURN_RETAINED_*");
    }
    if (options->every < 0 || options->every > CHURN_EVERY_YEAR) {
        return churn__fail(err, CHURN_E_ARG, 0,
                           "cohorts: every is none of CHURN_EVERY_DAY to CHURN_EVERY_YEAR");
    }
    if (money && options->mode == CHURN_RETAINED_ON_OR_AFTER) {
        return churn__fail(err, CHURN_E_ARG, 0,
                           "cohorts: on or after is of customers and activity, not of money");
    }
    if (options->what != CHURN_COHORT_ACTIVITY &&
        (options->event_count > 0 || options->start_event_count > 0)) {
        return churn__fail(err, CHURN_E_ARG, 0, "cohorts: events are of activity alone");
    }
    return CHURN_OK;
}

static churn_status check_lists(const churn_cohort_options *options, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__kpi_check_strs(options->by, options->by_count, "by", err));
    CHURN_TRY(churn__kpi_check_strs(options->events, options->event_count, "events", err));
    CHURN_TRY(churn__kpi_check_strs(options->start_events, options->start_event_count,
                                    "start_events", err));
done:
    return st;
}

static churn__unit unit_of(int32_t every)
{
    static const churn__unit units[] = {CHURN__UNIT_CMO, CHURN__UNIT_CD, CHURN__UNIT_CW,
                                        CHURN__UNIT_CMO, CHURN__UNIT_CQ, CHURN__UNIT_CY};
    return units[every];
}

/* The words of `by` without "start", which is no group but what cohorts are by themselves. */
static churn_status split_by(const churn_cohort_options *options, churn__heap *heap,
                             churn_str **rest, uint32_t *count, bool *by_start, churn_error *err)
{
    *count = 0;
    *by_start = options->by_count == 0;
    *rest = churn__alloc_array(heap, options->by_count, sizeof **rest);
    if (*rest == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (uint32_t i = 0; i < options->by_count; i++) {
        if (churn__str_eq(options->by[i], CHURN__STR("start"))) {
            *by_start = true;
        } else {
            (*rest)[(*count)++] = options->by[i];
        }
    }
    return CHURN_OK;
}

static void take_events(const churn_engine *engine, const churn_cohort_options *options,
                        churn__cohort_request *request)
{
    const churn__engagement_def *def = &engine->playbook->engagement;
    const bool own = options->event_count > 0;
    request->acts = (churn__event_names){own ? options->events : def->active_events,
                                         own ? options->event_count : def->active_event_count, own};
    request->begin = (churn__event_names){options->start_events, options->start_event_count, true};
}

static churn_status ask_cohorts(churn_engine *engine, churn_time from, churn_time to,
                                const churn_cohort_options *options, churn_table **out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str *by = NULL;
    churn__cohort_request request = {.what = (uint8_t)options->what,
                                     .or_after = options->mode == CHURN_RETAINED_ON_OR_AFTER,
                                     .unit = unit_of(options->every),
                                     .max_age =
                                         options->max_age == 0 ? UINT32_MAX : options->max_age,
                                     .out = out};
    churn_kpi_options kpi = {.struct_size = sizeof kpi,
                             .every = options->every == 0 ? CHURN_EVERY_MONTH : options->every,
                             .as_of = options->as_of,
                             .by_at = CHURN_BY_END,
                             .policy = options->policy,
                             .level = options->level,
                             .cancel = options->cancel};
    const churn__kpi_own_set own = {&churn__cohorts_set, &request};
    churn__kpi_asked asked = {
        .cut = {.from = from, .to = to}, .own = &own, .own_count = 1, .alone = true};
    CHURN_TRY(split_by(options, engine->heap, &by, &kpi.by_count, &request.by_start, err));
    kpi.by = by;
    take_events(engine, options, &request);
    CHURN_TRY(churn__engine_figures(engine, &kpi, &asked, out, err));
done:
    churn__free_array(engine->heap, by, options->by_count, sizeof *by);
    return st;
}

churn_status churn_engine_cohorts(churn_engine *engine, churn_time from, churn_time to,
                                  const churn_cohort_options *options, churn_table **out,
                                  churn_error *err)
{
    churn_cohort_options mine;
    if (!out) {
        return churn__fail_null(err, "churn_engine_cohorts", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_cohorts", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_cohort_options", err));
    CHURN_TRY(check_words(&mine, err));
    CHURN_TRY(check_lists(&mine, err));
    CHURN_TRY(ask_cohorts(engine, from, to, &mine, out, err));
done:
    churn__engine_leave(engine);
    return st;
}

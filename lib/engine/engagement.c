/* SPDX-License-Identifier: MIT */
#include <churn/engagement.h>

#include "engine/kpi.h"

/* churn_engine_engagement() and churn_engine_adoption(). */

static churn_status check_options(const churn_engagement_options *options, bool users,
                                  churn_error *err)
{
    if (options->of != CHURN_OF_CUSTOMERS && options->of != CHURN_OF_USERS) {
        return churn__fail(err, CHURN_E_ARG, 0, "engagement: of is none of CHURN_OF_*");
    }
    if (!users && options->of != CHURN_OF_CUSTOMERS) {
        return churn__fail(err, CHURN_E_ARG, 0, "adoption: it is of customers");
    }
    if (options->event_count > 0 && options->events == NULL) {
        return churn__fail_null(err, "churn_engagement_options", "events");
    }
    return CHURN_OK;
}

static churn_status ask(churn_engine *engine, churn_time from, churn_time to,
                        const churn_engagement_options *options, const churn__kpi_set *set,
                        churn_table **out, churn_error *err)
{
    const churn__engagement_def *def = &engine->playbook->engagement;
    const bool given = options->event_count > 0;
    const churn__engagement_request request = {
        .events = {given ? options->events : def->active_events,
                   given ? options->event_count : def->active_event_count, given},
        .users = options->of == CHURN_OF_USERS,
        .out = out};
    const churn_kpi_options kpi = {.struct_size = sizeof kpi,
                                   .as_of = options->as_of,
                                   .by = options->by,
                                   .by_count = options->by_count,
                                   .by_at = options->by_at,
                                   .level = options->level,
                                   .cancel = options->cancel};
    const churn__kpi_own_set own = {set, &request};
    churn__kpi_asked asked = {
        .cut = {.from = from, .to = to}, .own = &own, .own_count = 1, .alone = true};
    return churn__engine_figures(engine, &kpi, &asked, out, err);
}

churn_status churn_engine_engagement(churn_engine *engine, churn_time from, churn_time to,
                                     const churn_engagement_options *options, churn_table **out,
                                     churn_error *err)
{
    churn_engagement_options mine;
    if (!out) {
        return churn__fail_null(err, "churn_engine_engagement", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_engagement", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_engagement_options", err));
    CHURN_TRY(check_options(&mine, true, err));
    CHURN_TRY(ask(engine, from, to, &mine, &churn__frequency_set, out, err));
done:
    churn__engine_leave(engine);
    return st;
}

churn_status churn_engine_adoption(churn_engine *engine, churn_time from, churn_time to,
                                   const churn_engagement_options *options, churn_table **out,
                                   churn_error *err)
{
    churn_engagement_options mine;
    if (!out) {
        return churn__fail_null(err, "churn_engine_adoption", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_adoption", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_engagement_options", err));
    CHURN_TRY(check_options(&mine, false, err));
    CHURN_TRY(ask(engine, from, to, &mine, &churn__adoption_set, out, err));
done:
    churn__engine_leave(engine);
    return st;
}

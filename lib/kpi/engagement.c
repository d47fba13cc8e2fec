/* SPDX-License-Identifier: MIT */
#include "kpi/engagement.h"

churn_status churn__reach_open(churn__reach *reach, churn__heap *heap, churn__version *version,
                               const churn__reach_def *def, churn_error *err)
{
    churn_status st = CHURN_OK;
    *reach = (churn__reach){.milestone = CHURN__NO_CODE,
                            .count = def->count > 0 ? def->count : 1,
                            .is_event = def->event.ptr != NULL};
    if (reach->is_event) {
        const churn__event_names names = {&def->event, 1, false};
        CHURN_TRY(churn__event_pick_open(&reach->event, heap, version, &names, "kpi", err));
    } else if (def->milestone.ptr != NULL) {
        reach->milestone = churn__dict_view_find(churn__version_texts(version), def->milestone);
    }
done:
    return st;
}

void churn__reach_close(churn__reach *reach)
{
    churn__event_pick_close(&reach->event);
}

static churn_time milestone_at(const churn__reach *reach, churn__reader *reader, uint32_t customer,
                               churn_time from, churn_time to, churn_time as_of)
{
    const churn__milestone *rows = NULL;
    const size_t count = churn__reader_milestones(reader, customer, as_of, &rows);
    for (size_t i = 0; i < count && reach->milestone != CHURN__NO_CODE; i++) {
        if (rows[i].name == reach->milestone && rows[i].reached_at < to) {
            return rows[i].reached_at < from ? from : rows[i].reached_at;
        }
    }
    return CHURN_TIME_NONE;
}

churn_time churn__reach_at(const churn__reach *reach, churn__reader *reader, uint32_t customer,
                           churn_time from, churn_time to, churn_time as_of)
{
    if (!reach->is_event) {
        return milestone_at(reach, reader, customer, from, to, as_of);
    }
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(reader, customer, &types);
    for (uint32_t i = 0; i < count; i++) {
        if (!churn__event_picked(&reach->event, types[i])) {
            continue;
        }
        const churn__event_rows rows =
            churn__event_rows_of(reader, customer, types[i], from, to, as_of);
        uint32_t seen = 0;
        for (size_t k = rows.begin; k < rows.end; k++) {
            seen += churn__event_row_seen(&rows, k);
            if (seen == reach->count) {
                return rows.all.at[k];
            }
        }
        return CHURN_TIME_NONE;
    }
    return CHURN_TIME_NONE;
}

bool churn__lives_at(const churn__life_span *spans, size_t count, churn_time t)
{
    for (size_t i = 0; i < count; i++) {
        if (churn__span_alive(&spans[i], t)) {
            return true;
        }
    }
    return false;
}

bool churn__lives_within(const churn__life_span *spans, size_t count, churn_time from,
                         churn_time to)
{
    for (size_t i = 0; i < count; i++) {
        if (spans[i].from < to && (spans[i].to == CHURN_TIME_NONE || spans[i].to > from)) {
            return true;
        }
    }
    return false;
}

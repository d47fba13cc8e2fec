/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/* Properties of events, as the store has them. */

uint32_t churn__metric_find_prop(const churn__version *version, const churn__prop_def *def)
{
    churn__type type = 0;
    uint32_t prop = churn__version_find_prop(version, def->name, &type);
    return prop != CHURN__NO_CODE && type == def->type ? prop : CHURN__NO_CODE;
}

churn__event_prop churn__metric_prop(churn__reader *reader, uint32_t customer, uint32_t type,
                                     uint32_t prop)
{
    return prop == CHURN__NO_CODE ? (churn__event_prop){0, NULL}
                                  : churn__reader_event_prop(reader, customer, type, prop);
}

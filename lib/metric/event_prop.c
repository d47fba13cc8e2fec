/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/* Properties of events, as the store has them. */

uint32_t churn__metric_find_prop(const churn__version *version, const churn__prop_def *def)
{
    (void)version;
    (void)def;
    return CHURN__NO_CODE;
}

churn__event_prop churn__metric_prop(churn__reader *reader, uint32_t customer, uint32_t type,
                                     uint32_t prop)
{
    (void)reader;
    (void)customer;
    (void)type;
    (void)prop;
    return (churn__event_prop){0, NULL};
}

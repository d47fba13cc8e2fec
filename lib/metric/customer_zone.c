/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/* Zones that customers have as an attribute, each read once. */

#define ZONE_ATTRIBUTE CHURN__STR("time_zone")

/* The zone of a text, opened when it is first met. */
static const churn__zone *zone_of_code(churn__metric_plan *plan, uint32_t code, churn_str name)
{
    churn__metric_zone_cache *zones = &plan->general->zones;
    void *each = zones->each;
    uint32_t id = churn__metric_key(plan->heap, &zones->codes, code);
    if (id == CHURN__METRIC_NONE ||
        !churn__grow(plan->heap, &each, &zones->capacity, (size_t)id + 1, sizeof *zones->each)) {
        plan->failed = true;
        return NULL;
    }
    zones->each = each;
    if (id == zones->count) {
        zones->each[id] = NULL;
        zones->count++;
        if (churn__zone_open(plan->heap, plan->config.zoneinfo, name, &zones->each[id]) ==
            CHURN__ZONE_NOMEM) {
            plan->failed = true;
        }
    }
    return zones->each[id];
}

const churn__zone *churn__metric_customer_zone(churn__metric_plan *plan, churn__reader *reader,
                                               uint32_t customer, churn_time as_of, bool *unknown)
{
    const churn__dict_view *texts = churn__version_texts(plan->version);
    *unknown = false;
    uint32_t attribute = churn__dict_view_find(texts, ZONE_ATTRIBUTE);
    if (attribute == CHURN__NO_CODE) {
        return plan->config.zone;
    }
    churn__value value = churn__reader_attribute(reader, customer, attribute, as_of);
    if (value.missing != CHURN__PRESENT || value.type != CHURN__TYPE_STRING) {
        return plan->config.zone;
    }
    uint32_t code = churn__dict_view_find(texts, value.as.s);
    const churn__zone *zone = code == CHURN__NO_CODE ? NULL : zone_of_code(plan, code, value.as.s);
    *unknown = zone == NULL;
    return zone == NULL ? plan->config.zone : zone;
}

void churn__metric_customer_zones_free(churn__metric_plan *plan)
{
    churn__metric_zone_cache *zones = &plan->general->zones;
    for (size_t i = 0; i < zones->count; i++) {
        churn__zone_release(zones->each[i]);
    }
    churn__free_array(plan->heap, zones->each, zones->capacity, sizeof *zones->each);
    churn__metric_keys_free(plan->heap, &zones->codes);
}

/* SPDX-License-Identifier: MIT */
#include "engine/staging.h"

static churn_status open_zone(churn__zones *zones, churn_str name, churn_error *err)
{
    if (!churn__grow(zones->heap, (void **)&zones->each, &zones->capacity, zones->count + 1,
                     sizeof(churn__zone *))) {
        return churn__fail_memory(err, zones->heap);
    }
    zones->each[zones->count] = NULL;
    churn__zone_result result =
        churn__zone_open(zones->heap, zones->directory, name, &zones->each[zones->count]);
    if (result == CHURN__ZONE_NOMEM) {
        return churn__fail_memory(err, zones->heap);
    }
    zones->count++;
    return CHURN_OK;
}

churn_status churn__zones_find(churn__zones *zones, churn_str name, const churn__zone **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = NULL;
    if (!name.ptr || name.len == 0) {
        return CHURN_OK;
    }
    if (!zones->names) {
        zones->names = churn__dict_create(zones->heap);
    }
    uint32_t code = zones->names ? churn__dict_add(zones->names, name) : CHURN__NO_CODE;
    if (code == CHURN__NO_CODE) {
        return churn__fail_memory(err, zones->heap);
    }
    if (code == zones->count) {
        CHURN_TRY(open_zone(zones, name, err));
    }
    *out = zones->each[code];
done:
    return st;
}

void churn__zones_close(churn__zones *zones)
{
    for (size_t i = 0; i < zones->count; i++) {
        churn__zone_release(zones->each[i]);
    }
    churn__free_array(zones->heap, zones->each, zones->capacity, sizeof(churn__zone *));
    churn__dict_free(zones->names);
}

/* SPDX-License-Identifier: MIT */
#include "kpi/pass.h"

#include "kpi/run_inside.h"

uint32_t churn__run_dimensions(const churn__kpi_run *run)
{
    return run->inside->groups.dim_count;
}

churn_str churn__run_group_text(const churn__kpi_run *run, uint32_t group, uint32_t dimension)
{
    return churn__groups_text(run, group, dimension);
}

churn_status churn__run_group_order(churn__kpi_run *run, const uint32_t **order, uint32_t *count,
                                    churn_error *err)
{
    *count = churn__run_group_count(run);
    uint32_t *groups = churn__arena_array(run->arena, *count, sizeof *groups);
    if (groups == NULL || !churn__groups_order(run, groups)) {
        return churn__fail_memory(err, run->heap);
    }
    *order = groups;
    return CHURN_OK;
}

uint32_t churn__run_group_columns(const churn__kpi_run *run, churn__table_builder *builder)
{
    const churn__groups *groups = &run->inside->groups;
    for (uint32_t d = 0; d < groups->dim_count; d++) {
        const churn_str name =
            churn__arena_str(run->arena, groups->dims[d].name.ptr, groups->dims[d].name.len);
        churn__table_column(builder, name.ptr == NULL ? "" : name.ptr, CHURN_COLUMN_STRING);
    }
    return groups->dim_count;
}

void churn__run_group_cells(const churn__kpi_run *run, churn__table_builder *builder, uint32_t from,
                            uint32_t group)
{
    for (uint32_t d = 0; d < run->inside->groups.dim_count; d++) {
        churn__table_add_string(builder, from + d, churn__groups_text(run, group, d));
    }
}

/* SPDX-License-Identifier: MIT */
#include "core/column.h"

const char *churn__type_name(churn__type type)
{
    static const char *const names[] = {
        [CHURN__TYPE_BOOL] = "bool",         [CHURN__TYPE_INT] = "int",
        [CHURN__TYPE_DOUBLE] = "double",     [CHURN__TYPE_STRING] = "string",
        [CHURN__TYPE_TIME] = "timestamp",    [CHURN__TYPE_STRINGS] = "list of string",
        [CHURN__TYPE_DURATION] = "duration",
    };
    bool known = type >= CHURN__TYPE_BOOL && type <= CHURN__TYPE_DURATION;
    return known ? names[type] : "unknown";
}

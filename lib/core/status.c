/* SPDX-License-Identifier: MIT */
#include <churn/status.h>

static const struct {
    const char *name, *text;
} statuses[] = {
#include "core/status_table.inc"
};

/* A number of a newer library means no more than "failed" here. */
static size_t status_index(churn_status status)
{
    size_t count = sizeof statuses / sizeof statuses[0];
    return status >= 0 && (size_t)status < count ? (size_t)status : CHURN_E_FAILED;
}

const char *churn_status_name(churn_status status)
{
    return statuses[status_index(status)].name;
}

const char *churn_status_text(churn_status status)
{
    return statuses[status_index(status)].text;
}

/* SPDX-License-Identifier: MIT */
#include <churn/version.h>

#include "base/heap.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *churn_version(void)
{
    return TEXT(CHURN_VERSION_MAJOR) "." TEXT(CHURN_VERSION_MINOR) "." TEXT(CHURN_VERSION_PATCH);
}

uint32_t churn_version_number(void)
{
    return CHURN_VERSION_MAJOR * 1000000u + CHURN_VERSION_MINOR * 1000u + CHURN_VERSION_PATCH;
}

uint32_t churn_abi_version(void)
{
    return CHURN_ABI_VERSION;
}

int64_t churn_live_handles(void)
{
    return churn__live_count();
}

/* SPDX-License-Identifier: MIT */
#include "base/date.h"
#include "base/str.h"

typedef struct to_date_name {
    char name[4];
    churn__unit unit;
} to_date_name;

static const to_date_name to_date_names[] = {
    {"mtd", CHURN__UNIT_CMO},
    {"qtd", CHURN__UNIT_CQ},
    {"ytd", CHURN__UNIT_CY},
};

bool churn__span_parse(const char *s, size_t len, churn__span *out)
{
    churn__duration length;
    for (size_t i = 0; i < sizeof to_date_names / sizeof to_date_names[0]; i++) {
        if (churn__str_eq((churn_str){s, len}, churn__str_nts(to_date_names[i].name))) {
            *out = (churn__span){.amount = 1, .unit = to_date_names[i].unit, .to_date = true};
            return true;
        }
    }
    if (!churn__duration_parse(s, len, &length) || length.unit == CHURN__UNIT_BD ||
        length.unit == CHURN__UNIT_BH) {
        return false;
    }
    *out = (churn__span){.amount = length.amount, .unit = length.unit};
    return true;
}

churn_time churn__span_back(const churn__zone *zone, churn_time at, churn__span span)
{
    if (span.to_date) {
        return churn__period_start(at, span.unit, zone);
    }
    return churn__time_shift(at, (churn__duration){span.amount, span.unit}, -1, zone, NULL);
}

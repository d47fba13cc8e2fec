/* SPDX-License-Identifier: MIT */
#include "base/date.h"

#include <string.h>

#include "base/checked.h"
#include "base/num.h"

/* Longer than all years that count: more calendar or business units than this mean nothing. */
#define MAX_COUNT INT64_C(100000000)

typedef struct unit_name {
    char name[4];
    uint8_t len;
    churn__unit unit;
    int64_t micros;
} unit_name;

/* Days before hours and so on: the first that divides an amount is the one printed. Weeks come
 * last, because people write 14d more often than 2w. */
static const unit_name unit_names[] = {
    {"d", 1, CHURN__UNIT_MICRO, CHURN__DAY},
    {"h", 1, CHURN__UNIT_MICRO, CHURN__HOUR},
    {"m", 1, CHURN__UNIT_MICRO, CHURN__MINUTE},
    {"s", 1, CHURN__UNIT_MICRO, CHURN__SECOND},
    {"w", 1, CHURN__UNIT_MICRO, CHURN__WEEK},
    {"cd", 2, CHURN__UNIT_CD, 0},
    {"cw", 2, CHURN__UNIT_CW, 0},
    {"cmo", 3, CHURN__UNIT_CMO, 0},
    {"cq", 2, CHURN__UNIT_CQ, 0},
    {"cy", 2, CHURN__UNIT_CY, 0},
    {"bd", 2, CHURN__UNIT_BD, 0},
    {"bh", 2, CHURN__UNIT_BH, 0},
};
#define UNIT_NAMES (sizeof unit_names / sizeof unit_names[0])

static const unit_name *unit_find(const char *s, size_t len)
{
    for (size_t i = 0; i < UNIT_NAMES; i++) {
        if (unit_names[i].len == len && memcmp(unit_names[i].name, s, len) == 0) {
            return &unit_names[i];
        }
    }
    return NULL;
}

bool churn__duration_parse(const char *s, size_t len, churn__duration *out)
{
    const unit_name *unit = NULL;
    int64_t count = 0;
    size_t digits = 0;
    while (digits < len && s[digits] >= '0' && s[digits] <= '9') {
        digits++;
    }
    if (digits == 0 || !churn__int_parse(s, digits, &count)) {
        return false;
    }
    if (digits == len && count == 0) {
        *out = (churn__duration){0, CHURN__UNIT_MICRO};
        return true;
    }
    unit = unit_find(s + digits, len - digits);
    if (unit == NULL || (unit->micros == 0 && count > MAX_COUNT) ||
        (unit->micros != 0 && !churn__mul_i64(count, unit->micros, &count))) {
        return false;
    }
    *out = (churn__duration){count, unit->unit};
    return true;
}

static const unit_name *unit_to_print(churn__duration d)
{
    for (size_t i = 0; i < UNIT_NAMES; i++) {
        const unit_name *unit = &unit_names[i];
        if (unit->unit == d.unit && (unit->micros == 0 || d.amount % unit->micros == 0)) {
            return unit;
        }
    }
    return NULL;
}

size_t churn__duration_print(churn__duration d, char *out)
{
    const unit_name *unit = unit_to_print(d);
    const char *name = unit != NULL ? unit->name : "us";
    int64_t count = unit != NULL && unit->micros != 0 ? d.amount / unit->micros : d.amount;
    size_t n = churn__int_print(count, out);
    size_t len = strlen(name);
    memcpy(out + n, name, len + 1);
    return n + len;
}

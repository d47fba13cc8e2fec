/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_FUZZ_SCOPE_H
#define CHURN_TESTS_FUZZ_SCOPE_H

/* Names of every type, and rows for them in which everything odd occurs. */
#include "expr/expr.h"
#include "fuzz.h"

enum { SCOPE_ROWS = 67 }; /* one word of bits and a little */

#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static const churn_str scope_texts[] = {TEXT(""),
                                        TEXT("a"),
                                        TEXT("free"),
                                        TEXT("12"),
                                        TEXT("-1.5e3"),
                                        TEXT("true"),
                                        TEXT("90m"),
                                        TEXT("a\\b"),
                                        TEXT("\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80"),
                                        TEXT("2026-02-01T09:30:00.123456789Z")};
static const int64_t scope_ints[] = {
    0, 1, -1, 2, 3, 7, -42, INT64_MAX, INT64_MIN, 9007199254740993, 100, 86400};
static const double scope_doubles[] = {0.0,
                                       -0.0,
                                       1.0,
                                       -1.5,
                                       2.5,
                                       100.0,
                                       1e300,
                                       -1e300,
                                       5e-324,
                                       0.1,
                                       9007199254740992.0,
                                       9223372036854775808.0};
static const int64_t scope_times[] = {0,
                                      -1,
                                      INT64_C(1769938200123456),
                                      INT64_C(1774749600000000),
                                      INT64_C(-62135596800000000),
                                      INT64_C(253402300799999999)};
static const int64_t scope_spans[] = {
    0, 1, -1, INT64_C(5400000000000), INT64_MAX, INT64_MIN, INT64_C(-86400000000000)};
static const churn__strs scope_lists[] = {{scope_texts, 0}, {scope_texts, 3}, {scope_texts + 2, 1}};

static const churn__value scope_days = {.type = CHURN__TYPE_INT, .as.i = 30};
static const churn__value scope_plan = {.type = CHURN__TYPE_STRING, .as.s = TEXT("free")};

static const struct {
    const char *name;
    churn__type type;
    const churn__value *constant;
} scope_names[] = {{"a", CHURN__TYPE_BOOL, NULL},
                   {"b", CHURN__TYPE_BOOL, NULL},
                   {"i", CHURN__TYPE_INT, NULL},
                   {"metric.count", CHURN__TYPE_INT, NULL},
                   {"x", CHURN__TYPE_DOUBLE, NULL},
                   {"metric.mrr", CHURN__TYPE_DOUBLE, NULL},
                   {"s", CHURN__TYPE_STRING, NULL},
                   {"customer.plan", CHURN__TYPE_STRING, NULL},
                   {"at", CHURN__TYPE_TIME, NULL},
                   {"as_of", CHURN__TYPE_TIME, NULL},
                   {"age", CHURN__TYPE_DURATION, NULL},
                   {"tags", CHURN__TYPE_STRINGS, NULL},
                   {"params.days", CHURN__TYPE_INT, &scope_days},
                   {"params.plan", CHURN__TYPE_STRING, &scope_plan}};

#undef TEXT
#define SCOPE_OF(array) ((array)[scope_next() % (sizeof(array) / sizeof *(array))])

enum { SCOPE_NAMES = sizeof scope_names / sizeof *scope_names };

typedef struct scope_data {
    uint8_t bools[SCOPE_ROWS];
    int64_t words[SCOPE_ROWS];
    double doubles[SCOPE_ROWS];
    churn_str strings[SCOPE_ROWS];
    churn__strs lists[SCOPE_ROWS];
    churn__missing missing[SCOPE_ROWS];
} scope_data;

static scope_data scope_rows[SCOPE_NAMES];
static churn__column scope_columns[SCOPE_NAMES];
static churn__heap *scope_heap;
static churn__expr_scratch *scope_scratch;

/* The same numbers everywhere (SplitMix64, Steele et al. 2014). */
static uint64_t scope_next(void)
{
    static uint64_t state = 7;
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void scope_fill(scope_data *data, churn__type type, unsigned row)
{
    data->missing[row] = scope_next() % 4 == 0 ? CHURN__NEVER : CHURN__PRESENT;
    data->bools[row] = (uint8_t)(scope_next() % 2);
    data->words[row] = type == CHURN__TYPE_TIME       ? SCOPE_OF(scope_times)
                       : type == CHURN__TYPE_DURATION ? SCOPE_OF(scope_spans)
                                                      : SCOPE_OF(scope_ints);
    data->doubles[row] = SCOPE_OF(scope_doubles);
    data->strings[row] = SCOPE_OF(scope_texts);
    data->lists[row] = SCOPE_OF(scope_lists);
    if (data->missing[row] != CHURN__PRESENT) { /* nobody may look */
        data->strings[row] = (churn_str){(const char *)(uintptr_t)1, 99};
        data->lists[row] = (churn__strs){(const churn_str *)(uintptr_t)8, 3};
    }
}

static const void *scope_values(const scope_data *data, churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return data->bools;
    case CHURN__TYPE_DOUBLE:
        return data->doubles;
    case CHURN__TYPE_STRING:
        return data->strings;
    case CHURN__TYPE_STRINGS:
        return data->lists;
    default:
        return data->words;
    }
}

static void scope_open(void)
{
    if (scope_heap != NULL) {
        return;
    }
    scope_heap = churn__heap_create(NULL, UINT64_C(256) << 20);
    scope_scratch = churn__expr_scratch_create(scope_heap, SCOPE_ROWS);
    for (unsigned c = 0; c < SCOPE_NAMES; c++) {
        scope_data *data = &scope_rows[c];
        for (unsigned row = 0; row < SCOPE_ROWS; row++) {
            scope_fill(data, scope_names[c].type, row);
        }
        scope_columns[c] = (churn__column){.type = scope_names[c].type,
                                           .values = scope_values(data, scope_names[c].type),
                                           .missing = data->missing};
    }
}

static churn__expr_found scope_resolve(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    for (uint32_t i = 0; i < SCOPE_NAMES; i++) {
        if (churn__str_eq(name, churn__str_nts(scope_names[i].name))) {
            *out = (churn__expr_name){.type = scope_names[i].type, .slot = i};
            if (scope_names[i].constant != NULL) {
                out->is_constant = true;
                out->constant = *scope_names[i].constant;
            }
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

static churn_str scope_list(void *context, uint32_t i)
{
    (void)context;
    return i < SCOPE_NAMES ? churn__str_nts(scope_names[i].name) : (churn_str){NULL, 0};
}

static const churn__expr_scope scope_all = {.resolve = scope_resolve, .list = scope_list};

/* Each finding stands somewhere in the text and says something. */
static void scope_report(void *context, const churn__expr_finding *finding)
{
    uint32_t *count = context;
    ++*count;
    FUZZ_CHECK(finding->line > 0 && finding->column > 0 && finding->message.len > 0,
               "a finding without place or message");
    FUZZ_CHECK(churn__utf8_fault(finding->message.ptr, finding->message.len) == SIZE_MAX,
               "a message is not UTF-8");
}

#endif

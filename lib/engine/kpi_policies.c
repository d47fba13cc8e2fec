/* SPDX-License-Identifier: MIT */
#include "engine/kpi.h"

#include "base/dict.h"

/* The same figures under several policies, side by side. */

#define MOST_POLICIES 64

/* The figures of one policy, and which row says what. */
typedef struct answer {
    churn_table *table;
    churn__dict *rows; /* what a row is of -> its number */
    churn__buf reason;
} answer;

typedef struct comparison {
    churn__heap *heap;
    answer *answers;
    uint32_t count;
    uint32_t columns, value; /* before `value` stands what a row is of */
    churn__table_builder *table;
} comparison;

/* ---- rows ---- */

static void put_cell(churn__buf *key, const churn_table *table, uint64_t row, uint32_t column)
{
    if (churn_table_is_null(table, row, column)) {
        churn__buf_u8(key, 0);
    } else if (churn_table_column_type(table, column) == CHURN_COLUMN_TIME) {
        churn__buf_u8(key, 1);
        churn__buf_u64(key, (uint64_t)churn_table_time(table, row, column));
    } else {
        churn__buf_u8(key, 2);
        churn__buf_lenstr(key, churn_table_string(table, row, column));
    }
}

/* What a row is of: figure, period, group. */
static churn_str key_of(const comparison *c, churn__buf *key, const churn_table *table,
                        uint64_t row)
{
    churn__buf_reset(key);
    for (uint32_t i = 0; i < c->value; i++) {
        put_cell(key, table, row, i);
    }
    return churn__buf_view(key);
}

static churn_status index_rows(const comparison *c, answer *a, churn__buf *key, churn_error *err)
{
    const uint64_t rows = churn_table_row_count(a->table);
    a->rows = churn__dict_create(c->heap);
    for (uint64_t row = 0; a->rows != NULL && row < rows; row++) {
        const churn_str text = key_of(c, key, a->table, row);
        if (key->failed || churn__dict_add(a->rows, text) == CHURN__NO_CODE) {
            return churn__fail_memory(err, c->heap);
        }
    }
    return a->rows == NULL ? churn__fail_memory(err, c->heap) : CHURN_OK;
}

static void copy_cell(const comparison *c, const churn_table *from, uint64_t row, uint32_t column)
{
    if (churn_table_is_null(from, row, column)) {
        churn__table_add_null(c->table, column);
        return;
    }
    switch (churn_table_column_type(from, column)) {
    case CHURN_COLUMN_BOOL:
        churn__table_add_bool(c->table, column, churn_table_bool(from, row, column));
        break;
    case CHURN_COLUMN_INT:
        churn__table_add_int(c->table, column, churn_table_int(from, row, column));
        break;
    case CHURN_COLUMN_DOUBLE:
        churn__table_add_double(c->table, column, churn_table_double(from, row, column));
        break;
    case CHURN_COLUMN_TIME:
        churn__table_add_time(c->table, column, churn_table_time(from, row, column));
        break;
    default:
        churn__table_add_string(c->table, column, churn_table_string(from, row, column));
        break;
    }
}

/* `first` CHURN__NO_CODE: the first policy says nothing of it. */
static void add_row(const comparison *c, uint32_t policy, uint64_t row, uint32_t first)
{
    const answer *a = &c->answers[policy];
    const churn_table *base = c->answers[0].table;
    for (uint32_t i = 0; i < c->columns; i++) {
        copy_cell(c, a->table, row, i);
    }
    if (first == CHURN__NO_CODE || churn_table_is_null(a->table, row, c->value) ||
        churn_table_is_null(base, first, c->value)) {
        churn__table_add_null(c->table, c->columns);
    } else {
        churn__table_add_double(c->table, c->columns,
                                churn_table_double(a->table, row, c->value) -
                                    churn_table_double(base, first, c->value));
    }
    churn__table_add_string(c->table, c->columns + 1, churn__buf_view(&a->reason));
}

/* Each row of the first with its likes, then what the first has not. */
static churn_status add_rows(const comparison *c, churn__buf *key, churn_error *err)
{
    const uint64_t rows = churn_table_row_count(c->answers[0].table);
    for (uint64_t row = 0; row < rows; row++) {
        const churn_str text = key_of(c, key, c->answers[0].table, row);
        for (uint32_t i = 0; i < c->count && !key->failed; i++) {
            const uint32_t like = churn__dict_find(c->answers[i].rows, text);
            if (like != CHURN__NO_CODE) {
                add_row(c, i, like, (uint32_t)row);
            }
        }
    }
    for (uint32_t i = 1; i < c->count; i++) {
        const uint64_t more = churn_table_row_count(c->answers[i].table);
        for (uint64_t row = 0; row < more && !key->failed; row++) {
            const churn_str text = key_of(c, key, c->answers[i].table, row);
            if (churn__dict_find(c->answers[0].rows, text) == CHURN__NO_CODE) {
                add_row(c, i, row, CHURN__NO_CODE);
            }
        }
    }
    return key->failed ? churn__fail_memory(err, c->heap) : CHURN_OK;
}

static churn_status make_table(comparison *c, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_table *like = c->answers[0].table;
    churn__buf key;
    churn__buf_init(&key, c->heap);
    c->columns = churn_table_column_count(like);
    c->value = churn_table_find(like, "value", CHURN_NTS);
    for (uint32_t i = 0; i < c->count; i++) {
        CHURN_TRY(index_rows(c, &c->answers[i], &key, err));
    }
    c->table = churn__table_begin(c->heap, c->count * churn_table_row_count(like));
    if (c->table == NULL) {
        CHURN_TRY(churn__fail_memory(err, c->heap));
    }
    churn__table_expect(c->table, c->columns + 2);
    for (uint32_t i = 0; i < c->columns; i++) {
        churn__table_column(c->table, churn_table_column_name(like, i),
                            churn_table_column_type(like, i));
    }
    churn__table_column(c->table, "difference", CHURN_COLUMN_DOUBLE);
    churn__table_column(c->table, "reason", CHURN_COLUMN_STRING);
    CHURN_TRY(add_rows(c, &key, err));
    st = churn__table_finish(c->table, out, err);
    c->table = NULL;
done:
    churn__table_abandon(c->table);
    churn__buf_clear(&key);
    return st;
}

/* ---- the answers ---- */

typedef struct figures_question {
    const churn_str *policies;
    uint32_t policy_count;
    const churn_str *kpis;
    uint32_t kpi_count;
    churn_time from, to;
} figures_question;

static churn_status answer_one(churn_engine *engine, const figures_question *q,
                               const churn_kpi_options *options, uint32_t i, answer *out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_policy first, policy;
    churn_kpi_options mine = *options;
    churn__kpi_asked asked = {
        .kpis = q->kpis, .kpi_count = q->kpi_count, .cut = {.from = q->from, .to = q->to}};
    mine.policy = q->policies[i];
    CHURN_TRY(churn__kpi_policy_of(engine, q->policies[0], &first, err));
    CHURN_TRY(churn__kpi_policy_of(engine, q->policies[i], &policy, err));
    if (!churn__policy_differences(&first, &policy, &out->reason)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(churn__engine_figures(engine, &mine, &asked, &out->table, err));
done:
    return st;
}

static void forget(comparison *c)
{
    for (uint32_t i = 0; c->answers != NULL && i < c->count; i++) {
        churn_table_free(c->answers[i].table);
        churn__dict_free(c->answers[i].rows);
        churn__buf_clear(&c->answers[i].reason);
    }
    churn__free_array(c->heap, c->answers, c->count, sizeof *c->answers);
}

static churn_status compare(churn_engine *engine, const figures_question *q,
                            const churn_kpi_options *options, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_kpi_options mine;
    comparison c = {.heap = churn__store_heap(engine->store), .count = q->policy_count};
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_kpi_options", err));
    if (mine.policy.ptr != NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "compare_policies: `policy` stands beside `policies`");
    }
    mine.struct_size = sizeof mine;
    c.answers = churn__alloc_array_zero(c.heap, c.count, sizeof *c.answers);
    if (c.answers == NULL) {
        CHURN_TRY(churn__fail_memory(err, c.heap));
    }
    for (uint32_t i = 0; i < c.count; i++) {
        churn__buf_init(&c.answers[i].reason, c.heap);
    }
    for (uint32_t i = 0; i < c.count; i++) {
        CHURN_TRY(answer_one(engine, q, &mine, i, &c.answers[i], err));
    }
    CHURN_TRY(make_table(&c, out, err));
done:
    forget(&c);
    return st;
}

churn_status churn_engine_compare_policies(churn_engine *engine, const churn_str *policies,
                                           uint32_t policy_count, const churn_str *kpis,
                                           uint32_t count, churn_time from, churn_time to,
                                           const churn_kpi_options *options, churn_table **out,
                                           churn_error *err)
{
    const figures_question q = {policies, policy_count, kpis, count, from, to};
    if (!out || !policies || (count && !kpis)) {
        return churn__fail_null(err, "churn_engine_compare_policies",
                                !out        ? "out"
                                : !policies ? "policies"
                                            : "kpis");
    }
    *out = NULL;
    if (policy_count == 0 || policy_count > MOST_POLICIES) {
        return churn__fail(err, CHURN_E_RANGE, 0, "compare_policies: from 1 to %u policies",
                           (uint64_t)MOST_POLICIES);
    }
    churn_status st = churn__engine_enter(engine, "churn_engine_compare_policies", err);
    if (st == CHURN_OK) {
        st = churn__kpi_check_strs(kpis, count, "kpis", err);
        st = st == CHURN_OK ? compare(engine, &q, options, out, err) : st;
        churn__engine_leave(engine);
    }
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "engine/playbook_test.h"

#include <math.h>

/* ---- values ---- */

static churn__value cell(const churn__column *column, uint32_t row)
{
    churn__value value = {.type = column->type,
                          .missing = column->missing ? column->missing[row] : CHURN__PRESENT};
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        value.as.b = ((const uint8_t *)column->values)[row];
        break;
    case CHURN__TYPE_STRING:
        value.as.s = value.missing ? (churn_str){NULL, 0} : churn__column_string(column, row);
        break;
    case CHURN__TYPE_STRINGS:
        value.as.l = ((const churn__strs *)column->values)[row];
        break;
    case CHURN__TYPE_DOUBLE:
        value.as.d = ((const double *)column->values)[row];
        break;
    default:
        value.as.i = ((const int64_t *)column->values)[row];
        break;
    }
    return value;
}

void churn__test_world_clear(churn__test_world *world)
{
    churn_table_free(world->explained);
    world->explained = NULL;
}

/* The explanation of a score; there may be none, which is told by a NULL. */
static churn_status explain(churn__test_world *world, uint32_t score, churn_error *err)
{
    churn_explain_options options = {.struct_size = sizeof options};
    churn_error why = {.struct_size = sizeof why};
    bool same = world->explained && world->explained_score == score &&
                churn__str_eq(world->explained_customer, world->customer);
    if (same) {
        return CHURN_OK;
    }
    churn__test_world_clear(world);
    options.score = world->playbook->scores[score].id;
    churn_status st = churn_engine_explain(world->engine, world->customer.ptr, world->customer.len,
                                           world->as_of, &options, &world->explained, &why);
    if (st == CHURN_E_NOMEM) {
        return churn__fail_memory(err, world->engine->heap);
    }
    world->explained_score = score;
    world->explained_customer = world->customer;
    return CHURN_OK;
}

static const char *column_of(churn__test_measure measure)
{
    return measure == CHURN__TEST_CONTRIBUTION ? "contribution"
           : measure == CHURN__TEST_POINTS     ? "points"
                                               : "weight";
}

static churn_status get_part(churn__test_world *world, const churn__test_expect *expect,
                             churn__value *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = (churn__value){.type = CHURN__TYPE_DOUBLE, .missing = CHURN__EMPTY};
    CHURN_TRY(explain(world, expect->score, err));
    const churn_table *table = world->explained;
    uint32_t name = churn_table_find(table, "name", CHURN_NTS);
    uint32_t column = churn_table_find(table, column_of(expect->measure), CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        bool mine = churn__str_eq(churn_table_string(table, row, name), expect->part);
        if (mine && !churn_table_is_null(table, row, column)) {
            out->missing = CHURN__PRESENT;
            out->as.d = churn_table_double(table, row, column);
            break;
        }
    }
done:
    return st;
}

churn_status churn__test_get(churn__test_world *world, const churn__test_expect *expect,
                             churn__value *out, churn_error *err)
{
    if (expect->measure != CHURN__TEST_VALUE) {
        return get_part(world, expect, out, err);
    }
    *out = cell(&world->frame->columns[expect->slot], 0);
    return CHURN_OK;
}

/* ---- why a score is what it is ---- */

/* Numbers under each other: "+12.500000". */
static void write_points(churn__buf *out, double points)
{
    char digits[64];
    size_t size = churn__double_fixed(points, 6, digits, sizeof digits);
    size_t sign = points >= 0;
    for (size_t i = size + sign; i < 13; i++) {
        churn__buf_char(out, ' ');
    }
    churn__buf_text(out, sign ? "+" : "");
    churn__buf_bytes(out, digits, size);
}

static void write_line(churn__buf *out, const churn_table *table, uint64_t row)
{
    uint32_t contribution = churn_table_find(table, "contribution", CHURN_NTS);
    churn__buf_text(out, "\n");
    if (churn_table_is_null(table, row, contribution)) {
        churn__buf_text(out, "             "); /* as wide as a number */
    } else {
        write_points(out, churn_table_double(table, row, contribution));
    }
    churn__buf_text(out, "  ");
    churn__buf_str(out, churn_table_string(table, row, churn_table_find(table, "text", CHURN_NTS)));
}

static churn_status tell_score(churn__test_world *world, uint32_t score, churn__buf *out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(explain(world, score, err));
    uint64_t count = churn_table_row_count(world->explained);
    if (count == 0) {
        churn__buf_text(out, "nothing that the score is made of is known");
        goto done;
    }
    churn__buf_str(out, world->playbook->scores[score].id);
    churn__buf_text(out, " is made of");
    for (uint64_t row = 0; row < count; row++) {
        write_line(out, world->explained, row);
    }
done:
    return st;
}

/* ---- why a condition holds ---- */

/* Parts that are not what was written: literals are left out, the whole is said first. */
static churn_status tell_condition(churn__test_world *world, const churn__expr *when,
                                   churn__buf *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_table *table = NULL;
    CHURN_TRY(churn__expr_explain(when, world->frame->columns, 0, world->frame->heap, &table, err));
    uint32_t part = churn_table_find(table, "part", CHURN_NTS);
    uint32_t depth = churn_table_find(table, "depth", CHURN_NTS);
    uint32_t outcome = churn_table_find(table, "outcome", CHURN_NTS);
    uint32_t value = churn_table_find(table, "value", CHURN_NTS);
    uint32_t because = churn_table_find(table, "because", CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        churn__buf_text(out, row > 0 ? "\n" : "");
        for (int64_t i = 0; i < churn_table_int(table, row, depth); i++) {
            churn__buf_text(out, "  ");
        }
        churn__buf_str(out, churn_table_string(table, row, part));
        churn__buf_text(out, ": ");
        bool known = !churn_table_is_null(table, row, value);
        churn__buf_str(out, churn_table_string(table, row, known ? value : outcome));
        if (!churn_table_is_null(table, row, because)) {
            churn__buf_text(out, ", ");
            churn__buf_str(out, churn_table_string(table, row, because));
        }
    }
done:
    churn_table_free(table);
    return st;
}

churn_status churn__test_tell(churn__test_world *world, const churn__test_expect *expect,
                              churn__buf *out, churn_error *err)
{
    if (expect->measure != CHURN__TEST_VALUE) {
        return tell_score(world, expect->score, out, err);
    }
    const churn__slot *slot = &world->playbook->slots[expect->slot];
    switch (slot->kind) {
    case CHURN__SLOT_SCORE:
        return tell_score(world, slot->index, out, err);
    case CHURN__SLOT_SEGMENT:
        return tell_condition(world, world->playbook->segments[slot->index].when, out, err);
    case CHURN__SLOT_TRIGGER:
        return tell_condition(world, world->playbook->triggers[slot->index].when, out, err);
    default:
        return CHURN_OK;
    }
}

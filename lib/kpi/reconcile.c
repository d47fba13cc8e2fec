/* SPDX-License-Identifier: MIT */
#include "kpi/statement.h"

#include "base/checked.h"
#include "base/sort.h"

/*
 * MRR at the start plus all movements is MRR at the end: in total, of each plan, product and
 * currency, of each customer. What is there at the end is read from the states of subscriptions,
 * by other means than the movements.
 */

#define MOST_NAMED 8 /* currencies in a note */

static const struct {
    uint32_t bit;
    const char *name;
} scopes[] = {{0, "total"},
              {CHURN__SPLIT_PLAN, "plan"},
              {CHURN__SPLIT_PRODUCT, "product"},
              {CHURN__SPLIT_CURRENCY, "currency"},
              {CHURN__SPLIT_CUSTOMER, "customer"}};

#define SCOPES (sizeof scopes / sizeof *scopes)

/* Whose money is not known, and of what currency. */
typedef struct left_out {
    uint32_t currency; /* CHURN__NO_CODE: too much money */
    uint32_t customers;
    churn_time at; /* the first time */
} left_out;

typedef struct reconciling {
    churn__heap *heap;
    const churn__version *version;
    const churn__ledger_asked *asked;
    churn_time until;
    uint32_t bit; /* of the scope in hand */
    churn__statement_lines lines;
    left_out *missing; /* of the total */
    size_t missing_count, missing_capacity;
} reconciling;

/* ---- one customer ---- */

static uint32_t code_of(const reconciling *r, uint32_t plan, uint32_t product, uint32_t currency)
{
    switch (r->bit) {
    case CHURN__SPLIT_PLAN:
        return plan;
    case CHURN__SPLIT_PRODUCT:
        return product;
    case CHURN__SPLIT_CURRENCY:
        return currency;
    default:
        return 0;
    }
}

static uint32_t code_of_turn(const reconciling *r, const churn__ledger_turn *turn, uint32_t plan,
                             uint32_t product, uint32_t currency)
{
    return r->bit == CHURN__SPLIT_CUSTOMER ? turn->rank : code_of(r, plan, product, currency);
}

static churn_status fail_sum(const reconciling *r, const churn__ledger_turn *turn, churn_error *err)
{
    const churn_str id = churn__version_customer_id(r->version, turn->customer);
    return churn__fail(err, CHURN_E_RANGE, 0,
                       "reconciliation: with customer %q a sum becomes too large", &id);
}

/* Where a move belongs: before the span, in it, or after it. */
static bool add_move(const reconciling *r, churn__statement_line *line, const churn__move *move)
{
    if (move->at < r->asked->from) {
        return churn__add_i64(line->start, move->amount, &line->start);
    }
    if (move->at < r->until) {
        return churn__add_i64(line->moves[move->kind], move->amount, &line->moves[move->kind]);
    }
    return churn__sub_i64(line->levels, move->amount, &line->levels);
}

static churn_status add_moves(reconciling *r, const churn__ledger_turn *turn, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < turn->of.move_count; i++) {
        const churn__move *move = &turn->of.moves[i];
        churn__statement_line *line = churn__statement_line_of(
            &r->lines, code_of_turn(r, turn, move->plan, move->product, move->currency));
        if (line == NULL) {
            CHURN_TRY(churn__fail_memory(err, r->heap));
        }
        if (!add_move(r, line, move)) {
            CHURN_TRY(fail_sum(r, turn, err));
        }
    }
done:
    return st;
}

/* What the states count just before as_of. */
static churn_status add_levels(reconciling *r, const churn__ledger_turn *turn, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time at = r->asked->as_of - 1;
    for (size_t i = 0; i < turn->row_count; i++) {
        const churn__subscription *row = &turn->rows[i];
        const bool next =
            i + 1 < turn->row_count && row[1].id == row->id && row[1].valid_from <= at;
        int64_t mrr = 0;
        if (next || row->valid_from > at ||
            churn__mrr_at(r->asked->policy, row, 1, turn->exchange, at, &mrr) != CHURN__PRESENT ||
            mrr == 0) {
            continue;
        }
        churn__statement_line *line = churn__statement_line_of(
            &r->lines, code_of_turn(r, turn, row->plan, row->product, row->currency));
        if (line == NULL) {
            CHURN_TRY(churn__fail_memory(err, r->heap));
        }
        if (!churn__add_i64(line->levels, mrr, &line->levels)) {
            CHURN_TRY(fail_sum(r, turn, err));
        }
    }
done:
    return st;
}

/* ---- who is left out ---- */

static bool note_missing(reconciling *r, const churn__unknown_money *unknown)
{
    for (size_t i = 0; i < r->missing_count; i++) {
        left_out *one = &r->missing[i];
        if (one->currency == unknown->currency) {
            one->customers++;
            one->at = unknown->from < one->at ? unknown->from : one->at;
            return true;
        }
    }
    if (!churn__grow(r->heap, (void **)&r->missing, &r->missing_capacity, r->missing_count + 1,
                     sizeof *r->missing)) {
        return false;
    }
    r->missing[r->missing_count++] = (left_out){unknown->currency, 1, unknown->from};
    return true;
}

/* Once for each value that the customer's subscriptions have. */
static churn_status leave_out(reconciling *r, const churn__ledger_turn *turn,
                              const churn__unknown_money *unknown, churn_error *err)
{
    for (size_t i = 0; i < turn->row_count; i++) {
        const churn__subscription *row = &turn->rows[i];
        churn__statement_line *line = churn__statement_line_of(
            &r->lines, code_of_turn(r, turn, row->plan, row->product, row->currency));
        if (line == NULL) {
            return churn__fail_memory(err, r->heap);
        }
        line->left_out += line->last != turn->rank;
        line->last = turn->rank;
    }
    return r->bit != 0 || note_missing(r, unknown) ? CHURN_OK : churn__fail_memory(err, r->heap);
}

static churn_status visit(void *context, const churn__ledger_turn *turn, churn_error *err)
{
    churn_status st = CHURN_OK;
    reconciling *r = context;
    const churn__unknown_money *unknown =
        churn__ledger_unknown(&turn->of, r->asked->from, r->until);
    if (unknown != NULL) {
        return leave_out(r, turn, unknown, err);
    }
    /* Who is too large to be told of later is not told of at all. */
    if (turn->of.move_count > 0 || turn->of.unknown_count == 0) {
        CHURN_TRY(add_moves(r, turn, err));
        CHURN_TRY(add_levels(r, turn, err));
    }
done:
    return st;
}

/* ---- proof ---- */

static churn_status check_lines(const reconciling *r, churn_error *err)
{
    for (size_t i = 0; i < r->lines.count; i++) {
        const churn__statement_line *line = &r->lines.data[i];
        uint64_t end = (uint64_t)line->start;
        for (size_t kind = 0; kind < CHURN__MOVES; kind++) {
            end += (uint64_t)line->moves[kind];
        }
        if (end != (uint64_t)line->levels) {
            return churn__fail(err, CHURN_E_INTERNAL, 0,
                               "reconciliation: movements do not add up to what is there");
        }
    }
    return CHURN_OK;
}

/* ---- the table ---- */

enum {
    COL_SCOPE,
    COL_VALUE,
    COL_START,
    COL_NEW,
    COL_EXPANSION,
    COL_CONTRACTION,
    COL_CHURN,
    COL_REACTIVATION,
    COL_CURRENCY_MOVES,
    COL_SEGMENT_IN,
    COL_SEGMENT_OUT,
    COL_END,
    COL_DIFFERENCE,
    COL_UNKNOWN,
    COL_NOTE,
    COL_CURRENCY,
    COL_POLICY,
    COL_COUNT
};

static void declare_columns(churn__table_builder *table)
{
    static const char *const names[COL_COUNT] = {
        "scope",      "value",        "start",          "new",        "expansion",   "contraction",
        "churn",      "reactivation", "currency_moves", "segment_in", "segment_out", "end",
        "difference", "unknown",      "note",           "currency",   "policy"};
    churn__table_expect(table, COL_COUNT);
    for (int i = 0; i < COL_COUNT; i++) {
        const bool text = i <= COL_VALUE || i >= COL_NOTE;
        churn__table_column(table, names[i], text ? CHURN_COLUMN_STRING : CHURN_COLUMN_INT);
    }
}

/* As figures tell it: "no_rate: EUR to USD at 2025-03-31 (3 customers)". */
static void tell_missing(const reconciling *r, churn__buf *out)
{
    for (size_t i = 0; i < r->missing_count && i < MOST_NAMED; i++) {
        const left_out *one = &r->missing[i];
        const bool rate = one->currency != CHURN__NO_CODE;
        char date[16];
        churn__buf_text(out, i == 0 ? "" : "; ");
        churn__buf_text(out, churn__missing_name(rate ? CHURN__NO_RATE : CHURN__NON_FINITE));
        churn__buf_text(out, ": ");
        if (rate) {
            churn__buf_str(out, churn__statement_text(r->version, one->currency));
            churn__buf_text(out, " to ");
            churn__buf_str(out, r->asked->currency);
        } else {
            churn__buf_text(out, "too much money");
        }
        churn__buf_text(out, " at ");
        churn__buf_bytes(out, date, churn__date_print(r->asked->zone, one->at, date));
        churn__buf_text(out, " (");
        churn__buf_int(out, one->customers);
        churn__buf_text(out, one->customers == 1 ? " customer)" : " customers)");
    }
    if (r->missing_count > MOST_NAMED) {
        churn__buf_text(out, "; and ");
        churn__buf_int(out, (int64_t)(r->missing_count - MOST_NAMED));
        churn__buf_text(out, " more currencies");
    }
}

static int compare_missing(const void *a, const void *b, const void *context)
{
    const left_out *x = a, *y = b;
    return churn__str_cmp(churn__statement_text(context, x->currency),
                          churn__statement_text(context, y->currency));
}

static bool add_note(const reconciling *r, churn__table_builder *table)
{
    churn__buf note;
    churn__buf_init(&note, r->heap);
    if (r->bit == 0) {
        tell_missing(r, &note);
    }
    const bool fits = !note.failed;
    churn__table_add_string(table, COL_NOTE,
                            note.size > 0 ? churn__buf_view(&note) : (churn_str){NULL, 0});
    churn__buf_clear(&note);
    return fits;
}

static churn_str value_text(const reconciling *r, const churn__statement_line *line)
{
    if (r->bit == CHURN__SPLIT_CUSTOMER) {
        return churn__version_customer_id(r->version, churn__version_order(r->version)[line->code]);
    }
    return r->bit == 0 ? (churn_str){NULL, 0} : churn__statement_text(r->version, line->code);
}

static bool add_row(const reconciling *r, churn__table_builder *table, const char *scope,
                    const churn__statement_line *line)
{
    static const uint8_t kinds[] = {CHURN__MOVE_NEW,          CHURN__MOVE_EXPANSION,
                                    CHURN__MOVE_CONTRACTION,  CHURN__MOVE_CHURN,
                                    CHURN__MOVE_REACTIVATION, CHURN__MOVE_CURRENCY,
                                    CHURN__MOVE_SEGMENT_IN,   CHURN__MOVE_SEGMENT_OUT};
    churn__table_add_string(table, COL_SCOPE, churn__str_nts(scope));
    churn__table_add_string(table, COL_VALUE, value_text(r, line));
    if (r->bit == CHURN__SPLIT_CUSTOMER && line->left_out > 0) {
        for (uint32_t i = COL_START; i <= COL_DIFFERENCE; i++) {
            churn__table_add_null(table, i);
        }
    } else {
        int64_t end = line->start;
        churn__table_add_int(table, COL_START, line->start);
        for (uint32_t i = 0; i < sizeof kinds; i++) {
            churn__table_add_int(table, COL_NEW + i, line->moves[kinds[i]]);
            end += line->moves[kinds[i]];
        }
        churn__table_add_int(table, COL_END, line->levels);
        churn__table_add_int(table, COL_DIFFERENCE, line->levels - end);
    }
    churn__table_add_int(table, COL_UNKNOWN, line->left_out);
    churn__table_add_string(table, COL_CURRENCY, r->asked->currency);
    churn__table_add_string(table, COL_POLICY,
                            churn__str_nts(churn__policy_name(r->asked->policy)));
    return add_note(r, table);
}

/* By text, none last; customers by id. */
static int compare_lines(const void *a, const void *b, const void *context)
{
    const churn__statement_line *x = a, *y = b;
    const reconciling *r = context;
    if (r->bit == CHURN__SPLIT_CUSTOMER) {
        return (x->code > y->code) - (x->code < y->code);
    }
    if (x->code == CHURN__NO_CODE || y->code == CHURN__NO_CODE) {
        return (x->code == CHURN__NO_CODE) - (y->code == CHURN__NO_CODE);
    }
    return churn__str_cmp(churn__statement_text(r->version, x->code),
                          churn__statement_text(r->version, y->code));
}

/* ---- all scopes ---- */

static churn_status add_scope(reconciling *r, churn__version *version, size_t scope,
                              churn__table_builder *table, churn_error *err)
{
    churn_status st = CHURN_OK;
    r->bit = scopes[scope].bit;
    r->lines = (churn__statement_lines){.heap = r->heap};
    if (r->bit == 0 && churn__statement_line_of(&r->lines, 0) == NULL) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    CHURN_TRY(churn__statement_walk(r->heap, version, r->asked, r->bit & CHURN__SPLIT_ALL, visit, r,
                                    err));
    CHURN_TRY(check_lines(r, err));
    if (!churn__sort(r->heap, r->missing, r->missing_count, sizeof *r->missing, compare_missing,
                     version)) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    if (r->bit != 0 && !churn__sort(r->heap, r->lines.data, r->lines.count, sizeof *r->lines.data,
                                    compare_lines, r)) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    for (size_t i = 0; i < r->lines.count; i++) {
        if (!add_row(r, table, scopes[scope].name, &r->lines.data[i])) {
            CHURN_TRY(churn__fail_memory(err, r->heap));
        }
    }
done:
    churn__statement_lines_free(&r->lines);
    return st;
}

churn_status churn__kpi_reconciliation(churn__heap *heap, churn__version *version,
                                       const churn__ledger_asked *asked, churn_table **out,
                                       churn_error *err)
{
    churn_status st = CHURN_OK;
    reconciling r = {.heap = heap, .version = version, .asked = asked};
    churn__table_builder *table = churn__table_begin(heap, 16);
    if (table == NULL) {
        return churn__fail_memory(err, heap);
    }
    r.until = asked->to < asked->as_of ? asked->to : asked->as_of;
    r.until = r.until < asked->from ? asked->from : r.until;
    declare_columns(table);
    for (size_t i = 0; i < SCOPES; i++) {
        if (scopes[i].bit == 0 || (asked->split & scopes[i].bit) != 0) {
            CHURN_TRY(add_scope(&r, version, i, table, err));
        }
    }
    st = churn__table_finish(table, out, err);
    table = NULL;
done:
    churn__table_abandon(table);
    churn__free_array(heap, r.missing, r.missing_capacity, sizeof *r.missing);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "kpi/statement.h"

#define CHECK_EVERY 1024

churn_str churn__statement_text(const churn__version *version, uint32_t code)
{
    return code == CHURN__NO_CODE ? (churn_str){NULL, 0}
                                  : churn__dict_view_get(churn__version_texts(version), code);
}

/* ---- all customers ---- */

typedef struct walking {
    churn__reader *reader;
    churn__ledger *ledger;
    churn__exchange_book *book;
    const churn__exchange *exchange;
} walking;

static churn_status begin_walk(walking *w, churn__heap *heap, churn__version *version,
                               const churn__ledger_asked *asked, uint32_t split, churn_error *err)
{
    churn_status st = CHURN_OK;
    w->reader = churn__reader_create(heap, version);
    w->ledger = churn__ledger_create_plain(heap, asked->policy, asked->zone, split);
    if (w->reader == NULL || w->ledger == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(churn__exchange_book_create(heap, version, asked->currency, &w->book, err));
    churn__exchange_book_keep(w->book, asked->policy);
    w->exchange = churn__exchange_at(w->book, asked->as_of);
    if (w->exchange == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
done:
    return st;
}

static churn_status take_turn(const walking *w, uint32_t rank, uint32_t customer,
                              const churn__ledger_asked *asked, churn__ledger_visit visit,
                              void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__ledger_turn turn = {.rank = rank, .customer = customer, .exchange = w->exchange};
    turn.row_count = churn__reader_subscriptions(w->reader, customer, asked->as_of, &turn.rows);
    CHURN_TRY(churn__ledger_rows(w->ledger, turn.rows, turn.row_count, w->exchange, asked->as_of,
                                 &turn.of, err));
    CHURN_TRY(visit(context, &turn, err));
done:
    return st;
}

churn_status churn__statement_walk(churn__heap *heap, churn__version *version,
                                   const churn__ledger_asked *asked, uint32_t split,
                                   churn__ledger_visit visit, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t count = churn__version_listed(version);
    const uint32_t *order = churn__version_order(version);
    walking w = {NULL, NULL, NULL, NULL};
    CHURN_TRY(begin_walk(&w, heap, version, asked, split, err));
    churn__cancel_total(asked->cancel, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i % CHECK_EVERY == 0) {
            churn__cancel_step(asked->cancel, i);
            CHURN_TRY(churn__cancel_check(asked->cancel, err));
        }
        CHURN_TRY(take_turn(&w, i, order[i], asked, visit, context, err));
    }
    if (churn__reader_failed(w.reader)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__cancel_step(asked->cancel, count);
done:
    churn__exchange_book_free(w.book);
    churn__ledger_free(w.ledger);
    churn__reader_free(w.reader);
    return st;
}

/* ---- sums by value ---- */

static size_t slot_of(const churn__statement_lines *lines, uint32_t code)
{
    size_t i = (code * UINT32_C(2654435761)) & (lines->slot_count - 1);
    while (lines->slots[i] != 0 && lines->data[lines->slots[i] - 1].code != code) {
        i = (i + 1) & (lines->slot_count - 1);
    }
    return i;
}

static bool widen(churn__statement_lines *lines)
{
    const size_t old = lines->slot_count, wider = old == 0 ? 16 : 2 * old;
    uint32_t *slots = churn__alloc_array_zero(lines->heap, wider, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    churn__free_array(lines->heap, lines->slots, old, sizeof *slots);
    lines->slots = slots;
    lines->slot_count = wider;
    for (size_t i = 0; i < lines->count; i++) {
        slots[slot_of(lines, lines->data[i].code)] = (uint32_t)i + 1;
    }
    return true;
}

churn__statement_line *churn__statement_line_of(churn__statement_lines *lines, uint32_t code)
{
    if (2 * lines->count >= lines->slot_count && !widen(lines)) {
        return NULL;
    }
    const size_t slot = slot_of(lines, code);
    if (lines->slots[slot] != 0) {
        return &lines->data[lines->slots[slot] - 1];
    }
    if (!churn__grow(lines->heap, (void **)&lines->data, &lines->capacity, lines->count + 1,
                     sizeof *lines->data)) {
        return NULL;
    }
    lines->data[lines->count] = (churn__statement_line){.code = code, .last = CHURN__NOTHING};
    lines->slots[slot] = (uint32_t)++lines->count;
    return &lines->data[lines->count - 1];
}

void churn__statement_lines_free(churn__statement_lines *lines)
{
    churn__free_array(lines->heap, lines->data, lines->capacity, sizeof *lines->data);
    churn__free_array(lines->heap, lines->slots, lines->slot_count, sizeof *lines->slots);
}

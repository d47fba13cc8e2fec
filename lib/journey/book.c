/* SPDX-License-Identifier: MIT */
#include "journey/journey.h"

/* What conditions came to. Runs of equal answers are chained by customer and condition. */

typedef struct kind {
    churn_time at;
    uint32_t next;
    uint8_t truth;
} kind;

struct churn__loss_book {
    churn__heap *heap;
    uint32_t customers, conditions;
    uint32_t *first, *last; /* by customer and condition: runs */
    uint32_t *kinds_of;     /* by customer: the newest of kinds */
    churn__loss_run *runs;
    size_t run_count, run_capacity;
    kind *kinds;
    size_t kind_count, kind_capacity;
};

static size_t chains(const churn__loss_book *book)
{
    return (size_t)book->customers * book->conditions;
}

static void fill_none(uint32_t *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        data[i] = CHURN__LOSS_NO_RUN;
    }
}

churn__loss_book *churn__loss_book_create(churn__heap *heap, uint32_t customers,
                                          uint32_t conditions)
{
    churn__loss_book *book = churn__alloc_zero(heap, sizeof *book);
    if (book == NULL) {
        return NULL;
    }
    book->heap = heap;
    book->customers = customers;
    book->conditions = conditions;
    book->kinds_of = churn__alloc_array(heap, customers, sizeof *book->kinds_of);
    book->first = churn__alloc_array(heap, chains(book), sizeof *book->first);
    book->last = churn__alloc_array(heap, chains(book), sizeof *book->last);
    if (book->kinds_of == NULL || book->first == NULL || book->last == NULL) {
        churn__loss_book_free(book);
        return NULL;
    }
    fill_none(book->kinds_of, customers);
    fill_none(book->first, chains(book));
    fill_none(book->last, chains(book));
    return book;
}

void churn__loss_book_free(churn__loss_book *book)
{
    if (book == NULL) {
        return;
    }
    churn__heap *heap = book->heap;
    churn__free_array(heap, book->kinds_of, book->customers, sizeof *book->kinds_of);
    churn__free_array(heap, book->first, chains(book), sizeof *book->first);
    churn__free_array(heap, book->last, chains(book), sizeof *book->last);
    churn__free_array(heap, book->runs, book->run_capacity, sizeof *book->runs);
    churn__free_array(heap, book->kinds, book->kind_capacity, sizeof *book->kinds);
    churn__free(heap, book, sizeof *book);
}

/* ---- conditions ---- */

bool churn__loss_book_put(churn__loss_book *book, uint32_t customer, uint32_t condition,
                          churn_time midnight, uint8_t truth)
{
    const size_t chain = (size_t)customer * book->conditions + condition;
    uint32_t *last = &book->last[chain];
    if (*last != CHURN__LOSS_NO_RUN && book->runs[*last].truth == truth) {
        return true;
    }
    if (book->run_count >= CHURN__LOSS_NO_RUN ||
        !churn__grow(book->heap, (void **)&book->runs, &book->run_capacity, book->run_count + 1,
                     sizeof *book->runs)) {
        return false;
    }
    const uint32_t at = (uint32_t)book->run_count++;
    book->runs[at] = (churn__loss_run){midnight, CHURN__LOSS_NO_RUN, truth};
    if (*last == CHURN__LOSS_NO_RUN) {
        book->first[chain] = at;
    } else {
        book->runs[*last].next = at;
    }
    *last = at;
    return true;
}

const churn__loss_run *churn__loss_book_first(const churn__loss_book *book, uint32_t customer,
                                              uint32_t condition)
{
    const uint32_t at = book->first[(size_t)customer * book->conditions + condition];
    return at == CHURN__LOSS_NO_RUN ? NULL : &book->runs[at];
}

const churn__loss_run *churn__loss_book_next(const churn__loss_book *book,
                                             const churn__loss_run *run)
{
    return run->next == CHURN__LOSS_NO_RUN ? NULL : &book->runs[run->next];
}

/* ---- kinds of losses ---- */

bool churn__loss_book_put_kind(churn__loss_book *book, uint32_t customer, churn_time at,
                               uint8_t truth)
{
    if (book->kind_count >= CHURN__LOSS_NO_RUN ||
        !churn__grow(book->heap, (void **)&book->kinds, &book->kind_capacity, book->kind_count + 1,
                     sizeof *book->kinds)) {
        return false;
    }
    book->kinds[book->kind_count] = (kind){at, book->kinds_of[customer], truth};
    book->kinds_of[customer] = (uint32_t)book->kind_count++;
    return true;
}

bool churn__loss_book_kind(const churn__loss_book *book, uint32_t customer, churn_time at,
                           uint8_t *truth)
{
    for (uint32_t i = book->kinds_of[customer]; i != CHURN__LOSS_NO_RUN; i = book->kinds[i].next) {
        if (book->kinds[i].at == at) {
            *truth = book->kinds[i].truth;
            return true;
        }
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/*
 * Customers that only rejected rows brought. Mostly a row is rejected before its strings go
 * anywhere; one that closes a circle of parents is found out when all rows are staged, and the
 * customer that it made is taken out again.
 */
typedef struct renumbering {
    churn__dict *customers;
    uint32_t first; /* customers from here on are of this load */
    uint32_t count;
    uint32_t *number; /* of each of them: 0 while nothing is staged of it, else the new one + 1 */
    char *texts;      /* their ids, while the dictionary has none */
    size_t size;
    bool orphans;
} renumbering;

static const uint32_t kinds[] = {KIND_CUSTOMER, KIND_ATTRIBUTE}; /* that a load with parents has */

static row_head *staged(const stage *s, size_t k, size_t i)
{
    return (row_head *)(void *)(s->rows[kinds[k]].rows + i * churn__store_kinds[kinds[k]].row_size);
}

static bool is_new(const renumbering *r, uint32_t customer)
{
    return customer >= r->first && customer - r->first < r->count;
}

static void mark_used(renumbering *r, const stage *s)
{
    uint32_t used = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < s->rows[kinds[k]].count; i++) {
            uint32_t customer = staged(s, k, i)->customer;
            if (is_new(r, customer)) {
                used += r->number[customer - r->first] == 0;
                r->number[customer - r->first] = 1;
            }
        }
    }
    r->orphans = used < r->count;
}

static bool copy_ids(renumbering *r, churn__heap *heap)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        r->size += churn__dict_get(r->customers, r->first + i).len;
    }
    r->texts = churn__alloc(heap, r->size);
    for (uint32_t i = 0; r->texts != NULL && i < r->count; i++) {
        churn_str id = churn__dict_get(r->customers, r->first + i);
        memcpy(r->texts + at, id.ptr, id.len);
        at += id.len;
    }
    return r->texts != NULL;
}

/* Lengths are read before each string goes. */
static bool add_again(renumbering *r, const uint32_t *length)
{
    const char *at = r->texts;
    bool ok = true;
    churn__dict_truncate(r->customers, r->first);
    for (uint32_t i = 0; ok && i < r->count; at += length[i++]) {
        if (r->number[i] != 0) {
            uint32_t code = churn__dict_add(r->customers, (churn_str){at, length[i]});
            ok = code != CHURN__NO_CODE;
            r->number[i] = code + 1;
        }
    }
    return ok;
}

static void renumber(const renumbering *r, const stage *s)
{
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < s->rows[kinds[k]].count; i++) {
            row_head *row = staged(s, k, i);
            bool moved = is_new(r, row->customer);
            row->customer = moved ? r->number[row->customer - r->first] - 1 : row->customer;
        }
    }
}

static bool take_out(renumbering *r, const stage *s, churn__heap *heap)
{
    uint32_t *length = churn__alloc_array(heap, r->count, sizeof *length);
    bool ok = length != NULL && copy_ids(r, heap);
    for (uint32_t i = 0; ok && i < r->count; i++) {
        length[i] = (uint32_t)churn__dict_get(r->customers, r->first + i).len;
    }
    ok = ok && add_again(r, length);
    if (ok) {
        renumber(r, s);
    }
    churn__free(heap, r->texts, r->size);
    churn__free_array(heap, length, r->count, sizeof *length);
    return ok;
}

bool churn__load_drop_orphans(load *l)
{
    churn__heap *heap = l->store->heap;
    renumbering r = {.customers = l->store->customers, .first = l->stage->customers};
    r.count = churn__dict_count(r.customers) - r.first;
    if (r.count == 0) {
        return true;
    }
    r.number = churn__alloc_array_zero(heap, r.count, sizeof *r.number);
    if (r.number == NULL) {
        return false;
    }
    mark_used(&r, l->stage);
    bool ok = !r.orphans || take_out(&r, l->stage, heap);
    churn__free_array(heap, r.number, r.count, sizeof *r.number);
    return ok;
}

/* SPDX-License-Identifier: MIT */
#include "store/load.h"

#include <math.h>

/*
 * The quick way for events. A block of rows is read column by column, and only looked up: where all
 * texts of a row are known already and all its values are plain, the row goes into the stage as it
 * is. All others, the first of every new customer among them, go the way of all records, one by
 * one and in their turn, so that what a row means is written in one place only.
 */
#define BLOCK 512                       /* rows */
#define LOOK_AHEAD 16                   /* texts: about as long as memory takes */
#define CODE_LATER (CHURN__NO_CODE - 1) /* the text is not known yet */

typedef struct block {
    uint32_t n;
    uint32_t customer[BLOCK], type[BLOCK], user[BLOCK];
    churn_time at[BLOCK];
    double value[BLOCK];
    uint8_t slow[BLOCK];
    churn_str texts[BLOCK];
    size_t places[BLOCK];
} block;

/* Fields by their place in the table of kinds. */
enum { EVENT_CUSTOMER = 1, EVENT_TYPE = 2, EVENT_AT = 3, EVENT_USER = 5, EVENT_VALUE = 6 };
#define EVENT_FIELDS                                                               \
    (1u << EVENT_CUSTOMER | 1u << EVENT_TYPE | 1u << EVENT_AT | 1u << EVENT_USER | \
     1u << EVENT_VALUE)

/* ---- texts ---- */

static void places_of(const short_cache *shorts, block *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        if (short_fits(shorts, b->texts[i])) {
            short_text key = short_key(b->texts[i]);
            b->places[i] = short_place(shorts, &key);
        }
    }
}

/* Through the cache of the column, then through the dictionary. */
static uint32_t find_text(const churn__dict *dict, text_cache *cache, const block *b, uint32_t i)
{
    churn_str text = b->texts[i];
    uint32_t code = CHURN__NO_CODE;
    if (text.len == 0) {
        return CHURN__NO_CODE; /* says nothing */
    }
    if (short_fits(&cache->shorts, text)) {
        short_text key = short_key(text);
        code = short_at(&cache->shorts, b->places[i], &key);
    }
    if (code == CHURN__NO_CODE) {
        code = churn__dict_find(dict, text);
        if (code == CHURN__NO_CODE) {
            return CODE_LATER;
        }
        short_note(&cache->shorts, churn__dict_get(dict, code), code);
    }
    return code;
}

static void find_texts(const churn__dict *dict, text_cache *cache, block *b, uint32_t *codes)
{
    const short_cache *shorts = &cache->shorts;
    places_of(shorts, b);
    for (uint32_t i = 0; i < b->n; i++) {
        if (i + LOOK_AHEAD < b->n && short_fits(shorts, b->texts[i + LOOK_AHEAD])) {
            __builtin_prefetch(&shorts->slots[b->places[i + LOOK_AHEAD]]);
        }
        codes[i] = find_text(dict, cache, b, i);
    }
}

/* From entries of the column's dictionary to ours. */
static void find_entries(const text_cache *cache, uint32_t n, uint32_t *codes)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t code = codes[i];
        if (code != UINT32_MAX) {
            code = code < cache->entry_count ? cache->entries[code] : CHURN__NO_CODE;
            codes[i] = code == CHURN__NO_CODE ? CODE_LATER : code;
        }
    }
}

static bool is_given(const load *l, uint32_t number)
{
    return (l->source->given >> number & 1) != 0;
}

static bool take_texts(load *l, uint32_t number, const churn__dict *dict, uint64_t row, block *b,
                       uint32_t *codes)
{
    const source *from = l->source;
    text_cache *cache = &l->caches[number];
    if (!is_given(l, number)) {
        memset(codes, 0xFF, b->n * sizeof *codes); /* CHURN__NO_CODE */
        return true;
    }
    if (from->entries[number] > 0) {
        if (!from->many->entries(from, number, row, b->n, codes)) {
            return false;
        }
        find_entries(cache, b->n, codes);
        return true;
    }
    if (!from->many->texts(from, number, row, b->n, b->texts)) {
        return false;
    }
    find_texts(dict, cache, b, codes);
    return true;
}

/* ---- rows ---- */

static bool take_values(const load *l, uint64_t row, block *b)
{
    const source *from = l->source;
    if (is_given(l, EVENT_VALUE)) {
        return from->many->numbers(from, EVENT_VALUE, row, b->n, b->value);
    }
    for (uint32_t i = 0; i < b->n; i++) {
        b->value[i] = (double)NAN;
    }
    return true;
}

static bool take_block(load *l, uint64_t row, block *b)
{
    const churn_store *store = l->store;
    const source *from = l->source;
    return from->many->times(from, EVENT_AT, row, b->n, b->at) &&
           take_texts(l, EVENT_CUSTOMER, store->customers, row, b, b->customer) &&
           take_texts(l, EVENT_TYPE, store->types, row, b, b->type) &&
           take_texts(l, EVENT_USER, store->texts, row, b, b->user) && take_values(l, row, b);
}

/* A row that is not plain in every way. CODE_LATER is the lesser of the two codes that are none. */
static void find_slow(block *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        b->slow[i] = b->customer[i] >= CODE_LATER || b->type[i] >= CODE_LATER ||
                     b->user[i] == CODE_LATER || b->at[i] < CHURN_TIME_MIN ||
                     b->at[i] > CHURN_TIME_MAX || isinf(b->value[i]);
    }
}

static churn_status stage_quick(load *l, const block *b, uint32_t from, uint32_t to,
                                churn_error *err)
{
    event_rows rows = {b->customer + from, b->type + from, b->at + from, b->user + from,
                       b->value + from};
    l->accepted += to - from;
    return churn__store_stage_events(&l->stage->events, &rows, to - from)
               ? CHURN_OK
               : churn__fail_memory(err, l->store->heap);
}

static churn_status load_block(load *l, uint64_t row, block *b, uint64_t *row_number,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    if (take_block(l, row, b)) {
        find_slow(b);
    } else {
        memset(b->slow, 1, b->n);
    }
    for (uint32_t i = 0, end = 0; i < b->n; i = end) {
        end = i + 1;
        if (b->slow[i] != 0) {
            CHURN_TRY(churn__load_row(l, row + i, *row_number + i, err));
            continue;
        }
        while (end < b->n && b->slow[end] == 0) {
            end++;
        }
        CHURN_TRY(stage_quick(l, b, i, end, err));
    }
    *row_number += b->n;
done:
    return st;
}

bool churn__load_is_quick(const load *l)
{
    const load_settings *settings = l->settings;
    return l->number == KIND_EVENT && l->source->many != NULL &&
           (l->source->given & ~EVENT_FIELDS) == 0 && l->source->attribute_count == 0 &&
           settings->known_at == CHURN_TIME_NONE && settings->source.len == 0 &&
           (settings->flags & CHURN_LOAD_RETRACT) == 0;
}

churn_status churn__load_quick(load *l, uint64_t *row_number, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = l->store->heap;
    uint64_t rows = l->source->rows;
    block *b = churn__alloc(heap, sizeof *b);
    if (b == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (uint64_t row = 0; row < rows; row += b->n) {
        b->n = (uint32_t)(rows - row < BLOCK ? rows - row : BLOCK);
        churn__cancel_step(l->settings->cancel, *row_number);
        CHURN_TRY(churn__cancel_check(l->settings->cancel, err));
        CHURN_TRY(load_block(l, row, b, row_number, err));
    }
done:
    churn__free(heap, b, sizeof *b);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/* The room for what a load remembers between its rows. */

#define SHORTS_FROM_ROWS 4096 /* smaller loads are not worth the memory */
#define SHORTS_FEW 12         /* bits of the number of slots */
#define SHORTS_MANY 18

/* Member by member: a load is large, and single records are many. */
void churn__load_init(load *l, churn_store *store, uint32_t kind, source *from,
                      const load_settings *settings)
{
    l->store = store;
    l->stage = NULL;
    l->kind = &churn__store_kinds[kind];
    l->number = kind;
    l->in_sequence = l->broken = false;
    l->source = from;
    l->settings = settings;
    l->slice = (record_slice){.from = 0};
    l->values = (value_context){
        .zone = settings->zone, .money = settings->money, .text_bytes = store->limits.string_bytes};
    l->mapped = false;
    l->fault_field = NULL;
    l->fault = CHURN__STR("");
    l->accepted = l->rejected = l->undated = l->unmapped = l->row_number = 0;
    l->parents = NULL;
    l->parent_count = l->parent_capacity = 0;
    l->rejections = NULL;
    l->attributes = NULL;
    l->prop_names = NULL;
    l->props = NULL;
    l->prop_bytes = NULL;
    l->name_codes = NULL;
    l->attribute_count = l->attribute_room = 0;
    l->news = l->own_news;
    l->used_count = 0;
    l->required = churn__load_required(l->kind, settings->flags);
    uint32_t read = (from->given | l->required) & churn__load_wanted(l->kind, settings->flags);
    for (uint32_t i = 0; i < l->kind->field_count; i++) {
        l->caches[i] = (text_cache){.code = CHURN__NO_CODE};
        from->codes[i] = NULL;
        if ((read >> i & 1) != 0) {
            l->used[l->used_count++] = (uint8_t)i;
        }
    }
}

bool churn__load_prepare(load *l)
{
    churn__heap *heap = l->store->heap;
    uint32_t n = l->source->attribute_count;
    l->attribute_room = n;
    if (n == 0) {
        return true;
    }
    l->attributes = churn__alloc_array(heap, n, sizeof *l->attributes);
    l->name_codes = churn__alloc_array(heap, n, sizeof *l->name_codes);
    l->news = churn__alloc_array(heap, 2 * (size_t)n + FIELDS_MAX, sizeof *l->news);
    for (uint32_t i = 0; l->name_codes != NULL && i < n; i++) {
        l->name_codes[i] = CHURN__NO_CODE;
    }
    return l->attributes != NULL && l->name_codes != NULL && l->news != NULL &&
           (l->number != KIND_EVENT || churn__load_prepare_props(l));
}

/* Texts of plain columns come again and again, but for ids. */
static bool prepare_shorts(load *l, uint32_t number)
{
    short_cache *shorts = &l->caches[number].shorts;
    const field *f = &l->kind->fields[number];
    bool repeats = f->type <= FIELD_TEXT && f->type != FIELD_ID;
    bool given = (l->source->given >> number & 1) != 0 && l->source->entries[number] == 0;
    if (!repeats || !given || shorts->bits > 0 || l->source->rows < SHORTS_FROM_ROWS) {
        return true;
    }
    unsigned bits = l->source->rows < SHORTS_FROM_ROWS * 16 ? SHORTS_FEW : SHORTS_MANY;
    shorts->slots =
        churn__alloc_array_zero(l->store->heap, (size_t)1 << bits, sizeof *shorts->slots);
    shorts->bits = shorts->slots == NULL ? 0 : bits;
    return shorts->slots != NULL;
}

void churn__load_ahead(const load *l, uint64_t row)
{
    for (uint32_t k = 0; k < l->used_count; k++) {
        const text_cache *cache = &l->caches[l->used[k]];
        cell in;
        if (cache->shorts.bits == 0) {
            continue;
        }
        l->source->get(l->source, l->used[k], row, &in);
        if (in.kind == CELL_TEXT && short_fits(&cache->shorts, in.text)) {
            short_text key = short_key(in.text);
            __builtin_prefetch(&cache->shorts.slots[short_place(&cache->shorts, &key)]);
        }
    }
}

/* The columns' dictionaries may be others in every batch. */
bool churn__load_entries(load *l)
{
    churn__heap *heap = l->store->heap;
    for (uint32_t i = 0; i < l->kind->field_count; i++) {
        text_cache *cache = &l->caches[i];
        uint64_t n = l->source->entries[i];
        churn__free_array(heap, cache->entries, (size_t)cache->entry_count, sizeof *cache->entries);
        cache->entries = NULL;
        cache->entry_count = 0;
        l->source->codes[i] = NULL;
        if (!prepare_shorts(l, i)) {
            return false;
        }
        if (n == 0) {
            continue;
        }
        cache->entries = churn__alloc_array(heap, (size_t)n, sizeof *cache->entries);
        if (cache->entries == NULL) {
            return false;
        }
        cache->entry_count = n;
        memset(cache->entries, 0xFF, (size_t)n * sizeof *cache->entries); /* CHURN__NO_CODE */
        if (l->kind->fields[i].type <= FIELD_TEXT) { /* others look at the text */
            l->source->codes[i] = cache->entries;
        }
    }
    return true;
}

void churn__load_clear(load *l)
{
    churn__heap *heap = l->store->heap;
    size_t n = l->attribute_room;
    for (uint32_t i = 0; i < l->kind->field_count; i++) {
        text_cache *cache = &l->caches[i];
        churn__free_array(heap, cache->entries, (size_t)cache->entry_count, sizeof *cache->entries);
        churn__free_array(heap, cache->shorts.slots, (size_t)1 << cache->shorts.bits,
                          sizeof *cache->shorts.slots);
    }
    churn__load_clear_props(l);
    churn__free_array(heap, l->attributes, n, sizeof *l->attributes);
    churn__free_array(heap, l->name_codes, n, sizeof *l->name_codes);
    if (l->news != l->own_news) {
        churn__free_array(heap, l->news, 2 * n + FIELDS_MAX, sizeof *l->news);
    }
    churn__free_array(heap, l->parents, l->parent_capacity, sizeof *l->parents);
    churn__table_abandon(l->rejections);
}

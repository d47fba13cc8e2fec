/* SPDX-License-Identifier: MIT */
#include "store/props.h"

#include <math.h>

/* One column of a property: positions and values. Sets of columns: prop_sets.c. */

#define BLOCK_BITS 65536u
#define WORDS (BLOCK_BITS / 16)     /* of a bitmap */
#define PART_WORDS 32u              /* of which the entries before them are counted */
#define PARTS (WORDS / PART_WORDS)  /* counts, which follow the bitmap */
#define DENSE_WORDS (WORDS + PARTS) /* a list of as many positions takes as much memory */

/* ---- names ---- */

char churn__props_letter(churn__type type)
{
    static const char letters[] = {
        [CHURN__TYPE_BOOL] = 'b',
        [CHURN__TYPE_DOUBLE] = 'd',
        [CHURN__TYPE_STRING] = 's',
        [CHURN__TYPE_TIME] = 't',
    };
    return letters[type];
}

churn_str churn__props_name(const churn__dict_view *props, uint32_t prop)
{
    churn_str key = churn__dict_view_get(props, prop);
    return key.ptr == NULL ? key : (churn_str){key.ptr + 1, key.len - 1};
}

churn__type churn__props_type(const churn__dict_view *props, uint32_t prop)
{
    switch (churn__dict_view_get(props, prop).ptr[0]) {
    case 'b':
        return CHURN__TYPE_BOOL;
    case 'd':
        return CHURN__TYPE_DOUBLE;
    case 's':
        return CHURN__TYPE_STRING;
    default:
        return CHURN__TYPE_TIME;
    }
}

uint32_t churn__props_find_name(const churn__dict_view *props, churn_str name, churn__type *type)
{
    static const churn__type types[] = {CHURN__TYPE_BOOL, CHURN__TYPE_DOUBLE, CHURN__TYPE_STRING,
                                        CHURN__TYPE_TIME};
    char key[1 + ID_BYTES];
    if (name.len > ID_BYTES) {
        return CHURN__NO_CODE;
    }
    memcpy(key + 1, name.ptr, name.len);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        key[0] = churn__props_letter(types[i]);
        uint32_t prop = churn__dict_view_find(props, (churn_str){key, name.len + 1});
        if (prop != CHURN__NO_CODE) {
            *type = types[i];
            return prop;
        }
    }
    return CHURN__NO_CODE;
}

/* ---- blocks ---- */

typedef struct block_view {
    const uint16_t *data;
    uint32_t first; /* entry */
    uint32_t entries;
    bool dense;
} block_view;

static block_view block_at(const prop_column *c, uint32_t block)
{
    const prop_block *b = &c->blocks[block];
    bool last = block + 1 == c->block_count;
    uint32_t end = last ? c->count : b[1].entries;
    size_t data_end = last ? c->data_count : b[1].data;
    return (block_view){.data = c->data + b->data,
                        .first = b->entries,
                        .entries = end - b->entries,
                        .dense = end - b->entries > data_end - b->data};
}

static unsigned ones(uint16_t word)
{
    return (unsigned)__builtin_popcount(word);
}

static uint32_t rank_dense(const block_view *b, uint32_t low)
{
    uint32_t word = low / 16, part = word / PART_WORDS;
    uint32_t rank = b->data[WORDS + part];
    for (uint32_t i = part * PART_WORDS; i < word; i++) {
        rank += ones(b->data[i]);
    }
    return rank + ones((uint16_t)(b->data[word] & ((1u << low % 16) - 1)));
}

static uint32_t rank_list(const block_view *b, uint32_t low)
{
    uint32_t begin = 0, end = b->entries;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        bool below = b->data[middle] < low;
        begin = below ? middle + 1 : begin;
        end = below ? end : middle;
    }
    return begin;
}

static uint32_t rank_in(const block_view *b, uint32_t low)
{
    return b->dense ? rank_dense(b, low) : rank_list(b, low);
}

static bool has(const block_view *b, uint32_t low, uint32_t rank)
{
    return b->dense ? (b->data[low / 16] >> low % 16 & 1) != 0
                    : rank < b->entries && b->data[rank] == low;
}

uint32_t churn__props_rank(const prop_column *column, uint32_t position)
{
    uint32_t block = position / BLOCK_BITS;
    if (block >= column->block_count) {
        return column->count;
    }
    block_view b = block_at(column, block);
    return b.first + rank_in(&b, position % BLOCK_BITS);
}

bool churn__props_find(const prop_column *column, uint32_t position, uint32_t *entry)
{
    uint32_t block = position / BLOCK_BITS, low = position % BLOCK_BITS;
    if (block >= column->block_count) {
        return false;
    }
    block_view b = block_at(column, block);
    uint32_t rank = rank_in(&b, low);
    *entry = b.first + rank;
    return has(&b, low, rank);
}

/* ---- walking ---- */

prop_cursor churn__props_from(const prop_column *column, uint32_t position)
{
    prop_cursor cursor = {.column = column,
                          .index = churn__props_rank(column, position),
                          .block = position / BLOCK_BITS};
    if (cursor.block < column->block_count) {
        block_view b = block_at(column, cursor.block);
        cursor.at = b.dense ? position % BLOCK_BITS : cursor.index - b.first;
    }
    return cursor;
}

/* The next bit that is set, from `at` on; BLOCK_BITS: none. */
static uint32_t next_bit(const uint16_t *bits, uint32_t at)
{
    while (at < BLOCK_BITS) {
        unsigned rest = (unsigned)bits[at / 16] >> at % 16;
        if (rest != 0) {
            return at + (uint32_t)__builtin_ctz(rest);
        }
        at = (at | 15) + 1;
    }
    return BLOCK_BITS;
}

bool churn__props_next(prop_cursor *cursor, uint32_t *position)
{
    for (; cursor->block < cursor->column->block_count; cursor->block++, cursor->at = 0) {
        block_view b = block_at(cursor->column, cursor->block);
        uint32_t at = b.dense ? next_bit(b.data, cursor->at) : cursor->at;
        if (at >= (b.dense ? BLOCK_BITS : b.entries)) {
            continue;
        }
        *position = cursor->block * BLOCK_BITS + (b.dense ? at : b.data[at]);
        cursor->at = at + 1;
        cursor->index++;
        return true;
    }
    return false;
}

/* ---- values ---- */

size_t churn__props_size(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return sizeof(int8_t);
    case CHURN__TYPE_STRING:
        return sizeof(uint32_t);
    default:
        return sizeof(uint64_t);
    }
}

uint64_t churn__props_bits(const prop_column *column, uint32_t entry)
{
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        return (uint64_t)((const int8_t *)column->values)[entry];
    case CHURN__TYPE_STRING:
        return ((const uint32_t *)column->values)[entry];
    default:
        return ((const uint64_t *)column->values)[entry];
    }
}

static void put_value(prop_column *c, uint32_t entry, uint64_t bits)
{
    switch (c->type) {
    case CHURN__TYPE_BOOL:
        ((int8_t *)c->values)[entry] = (int8_t)bits;
        break;
    case CHURN__TYPE_STRING:
        ((uint32_t *)c->values)[entry] = (uint32_t)bits;
        break;
    default:
        ((uint64_t *)c->values)[entry] = bits;
        break;
    }
}

void churn__props_fill_none(churn__type type, void *out, size_t n)
{
    const double nan = (double)NAN;
    const churn_time none = CHURN_TIME_NONE;
    size_t size = churn__props_size(type);
    if (type == CHURN__TYPE_BOOL || type == CHURN__TYPE_STRING) {
        memset(out, 0xFF, n * size); /* CHURN_TRUTH_NONE, CHURN__NO_CODE */
        return;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy((char *)out + i * size, type == CHURN__TYPE_DOUBLE ? (const void *)&nan : &none,
               size);
    }
}

void churn__props_fill(const prop_column *column, uint32_t position, size_t n, void *out)
{
    size_t size = churn__props_size(column->type);
    const char *values = column->values;
    prop_cursor cursor = churn__props_from(column, position);
    uint32_t at = 0;
    while (churn__props_next(&cursor, &at) && at - position < n) {
        memcpy((char *)out + (at - position) * size, values + (cursor.index - 1) * size, size);
    }
}

/* ---- appending ---- */

/* A list that is longer than a bitmap becomes one; in place, since it is longer. */
static void close_block(prop_column *c)
{
    uint16_t bits[DENSE_WORDS] = {0};
    if (c->block_count == 0) {
        return;
    }
    const prop_block *last = &c->blocks[c->block_count - 1];
    uint32_t entries = c->count - last->entries;
    uint16_t *data = c->data + last->data;
    if (entries <= DENSE_WORDS) {
        return;
    }
    for (uint32_t i = 0; i < entries; i++) {
        bits[data[i] / 16] = (uint16_t)(bits[data[i] / 16] | 1u << data[i] % 16);
    }
    for (uint32_t word = 0, before = 0; word < WORDS; word++) {
        if (word % PART_WORDS == 0) {
            bits[WORDS + word / PART_WORDS] = (uint16_t)before;
        }
        before += ones(bits[word]);
    }
    memcpy(data, bits, sizeof bits);
    c->data_count = last->data + (size_t)DENSE_WORDS;
}

static bool begin_blocks(prop_column *c, churn__heap *heap, uint32_t block)
{
    if (block < c->block_count) {
        return true;
    }
    if (!churn__grow(heap, (void **)&c->blocks, &c->block_capacity, (size_t)block + 1,
                     sizeof *c->blocks)) {
        return false;
    }
    close_block(c);
    while (c->block_count <= block) {
        c->blocks[c->block_count++] = (prop_block){c->count, (uint32_t)c->data_count};
    }
    return true;
}

static bool column_append(prop_column *c, churn__heap *heap, uint32_t position, uint64_t bits)
{
    if (!churn__grow(heap, &c->values, &c->value_capacity, (size_t)c->count + 1,
                     churn__props_size(c->type)) ||
        !churn__grow(heap, (void **)&c->data, &c->data_capacity, c->data_count + 1,
                     sizeof *c->data) ||
        !begin_blocks(c, heap, position / BLOCK_BITS)) {
        return false;
    }
    c->data[c->data_count++] = (uint16_t)(position % BLOCK_BITS);
    put_value(c, c->count++, bits);
    return true;
}

/* Memory that is too much is given back where the heap has better use for it. */
static void trim(churn__heap *heap, void **data, size_t *capacity, size_t count, size_t size)
{
    size_t wanted = count == 0 ? 1 : count;
    void *less =
        *capacity == wanted ? NULL : churn__realloc_array(heap, *data, *capacity, wanted, size);
    if (less != NULL) {
        *data = less;
        *capacity = wanted;
    }
}

static void column_close(prop_column *c, churn__heap *heap)
{
    if (!c->closed) {
        close_block(c);
    }
    c->closed = true;
    trim(heap, &c->values, &c->value_capacity, c->count, churn__props_size(c->type));
    trim(heap, (void **)&c->data, &c->data_capacity, c->data_count, sizeof *c->data);
    trim(heap, (void **)&c->blocks, &c->block_capacity, c->block_count, sizeof *c->blocks);
}

static void column_clear(prop_column *c, churn__heap *heap)
{
    churn__free_array_wiped(heap, c->values, c->value_capacity, churn__props_size(c->type));
    churn__free_array(heap, c->data, c->data_capacity, sizeof *c->data);
    churn__free_array(heap, c->blocks, c->block_capacity, sizeof *c->blocks);
}

/* ---- sets ---- */

static uint32_t column_place(const prop_set *set, uint32_t prop)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool below = set->columns[middle].prop < prop;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    return low;
}

prop_column *churn__props_column(const prop_set *set, uint32_t prop)
{
    uint32_t at = column_place(set, prop);
    return at < set->count && set->columns[at].prop == prop ? &set->columns[at] : NULL;
}

static prop_column *need_column(prop_set *set, const prop_value *value)
{
    uint32_t at = column_place(set, value->prop);
    if (at < set->count && set->columns[at].prop == value->prop) {
        return &set->columns[at];
    }
    if (!churn__grow(set->heap, (void **)&set->columns, &set->capacity, (size_t)set->count + 1,
                     sizeof *set->columns)) {
        return NULL;
    }
    memmove(set->columns + at + 1, set->columns + at, (set->count - at) * sizeof *set->columns);
    set->columns[at] = (prop_column){.prop = value->prop, .type = (churn__type)value->type};
    set->count++;
    return &set->columns[at];
}

bool churn__props_append(prop_set *set, uint32_t position, const prop_value *value)
{
    prop_column *column = need_column(set, value);
    return column != NULL && column_append(column, set->heap, position, value->bits);
}

bool churn__props_append_all(prop_set *set, uint32_t position, const prop_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (churn__props_append(set, position, &values[i])) {
            continue;
        }
        while (i-- > 0) { /* the block at the end is a list: its last entry is easily taken back */
            prop_column *c = churn__props_column(set, values[i].prop);
            c->count--;
            c->data_count--;
        }
        return false;
    }
    return true;
}

void churn__props_close(prop_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        column_close(&set->columns[i], set->heap);
    }
    if (set->count > 0) {
        trim(set->heap, (void **)&set->columns, &set->capacity, set->count, sizeof *set->columns);
    }
}

void churn__props_clear(prop_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        column_clear(&set->columns[i], set->heap);
    }
    churn__free_array(set->heap, set->columns, set->capacity, sizeof *set->columns);
    *set = (prop_set){.heap = set->heap};
}

size_t churn__props_at(const prop_set *set, uint32_t position, prop_value *out)
{
    size_t n = 0;
    uint32_t entry = 0;
    if (set == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        const prop_column *c = &set->columns[i];
        if (churn__props_find(c, position, &entry)) {
            out[n++] = (prop_value){c->prop, c->type, churn__props_bits(c, entry)};
        }
    }
    return n;
}

/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/bits.h"
#include "base/checked.h"
#include "table/inside.h"

/* Appending many cells of one column at once. */

/* Bits [at, at + n) of a bitmap; what comes after them in the last byte is cleared. */
static void put_bits(uint8_t *bits, uint64_t at, const uint8_t *values, size_t n)
{
    size_t i = 0;
    for (; i < n && (at + i) % 8 != 0; i++) {
        churn__bit_put(bits, at + i, values[i] != 0);
    }
    for (; i + 8 <= n; i += 8) {
        /* Eight bytes of 0 and 1, the first one lowest: the product has them as bits on top. */
        uint64_t word = 0;
        for (unsigned k = 0; k < 8; k++) {
            word |= (uint64_t)values[i + k] << 8 * k;
        }
        bits[(at + i) / 8] = (uint8_t)(word * UINT64_C(0x0102040810204080) >> 56);
    }
    if (i < n) {
        bits[(at + i) / 8] = 0;
    }
    for (; i < n; i++) {
        churn__bit_put(bits, at + i, values[i] != 0);
    }
}

/* For n more cells of which `present` are there; a column without missing cells has no bitmap. */
static bool room_for_validity(churn__heap *heap, churn__table_col *col, size_t present, size_t n)
{
    if (col->valid.data == NULL && (present == n || !churn__table_begin_validity(heap, col))) {
        return present == n;
    }
    return churn__table_reserve(heap, &col->valid, churn__bits_bytes((size_t)col->count + n), 1);
}

/* Ends every append. */
static bool count_cells(churn__heap *heap, churn__table_col *col, const uint8_t *there, size_t n)
{
    size_t present = 0;
    for (size_t i = 0; i < n; i++) {
        present += there[i];
    }
    if (!room_for_validity(heap, col, present, n)) {
        return false;
    }
    if (col->valid.data != NULL) {
        put_bits(col->valid.data, col->count, there, n);
    }
    col->nulls += n - present;
    col->count += n;
    return true;
}

/* How many cells are counted at a time. */
#define PIECE 1024u

/* The same where all are there: at most PIECE. */
static bool count_present(churn__heap *heap, churn__table_col *col, size_t n)
{
    uint8_t there[PIECE];
    if (col->valid.data == NULL) {
        col->count += n;
        return true;
    }
    memset(there, 1, n);
    return count_cells(heap, col, there, n);
}

static bool put_nulls(churn__heap *heap, churn__table_col *col, size_t n)
{
    static const uint8_t nowhere[PIECE] = {0};
    if (col->brief && col->choices == NULL) {
        return count_cells(heap, col, nowhere, n);
    }
    if (!churn__table_reserve(heap, &col->values, (size_t)col->count + n + 1, 8)) {
        return false;
    }
    int64_t *ends = (int64_t *)col->values.data + col->count;
    for (size_t i = 1; i <= n; i++) {
        ends[i] = ends[0]; /* a string that is not there ends where it begins */
    }
    return count_cells(heap, col, nowhere, n);
}

void churn__table_add_null_strings(churn__table_builder *builder, uint32_t column, size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);
    for (size_t done = 0; col != NULL && done < n; done += PIECE) {
        if (!put_nulls(builder->table->heap, col, n - done < PIECE ? n - done : PIECE)) {
            churn__table_spoil(builder);
            return;
        }
    }
}

/* A bool column with room for n more cells; NULL: there is none, or nothing to do. */
static churn__table_col *room_for_bits(churn__table_builder *builder, uint32_t column, size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_BOOL);
    if (col == NULL || n == 0) {
        return NULL;
    }
    size_t bytes = churn__bits_bytes((size_t)col->count + n);
    if (!churn__table_reserve(builder->table->heap, &col->values, bytes, 1)) {
        churn__table_spoil(builder);
        return NULL;
    }
    return col;
}

void churn__table_add_bools(churn__table_builder *builder, uint32_t column, const uint8_t *values,
                            const uint8_t *there, size_t n)
{
    churn__table_col *col = room_for_bits(builder, column, n);
    if (col == NULL) {
        return;
    }
    put_bits(col->values.data, col->count, values, n);
    if (!count_cells(builder->table->heap, col, there, n)) {
        churn__table_spoil(builder);
    }
}

/* ---- strings of a few ---- */

typedef struct choice_words {
    char bytes[CHURN__TABLE_CHOICES][TABLE_SHORT];
    size_t len[CHURN__TABLE_CHOICES];
} choice_words;

/* The choices as words; false: one is too long. */
static bool make_words(const churn_str *choices, uint32_t count, choice_words *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < count; i++) {
        if (choices[i].len > TABLE_SHORT) {
            return false;
        }
        memcpy(out->bytes[i], choices[i].ptr, choices[i].len);
        out->len[i] = choices[i].len;
    }
    return true;
}

static bool put_words(churn__heap *heap, churn__table_col *col, const choice_words *words,
                      const uint8_t *codes, size_t n)
{
    if (!churn__table_lengthen(heap, col)) {
        return false;
    }
    size_t from = (size_t)((const int64_t *)col->values.data)[col->count], most = 0;
    if (!churn__add_size(from, (n + 1) * TABLE_SHORT, &most) ||
        !churn__table_reserve(heap, &col->bytes, most, 1) ||
        !churn__table_reserve(heap, &col->values, (size_t)col->count + n + 1, 8)) {
        return false;
    }
    int64_t *ends = (int64_t *)col->values.data + col->count;
    char *base = col->bytes.data;
    for (size_t i = 0; i < n; i++) {
        memcpy(base + from, words->bytes[codes[i]], TABLE_SHORT);
        from += words->len[codes[i]];
        ends[i + 1] = (int64_t)from;
        col->longest = words->len[codes[i]] > col->longest ? words->len[codes[i]] : col->longest;
    }
    return true;
}

void churn__table_add_choices(churn__table_builder *builder, uint32_t column,
                              const churn_str *choices, uint32_t choice_count, const uint8_t *codes,
                              size_t n)
{
    choice_words words;
    uint8_t there[PIECE];
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);
    if (!make_words(choices, choice_count, &words)) {
        for (size_t i = 0; i < n; i++) {
            churn__table_add_string(builder, column, choices[codes[i]]);
        }
        return;
    }
    memset(there, 1, sizeof there);
    for (size_t done = 0; col != NULL && done < n; done += PIECE) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        churn__heap *heap = builder->table->heap;
        if (!put_words(heap, col, &words, codes + done, piece) ||
            !count_cells(heap, col, there, piece)) {
            churn__table_spoil(builder);
            return;
        }
    }
}

/* ---- numbers, instants, one text many times ---- */

/* Values from `from` on into a column's words, and which of them are there. */
static void copy_doubles(double *to, const double *from, const uint8_t *missing, uint8_t *there,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool good = missing[i] == 0 && fabs(from[i]) < (double)INFINITY;
        there[i] = good;
        to[i] = good ? from[i] + 0.0 : 0.0; /* -0.0 + 0.0 is 0.0 */
    }
}

void churn__table_add_doubles(churn__table_builder *builder, uint32_t column, const double *values,
                              const uint8_t *missing, size_t n)
{
    uint8_t there[PIECE];
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_DOUBLE);
    for (size_t done = 0; col != NULL && done < n; done += PIECE) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        churn__heap *heap = builder->table->heap;
        bool fits = churn__table_reserve(heap, &col->values, (size_t)col->count + piece, 8);
        if (fits) {
            copy_doubles((double *)col->values.data + col->count, values + done, missing + done,
                         there, piece);
            fits = count_cells(heap, col, there, piece);
        }
        if (!fits) {
            churn__table_spoil(builder);
            return;
        }
    }
}

void churn__table_add_times(churn__table_builder *builder, uint32_t column,
                            const churn_time *values, size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_TIME);
    for (size_t done = 0; col != NULL && done < n; done += PIECE) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        churn__heap *heap = builder->table->heap;
        bool fits = churn__table_reserve(heap, &col->values, (size_t)col->count + piece, 8);
        if (fits) {
            memcpy((churn_time *)col->values.data + col->count, values + done, piece * 8);
            fits = count_present(heap, col, piece);
        }
        if (!fits) {
            churn__table_spoil(builder);
            return;
        }
    }
}

/* Short ones word by word, with room for the last to be too long. */
static void repeat_bytes(char *to, churn_str value, size_t n)
{
    char word[TABLE_SHORT * 2] = {0};
    if (value.len > sizeof word) {
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * value.len, value.ptr, value.len);
        }
        return;
    }
    memcpy(word, value.ptr, value.len);
    for (size_t i = 0; i < n; i++) {
        memcpy(to + i * value.len, word, sizeof word);
    }
}

static bool put_repeated(churn__heap *heap, churn__table_col *col, churn_str value, size_t n)
{
    if (!churn__table_lengthen(heap, col)) {
        return false;
    }
    size_t from = (size_t)((const int64_t *)col->values.data)[col->count], bytes = 0, most = 0;
    if (!churn__mul_size(value.len, n, &bytes) ||
        !churn__add_size(from, bytes + TABLE_SHORT * 2, &most) || most > INT64_MAX ||
        !churn__table_reserve(heap, &col->bytes, most, 1) ||
        !churn__table_reserve(heap, &col->values, (size_t)col->count + n + 1, 8)) {
        return false;
    }
    int64_t *ends = (int64_t *)col->values.data + col->count;
    for (size_t i = 1; i <= n; i++) {
        ends[i] = (int64_t)(from + i * value.len);
    }
    repeat_bytes((char *)col->bytes.data + from, value, n);
    col->longest = value.len > col->longest ? value.len : col->longest;
    return true;
}

void churn__table_add_repeated(churn__table_builder *builder, uint32_t column, churn_str value,
                               size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);
    for (size_t done = 0; col != NULL && done < n; done += PIECE) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        churn__heap *heap = builder->table->heap;
        if (!put_repeated(heap, col, value, piece) || !count_present(heap, col, piece)) {
            churn__table_spoil(builder);
            return;
        }
    }
}

/* ---- from bitmaps ---- */

/* The next n bits, at most 64, of a bitmap that has room for them; what follows is cleared. */
static void put_word(uint8_t *bits, uint64_t at, uint64_t word, size_t n)
{
    unsigned shift = at % 8;
    uint8_t *to = bits + at / 8;
    word &= n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    uint64_t low = word << shift;
    if (shift != 0) {
        low |= to[0] & ((1u << shift) - 1);
    }
    for (size_t k = 0; k < 8 && 8 * k < shift + n; k++) {
        to[k] = (uint8_t)(low >> 8 * k);
    }
    if (shift + n > 64) {
        to[8] = (uint8_t)(word >> (64 - shift));
    }
}

static void put_words_of_bits(uint8_t *bits, uint64_t at, const uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n; i += 64) {
        put_word(bits, at + i, words[i / 64], n - i < 64 ? n - i : 64);
    }
}

static size_t count_bits(const uint64_t *words, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t live = n - i < 64 ? (UINT64_C(1) << (n - i)) - 1 : UINT64_MAX;
        count += (size_t)__builtin_popcountll(words[i / 64] & live);
    }
    return count;
}

/* Ends an append whose bitmap says which cells are there. */
static bool count_words(churn__heap *heap, churn__table_col *col, const uint64_t *there, size_t n)
{
    size_t present = count_bits(there, n);
    if (!room_for_validity(heap, col, present, n)) {
        return false;
    }
    if (col->valid.data != NULL) {
        put_words_of_bits(col->valid.data, col->count, there, n);
    }
    col->nulls += n - present;
    col->count += n;
    return true;
}

void churn__table_add_bits(churn__table_builder *builder, uint32_t column, const uint64_t *values,
                           const uint64_t *there, size_t n)
{
    churn__table_col *col = room_for_bits(builder, column, n);
    if (col == NULL) {
        return;
    }
    put_words_of_bits(col->values.data, col->count, values, n);
    if (!count_words(builder->table->heap, col, there, n)) {
        churn__table_spoil(builder);
    }
}

/* Up to 64 words; what is not there is 0. Returns which are. */
static uint64_t copy_words(churn_column_type type, uint64_t *to, const uint64_t *from,
                           uint32_t step, uint64_t there, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double d;
        uint64_t word = from[step * i];
        if (type == CHURN_COLUMN_DOUBLE) {
            memcpy(&d, &word, sizeof d);
            there &= ~((uint64_t) !(fabs(d) < (double)INFINITY) << i);
            d += 0.0; /* -0.0 + 0.0 is 0.0 */
            memcpy(&word, &d, sizeof d);
        } else if (type == CHURN_COLUMN_TIME) {
            there &= ~((uint64_t)(word == (uint64_t)CHURN_TIME_NONE) << i);
        }
        to[i] = word & (UINT64_C(0) - (there >> i & 1));
    }
    return there;
}

void churn__table_add_words(churn__table_builder *builder, uint32_t column, const void *values,
                            uint32_t step, const uint64_t *there, size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, 0);
    const uint64_t *from = values;
    bool fits = col != NULL && col->type != CHURN_COLUMN_BOOL && col->type != CHURN_COLUMN_STRING;
    if (!fits) {
        return;
    }
    churn__heap *heap = builder->table->heap;
    fits = churn__table_reserve(heap, &col->values, (size_t)col->count + n, 8);
    for (size_t i = 0; fits && i < n; i += 64) {
        size_t piece = n - i < 64 ? n - i : 64;
        uint64_t left = copy_words(col->type, (uint64_t *)col->values.data + col->count,
                                   from + step * i, step, there[i / 64], piece);
        fits = count_words(heap, col, &left, piece);
    }
    if (!fits) {
        churn__table_spoil(builder);
    }
}

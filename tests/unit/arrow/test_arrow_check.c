/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "arrow/arrow.h"
#include "arrow_made.h"

/*
 * Batches that contradict themselves. Every case spoils one thing in a batch that is good without
 * it; the batch is released exactly once all the same, and the error names the column.
 */
static churn__heap *heap;

static int make_heap(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static int drop_heap(void **state)
{
    (void)state;
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    assert_int_equal(made_live, 0);
    return 0;
}

/* Four rows each: number, text, long text, view, code into a dictionary of two. */
enum { NUMBER, TEXT, LONG_TEXT, VIEW, CODE, COLUMNS };

typedef struct batch_parts {
    int64_t numbers[4];
    int32_t offsets[5];
    int64_t long_offsets[5];
    int32_t views[4][4];
    int64_t sizes[1];
    int8_t codes[4];
    int32_t word_offsets[3];
    uint8_t all[1], none[1];
    struct ArrowArray columns[COLUMNS];
    struct ArrowArray batch;
} batch_parts;

static struct ArrowSchema good_schema(void)
{
    const struct ArrowSchema fields[] = {
        made_schema("l", "number"),
        made_schema("u", "text"),
        made_schema("U", "long text"),
        made_schema("vu", "view"),
        made_schema_encoded("c", "code", made_schema("u", "")),
    };

    return made_records_schema(COLUMNS, fields);
}

static void make_batch(batch_parts *b)
{
    static const char bytes[] = "the quick brown fox";

    *b = (batch_parts){.offsets = {0, 3, 3, 9, 19},
                       .long_offsets = {0, 3, 3, 9, 19},
                       .views = {{3, 0, 0, 0}, {19, 0, 0, 0}, {13, 0, 0, 6}, {0, 0, 0, 0}},
                       .sizes = {19},
                       .codes = {0, 1, 1, 0},
                       .word_offsets = {0, 3, 9},
                       .all = {0xff}};
    b->columns[NUMBER] = made_array(4, 2, NULL, b->numbers, NULL);
    b->columns[TEXT] = made_array(4, 3, NULL, b->offsets, bytes);
    b->columns[LONG_TEXT] = made_array(4, 3, NULL, b->long_offsets, bytes);
    b->columns[VIEW] = made_array(4, 4, NULL, b->views, bytes);
    made_buffers(&b->columns[VIEW])[3] = b->sizes;
    b->columns[CODE] = made_array(4, 2, NULL, b->codes, NULL);
    made_set_dictionary(&b->columns[CODE], made_array(2, 3, NULL, b->word_offsets, bytes));
    b->batch = made_records(4, NULL, COLUMNS, b->columns);
}

static struct ArrowArray *column(batch_parts *b, int number)
{
    return b->batch.children[number];
}

static churn_status read_batch(batch_parts *b, churn_error *err)
{
    struct ArrowArrayStream stream = made_stream(good_schema(), 1, &b->batch);
    churn__arrow_reader *reader = NULL;
    uint64_t rows = 77;
    bool end = true;
    churn_status st;

    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    st = churn__arrow_next(reader, &rows, &end, err);
    assert_int_equal(rows, st == CHURN_OK ? b->batch.length : 0);
    if (st != CHURN_OK) {
        assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
        assert_true(end);
    }
    churn__arrow_close(reader);
    return st;
}

static void next__good_batch__taken(void **state)
{
    (void)state;
    batch_parts b;

    make_batch(&b);
    assert_ok(read_batch(&b, NULL));
}

typedef void spoil(batch_parts *b);

/* ---- any array ---- */

static void negative_length(batch_parts *b)
{
    column(b, NUMBER)->length = -1;
}
static void negative_offset(batch_parts *b)
{
    column(b, NUMBER)->offset = -1;
}
static void huge_offset(batch_parts *b)
{
    column(b, NUMBER)->offset = INT64_MAX;
}
static void huge_both(batch_parts *b)
{
    column(b, NUMBER)->offset = INT64_MAX / 2;
    column(b, NUMBER)->length = INT64_MAX;
}
static void too_short(batch_parts *b)
{
    column(b, NUMBER)->length = 3;
}
static void too_many_nulls(batch_parts *b)
{
    column(b, NUMBER)->null_count = 5;
}
static void too_few_nulls(batch_parts *b)
{
    column(b, NUMBER)->null_count = -2;
}
static void nulls_without_bits(batch_parts *b)
{
    column(b, NUMBER)->null_count = 1;
}
static void no_buffer_list(batch_parts *b)
{
    column(b, NUMBER)->buffers = NULL;
}
static void one_buffer(batch_parts *b)
{
    column(b, NUMBER)->n_buffers = 1;
}
static void three_buffers(batch_parts *b)
{
    column(b, NUMBER)->n_buffers = 3;
}
static void less_than_no_buffers(batch_parts *b)
{
    column(b, NUMBER)->n_buffers = -1;
}
static void no_values(batch_parts *b)
{
    column(b, NUMBER)->buffers[1] = NULL;
}
static void released(batch_parts *b)
{
    column(b, NUMBER)->release(column(b, NUMBER));
}
static void missing(batch_parts *b)
{
    b->batch.children[NUMBER] = NULL;
}

/* ---- text ---- */

static void text_below_zero(batch_parts *b)
{
    b->offsets[0] = -1;
}
static void text_backwards(batch_parts *b)
{
    b->offsets[2] = 2;
}
static void text_backwards_in_null(batch_parts *b)
{
    b->offsets[2] = INT32_MIN;
    column(b, TEXT)->buffers[0] = b->none;
}
static void text_without_bytes(batch_parts *b)
{
    column(b, TEXT)->buffers[2] = NULL;
}
static void text_without_offsets(batch_parts *b)
{
    column(b, TEXT)->buffers[1] = NULL;
}
static void text_two_buffers(batch_parts *b)
{
    column(b, TEXT)->n_buffers = 2;
}
static void long_below_zero(batch_parts *b)
{
    b->long_offsets[0] = INT64_MIN;
}
static void long_backwards(batch_parts *b)
{
    b->long_offsets[4] = 8;
}
static void long_without_bytes(batch_parts *b)
{
    column(b, LONG_TEXT)->buffers[2] = NULL;
}

/* ---- views ---- */

static void view_negative(batch_parts *b)
{
    b->views[0][0] = -1;
}
static void view_negative_buffer(batch_parts *b)
{
    b->views[1][2] = -1;
}
static void view_no_such_buffer(batch_parts *b)
{
    b->views[1][2] = 1;
}
static void view_negative_offset(batch_parts *b)
{
    b->views[1][3] = -1;
}
static void view_past_the_end(batch_parts *b)
{
    b->views[2][3] = 7;
}
static void view_far_past_the_end(batch_parts *b)
{
    b->views[2][0] = INT32_MAX;
    b->views[2][3] = INT32_MAX;
}
static void view_negative_size(batch_parts *b)
{
    b->sizes[0] = -1;
}
static void view_no_sizes(batch_parts *b)
{
    column(b, VIEW)->buffers[3] = NULL;
}
static void view_no_data(batch_parts *b)
{
    column(b, VIEW)->buffers[2] = NULL;
}
static void view_two_buffers(batch_parts *b)
{
    column(b, VIEW)->n_buffers = 2;
}

/* ---- dictionaries ---- */

static void code_too_large(batch_parts *b)
{
    b->codes[3] = 2;
}
static void code_negative(batch_parts *b)
{
    b->codes[0] = -1;
}
static void no_dictionary(batch_parts *b)
{
    column(b, CODE)->dictionary = NULL;
}
static void short_dictionary(batch_parts *b)
{
    column(b, CODE)->dictionary->length = 1;
}
static void negative_dictionary(batch_parts *b)
{
    column(b, CODE)->dictionary->length = -1;
}
static void bad_words(batch_parts *b)
{
    b->word_offsets[1] = 10;
}
static void released_words(batch_parts *b)
{
    struct ArrowArray *words = column(b, CODE)->dictionary;
    words->release(words);
}

/* ---- the records ---- */

static void rows_negative(batch_parts *b)
{
    b->batch.length = -1;
}
static void rows_offset_negative(batch_parts *b)
{
    b->batch.offset = -1;
}
static void rows_past_columns(batch_parts *b)
{
    b->batch.offset = 1;
}
static void rows_overflow(batch_parts *b)
{
    b->batch.offset = INT64_MAX - 1;
}
static void rows_nulls_without_bits(batch_parts *b)
{
    b->batch.null_count = 2;
}
static void rows_too_many_nulls(batch_parts *b)
{
    b->batch.null_count = 5;
}
static void rows_two_buffers(batch_parts *b)
{
    b->batch.n_buffers = 2;
}
static void rows_no_buffers(batch_parts *b)
{
    b->batch.buffers = NULL;
}
static void rows_missing_column(batch_parts *b)
{
    b->batch.n_children = COLUMNS - 1;
}
static void rows_extra_column(batch_parts *b)
{
    b->batch.n_children = COLUMNS + 1;
}
static void rows_negative_columns(batch_parts *b)
{
    b->batch.n_children = -1;
}
static void rows_no_columns(batch_parts *b)
{
    b->batch.children = NULL;
}

typedef struct spoilt_case {
    spoil *how;
    const char *column; /* that the message names; NULL: it speaks of the batch */
    int64_t row;        /* -1: none */
} spoilt_case;

static const spoilt_case spoilt[] = {
    {negative_length, "number", -1},   {negative_offset, "number", -1},
    {huge_offset, "number", -1},       {huge_both, "number", -1},
    {too_short, "number", -1},         {too_many_nulls, "number", -1},
    {too_few_nulls, "number", -1},     {nulls_without_bits, "number", -1},
    {no_buffer_list, "number", -1},    {one_buffer, "number", -1},
    {three_buffers, "number", -1},     {less_than_no_buffers, "number", -1},
    {no_values, "number", -1},         {released, "number", -1},
    {missing, "number", -1},           {text_below_zero, "text", -1},
    {text_backwards, "text", 1},       {text_backwards_in_null, "text", 1},
    {text_without_bytes, "text", -1},  {text_without_offsets, "text", -1},
    {text_two_buffers, "text", -1},    {long_below_zero, "long text", -1},
    {long_backwards, "long text", 3},  {long_without_bytes, "long text", -1},
    {view_negative, "view", 0},        {view_negative_buffer, "view", 1},
    {view_no_such_buffer, "view", 1},  {view_negative_offset, "view", 1},
    {view_past_the_end, "view", 2},    {view_far_past_the_end, "view", 2},
    {view_negative_size, "view", 1},   {view_no_sizes, "view", 1},
    {view_no_data, "view", 1},         {view_two_buffers, "view", -1},
    {code_too_large, "code", 3},       {code_negative, "code", 0},
    {no_dictionary, "code", -1},       {short_dictionary, "code", 1},
    {negative_dictionary, "code", -1}, {bad_words, "code", -1},
    {released_words, "code", -1},      {rows_negative, NULL, -1},
    {rows_offset_negative, NULL, -1},  {rows_past_columns, "number", -1},
    {rows_overflow, NULL, -1},         {rows_nulls_without_bits, NULL, -1},
    {rows_too_many_nulls, NULL, -1},   {rows_two_buffers, NULL, -1},
    {rows_no_buffers, NULL, -1},       {rows_missing_column, NULL, -1},
    {rows_extra_column, NULL, -1},     {rows_negative_columns, NULL, -1},
    {rows_no_columns, NULL, -1},
};

static void next__spoilt_batch__corrupt_and_released_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        batch_parts b;
        churn_error err = {.struct_size = sizeof err};
        churn_status st;
        make_batch(&b);
        spoilt[i].how(&b);
        st = read_batch(&b, &err);
        if (st != CHURN_E_CORRUPT) {
            fail_msg("case %zu gave %d", i, (int)st);
        }
        if (spoilt[i].column != NULL && strstr(err.message, spoilt[i].column) == NULL) {
            fail_msg("case %zu: \"%s\" names no column", i, err.message);
        }
        if (err.row != (spoilt[i].row < 0 ? CHURN_ROW_NONE : (uint64_t)spoilt[i].row)) {
            fail_msg("case %zu: row %llu", i, (unsigned long long)err.row);
        }
        assert_int_equal(made_live, 0);
    }
}

/* ---- things that look odd and are good ---- */

static void counted_no_nulls(batch_parts *b)
{
    column(b, NUMBER)->buffers[0] = b->all;
    column(b, NUMBER)->null_count = 0;
}
static void unknown_nulls_no_bits(batch_parts *b)
{
    column(b, NUMBER)->null_count = -1;
}
static void null_codes_of_nothing(batch_parts *b)
{
    memset(b->codes, 99, sizeof b->codes);
    column(b, CODE)->buffers[0] = b->none;
}
static void null_views_of_nothing(batch_parts *b)
{
    memset(b->views, 0xee, sizeof b->views);
    column(b, VIEW)->buffers[0] = b->none;
}
static void null_rows_of_nothing(batch_parts *b)
{
    memset(b->views, 0xee, sizeof b->views);
    memset(b->codes, 99, sizeof b->codes);
    b->batch.buffers[0] = b->none;
}
static void empty_texts_without_bytes(batch_parts *b)
{
    memset(b->offsets, 0, sizeof b->offsets);
    column(b, TEXT)->buffers[2] = NULL;
}
static void longer_columns(batch_parts *b)
{
    b->batch.length = 2;
}
static void window_after_bad_offsets(batch_parts *b)
{
    b->offsets[0] = 5; /* outside the window: not looked at */
    b->batch.offset = 1;
    b->batch.length = 3;
}
static void short_views_without_buffers(batch_parts *b)
{
    memset(b->views, 0, sizeof b->views);
    column(b, VIEW)->n_buffers = 3;
    column(b, VIEW)->buffers[2] = NULL;
}

static void next__odd_but_good__taken(void **state)
{
    (void)state;
    static spoil *const odd[] = {
        counted_no_nulls,      unknown_nulls_no_bits,    null_codes_of_nothing,
        null_views_of_nothing, null_rows_of_nothing,     empty_texts_without_bytes,
        longer_columns,        window_after_bad_offsets, short_views_without_buffers,
    };

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        batch_parts b;
        churn_error err = {.struct_size = sizeof err};
        make_batch(&b);
        odd[i](&b);
        if (read_batch(&b, &err) != CHURN_OK) {
            fail_msg("case %zu: %s", i, err.message);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_heap, drop_heap)

int main(void)
{
    const struct CMUnitTest arrow_check[] = {
        TEST(next__good_batch__taken),
        TEST(next__spoilt_batch__corrupt_and_released_once),
        TEST(next__odd_but_good__taken),
    };
    return RUN_TESTS(arrow_check);
}

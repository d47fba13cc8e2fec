/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>
#include <pthread.h>

#include "arrow/arrow.h"
#include "base/bits.h"
#include "failing.h"
#include "table/table.h"

enum { FLAG, WHOLE, REAL, TEXT, WHEN, COLUMNS };

static bool is_null(uint64_t row, uint32_t column)
{
    return (row * 7 + column * 3) % 5 == 0;
}

/* Texts of 0 to 4 bytes. */
static churn_str text_of(uint64_t row)
{
    static const char *const texts[] = {"", "a", "bb", "ccc", "dddd"};

    return churn__str_nts(texts[row % 5]);
}

static churn_table *make_table(churn__heap *heap, uint64_t rows, bool nulls)
{
    static const char *const names[] = {"flag", "whole", "real", "text", "when"};
    static const churn_column_type types[] = {CHURN_COLUMN_BOOL, CHURN_COLUMN_INT,
                                              CHURN_COLUMN_DOUBLE, CHURN_COLUMN_STRING,
                                              CHURN_COLUMN_TIME};
    churn__table_builder *b = churn__table_begin(heap, rows);
    churn_table *table = NULL;

    for (uint32_t c = 0; c < COLUMNS; c++) {
        churn__table_column(b, names[c], types[c]);
    }
    for (uint64_t row = 0; row < rows; row++) {
        churn__table_add_bool(b, FLAG, row % 3 == 0);
        churn__table_add_int(b, WHOLE, (int64_t)row * 11);
        churn__table_add_double(b, REAL, (double)row / 4);
        for (uint32_t c = TEXT; c < COLUMNS; c++) {
            if (nulls && is_null(row, c)) {
                churn__table_add_null(b, c);
            } else if (c == TEXT) {
                churn__table_add_string(b, c, text_of(row));
            } else {
                churn__table_add_time(b, c, (churn_time)row * 1000);
            }
        }
    }
    assert_ok(churn__table_finish(b, &table, NULL));
    return table;
}

static churn_table *make_own_table(uint64_t rows, bool nulls)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn_table *table = make_table(heap, rows, nulls);

    churn__heap_release(heap);
    return table;
}

static void schema__every_type__as_documented(void **state)
{
    (void)state;
    static const char *const formats[] = {"b", "l", "g", "u", "tsu:UTC"};
    churn_table *table = make_own_table(1, false);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;

    assert_ok(churn_table_export(table, &stream, NULL));
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    stream.release(&stream);
    assert_null(stream.release);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, COLUMNS);
    assert_null(schema.dictionary);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        assert_string_equal(schema.children[c]->format, formats[c]);
        assert_string_equal(schema.children[c]->name, churn_table_column_name(table, c));
        assert_int_equal(schema.children[c]->flags, ARROW_FLAG_NULLABLE);
        assert_int_equal(schema.children[c]->n_children, 0);
    }
    churn_table_free(table);
    assert_string_equal(schema.children[WHEN]->name, "when");
    schema.release(&schema);
    assert_null(schema.release);
    assert_int_equal(churn_live_handles(), 0);
}

/* One row of one batch, read as any consumer would, beside what was put in. */
static void check_row(const struct ArrowArray *batch, int64_t i, uint64_t row)
{
    for (uint32_t c = 0; c < COLUMNS; c++) {
        const struct ArrowArray *a = batch->children[c];
        size_t at = (size_t)(a->offset + i);
        bool there = a->buffers[0] == NULL || churn__bit_get(a->buffers[0], at);
        assert_int_equal(there, c < TEXT || !is_null(row, c));
        if (c == FLAG) {
            assert_int_equal(churn__bit_get(a->buffers[1], at), row % 3 == 0);
        } else if (c == WHOLE) {
            assert_int_equal(((const int64_t *)a->buffers[1])[at], row * 11);
        } else if (c == REAL) {
            assert_true(((const double *)a->buffers[1])[at] == (double)row / 4);
        } else if (c == TEXT) {
            const int32_t *ends = a->buffers[1];
            churn_str want = there ? text_of(row) : (churn_str){"", 0};
            assert_int_equal(ends[at + 1] - ends[at], want.len);
            assert_memory_equal((const char *)a->buffers[2] + ends[at], want.ptr, want.len);
        } else {
            assert_int_equal(((const int64_t *)a->buffers[1])[at], there ? row * 1000 : 0);
        }
    }
}

static void check_counts(const struct ArrowArray *batch)
{
    for (uint32_t c = 0; c < COLUMNS; c++) {
        const struct ArrowArray *a = batch->children[c];
        int64_t nulls = 0;
        assert_int_equal(a->length, batch->length);
        assert_int_equal(a->n_buffers, c == TEXT ? 3 : 2);
        for (int64_t i = 0; a->buffers[0] != NULL && i < a->length; i++) {
            nulls += !churn__bit_get(a->buffers[0], (size_t)(a->offset + i));
        }
        assert_int_equal(a->null_count, nulls);
    }
}

/* Cut at every size of text, so that batches begin at every bit of the bitmaps. */
static void batches__cut_anywhere__hold_the_rows_in_order(void **state)
{
    (void)state;
    const uint64_t rows = 61;

    for (int64_t limit = 4; limit < 90; limit++) {
        churn_table *table = make_own_table(rows, true);
        struct ArrowArrayStream stream;
        struct ArrowArray batch;
        uint64_t row = 0;
        assert_ok(churn__arrow_export(table, limit, &stream, NULL));
        churn_table_free(table); /* what was exported stays */
        while (stream.get_next(&stream, &batch) == 0 && batch.release != NULL) {
            const int32_t *ends = batch.children[TEXT]->buffers[1];
            int64_t first = batch.children[TEXT]->offset;
            assert_true(batch.length > 0);
            assert_true(ends[first + batch.length] - ends[first] <= limit);
            check_counts(&batch);
            for (int64_t i = 0; i < batch.length; i++) {
                check_row(&batch, i, row++);
            }
            batch.release(&batch);
        }
        assert_int_equal(row, rows);
        stream.release(&stream);
        assert_int_equal(churn_live_handles(), 0);
    }
}

static void batches__no_text_over_the_limit__are_one(void **state)
{
    (void)state;
    churn_table *table = make_own_table(100, false);
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    assert_ok(churn_table_export(table, &stream, NULL));
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 100);
    /* Shared, not copied. */
    assert_ptr_equal(batch.children[WHOLE]->buffers[1], churn_table_column_data(table, WHOLE));
    assert_ptr_equal(batch.children[TEXT]->buffers[2], churn_table_column_bytes(table, TEXT));
    assert_null(batch.children[WHOLE]->buffers[0]);
    batch.release(&batch);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        assert_null(batch.release);
    }
    stream.release(&stream);
    churn_table_free(table);
}

static void batches__text_longer_than_any_batch__overflow(void **state)
{
    (void)state;
    churn_table *table = make_own_table(5, false);
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    assert_ok(churn__arrow_export(table, 3, &stream, NULL));
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 3);
    batch.release(&batch);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    batch.release(&batch);
    assert_int_equal(stream.get_next(&stream, &batch), EOVERFLOW);
    assert_null(batch.release);
    assert_non_null(strstr(stream.get_last_error(&stream), "too long"));
    stream.release(&stream);
    churn_table_free(table);
}

static void stream__no_rows_or_no_columns__schema_and_end(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn_table *tables[2] = {make_table(heap, 0, false), NULL};

    assert_ok(churn__table_finish(churn__table_begin(heap, 0), &tables[1], NULL));
    for (size_t i = 0; i < 2; i++) {
        struct ArrowArrayStream stream;
        struct ArrowSchema schema;
        struct ArrowArray batch;
        assert_ok(churn_table_export(tables[i], &stream, NULL));
        assert_int_equal(stream.get_schema(&stream, &schema), 0);
        assert_int_equal(schema.n_children, i == 0 ? COLUMNS : 0);
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        assert_null(batch.release);
        schema.release(&schema);
        stream.release(&stream);
        churn_table_free(tables[i]);
    }
    churn__heap_release(heap);
    assert_int_equal(churn_live_handles(), 0);
}

/* A consumer may move a column out and release the rest at once. */
static void arrays__child_moved_out__outlives_its_parent(void **state)
{
    (void)state;
    churn_table *table = make_own_table(9, false);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema, field;
    struct ArrowArray batch, text;

    assert_ok(churn_table_export(table, &stream, NULL));
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    churn_table_free(table);
    stream.release(&stream);
    text = *batch.children[TEXT];
    batch.children[TEXT]->release = NULL;
    batch.release(&batch);
    field = *schema.children[TEXT];
    schema.children[TEXT]->release = NULL;
    schema.release(&schema);
    assert_string_equal(field.name, "text");
    assert_memory_equal(text.buffers[2], "abbcccdddd", 10);
    assert_int_equal(((const int32_t *)text.buffers[1])[5], 10);
    assert_int_equal(churn_live_handles(), 3); /* array, field, and the data that they share */
    field.release(&field);
    text.release(&text);
    assert_int_equal(churn_live_handles(), 0);
}

static void *release_batch(void *batch)
{
    ((struct ArrowArray *)batch)->release(batch);
    return NULL;
}

static void arrays__released_in_other_threads__free_once(void **state)
{
    (void)state;
    churn_table *table = make_own_table(50, true);
    struct ArrowArrayStream stream;
    struct ArrowArray batches[8];
    pthread_t threads[8];

    assert_ok(churn__arrow_export(table, 7, &stream, NULL));
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(stream.get_next(&stream, &batches[i]), 0);
        assert_non_null(batches[i].release);
    }
    stream.release(&stream);
    churn_table_free(table);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, release_batch, &batches[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_null(batches[i].release);
    }
    assert_int_equal(churn_live_handles(), 0);
}

static void export__twice__independent_streams(void **state)
{
    (void)state;
    churn_table *table = make_own_table(3, false);
    struct ArrowArrayStream streams[2];
    struct ArrowArray batch;

    assert_ok(churn_table_export(table, &streams[0], NULL));
    assert_ok(churn_table_export(table, &streams[1], NULL));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(streams[i].get_next(&streams[i], &batch), 0);
        assert_int_equal(batch.length, 3);
        batch.release(&batch);
        streams[i].release(&streams[i]);
    }
    churn_table_free(table);
    assert_int_equal(churn_live_handles(), 0);
}

static void export__null__is_arg_and_out_is_empty(void **state)
{
    (void)state;
    churn_table *table = make_own_table(1, false);
    struct ArrowArrayStream stream;
    churn_error err = {.struct_size = sizeof err};

    memset(&stream, 0xff, sizeof stream);
    assert_int_equal(churn_table_export(NULL, &stream, &err), CHURN_E_ARG);
    assert_null(stream.release);
    assert_int_equal(churn_table_export(table, NULL, &err), CHURN_E_ARG);
    assert_int_equal(err.status, CHURN_E_ARG);
    churn_table_free(table);
}

/* True if all of it could be had. A batch that failed is given by the next call. */
static bool read_all(const churn_table *table, bool for_ever)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    bool failed = churn_table_export(table, &stream, NULL) != CHURN_OK;

    if (failed) {
        return false;
    }
    if (stream.get_schema(&stream, &schema) == 0) {
        schema.release(&schema);
    } else {
        assert_null(schema.release);
        assert_string_equal(stream.get_last_error(&stream), "out of memory");
        failed = true;
    }
    if (stream.get_next(&stream, &batch) != 0) {
        assert_null(batch.release);
        failed = true;
        assert_int_equal(stream.get_next(&stream, &batch), for_ever ? ENOMEM : 0);
    }
    if (batch.release != NULL) {
        assert_int_equal(batch.length, 20);
        batch.release(&batch);
    }
    stream.release(&stream);
    return !failed;
}

static void export__nth_allocation_fails__no_memory_and_no_leak(void **state)
{
    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        failing f = {.for_ever = for_ever == 1};
        churn_allocator allocator = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&allocator, 0);
        churn_table *table = make_table(heap, 20, true);
        uint64_t used = churn__heap_used(heap);
        bool worked = false;
        uint64_t n = 0;
        for (; !worked; n++) {
            f.fail_at = f.requests + n + 1;
            worked = read_all(table, for_ever == 1);
            assert_true(churn__heap_used(heap) == used);
            assert_int_equal(churn_live_handles(), 1);
        }
        assert_true(n > 10);
        f.fail_at = 0;
        churn_table_free(table);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest arrow_export[] = {
        cmocka_unit_test(schema__every_type__as_documented),
        cmocka_unit_test(batches__cut_anywhere__hold_the_rows_in_order),
        cmocka_unit_test(batches__no_text_over_the_limit__are_one),
        cmocka_unit_test(batches__text_longer_than_any_batch__overflow),
        cmocka_unit_test(stream__no_rows_or_no_columns__schema_and_end),
        cmocka_unit_test(arrays__child_moved_out__outlives_its_parent),
        cmocka_unit_test(arrays__released_in_other_threads__free_once),
        cmocka_unit_test(export__twice__independent_streams),
        cmocka_unit_test(export__null__is_arg_and_out_is_empty),
        cmocka_unit_test(export__nth_allocation_fails__no_memory_and_no_leak),
    };
    return RUN_TESTS(arrow_export);
}

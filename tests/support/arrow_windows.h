/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_ARROW_WINDOWS_H
#define CHURN_TESTS_ARROW_WINDOWS_H

#include "arrow/arrow.h"
#include "arrow_made.h"
#include "base/bits.h"

/*
 * Every type is read through every window: offsets of the records and of the column, nulls in
 * either, buffers that are aligned and buffers that are not. The twin is the plain array that the
 * buffer was made of.
 */
#define ROWS 24

static churn__heap *heap;

static inline int make_heap(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static inline int drop_heap(void **state)
{
    (void)state;
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    assert_int_equal(made_live, 0);
    return 0;
}

/* Bits 1, 5, 6, 11, 15, 16, 22 are clear in one, others in the other. */
static const uint8_t some_valid[3] = {0x9d, 0x77, 0xbe};
static const uint8_t some_rows[3] = {0xfb, 0xef, 0x7f};

/* Fails unless row `row` of field 0 is the value of row `at` of the plain array. */
typedef void check_value(const churn__arrow_reader *reader, uint64_t row, size_t at);

typedef struct column_case {
    const char *format;
    churn__arrow_kind kind;
    const void *values, *more; /* the buffers after the validity one */
    size_t values_size;
    check_value *check;
} column_case;

typedef struct window {
    size_t outer, inner; /* offsets of records and column */
    bool outer_nulls, inner_nulls, counted, unaligned;
} window;

static inline churn__arrow_reader *open_stream(struct ArrowArrayStream stream, uint64_t want_rows)
{
    churn__arrow_reader *reader = NULL;
    uint64_t rows = 99;
    bool end = true;

    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    assert_null(stream.release);
    assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
    assert_false(end);
    assert_int_equal(rows, want_rows);
    return reader;
}

static inline int64_t count_nulls(const uint8_t *bits, size_t from)
{
    int64_t nulls = 0;

    for (size_t i = from; i < ROWS; i++) {
        nulls += !churn__bit_get(bits, i);
    }
    return nulls;
}

static inline bool want_null(const window *w, size_t row)
{
    return (w->inner_nulls && !churn__bit_get(some_valid, w->inner + w->outer + row)) ||
           (w->outer_nulls && !churn__bit_get(some_rows, w->outer + row));
}

static inline void check_window(const column_case *c, const window *w)
{
    char *copy = malloc(c->values_size + 1);
    const void *values = c->values;
    size_t rows = ROWS - w->outer - w->inner;
    struct ArrowArray column, batch;
    struct ArrowSchema field = made_schema(c->format, "x");
    churn__arrow_reader *reader;

    assert_non_null(copy);
    if (w->unaligned) {
        values = memcpy(copy + 1, c->values, c->values_size);
    }
    column = made_array((int64_t)(ROWS - w->inner), c->more != NULL ? 3 : 2,
                        w->inner_nulls ? some_valid : NULL, values, c->more);
    column.offset = (int64_t)w->inner;
    if (w->counted && w->inner_nulls) {
        column.null_count = count_nulls(some_valid, w->inner);
    }
    batch = made_records((int64_t)rows, w->outer_nulls ? some_rows : NULL, 1, &column);
    batch.offset = (int64_t)w->outer;
    reader = open_stream(made_stream(made_records_schema(1, &field), 1, &batch), rows);
    assert_int_equal(churn__arrow_get_field(reader, 0)->kind, c->kind);
    for (size_t row = 0; row < rows; row++) {
        assert_int_equal(churn__arrow_is_null(reader, 0, row), want_null(w, row));
        if (!want_null(w, row)) {
            c->check(reader, row, w->outer + w->inner + row);
        }
    }
    churn__arrow_close(reader);
    free(copy);
}

static inline void check_all_windows(const column_case *c)
{
    for (size_t outer = 0; outer < 11; outer++) {
        for (size_t inner = 0; inner < 11; inner++) {
            for (unsigned bits = 0; bits < 16; bits++) {
                window w = {outer,           inner,           (bits & 1) != 0,
                            (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
                check_window(c, &w);
            }
        }
    }
}

/* A test with a heap of its own, after which nothing may be left. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_heap, drop_heap)

#endif

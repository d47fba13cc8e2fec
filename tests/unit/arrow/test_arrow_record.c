/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "arrow/arrow.h"
#include "arrow_made.h"

/* A struct column that is read as columns: offsets and nulls of three levels, and what a struct may
 * not say about itself. */

static const int64_t numbers[] = {10, 11, 12, 13, 14, 15, 16, 17};
static const uint8_t child_valid[] = {0xEF};  /* all but 4 */
static const uint8_t record_valid[] = {0xDF}; /* all but 5 */
static const uint8_t batch_valid[] = {0x7F};  /* all but 7 */

static struct ArrowSchema schema_of(void)
{
    const struct ArrowSchema inner[] = {made_schema("l", "x"), made_schema("u", "y")};
    struct ArrowSchema fields[2] = {made_schema("l", "id"), made_records_schema(2, inner)};
    fields[1].name = "props";
    return made_records_schema(2, fields);
}

/* Rows 1 .. of the batch are rows 2 .. of the struct and 4 .. of its children. */
static struct ArrowArray batch_of(void)
{
    static const int32_t offsets[] = {0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct ArrowArray inner[] = {made_array(7, 2, child_valid, numbers, NULL),
                                 made_array(7, 3, NULL, offsets, "")};
    inner[0].offset = inner[1].offset = 1;
    struct ArrowArray columns[] = {made_array(6, 2, NULL, numbers, NULL),
                                   made_records(5, record_valid, 2, inner)};
    columns[1].offset = 1;
    struct ArrowArray batch = made_records(4, batch_valid, 2, columns);
    batch.offset = 1;
    return batch;
}

static churn_status next_of(struct ArrowArray *batch, churn__heap *heap,
                            churn__arrow_reader **reader, churn_error *err)
{
    struct ArrowArrayStream stream = made_stream(schema_of(), 1, batch);
    uint64_t rows = 0;
    bool end = false;
    assert_ok(churn__arrow_open_record(heap, &stream, CHURN__STR("props"), reader, NULL));
    return churn__arrow_next(*reader, &rows, &end, err);
}

static void open_record__struct__children_as_columns(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__arrow_reader *reader = NULL;
    struct ArrowArray batch = batch_of();
    assert_ok(next_of(&batch, heap, &reader, NULL));
    assert_int_equal(churn__arrow_field_count(reader), 3);
    assert_string_equal(churn__arrow_get_field(reader, 0)->name.ptr, "id");
    assert_string_equal(churn__arrow_get_field(reader, 1)->name.ptr, "props.x");
    assert_string_equal(churn__arrow_get_field(reader, 2)->name.ptr, "props.y");
    for (uint64_t row = 0; row < 4; row++) {
        uint64_t in_batch = row + 1, in_record = row + 2, in_child = row + 3;
        bool null = in_child == 4 || in_record == 5 || in_batch == 7;
        int64_t value = 0;
        assert_int_equal(churn__arrow_is_null(reader, 1, row), null);
        assert_true(churn__arrow_int(reader, 1, row, &value));
        assert_int_equal(value, numbers[in_child]);
    }
    assert_true(churn__arrow_has_nulls(reader, 2));
    churn__arrow_close(reader);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    assert_int_equal(made_live, 0);
}

static void no_children(struct ArrowArray *record)
{
    record->n_children = 1;
}
static void short_record(struct ArrowArray *record)
{
    record->length = 2;
}
static void two_buffers(struct ArrowArray *record)
{
    record->n_buffers = 2;
}
static void nulls_without_bits(struct ArrowArray *record)
{
    made_buffers(record)[0] = NULL;
    record->null_count = 1;
}
static void negative_offset(struct ArrowArray *record)
{
    record->offset = -1;
}
static void short_child(struct ArrowArray *record)
{
    record->children[0]->length = 3;
}

static void next__struct_against_itself__corrupt(void **state)
{
    (void)state;
    static void (*const spoils[])(struct ArrowArray *) = {
        no_children, short_record, two_buffers, nulls_without_bits, negative_offset, short_child};
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        churn__heap *heap = churn__heap_create(NULL, 0);
        churn__arrow_reader *reader = NULL;
        churn_error err = {.struct_size = sizeof err};
        struct ArrowArray batch = batch_of();
        spoils[i](batch.children[1]);
        assert_int_equal(next_of(&batch, heap, &reader, &err), CHURN_E_CORRUPT);
        assert_non_null(strstr(err.message, "props."));
        churn__arrow_close(reader);
        churn__heap_release(heap);
        assert_int_equal(made_live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest arrow_record[] = {
        cmocka_unit_test(open_record__struct__children_as_columns),
        cmocka_unit_test(next__struct_against_itself__corrupt),
    };
    return RUN_TESTS(arrow_record);
}

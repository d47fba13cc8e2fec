/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>

#include "arrow/arrow.h"
#include "arrow_made.h"

static churn__heap *heap;
static const int64_t numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};

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

static struct ArrowArray number_batch(int64_t from, int64_t rows)
{
    struct ArrowArray column = made_array(rows, 2, NULL, numbers, NULL);

    column.offset = from;
    return made_records(rows, NULL, 1, &column);
}

static struct ArrowSchema number_schema(void)
{
    struct ArrowSchema field = made_schema("l", "n");

    return made_records_schema(1, &field);
}

static void open__null_or_released__is_arg(void **state)
{
    (void)state;
    struct ArrowArrayStream released = {0};
    churn__arrow_reader *reader = NULL;

    assert_int_equal(churn__arrow_open(heap, NULL, &reader, NULL), CHURN_E_ARG);
    assert_int_equal(churn__arrow_open(heap, &released, &reader, NULL), CHURN_E_ARG);
    assert_null(reader);
    churn__arrow_close(NULL);
}

/* A failed open leaves the stream to the caller. */
static void assert_open_fails(struct ArrowArrayStream stream, churn_status want, const char *part)
{
    churn__arrow_reader *reader = NULL;
    churn_error err = {.struct_size = sizeof err};

    assert_int_equal(churn__arrow_open(heap, &stream, &reader, &err), want);
    assert_null(reader);
    assert_non_null(stream.release);
    if (strstr(err.message, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    }
    stream.release(&stream);
}

static void open__schema_cannot_be_read__says_why(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *message, *part;
        churn_status want;
    } cases[] = {
        {EIO, "the disk is gone", "the disk is gone", CHURN_E_IO},
        {EINVAL, NULL, "no reason", CHURN_E_IO},
        {ENOMEM, "", "no reason", CHURN_E_NOMEM},
        {EIO, "\xff", "not UTF-8", CHURN_E_IO},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowArrayStream stream = made_stream(number_schema(), 0, NULL);
        made_source *source = stream.private_data;
        source->schema_code = cases[i].code;
        source->message = cases[i].message;
        assert_open_fails(stream, cases[i].want, cases[i].part);
    }
}

static void open__broken_schema__corrupt_or_type(void **state)
{
    (void)state;
    struct ArrowSchema schema = number_schema();

    assert_open_fails(made_stream(made_schema("l", ""), 0, NULL), CHURN_E_TYPE, "no records");
    schema.n_children = -1;
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "number of fields");
    schema = number_schema();
    schema.children = NULL;
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "number of fields");
    schema = number_schema();
    schema.children[0]->format = NULL;
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "no format");
    schema = number_schema();
    schema.children[0]->release(schema.children[0]);
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "released");
    schema = number_schema();
    schema.children[0] = NULL;
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "missing");
    schema = number_schema();
    schema.children[0]->name = "\xc3(";
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_UTF8, "not UTF-8");
    schema = number_schema();
    schema.format = NULL;
    assert_open_fails(made_stream(schema, 0, NULL), CHURN_E_CORRUPT, "empty");
}

static void open__no_schema_given__corrupt(void **state)
{
    (void)state;
    struct ArrowSchema none = {0};

    assert_open_fails(made_stream(none, 0, NULL), CHURN_E_CORRUPT, "empty");
}

static void open__unsupported_types__told_by_format(void **state)
{
    (void)state;
    const struct ArrowSchema fields[] = {
        made_schema("+l", "tags"),
        made_schema("l", NULL),
        made_schema_encoded("i", "blobs", made_schema("z", "")),
        made_schema_encoded("g", "odd", made_schema("u", "")),
        made_schema_encoded("i", "twice", made_schema_encoded("i", "", made_schema("u", ""))),
    };
    static const char *const want[] = {"+l", NULL, "z", "g", "i"};
    struct ArrowArrayStream stream = made_stream(made_records_schema(5, fields), 0, NULL);
    churn__arrow_reader *reader = NULL;

    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    assert_int_equal(churn__arrow_field_count(reader), 5);
    for (uint32_t i = 0; i < 5; i++) {
        const char *format = churn__arrow_unsupported(reader, i);
        assert_int_equal(format != NULL, want[i] != NULL);
        assert_true(format == NULL || strcmp(format, want[i]) == 0);
        assert_int_equal(churn__arrow_get_field(reader, i)->kind,
                         i == 1 ? CHURN__ARROW_INT : CHURN__ARROW_NULL);
    }
    assert_string_equal(churn__arrow_get_field(reader, 0)->name.ptr, "tags");
    assert_string_equal(churn__arrow_get_field(reader, 1)->name.ptr, "");
    churn__arrow_close(reader);
}

/* A column that nobody asks for costs nothing, whatever its type: its buffers are not looked at. */
static void next__unsupported_column__is_null_and_unread(void **state)
{
    (void)state;
    const struct ArrowSchema fields[] = {made_schema("+l", "tags"), made_schema("l", "n")};
    const struct ArrowArray columns[] = {made_array(0, 2, NULL, NULL, NULL),
                                         made_array(2, 2, NULL, numbers, NULL)};
    struct ArrowArray batch = made_records(2, NULL, 2, columns);
    struct ArrowArrayStream stream = made_stream(made_records_schema(2, fields), 1, &batch);
    churn__arrow_reader *reader = NULL;
    uint64_t rows = 0;
    bool end = false;
    int64_t value = 0;

    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
    assert_true(churn__arrow_is_null(reader, 0, 1));
    assert_false(churn__arrow_is_null(reader, 1, 1));
    assert_true(churn__arrow_int(reader, 1, 1, &value) && value == 1);
    churn__arrow_close(reader);
}

static void next__batches_of_all_sizes__each_once(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 3, 0, 1, 2, 0};
    struct ArrowArray batches[6];
    struct ArrowArrayStream stream;
    churn__arrow_reader *reader = NULL;
    int64_t from = 0, value = 0;
    uint64_t rows = 0;
    bool end = false;

    for (size_t i = 0; i < 6; i++) {
        batches[i] = number_batch(from, sizes[i]);
        from += sizes[i];
    }
    stream = made_stream(number_schema(), 6, batches);
    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    from = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
        assert_false(end);
        assert_int_equal(rows, sizes[i]);
        for (uint64_t row = 0; row < rows; row++) {
            assert_true(churn__arrow_int(reader, 0, row, &value));
            assert_int_equal(value, from++);
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
        assert_true(end);
        assert_int_equal(rows, 0);
    }
    churn__arrow_close(reader);
}

/* Released before the end: the rest of the stream goes with it. */
static void close__in_the_middle__releases_all(void **state)
{
    (void)state;
    const struct ArrowArray batches[] = {number_batch(0, 2), number_batch(2, 2)};
    struct ArrowArrayStream stream = made_stream(number_schema(), 2, batches);
    churn__arrow_reader *reader = NULL;
    uint64_t rows = 0;
    bool end = false;

    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    assert_null(stream.release);
    assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
    churn__arrow_close(reader);
}

/* An empty column has no memory to point to. */
static void next__empty_arrays_without_buffers__read(void **state)
{
    (void)state;
    static const char *const formats[] = {"u", "U", "vu", "l", "b", "d:9,2"};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        int64_t n = formats[i][0] == 'u' || formats[i][0] == 'U' || formats[i][0] == 'v' ? 3 : 2;
        struct ArrowArrayStream stream =
            made_column(made_schema(formats[i], "x"), 0, made_array(0, n, NULL, NULL, NULL));
        churn__arrow_reader *reader = NULL;
        uint64_t rows = 1;
        bool end = true;
        assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
        assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
        assert_false(end);
        assert_int_equal(rows, 0);
        churn__arrow_close(reader);
    }
}

/* Each chunk may bring its own dictionary: the same index names another text. */
static void next__dictionary_of_each_batch__is_its_own(void **state)
{
    (void)state;
    static const int32_t offsets[2][3] = {{0, 1, 2}, {0, 1, 2}};
    static const char *const bytes[2] = {"ab", "ba"};
    static const int8_t indices[2] = {0, 1};
    const struct ArrowSchema field = made_schema_encoded("c", "x", made_schema("u", ""));
    struct ArrowArray batches[2];
    struct ArrowArrayStream stream;
    churn__arrow_reader *reader = NULL;
    uint64_t rows = 0;
    bool end = false;

    for (size_t i = 0; i < 2; i++) {
        struct ArrowArray column = made_array(2, 2, NULL, indices, NULL);
        made_set_dictionary(&column, made_array(2, 3, NULL, offsets[i], bytes[i]));
        batches[i] = made_records(2, NULL, 1, &column);
    }
    stream = made_stream(made_records_schema(1, &field), 2, batches);
    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
        assert_int_equal(churn__arrow_string(reader, 0, 0).ptr[0], bytes[i][0]);
        assert_int_equal(churn__arrow_string(reader, 0, 1).ptr[0], bytes[i][1]);
    }
    churn__arrow_close(reader);
}

static void next__stream_fails__says_why_then_ends(void **state)
{
    (void)state;
    const struct ArrowArray batch = number_batch(0, 2);
    struct ArrowArrayStream stream = made_stream(number_schema(), 1, &batch);
    made_source *source = stream.private_data;
    churn__arrow_reader *reader = NULL;
    churn_error err = {.struct_size = sizeof err};
    uint64_t rows = 0;
    bool end = false;

    source->batch_code = EIO;
    source->message = "connection lost";
    assert_ok(churn__arrow_open(heap, &stream, &reader, NULL));
    assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
    assert_int_equal(churn__arrow_next(reader, &rows, &end, &err), CHURN_E_IO);
    assert_int_equal(rows, 0);
    assert_non_null(strstr(err.message, "connection lost"));
    assert_ok(churn__arrow_next(reader, &rows, &end, NULL));
    assert_true(end);
    churn__arrow_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_heap, drop_heap)

int main(void)
{
    const struct CMUnitTest arrow_reader[] = {
        TEST(open__null_or_released__is_arg),
        TEST(open__schema_cannot_be_read__says_why),
        TEST(open__broken_schema__corrupt_or_type),
        TEST(open__no_schema_given__corrupt),
        TEST(open__unsupported_types__told_by_format),
        TEST(next__unsupported_column__is_null_and_unread),
        TEST(next__batches_of_all_sizes__each_once),
        TEST(close__in_the_middle__releases_all),
        TEST(next__empty_arrays_without_buffers__read),
        TEST(next__dictionary_of_each_batch__is_its_own),
        TEST(next__stream_fails__says_why_then_ends),
    };
    return RUN_TESTS(arrow_reader);
}

/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "arrow_windows.h"

static const char *const plain_texts[ROWS] = {"a",
                                              "",
                                              "twelve bytes",
                                              "thirteen byte",
                                              "é",
                                              "x",
                                              "longer than any inline view",
                                              "b",
                                              "",
                                              "",
                                              "k",
                                              "twelve bytes",
                                              "zz",
                                              "y",
                                              "another one that is long",
                                              "q",
                                              "00",
                                              "11",
                                              "",
                                              "33",
                                              "444",
                                              "5",
                                              "the last but one or so",
                                              "end"};

static void assert_text(churn_str got, const char *want)
{
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void check_text(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    assert_text(churn__arrow_string(reader, 0, row), plain_texts[at]);
}

/* Offsets that do not begin at 0, as those of a slice. */
static void texts__both_offset_widths__read(void **state)
{
    (void)state;
    char bytes[400] = "garbage";
    int32_t narrow[ROWS + 1] = {7};
    int64_t wide[ROWS + 1] = {7};

    for (int i = 0; i < ROWS; i++) {
        size_t len = strlen(plain_texts[i]);
        memcpy(bytes + narrow[i], plain_texts[i], len);
        narrow[i + 1] = narrow[i] + (int32_t)len;
        wide[i + 1] = narrow[i + 1];
    }
    check_all_windows(
        &(column_case){"u", CHURN__ARROW_STRING, narrow, bytes, sizeof narrow, check_text});
    check_all_windows(
        &(column_case){"U", CHURN__ARROW_STRING, wide, bytes, sizeof wide, check_text});
}

/* Offsets over 2^31, without the memory: the buffer's first byte lies 2^33 before the text. */
static void texts__offsets_over_2_31__read(void **state)
{
    (void)state;
    static const char text[] = "far away";
    const int64_t far = INT64_C(1) << 33;
    const int64_t offsets[] = {far, far + 3, far + 8};
    const char *base = (const char *)((uintptr_t)text - (uintptr_t)far);
    churn__arrow_reader *reader = open_stream(
        made_column(made_schema("U", "x"), 2, made_array(2, 3, NULL, offsets, base)), 2);

    assert_text(churn__arrow_string(reader, 0, 0), "far");
    assert_text(churn__arrow_string(reader, 0, 1), " away");
    churn__arrow_close(reader);
}

typedef struct view {
    int32_t length;
    union {
        char inside[12];
        struct {
            char prefix[4];
            int32_t buffer, offset;
        } out;
    } as;
} view;

static view make_view(const char *text, int32_t buffer, char *bytes, int64_t *size)
{
    view v = {.length = (int32_t)strlen(text)};

    if (v.length <= 12) {
        memcpy(v.as.inside, text, (size_t)v.length);
        return v;
    }
    memcpy(v.as.out.prefix, text, 4);
    v.as.out.buffer = buffer;
    v.as.out.offset = (int32_t)*size;
    memcpy(bytes + *size, text, (size_t)v.length);
    *size += v.length;
    return v;
}

static void check_view_window(const view *views, char bytes[2][200], const int64_t *sizes,
                              const window *w)
{
    size_t rows = ROWS - w->outer - w->inner;
    struct ArrowSchema field = made_schema("vu", "x");
    struct ArrowArray column = made_array((int64_t)(ROWS - w->inner), 5,
                                          w->inner_nulls ? some_valid : NULL, views, bytes[0]);
    struct ArrowArray batch;
    churn__arrow_reader *reader;

    column.offset = (int64_t)w->inner;
    made_buffers(&column)[3] = bytes[1];
    made_buffers(&column)[4] = sizes;
    batch = made_records((int64_t)rows, w->outer_nulls ? some_rows : NULL, 1, &column);
    batch.offset = (int64_t)w->outer;
    reader = open_stream(made_stream(made_records_schema(1, &field), 1, &batch), rows);
    for (size_t row = 0; row < rows; row++) {
        assert_int_equal(churn__arrow_is_null(reader, 0, row), want_null(w, row));
        if (want_null(w, row)) {
            assert_null(churn__arrow_string(reader, 0, row).ptr);
        } else {
            check_text(reader, row, w->outer + w->inner + row);
        }
    }
    churn__arrow_close(reader);
}

/* Two data buffers; views of null slots point nowhere. */
static void texts__views_in_several_buffers__read(void **state)
{
    (void)state;
    char bytes[2][200];
    int64_t sizes[2] = {0, 0};
    view views[ROWS], broken[ROWS];

    for (int i = 0; i < ROWS; i++) {
        views[i] = make_view(plain_texts[i], i % 2, bytes[i % 2], &sizes[i % 2]);
        broken[i] = views[i];
        if (!churn__bit_get(some_valid, (size_t)i)) {
            memset(&broken[i], 0x7f, sizeof broken[i]);
        }
    }
    for (size_t i = 0; i < 11 * 11; i++) {
        check_view_window(views, bytes, sizes, &(window){.outer = i % 11, .inner = i / 11});
        check_view_window(
            broken, bytes, sizes,
            &(window){.outer = i % 11, .inner = i / 11, .outer_nulls = true, .inner_nulls = true});
    }
}

/* ---- dictionaries ---- */

static struct ArrowArray make_words(const uint8_t *valid)
{
    static const int32_t offsets[] = {0, 3, 3, 8};

    return made_array(3, 3, valid, offsets, "redgreen");
}

static void check_dictionary(const char *index, const void *indices)
{
    static const char *const want[] = {"red", "green", NULL, "", "red"};
    static const uint8_t valid[] = {0x1b}; /* the third is null, and names no entry */
    struct ArrowArray column = made_array(5, 2, valid, indices, NULL);
    uint64_t entries = 0;
    churn__arrow_reader *reader;

    made_set_dictionary(&column, make_words(NULL));
    reader = open_stream(
        made_column(made_schema_encoded(index, "x", made_schema("u", "")), 5, column), 5);
    assert_int_equal(churn__arrow_get_field(reader, 0)->kind, CHURN__ARROW_STRING);
    assert_true(churn__arrow_dictionary(reader, 0, &entries));
    assert_int_equal(entries, 3);
    for (uint64_t row = 0; row < 5; row++) {
        bool null = true;
        assert_int_equal(churn__arrow_is_null(reader, 0, row), want[row] == NULL);
        if (want[row] == NULL) {
            assert_null(churn__arrow_string(reader, 0, row).ptr);
            continue;
        }
        assert_text(churn__arrow_string(reader, 0, row), want[row]);
        assert_text(churn__arrow_dictionary_entry(
                        reader, 0, churn__arrow_dictionary_index(reader, 0, row), &null),
                    want[row]);
        assert_false(null);
    }
    churn__arrow_close(reader);
}

static void dictionaries__every_index_type__read(void **state)
{
    (void)state;
    static const uint8_t u8[] = {0, 2, 255, 1, 0};
    static const uint16_t u16[] = {0, 2, 65535, 1, 0};
    static const uint32_t u32[] = {0, 2, UINT32_MAX, 1, 0};
    static const uint64_t u64[] = {0, 2, UINT64_MAX, 1, 0};
    static const int8_t i8[] = {0, 2, -1, 1, 0};
    static const int16_t i16[] = {0, 2, -1, 1, 0};
    static const int32_t i32[] = {0, 2, INT32_MIN, 1, 0};
    static const int64_t i64[] = {0, 2, 3, 1, 0};

    check_dictionary("C", u8);
    check_dictionary("S", u16);
    check_dictionary("I", u32);
    check_dictionary("L", u64);
    check_dictionary("c", i8);
    check_dictionary("s", i16);
    check_dictionary("i", i32);
    check_dictionary("l", i64);
}

static void dictionaries__null_entry__is_a_null_cell(void **state)
{
    (void)state;
    static const int32_t indices[] = {0, 1, 2};
    static const uint8_t entry_valid[] = {0x05};
    struct ArrowArray column = made_array(3, 2, NULL, indices, NULL);
    bool null = false;
    churn__arrow_reader *reader;

    made_set_dictionary(&column, make_words(entry_valid));
    reader =
        open_stream(made_column(made_schema_encoded("i", "x", made_schema("u", "")), 3, column), 3);
    assert_false(churn__arrow_is_null(reader, 0, 0));
    assert_true(churn__arrow_is_null(reader, 0, 1));
    assert_false(churn__arrow_is_null(reader, 0, 2));
    assert_true(churn__arrow_has_nulls(reader, 0));
    assert_null(churn__arrow_dictionary_entry(reader, 0, 1, &null).ptr);
    assert_true(null);
    assert_null(churn__arrow_dictionary_entry(reader, 0, 3, &null).ptr);
    assert_true(null);
    churn__arrow_close(reader);
}

static void dictionaries__sliced_with_sliced_values__read(void **state)
{
    (void)state;
    static const int16_t indices[] = {9, 9, 0, 1, 0};
    struct ArrowArray column = made_array(3, 2, NULL, indices, NULL);
    struct ArrowArray words = make_words(NULL);
    churn__arrow_reader *reader;

    words.offset = 1;
    words.length = 2;
    column.offset = 2;
    made_set_dictionary(&column, words);
    reader =
        open_stream(made_column(made_schema_encoded("s", "x", made_schema("u", "")), 3, column), 3);
    assert_text(churn__arrow_string(reader, 0, 0), "");
    assert_text(churn__arrow_string(reader, 0, 1), "green");
    assert_text(churn__arrow_string(reader, 0, 2), "");
    churn__arrow_close(reader);
}

static void dictionaries__of_numbers_and_times__read(void **state)
{
    (void)state;
    static const int8_t indices[] = {1, 0, -1};
    static const uint8_t valid[] = {0x03};
    static const int64_t values[] = {-1, 5};
    static const struct {
        const char *format;
        int64_t want;
    } cases[] = {{"l", 5}, {"tss:UTC", 5000000}, {"tsn:", 0}};

    for (size_t i = 0; i < 3; i++) {
        struct ArrowArray column = made_array(3, 2, valid, indices, NULL);
        uint64_t entries = 0;
        int64_t value = 0;
        churn_time times[3];
        churn__arrow_reader *reader;
        made_set_dictionary(&column, made_array(2, 2, NULL, values, NULL));
        reader = open_stream(
            made_column(made_schema_encoded("c", "x", made_schema(cases[i].format, "")), 3, column),
            3);
        assert_false(churn__arrow_dictionary(reader, 0, &entries));
        assert_false(churn__arrow_times(reader, 0, 0, 3, times));
        assert_true(i == 0 ? churn__arrow_int(reader, 0, 0, &value)
                           : churn__arrow_time(reader, 0, 0, &value));
        assert_true(value == cases[i].want);
        assert_true(churn__arrow_is_null(reader, 0, 2));
        churn__arrow_close(reader);
    }
}

int main(void)
{
    const struct CMUnitTest arrow_text[] = {
        TEST(texts__both_offset_widths__read),
        TEST(texts__offsets_over_2_31__read),
        TEST(texts__views_in_several_buffers__read),
        TEST(dictionaries__every_index_type__read),
        TEST(dictionaries__null_entry__is_a_null_cell),
        TEST(dictionaries__sliced_with_sliced_values__read),
        TEST(dictionaries__of_numbers_and_times__read),
    };
    return RUN_TESTS(arrow_text);
}

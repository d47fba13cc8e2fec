/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "base/buf.h"
#include "base/str.h"
#include "failing.h"

static void buf__appends__one_text(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__buf buf;
    churn__buf_init(&buf, heap);
    assert_string_equal(churn__buf_view(&buf).ptr, "");
    churn__buf_text(&buf, "n=");
    churn__buf_int(&buf, INT64_MIN);
    churn__buf_char(&buf, ' ');
    churn__buf_double(&buf, 0.1);
    churn__buf_char(&buf, ' ');
    churn__buf_fixed(&buf, 2.345, 1);
    churn__buf_str(&buf, CHURN__STR("!"));
    churn__buf_str(&buf, (churn_str){NULL, 0});
    churn_str all = churn__buf_view(&buf);
    assert_string_equal(all.ptr, "n=-9223372036854775808 0.1 2.3!");
    assert_int_equal(all.len, strlen(all.ptr));
    churn__buf_reset(&buf);
    assert_string_equal(churn__buf_view(&buf).ptr, "");
    churn__buf_fixed(&buf, 1.7976931348623157e308, 15);
    assert_int_equal(churn__buf_view(&buf).len, 309 + 1 + 15);
    assert_false(buf.failed);
    churn__buf_clear(&buf);
    churn__buf_reset(&buf);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void buf__no_memory__fails_once_for_all(void **state)
{
    (void)state;
    failing f = {.fail_at = 3};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__buf buf;
    churn__buf_init(&buf, heap);
    for (int i = 0; i < 200; i++) {
        churn__buf_char(&buf, 'x');
    }
    assert_true(buf.failed);
    size_t size = buf.size;
    assert_true(size < 200);
    assert_int_equal(buf.data[size], 0);
    churn__buf_char(&buf, 'y');
    assert_int_equal(buf.size, size);
    churn__buf_reset(&buf);
    churn__buf_char(&buf, 'z');
    assert_false(buf.failed);
    assert_string_equal(churn__buf_view(&buf).ptr, "z");
    churn__buf_bytes(&buf, NULL, SIZE_MAX);
    assert_true(buf.failed);
    churn__buf_clear(&buf);
    churn__heap_release(heap);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

static void buf__binary__little_endian_and_read_back(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__buf buf;
    churn__buf_init(&buf, heap);
    churn__buf_u8(&buf, 0xAB);
    churn__buf_u32(&buf, 0x01020304);
    churn__buf_u64(&buf, UINT64_C(0xF102030405060708));
    churn__buf_f64(&buf, -0.0);
    churn__buf_f64(&buf, 1.5);
    churn__buf_lenstr(&buf, CHURN__STR("a\0b"));
    churn__buf_lenstr(&buf, (churn_str){NULL, 0});
    churn__buf_lenstr(&buf, CHURN__STR(""));
    static const uint8_t head[] = {0xAB, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 0xF1};
    assert_memory_equal(buf.data, head, sizeof head);

    churn__reading in = {.data = (const uint8_t *)buf.data, .size = buf.size};
    assert_int_equal(churn__read_u8(&in), 0xAB);
    assert_int_equal(churn__read_u32(&in), 0x01020304);
    assert_true(churn__read_u64(&in) == UINT64_C(0xF102030405060708));
    assert_true(signbit(churn__read_f64(&in)));
    assert_true(churn__read_f64(&in) == 1.5);
    assert_true(churn__str_eq(churn__read_lenstr(&in), CHURN__STR("a\0b")));
    assert_null(churn__read_lenstr(&in).ptr);
    churn_str empty = churn__read_lenstr(&in);
    assert_true(empty.ptr != NULL && empty.len == 0);
    assert_true(!in.failed && in.at == in.size);
    assert_int_equal(churn__read_u8(&in), 0);
    assert_true(in.failed);
    churn__buf_clear(&buf);
    churn__heap_release(heap);
}

static void read__cut_anywhere__fails_and_stays_failed(void **state)
{
    (void)state;
    static const uint8_t data[] = {3, 0, 0, 0, 'a', 'b', 'c', 7};
    for (size_t size = 0; size < 7; size++) {
        churn__reading in = {.data = data, .size = size};
        churn_str s = churn__read_lenstr(&in);
        assert_true(in.failed && s.ptr == NULL && s.len == 0);
        in.size = sizeof data;
        assert_int_equal(churn__read_u8(&in), 0);
        assert_true(churn__read_f64(&in) == 0);
        assert_int_equal(churn__read_u64(&in), 0);
        assert_int_equal(churn__read_u32(&in), 0);
    }
    churn__reading in = {.data = data, .size = sizeof data};
    assert_int_equal(churn__read_lenstr(&in).len, 3);
    assert_int_equal(churn__read_u8(&in), 7);
    static const uint8_t huge[] = {0xFE, 0xFF, 0xFF, 0xFF, 1};
    in = (churn__reading){.data = huge, .size = sizeof huge};
    assert_null(churn__read_lenstr(&in).ptr);
    assert_true(in.failed);
}

static void buffer__made_and_freed__owns_a_copy(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    int64_t live = churn_live_handles();
    char text[] = "bytes";
    churn_buffer *buffer = churn__buffer_make(heap, text, 5);
    churn_buffer *empty = churn__buffer_make(heap, NULL, 0);
    f.fail_at = f.requests + 1;
    assert_null(churn__buffer_make(heap, text, 5));
    assert_null(churn__buffer_make(heap, text, SIZE_MAX));
    churn__heap_release(heap);
    text[0] = 'X';
    assert_int_equal(churn_live_handles(), live + 2);
    assert_int_equal(churn_buffer_size(buffer), 5);
    assert_memory_equal(churn_buffer_data(buffer), "bytes", 5);
    assert_int_equal(churn_buffer_size(empty), 0);
    assert_non_null(churn_buffer_data(empty));
    churn_buffer_free(buffer);
    churn_buffer_free(empty);
    churn_buffer_free(NULL);
    assert_null(churn_buffer_data(NULL));
    assert_int_equal(churn_buffer_size(NULL), 0);
    assert_int_equal(churn_live_handles(), live);
    assert_int_equal(f.bytes, 0);
    assert_false(f.mismatch);
}

int main(void)
{
    const struct CMUnitTest buf[] = {
        cmocka_unit_test(buf__appends__one_text),
        cmocka_unit_test(buf__no_memory__fails_once_for_all),
        cmocka_unit_test(buf__binary__little_endian_and_read_back),
        cmocka_unit_test(read__cut_anywhere__fails_and_stays_failed),
        cmocka_unit_test(buffer__made_and_freed__owns_a_copy),
    };
    return RUN_TESTS(buf);
}

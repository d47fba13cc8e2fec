/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/arena.h"
#include "failing.h"

static void arena_alloc__many_sizes__aligned_zeroed_and_apart(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__arena arena;
    churn__arena_init(&arena, heap);
    unsigned char *all[600];
    size_t used = 0;
    for (size_t i = 0; i < 600; i++) {
        size_t size = i * 7 % 900;
        used += size == 0 ? 16 : (size + 15) / 16 * 16;
        all[i] = churn__arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)all[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++) {
            assert_int_equal(all[i][j], 0);
        }
        memset(all[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < 600; i++) {
        for (size_t j = 0; j < i * 7 % 900; j++) {
            assert_int_equal(all[i][j], i % 251);
        }
    }
    assert_true(f.requests < 20);
    assert_int_equal(arena.used, used);
    churn__arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__arena_clear(&arena);
    churn__heap_release(heap);
    assert_false(f.mismatch);
}

static void arena_alloc__large_between_small__keeps_filling_the_block(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__arena arena;
    churn__arena_init(&arena, heap);
    char *a = churn__arena_alloc(&arena, 16);
    char *large = churn__arena_alloc(&arena, 1000000);
    char *b = churn__arena_alloc(&arena, 16);
    memset(large, 1, 1000000);
    assert_ptr_equal(b, a + 16);
    churn__arena_clear(&arena);
    churn__heap_release(heap);
}

static void arena__no_memory__null_and_still_usable(void **state)
{
    (void)state;
    failing f = {.fail_at = 2};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__arena arena;
    churn__arena_init(&arena, heap);
    assert_null(churn__arena_alloc(&arena, 10));
    assert_non_null(churn__arena_alloc(&arena, 10));
    assert_null(churn__arena_alloc(&arena, SIZE_MAX));
    assert_null(churn__arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(churn__arena_array(&arena, SIZE_MAX / 2, 4));
    f.fail_at = f.requests + 1;
    churn_str none = churn__arena_str(&arena, "x", SIZE_MAX);
    assert_true(none.ptr == NULL && none.len == 0);
    churn__arena_clear(&arena);
    churn__heap_release(heap);
    assert_int_equal(f.bytes, 0);
}

static void arena_str__with_and_without_bytes__terminated_copy(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__arena arena;
    churn__arena_init(&arena, heap);
    churn_str s = churn__arena_str(&arena, "hello there", 5);
    assert_int_equal(s.len, 5);
    assert_string_equal(s.ptr, "hello");
    s = churn__arena_str(&arena, NULL, 0);
    assert_int_equal(s.len, 0);
    assert_string_equal(s.ptr, "");
    int64_t *numbers = churn__arena_array(&arena, 3, sizeof *numbers);
    assert_int_equal(numbers[2], 0);
    churn__arena_clear(&arena);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest arena[] = {
        cmocka_unit_test(arena_alloc__many_sizes__aligned_zeroed_and_apart),
        cmocka_unit_test(arena_alloc__large_between_small__keeps_filling_the_block),
        cmocka_unit_test(arena__no_memory__null_and_still_usable),
        cmocka_unit_test(arena_str__with_and_without_bytes__terminated_copy),
    };
    return RUN_TESTS(arena);
}

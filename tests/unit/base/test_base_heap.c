/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <pthread.h>

#include "base/heap.h"
#include "failing.h"

static void heap_create__no_memory__gives_null(void **state)
{
    (void)state;
    failing f = {.fail_at = 1};
    churn_allocator host = failing_allocator(&f);
    assert_null(churn__heap_create(&host, 0));
    assert_int_equal(f.blocks, 0);
}

static void heap_create__allocator_without_resize__uses_the_c_library(void **state)
{
    (void)state;
    churn_allocator host = {NULL, NULL};
    churn__heap *heap = churn__heap_create(&host, 0);
    void *p = churn__alloc(heap, 100);
    assert_non_null(p);
    memset(p, 1, 100);
    assert_int_equal(churn__heap_used(heap), 100);
    churn__free(heap, p, 100);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void heap_retain__two_owners__freed_with_the_last(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    assert_ptr_equal(churn__heap_retain(heap), heap);
    churn__heap_release(heap);
    assert_int_equal(f.blocks, 1);
    churn__heap_release(heap);
    assert_int_equal(f.blocks, 0);
    churn__heap_release(NULL);
    assert_false(f.mismatch);
}

static void alloc__size_zero__gives_a_valid_pointer(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    char *a = churn__alloc(heap, 0);
    char *b = churn__alloc_array_zero(heap, 0, 8);
    char *c = churn__realloc_array(heap, NULL, 0, 0, 4);
    assert_true(a != NULL && b != NULL && c != NULL && a != b);
    assert_int_equal(*b, 0);
    c = churn__realloc_array(heap, c, 0, 5, 4);
    c = churn__realloc_array(heap, c, 5, 0, 4);
    assert_non_null(c);
    churn__free(heap, a, 0);
    churn__free_array(heap, b, 0, 8);
    churn__free_array(heap, c, 0, 4);
    churn__free(heap, NULL, 77);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

static void alloc_array__product_overflows__gives_null(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    assert_null(churn__alloc_array(heap, SIZE_MAX / 2, 3));
    assert_null(churn__alloc_array_zero(heap, SIZE_MAX / 2, 3));
    assert_null(churn__alloc(heap, SIZE_MAX));
    void *p = churn__alloc_array(heap, 4, 4);
    assert_null(churn__realloc_array(heap, p, 4, SIZE_MAX / 2, 4));
    assert_false(churn__heap_hit_limit(heap));
    assert_int_equal(churn__heap_used(heap), 16);
    churn__free(heap, p, 16);
    churn__heap_release(heap);
}

static void alloc__over_the_cap__refused_and_remembered(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 100);
    char *a = churn__alloc(heap, 60);
    assert_non_null(a);
    assert_false(churn__heap_hit_limit(heap));
    assert_null(churn__alloc(heap, 41));
    assert_true(churn__heap_hit_limit(heap));
    assert_int_equal(churn__heap_used(heap), 60);
    a[59] = 'x';
    assert_null(churn__realloc_array(heap, a, 60, 101, 1));
    assert_int_equal(a[59], 'x');
    a = churn__realloc_array(heap, a, 60, 100, 1);
    assert_non_null(a);
    assert_int_equal(a[59], 'x');
    a = churn__realloc_array(heap, a, 100, 10, 1);
    assert_int_equal(churn__heap_used(heap), 10);
    churn__free(heap, a, 10);
    churn__heap_release(heap);
}

static void hit_limit__host_refuses_later__names_the_last_cause(void **state)
{
    (void)state;
    failing f = {.fail_at = 2, .for_ever = true};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 100);
    assert_null(churn__alloc(heap, 101));
    assert_true(churn__heap_hit_limit(heap));
    assert_null(churn__alloc(heap, 1));
    assert_false(churn__heap_hit_limit(heap));
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void grow__one_by_one__doubles_and_keeps(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    struct {
        int64_t *data;
        size_t count, capacity;
    } v = {0};
    for (int64_t i = 0; i < 1000; i++) {
        assert_true(churn__grow(heap, (void **)&v.data, &v.capacity, v.count + 1, sizeof *v.data));
        v.data[v.count++] = i;
    }
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(v.data[i], i);
    }
    assert_true(f.requests < 12);
    assert_true(churn__grow(heap, (void **)&v.data, &v.capacity, 5000, sizeof *v.data));
    assert_int_equal(v.capacity, 5000);
    f.fail_at = f.requests + 1;
    assert_false(churn__grow(heap, (void **)&v.data, &v.capacity, 5001, sizeof *v.data));
    assert_int_equal(v.capacity, 5000);
    assert_int_equal(v.data[999], 999);
    assert_false(churn__grow(heap, (void **)&v.data, &v.capacity, SIZE_MAX, sizeof *v.data));
    churn__free_array(heap, v.data, v.capacity, sizeof *v.data);
    churn__heap_release(heap);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

static void *alloc_and_free(void *arg)
{
    churn__heap *heap = arg;
    for (size_t i = 0; i < 20000; i++) {
        size_t size = i % 40;
        void *p = churn__alloc(heap, size);
        churn__free(heap, p, size);
    }
    return NULL;
}

static void heap__two_threads__counts_exactly(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, alloc_and_free, heap), 0);
    alloc_and_free(heap);
    pthread_join(other, NULL);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void live_add__up_and_down__counts(void **state)
{
    (void)state;
    int64_t before = churn__live_count();
    churn__live_add(3);
    churn__live_add(-1);
    assert_int_equal(churn_live_handles(), before + 2);
    churn__live_add(-2);
    assert_int_equal(churn__live_count(), before);
}

int main(void)
{
    const struct CMUnitTest heap[] = {
        cmocka_unit_test(heap_create__no_memory__gives_null),
        cmocka_unit_test(heap_create__allocator_without_resize__uses_the_c_library),
        cmocka_unit_test(heap_retain__two_owners__freed_with_the_last),
        cmocka_unit_test(alloc__size_zero__gives_a_valid_pointer),
        cmocka_unit_test(alloc_array__product_overflows__gives_null),
        cmocka_unit_test(alloc__over_the_cap__refused_and_remembered),
        cmocka_unit_test(hit_limit__host_refuses_later__names_the_last_cause),
        cmocka_unit_test(grow__one_by_one__doubles_and_keeps),
        cmocka_unit_test(heap__two_threads__counts_exactly),
        cmocka_unit_test(live_add__up_and_down__counts),
    };
    return RUN_TESTS(heap);
}

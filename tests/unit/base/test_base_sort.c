/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/bits.h"
#include "base/hash.h"
#include "base/sort.h"
#include "base/str.h"
#include "failing.h"

/* xorshift64*: any mixture of bits will do. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x >> 12;
    *x ^= *x << 25;
    *x ^= *x >> 27;
    return *x * UINT64_C(2685821657736338717);
}

/* ---- radix ---- */

static void assert_stable_order(const uint64_t *keys, const uint32_t *order, size_t n)
{
    uint8_t *seen = calloc(1, n + 1);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n && !seen[order[i]]);
        seen[order[i]] = 1;
        if (i > 0) {
            uint64_t a = keys[order[i - 1]], b = keys[order[i]];
            assert_true(a < b || (a == b && order[i - 1] < order[i]));
        }
    }
    free(seen);
}

static void radix_order__many_shapes__stable_and_sorted(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 47, 48, 49, 255, 256, 257, 5000};
    static const uint64_t masks[] = {
        UINT64_MAX, 0xFF, 0x3, 0, UINT64_C(0xFF00000000000000), UINT64_C(0x00FF00FF0000FF00)};
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t x = 88172645463325252u;
    uint64_t keys[5000];
    uint32_t order[5000];
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                keys[i] = (next_random(&x) & masks[m]) | (m % 2 == 1 ? UINT64_C(77) << 40 : 0);
            }
            assert_true(churn__radix_order_u64(heap, keys, order, sizes[s]));
            assert_stable_order(keys, order, sizes[s]);
        }
    }
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void radix_order__already_sorted__takes_no_memory(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    uint64_t keys[1000];
    uint32_t order[1000];
    for (size_t i = 0; i < 1000; i++) {
        keys[i] = i / 3;
    }
    assert_true(churn__radix_order_u64(heap, keys, order, 1000));
    assert_stable_order(keys, order, 1000);
    assert_int_equal(f.requests, 1);
    churn__heap_release(heap);
}

static void radix_reorder__two_keys__least_significant_first(void **state)
{
    (void)state;
    enum { N = 3000 };
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t x = 42;
    uint64_t *major = malloc(N * sizeof *major), *minor = malloc(N * sizeof *minor);
    uint32_t order[N];
    for (size_t i = 0; i < N; i++) {
        major[i] = churn__sort_key_i64((int64_t)(next_random(&x) % 7) - 3);
        minor[i] = churn__sort_key_i64((int64_t)next_random(&x));
    }
    assert_true(churn__radix_order_u64(heap, minor, order, N));
    assert_true(churn__radix_reorder_u64(heap, major, order, N));
    for (size_t i = 1; i < N; i++) {
        uint32_t a = order[i - 1], b = order[i];
        assert_true(major[a] < major[b] || (major[a] == major[b] && minor[a] <= minor[b]));
    }
    free(major);
    free(minor);
    churn__heap_release(heap);
}

static void sort_key_i64__extremes__same_order(void **state)
{
    (void)state;
    static const int64_t values[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    for (size_t i = 1; i < 6; i++) {
        assert_true(churn__sort_key_i64(values[i - 1]) < churn__sort_key_i64(values[i]));
    }
}

static void radix__no_memory__says_so_and_leaves_order(void **state)
{
    (void)state;
    uint64_t keys[100];
    for (size_t i = 0; i < 100; i++) {
        keys[i] = 100 - i;
    }
    for (uint64_t n = 2; n <= 3; n++) {
        failing f = {.fail_at = n};
        churn_allocator host = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&host, 0);
        uint32_t order[100];
        assert_false(churn__radix_order_u64(heap, keys, order, 100));
        assert_int_equal(order[5], 5);
        assert_true(churn__radix_order_u64(heap, keys, order, 100));
        assert_stable_order(keys, order, 100);
        churn__heap_release(heap);
        assert_int_equal(f.bytes, 0);
        assert_false(f.mismatch);
    }
}

/* ---- merge ---- */

typedef struct odd {
    uint8_t key, place[4]; /* a size that no alignment likes */
} odd;

static int by_key(const void *a, const void *b, const void *context)
{
    int sign = *(const int *)context;
    return sign * ((int)((const odd *)a)->key - (int)((const odd *)b)->key);
}

static uint32_t place_of(const odd *o)
{
    uint32_t place = 0;
    memcpy(&place, o->place, sizeof place);
    return place;
}

static void sort__sizes_and_key_ranges__stable(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t x = 7;
    odd data[1100];
    for (size_t n = 0; n < 1100; n = n < 70 ? n + 1 : n * 2 - 13) {
        for (int range = 1; range <= 256; range *= 16) {
            int sign = range == 16 ? -1 : 1;
            for (uint32_t i = 0; i < n; i++) {
                data[i].key = (uint8_t)(next_random(&x) % (unsigned)range);
                memcpy(data[i].place, &i, sizeof i);
            }
            assert_true(churn__sort(heap, data, n, sizeof *data, by_key, &sign));
            uint64_t places = 0;
            for (size_t i = 0; i < n; i++) {
                places += place_of(&data[i]);
                int order = i == 0 ? -1 : by_key(&data[i - 1], &data[i], &sign);
                assert_true(order < 0 ||
                            (order == 0 && place_of(&data[i - 1]) < place_of(&data[i])));
            }
            assert_int_equal(places, n * (n - (n > 0)) / 2);
        }
    }
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void sort__no_memory__data_untouched(void **state)
{
    (void)state;
    failing f = {.fail_at = 2};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    int sign = 1;
    odd data[] = {{.key = 3}, {.key = 1}, {.key = 2}};
    assert_false(churn__sort(heap, data, 3, sizeof *data, by_key, &sign));
    assert_int_equal(data[0].key, 3);
    assert_true(churn__sort(heap, data, 3, sizeof *data, by_key, &sign));
    assert_true(data[0].key == 1 && data[2].key == 3);
    uint64_t before = f.requests;
    assert_true(churn__sort(heap, data, 3, sizeof *data, by_key, &sign));
    assert_int_equal(f.requests, before);
    churn__heap_release(heap);
    assert_int_equal(f.bytes, 0);
}

/* ---- bits ---- */

static void bits__set_clear_count__as_one_by_one(void **state)
{
    (void)state;
    uint8_t bits[64] = {0};
    uint64_t x = 3;
    bool twin[512] = {false};
    for (size_t i = 0; i < 512; i++) {
        twin[i] = next_random(&x) >> 63;
        churn__bit_put(bits, i, true);
        churn__bit_put(bits, i, twin[i]);
    }
    for (size_t from = 0; from < 512; from += from < 20 ? 1 : 41) {
        size_t count = 0;
        for (size_t n = 0; from + n <= 512; n++) {
            assert_int_equal(churn__bits_count(bits, from, n), count);
            count += from + n < 512 && twin[from + n];
        }
    }
    for (size_t i = 0; i < 512; i++) {
        assert_int_equal(churn__bit_get(bits, i), twin[i]);
    }
    churn__bit_set(bits, 9);
    churn__bit_clear(bits, 8);
    assert_int_equal(bits[1] & 3, 2);
    assert_int_equal(churn__bits_bytes(0), 0);
    assert_int_equal(churn__bits_bytes(8), 1);
    assert_int_equal(churn__bits_bytes(9), 2);
    assert_int_equal(churn__bits_bytes(SIZE_MAX), SIZE_MAX / 8 + 1);
    assert_int_equal(churn__bits_count(NULL, 0, 0), 0);
}

/* ---- hashes ---- */

static void hash__known_answers__same(void **state)
{
    (void)state;
    /* XXH64 and XXH3 of the empty input and XXH64 of "abc", as in the algorithm's specification
     * and in xxhsum's own tests. */
    assert_true(churn__hash64("", 0, 0) == UINT64_C(0xEF46DB3751D8E999));
    assert_true(churn__hash64("abc", 3, 0) == UINT64_C(0x44BC2CF5AD770999));
    assert_true(churn__hash64("abc", 3, 1) != churn__hash64("abc", 3, 0));
    char hex[33];
    churn__hash_hex(churn__hash_id("", 0), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
}

static void hash_unhex__good_and_bad__round_trip(void **state)
{
    (void)state;
    churn__hash128 hash = {UINT64_C(0x0123456789ABCDEF), 5}, back = {0, 0};
    char hex[33];
    churn__hash_hex(hash, hex);
    assert_string_equal(hex, "0123456789abcdef0000000000000005");
    assert_true(churn__hash_unhex((churn_str){hex, 32}, &back));
    assert_true(back.high == hash.high && back.low == hash.low);
    assert_false(churn__hash_unhex((churn_str){hex, 31}, &back));
    assert_false(churn__hash_unhex((churn_str){NULL, 0}, &back));
    static const char bad[] = {'g', 'A', ' ', '/', ':', '`'};
    for (size_t i = 0; i < sizeof bad; i++) {
        hex[i] = bad[i];
        assert_false(churn__hash_unhex((churn_str){hex, 32}, &back));
        hex[i] = '0';
    }
    assert_true(back.low == 5);
}

int main(void)
{
    const struct CMUnitTest sort[] = {
        cmocka_unit_test(radix_order__many_shapes__stable_and_sorted),
        cmocka_unit_test(radix_order__already_sorted__takes_no_memory),
        cmocka_unit_test(radix_reorder__two_keys__least_significant_first),
        cmocka_unit_test(sort_key_i64__extremes__same_order),
        cmocka_unit_test(radix__no_memory__says_so_and_leaves_order),
        cmocka_unit_test(sort__sizes_and_key_ranges__stable),
        cmocka_unit_test(sort__no_memory__data_untouched),
        cmocka_unit_test(bits__set_clear_count__as_one_by_one),
        cmocka_unit_test(hash__known_answers__same),
        cmocka_unit_test(hash_unhex__good_and_bad__round_trip),
    };
    return RUN_TESTS(sort);
}

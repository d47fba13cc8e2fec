/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/dict_internal.h"
#include "base/siphash.h"
#include "base/str.h"
#include "failing.h"

/* Strings of several lengths, all different. */
static churn_str numbered(uint32_t i, char out[64])
{
    int len = i % 3 == 0 ? snprintf(out, 64, "%u", i)
                         : snprintf(out, 64, "customer-%u-%.*s", i, (int)(i % 30),
                                    "------------------------------");
    return (churn_str){out, (size_t)len};
}

static void assert_holds(const churn__dict *dict, uint32_t from, uint32_t count)
{
    char text[64];
    assert_int_equal(churn__dict_count(dict), count);
    for (uint32_t i = from; i < count; i++) {
        churn_str s = numbered(i, text);
        if (churn__dict_find(dict, s) != i) {
            fail_msg("string %u is lost", i);
        }
        churn_str got = churn__dict_get(dict, i);
        assert_true(churn__str_eq(got, s));
        assert_int_equal(got.ptr[got.len], 0);
    }
}

static void add_numbered(churn__dict *dict, uint32_t from, uint32_t to)
{
    char text[64];
    for (uint32_t i = from; i < to; i++) {
        assert_int_equal(churn__dict_add(dict, numbered(i, text)), i);
    }
}

static void dict_add__new_and_known__dense_codes_in_order(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__dict *dict = churn__dict_create(heap);
    char text[64];
    add_numbered(dict, 0, 100000);
    for (uint32_t i = 0; i < 100000; i += 7) {
        assert_int_equal(churn__dict_add(dict, numbered(i, text)), i);
    }
    assert_holds(dict, 0, 100000);
    assert_int_equal(churn__dict_find(dict, numbered(100000, text)), CHURN__NO_CODE);
    assert_null(churn__dict_get(dict, 100000).ptr);
    assert_false(churn__dict_is_keyed(dict));
    assert_true(churn__dict_longest_probe(dict) < 200);
    churn__dict_free(dict);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

static void dict_add__odd_strings__kept_apart(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__dict *dict = churn__dict_create(heap);
    char *large = calloc(1, 1000000);
    assert_int_equal(churn__dict_add(dict, (churn_str){NULL, 0}), 0);
    assert_int_equal(churn__dict_add(dict, (churn_str){"", 0}), 0);
    assert_int_equal(churn__dict_add(dict, (churn_str){"\0", 1}), 1);
    assert_int_equal(churn__dict_add(dict, (churn_str){"\0\0", 2}), 2);
    assert_int_equal(churn__dict_add(dict, (churn_str){large, 1000000}), 3);
    assert_int_equal(churn__dict_add(dict, (churn_str){large, 999999}), 4);
    assert_int_equal(churn__dict_add(dict, CHURN__STR("a")), 5);
    assert_int_equal(churn__dict_find(dict, (churn_str){large, 1000000}), 3);
    assert_int_equal(churn__dict_get(dict, 2).len, 2);
    assert_string_equal(churn__dict_get(dict, 5).ptr, "a");
    churn__dict_free(dict);
    churn__dict_free(NULL);
    churn__heap_release(heap);
    free(large);
}

static void dict_truncate__any_count__as_if_never_added(void **state)
{
    (void)state;
    static const uint32_t counts[] = {4999, 4000, 1300, 17, 16, 15, 1, 0};
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__dict *dict = churn__dict_create(heap);
    char text[64];
    add_numbered(dict, 0, 5000);
    churn__dict_truncate(dict, 5000);
    churn__dict_truncate(dict, 6000);
    assert_int_equal(churn__dict_count(dict), 5000);
    uint64_t used = churn__heap_used(heap);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t count = counts[i];
        churn__dict_truncate(dict, count);
        assert_holds(dict, 0, count);
        for (uint32_t gone = count; gone < 5000; gone++) {
            assert_int_equal(churn__dict_find(dict, numbered(gone, text)), CHURN__NO_CODE);
        }
        /* Others take the codes, go, and the first come back to the same places. */
        assert_int_equal(churn__dict_add(dict, CHURN__STR("another")), count);
        churn__dict_truncate(dict, count);
        add_numbered(dict, count, 5000);
        assert_holds(dict, 0, 5000);
        assert_true(churn__heap_used(heap) <= used);
    }
    churn__dict_free(dict);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

/* ---- the probe cap ---- */

static uint64_t hash_weak(const uint8_t *secret, churn_str s)
{
    (void)secret;
    return s.len == 0 ? 0 : (uint64_t)s.ptr[0] << 8;
}

static void dict_add__every_hash_equal__rebuilt_with_siphash(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__dict *dict = churn__dict_create_with(heap, hash_weak);
    add_numbered(dict, 0, 50);
    assert_false(churn__dict_is_keyed(dict));
    churn__dict_view *view = churn__dict_view_take(dict);
    add_numbered(dict, 50, 20000);
    assert_true(churn__dict_is_keyed(dict));
    assert_true(churn__dict_longest_probe(dict) < 200);
    assert_holds(dict, 0, 20000);
    /* The view goes on with its own table and its own hash. */
    char text[64];
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t expected = i < 50 ? i : CHURN__NO_CODE;
        assert_int_equal(churn__dict_view_find(view, numbered(i, text)), expected);
    }
    churn__dict_truncate(dict, 60);
    assert_holds(dict, 0, 60);
    churn__dict_view_release(view);
    churn__dict_free(dict);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

/* ---- no memory ---- */

static void oom_round(churn__dict_hash hash, uint64_t fail_at, bool for_ever)
{
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    f.fail_at = f.requests + fail_at;
    f.for_ever = for_ever;
    churn__dict *dict =
        hash == NULL ? churn__dict_create(heap) : churn__dict_create_with(heap, hash);
    char text[64];
    uint32_t added = 0;
    while (dict != NULL && added < 700) {
        uint32_t code = churn__dict_add(dict, numbered(added, text));
        if (code == CHURN__NO_CODE) {
            break;
        }
        assert_int_equal(code, added++);
    }
    f.fail_at = 0;
    if (dict != NULL) {
        assert_holds(dict, 0, added);
        add_numbered(dict, added, 700);
        assert_holds(dict, 0, 700);
    }
    churn__dict_free(dict);
    churn__heap_release(heap);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

static void dict__nth_allocation_fails__unchanged_and_usable(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 40; n++) {
        oom_round(NULL, n, false);
        oom_round(NULL, n, true);
        oom_round(hash_weak, n, false);
    }
}

/* ---- views ---- */

static void view__dict_goes_on_and_dies__sees_what_was_there(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__dict *dict = churn__dict_create(heap);
    churn__dict_view *empty = churn__dict_view_take(dict);
    add_numbered(dict, 0, 15);
    churn__dict_view *view = churn__dict_view_take(dict);
    add_numbered(dict, 15, 18);
    churn__dict_truncate(dict, 15);
    assert_int_equal(churn__dict_add(dict, CHURN__STR("other")), 15);
    churn__dict_truncate(dict, 15);
    add_numbered(dict, 15, 4000);
    f.fail_at = f.requests + 1;
    assert_null(churn__dict_view_take(dict));
    churn__dict_free(dict);
    churn__heap_release(heap);

    char text[64];
    assert_int_equal(churn__dict_view_count(empty), 0);
    assert_int_equal(churn__dict_view_find(empty, numbered(0, text)), CHURN__NO_CODE);
    churn__dict_view_release(empty);
    assert_ptr_equal(churn__dict_view_retain(view), view);
    churn__dict_view_release(view);
    assert_int_equal(churn__dict_view_count(view), 15);
    for (uint32_t i = 0; i < 15; i++) {
        assert_int_equal(churn__dict_view_find(view, numbered(i, text)), i);
        assert_true(churn__str_eq(churn__dict_view_get(view, i), numbered(i, text)));
    }
    assert_int_equal(churn__dict_view_find(view, numbered(15, text)), CHURN__NO_CODE);
    assert_null(churn__dict_view_get(view, 15).ptr);
    churn__dict_view_release(view);
    churn__dict_view_release(NULL);
    assert_false(f.mismatch);
    assert_int_equal(f.bytes, 0);
}

typedef struct shared {
    pthread_mutex_t lock;
    churn__dict_view *newest;
    atomic_bool done;
    atomic_int faults;
} shared;

static churn__dict_view *newest_view(shared *s)
{
    pthread_mutex_lock(&s->lock);
    churn__dict_view *view = churn__dict_view_retain(s->newest);
    pthread_mutex_unlock(&s->lock);
    return view;
}

static void publish(shared *s, churn__dict *dict)
{
    churn__dict_view *view = churn__dict_view_take(dict);
    pthread_mutex_lock(&s->lock);
    churn__dict_view *old = s->newest;
    s->newest = view;
    pthread_mutex_unlock(&s->lock);
    churn__dict_view_release(old);
}

static bool view_is_right(const churn__dict_view *view, uint32_t i)
{
    char text[64];
    churn_str s = numbered(i, text);
    uint32_t count = churn__dict_view_count(view);
    uint32_t code = churn__dict_view_find(view, s);
    return i < count ? code == i && churn__str_eq(churn__dict_view_get(view, i), s)
                     : code == CHURN__NO_CODE;
}

static void *read_all(void *arg)
{
    shared *s = arg;
    uint32_t at = 1;
    while (!atomic_load(&s->done)) {
        churn__dict_view *view = newest_view(s);
        uint32_t span = churn__dict_view_count(view) + 20;
        for (int i = 0; i < 300; i++) {
            at = at * 1664525u + 1013904223u;
            if (!view_is_right(view, (at >> 8) % span)) {
                atomic_fetch_add(&s->faults, 1);
            }
        }
        churn__dict_view_release(view);
    }
    return NULL;
}

/* One writer that adds, takes back and grows; readers with views of all ages. Run it under the
 * thread sanitizer as well. */
static void write_while_others_read(churn__dict_hash hash, uint32_t total)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__dict *dict =
        hash == NULL ? churn__dict_create(heap) : churn__dict_create_with(heap, hash);
    shared s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t readers[3];
    publish(&s, dict);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, &s), 0);
    }
    for (uint32_t from = 0; from < total; from += 50) {
        add_numbered(dict, from, from + 80);
        churn__dict_truncate(dict, from + 50);
        publish(&s, dict);
    }
    atomic_store(&s.done, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&s.faults), 0);
    churn__dict_free(dict);
    churn__dict_view_release(s.newest);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void view__readers_beside_a_writer__always_right(void **state)
{
    (void)state;
    write_while_others_read(NULL, 40000);
    write_while_others_read(hash_weak, 4000);
}

/* ---- hashes ---- */

/* CPython 3.11 hashes bytes with SipHash-1-3: hash(bytes(range(n))) & (2**64 - 1) with
 * PYTHONHASHSEED=0 (key of zeros) and PYTHONHASHSEED=42 (key from its documented generator). */
#include "siphash_vectors.inc"

static void siphash13__python_vectors__same(void **state)
{
    (void)state;
    uint8_t data[64];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof siphash_cases / sizeof siphash_cases[0]; i++) {
        uint64_t got =
            churn__siphash13(siphash_keys[siphash_cases[i].key], data, siphash_cases[i].size);
        assert_true(got == siphash_cases[i].hash);
    }
}

static void random_bytes__twice__differ(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    if (!churn__random_bytes(a, sizeof a) || !churn__random_bytes(b, sizeof b)) {
        skip();
    }
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest dict[] = {
        cmocka_unit_test(dict_add__new_and_known__dense_codes_in_order),
        cmocka_unit_test(dict_add__odd_strings__kept_apart),
        cmocka_unit_test(dict_truncate__any_count__as_if_never_added),
        cmocka_unit_test(dict_add__every_hash_equal__rebuilt_with_siphash),
        cmocka_unit_test(dict__nth_allocation_fails__unchanged_and_usable),
        cmocka_unit_test(view__dict_goes_on_and_dies__sees_what_was_there),
        cmocka_unit_test(view__readers_beside_a_writer__always_right),
        cmocka_unit_test(siphash13__python_vectors__same),
        cmocka_unit_test(random_bytes__twice__differ),
    };
    return RUN_TESTS(dict);
}

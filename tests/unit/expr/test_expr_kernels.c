/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "expr/kernels.h"
#include "expr/program.h"
#include "expr/text_key.h"

/*
 * Every set of kernels beside the one in nothing but C, bit for bit; strings of all lengths beside
 * memcmp, and through the public header beside single records.
 */

enum { WORDS = 3, ROWS = 64 * WORDS };

static uint64_t seed = 5;

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static double a[ROWS], b[ROWS];
static int64_t x[ROWS], y[ROWS];
static uint32_t codes[ROWS], table[8];
static uint8_t bytes[ROWS];

static void fill_arrays(void)
{
    const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0, 0.0, 5e-324,
                          1e308};
    const int64_t far[] = {INT64_MIN, INT64_MAX, -1, 0, 1, INT64_C(1) << 32, -(INT64_C(1) << 32)};
    for (unsigned i = 0; i < ROWS; i++) {
        a[i] = pick(9) == 0 ? odd[pick(7)] : (double)pick(7) - 3;
        b[i] = pick(9) == 0 ? odd[pick(7)] : (double)pick(7) - 3;
        x[i] = pick(4) == 0 ? far[pick(7)] : (int)pick(7) - 3;
        y[i] = pick(4) == 0 ? far[pick(7)] : (int)pick(7) - 3;
        codes[i] = pick(256);
        bytes[i] = (uint8_t)(pick(2) * pick(256));
    }
    for (unsigned i = 0; i < 8; i++) {
        table[i] = pick(UINT32_MAX);
    }
}

static void same_bits(const char *what, const void *got, const void *wanted, size_t size)
{
    if (memcmp(got, wanted, size) != 0) {
        fail_msg("%s differs", what);
    }
}

static void check_comparisons(const expr_kernels *k, const expr_kernels *plain)
{
    uint64_t got[WORDS], wanted[WORDS];
    for (uint8_t cmp = EXPR_EQ; cmp <= EXPR_GE; cmp++) {
        for (uint32_t step = 0; step < 2; step++) {
            bool odd = k->compare_doubles(cmp, a, b, step, WORDS, got);
            assert_int_equal(odd, plain->compare_doubles(cmp, a, b, step, WORDS, wanted));
            same_bits("a comparison of doubles", got, wanted, sizeof got);
            k->compare_ints(cmp, x, y, step, WORDS, got);
            plain->compare_ints(cmp, x, y, step, WORDS, wanted);
            same_bits("a comparison of ints", got, wanted, sizeof got);
        }
    }
}

static void check_bits(const expr_kernels *k, const expr_kernels *plain)
{
    uint64_t got[WORDS], wanted[WORDS];
    uint8_t spread[2][ROWS];
    k->not_finite(a, WORDS, got);
    plain->not_finite(a, WORDS, wanted);
    same_bits("not_finite", got, wanted, sizeof got);
    k->codes(codes, table, WORDS, got);
    plain->codes(codes, table, WORDS, wanted);
    same_bits("codes", got, wanted, sizeof got);
    k->bits_of(bytes, WORDS, got);
    plain->bits_of(bytes, WORDS, wanted);
    same_bits("bits_of", got, wanted, sizeof got);
    k->spread(got, (const uint64_t *)(const void *)a, WORDS, spread[0]);
    plain->spread(got, (const uint64_t *)(const void *)a, WORDS, spread[1]);
    same_bits("spread", spread[0], spread[1], sizeof spread[0]);
    assert_int_equal(k->largest(codes, WORDS), plain->largest(codes, WORDS));
    for (unsigned i = 0; i < ROWS; i++) {
        codes[i] %= 32;
    }
    k->few_codes(codes, table[0], WORDS, got);
    plain->few_codes(codes, table[0], WORDS, wanted);
    same_bits("few_codes", got, wanted, sizeof got);
}

/* All numbers that are none are one number here: which one is the processor's affair. */
static void settle(double *values)
{
    for (unsigned i = 0; i < ROWS; i++) {
        values[i] = isnan(values[i]) ? (double)NAN : values[i];
    }
}

static void check_arithmetic(const expr_kernels *k, const expr_kernels *plain)
{
    double got[ROWS], wanted[ROWS];
    int64_t ints[2][ROWS];
    uint64_t bad[2][WORDS];
    for (uint8_t op = 0; op < UINT8_MAX; op++) {
        for (uint32_t form = 0; form < 4; form++) {
            bool there = k->doubles(op, a, form & 1, b, form >> 1, WORDS, got);
            assert_int_equal(there, plain->doubles(op, a, form & 1, b, form >> 1, WORDS, wanted));
            if (there) {
                settle(got);
                settle(wanted);
                same_bits("arithmetic of doubles", got, wanted, sizeof got);
            }
            there = k->ints(op, x, form & 1, y, form >> 1, WORDS, ints[0], bad[0]);
            assert_int_equal(there,
                             plain->ints(op, x, form & 1, y, form >> 1, WORDS, ints[1], bad[1]));
            if (there) {
                same_bits("arithmetic of ints", ints[0], ints[1], sizeof ints[0]);
                same_bits("its errors", bad[0], bad[1], sizeof bad[0]);
            }
        }
    }
    k->to_doubles(x, WORDS, got);
    plain->to_doubles(x, WORDS, wanted);
    same_bits("to_doubles", got, wanted, sizeof got);
}

static void kernels__of_every_processor__give_the_bits_of_plain_c(void **state)
{
    (void)state;
    const expr_kernels *k;
    for (uint32_t i = 0; (k = churn__expr_kernels_at(i)) != NULL; i++) {
        for (unsigned round = 0; round < 50; round++) {
            fill_arrays();
            check_comparisons(k, &churn__expr_kernels_portable);
            check_bits(k, &churn__expr_kernels_portable);
            check_arithmetic(k, &churn__expr_kernels_portable);
        }
    }
}

/* ---- strings ---- */

static char text_bytes[ROWS][32];
static churn_str strings[ROWS];

/* Few letters and many lengths: equal strings, and strings that are parts of others. */
static void fill_strings(void)
{
    static const char *const letters[] = {"a", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
    for (unsigned i = 0; i < ROWS; i++) {
        size_t len = 0, most = pick(3) == 0 ? 20 : 9, kinds = pick(8) == 0 ? 4 : 2;
        for (unsigned n = pick((uint32_t)most); n > 0 && len < 28; n--) {
            const char *letter = letters[pick((uint32_t)kinds)];
            memcpy(text_bytes[i] + len, letter, strlen(letter));
            len += strlen(letter);
        }
        strings[i] = (churn_str){len == 0 && pick(2) != 0 ? NULL : text_bytes[i], len};
    }
}

static bool ascii(churn_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] > 127) {
            return false;
        }
    }
    return true;
}

static void check_keys(const expr_kernels *k)
{
    uint64_t keys[64], checked[64];
    for (unsigned i = 0; i < 64; i++) {
        bool plain = k->check_texts(strings, UINT64_C(1) << i, checked);
        assert_int_equal(plain, ascii(strings[i]));
        k->text_keys(strings, UINT64_C(1) << i, keys);
        same_bits("the keys of one", keys, checked, sizeof keys);
        assert_true(keys[i] == expr_text_key(strings[i]));
    }
    k->text_keys(strings, UINT64_MAX, keys);
    k->check_texts(strings, UINT64_MAX, checked);
    same_bits("the keys of all", keys, checked, sizeof keys);
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < 64; j++) {
            bool same = churn__str_eq(strings[i], strings[j]);
            bool is_short = strings[i].len < EXPR_KEY_SHORT;
            assert_true(!same || keys[i] == keys[j]);
            assert_true(!is_short || same == (keys[i] == keys[j]));
        }
    }
}

static void text_keys__of_all_lengths__are_equal_where_texts_are(void **state)
{
    (void)state;
    const expr_kernels *k;
    for (uint32_t i = 0; (k = churn__expr_kernels_at(i)) != NULL; i++) {
        for (unsigned round = 0; round < 100; round++) {
            fill_strings();
            check_keys(k);
            check_keys(&churn__expr_kernels_portable);
        }
    }
}

static const churn_variable variables[] = {{{"s", 1}, CHURN_TYPE_STRING, 0}};

/* The shape with the first @ as one word and the second as another. */
static void write_condition(const char *shape, churn_str word, churn_str other, char *out)
{
    for (; *shape != '\0'; shape++) {
        if (*shape != '@') {
            *out++ = *shape;
            continue;
        }
        if (word.len > 0) {
            memcpy(out, word.ptr, word.len);
        }
        out += word.len;
        word = other;
    }
    *out = '\0';
}

/* The condition's part or words are of every length too. */
static void check_condition(const char *shape, churn_str word, churn_str other)
{
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    char text[200];
    uint8_t values[ROWS], valid[ROWS / 8];
    const churn_value_column column = {.values = strings};
    uint32_t rows = 64 + pick(ROWS - 63);
    write_condition(shape, word, other, text);
    assert_ok(churn_expression_compile(text, CHURN_NTS, variables, 1, NULL, &e, &err));
    assert_ok(churn_expression_fill(e, &column, 1, rows, NULL, values, valid, NULL, &err));
    for (uint32_t i = 0; i < rows; i++) {
        const churn_value given = {.type = CHURN_TYPE_STRING, .string = strings[i]};
        churn_outcome outcome;
        churn_value value;
        assert_ok(churn_expression_evaluate(e, &given, 1, &outcome, &value, &err));
        if (outcome != CHURN_OUTCOME_VALUE || value.truth != values[i]) {
            fail_msg("`%s` of '%.*s'", text, (int)strings[i].len, strings[i].ptr);
        }
    }
    churn_expression_free(e);
}

static void conditions__on_strings_of_all_lengths__are_what_single_records_give(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "s == '@' || s == '@'",
        "s != '@' && s != '@'",
        "s in ['@', '@', 'ab', '']",
        "s.contains('@') && !s.contains('@')",
        "s.startsWith('@') || s.startsWith('@')",
        "s.endsWith('@') || s.endsWith('@')",
    };
    const expr_kernels *k;
    for (uint32_t n = 0;
         (k = n == 0 ? &churn__expr_kernels_portable : churn__expr_kernels_at(n - 1)) != NULL;
         n++) {
        churn__expr_kernels_force(k);
        for (unsigned round = 0; round < 60; round++) {
            fill_strings();
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                check_condition(shapes[i], strings[pick(ROWS)], strings[pick(ROWS)]);
            }
        }
    }
    churn__expr_kernels_force(NULL);
}

static void fill__bytes_that_are_no_utf8__name_the_row(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    uint8_t values[ROWS], valid[ROWS / 8], there[ROWS / 8];
    char text[20];
    assert_ok(churn_expression_compile("s == 'a'", CHURN_NTS, variables, 1, NULL, &e, &err));
    for (size_t len = 1; len < sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            uint32_t row = pick(ROWS);
            const churn_value_column column = {.values = strings, .valid = there};
            fill_strings();
            memset(there, 0xff, sizeof there);
            memset(text, 'a', sizeof text);
            text[at] = (char)0xff;
            strings[row] = (churn_str){text, len};
            assert_int_equal(
                churn_expression_fill(e, &column, 1, ROWS, NULL, values, valid, NULL, &err),
                CHURN_E_UTF8);
            assert_int_equal(err.row, row);
            /* What is missing is not looked at. */
            there[row / 8] = (uint8_t)(there[row / 8] & ~(1u << row % 8));
            strings[row].ptr = (const char *)(uintptr_t)(len * 8);
            assert_ok(churn_expression_fill(e, &column, 1, ROWS, NULL, values, valid, NULL, &err));
        }
    }
    churn_expression_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels__of_every_processor__give_the_bits_of_plain_c),
        cmocka_unit_test(text_keys__of_all_lengths__are_equal_where_texts_are),
        cmocka_unit_test(conditions__on_strings_of_all_lengths__are_what_single_records_give),
        cmocka_unit_test(fill__bytes_that_are_no_utf8__name_the_row),
    };
    return RUN_TESTS(tests);
}

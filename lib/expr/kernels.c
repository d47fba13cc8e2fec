/* SPDX-License-Identifier: MIT */
#include "expr/kernels.h"

#include "expr/lanes.h"
#include "expr/program.h"
#include "expr/text_key.h"

/*
 * Loops over words of 64 rows. Those over values run a fixed number of times inside because that is
 * what gcc turns into vector code at -O2.
 */

#ifndef EXPR_KERNELS
#define EXPR_KERNELS churn__expr_kernels_plain
#define EXPR_KERNELS_NAME "plain"
#endif

/* ---- comparisons ---- */

/* 64 rows of `compare`, 4 vectors a round; x and y are their names in it. */
#define BITS_OF_WORD(load, a, y_of, compare, mask, watch)              \
    do {                                                               \
        bits = 0;                                                      \
        for (uint32_t j = 0; j < 64; j += 4 * LANES_WIDTH) {           \
            uint64_t round = 0;                                        \
            for (uint32_t q = 0; q < 4; q++) {                         \
                uint32_t at = j + q * LANES_WIDTH;                     \
                x = load((a) + at);                                    \
                y = y_of;                                              \
                watch;                                                 \
                round |= (uint64_t)mask(compare) << (q * LANES_WIDTH); \
            }                                                          \
            bits |= round << j;                                        \
        }                                                              \
    } while (0)

/* x - x is 0 for finite x and no number for all others. */
#define WATCH_X odd = LANES_OR_D(odd, LANES_SUB_D(x, x))
#define WATCH_BOTH odd = LANES_OR_D(odd, LANES_OR_D(LANES_SUB_D(x, x), LANES_SUB_D(y, y)))

#define COMPARE_DOUBLES(name, compare)                                                           \
    static bool name(const double *a, const double *b, uint32_t step, uint32_t words,            \
                     uint64_t *out)                                                              \
    {                                                                                            \
        lanes_d odd = LANES_ALL_D(0.0), k = LANES_ALL_D(b[0]), x, y;                             \
        uint64_t bits;                                                                           \
        for (uint32_t w = 0; w < words; w++) {                                                   \
            const double *from = a + 64 * (size_t)w, *with = b + 64 * (size_t)w * step;          \
            if (step == 0) {                                                                     \
                BITS_OF_WORD(LANES_LOAD_D, from, k, compare, lanes_mask_d, WATCH_X);             \
            } else {                                                                             \
                BITS_OF_WORD(LANES_LOAD_D, from, LANES_LOAD_D(with + at), compare, lanes_mask_d, \
                             WATCH_BOTH);                                                        \
            }                                                                                    \
            out[w] = bits;                                                                       \
        }                                                                                        \
        return lanes_mask_d(LANES_UNORDERED(odd)) != 0 || (step == 0 && b[0] - b[0] != 0);       \
    }

COMPARE_DOUBLES(doubles_eq, LANES_EQ_D(x, y))
COMPARE_DOUBLES(doubles_ne, LANES_NE_D(x, y))
COMPARE_DOUBLES(doubles_lt, LANES_LT_D(x, y))
COMPARE_DOUBLES(doubles_le, LANES_LE_D(x, y))
COMPARE_DOUBLES(doubles_gt, LANES_LT_D(y, x))
COMPARE_DOUBLES(doubles_ge, LANES_LE_D(y, x))

static bool compare_doubles(uint8_t cmp, const double *a, const double *b, uint32_t step,
                            uint32_t words, uint64_t *out)
{
    switch (cmp) {
    case EXPR_EQ:
        return doubles_eq(a, b, step, words, out);
    case EXPR_NE:
        return doubles_ne(a, b, step, words, out);
    case EXPR_LT:
        return doubles_lt(a, b, step, words, out);
    case EXPR_LE:
        return doubles_le(a, b, step, words, out);
    case EXPR_GT:
        return doubles_gt(a, b, step, words, out);
    default:
        return doubles_ge(a, b, step, words, out);
    }
}

#define COMPARE_INTS(name, compare)                                                              \
    static void name(const int64_t *a, const int64_t *b, uint32_t step, uint32_t words,          \
                     uint64_t turn, uint64_t *out)                                               \
    {                                                                                            \
        lanes_i k = LANES_ALL_I(b[0]), x, y;                                                     \
        uint64_t bits;                                                                           \
        for (uint32_t w = 0; w < words; w++) {                                                   \
            const int64_t *from = a + 64 * (size_t)w, *with = b + 64 * (size_t)w * step;         \
            if (step == 0) {                                                                     \
                BITS_OF_WORD(LANES_LOAD_I, from, k, compare, lanes_mask_i, (void)0);             \
            } else {                                                                             \
                BITS_OF_WORD(LANES_LOAD_I, from, LANES_LOAD_I(with + at), compare, lanes_mask_i, \
                             (void)0);                                                           \
            }                                                                                    \
            out[w] = bits ^ turn;                                                                \
        }                                                                                        \
    }

COMPARE_INTS(ints_eq, LANES_EQ_I(x, y))
COMPARE_INTS(ints_gt, LANES_GT_I(x, y))
COMPARE_INTS(ints_lt, LANES_GT_I(y, x))

static void compare_ints(uint8_t cmp, const int64_t *a, const int64_t *b, uint32_t step,
                         uint32_t words, uint64_t *out)
{
    switch (cmp) {
    case EXPR_EQ:
        ints_eq(a, b, step, words, 0, out);
        break;
    case EXPR_NE:
        ints_eq(a, b, step, words, UINT64_MAX, out);
        break;
    case EXPR_LT:
        ints_lt(a, b, step, words, 0, out);
        break;
    case EXPR_GE:
        ints_lt(a, b, step, words, UINT64_MAX, out);
        break;
    case EXPR_GT:
        ints_gt(a, b, step, words, 0, out);
        break;
    default:
        ints_gt(a, b, step, words, UINT64_MAX, out);
        break;
    }
}

static void not_finite(const double *a, uint32_t words, uint64_t *out)
{
    lanes_d x, y;
    uint64_t bits;
    for (uint32_t w = 0; w < words; w++) {
        BITS_OF_WORD(LANES_LOAD_D, a + 64 * (size_t)w, LANES_SUB_D(x, x), LANES_UNORDERED(y),
                     lanes_mask_d, (void)0);
        out[w] = bits;
    }
}

/* ---- bytes ---- */

#if !defined(LANES_AVX2) && !defined(LANES_SSE2)
/* Eight bytes of 0 and 1, the first one lowest: the product has them as bits on top. */
#define GATHER UINT64_C(0x0102040810204080)

static uint64_t eight_bytes(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (unsigned k = 0; k < 8; k++) {
        word |= (uint64_t)(bytes[k] != 0) << 8 * k;
    }
    return word;
}
#endif

static uint64_t word_of(const uint8_t *bytes)
{
    uint64_t bits = 0;
#if defined(LANES_AVX2)
    for (unsigned j = 0; j < 64; j += 32) {
        __m256i zero = _mm256_cmpeq_epi8(LANES_LOAD_I(bytes + j), _mm256_setzero_si256());
        bits |= (uint64_t)(uint32_t)~_mm256_movemask_epi8(zero) << j;
    }
#elif defined(LANES_SSE2)
    for (unsigned j = 0; j < 64; j += 16) {
        __m128i zero = _mm_cmpeq_epi8(LANES_LOAD_I(bytes + j), _mm_setzero_si128());
        bits |= (uint64_t)(uint16_t)~_mm_movemask_epi8(zero) << j;
    }
#else
    for (unsigned j = 0; j < 64; j += 8) {
        bits |= (eight_bytes(bytes + j) * GATHER >> 56) << j;
    }
#endif
    return bits;
}

static void bits_of(const uint8_t *bytes, uint32_t words, uint64_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        out[w] = word_of(bytes + 64 * (size_t)w);
    }
}

#if defined(LANES_AVX2)
/* 32 bits as bytes that are all ones or zero. */
static __m256i wide_bytes(uint32_t bits)
{
    const __m256i which =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((int64_t)UINT64_C(0x8040201008040201));
    __m256i each = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), which);
    return _mm256_cmpeq_epi8(_mm256_and_si256(each, bit), bit);
}

static void spread(const uint64_t *low, const uint64_t *high, uint32_t words, uint8_t *out)
{
    for (uint32_t h = 0; h < 2 * words; h++) {
        __m256i one = wide_bytes((uint32_t)(low[h / 2] >> 32 * (h % 2)));
        __m256i two = wide_bytes((uint32_t)(high[h / 2] >> 32 * (h % 2)));
        one = _mm256_and_si256(one, _mm256_set1_epi8(1));
        two = _mm256_and_si256(two, _mm256_set1_epi8(2));
        _mm256_storeu_si256((void *)(out + 32 * (size_t)h), _mm256_or_si256(one, two));
    }
}

static void few_codes(const uint32_t *codes, uint32_t table, uint32_t words, uint64_t *out)
{
    const __m256i bits = _mm256_set1_epi32((int)table);
    for (uint32_t w = 0; w < words; w++) {
        uint64_t word = 0;
        for (unsigned j = 0; j < 64; j += 8) {
            __m256i at = LANES_LOAD_I(codes + 64 * (size_t)w + j);
            __m256i hit = _mm256_slli_epi32(_mm256_srlv_epi32(bits, at), 31);
            word |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(hit)) << j;
        }
        out[w] = word;
    }
}

static void look_up(const uint32_t *codes, const uint32_t *table, uint32_t words, uint64_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        uint64_t word = 0;
        for (unsigned j = 0; j < 64; j += 8) {
            __m256i at = LANES_LOAD_I(codes + 64 * (size_t)w + j);
            __m256i in = _mm256_i32gather_epi32((const int *)(const void *)table,
                                                _mm256_srli_epi32(at, 5), 4);
            /* Shifts take the code modulo 32 only where it is cut to that. */
            __m256i bit = _mm256_and_si256(at, _mm256_set1_epi32(31));
            __m256i hit = _mm256_slli_epi32(_mm256_srlv_epi32(in, bit), 31);
            word |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(hit)) << j;
        }
        out[w] = word;
    }
}
#else
#define ONES UINT64_C(0x0101010101010101)

/* Eight bits as eight bytes of 0 and 1, the lowest first. */
static uint64_t bytes_of(uint64_t eight)
{
    uint64_t each = (eight * ONES) & UINT64_C(0x8040201008040201);
    return ((each + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7) & ONES;
}

static void put_bytes(uint64_t word, uint8_t *to)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, &word, 8);
#else
    for (unsigned k = 0; k < 8; k++) {
        to[k] = (uint8_t)(word >> 8 * k);
    }
#endif
}

static void spread(const uint64_t *low, const uint64_t *high, uint32_t words, uint8_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        for (unsigned j = 0; j < 64; j += 8) {
            put_bytes(bytes_of(low[w] >> j & 0xff) | bytes_of(high[w] >> j & 0xff) << 1,
                      out + 64 * (size_t)w + j);
        }
    }
}

static void few_codes(const uint32_t *codes, uint32_t table, uint32_t words, uint64_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        uint64_t word = 0;
        for (unsigned j = 0; j < 64; j++) {
            word |= (uint64_t)(table >> (codes[64 * (size_t)w + j] & 31) & 1u) << j;
        }
        out[w] = word;
    }
}

static void look_up(const uint32_t *codes, const uint32_t *table, uint32_t words, uint64_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        uint64_t word = 0;
        for (unsigned j = 0; j < 64; j++) {
            uint32_t code = codes[64 * (size_t)w + j];
            word |= (uint64_t)(table[code >> 5] >> (code & 31) & 1u) << j;
        }
        out[w] = word;
    }
}
#endif

static uint32_t largest(const uint32_t *codes, uint32_t words)
{
    uint32_t most[16] = {0}, result = 0;
    for (size_t i = 0; i < 64 * (size_t)words; i += 16) {
        for (unsigned j = 0; j < 16; j++) {
            most[j] = codes[i + j] > most[j] ? codes[i + j] : most[j];
        }
    }
    for (unsigned j = 0; j < 16; j++) {
        result = most[j] > result ? most[j] : result;
    }
    return result;
}

/* ---- arithmetic ---- */

#define EACH_ROW(statement)                \
    for (uint32_t w = 0; w < words; w++) { \
        size_t base = 64 * (size_t)w;      \
        for (size_t j = 0; j < 64; j++) {  \
            size_t i = base + j;           \
            statement;                     \
        }                                  \
    }

/* `of(x, y)` for rows with rows, rows with one, one with rows. */
#define BY_STEPS(of)                          \
    do {                                      \
        if (a_step == 1 && b_step == 1) {     \
            EACH_ROW(to[i] = of(a[i], b[i])); \
        } else if (a_step == 1) {             \
            EACH_ROW(to[i] = of(a[i], kb));   \
        } else if (b_step == 1) {             \
            EACH_ROW(to[i] = of(ka, b[i]));   \
        } else {                              \
            EACH_ROW(to[i] = of(ka, kb));     \
        }                                     \
    } while (0)

#define ADD_OF(x, y) ((x) + (y))
#define SUB_OF(x, y) ((x) - (y))
#define MUL_OF(x, y) ((x) * (y))
#define DIV_OF(x, y) ((x) / (y))
#define NEG_OF(x, y) (-(x))
#define MIN_OF(x, y) ((y) < (x) ? (y) : (x))
#define MAX_OF(x, y) ((y) > (x) ? (y) : (x))
#define SAME_OF(x, y) (x)

static bool doubles(uint8_t op, const double *restrict a, uint32_t a_step, const double *restrict b,
                    uint32_t b_step, uint32_t words, double *restrict to)
{
    double ka = a[0], kb = b[0];
    switch (op) {
    case OP_ADD_D:
        BY_STEPS(ADD_OF);
        return true;
    case OP_SUB_D:
        BY_STEPS(SUB_OF);
        return true;
    case OP_MUL_D:
        BY_STEPS(MUL_OF);
        return true;
    case OP_DIV_D:
        BY_STEPS(DIV_OF);
        return true;
    case OP_NEG_D:
        BY_STEPS(NEG_OF);
        return true;
    case OP_MIN_D:
        BY_STEPS(MIN_OF);
        return true;
    case OP_MAX_D:
        BY_STEPS(MAX_OF);
        return true;
    default:
        return false;
    }
}

static void to_doubles(const int64_t *restrict a, uint32_t words, double *restrict to)
{
    EACH_ROW(to[i] = (double)a[i]);
}

/* One row; true: it has no result, and 0 stands for it. */
static inline bool int_row(uint8_t op, int64_t x, int64_t y, int64_t *to)
{
    bool bad = false;
    *to = 0;
    switch (op) {
    case OP_ADD_I:
        bad = __builtin_add_overflow(x, y, to);
        break;
    case OP_SUB_I:
        bad = __builtin_sub_overflow(x, y, to);
        break;
    case OP_MUL_I:
        bad = __builtin_mul_overflow(x, y, to);
        break;
    case OP_NEG_I:
        bad = __builtin_sub_overflow((int64_t)0, x, to);
        break;
    case OP_MIN_I:
        *to = x < y ? x : y;
        break;
    case OP_MAX_I:
        *to = x > y ? x : y;
        break;
    default:
        bad = y == 0 || (y == -1 && x == INT64_MIN);
        if (!bad) {
            *to = op == OP_DIV_I ? x / y : x % y;
        }
        break;
    }
    return bad;
}

#define INT_ROWS(name, op)                                                                  \
    static void name(const int64_t *restrict a, uint32_t a_step, const int64_t *restrict b, \
                     uint32_t b_step, uint32_t words, int64_t *restrict to,                 \
                     uint64_t *restrict bad)                                                \
    {                                                                                       \
        for (uint32_t w = 0; w < words; w++) {                                              \
            uint64_t bits = 0;                                                              \
            for (size_t j = 0; j < 64; j++) {                                               \
                size_t i = 64 * (size_t)w + j;                                              \
                bits |= (uint64_t)int_row(op, a[a_step * i], b[b_step * i], &to[i]) << j;   \
            }                                                                               \
            bad[w] = bits;                                                                  \
        }                                                                                   \
    }

INT_ROWS(ints_add, OP_ADD_I)
INT_ROWS(ints_sub, OP_SUB_I)
INT_ROWS(ints_mul, OP_MUL_I)
INT_ROWS(ints_neg, OP_NEG_I)
INT_ROWS(ints_min, OP_MIN_I)
INT_ROWS(ints_max, OP_MAX_I)
INT_ROWS(ints_div, OP_DIV_I)
INT_ROWS(ints_mod, OP_MOD_I)

static bool ints(uint8_t op, const int64_t *a, uint32_t a_step, const int64_t *b, uint32_t b_step,
                 uint32_t words, int64_t *to, uint64_t *bad)
{
    static const struct {
        uint8_t op;
        void (*run)(const int64_t *restrict a, uint32_t a_step, const int64_t *restrict b,
                    uint32_t b_step, uint32_t words, int64_t *restrict to, uint64_t *restrict bad);
    } loops[] = {{OP_ADD_I, ints_add}, {OP_SUB_I, ints_sub}, {OP_MUL_I, ints_mul},
                 {OP_NEG_I, ints_neg}, {OP_MIN_I, ints_min}, {OP_MAX_I, ints_max},
                 {OP_DIV_I, ints_div}, {OP_MOD_I, ints_mod}};
    for (size_t k = 0; k < sizeof loops / sizeof *loops; k++) {
        if (loops[k].op == op) {
            loops[k].run(a, a_step, b, b_step, words, to, bad);
            return true;
        }
    }
    return false;
}

/* ---- texts ---- */

static void text_keys(const churn_str *texts, uint64_t rows, uint64_t *keys)
{
    if (rows == UINT64_MAX) {
        for (unsigned j = 0; j < 64; j++) {
            keys[j] = expr_text_key(texts[j]);
        }
        return;
    }
    memset(keys, 0, 64 * sizeof *keys);
    for (; rows != 0; rows &= rows - 1) {
        unsigned j = (unsigned)__builtin_ctzll(rows);
        keys[j] = expr_text_key(texts[j]);
    }
}

static uint64_t keys_holding(const uint64_t *keys, uint64_t part, uint64_t mask, uint32_t len)
{
    uint8_t held[64] = {0};
    for (uint32_t at = 0; at + len < EXPR_KEY_SHORT; at++) {
        for (uint32_t j = 0; j < 64; j++) { /* of a longer string the length is none of these */
            uint64_t size = keys[j] >> 56;
            held[j] |=
                ((keys[j] >> 8 * at & mask) == part) & (at + len <= size) & (size < EXPR_KEY_SHORT);
        }
    }
    return word_of(held);
}

static bool check_texts(const churn_str *texts, uint64_t rows, uint64_t *keys)
{
    uint64_t any = 0;
    memset(keys, 0, 64 * sizeof *keys);
    for (; rows != 0; rows &= rows - 1) {
        unsigned j = (unsigned)__builtin_ctzll(rows);
        churn_str s = texts[j];
        if (s.ptr == NULL && s.len > 0) {
            return false;
        }
        keys[j] = expr_text_key(s);
        any |= s.len < EXPR_KEY_SHORT ? keys[j] : expr_long_bits(s.ptr, s.len);
    }
    return (any & EXPR_KEY_HIGH) == 0;
}

const expr_kernels EXPR_KERNELS = {.name = EXPR_KERNELS_NAME,
                                   .compare_doubles = compare_doubles,
                                   .compare_ints = compare_ints,
                                   .not_finite = not_finite,
                                   .bits_of = bits_of,
                                   .spread = spread,
                                   .few_codes = few_codes,
                                   .codes = look_up,
                                   .largest = largest,
                                   .doubles = doubles,
                                   .ints = ints,
                                   .to_doubles = to_doubles,
                                   .text_keys = text_keys,
                                   .keys_holding = keys_holding,
                                   .check_texts = check_texts};

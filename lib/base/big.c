/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

static void big_push(churn__big *big, uint32_t limb)
{
    if (limb != 0 && big->count < CHURN__BIG_LIMBS) {
        big->limb[big->count++] = limb;
    }
}

void churn__big_set(churn__big *big, uint64_t value)
{
    big->count = 0;
    if (value >> 32 != 0) {
        big->limb[big->count++] = (uint32_t)value;
        big->limb[big->count++] = (uint32_t)(value >> 32);
    } else {
        big_push(big, (uint32_t)value);
    }
}

void churn__big_mul_add(churn__big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    big_push(big, (uint32_t)carry);
}

void churn__big_mul_pow5(churn__big *big, unsigned n)
{
    static const uint32_t small[] = {1,     5,      25,      125,     625,      3125,     15625,
                                     78125, 390625, 1953125, 9765625, 48828125, 244140625};
    const uint32_t pow13 = 1220703125; /* the largest power of five below 2^32 */
    for (; n >= 13; n -= 13) {
        churn__big_mul_add(big, pow13, 0);
    }
    churn__big_mul_add(big, small[n], 0);
}

void churn__big_shift(churn__big *big, unsigned bits)
{
    int limbs = (int)(bits / 32);
    if (bits % 32 != 0) {
        churn__big_mul_add(big, UINT32_C(1) << (bits % 32), 0);
    }
    if (big->count == 0 || limbs == 0 || limbs > CHURN__BIG_LIMBS - big->count) {
        return;
    }
    memmove(big->limb + limbs, big->limb, (size_t)big->count * sizeof big->limb[0]);
    memset(big->limb, 0, (size_t)limbs * sizeof big->limb[0]);
    big->count += limbs;
}

uint32_t churn__big_div(churn__big *big, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = big->count - 1; i >= 0; i--) {
        rest = rest << 32 | big->limb[i];
        big->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (big->count > 0 && big->limb[big->count - 1] == 0) {
        big->count--;
    }
    return (uint32_t)rest;
}

int churn__big_cmp(const churn__big *a, const churn__big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (int i = a->count - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

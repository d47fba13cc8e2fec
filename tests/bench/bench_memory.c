/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * What the machine's memory gives one thread: the limit beside which docs/performance.md puts our
 * figures. Prints gigabytes a second read in order and written in order, and nanoseconds for one
 * word read at a place that nothing announces.
 */
#define WORDS ((size_t)1 << 25) /* 256 MiB */
#define HOPS 2000000u

static double best(double a, double b)
{
    return a < b ? a : b;
}

int main(void)
{
    uint64_t *data = malloc(WORDS * sizeof *data);
    uint64_t sum = 0, seed = 5;
    double read = 1e9, written = 1e9, start = 0;
    for (int round = 0; round < 5; round++) {
        start = seconds();
        memset(data, round + 1, WORDS * sizeof *data);
        written = best(written, seconds() - start);
        start = seconds();
        for (size_t i = 0; i < WORDS; i++) {
            sum += data[i];
        }
        read = best(read, seconds() - start);
    }
    start = seconds();
    for (uint32_t i = 0; i < HOPS; i++) {
        seed = next_random(&seed) + (data[seed % WORDS] & 1);
    }
    double hop = (seconds() - start) / HOPS;
    double size = (double)(WORDS * sizeof *data) * 1e-9;
    printf("memory: read %.1f GB/s, written %.1f GB/s, a distant word %.0f ns (%llu)\n",
           size / read, size / written, hop * 1e9, (unsigned long long)(sum + seed) & 1);
    free(data);
    return 0;
}

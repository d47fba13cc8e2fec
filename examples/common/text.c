/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HUNDREDTH 10000 /* in units of 1e-6 */

void text_units(int64_t units, int decimals, char out[TEXT_NUMBER])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%0*lld", decimals + 1,
                          units < 0 ? -(long long)units : (long long)units);
    int whole = length - decimals;
    size_t at = 0;
    if (units < 0)
        out[at++] = '-';
    for (int i = 0; i < length; i++) {
        if (i == whole)
            out[at++] = '.';
        else if (i > 0 && i < whole && (whole - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void text_number(double value, int decimals, char out[TEXT_NUMBER])
{
    double power = 1;
    for (int i = 0; i < decimals; i++)
        power *= 10;
    double units = floor(fabs(value) * power + 0.5);
    text_units(value < 0 ? -(int64_t)units : (int64_t)units, decimals, out);
}

static int code_points(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

void print_right(const char *text, int width)
{
    printf("%*s%s", width > code_points(text) ? width - code_points(text) : 0, "", text);
}

void print_left(const char *text, int width)
{
    printf("%s%*s", text, width > code_points(text) ? width - code_points(text) : 0, "");
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t text_add_up(const int64_t *micro, int64_t *hundredths, size_t count)
{
    int64_t sum = 0, given = 0;
    for (size_t i = 0; i < count; i++) {
        sum += micro[i];
        hundredths[i] = floor_div(micro[i], HUNDREDTH);
        given += hundredths[i];
    }
    int64_t target = floor_div(sum + HUNDREDTH / 2, HUNDREDTH);
    for (int64_t left = target - given; left > 0; left--) {
        size_t best = 0;
        int64_t most = -1;
        for (size_t i = 0; i < count; i++) {
            /* Below zero for a line that has had its hundredth. */
            int64_t remainder = micro[i] - hundredths[i] * HUNDREDTH;
            if (remainder > most) {
                most = remainder;
                best = i;
            }
        }
        hundredths[best]++;
    }
    return target;
}

/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_TEXT_H
#define EXAMPLES_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <churn/types.h>

/*
 * Plain text in columns. The programs of the other languages print the same bytes, so that the
 * rules are few: no locale; widths count code points; numbers round half away from zero.
 */

/* What is printed where a number is undefined: an en dash. */
#define TEXT_UNDEFINED "\xE2\x80\x93"

#define TEXT_NUMBER 48 /* bytes that hold any number below */

/* `units` is the number times 10^decimals; every three digits before the point a comma. */
void text_units(int64_t units, int decimals, char out[TEXT_NUMBER]);

/* floor(|value| * 10^decimals + 0.5) with the sign of value, then as text_units(). */
void text_number(double value, int decimals, char out[TEXT_NUMBER]);

/* Print with spaces before (right) or after (left) up to `width` code points; never cut. */
void print_right(const char *text, int width);
void print_left(const char *text, int width);

/* Round `count` numbers of units of 1e-6 to hundredths so that they add up to their rounded sum:
 * each is rounded down, and the hundredths that are missing go to the largest remainders, of equal
 * ones to the first. Returns the sum in hundredths. `hundredths` may not be `micro`. */
int64_t text_add_up(const int64_t *micro, int64_t *hundredths, size_t count);

#endif

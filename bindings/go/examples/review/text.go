// SPDX-License-Identifier: MIT

package main

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What is printed where a number is undefined.
const undefined = "–"

// The number of units of 10^-decimals, every three digits before the point a comma.
func units(value int64, decimals int) string {
	digits := strconv.FormatInt(max(value, -value), 10)
	digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
	whole := len(digits) - decimals
	var out strings.Builder
	if value < 0 {
		out.WriteByte('-')
	}
	for i, digit := range digits {
		if i == whole {
			out.WriteByte('.')
		} else if i > 0 && i < whole && (whole-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	return out.String()
}

// As units, of a number rounded half away from zero.
func number(value float64, decimals int) string {
	rounded := int64(math.Floor(math.Abs(value)*math.Pow10(decimals) + 0.5))
	if value < 0 {
		rounded = -rounded
	}
	return units(rounded, decimals)
}

func padding(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func right(text string, width int) string {
	return padding(text, width) + text
}

func left(text string, width int) string {
	return text + padding(text, width)
}

const hundredth = 10_000 // in units of 1e-6

func floorDiv(a, b int64) int64 {
	if a%b < 0 {
		return a/b - 1
	}
	return a / b
}

// Round numbers of units of 1e-6 to hundredths so that they add up to their rounded sum, which is
// returned: each is rounded down, and what is missing goes to the largest remainders, of equal ones to
// the first.
func addUp(micro []int64) (hundredths []int64, target int64) {
	hundredths = make([]int64, len(micro))
	sum, given := int64(0), int64(0)
	for i, value := range micro {
		sum += value
		hundredths[i] = floorDiv(value, hundredth)
		given += hundredths[i]
	}
	target = floorDiv(sum+hundredth/2, hundredth)
	for missing := target - given; missing > 0; missing-- {
		best, most := 0, int64(-1)
		for i, value := range micro {
			if remainder := value - hundredths[i]*hundredth; remainder > most {
				best, most = i, remainder
			}
		}
		hundredths[best]++
	}
	return hundredths, target
}

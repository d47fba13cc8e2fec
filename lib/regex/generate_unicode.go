//go:build ignore

// SPDX-License-Identifier: MIT

// Writes unicode_table.inc: general categories, scripts and simple case folds, from the tables of Go's
// package unicode, which hold the data files of the Unicode Character Database.
//
//	go run lib/regex/generate_unicode.go > lib/regex/unicode_table.inc
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"unicode"
)

// Code points with one value in a row: the first of them, and the value.
type run struct {
	start rune
	value int
}

func names(tables map[string]*unicode.RangeTable, want func(string) bool) []string {
	var out []string
	for name := range tables {
		if want(name) {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

// Which of the tables each code point is in, as runs; `none` where it is in none.
func runs(tables map[string]*unicode.RangeTable, names []string, none int) []run {
	values := make([]int, unicode.MaxRune+1)
	for i := range values {
		values[i] = none
	}
	for i, name := range names {
		table := tables[name]
		for _, r := range table.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				values[c] = i
			}
		}
		for _, r := range table.R32 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				values[c] = i
			}
		}
	}
	var out []run
	for c, v := range values {
		if c == 0 || v != values[c-1] {
			out = append(out, run{rune(c), v})
		}
	}
	return out
}

type fold struct {
	lo, hi, delta, stride rune
}

// The orbit of each code point under simple folding is a ring; these are its steps.
func folds() []fold {
	var out []fold
	for c := rune(0); c <= unicode.MaxRune; c++ {
		delta := unicode.SimpleFold(c) - c
		if delta == 0 {
			continue
		}
		joined := false
		for i := len(out) - 1; i >= 0 && i >= len(out)-2 && !joined; i-- {
			last := &out[i]
			step := c - last.hi
			if last.delta == delta && (step == 1 || step == 2) &&
				(last.lo == last.hi || last.stride == step) {
				last.hi, last.stride, joined = c, step, true
			}
		}
		if !joined {
			out = append(out, fold{c, c, delta, 1})
		}
	}
	return out
}

func write(w *bufio.Writer, kind string, names []string, runs []run) {
	fmt.Fprintf(w, "\nstatic const char *const %s_names[] = {", kind)
	for i, name := range names {
		if i%8 == 0 {
			fmt.Fprint(w, "\n   ")
		}
		fmt.Fprintf(w, " \"%s\",", name)
	}
	fmt.Fprintf(w, "\n};\n\nstatic const uint32_t %s_runs[] = {", kind)
	for i, r := range runs {
		if i%10 == 0 {
			fmt.Fprint(w, "\n   ")
		}
		fmt.Fprintf(w, " 0x%x,", uint32(r.start)<<8|uint32(r.value))
	}
	fmt.Fprint(w, "\n};\n")
}

func main() {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	fmt.Fprintf(w, "/* SPDX-License-Identifier: MIT */\n")
	fmt.Fprintf(w, "/* Unicode %s. Written by generate_unicode.go; do not edit. */\n", unicode.Version)
	categories := names(unicode.Categories, func(name string) bool {
		return len(name) == 2 && name != "LC" && name != "Cn"
	})
	categories = append(categories, "Cn")
	write(w, "category", categories, runs(unicode.Categories, categories, len(categories)-1))
	scripts := names(unicode.Scripts, func(string) bool { return true })
	write(w, "script", scripts, runs(unicode.Scripts, scripts, 255))
	all := folds()
	fmt.Fprintf(w, "\nstatic const fold_run fold_runs[] = {\n")
	for _, f := range all {
		fmt.Fprintf(w, "    {0x%x, 0x%x, %d, %d},\n", f.lo, f.hi, f.delta, f.stride)
	}
	fmt.Fprint(w, "};\n")
}

//go:build ignore

// SPDX-License-Identifier: MIT

// Answers the questions of regex_driver.c with Go's package regexp, whose syntax is RE2's.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"regexp/syntax"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<17), 1<<17)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var re *regexp.Regexp
	for in.Scan() {
		line := in.Text()
		given, _ := hex.DecodeString(line[2:])
		if line[0] == 't' {
			if re != nil && re.Match(given) {
				fmt.Fprintln(out, "1")
			} else {
				fmt.Fprintln(out, "0")
			}
			continue
		}
		var err error
		re, err = regexp.Compile(string(given))
		fault, _ := err.(*syntax.Error)
		switch {
		case err == nil:
			fmt.Fprintln(out, "ok")
		case fault != nil && (fault.Code == syntax.ErrLarge || fault.Code == syntax.ErrNestingDepth ||
			fault.Code == syntax.ErrInvalidRepeatSize):
			fmt.Fprintln(out, "large")
		default:
			fmt.Fprintln(out, "bad")
		}
	}
}

// SPDX-License-Identifier: MIT

// Package cel judges expressions by cel-go: random expressions of what both languages have, over
// random records, must come to the same.
package cel

import (
	"math/rand/v2"
	"strings"
)

// One form of the common subset: $x is any expression of type x, @x a literal, #x a variable, by the
// letters of the types: bool, int, double, string, time, duration (u).
type form struct {
	of   byte
	text string
}

// Left out is what CEL leaves to implementations: how string() shows a double or an instant (that it
// reads back as the same is in), and the least of numbers of which one is NaN, for which cel-go says that
// there is no overload; the least of ints and doubles is a double here and either of them there, so it is
// compared. Of durations, what string() shows in cel-go went
// through a double, and getMilliseconds() is all of it there, not what is left of a second as in the
// definition. A literal that is no instant or duration is refused when it is compiled, here alone, so
// texts that are converted are made of two.
var forms = []form{
	{'b', "($b && $b)"}, {'b', "($b || $b)"}, {'b', "($b && $b && $b)"}, {'b', "($b || $b || $b)"},
	{'b', "!$b"}, {'b', "($b ? $b : $b)"}, {'b', "$b == $b"}, {'b', "($b != $b)"}, {'b', "($b < $b)"},
	{'b', "($i == $i)"}, {'b', "($i != $i)"}, {'b', "($i < $i)"}, {'b', "($i <= $i)"}, {'b', "($i > $i)"},
	{'b', "($i >= $i)"}, {'b', "($d == $d)"}, {'b', "($d != $d)"}, {'b', "($d < $d)"}, {'b', "($d <= $d)"},
	{'b', "($d > $d)"}, {'b', "($d >= $d)"}, {'b', "($s == $s)"}, {'b', "($s != $s)"}, {'b', "($s < $s)"},
	{'b', "($s >= $s)"}, {'b', "($t == $t)"}, {'b', "($t != $t)"}, {'b', "($t < $t)"}, {'b', "($t >= $t)"},
	{'b', "($u == $u)"}, {'b', "($u <= $u)"}, {'b', "($u > $u)"},
	{'b', "($i in [$i, @i, $i])"}, {'b', "($d in [$d, @d])"}, {'b', "($s in [@s, $s, @s])"},
	{'b', "($b in [$b, @b])"}, {'b', "($t in [$t, @t])"}, {'b', "($u in [@u, $u])"}, {'b', "($i in [])"},
	{'b', "$s.contains($s)"}, {'b', "$s.startsWith($s)"}, {'b', "$s.endsWith($s)"},
	{'b', "$s.matches(@r)"}, {'b', "matches($s, @r)"},
	{'b', "bool($s)"}, {'b', "bool($b)"}, {'b', "math.isNaN($d)"}, {'b', "math.isInf($d)"},
	{'b', "math.isFinite($d)"}, {'b', "(dyn($i) == dyn($s))"}, {'b', "(dyn($i) == $i)"}, {'b', "(dyn($d) == dyn($i))"},
	{'b', "(math.least(@d, size($s)) <= @d)"}, {'b', "(math.greatest([size($s), @d, $t.getDate()]) == @d)"},
	{'b', "(null == $t)"}, {'b', "($u != null)"}, {'b', "(null == null)"},
	{'b', "([$i, @i] == [@i, $i])"}, {'b', "([$s] != [@s])"},
	{'i', "($i + $i)"}, {'i', "($i - $i)"}, {'i', "($i * $i)"}, {'i', "($i / $i)"}, {'i', "($i % $i)"},
	{'i', "(-($i))"}, {'i', "($b ? $i : $i)"}, {'i', "int($d)"}, {'i', "int($s)"}, {'i', "int($i)"},
	{'i', "int($t)"}, {'i', "size($s)"}, {'i', "$s.size()"}, {'i', "size([$i, $i])"}, {'i', "[$s, $s].size()"},
	{'i', "math.least($i, $i)"}, {'i', "math.greatest($i, $i, @i)"}, {'i', "math.abs($i)"},
	{'i', "math.sign($i)"}, {'i', "math.greatest([$i, @i, $i])"}, {'i', "math.least([$i])"},
	{'i', "math.bitAnd($i, $i)"}, {'i', "math.bitOr($i, $i)"}, {'i', "math.bitXor($i, $i)"}, {'i', "math.bitNot($i)"},
	{'i', "math.bitShiftLeft($i, $i)"}, {'i', "math.bitShiftRight($i, $i)"}, {'i', "$t.getFullYear()"}, {'i', "$t.getMonth()"}, {'i', "$t.getDate()"},
	{'i', "$t.getDayOfMonth()"}, {'i', "$t.getDayOfWeek()"}, {'i', "$t.getDayOfYear()"},
	{'i', "$t.getHours()"}, {'i', "$t.getMinutes()"}, {'i', "$t.getSeconds()"}, {'i', "$t.getMilliseconds()"},
	{'i', "$t.getHours(@z)"}, {'i', "$t.getMinutes(@z)"}, {'i', "$t.getDate(@z)"}, {'i', "$t.getDayOfYear(@z)"},
	{'i', "$t.getDayOfWeek(@z)"}, {'i', "$t.getMonth(@z)"}, {'i', "$t.getFullYear(@z)"}, {'i', "$t.getDayOfMonth(@z)"},
	{'i', "$u.getHours()"}, {'i', "$u.getMinutes()"}, {'i', "$u.getSeconds()"},
	{'d', "($d + $d)"}, {'d', "($d - $d)"}, {'d', "($d * $d)"}, {'d', "($d / $d)"}, {'d', "(-($d))"},
	{'d', "($b ? $d : $d)"}, {'d', "double($i)"}, {'d', "double($s)"}, {'d', "double($d)"},
	{'d', "math.least((math.isNaN(d0) ? 0.0 : d0), @d)"}, {'d', "math.greatest(@d, (math.isNaN(d1) ? 0.0 : d1), @d)"},
	{'d', "math.abs($d)"}, {'d', "double(string(math.isFinite(d0) ? d0 : @d))"},
	{'d', "math.sign($d)"}, {'d', "math.ceil($d)"}, {'d', "math.floor($d)"}, {'d', "math.round($d)"},
	{'d', "math.trunc($d)"}, {'d', "math.sqrt($d)"}, {'d', "math.sqrt($i)"},
	{'s', "($s + $s)"}, {'s', "($b ? $s : $s)"}, {'s', "string($i)"}, {'s', "string($b)"},
	{'s', "string(@u)"}, {'s', "string($s)"},
	{'t', "timestamp($i)"}, {'t', "timestamp($s + '')"}, {'t', "timestamp($t)"}, {'t', "timestamp(string($t))"}, {'t', "($b ? $t : $t)"},
	{'t', "($t + $u)"}, {'t', "($u + $t)"}, {'t', "($t - $u)"},
	{'u', "($t - $t)"}, {'u', "($u + $u)"}, {'u', "($u - $u)"}, {'u', "($b ? $u : $u)"},
	{'u', "duration($s + '')"}, {'u', "duration($u)"}, {'u', "duration(string(@u))"},
}

// Literals that meet what the columns hold. Instants and spans are whole microseconds, which is what
// the library counts in; 'r' are regular expressions, 'z' time zones.
var literals = map[byte][]string{
	'b': {"true", "false"},
	'i': {"0", "1", "-1", "2", "7", "100", "9223372036854775807", "-9223372036854775808", "9007199254740993", "0x10", "-0xfF"},
	'd': {"0.0", "1.0", "-1.5", "7.25", "1e300", "1e-300", "9007199254740992.0", "9223372036854775808.0", ".5", "2.5", "-2.5", "1E2", "3.0e+0"},
	's': {`""`, `'a'`, `"ab"`, `'free'`, `'\u00e9t\u00e9'`, `r'a\b'`, `'12'`, `'-7'`, `'true'`, `'1.5'`, `"2026-01-01T00:00:00Z"`,
		`'90m'`, `'\x41\n\t\\'`, `'''a'b"c'''`, `"\U0001F600"`, `'\101'`, `'1h30m'`, `'-1.5s'`, `R"\d"`,
		`'T'`, `'.5'`, `'-7.'`, `'inf'`, `'-Infinity'`, `'naN'`, `'+1E3'`, `'0x10'`, `'.'`},
	't': {"timestamp('2026-01-01T00:00:00Z')", "timestamp('1969-12-31T23:59:59.5Z')", "timestamp('2024-02-29T12:30:00+05:30')",
		"timestamp(1767225600)", "timestamp('0001-01-01T00:00:00Z')", "timestamp('9999-12-31T23:59:59.999999Z')",
		"timestamp('2026-03-29T01:00:00Z')", "timestamp('2026-10-25T00:59:59.000001Z')"},
	'u': {"duration('0s')", "duration('1h')", "duration('-90m')", "duration('1.5s')", "duration('24h')", "duration('2000000h')",
		"duration('1ms')", "duration('1h2m3s4ms5us')", "duration('-1us')"},
	'r': {`'a'`, `'^a'`, `'b$'`, `'^$'`, `'[a-f]+'`, `'(a|b)*'`, `r'\d+'`, `'t.u?e'`, `'^(free|ab)$'`, `r'^\w{2}$'`, `'(?i)FREE'`, `r'\bab\b'`, `'[^0-9]'`, `'é'`, `r'^\p{L}+$'`},
	'z': {"'UTC'", "'+02:00'", "'-05:30'", "'Europe/Budapest'", "'America/New_York'", "'Asia/Kathmandu'", "'02:00'"},
}

// An expression as a tree, so that one that fails can be made smaller.
type node struct {
	of   byte
	form string // with a zero byte for each of the kids
	kids []*node
}

func (n *node) write(to *strings.Builder) {
	kid := 0
	for i := 0; i < len(n.form); i++ {
		if n.form[i] == 0 {
			n.kids[kid].write(to)
			kid++
			continue
		}
		to.WriteByte(n.form[i])
	}
}

func (n *node) String() string {
	var to strings.Builder
	n.write(&to)
	return to.String()
}

type maker struct {
	*rand.Rand
	usable map[byte][]form
}

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

func (m *maker) leaf(of byte) *node {
	if m.IntN(3) > 0 {
		return &node{of: of, form: m.variable(of)}
	}
	return &node{of: of, form: pick(m, literals[of])}
}

func (m *maker) variable(of byte) string { return string(of) + pick(m, []string{"0", "1"}) }

// Grow makes an expression of a type, at most depth forms deep.
func (m *maker) grow(of byte, depth int) *node {
	if depth == 0 || m.IntN(6) == 0 || len(m.usable[of]) == 0 {
		return m.leaf(of)
	}
	return m.fill(pick(m, m.usable[of]), depth-1, func(of byte) byte { return of })
}

// Fill puts expressions of the types that `as` says into the holes of a form.
func (m *maker) fill(f form, depth int, as func(byte) byte) *node {
	var text strings.Builder
	made := &node{of: f.of}
	for i := 0; i < len(f.text); i++ {
		switch f.text[i] {
		case '$':
			i++
			made.kids = append(made.kids, m.grow(as(f.text[i]), depth))
			text.WriteByte(0)
		case '@':
			i++
			text.WriteString(pick(m, literals[f.text[i]]))
		case '#':
			i++
			text.WriteString(m.variable(as(f.text[i])))
		default:
			text.WriteByte(f.text[i])
		}
	}
	made.form = text.String()
	return made
}

// Smaller calls try with one smaller expression after the other and returns the smallest that it
// says still fails.
func smaller(n *node, fails func(*node) bool) *node {
	for again := true; again; {
		again = false
		for _, candidate := range reductions(n) {
			if fails(candidate) {
				n, again = candidate, true
				break
			}
		}
	}
	return n
}

// All trees that are one step simpler: a kid of the same type instead of its parent, a variable or
// literal instead of more.
func reductions(n *node) []*node {
	var all []*node
	for _, kid := range n.kids {
		if kid.of == n.of {
			all = append(all, kid)
		}
	}
	if len(n.kids) > 0 {
		all = append(all, &node{of: n.of, form: string(n.of) + "0"}, &node{of: n.of, form: literals[n.of][0]})
	}
	for i, kid := range n.kids {
		for _, less := range reductions(kid) {
			kids := append([]*node(nil), n.kids...)
			kids[i] = less
			all = append(all, &node{n.of, n.form, kids})
		}
	}
	return all
}

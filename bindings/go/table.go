// SPDX-License-Identifier: MIT

package churn

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"
)

// Type is the type of a column of a table, a variable or a value.
type Type int32

// The types.
const (
	Bool   Type = 1
	Int    Type = 2
	Float  Type = 3
	String Type = 4
	Time   Type = 5
	// Duration is a type of expressions and of what they give: records hold none.
	Duration Type = 7
)

var typeNames = [...]string{"none", "bool", "int", "float", "string", "time", "type 6", "duration"}

// String returns the name of a type.
func (t Type) String() string {
	if t < 0 || int(t) >= len(typeNames) {
		return fmt.Sprintf("type %d", int32(t))
	}
	return typeNames[t]
}

// Table is a result: named, typed columns of equal length with nulls. It lives in Go's memory, is
// independent of what made it, never changes, and may be shared between goroutines.
type Table struct {
	rows    int
	columns []column
	index   map[string]int
}

// A column as the library keeps it: integers and instants in ints, text as one string with offsets
// in ints, truths as bits. valid is nil where every row has a value.
type column struct {
	name   string
	typ    Type
	floats []float64
	ints   []int64
	bits   []byte
	text   string
	valid  []byte
}

func hasBit(bits []byte, row int) bool {
	return bits[row>>3]>>(row&7)&1 != 0
}

func (c *column) isNull(row int) bool {
	return c.valid != nil && !hasBit(c.valid, row)
}

func (c *column) stringAt(row int) string {
	return c.text[c.ints[row]:c.ints[row+1]]
}

func (c *column) timeAt(row int) time.Time {
	if c.isNull(row) {
		return time.Time{}
	}
	return time.UnixMicro(c.ints[row]).UTC()
}

func (c *column) floatAt(row int) float64 {
	switch {
	case c.isNull(row):
		return math.NaN()
	case c.typ == Float:
		return c.floats[row]
	case c.typ == Int:
		return float64(c.ints[row])
	case hasBit(c.bits, row):
		return 1
	}
	return 0
}

// Len returns how many rows a table has.
func (t *Table) Len() int {
	return t.rows
}

// Columns returns the names of the columns, in order.
func (t *Table) Columns() []string {
	names := make([]string, len(t.columns))
	for i := range t.columns {
		names[i] = t.columns[i].name
	}
	return names
}

// Has tells whether there is a column of that name.
func (t *Table) Has(name string) bool {
	_, ok := t.index[name]
	return ok
}

// Type returns the type of a column, 0 where there is none of that name.
func (t *Table) Type(name string) Type {
	if i, ok := t.index[name]; ok {
		return t.columns[i].typ
	}
	return 0
}

// A misspelt column is a fault of the program, as an index out of range is: to answer it with zeros
// would turn the fault into a wrong number.
func (t *Table) find(name string, types ...Type) *column {
	i, ok := t.index[name]
	if !ok {
		panic(fmt.Sprintf("churn: the table has no column %q; it has %s", name,
			strings.Join(t.Columns(), ", ")))
	}
	for _, typ := range types {
		if t.columns[i].typ == typ {
			return &t.columns[i]
		}
	}
	if len(types) > 0 {
		panic(fmt.Sprintf("churn: column %q is of type %v, not %v", name, t.columns[i].typ, types[0]))
	}
	return &t.columns[i]
}

// Strings returns a column of text, "" where a cell is null. Like all methods of tables and rows
// that take the name of a column it panics where there is no such column or it is of another type.
func (t *Table) Strings(name string) []string {
	c := t.find(name, String)
	values := make([]string, t.rows)
	for row := range values {
		values[row] = c.stringAt(row)
	}
	return values
}

// Floats returns a column of floats, ints or bools as numbers, NaN where a cell is null.
func (t *Table) Floats(name string) []float64 {
	c := t.find(name, Float, Int, Bool)
	values := make([]float64, t.rows)
	for row := range values {
		values[row] = c.floatAt(row)
	}
	return values
}

// Ints returns a column of integers, 0 where a cell is null.
func (t *Table) Ints(name string) []int64 {
	return append([]int64(nil), t.find(name, Int).ints...)
}

// Bools returns a column of truths, false where a cell is null.
func (t *Table) Bools(name string) []bool {
	c := t.find(name, Bool)
	values := make([]bool, t.rows)
	for row := range values {
		values[row] = hasBit(c.bits, row)
	}
	return values
}

// Times returns a column of instants in UTC, the zero time where a cell is null.
func (t *Table) Times(name string) []time.Time {
	c := t.find(name, Time)
	values := make([]time.Time, t.rows)
	for row := range values {
		values[row] = c.timeAt(row)
	}
	return values
}

// Durations returns a column of durations, 0 where a cell is null.
func (t *Table) Durations(name string) []time.Duration {
	c := t.find(name, Duration)
	values := make([]time.Duration, t.rows)
	for row := range values {
		values[row] = time.Duration(c.ints[row])
	}
	return values
}

// Valid returns which rows of a column hold a value.
func (t *Table) Valid(name string) []bool {
	c := t.find(name)
	values := make([]bool, t.rows)
	for row := range values {
		values[row] = !c.isNull(row)
	}
	return values
}

// Row returns a row, from 0; it panics where there is none.
func (t *Table) Row(row int) Row {
	if row < 0 || row >= t.rows {
		panic(fmt.Sprintf("churn: row %d of a table of %d", row, t.rows))
	}
	return Row{t, row}
}

// Rows iterates over all rows.
func (t *Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for row := range t.rows {
			if !yield(Row{t, row}) {
				return
			}
		}
	}
}

// Row is one row of a table.
type Row struct {
	table *Table
	row   int
}

// Index returns the number of the row, from 0.
func (r Row) Index() int {
	return r.row
}

// IsNull tells whether a cell holds nothing.
func (r Row) IsNull(name string) bool {
	return r.table.find(name).isNull(r.row)
}

// String returns the text in a cell, "" where it is null.
func (r Row) String(name string) string {
	return r.table.find(name, String).stringAt(r.row)
}

// Float returns the number in a cell of a column of floats, ints or bools, NaN where it is null.
func (r Row) Float(name string) float64 {
	return r.table.find(name, Float, Int, Bool).floatAt(r.row)
}

// Int returns the integer in a cell, 0 where it is null.
func (r Row) Int(name string) int64 {
	return r.table.find(name, Int).ints[r.row]
}

// Bool returns the truth in a cell, false where it is null.
func (r Row) Bool(name string) bool {
	return hasBit(r.table.find(name, Bool).bits, r.row)
}

// Time returns the instant in a cell in UTC, the zero time where it is null.
func (r Row) Time(name string) time.Time {
	return r.table.find(name, Time).timeAt(r.row)
}

// Duration returns the duration in a cell, 0 where it is null.
func (r Row) Duration(name string) time.Duration {
	return time.Duration(r.table.find(name, Duration).ints[r.row])
}

// Value returns what a cell holds: bool, int64, float64, string, time.Time, time.Duration, or nil where
// it is null.
func (r Row) Value(name string) any {
	c := r.table.find(name)
	switch {
	case c.isNull(r.row):
		return nil
	case c.typ == Bool:
		return hasBit(c.bits, r.row)
	case c.typ == Int:
		return c.ints[r.row]
	case c.typ == Float:
		return c.floats[r.row]
	case c.typ == String:
		return c.stringAt(r.row)
	case c.typ == Duration:
		return time.Duration(c.ints[r.row])
	}
	return c.timeAt(r.row)
}

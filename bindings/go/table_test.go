// SPDX-License-Identifier: MIT

package churn

import (
	"math"
	"strings"
	"testing"
	"time"
)

// A table of every type, made by evaluating expressions over columns.
func evaluated(t *testing.T, text string, typ Type, column any) *Table {
	t.Helper()
	e := must[*Expression](t)(CompileExpression(text, []Variable{{"x", typ}}))
	defer e.Close()
	return must[*Table](t)(e.EvaluateColumns(background, Columns{"x": column}))
}

func TestTablesOfEveryType(t *testing.T) {
	floats := evaluated(t, "x * 2.0", Float, []float64{1, math.NaN(), 3})
	equal(t, "rows", floats.Len(), 3)
	equal(t, "columns", strings.Join(floats.Columns(), " "), "value outcome error")
	equal(t, "type", floats.Type("value"), Float)
	values := floats.Floats("value")
	if values[0] != 2 || !math.IsNaN(values[1]) || values[2] != 6 {
		t.Fatal(values)
	}
	equal(t, "valid", floats.Valid("value")[1], false)
	equal(t, "outcome", floats.Strings("outcome")[1], "unknown")

	ints := evaluated(t, "x + 1", Int, []int64{1, NoInt, 3})
	equal(t, "int", ints.Ints("value")[2], 4)
	equal(t, "null int", ints.Row(1).Value("value"), nil)
	equal(t, "as a float", ints.Floats("value")[0], 2)

	bools := evaluated(t, "!x", Bool, []Truth{True, False, TruthNone})
	equal(t, "bool", bools.Bools("value")[1], true)
	equal(t, "null bool", bools.Row(2).IsNull("value"), true)
	equal(t, "as a float", bools.Row(1).Float("value"), 1)

	texts := evaluated(t, `x + "!"`, String, []string{"a", "", "ä\x00b"})
	equal(t, "text", strings.Join(texts.Strings("value"), "|"), "a!|!|ä\x00b!")
	equal(t, "null text", evaluated(t, "x", String, []*string{nil}).Row(0).String("value"), "")
	equal(t, "no rows", evaluated(t, "x", String, []string{}).Len(), 0)
}

func TestRowsIterateAndStop(t *testing.T) {
	table := evaluated(t, "x + 1", Int, []int{10, 20, 30})
	sum, rows := int64(0), 0
	for row := range table.Rows() {
		sum += row.Int("value")
		rows = row.Index()
		if rows == 1 {
			break
		}
	}
	equal(t, "sum", sum, 32)
	equal(t, "last", rows, 1)
}

func TestValuesOfCells(t *testing.T) {
	at := day("2026-02-01")
	times := evaluated(t, "x", Time, []time.Time{at, {}})
	equal(t, "time", times.Row(0).Time("value"), at)
	equal(t, "time", times.Row(0).Value("value"), any(at))
	equal(t, "no time", times.Times("value")[1].IsZero(), true)
	equal(t, "float", evaluated(t, "x", Float, []float64{1.5}).Row(0).Value("value"), any(1.5))
	equal(t, "int", evaluated(t, "x", Int, []int{7}).Row(0).Value("value"), any(int64(7)))
	equal(t, "bool", evaluated(t, "x", Bool, []bool{true}).Row(0).Value("value"), any(true))
	equal(t, "bool", evaluated(t, "x", Bool, []bool{true}).Row(0).Bool("value"), true)
	equal(t, "text", evaluated(t, "x", String, []string{"y"}).Row(0).Value("value"), any("y"))
}

func TestMisspeltColumnsPanic(t *testing.T) {
	table := evaluated(t, "x", Int, []int{1})
	equal(t, "has", table.Has("valeu"), false)
	equal(t, "type", table.Type("valeu"), 0)
	equal(t, "type's name", Type(77).String(), "type 77")
	for what, use := range map[string]func(){
		`no column "valeu"; it has value, outcome, error`: func() { table.Ints("valeu") },
		`"value" is of type int, not string`:              func() { table.Row(0).String("value") },
		"row 1 of a table of 1":                           func() { table.Row(1) },
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, what) {
					t.Errorf("got %q, want %q", said, what)
				}
			}()
			use()
		}()
	}
}

// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

var manyVariables = []Variable{{"score", Float}, {"plan", String}, {"n", Int}, {"on", Bool}, {"at", Time}, {"span", Duration}}

func manyColumns(rows int) Columns {
	var score []float64
	var plan []int32
	var n []int64
	var on []Truth
	var at []time.Time
	var span []time.Duration
	for row := range rows {
		score = append(score, float64(row%100)/2)
		if row%11 == 0 {
			score[row] = math.NaN()
		}
		plan = append(plan, int32(row%4)-1)
		n = append(n, int64(row%7-3))
		on = append(on, Truth(row%3))
		at = append(at, time.UnixMicro(int64(row)*1e9+1).UTC())
		if row%13 == 0 {
			at[row] = time.Time{}
		}
		span = append(span, time.Duration(row-50)*time.Second)
	}
	return Columns{"score": score, "plan": Codes[int32]{plan, []string{"free", "pro", "é"}}, "n": n, "on": on,
		"at": at, "span": span}
}

func compileMany(t *testing.T, texts ...string) []*Expression {
	t.Helper()
	var all []*Expression
	for _, text := range texts {
		e := must[*Expression](t)(CompileExpression(text, manyVariables))
		t.Cleanup(func() { e.Close() })
		all = append(all, e)
	}
	return all
}

// What is filled, what a table of one holds and what a table of many holds is the same.
func TestManyAgreesWithOne(t *testing.T) {
	const rows = 3000
	columns, ctx := manyColumns(rows), context.Background()
	all := compileMany(t, "score < 20 && plan == 'free'", "10 / n", "score * 2", "at", "span + span", "on")
	outs := []Output{{Values: make([]bool, rows)}, {Values: make([]int64, rows)}, {Values: make([]float64, rows)},
		{Values: make([]int64, rows)}, {Values: make([]time.Duration, rows)}, {}}
	for i := range outs {
		outs[i].Valid = make([]bool, rows)
	}
	counts := must[[]Counts](t)(FillMany(ctx, all, columns, outs))
	named := map[string]*Expression{}
	for i, e := range all {
		named[string(rune('a'+i))] = e
	}
	many := must[*Table](t)(EvaluateMany(ctx, named, columns))
	for i, e := range all {
		one := must[*Table](t)(e.EvaluateColumns(ctx, columns))
		name := many.Columns()[i]
		want := Counts{}
		for row := range rows {
			value := one.Row(row).Value("value")
			equal(t, "many", fmt.Sprint(many.Row(row).Value(name)), fmt.Sprint(value))
			equal(t, "valid", outs[i].Valid[row], value != nil)
			if value != nil && outs[i].Values != nil {
				equal(t, e.Text(), fmt.Sprint(filled(outs[i].Values, row, e.Type())), fmt.Sprint(value))
			}
			switch one.Row(row).String("outcome") {
			case "value":
				want.Values++
			case "unknown":
				want.Unknown++
			default:
				want.Errors++
			}
			if value == true {
				want.True++
			} else if value == false {
				want.False++
			}
		}
		equal(t, "counts", counts[i], want)
		alone := must[Counts](t)(e.Fill(ctx, columns, Output{}))
		equal(t, "alone", alone, want)
	}
}

func filled(values any, row int, typ Type) any {
	switch values := values.(type) {
	case []bool:
		return values[row]
	case []float64:
		return values[row]
	case []time.Duration:
		return values[row]
	}
	if whole := values.([]int64)[row]; typ != Time {
		return whole
	} else {
		return time.UnixMicro(whole).UTC()
	}
}

// Codes of both sorts, strings of which few and strings of which all are different say the same.
func TestCodesAreStrings(t *testing.T) {
	plan := []string{"free", "pro", "free", "", "é"}
	words := []string{"é", "", "pro", "free"}
	e := compileMany(t, "plan == 'free' || plan == 'é'")[0]
	for _, column := range []any{plan, Codes[uint32]{[]uint32{3, 2, 3, 1, 0}, words}, Codes[int32]{[]int32{3, 2, 3, 1, 0}, words}} {
		got := make([]bool, 5)
		must[Counts](t)(e.Fill(nil, Columns{"plan": column}, Output{Values: got}))
		equal(t, "truths", slices.Equal(got, []bool{true, false, true, false, true}), true)
	}
	counts := must[Counts](t)(e.Fill(nil, Columns{"plan": Codes[uint32]{[]uint32{NoCode, 3}, words}}, Output{}))
	equal(t, "missing", counts, Counts{Values: 1, True: 1, Unknown: 1})
	counts = must[Counts](t)(e.Fill(nil, Columns{"plan": Codes[int32]{[]int32{-1, -1}, nil}}, Output{}))
	equal(t, "all missing", counts, Counts{Unknown: 2})
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprint("plan ", i))
	}
	many[4321] = "free"
	equal(t, "many words", must[Counts](t)(e.Fill(nil, Columns{"plan": many}, Output{})), Counts{Values: 5000, True: 1, False: 4999})
}

func TestManyRefuses(t *testing.T) {
	all := compileMany(t, "score < 20", "plan")
	columns := Columns{"score": []float64{1, 2}, "plan": []string{"a", "b"}}
	other := must[*Expression](t)(CompileExpression("n > 1", []Variable{{"n", Int}}))
	defer other.Close()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for what, test := range map[string]struct {
		ctx   context.Context
		of    []*Expression
		given Columns
		to    []Output
		want  error
	}{
		"none":          {nil, nil, columns, nil, ErrArgument},
		"nil":           {nil, []*Expression{nil}, columns, make([]Output, 1), ErrArgument},
		"outputs":       {nil, all[:1], columns, make([]Output, 2), ErrArgument},
		"short":         {nil, all[:1], columns, []Output{{Values: make([]bool, 1)}}, ErrArgument},
		"short valid":   {nil, all[:1], columns, []Output{{Valid: make([]bool, 3)}}, ErrArgument},
		"type":          {nil, all[:1], columns, []Output{{Values: make([]float64, 2)}}, ErrArgument},
		"strings":       {nil, all[1:], columns, make([]Output, 1), ErrUnsupported},
		"others":        {nil, []*Expression{all[0], other}, columns, make([]Output, 2), ErrArgument},
		"not declared":  {nil, all[:1], Columns{"x": []float64{1}}, make([]Output, 1), ErrNotFound},
		"no such code":  {nil, compileMany(t, "plan == 'x'"), Columns{"plan": Codes[int32]{[]int32{1, 0}, []string{"x"}}}, make([]Output, 1), ErrArgument},
		"codes of ints": {nil, all[:1], Columns{"score": Codes[int32]{[]int32{0}, []string{"x"}}}, make([]Output, 1), ErrArgument},
		"cancelled":     {ended, all[:1], columns, make([]Output, 1), ErrCancelled},
	} {
		if _, err := FillMany(test.ctx, test.of, test.given, test.to); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	none := must[Counts](t)(all[0].Fill(nil, Columns{"score": []float64{}}, Output{Values: []bool{}, Valid: []bool{}}))
	equal(t, "no rows", none, Counts{})
}

func TestDurationsInTables(t *testing.T) {
	e := compileMany(t, "span + span")[0]
	table := must[*Table](t)(e.EvaluateColumns(nil, Columns{"span": []time.Duration{time.Hour, NoDuration, -1}}))
	equal(t, "type", table.Type("value"), Duration)
	equal(t, "column", fmt.Sprint(table.Durations("value")), "[2h0m0s 0s -2ns]")
	equal(t, "cell", table.Row(0).Duration("value"), 2*time.Hour)
	equal(t, "value", table.Row(2).Value("value"), any(time.Duration(-2)))
	equal(t, "null", table.Row(1).Value("value"), nil)
}

func BenchmarkFill(b *testing.B) {
	columns := manyColumns(1_000_000)
	e, err := CompileExpression("score < 70.0 && n < 2 && plan in ['free', 'pro']", manyVariables)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	out := make([]bool, 1_000_000)
	given := Columns{"score": columns["score"], "n": columns["n"], "plan": columns["plan"]}
	for b.Loop() {
		if _, err := e.Fill(nil, given, Output{Values: out}); err != nil {
			b.Fatal(err)
		}
	}
}

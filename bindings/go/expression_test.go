// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

var ruleVariables = []Variable{{"score", Float}, {"plan", String}, {"seats", Int}, {"vip", Bool}, {"since", Time}}

func compile(t testing.TB, text string, options ...ExpressionOptions) *Expression {
	t.Helper()
	e := must[*Expression](t)(CompileExpression(text, ruleVariables, options...))
	t.Cleanup(func() { e.Close() })
	return e
}

func TestExpressionsKnowThemselves(t *testing.T) {
	e := compile(t, `score < 70.0 && plan in ["free"]`)
	equal(t, "text", e.Text(), `score < 70.0 && plan in ["free"]`)
	equal(t, "type", e.Type(), Bool)
	equal(t, "uses score", e.Uses("score"), true)
	equal(t, "uses seats", e.Uses("seats"), false)
	equal(t, "uses nothing", e.Uses("nothing"), false)
	equal(t, "can be unknown", e.CanBeUnknown(), true)
	equal(t, "cannot be unknown", compile(t, "has(score)").CanBeUnknown(), false)
}

func TestExpressionsOverRecords(t *testing.T) {
	type record struct {
		Score  *float64 `churn:"score"`
		Plan   string   `churn:"plan"`
		Seats  int      `churn:"seats"`
		hidden int
		Other  []int
	}
	rule := compile(t, `score < 70.0 && plan in ["free"]`)
	for _, c := range []struct {
		record any
		want   any
	}{
		{map[string]any{"score": 61.5, "plan": "free"}, true},
		{map[string]any{"score": 61, "plan": "free"}, true},
		{map[string]any{"score": 61.5, "plan": "team"}, false},
		{map[string]any{"score": 61.5}, nil},
		{map[string]any{"score": 80.0}, false},
		{map[string]any{}, nil},
		{record{Score: Some(61.5), Plan: "free"}, true},
		{&record{Score: Some(61.5), Plan: "free", hidden: 1}, true},
		{record{Plan: "free"}, nil},
	} {
		got, err := rule.Evaluate(c.record)
		if err != nil || got != c.want {
			t.Errorf("%v: got %v, %v, want %v", c.record, got, err, c.want)
		}
	}
	_, err := rule.Evaluate(7)
	wantStatus(t, err, ErrArgument)
	_, err = rule.Evaluate(map[string]any{"score": "high", "plan": "free"})
	wantStatus(t, err, ErrType)
	_, err = rule.Evaluate(map[string]any{"score": []int{1}})
	wantStatus(t, err, ErrArgument)
	_, err = rule.EvaluateValues(1.0)
	wantStatus(t, err, ErrArgument)
}

func TestExpressionsOfEveryType(t *testing.T) {
	at := day("2026-02-01")
	record := map[string]any{"score": float32(1.5), "plan": "team", "seats": int32(3), "vip": True, "since": at}
	for text, want := range map[string]any{
		"score * 2.0":        3.0,
		"seats + 1":          int64(4),
		"!vip":               false,
		"plan":               "team",
		`"x"`:                "x",
		"since":              at,
		`plan + "!"`:         "team!",
		`plan == ""`:         false,
		"seats > 2 ? 1 : 0":  int64(1),
		"has(plan) ? 1 : 0 ": int64(1),
	} {
		if got, err := compile(t, text).Evaluate(record); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	got, err := compile(t, `plan == ""`).Evaluate(map[string]any{"plan": ""})
	if err != nil || got != true {
		t.Errorf("an empty text is a text: %v, %v", got, err)
	}
	got, err = compile(t, `plan + "!"`).Evaluate(map[string]any{})
	if err != nil || got != nil {
		t.Errorf("text that is made of nothing is unknown: %v, %v", got, err)
	}
}

// More variables and longer texts than a call has room for without allocating.
func TestExpressionsOverManyVariables(t *testing.T) {
	var variables []Variable
	record := map[string]any{}
	for i := range 40 {
		name := fmt.Sprintf("v%d", i)
		variables = append(variables, Variable{name, String})
		record[name] = strings.Repeat(string(rune('a'+i%26)), i)
	}
	for i := range 40 {
		e := must[*Expression](t)(CompileExpression(fmt.Sprintf("has(v0) ? v%d : v1", i), variables))
		got, err := e.Evaluate(record)
		if err != nil || got != record[fmt.Sprintf("v%d", i)] {
			t.Errorf("v%d: %v, %v", i, got, err)
		}
		check(t, e.Close())
	}
}

func TestExpressionsThatCannotBeComputed(t *testing.T) {
	_, err := compile(t, "1 / (seats - 3)").Evaluate(map[string]any{"seats": 3})
	var why *EvaluationError
	if !errors.As(err, &why) || why.Message == "" || why.Line != 1 || why.Column == 0 {
		t.Fatalf("%#v", err)
	}
	_, err = compile(t, `1 / (seats - 3) == 0 ? plan + "a" : plan`).Evaluate(map[string]any{"seats": 3, "plan": "x"})
	if !errors.As(err, &why) {
		t.Fatalf("%#v", err)
	}
}

func TestFaultsInExpressions(t *testing.T) {
	for text, status := range map[string]Status{
		"score <":                                ErrParse,
		"scoer < 1.0":                            ErrNotFound,
		"score < plan":                           ErrType,
		"\xff":                                   ErrUTF8,
		"":                                       ErrParse,
		strings.Repeat("(", 5000):                ErrLimit,
		"seats.map(x, x)":                        ErrUnsupported,
		strings.Repeat("score + ", 2000) + "1.0": ErrLimit,
	} {
		_, err := CompileExpression(text, ruleVariables)
		if !errors.Is(err, status) {
			t.Errorf("%.20s: got %v, want %v", text, err, status)
		}
	}
	_, err := CompileExpression("score <\n  1.0 &&", ruleVariables)
	var why *Error
	if !errors.As(err, &why) || why.Line != 2 {
		t.Fatalf("%#v", err)
	}
	_, err = CompileExpression("1 + 1", nil, ExpressionOptions{Limits: &Limits{ExpressionBytes: 3}})
	wantStatus(t, err, ErrLimit)
	_, err = CompileExpression("score < 1", ruleVariables, ExpressionOptions{StrictCEL: true})
	wantStatus(t, err, ErrType)
}

func TestExpressionsOverColumns(t *testing.T) {
	rule := compile(t, `score < 70.0 && plan == "free" && seats > 0 && vip && since < timestamp("2026-01-01T00:00:00Z")`)
	old := day("2025-01-01")
	table := must[*Table](t)(rule.EvaluateColumns(context.Background(), Columns{
		"score": []float64{1, 1, math.NaN()},
		"plan":  []string{"free", "team", "free"},
		"seats": []int{1, 1, 1},
		"vip":   []bool{true, true, true},
		"since": []time.Time{old, old, old},
	}))
	equal(t, "outcomes", strings.Join(table.Strings("outcome"), " "), "value value unknown")
	equal(t, "first", table.Bools("value")[0], true)
	equal(t, "second", table.Bools("value")[1], false)
	table = must[*Table](t)(rule.EvaluateColumns(background, Columns{"plan": []string{"team", "free"}}))
	equal(t, "without columns", strings.Join(table.Strings("outcome"), " "), "value unknown")
	table = must[*Table](t)(compile(t, "1 / seats").EvaluateColumns(background, Columns{"seats": []int64{1, 0}}))
	equal(t, "outcome", table.Strings("outcome")[1], "error")
	if table.Strings("error")[1] == "" {
		t.Fatal("an error says what it is")
	}
	for _, columns := range []Columns{{"score": []string{"x"}}, {"score": []float64{1}, "plan": []string{"a", "b"}}, {"score": 1}} {
		_, err := rule.EvaluateColumns(background, columns)
		wantStatus(t, err, ErrArgument)
	}
	_, err := rule.EvaluateColumns(background, Columns{"scoer": []float64{1}})
	wantStatus(t, err, ErrNotFound)
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err = rule.EvaluateColumns(ctx, Columns{"score": []float64{1}})
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, stopped) {
		t.Fatal(err)
	}
}

func TestManyExpressionsOverColumns(t *testing.T) {
	rules := map[string]*Expression{"low": compile(t, "score < 70.0"), "free": compile(t, `score < 70.0 && plan == "free"`)}
	columns := Columns{"score": []float64{1, 99, math.NaN()}, "plan": []string{"free", "free", "team"}}
	table := must[*Table](t)(EvaluateMany(background, rules, columns))
	equal(t, "columns", strings.Join(table.Columns(), " "), "free low")
	equal(t, "low", fmt.Sprint(table.Bools("low"), table.Valid("low")), "[true false false] [true true false]")
	equal(t, "free", fmt.Sprint(table.Bools("free"), table.Valid("free")), "[true false false] [true true true]")
	_, err := EvaluateMany(background, nil, columns)
	wantStatus(t, err, ErrArgument)
	_, err = EvaluateMany(background, map[string]*Expression{"x": nil}, columns)
	wantStatus(t, err, ErrArgument)
	_, err = EvaluateMany(background, rules, Columns{"scoer": []float64{1}})
	wantStatus(t, err, ErrNotFound)
	other := must[*Expression](t)(CompileExpression("n > 1", []Variable{{"n", Int}}))
	defer other.Close()
	_, err = EvaluateMany(background, map[string]*Expression{"a": rules["low"], "b": other}, columns)
	wantStatus(t, err, ErrArgument)
}

// Columns that say which rows they have: every value may be one.
func TestExpressionsOverColumnsWithMarks(t *testing.T) {
	e := compile(t, "math.isNaN(score)")
	table := must[*Table](t)(e.EvaluateColumns(background, Columns{
		"score": Column[float64]{Values: []float64{math.NaN(), 1, 2}, Valid: []bool{true, true, false}},
	}))
	equal(t, "outcomes", strings.Join(table.Strings("outcome"), " "), "value value unknown")
	equal(t, "NaN is a value", table.Bools("value")[0], true)
	lowest := compile(t, "seats == -9223372036854775807 - 1 && plan == '' && !vip && since < timestamp('0001-01-01T00:00:01Z')")
	table = must[*Table](t)(lowest.EvaluateColumns(background, Columns{
		"seats": Column[int64]{Values: []int64{NoInt}}, "plan": Column[string]{Values: []string{""}},
		"vip": Column[bool]{Values: []bool{false}}, "since": Column[time.Time]{Values: []time.Time{{}}},
	}))
	equal(t, "all are there", table.Bools("value")[0], true)
	table = must[*Table](t)(compile(t, "seats + 1").EvaluateColumns(background, Columns{
		"seats": Column[int]{Values: []int{1, 2, 3}, Valid: []bool{false, true, false}},
	}))
	equal(t, "marks", strings.Join(table.Strings("outcome"), " "), "unknown value unknown")
	table = must[*Table](t)(e.EvaluateColumns(background, Columns{"score": Column[float64]{}}))
	equal(t, "no rows", table.Len(), 0)
	for _, columns := range []Columns{
		{"score": Column[float64]{Values: []float64{1}, Valid: []bool{true, true}}},
		{"score": Column[string]{Values: []string{"x"}}},
	} {
		_, err := e.EvaluateColumns(background, columns)
		wantStatus(t, err, ErrArgument)
	}
}

func TestExpressionsOverMapsWithinMaps(t *testing.T) {
	e := must[*Expression](t)(CompileExpression("metric.logins > 3", []Variable{{"metric.logins", Int}}))
	defer e.Close()
	type m = map[string]any
	for _, c := range []struct {
		record m
		want   any
	}{
		{m{"metric": m{"logins": 4}}, true},
		{m{"metric.logins": 1, "metric": m{"logins": 4}}, false},
		{m{"metric": m{"logins": nil}}, nil},
		{m{"metric": m{}}, nil},
		{m{"metric": 7}, nil},
		{nil, nil},
	} {
		if got, err := e.Eval(c.record); err != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.record, got, err)
		}
	}
}

// NaN is a value of a record, also where evaluation makes text.
func TestExpressionsOverRecordsWithNaN(t *testing.T) {
	got, err := compile(t, `math.isNaN(score) ? plan + "?" : plan`).Evaluate(map[string]any{"score": math.NaN(), "plan": "x"})
	if err != nil || got != "x?" {
		t.Fatal(got, err)
	}
}

func TestExpressionsAreShared(t *testing.T) {
	rule := compile(t, "score < 70.0")
	var group sync.WaitGroup
	for worker := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 2000 {
				got, err := rule.EvaluateValues(float64(i%100), nil, nil, nil, nil)
				if err != nil || got != (i%100 < 70) {
					t.Errorf("%d: %v, %v", worker, got, err)
					return
				}
			}
		}()
	}
	group.Wait()
}

func TestExplanations(t *testing.T) {
	rule := compile(t, `score < 70.0 && plan in ["free"]`)
	table := must[*Table](t)(rule.Explain(map[string]any{"score": 61.5}))
	equal(t, "rows", table.Len(), 5)
	equal(t, "part", table.Row(0).String("part"), rule.Text())
	equal(t, "because", table.Row(0).String("because"), "plan")
	equal(t, "value", table.Row(1).String("value"), "true")
	equal(t, "decided", table.Row(1).Value("decided"), any(false))
	if _, err := rule.Explain(7); err == nil {
		t.Error("a number is no record")
	}
}

func TestTextsThatEvaluationMakes(t *testing.T) {
	long := strings.Repeat("ab", 5000)
	got, err := compile(t, `plan + "/" + string(seats)`).Evaluate(map[string]any{"plan": long, "seats": 5})
	if err != nil || got != long+"/5" {
		t.Errorf("%v, %v", got, err)
	}
	var fault *EvaluationError
	if _, err := compile(t, `plan + string(1 / seats)`).Evaluate(map[string]any{"plan": "x", "seats": 0}); !errors.As(err, &fault) || fault.Line != 1 {
		t.Errorf("%v", err)
	}
}

func TestExpressionsAreFormatted(t *testing.T) {
	text, err := FormatExpression("(a)&&((b||c)) // why")
	if err != nil || text != "a && (b || c)" {
		t.Fatal(text, err)
	}
	if _, err := FormatExpression("a &&"); !errors.Is(err, ErrParse) {
		t.Fatal(err)
	}
}

func TestExpressionsAreChecked(t *testing.T) {
	variables := []Variable{{Name: "x", Type: Float}}
	found, err := CheckExpression("x == 0.5", variables)
	if err != nil || len(found) != 1 || found[0].Code != "CH1701" || found[0].Column != 3 {
		t.Fatal(found, err)
	}
	found, err = CheckExpression("x == 0.5 // churn: allow CH1701", variables)
	if err != nil || len(found) != 0 {
		t.Fatal(found, err)
	}
	found, err = CheckExpression("xx < 1", variables)
	if err != nil || len(found) != 1 || found[0].Severity != "error" {
		t.Fatal(found, err)
	}
}

func TestFunctionsAreListed(t *testing.T) {
	table := must[*Table](t)(Functions())
	if table.Len() < 40 || table.Row(0).String("description") == "" {
		t.Error(table.Len())
	}
}

func TestNullIsAValueWhereDeclared(t *testing.T) {
	rule := must[*Expression](t)(CompileExpression(`plan == null || plan == "free"`,
		[]Variable{{"plan", String.OrNull()}}))
	defer rule.Close()
	for _, c := range []struct {
		record map[string]any
		want   bool
	}{{map[string]any{}, true}, {map[string]any{"plan": "free"}, true}, {map[string]any{"plan": "pro"}, false}} {
		got, err := rule.Evaluate(c.record)
		if err != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.record, got, err)
		}
	}
}

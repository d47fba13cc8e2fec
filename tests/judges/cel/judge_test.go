// SPDX-License-Identifier: MIT

package cel

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	churn "github.com/libchurn/libchurn/bindings/go"
)

// How many expressions: those of the normal run, times CHURN_RANDOM_ROUNDS.
func rounds(normal int) int {
	if more, err := strconv.Atoi(os.Getenv("CHURN_RANDOM_ROUNDS")); err == nil && more > 0 {
		return normal * more
	}
	return normal
}

// A seed of today, or CHURN_RANDOM_SEED; always told.
func newMaker(t *testing.T, with *judge) *maker {
	seed, err := strconv.ParseUint(os.Getenv("CHURN_RANDOM_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("CHURN_RANDOM_SEED=%d", seed)
	return &maker{rand.New(rand.NewPCG(seed, 1)), with.usable}
}

type variable struct {
	name string
	of   byte
	cel  *cel.Type
	ours churn.Type
}

var variables = []variable{
	{"b0", 'b', cel.BoolType, churn.Bool}, {"b1", 'b', cel.BoolType, churn.Bool},
	{"i0", 'i', cel.IntType, churn.Int}, {"i1", 'i', cel.IntType, churn.Int},
	{"d0", 'd', cel.DoubleType, churn.Float}, {"d1", 'd', cel.DoubleType, churn.Float},
	{"s0", 's', cel.StringType, churn.String}, {"s1", 's', cel.StringType, churn.String},
	{"t0", 't', cel.TimestampType, churn.Time}, {"t1", 't', cel.TimestampType, churn.Time},
	{"u0", 'u', cel.DurationType, churn.Duration}, {"u1", 'u', cel.DurationType, churn.Duration},
}

var letters = []byte("bidstu")

// As many failures are told; more say the same.
const enough = 8

type judge struct {
	env      *cel.Env
	declared []churn.Variable
	usable   map[byte][]form
}

func newJudge(t *testing.T) *judge {
	options := []cel.EnvOption{ext.Math()}
	j := &judge{usable: map[byte][]form{}}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.cel))
		j.declared = append(j.declared, churn.Variable{Name: v.name, Type: v.ours})
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		t.Fatal(err)
	}
	j.env = env
	m := &maker{rand.New(rand.NewPCG(1, 1)), nil}
	for _, f := range forms {
		text := m.fill(f, 0, func(of byte) byte { return of }).String()
		if _, err := j.program(text); err != nil {
			t.Fatalf("cel-go does not take %s: %v", text, err)
		}
		e, err := j.ours(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		e.Close()
		j.usable[f.of] = append(j.usable[f.of], f)
	}
	return j
}

func (j *judge) ours(text string) (*churn.Expression, error) {
	return churn.CompileExpression(text, j.declared, churn.ExpressionOptions{StrictCEL: true})
}

func (j *judge) program(text string) (cel.Program, error) {
	ast, issues := j.env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	return j.env.Program(ast, cel.EvalOptions(cel.OptPartialEval))
}

// ---- records ----

var (
	ints    = []int64{0, 1, -1, 2, 3, 7, 16, 100, 12, 3600, math.MaxInt64, math.MinInt64, 9007199254740993}
	doubles = []float64{0, 1, -1.5, 2, 7.25, 100, 1e300, 9007199254740992, .5, -1e-300, 9.5, -2.5, 1e21, 123456789.125,
		math.NaN(), math.Inf(1), math.Inf(-1)}
	texts = []string{"", "a", "ab", "free", "été", `a\b`, "12", "true", "1.5", "2026-01-01T00:00:00Z", "90m",
		"FREE ab", "F", "1.", "Inf", "2024-02-29T12:30:00.25+05:30", "1h30m"}
	times = []time.Time{time.Unix(0, 0), time.UnixMicro(1), time.UnixMicro(-1), time.Unix(1767225600, 0),
		time.UnixMicro(1767225599999999), time.Unix(1709209800, 0), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), time.UnixMicro(1774749600123456)}
	// Not to the last second of 292 years, where cel-go says that differences of instants overflow which
	// do not yet.
	spans = []time.Duration{0, time.Microsecond, -time.Microsecond, time.Hour, -90 * time.Minute, 1500 * time.Millisecond,
		24 * time.Hour, 100 * 365 * 24 * time.Hour, 250 * 365 * 24 * time.Hour, -250 * 365 * 24 * time.Hour}
)

func (m *maker) record(missing int) []any {
	record := make([]any, len(variables))
	for i, v := range variables {
		if m.IntN(100) < missing {
			continue
		}
		switch v.of {
		case 'b':
			record[i] = m.IntN(2) == 1
		case 'i':
			record[i] = pick(m, ints)
		case 'd':
			record[i] = pick(m, doubles)
		case 's':
			record[i] = pick(m, texts)
		case 't':
			record[i] = pick(m, times).UTC()
		case 'u':
			record[i] = pick(m, spans)
		}
	}
	return record
}

// ---- both answers ----

// What an expression came to: "unknown", "error", or the type and the value.
func told(value any) string {
	switch value := value.(type) {
	case float64:
		if value == 0 {
			return "double 0"
		}
		return fmt.Sprintf("double %v", value)
	case string:
		return fmt.Sprintf("string %q", value)
	case time.Time:
		return "time " + value.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%T %v", value, value)
}

func toldByCEL(p cel.Program, record []any) (string, error) {
	given := map[string]any{}
	var unknown []*cel.AttributePatternType
	for i, v := range variables {
		if record[i] == nil {
			unknown = append(unknown, cel.AttributePattern(v.name))
		} else {
			given[v.name] = record[i]
		}
	}
	vars, err := cel.PartialVars(given, unknown...)
	if err != nil {
		return "", err
	}
	value, _, err := p.Eval(vars)
	switch {
	case types.IsUnknown(value):
		return "unknown", nil
	case err != nil:
		return "error", nil
	}
	return told(plain(value)), nil
}

func plain(value ref.Val) any {
	return value.Value()
}

func toldByUs(e *churn.Expression, record []any) (string, error) {
	value, err := e.EvaluateValues(record...)
	var why *churn.EvaluationError
	switch {
	case errors.As(err, &why):
		return "error", nil
	case err != nil:
		return "", err
	case value == nil:
		return "unknown", nil
	}
	return told(value), nil
}

// An operator of cel-go that is given both gives the one that stands on the left; ours, like logic in
// both, lets the unknown win, so that more data may still decide.
func allowed(theirs, ours string, record []any) bool {
	if theirs != "error" || ours != "unknown" {
		return theirs == ours
	}
	for _, value := range record {
		if value == nil {
			return true
		}
	}
	return false
}

// Differs says how the two differ over a record, "" where they agree.
func (j *judge) differs(text string, records [][]any, count map[string]int) (string, []any) {
	program, err := j.program(text)
	if err != nil {
		return "cel-go: " + err.Error(), nil
	}
	e, err := j.ours(text)
	if errors.Is(err, churn.ErrLimit) {
		return "", nil
	}
	if err != nil {
		return "libchurn: " + err.Error(), nil
	}
	defer e.Close()
	for _, record := range records {
		theirs, err := toldByCEL(program, record)
		if err != nil {
			return "cel-go: " + err.Error(), record
		}
		ours, err := toldByUs(e, record)
		if err != nil {
			return "libchurn: " + err.Error(), record
		}
		if !allowed(theirs, ours, record) {
			return fmt.Sprintf("cel-go gives %s, libchurn %s", theirs, ours), record
		}
		if count != nil {
			count[kind(ours)]++
		}
	}
	return "", nil
}

func kind(told string) string {
	if told == "unknown" || told == "error" {
		return told
	}
	return "value"
}

func named(record []any) map[string]any {
	byName := map[string]any{}
	for i, v := range variables {
		byName[v.name] = record[i]
	}
	return byName
}

// Report the smallest expression that still differs over the record.
func (j *judge) report(t *testing.T, tree *node, difference string, record []any) {
	records := [][]any{record}
	if record == nil {
		records = nil
	}
	small := smaller(tree, func(less *node) bool {
		again, _ := j.differs(less.String(), records, nil)
		return again != ""
	})
	if again, _ := j.differs(small.String(), records, nil); again != "" {
		difference = again
	}
	t.Errorf("%s\n\t%s", small, difference)
	if record != nil {
		t.Logf("over %v", named(record))
	}
}

func TestJudgeAgrees(t *testing.T) {
	j := newJudge(t)
	m := newMaker(t, j)
	count := map[string]int{}
	failures := 0
	for round := 0; round < rounds(4000) && failures < enough; round++ {
		of := byte('b')
		if round%2 == 1 {
			of = pick(m, letters)
		}
		tree := m.grow(of, 1+m.IntN(5))
		missing := []int{0, 0, 10, 50}[round%4]
		var records [][]any
		for range 12 {
			records = append(records, m.record(missing))
		}
		if difference, record := j.differs(tree.String(), records, count); difference != "" {
			j.report(t, tree, difference, record)
			failures++
		}
	}
	t.Log(count)
	for _, kind := range []string{"value", "unknown", "error"} {
		if count[kind] < 1000 {
			t.Errorf("only %d outcomes are %s", count[kind], kind)
		}
	}
}

var moreInCEL = regexp.MustCompile(`\[|dyn|math\.(greatest|least)|^int\(`)

// What does not fit together for cel-go does not for us: forms with operands of types that were not
// meant for them. Lists are left out, and what takes any number of operands: for cel-go a list of
// several types is one of `dyn`, which is judged when it runs; we have types alone. cel-go also takes the
// root of an int and makes an int of a duration.
func TestJudgeAgreesOnTypes(t *testing.T) {
	j := newJudge(t)
	m := newMaker(t, j)
	refused, failures := 0, 0
	for round := 0; round < rounds(4000) && failures < enough; round++ {
		f := pick(m, m.usable[pick(m, letters)])
		if moreInCEL.MatchString(f.text) {
			continue
		}
		tree := m.fill(f, m.IntN(2), func(of byte) byte {
			if m.IntN(3) == 0 {
				return pick(m, letters)
			}
			return of
		})
		_, theirs := j.program(tree.String())
		e, ours := j.ours(tree.String())
		if ours == nil {
			e.Close()
		}
		if theirs != nil {
			refused++
		}
		if (theirs == nil) != (ours == nil) {
			t.Errorf("%s\n\tcel-go: %v\n\tlibchurn: %v", tree, theirs, ours)
			failures++
		}
	}
	if refused < 500 {
		t.Errorf("only %d were refused", refused)
	}
}

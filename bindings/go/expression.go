// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"

#cgo noescape churn_go_try
#cgo nocallback churn_go_try
#cgo noescape churn_go_evaluate
#cgo nocallback churn_go_evaluate
*/
import "C"

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// Expression is one compiled expression over declared variables: the language of a playbook's
// conditions by itself. It never changes and is shared freely.
type Expression struct {
	handle
	text      string
	typ       Type
	variables []Variable
	uses      map[string]bool
	unknown   bool
}

// nullable marks the type of a variable.
const nullable Type = 1 << 8

// OrNull is the type of a variable that is CEL's null where it is missing: a value that equals nothing
// but null, rather than unknown. It is for Variable alone.
func (t Type) OrNull() Type { return t | nullable }

// Variable is a name that an expression may use. Dots are allowed: "metric.logins_28d".
type Variable struct {
	Name string
	Type Type
}

// ExpressionOptions change how an expression is compiled. The zero value is the default.
type ExpressionOptions struct {
	// StrictCEL asks for exactly CEL's typing and IEEE comparisons.
	StrictCEL bool
	// Limits are how much the expression may cost.
	Limits *Limits
}

// expression is what compiling and checking are given beside the text.
func (p *packer) expression(given ExpressionOptions, variables []Variable) (C.churn_expression_options, *C.churn_variable) {
	to := C.churn_expression_options{struct_size: C.sizeof_churn_expression_options, limits: p.limits(given.Limits)}
	if given.StrictCEL {
		to.flags = C.CHURN_EXPRESSION_STRICT_CEL
	}
	var packed *C.churn_variable
	if len(variables) > 0 {
		packed = p.variables(variables)
	}
	return to, packed
}

// CompileExpression compiles an expression, a subset of the Common Expression Language (CEL), over
// variables. An error has the line and column of the fault. Close the expression when done.
func CompileExpression(text string, variables []Variable, options ...ExpressionOptions) (*Expression, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var p packer
	defer p.pins.Unpin()
	to, packed := p.expression(first(options), variables)
	var out *C.churn_expression
	why := newError()
	status := C.churn_expression_compile(chars(text), C.size_t(len(text)), packed, C.uint32_t(len(variables)), &to, &out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return newExpression(out, variables), nil
}

// FormatExpression writes an expression in the one canonical way: texts that read as the same tree give
// the same text. Comments are dropped; names and types are not looked at.
func FormatExpression(text string, options ...ExpressionOptions) (string, error) {
	if err := checkABI(); err != nil {
		return "", err
	}
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_expression_options{struct_size: C.sizeof_churn_expression_options, limits: p.limits(given.Limits)}
	var out *C.churn_buffer
	why := newError()
	if status := C.churn_expression_format(chars(text), C.size_t(len(text)), &to, &out, &why); status != C.CHURN_OK {
		return "", failure(status, why)
	}
	return string(takeBuffer(out)), nil
}

// CheckExpression tells everything that can be said about a text: every error, and, where there is none,
// every lint: what compiles but is probably not meant. A comment switches lints off:
// // churn: allow CH1701.
func CheckExpression(text string, variables []Variable, options ...ExpressionOptions) ([]Diagnostic, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var p packer
	defer p.pins.Unpin()
	to, packed := p.expression(first(options), variables)
	var found *C.churn_table
	why := newError()
	status := C.churn_expression_check(chars(text), C.size_t(len(text)), packed, C.uint32_t(len(variables)), &to, &found, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	table := takeTable(found)
	diagnostics := make([]Diagnostic, 0, table.Len())
	for row := range table.Rows() {
		diagnostics = append(diagnostics, Diagnostic{
			Severity:   row.String("severity"),
			Code:       row.String("code"),
			File:       "expression",
			Line:       int(row.Int("line")),
			Column:     int(row.Int("column")),
			Message:    row.String("message"),
			Suggestion: row.String("suggestion"),
		})
	}
	return diagnostics, nil
}

// Functions lists the functions of the language: a table of name, call, arguments, result, description,
// example and standard.
func Functions() (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var out *C.churn_table
	why := newError()
	if status := C.churn_expression_functions(&out, &why); status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

func (p *packer) variables(from []Variable) *C.churn_variable {
	packed := make([]C.churn_variable, len(from))
	for i, variable := range from {
		packed[i].name = p.str(variable.Name)
		packed[i]._type = C.churn_type(variable.Type &^ nullable)
		if variable.Type&nullable != 0 {
			packed[i].flags = C.CHURN_VARIABLE_NULLABLE
		}
	}
	return pin(p, packed)
}

// What is known of an expression once it is compiled is asked for once.
func newExpression(out *C.churn_expression, variables []Variable) *Expression {
	e := &Expression{
		text:      goString(C.churn_expression_text(out)),
		typ:       Type(C.churn_expression_type(out)),
		variables: append([]Variable(nil), variables...),
		uses:      make(map[string]bool, len(variables)),
		unknown:   bool(C.churn_expression_can_be_unknown(out)),
	}
	for i, variable := range variables {
		e.variables[i].Type &^= nullable
		e.uses[variable.Name] = bool(C.churn_expression_uses(out, C.uint32_t(i)))
	}
	e.open(unsafe.Pointer(out), func(p unsafe.Pointer) { C.churn_expression_free((*C.churn_expression)(p)) })
	return e
}

// Close frees the expression. It may be called again and always returns nil.
func (e *Expression) Close() error {
	e.close()
	return nil
}

// Text returns the text that the expression was compiled from.
func (e *Expression) Text() string { return e.text }

// Type returns the type that the expression gives.
func (e *Expression) Type() Type { return e.typ }

// Uses tells whether the expression reads a variable.
func (e *Expression) Uses(variable string) bool { return e.uses[variable] }

// CanBeUnknown tells whether missing values can make the expression unknown.
func (e *Expression) CanBeUnknown() bool { return e.unknown }

// Evaluate evaluates the expression for one record: a map[string]any, or a struct whose fields carry
// the tag `churn:"name"`. Variables that are not there, or nil, are missing. The answer is a bool,
// int64, float64, string, time.Time or time.Duration, or nil where it is unknown; an expression that cannot be
// computed gives an *[EvaluationError].
func (e *Expression) Evaluate(record any) (any, error) {
	if from, ok := record.(map[string]any); ok {
		return e.Eval(from)
	}
	values := make([]any, len(e.variables))
	if err := e.pick(record, values); err != nil {
		return nil, err
	}
	return e.EvaluateValues(values...)
}

// Eval is Evaluate for a record that is a map. The value of a name with a dot, such as metric.logins,
// may also stand in a map within it: {"metric": map[string]any{"logins": 3}}.
func (e *Expression) Eval(record map[string]any) (any, error) {
	var room [16]any
	values := room[:0]
	if len(e.variables) > len(room) {
		values = make([]any, 0, len(e.variables))
	}
	for _, variable := range e.variables {
		values = append(values, within(record, variable.Name))
	}
	return e.EvaluateValues(values...)
}

// The value of a name: of the whole, or b of the map a for "a.b".
func within(record map[string]any, name string) any {
	if value, ok := record[name]; ok {
		return value
	}
	head, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		return nil
	}
	inner, ok := record[head].(map[string]any)
	if !ok {
		return nil
	}
	return within(inner, rest)
}

// The values of the variables, in their order.
func (e *Expression) pick(record any, values []any) error {
	if from, ok := record.(map[string]any); ok {
		for i, variable := range e.variables {
			values[i] = within(from, variable.Name)
		}
		return nil
	}
	from := reflect.Indirect(reflect.ValueOf(record))
	if from.Kind() != reflect.Struct {
		return fail(ErrArgument, "a record is a map[string]any or a struct, not a %T", record)
	}
	fields := taggedFields(from.Type())
	for i, variable := range e.variables {
		if field, ok := fields[variable.Name]; ok {
			values[i] = plain(from.Field(field))
		}
	}
	return nil
}

func taggedFields(of reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range of.NumField() {
		if name := of.Field(i).Tag.Get("churn"); name != "" && of.Field(i).IsExported() {
			fields[name] = i
		}
	}
	return fields
}

// The value of a field; a nil pointer is missing.
func plain(field reflect.Value) any {
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return nil
		}
		field = field.Elem()
	}
	return field.Interface()
}

// A record as the library takes it: the values of the variables, and their texts all in one. The
// slices given hold them where they fit; a value of the library's holds no pointer here.
func (e *Expression) pack(values []any, packed []C.churn_value, texts []byte) ([]C.churn_value, []byte, error) {
	if len(values) != len(e.variables) {
		return nil, nil, fail(ErrArgument, "%d values for %d variables", len(values), len(e.variables))
	}
	for i, value := range values {
		if text, ok := value.(string); ok {
			texts = append(texts, text...)
			packed = append(packed, C.churn_value{_type: C.CHURN_TYPE_STRING, string: C.churn_str{len: C.size_t(len(text))}})
			continue
		}
		plain, ok := e.scalar(i, value)
		if !ok {
			return nil, nil, fail(ErrArgument, "%s cannot be a %T", e.variables[i].Name, value)
		}
		packed = append(packed, plain)
	}
	return packed, texts, nil
}

// EvaluateValues is as Evaluate, with the values in the order of the variables: the fastest way.
func (e *Expression) EvaluateValues(values ...any) (any, error) {
	pointer, err := e.acquire()
	if err != nil {
		return nil, err
	}
	defer e.release()
	if value, ok := e.try(pointer, values); ok {
		return value, nil
	}
	return e.evaluate(pointer, values)
}

// The few values and types that most records are made of, without anything that could need memory.
func (e *Expression) try(pointer unsafe.Pointer, values []any) (any, bool) {
	if len(values) != len(e.variables) || len(values) > C.CHURN_GO_FEW {
		return nil, false
	}
	var packed [C.CHURN_GO_FEW]C.churn_go_value
	var room [128]byte
	texts := room[:0]
	for i, value := range values {
		to := &packed[i]
		switch value := value.(type) {
		case nil:
		case float64:
			to._type, to.bits = C.CHURN_TYPE_DOUBLE, C.int64_t(math.Float64bits(value))
		case string:
			texts = append(texts, value...)
			to._type, to.bits = C.CHURN_TYPE_STRING, C.int64_t(len(value))
		case int:
			to._type, to.bits = C.CHURN_TYPE_INT, C.int64_t(value)
			if e.variables[i].Type == Float {
				to._type, to.bits = C.CHURN_TYPE_DOUBLE, C.int64_t(math.Float64bits(float64(value)))
			}
		case int64:
			to._type, to.bits = C.CHURN_TYPE_INT, C.int64_t(value)
		case bool:
			to._type = C.CHURN_TYPE_BOOL
			if value {
				to.bits = 1
			}
		default:
			return nil, false
		}
	}
	var value C.churn_go_value
	if C.churn_go_try((*C.churn_expression)(pointer), &packed[0], C.uint32_t(len(values)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(texts))), C.size_t(len(texts)), &value) == 0 {
		return nil, false
	}
	switch value._type {
	case C.CHURN_TYPE_BOOL:
		return value.bits != 0, true
	case C.CHURN_TYPE_INT:
		return int64(value.bits), true
	case C.CHURN_TYPE_DOUBLE:
		return math.Float64frombits(uint64(value.bits)), true
	case C.CHURN_TYPE_STRING:
		return string(texts[value.bits:][:value.reserved]), true
	case C.CHURN_TYPE_TIME:
		return instant(C.churn_time(value.bits)), true
	case C.CHURN_TYPE_DURATION:
		return time.Duration(value.bits), true
	}
	return nil, true
}

// Any record.
func (e *Expression) evaluate(pointer unsafe.Pointer, values []any) (any, error) {
	var room [16]C.churn_value
	var texts [128]byte
	packed, bytes, err := e.pack(values, room[:0], texts[:0])
	if err != nil {
		return nil, err
	}
	var outcome C.churn_outcome
	var value C.churn_value
	why := newError()
	status := C.churn_go_evaluate((*C.churn_expression)(pointer), unsafe.SliceData(packed), C.uint32_t(len(packed)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(bytes))), C.size_t(len(bytes)), &outcome, &value, &why)
	if status == C.CHURN_E_UNSUPPORTED { // text that evaluation makes wants room
		return evaluateText(pointer, append([]C.churn_value(nil), packed...), append([]byte(nil), bytes...))
	}
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return answer(outcome, &value, bytes, why)
}

func (e *Expression) scalar(variable int, value any) (C.churn_value, bool) {
	if span, ok := value.(time.Duration); ok {
		return C.churn_value{_type: C.CHURN_TYPE_DURATION, integer: C.int64_t(span)}, true
	}
	return scalar(e.fit(variable, value))
}

// Text that evaluation makes, in room that grows to what it takes.
func evaluateText(pointer unsafe.Pointer, packed []C.churn_value, texts []byte) (any, error) {
	for room := make([]byte, 256); ; {
		var outcome C.churn_outcome
		var needed C.size_t
		why := newError()
		status := C.churn_go_evaluate_text((*C.churn_expression)(pointer), unsafe.SliceData(packed), C.uint32_t(len(packed)),
			(*C.char)(unsafe.Pointer(unsafe.SliceData(texts))), (*C.char)(unsafe.Pointer(unsafe.SliceData(room))),
			C.size_t(len(room)), &needed, &outcome, &why)
		if status == C.CHURN_E_RANGE && int(needed) > len(room) {
			room = make([]byte, int(needed))
			continue
		}
		if status != C.CHURN_OK {
			return nil, failure(status, why)
		}
		if outcome != C.CHURN_OUTCOME_VALUE {
			return answer(outcome, &C.churn_value{}, nil, why)
		}
		return string(room[:needed-1]), nil
	}
}

// Explain tells why the expression came to what it did for one record, given as for Evaluate: a
// table with a row for each part, the whole first. Its columns are part (its text), depth, line,
// column, outcome ("value", "unknown", "error"), value (as text), because (names that are missing,
// or what went wrong) and decided (whether the outcome of the whole stands on it).
func (e *Expression) Explain(record any) (*Table, error) {
	values := make([]any, len(e.variables))
	if err := e.pick(record, values); err != nil {
		return nil, err
	}
	pointer, err := e.acquire()
	if err != nil {
		return nil, err
	}
	defer e.release()
	packed, texts, err := e.pack(values, nil, nil)
	if err != nil {
		return nil, err
	}
	var out *C.churn_table
	why := newError()
	status := C.churn_go_explain((*C.churn_expression)(pointer), unsafe.SliceData(packed), C.uint32_t(len(packed)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(texts))), &out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

// An int where a variable is a float is a float: in Go, 61 is not 61.0.
func (e *Expression) fit(variable int, value any) any {
	if n, ok := value.(int); ok && e.variables[variable].Type == Float {
		return float64(n)
	}
	return value
}

func answer(outcome C.churn_outcome, value *C.churn_value, texts []byte, why C.churn_error) (any, error) {
	switch {
	case outcome == C.CHURN_OUTCOME_UNKNOWN:
		return nil, nil
	case outcome == C.CHURN_OUTCOME_ERROR:
		e := failure(C.churn_status(why.status), why)
		return nil, &EvaluationError{e.Line, e.Column, e.Message}
	case value._type == C.CHURN_TYPE_BOOL:
		return value.truth != 0, nil
	case value._type == C.CHURN_TYPE_INT:
		return int64(value.integer), nil
	case value._type == C.CHURN_TYPE_DOUBLE:
		return float64(value.number), nil
	case value._type == C.CHURN_TYPE_STRING && value.string.ptr == nil:
		return string(texts[value.integer:][:value.string.len]), nil
	case value._type == C.CHURN_TYPE_STRING:
		return goString(value.string), nil
	case value._type == C.CHURN_TYPE_DURATION:
		return time.Duration(value.integer), nil
	}
	return instant(C.churn_time(value.integer)), nil
}

// EvaluateColumns evaluates the expression for many rows in one crossing. Variables without a column
// are missing in every row; in a column NaN, [NoInt], [NoDuration], [TruthNone] and the zero time are missing, and so
// is a nil in a []*string. Strings that repeat may be [Codes]. The table has the columns value (null where there is none), outcome
// ("value", "unknown", "error") and error.
func (e *Expression) EvaluateColumns(ctx context.Context, columns Columns) (*Table, error) {
	rows, err := e.rowsOf(columns)
	if err != nil {
		return nil, err
	}
	return e.evaluateColumns(ctx, columns, rows)
}

// How many rows columns have, none of which may be of a variable that is not declared.
func (e *Expression) rowsOf(columns Columns) (int, error) {
	rows, found := 0, false
	for _, name := range sortedKeys(columns) {
		if !e.declares(name) {
			return 0, fail(ErrNotFound, "the expression declares no variable %s", name)
		}
		if !found {
			rows, found = max(0, columnLength(columns[name])), true
		}
	}
	return rows, nil
}

// EvaluateMany evaluates many expressions over the same rows, given as for [Expression.EvaluateColumns]:
// a table with a column of values for each, under its name, null where it is unknown or an error. What
// they have in common is computed once. All must have the same variables in the same order.
func EvaluateMany(ctx context.Context, rules map[string]*Expression, columns Columns) (*Table, error) {
	names := sortedKeys(rules)
	if len(names) == 0 {
		return nil, fail(ErrArgument, "no expressions are given")
	}
	first, rows, found := rules[names[0]], 0, false
	for _, name := range names {
		if rules[name] == nil {
			return nil, fail(ErrArgument, "%s is no expression", name)
		}
	}
	for _, name := range sortedKeys(columns) {
		if !first.declares(name) {
			return nil, fail(ErrNotFound, "the expressions declare no variable %s", name)
		}
		if !found {
			rows, found = max(0, columnLength(columns[name])), true
		}
	}
	return evaluateMany(ctx, names, rules, columns, rows)
}

func evaluateMany(ctx context.Context, names []string, rules map[string]*Expression, columns Columns, rows int) (*Table, error) {
	p := packer{rows: rows}
	defer p.pins.Unpin()
	variables := rules[names[0]].variables
	packed := make([]C.churn_value_column, len(variables)+1)
	for i, variable := range variables {
		packed[i] = p.valueColumn(variable, columns[variable.Name])
	}
	if p.err != nil {
		return nil, p.err
	}
	compiled, titles := make([]*C.churn_expression, len(names)), make([]C.churn_str, len(names))
	for i, name := range names {
		pointer, err := rules[name].acquire()
		if err != nil {
			return nil, err
		}
		defer rules[name].release()
		compiled[i], titles[i] = (*C.churn_expression)(pointer), p.str(name)
	}
	watched, err := watch(ctx)
	if err != nil {
		return nil, err
	}
	defer watched.end()
	var out *C.churn_table
	why := newError()
	status := C.churn_expressions_evaluate_columns(unsafe.SliceData(compiled), C.uint32_t(len(names)), pin(&p, titles),
		pin(&p, packed), C.uint32_t(len(variables)), C.uint64_t(rows), watched.cancel, &out, &why)
	if status != C.CHURN_OK {
		return nil, watched.failure(status, why)
	}
	return takeTable(out), nil
}

func (e *Expression) declares(name string) bool {
	_, ok := e.uses[name]
	return ok
}

// Column is a column for [Expression.EvaluateColumns] that says by itself which rows have a value, so
// that every value may be one: NaN, [NoInt] and the zero time too.
type Column[T bool | int | int64 | float64 | string | time.Time | time.Duration] struct {
	Values []T
	// Valid is true where a row has a value; nil: every row has one.
	Valid []bool
}

func (c Column[T]) parts() (any, []bool) { return c.Values, c.Valid }

type withValid interface{ parts() (any, []bool) }

func columnLength(values any) int {
	switch values := values.(type) {
	case withValid:
		plain, _ := values.parts()
		return columnLength(plain)
	case []*string:
		return len(values)
	case []time.Duration:
		return len(values)
	case coded:
		codes, _ := values.codes()
		return len(codes)
	}
	return lengthOf(values)
}

func (e *Expression) evaluateColumns(ctx context.Context, columns Columns, rows int) (*Table, error) {
	pointer, err := e.acquire()
	if err != nil {
		return nil, err
	}
	defer e.release()
	p := packer{rows: rows}
	defer p.pins.Unpin()
	packed := p.valueColumns(e.variables, columns)
	if p.err != nil {
		return nil, p.err
	}
	watched, err := watch(ctx)
	if err != nil {
		return nil, err
	}
	defer watched.end()
	var out *C.churn_table
	why := newError()
	status := C.churn_expression_evaluate_columns((*C.churn_expression)(pointer), packed,
		C.uint32_t(len(e.variables)), C.uint64_t(rows), watched.cancel, &out, &why)
	if status != C.CHURN_OK {
		return nil, watched.failure(status, why)
	}
	return takeTable(out), nil
}

func (p *packer) valueColumns(variables []Variable, columns Columns) *C.churn_value_column {
	packed := make([]C.churn_value_column, len(variables)+1)
	for i, variable := range variables {
		packed[i] = p.valueColumn(variable, columns[variable.Name])
	}
	return pin(p, packed)
}

var errColumnType = errors.New("type")

// A column of a variable: plain values, and bits of the rows that have one.
func (p *packer) valueColumn(variable Variable, values any) C.churn_value_column {
	if values == nil {
		return p.missingColumn()
	}
	if !p.fits(variable.Name, values, columnLength(values)) {
		return C.churn_value_column{}
	}
	if p.rows == 0 {
		return p.missingColumn()
	}
	if given, ok := values.(withValid); ok {
		return p.validColumn(variable, given)
	}
	column, err := p.typedColumn(variable.Type, values)
	if err != nil {
		p.fail("column %s of type %v cannot be a %T", variable.Name, variable.Type, values)
	}
	return column
}

// A column whose rows are said to be there: no value of it means something else.
func (p *packer) validColumn(variable Variable, from withValid) C.churn_value_column {
	values, valid := from.parts()
	if valid != nil && len(valid) != p.rows {
		p.fail("column %s has %d values and %d marks of which are valid", variable.Name, p.rows, len(valid))
		return C.churn_value_column{}
	}
	if times, ok := values.([]time.Time); ok && variable.Type == Time {
		all := make([]int64, len(times))
		for row, at := range times {
			all[row] = at.UnixMicro()
		}
		return C.churn_value_column{values: unsafe.Pointer(pin(p, all)), valid: p.validBits(valid)}
	}
	column, err := p.typedColumn(variable.Type, values)
	if err != nil {
		p.fail("column %s of type %v cannot be a %T", variable.Name, variable.Type, values)
	}
	column.valid = p.validBits(valid)
	return column
}

func (p *packer) validBits(valid []bool) *C.uint8_t {
	if valid == nil {
		return nil
	}
	return p.bits(bitsWhere(p.rows, func(row int) bool { return valid[row] }))
}

// No row has a value: zeros of the widest type, and no bits.
func (p *packer) missingColumn() C.churn_value_column {
	zeros := make([]C.churn_str, p.rows+1)
	return C.churn_value_column{values: unsafe.Pointer(pin(p, zeros)), valid: p.bits(make([]byte, p.rows/8+1))}
}

func (p *packer) typedColumn(want Type, values any) (C.churn_value_column, error) {
	switch values := values.(type) {
	case []bool:
		return p.typedColumn(want, truthsOf(values))
	case []int:
		return p.typedColumn(want, int64sOf(values))
	case []string:
		if want == String {
			return p.stringColumn(values), nil
		}
	case coded:
		if codes, words := values.codes(); want == String {
			return p.codedColumn(codes, words), nil
		}
	case []*string:
		if want == String {
			return p.optionalStrs(values), nil
		}
	case []Truth:
		if want == Bool {
			truths := p.truths("", values)
			return C.churn_value_column{values: unsafe.Pointer(truths.values), valid: truths.valid}, nil
		}
	case []int64:
		if want == Int {
			return C.churn_value_column{values: unsafe.Pointer(pin(p, values)), valid: p.bits(bitsUnlike(values, NoInt))}, nil
		}
	case []float64:
		if want == Float {
			return C.churn_value_column{values: unsafe.Pointer(pin(p, values)), valid: p.bits(bitsOfNumbers(values))}, nil
		}
	case []time.Duration:
		if want == Duration {
			return C.churn_value_column{values: unsafe.Pointer(pin(p, values)), valid: p.bits(bitsUnlike(values, NoDuration))}, nil
		}
	case []time.Time:
		if want == Time {
			times := p.times("", values)
			return p.present(unsafe.Pointer(times.values), func(row int) bool { return !values[row].IsZero() }), nil
		}
	}
	return C.churn_value_column{}, errColumnType
}

func (p *packer) present(values unsafe.Pointer, has func(row int) bool) C.churn_value_column {
	return C.churn_value_column{values: values, valid: p.bits(bitsWhere(p.rows, has))}
}

func (p *packer) optionalStrs(values []*string) C.churn_value_column {
	texts := make([]string, len(values))
	for row, value := range values {
		if value != nil {
			texts[row] = *value
		}
	}
	return p.present(unsafe.Pointer(p.strs(texts)), func(row int) bool { return values[row] != nil })
}

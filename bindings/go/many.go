// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"time"
	"unsafe"
)

// NoCode is the code of a row without a value, as -1 is where codes are int32.
const NoCode uint32 = 1<<32 - 1

// Codes is a column of strings that repeat: row i is Words[Codes[i]], and missing where its code is -1 or
// [NoCode]. Nothing of the codes is copied.
type Codes[T uint32 | int32] struct {
	Codes []T
	Words []string
}

type coded interface{ codes() ([]uint32, []string) }

// An int32 of -1 has the bits of NoCode.
func (c Codes[T]) codes() ([]uint32, []string) {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(c.Codes))), len(c.Codes)), c.Words
}

func (p *packer) codedColumn(codes []uint32, words []string) C.churn_value_column {
	column := C.churn_value_column{valid: p.bits(bitsUnlike(codes, NoCode))}
	column.codes = (*C.uint32_t)(pin(p, codes))
	column.dictionary = p.strs(words)
	column.dictionary_count = C.uint32_t(len(words))
	return column
}

// Strings of which few are different are told apart once.
func (p *packer) stringColumn(values []string) C.churn_value_column {
	if words, codes := dictionary(values); codes != nil {
		return C.churn_value_column{codes: (*C.uint32_t)(pin(p, codes)), dictionary: p.strs(words),
			dictionary_count: C.uint32_t(len(words))}
	}
	return C.churn_value_column{values: unsafe.Pointer(p.strs(values))}
}

// Counts is what the rows of an expression came to.
type Counts struct {
	// Values is how many rows have a value; of a bool's, True and False are the two.
	Values, True, False int
	// Unknown is how many stand on something missing, Errors how many cannot be computed.
	Unknown, Errors int
}

// Output is where [Expression.Fill] writes. Each part may be nil.
type Output struct {
	// Values receives the value of each row, the zero value where there is none: []bool, []int64,
	// []float64, []time.Duration by the expression's type, or for instants []int64 with microseconds since
	// 1970 in UTC. It has a value for each row.
	Values any
	// Valid receives which rows have a value.
	Valid []bool
}

// Fill evaluates the expression for many rows, as EvaluateColumns does, into slices of yours: the fastest
// way. Columns and slices of numbers are not copied. An expression that gives strings cannot be filled.
func (e *Expression) Fill(ctx context.Context, columns Columns, to Output) (Counts, error) {
	counts, err := FillMany(ctx, []*Expression{e}, columns, []Output{to})
	if err != nil {
		return Counts{}, err
	}
	return counts[0], nil
}

// FillMany evaluates expressions over the same rows, each into its output; what they have in common is
// computed once. All are compiled over the same variables.
func FillMany(ctx context.Context, expressions []*Expression, columns Columns, to []Output) ([]Counts, error) {
	if len(to) != len(expressions) {
		return nil, fail(ErrArgument, "%d outputs for %d expressions", len(to), len(expressions))
	}
	var call manyCall
	defer call.end()
	if err := call.begin(ctx, expressions, columns); err != nil {
		return nil, err
	}
	values, valid := make([]unsafe.Pointer, len(to)), make([]*C.uint8_t, len(to))
	bits := make([][]byte, len(to))
	counts := make([]C.churn_expression_counts, len(to))
	for i := range to {
		counts[i].struct_size = C.sizeof_churn_expression_counts
		values[i] = call.packer.output(expressions[i].typ, to[i].Values)
		if to[i].Valid != nil {
			call.packer.fits("Valid", to[i].Valid, len(to[i].Valid))
			bits[i] = make([]byte, call.packer.rows/8+1)
			valid[i] = call.packer.bits(bits[i])
		}
	}
	if call.packer.err != nil {
		return nil, call.packer.err
	}
	why := newError()
	status := C.churn_expressions_fill(pin(&call.packer, call.pointers), C.uint32_t(len(expressions)), call.columns,
		C.uint32_t(len(expressions[0].variables)), C.uint64_t(call.packer.rows), call.watched.cancel,
		pin(&call.packer, values), pin(&call.packer, valid), pin(&call.packer, counts), &why)
	if status != C.CHURN_OK {
		return nil, call.watched.failure(status, why)
	}
	for i := range to {
		for row := range to[i].Valid {
			to[i].Valid[row] = hasBit(bits[i], row)
		}
	}
	return countsOf(counts), nil
}

func countsOf(from []C.churn_expression_counts) []Counts {
	all := make([]Counts, len(from))
	for i, of := range from {
		all[i] = Counts{Values: int(of.value_rows), True: int(of.true_rows), False: int(of.false_rows),
			Unknown: int(of.unknown_rows), Errors: int(of.error_rows)}
	}
	return all
}

// Memory for the values of an expression. A bool of Go is a byte that is 0 or 1, as the library's is.
func (p *packer) output(typ Type, values any) unsafe.Pointer {
	var first unsafe.Pointer
	length, held := 0, Type(0)
	switch values := values.(type) {
	case nil:
		return nil
	case []bool:
		first, length, held = unsafe.Pointer(unsafe.SliceData(values)), len(values), Bool
	case []int64:
		first, length, held = unsafe.Pointer(unsafe.SliceData(values)), len(values), Int
	case []float64:
		first, length, held = unsafe.Pointer(unsafe.SliceData(values)), len(values), Float
	case []time.Duration:
		first, length, held = unsafe.Pointer(unsafe.SliceData(values)), len(values), Duration
	}
	if held == typ || held == Int && typ == Time {
		if !p.fits("Values", values, length) || length == 0 {
			return nil
		}
		p.pins.Pin(first)
		return first
	}
	p.fail("Values of an expression that gives a %v cannot be a %T", typ, values)
	return nil
}

// What a call over several expressions holds on to.
type manyCall struct {
	packer   packer
	held     []*Expression
	pointers []*C.churn_expression
	columns  *C.churn_value_column
	watched  token
}

func (m *manyCall) begin(ctx context.Context, expressions []*Expression, columns Columns) error {
	if len(expressions) == 0 {
		return fail(ErrArgument, "no expressions are given")
	}
	for i, e := range expressions {
		if e == nil {
			return fail(ErrArgument, "expression %d is nil", i)
		}
		pointer, err := e.acquire()
		if err != nil {
			return err
		}
		m.held = append(m.held, e)
		m.pointers = append(m.pointers, (*C.churn_expression)(pointer))
	}
	rows, err := expressions[0].rowsOf(columns)
	if err != nil {
		return err
	}
	m.packer.rows = rows
	m.columns = m.packer.valueColumns(expressions[0].variables, columns)
	if m.packer.err != nil {
		return m.packer.err
	}
	m.watched, err = watch(ctx)
	return err
}

func (m *manyCall) end() {
	m.watched.end()
	m.packer.pins.Unpin()
	for _, e := range m.held {
		e.release()
	}
}

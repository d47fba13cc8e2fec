// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"slices"
	"time"
)

// Select says whom a question is about and what it shows. The zero value asks for everybody, and shows
// what the condition reads.
type Select struct {
	Context  context.Context // cancels the question
	Customer string          // one customer
	// These customers, in any order; nil: all, and an empty list none.
	Customers []string
	// Columns: "metric.mrr" or "name: expression"; nil: the names that the condition reads.
	Columns []string
	// Expressions or names of columns, the first the most important, a "-" before them for descending.
	// What is missing comes last, and equals by customer.
	Order []string
	// Constants: params.<name> in the texts; bool, int, float64, string, time.Time.
	Params map[string]any
	Limit  int // at most so many rows; 0: all
}

// QueryAnswer is the customers for whom a condition is true, and what became of the others.
type QueryAnswer struct {
	*Table
	Asked      int64 // that exist at the date: the sum of the next four
	Matched    int64
	NotMatched int64
	Unknown    int64 // something that the condition needs is missing: Reasons says what and why
	Errors     int64 // the condition cannot be computed
	CellErrors int64 // cells that cannot be computed; they are null
	// part, outcome, name, reason, customers; the most frequent first.
	Reasons *Table
	// What is probably not meant.
	Warnings []Diagnostic
}

func (p *packer) parameters(from map[string]any) *C.churn_parameter {
	packed := make([]C.churn_parameter, 0, len(from)+1)
	for _, name := range sortedKeys(from) {
		packed = append(packed, C.churn_parameter{name: p.str(name), value: p.value("params."+name, from[name])})
	}
	return pin(p, packed)
}

// Texts as an array that is given although it is empty.
func (p *packer) givenStrs(texts []string) *C.churn_str {
	if texts == nil {
		return nil
	}
	return p.strs(append(slices.Clone(texts), ""))
}

// Query finds the customers for whom a condition is true: customer, then the columns asked for. An empty
// text asks for everybody. The names are those of a playbook's conditions; statuses, tags, plays and
// triggers are those of the engine's history at asOf.
func (e *Engine) Query(text string, asOf time.Time, options ...Select) (*QueryAnswer, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	if given.Limit < 0 {
		return nil, fail(ErrArgument, "a limit cannot be negative")
	}
	to := C.churn_select_options{
		struct_size:    C.sizeof_churn_select_options,
		customer:       p.str(given.Customer),
		customers:      p.givenStrs(given.Customers),
		customer_count: C.uint64_t(len(given.Customers)),
		_select:        p.givenStrs(given.Columns),
		select_count:   C.uint32_t(len(given.Columns)),
		order:          p.givenStrs(given.Order),
		order_count:    C.uint32_t(len(given.Order)),
		params:         p.parameters(given.Params),
		param_count:    C.uint32_t(len(given.Params)),
		limit:          C.uint64_t(given.Limit),
	}
	if p.err != nil {
		return nil, p.err
	}
	condition := p.strs([]string{text, ""})
	summary := C.churn_query_summary{struct_size: C.sizeof_churn_query_summary}
	var out, reasons, found *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_query(engine, condition.ptr, condition.len, micros(asOf), &to, &out, &summary, &reasons, &found, err)
	})
	diagnostics := diagnosticsOf(takeTable(found))
	if err != nil {
		return nil, queryFailure(err, diagnostics)
	}
	return &QueryAnswer{
		Table: takeTable(out), Reasons: takeTable(reasons), Warnings: diagnostics,
		Asked: int64(summary.asked), Matched: int64(summary.matched), NotMatched: int64(summary.not_matched),
		Unknown: int64(summary.unknown), Errors: int64(summary.errors), CellErrors: int64(summary.cell_errors),
	}, nil
}

// Why takes a trigger's condition apart for one customer: part, depth, line, column, outcome, value,
// because (what is missing, or went wrong), decided (whether the result stands on it). The first row is
// the whole condition.
func (e *Engine) Why(customer, trigger string, asOf time.Time) (*Table, error) {
	var out *C.churn_table
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_why(engine, chars(customer), C.size_t(len(customer)), chars(trigger), C.size_t(len(trigger)),
			micros(asOf), &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

func queryFailure(err error, diagnostics []Diagnostic) error {
	if plain, ok := err.(*Error); ok && len(diagnostics) > 0 {
		return &QueryError{plain, diagnostics}
	}
	return err
}

// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"time"
)

// ReferenceOptions say whose distribution is meant. The zero value is everybody's.
type ReferenceOptions struct {
	Context   context.Context // cancels the call
	Among     string          // "book", the default, or "segment.<id>"
	Name      string          // of the reference; default the metric's with the date
	MaxValues int             // most different values that are kept as they are; default 1000
}

// Reference is the distribution of a metric, to be kept under references of a playbook.
type Reference struct {
	Text  string // the entry as YAML, to be pasted under references:
	Table *Table // value, count
}

// Reference says how a metric is distributed among customers. Scores that rank against it come back
// bit for bit at any time, whatever became of the book. Where more than MaxValues different values
// occur, quantiles stand for them, and the text says so.
func (e *Engine) Reference(metric string, asOf time.Time, options ...ReferenceOptions) (Reference, error) {
	given := first(options)
	if given.MaxValues < 0 || given.MaxValues > 1<<30 {
		return Reference{}, fail(ErrRange, "max_values is out of range")
	}
	var p packer
	defer p.pins.Unpin()
	to := C.churn_reference_options{
		struct_size: C.sizeof_churn_reference_options,
		max_values:  C.uint32_t(given.MaxValues),
		among:       p.str(given.Among),
		name:        p.str(given.Name),
	}
	var table *C.churn_table
	var text *C.churn_buffer
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_reference(engine, chars(metric), C.size_t(len(metric)), micros(asOf), &to, &table, &text, err)
	})
	if err != nil {
		return Reference{}, err
	}
	return Reference{Text: string(takeBuffer(text)), Table: takeTable(table)}, nil
}

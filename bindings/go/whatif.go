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

// Questions about what is not so. All of them are pure.

// Changes are values that are taken to be otherwise, by name: a metric, "customer.<attribute>", a
// score. Nil is missing; else bool, int, float64, string, time.Time.
type Changes map[string]any

// WhatIf computes what a customer would be if some values were other ones. Metrics made of others
// follow. Rows are metrics and segments that change, then every score, then every trigger: sort, id,
// value_before, value_after, change, band_before, band_after, coverage_before, coverage_after, word_before,
// word_after (of texts and instants), holds_before, holds_after (of segments and triggers). Scores are
// 0 to 100, coverage 0 to 1, metrics in their own units.
func (e *Engine) WhatIf(customer string, asOf time.Time, changes Changes) (*Table, error) {
	var p packer
	defer p.pins.Unpin()
	packed := make([]C.churn_change, 0, len(changes)+1)
	for _, name := range sortedKeys(changes) {
		packed = append(packed, C.churn_change{name: p.str(name), value: p.value(name, changes[name])})
	}
	if p.err != nil {
		return nil, p.err
	}
	first := pin(&p, packed)
	var out *C.churn_table
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_what_if(engine, chars(customer), C.size_t(len(customer)), micros(asOf), first,
			C.uint32_t(len(packed)), nil, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// TargetOptions say what is to be reached. The zero value is the next better band of the first score.
type TargetOptions struct {
	Context context.Context // cancels the question
	Score   string          // which score
	Band    string          // reach this band of it
	Target  float64         // or this score, over 0 and at most 100
	Pairs   int             // at most so many pairs of factors; 0: one
}

// Targets says what it would take to reach a score: for each factor what its metric must become, and the
// cheapest pair of factors. What is feasible was tried out: with these values the score is reaches.
// Columns: rank, kind, factor, metric, value, value_needed, word, word_needed, unit, points,
// points_needed, the same of a pair's other factor (factor_2 ...), cost (points by which all factors
// move), feasible, reason, reaches, target. Values are in the unit of their metric, points 0 to 100.
func (e *Engine) Targets(customer string, asOf time.Time, options ...TargetOptions) (*Table, error) {
	given := first(options)
	if given.Pairs < 0 {
		return nil, fail(ErrArgument, "a number of pairs cannot be negative")
	}
	var p packer
	defer p.pins.Unpin()
	to := C.churn_target_options{
		struct_size: C.sizeof_churn_target_options,
		score:       p.str(given.Score),
		band:        p.str(given.Band),
		target:      C.double(given.Target),
		pairs:       C.uint32_t(min(given.Pairs, 1<<30)),
	}
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_targets(engine, chars(customer), C.size_t(len(customer)), micros(asOf), &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// Lint says what of the playbook does nothing, or everything, on the data at hand: severity, code, line,
// column, what, message, suggestion, customers, share.
func (e *Engine) Lint(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_lint(engine, micros(asOf), o, out, err)
	})
}

// ImpactOptions narrow what playbooks are compared over. The zero value is everybody and every score.
type ImpactOptions struct {
	Context context.Context // cancels the question
	// These customers, in any order; nil: all, and an empty list none.
	Customers []string
	Score     string // only this one
}

// Impact is a changed playbook against the present one, over the whole book.
type Impact struct {
	// Who changes band: customer, as_of, score, value_before, value_after, change, band_before,
	// band_after, direction ("worse", "better"), mrr.
	Moved *Table
	// A row for each score and trigger of either: sort, id, side ("both", "before", "after"), before,
	// after, change, both, only_before, only_after, unknown_before, unknown_after, and their MRR.
	Counts        *Table
	Customers     int64 // that exist and are not lost, once a date
	ScoredBefore  int64 // of these, who has the first score
	ScoredAfter   int64
	ChangedBand   int64 // in the first score
	Worse, Better int64 // from or to unknown is neither
	MRRWorse      float64
	MRRBetter     float64
	AlertsBefore  int64 // triggers whose when holds of a customer, over all of them
	AlertsAfter   int64
	AlertsGained  int64
	AlertsLost    int64
}

// Impact compares the engine's playbook with a changed one over the whole book, at one date or several
// in ascending order, without taking it up.
func (e *Engine) Impact(after *Playbook, asOf []time.Time, options ...ImpactOptions) (*Impact, error) {
	if after == nil {
		return nil, fail(ErrArgument, "there is no playbook")
	}
	playbook, err := after.acquire()
	if err != nil {
		return nil, err
	}
	defer after.release()
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_query_options{
		struct_size:    C.sizeof_churn_query_options,
		score:          p.str(given.Score),
		customers:      p.givenStrs(given.Customers),
		customer_count: C.uint64_t(len(given.Customers)),
	}
	dates := packTimes(asOf)
	summary := C.churn_impact{struct_size: C.sizeof_churn_impact}
	var moved, counts *C.churn_table
	err = e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_impact(engine, (*C.churn_playbook)(playbook), unsafe.SliceData(dates), C.uint32_t(len(dates)),
			&to, &summary, &moved, &counts, err)
	})
	if err != nil {
		return nil, err
	}
	return &Impact{
		Moved: takeTable(moved), Counts: takeTable(counts), Customers: int64(summary.customers),
		ScoredBefore: int64(summary.scored_before), ScoredAfter: int64(summary.scored_after),
		ChangedBand: int64(summary.changed_band), Worse: int64(summary.worse), Better: int64(summary.better),
		MRRWorse: float64(summary.mrr_worse), MRRBetter: float64(summary.mrr_better),
		AlertsBefore: int64(summary.alerts_before), AlertsAfter: int64(summary.alerts_after),
		AlertsGained: int64(summary.alerts_gained), AlertsLost: int64(summary.alerts_lost),
	}, nil
}

// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"math"
	"time"
	"unsafe"
)

// Baseline is what an explanation starts from.
type Baseline int32

// The baselines of explanations.
const (
	BaselineScore   Baseline = 0 // the score's own
	BaselineNumber  Baseline = 1 // ExplainOptions.Value
	BaselineOwn     Baseline = 2 // the customer's own score, ExplainOptions.Over ago
	BaselineSegment Baseline = 3 // the mean of all customers whose score is on the same card
	BaselineBook    Baseline = 4 // the mean of all customers
)

// ExplainOptions say how a score is explained. The zero value is the default.
type ExplainOptions struct {
	Context  context.Context // cancels the question
	Score    string          // which score; default the first
	Baseline Baseline
	Value    float64       // of BaselineNumber, 0 to 100
	Over     time.Duration // of BaselineOwn; 0: 90 days
}

func (o ExplainOptions) pack(p *packer) C.churn_explain_options {
	return C.churn_explain_options{
		struct_size:    C.sizeof_churn_explain_options,
		score:          p.str(o.Score),
		baseline:       C.int32_t(o.Baseline),
		baseline_value: C.double(o.Value),
		over:           C.int64_t(o.Over.Microseconds()),
	}
}

// Explain explains the level of one customer's score by lines that add up to it exactly: kind, name,
// group, metric, value, word, unit, points, weight, contribution, text, window_start, window_end,
// events, last_event, card, playbook. The first line is the baseline. Points are 0 to 100, weights
// effective and 0 to 1, contributions in points of the score; word holds texts and truths.
func (e *Engine) Explain(customer string, asOf time.Time, options ...ExplainOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := given.pack(&p)
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_explain(engine, chars(customer), C.size_t(len(customer)), micros(asOf), &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// LineKind says what a line of an explanation is.
type LineKind int32

// The kinds of lines.
const (
	LineBaseline LineKind = 0
	LineFactor   LineKind = 1
	LineCap      LineKind = 2
	LineFloor    LineKind = 3
	LineOverride LineKind = 4
	LineMissing  LineKind = 5 // a factor that is missing; it contributes nothing
)

// Line is a line of an explanation without its sentence.
type Line struct {
	Kind         LineKind
	Name         string  // of the factor or cap
	Group        string  // as a path; "" of what is no factor
	Metric       string  // that the factor names; "": none
	Value        float64 // the metric's; NaN: missing, or no number
	Word         string  // of texts and truths
	Points       float64 // of a factor 0 to 100, of a cap its bound; NaN of what is missing
	Weight       float64 // effective, 0 to 1; NaN of what is no factor, or missing
	Contribution float64 // in points; NaN of what is missing, or where no factor scores
	Micros       int64   // the same in units of 1e-6, exactly; 0 for NaN
}

// ExplainedLines is one customer's score with the lines that add up to it, the baseline first.
type ExplainedLines struct {
	Known               bool    // false below min_coverage
	Score               float64 // NaN there
	Band                string  // "unknown" there
	Coverage, Low, High float64
	Certain             bool   // Low and High are in one band
	Card                string // the segment whose numbers count, or "default"
	Lines               []Line
}

const explanationRoom = 4096 // bytes of most explanations

// ExplainLines scores and explains one customer within microseconds, for a backend that does so on
// each request: the numbers of Explain, without sentences and what stands behind them.
func (e *Engine) ExplainLines(customer string, asOf time.Time, options ...ExplainOptions) (*ExplainedLines, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := given.pack(&p)
	one := C.churn_explanation{struct_size: C.sizeof_churn_explanation}
	one.room, one.room_size = C.malloc(explanationRoom), explanationRoom
	defer func() { C.free(one.room) }()
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		for {
			status := C.churn_engine_explain_lines(engine, chars(customer), C.size_t(len(customer)), micros(asOf), &to, &one, err)
			if status != C.CHURN_E_RANGE || one.room_needed <= one.room_size {
				return status
			}
			C.free(one.room)
			one.room, one.room_size = C.malloc(one.room_needed), one.room_needed
		}
	})
	if err != nil {
		return nil, err
	}
	return takeLines(&one), nil
}

func takeLines(one *C.churn_explanation) *ExplainedLines {
	n := int(one.line_count)
	score := float64(one.score)
	made := &ExplainedLines{Known: !math.IsNaN(score), Score: score, Band: goString(one.band), Coverage: float64(one.coverage),
		Low: float64(one.low), High: float64(one.high), Certain: one.certain != 0, Card: goString(one.card), Lines: make([]Line, n)}
	kinds, names, groups := unsafe.Slice(one.kinds, n), unsafe.Slice(one.names, n), unsafe.Slice(one.groups, n)
	metrics, values, words := unsafe.Slice(one.metrics, n), unsafe.Slice(one.values, n), unsafe.Slice(one.words, n)
	points, weights := unsafe.Slice(one.points, n), unsafe.Slice(one.weights, n)
	contributions, exact := unsafe.Slice(one.contributions, n), unsafe.Slice(one.micros, n)
	for i := range made.Lines {
		made.Lines[i] = Line{Kind: LineKind(kinds[i]), Name: goString(names[i]), Group: goString(groups[i]), Metric: goString(metrics[i]),
			Value: float64(values[i]), Word: goString(words[i]), Points: float64(points[i]), Weight: float64(weights[i]),
			Contribution: float64(contributions[i]), Micros: int64(exact[i])}
	}
	return made
}

// ExplainChangeOptions say how a change is explained. The zero value is the default.
type ExplainChangeOptions struct {
	Context context.Context // cancels the question
	Score   string          // which score; default the first
	Before  *Playbook       // by which the side before is scored; nil: the engine's own
}

// ExplainChange explains why one customer's score is not what it was: between two dates, between two
// playbooks at one date, or both: kind, name, group, metric, value_before, value_after, word_before,
// word_after, unit, points_before, points_after, weight_before, weight_after, contribution, text,
// records, card_before, card_after, playbook_before, playbook_after. The lines add up exactly: all
// but the last to what the last says, in points of the score. records are those that came (+) and
// went (-), by their ids.
func (e *Engine) ExplainChange(customer string, before, asOf time.Time, options ...ExplainChangeOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_explain_change_options{struct_size: C.sizeof_churn_explain_change_options, score: p.str(given.Score)}
	if given.Before != nil {
		pointer, err := given.Before.acquire()
		if err != nil {
			return nil, err
		}
		defer given.Before.release()
		to.before = (*C.churn_playbook)(pointer)
	}
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_explain_change(engine, chars(customer), C.size_t(len(customer)), micros(before), micros(asOf), &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// EvidenceOptions say which records are listed. The zero value is the default.
type EvidenceOptions struct {
	Context context.Context // cancels the question
	Since   time.Time       // to see what came and went since then; zero: no comparison
}

// Evidence lists the records behind a metric's value: kind, id, at, what, user, value, word, change, share.
// In place of a metric it takes a score or one of its factors ("health.sites"): what that stands on, of a
// roll-up the child customers with their scores and shares.
func (e *Engine) Evidence(customer, metric string, asOf time.Time, options ...EvidenceOptions) (*Table, error) {
	given := first(options)
	to := C.churn_query_options{struct_size: C.sizeof_churn_query_options}
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_evidence(engine, chars(customer), C.size_t(len(customer)), chars(metric), C.size_t(len(metric)), micros(given.Since), micros(asOf), &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

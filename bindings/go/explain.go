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

// Explain explains the level of one customer's score by lines that add up to it exactly: kind, name,
// group, metric, value, word, unit, points, weight, contribution, text, window_start, window_end,
// events, last_event, card, playbook. The first line is the baseline. Points are 0 to 100, weights
// effective and 0 to 1, contributions in points of the score; word holds texts and truths.
func (e *Engine) Explain(customer string, asOf time.Time, options ...ExplainOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_explain_options{
		struct_size:    C.sizeof_churn_explain_options,
		score:          p.str(given.Score),
		baseline:       C.int32_t(given.Baseline),
		baseline_value: C.double(given.Value),
		over:           C.int64_t(given.Over.Microseconds()),
	}
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

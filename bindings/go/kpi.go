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

// What happened to the business: figures by period and group.

// Figures lists every figure of Engine.KPI: id, unit, at_end (a level at the end of a period), set, title,
// formula, source, example, and how vendors differ.
func Figures() (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var out *C.churn_table
	why := newError()
	if status := C.churn_figures(&out, &why); status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

// Every is the period of a key figure.
type Every int32

// The periods of key figures.
const (
	EverySpan    Every = 0 // the whole span is one period
	EveryDay     Every = 1
	EveryWeek    Every = 2 // ISO weeks
	EveryMonth   Every = 3
	EveryQuarter Every = 4
	EveryYear    Every = 5
	EveryRolling Every = 6 // windows of KPIOptions.RollingDays
)

// KPIOptions change how key figures are computed. The zero value is the default.
type KPIOptions struct {
	Context context.Context // cancels the question
	Every   Every
	AsOf    time.Time // what is known when; default the end of the span

	RollingDays uint32   // of EveryRolling: days of a window
	StepDays    uint32   // days from one window's end to the next one's; default RollingDays
	By          []string // what figures are grouped by: see KPI
	ByEnd       bool     // groups at the end of a period, not at its start
	Policy      string   // a preset, such as "stripe"; default the playbook's policy
	Level       float64  // of intervals; default 0.95
	Changes     bool     // columns change, change_ratio, adjusted
}

type kpiAsker func(*C.churn_engine, *C.churn_kpi_options, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) askKPI(options []KPIOptions, call kpiAsker) (*Table, error) {
	given := first(options)
	to := C.churn_kpi_options{
		struct_size: C.sizeof_churn_kpi_options,
		every:       C.int32_t(given.Every),
		as_of:       saidMicros(given.AsOf),
	}
	var p packer
	defer p.pins.Unpin()
	given.pack(&p, &to)
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(engine, &to, out, err)
	})
}

// KPI computes figures by period and group from one instant to another, which is not included, in the
// playbook's zone, currency and policy: kpi, period_start, period_end, a column for each name of By
// (attributes, "segment.<id>", "<score>.band", "plan", "churn.reason", "cause", "start_month" ...), value
// (null where undefined), low, high, numerator, denominator, n, excluded, missing, note, unit, currency,
// policy, complete, marks. No names: all figures, which Figures lists.
func (e *Engine) KPI(names []string, from, to time.Time, options ...KPIOptions) (*Table, error) {
	var p packer
	defer p.pins.Unpin()
	packed := p.strs(names)
	return e.askKPI(options, func(engine *C.churn_engine, o *C.churn_kpi_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_kpi(engine, packed, C.uint32_t(len(names)), micros(from), micros(to), o, out, err)
	})
}

// What of the options is borrowed: pinned by the packer.
func (o KPIOptions) pack(p *packer, to *C.churn_kpi_options) {
	to.rolling_days = C.uint32_t(o.RollingDays)
	to.step_days = C.uint32_t(o.StepDays)
	to.by = p.strs(o.By)
	to.by_count = C.uint32_t(len(o.By))
	to.by_at = flag(o.ByEnd)
	to.policy = p.str(o.Policy)
	to.level = C.double(o.Level)
	to.changes = flag(o.Changes)
}

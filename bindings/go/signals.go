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

// Where something happened in a series of figures.

// ---- on arrays ----

// ChangeOptions say what a change of level is. The zero value is the default.
type ChangeOptions struct {
	Context context.Context // cancels the search
	MinSize uint32          // values of a stretch, at least; 0: 2
	Penalty float64         // what a change costs; 0: 2 sigma² ln n
	Sigma   float64         // of the noise; 0: estimated from neighbours
}

// An array of the caller, not copied.
func doubles(p *packer, values []float64) *C.double {
	if len(values) == 0 {
		return nil
	}
	return (*C.double)(pin(p, values))
}

// A call on an array, whose answer is a table.
func onArray(ctx context.Context, p *packer, call func(*C.churn_cancel, **C.churn_table, *C.churn_error) C.churn_status) (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	defer p.pins.Unpin()
	return askArrays(ctx, call)
}

// ChangePoints splits a series where its mean changes, with the least squares plus a penalty for each
// change: start, end (indices; end not included), n, mean, rss, change, penalty. NaN is missing.
func ChangePoints(values []float64, options ...ChangeOptions) (*Table, error) {
	var p packer
	given := first(options)
	to := C.churn_change_options{
		struct_size: C.sizeof_churn_change_options,
		min_size:    C.uint32_t(given.MinSize),
		penalty:     C.double(given.Penalty),
		sigma:       C.double(given.Sigma),
	}
	return onArray(given.Context, &p, func(cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_change_points(doubles(&p, values), C.uint64_t(len(values)), &to, out, err)
	})
}

// CusumOptions say what a drift is. The zero value is the default.
type CusumOptions struct {
	Target *float64 // the level that is kept; nil: the median
	Slack  float64  // what is let pass a step; 0: half of sigma
	Limit  float64  // what is an alarm; 0: five times sigma
	Sigma  float64  // of the noise; 0: estimated from neighbours
}

// Cusum sums up how far a series is above and below its target: index, value, sum, above, below, alarm,
// since.
func Cusum(values []float64, options ...CusumOptions) (*Table, error) {
	var p packer
	given := first(options)
	to := C.churn_cusum_options{
		struct_size: C.sizeof_churn_cusum_options,
		slack:       C.double(given.Slack),
		limit:       C.double(given.Limit),
		sigma:       C.double(given.Sigma),
	}
	if given.Target != nil {
		to.flags = C.CHURN_CUSUM_TARGET
		to.target = C.double(*given.Target)
	}
	return onArray(nil, &p, func(_ *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_cusum(doubles(&p, values), C.uint64_t(len(values)), &to, out, err)
	})
}

// SeriesKind is what the values of a series are.
type SeriesKind int32

// The kinds of series.
const (
	SeriesNumber SeriesKind = 0
	SeriesCount  SeriesKind = 1 // counts of events
	SeriesShare  SeriesKind = 2 // values of trials
	SeriesLevel  SeriesKind = 3 // numbers whose changes are judged
)

// Series is what Anomalies looks at; NaN is missing.
type Series struct {
	Kind   SeriesKind
	Values []float64
	Trials []float64 // of SeriesShare
	Season uint32    // values of a cycle; 0: none
}

// AnomalyOptions say how often noise may be called an anomaly. The zero value is the default.
type AnomalyOptions struct {
	Context      context.Context // cancels the search
	All          bool            // also values that are as expected
	FalseAlarms  float64         // share of values of plain noise that are called anomalies; 0: 0.01
	PerSeries    float64         // instead: how many false alarms a series has on average
	FalseChanges float64         // share of series of noise with a change of level; 0: 0.05; 1: not sought
	Window       uint32          // earlier values to compare with, at most; 0: 36
	History      uint32          // at least; 0: 8
	Cycles       uint32          // of the same place in the season, at most; 0: 4
	MinSize      uint32          // values of a level, at least; 0: 5
}

// Anomalies finds what is unusual in a series: index, value, expected, low, high, score, p, n, kind
// (spike, drop, level_up, level_down), direction, threshold.
func Anomalies(series Series, options ...AnomalyOptions) (*Table, error) {
	if series.Kind == SeriesShare && len(series.Trials) != len(series.Values) {
		return nil, fail(ErrArgument, "Series: Trials has %d entries, Values %d", len(series.Trials), len(series.Values))
	}
	var p packer
	given := first(options)
	to := C.churn_anomaly_options{
		struct_size:   C.sizeof_churn_anomaly_options,
		false_alarms:  C.double(given.FalseAlarms),
		per_series:    C.double(given.PerSeries),
		false_changes: C.double(given.FalseChanges),
		window:        C.uint32_t(given.Window),
		history:       C.uint32_t(given.History),
		cycles:        C.uint32_t(given.Cycles),
		min_size:      C.uint32_t(given.MinSize),
	}
	if given.All {
		to.flags = C.CHURN_ANOMALIES_ALL
	}
	data := C.churn_anomaly_data{
		struct_size: C.sizeof_churn_anomaly_data,
		kind:        C.int32_t(series.Kind),
		values:      doubles(&p, series.Values),
		trials:      doubles(&p, series.Trials),
		count:       C.uint64_t(len(series.Values)),
		season:      C.uint32_t(series.Season),
	}
	return onArray(given.Context, &p, func(cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_anomalies(&data, &to, out, err)
	})
}

// ---- of an engine ----

// GoalOptions change how goals are judged. The zero value is the default.
type GoalOptions struct {
	Context context.Context // cancels the question
	From    time.Time       // also the periods since then
	Level   float64         // of intervals; 0: 0.95
}

// Goals holds the goals of the playbook against what happened: goal, kpi, group, per, period_start,
// period_end, at_most, at_least, value, low, high, periods, pace, needed, forecast, forecast_low,
// forecast_high, on_track, complete, method, note.
func (e *Engine) Goals(asOf time.Time, options ...GoalOptions) (*Table, error) {
	given := first(options)
	to := C.churn_goal_options{
		struct_size: C.sizeof_churn_goal_options,
		from:        saidMicros(given.From),
		level:       C.double(given.Level),
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_goals(engine, micros(asOf), &to, out, err)
	})
}

// BenchmarkOptions change how benchmarks are asked for. The zero value is the default.
type BenchmarkOptions struct {
	Context context.Context // cancels the question
	AsOf    time.Time       // what is known when; default the end of the span
}

// Benchmarks sets figures beside those that others published, with their sources: kpi, size,
// period_start, period_end, value, low, high, numerator, denominator, benchmark_low, benchmark_median,
// benchmark_high, position (below, within, above), difference, unit, complete, source, year.
func (e *Engine) Benchmarks(from, to time.Time, options ...BenchmarkOptions) (*Table, error) {
	given := first(options)
	asked := C.churn_benchmark_options{
		struct_size: C.sizeof_churn_benchmark_options,
		as_of:       saidMicros(given.AsOf),
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		asked.cancel = cancel
		return C.churn_engine_benchmarks(engine, micros(from), micros(to), &asked, out, err)
	})
}

// KPIAnomalyOptions say of what series, and how often noise may be called an anomaly. The zero value is
// the default: by month, all customers, 1 % of values of noise.
type KPIAnomalyOptions struct {
	Context      context.Context // cancels the question
	Every        Every           // 0: by month
	AsOf         time.Time       // what is known when; default the end of the span
	By           []string        // a series for each group
	ByEnd        bool            // groups at the end of a period, not at its start
	FalseAlarms  float64         // share of values of plain noise that are called anomalies; 0: 0.01
	PerSeries    float64         // instead: how many false alarms a series has on average
	FalseChanges float64         // share of series of noise with a change of level; 0: 0.05; 1: not sought
	Lookback     uint32          // periods before the span to compare with; 0: by their length
	All          bool            // also values that are as expected
}

// Anomalies finds periods in which figures are not what they usually are: kpi, the columns of By,
// period_start, period_end, value, expected, low, high, score, p, n, kind (spike, drop, level_up,
// level_down), direction, threshold, unit, marks.
func (e *Engine) Anomalies(kpis []string, from, to time.Time, options ...KPIAnomalyOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	names := p.strs(kpis)
	asked := C.churn_kpi_anomaly_options{
		struct_size:   C.sizeof_churn_kpi_anomaly_options,
		every:         C.int32_t(given.Every),
		as_of:         saidMicros(given.AsOf),
		by:            p.strs(given.By),
		by_count:      C.uint32_t(len(given.By)),
		false_alarms:  C.double(given.FalseAlarms),
		per_series:    C.double(given.PerSeries),
		false_changes: C.double(given.FalseChanges),
		lookback:      C.uint32_t(given.Lookback),
	}
	asked.by_at = flag(given.ByEnd)
	if given.All {
		asked.flags = C.CHURN_ANOMALIES_ALL
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		asked.cancel = cancel
		return C.churn_engine_anomalies(engine, names, C.uint32_t(len(kpis)), micros(from), micros(to), &asked, out, err)
	})
}

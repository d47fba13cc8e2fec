// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"math"
	"slices"
	"unsafe"
)

// SurvivalData are times to an event: a row is somebody who was watched until Time, when Event came to
// them, or nothing did.
type SurvivalData struct {
	// Time is 0 or more, in any unit.
	Time []float64
	// Event is 0 where nothing had happened by Time (censored), else its kind, to 255. Nil: 1 for all.
	Event []int32
	// Entry is since when somebody was watched (left truncation); NaN: from the beginning. Nil: all are.
	Entry []float64
	// Weight is how many times a row is there. Nil: once.
	Weight []float64
	// Group is the group of each row, a curve each. Nil: one for all.
	Group []string
	// Stratum is of tests: rows are compared within theirs.
	Stratum []string
}

// SurvivalOptions change how survival is estimated. The zero value is the default.
type SurvivalOptions struct {
	// Context cancels the estimate.
	Context context.Context
	// Interval is how intervals are made.
	Interval SurvivalInterval
	// FlemingHarrington estimates survival as exp(-cumulative hazard).
	FlemingHarrington bool
	// TieCorrected sums the hazard as if events of one instant came one after the other.
	TieCorrected bool
	// Test is which test of groups.
	Test SurvivalTestKind
	// Rho and Gamma are of TestFlemingHarrington.
	Rho, Gamma float64
	// Level is that of intervals; 0: 0.95.
	Level float64
	// Horizon is up to when restricted means are taken; 0: the end of the group that was watched least.
	Horizon float64
	// Times are when the curve is wanted, ascending; nil: at each distinct time.
	Times []float64
}

// SurvivalInterval is the scale on which a curve's standard error is added.
type SurvivalInterval int32

// The scales.
const (
	IntervalLogLog SurvivalInterval = C.CHURN_INTERVAL_LOG_LOG
	IntervalLog    SurvivalInterval = C.CHURN_INTERVAL_LOG
	IntervalPlain  SurvivalInterval = C.CHURN_INTERVAL_PLAIN
)

// SurvivalTestKind is how a test weighs differences over time.
type SurvivalTestKind int32

// The tests.
const (
	TestLogRank           SurvivalTestKind = C.CHURN_TEST_LOG_RANK
	TestGehan             SurvivalTestKind = C.CHURN_TEST_GEHAN
	TestTaroneWare        SurvivalTestKind = C.CHURN_TEST_TARONE_WARE
	TestPeto              SurvivalTestKind = C.CHURN_TEST_PETO
	TestFlemingHarrington SurvivalTestKind = C.CHURN_TEST_FLEMING_HARRINGTON
)

// ProportionMethod is how the interval of a proportion is made.
type ProportionMethod int32

// The methods.
const (
	Wilson         ProportionMethod = C.CHURN_PROPORTION_WILSON
	ClopperPearson ProportionMethod = C.CHURN_PROPORTION_CLOPPER_PEARSON
	Jeffreys       ProportionMethod = C.CHURN_PROPORTION_JEFFREYS
)

func (p *packer) numbers(name string, length int, values unsafe.Pointer, kind C.churn_numbers_type) C.churn_numbers {
	if !p.given(name, length) {
		return C.churn_numbers{}
	}
	p.pins.Pin(values)
	return C.churn_numbers{values: values, _type: kind}
}

func (p *packer) doubles(name string, values []float64) C.churn_numbers {
	return p.numbers(name, len(values), unsafe.Pointer(unsafe.SliceData(values)), C.CHURN_NUMBERS_DOUBLE)
}

// Groups in the order of their names.
func (p *packer) groups(name string, values []string) C.churn_groups {
	if !p.given(name, len(values)) {
		return C.churn_groups{}
	}
	names := slices.Compact(slices.Sorted(slices.Values(values)))
	codes := make([]uint32, len(values))
	for row, value := range values {
		at, _ := slices.BinarySearch(names, value)
		codes[row] = uint32(at)
	}
	return C.churn_groups{codes: (*C.uint32_t)(pin(p, codes)), names: p.strs(names), count: C.uint32_t(len(names))}
}

func (p *packer) survival(from SurvivalData) C.churn_survival_data {
	p.rows = len(from.Time)
	return C.churn_survival_data{
		struct_size: C.sizeof_churn_survival_data,
		row_count:   C.uint64_t(len(from.Time)),
		time:        p.doubles("Time", from.Time),
		event:       p.numbers("Event", len(from.Event), unsafe.Pointer(unsafe.SliceData(from.Event)), C.CHURN_NUMBERS_INT32),
		entry:       p.doubles("Entry", from.Entry),
		weight:      p.doubles("Weight", from.Weight),
		group:       p.groups("Group", from.Group),
		stratum:     p.groups("Stratum", from.Stratum),
	}
}

func (p *packer) survivalOptions(from SurvivalOptions) C.churn_survival_options {
	to := C.churn_survival_options{
		struct_size: C.sizeof_churn_survival_options,
		interval:    C.int32_t(from.Interval),
		test:        C.int32_t(from.Test),
		rho:         C.double(from.Rho),
		gamma:       C.double(from.Gamma),
		level:       C.double(from.Level),
		horizon:     C.double(from.Horizon),
	}
	if from.FlemingHarrington {
		to.estimator = C.CHURN_ESTIMATOR_FLEMING_HARRINGTON
	}
	if from.TieCorrected {
		to.hazard = C.CHURN_HAZARD_FLEMING_HARRINGTON
	}
	if len(from.Times) > 0 {
		to.times, to.time_count = (*C.double)(pin(p, from.Times)), C.uint32_t(len(from.Times))
	}
	return to
}

type survivalCall func(*C.churn_survival_data, *C.churn_survival_options, **C.churn_table, *C.churn_error) C.churn_status

func askSurvival(data SurvivalData, options []SurvivalOptions, call survivalCall) (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var p packer
	defer p.pins.Unpin()
	given := first(options)
	packed, to := p.survival(data), p.survivalOptions(given)
	if p.err != nil {
		return nil, p.err
	}
	return askArrays(given.Context, func(cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(&packed, &to, out, err)
	})
}

// A call on arrays, whose answer is a table.
func askArrays(ctx context.Context, call func(*C.churn_cancel, **C.churn_table, *C.churn_error) C.churn_status) (*Table, error) {
	watched, err := watch(ctx)
	if err != nil {
		return nil, err
	}
	defer watched.end()
	var out *C.churn_table
	why := newError()
	if status := call(watched.cancel, &out, &why); status != C.CHURN_OK {
		return nil, watched.failure(status, why)
	}
	return takeTable(out), nil
}

// Survival estimates survival and cumulative hazard, by group: group, time, n_risk, n_event, n_censored,
// n_entered, survival, se, low, high, cumulative_hazard, ch_se, ch_low, ch_high.
func Survival(data SurvivalData, options ...SurvivalOptions) (*Table, error) {
	return askSurvival(data, options, func(d *C.churn_survival_data, o *C.churn_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_survival(d, o, out, err)
	})
}

// SurvivalSummary sums survival up, a row a group: n, events, q25, median, median_low, median_high, q75,
// restricted_mean, rm_se, horizon, last, survival.
func SurvivalSummary(data SurvivalData, options ...SurvivalOptions) (*Table, error) {
	return askSurvival(data, options, func(d *C.churn_survival_data, o *C.churn_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_survival_summary(d, o, out, err)
	})
}

// SurvivalQuantiles finds by when each share is lost: group, share, time, low, high.
func SurvivalQuantiles(data SurvivalData, shares []float64, options ...SurvivalOptions) (*Table, error) {
	return askSurvival(data, options, func(d *C.churn_survival_data, o *C.churn_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		var p packer
		defer p.pins.Unpin()
		return C.churn_survival_quantiles(d, (*C.double)(pin(&p, append(slices.Clone(shares), 0))), C.uint32_t(len(shares)), o, out, err)
	})
}

// SurvivalTest tests whether groups differ: group, n, observed, expected, test, chi2, df, p.
func SurvivalTest(data SurvivalData, options ...SurvivalOptions) (*Table, error) {
	return askSurvival(data, options, func(d *C.churn_survival_data, o *C.churn_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_survival_test(d, o, out, err)
	})
}

// CompetingRisks estimates how much is lost to each kind of event: group, kind, time, n_risk, n_event,
// incidence, se, low, high.
func CompetingRisks(data SurvivalData, options ...SurvivalOptions) (*Table, error) {
	return askSurvival(data, options, func(d *C.churn_survival_data, o *C.churn_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_competing_risks(d, o, out, err)
	})
}

// Proportion computes intervals of proportions: successes, trials, proportion, low, high. Level 0 is 0.95.
func Proportion(successes, trials []int64, method ProportionMethod, level float64) (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	if len(successes) != len(trials) {
		return nil, fail(ErrArgument, "%d successes and %d trials", len(successes), len(trials))
	}
	var p packer
	defer p.pins.Unpin()
	x, n := pin(&p, append(slices.Clone(successes), 0)), pin(&p, append(slices.Clone(trials), 0))
	var out *C.churn_table
	why := newError()
	status := C.churn_proportion((*C.int64_t)(x), (*C.int64_t)(n), C.uint64_t(len(successes)), C.int32_t(method), C.double(level),
		&out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

// ProportionDifference compares two proportions: difference, low and high (Newcombe), wald_low,
// wald_high, chi2, p, fisher_p. Level 0 is 0.95.
func ProportionDifference(successes1, trials1, successes2, trials2 int64, level float64) (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var out *C.churn_table
	why := newError()
	status := C.churn_proportion_difference(C.int64_t(successes1), C.int64_t(trials1), C.int64_t(successes2), C.int64_t(trials2),
		C.double(level), &out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

// PoissonRate computes exact intervals of rates of events: events, exposure, rate, low, high. Level 0 is
// 0.95.
func PoissonRate(events []int64, exposures []float64, level float64) (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	if len(events) != len(exposures) {
		return nil, fail(ErrArgument, "%d events and %d exposures", len(events), len(exposures))
	}
	var p packer
	defer p.pins.Unpin()
	x, e := pin(&p, append(slices.Clone(events), 0)), pin(&p, append(slices.Clone(exposures), math.NaN()))
	var out *C.churn_table
	why := newError()
	status := C.churn_poisson_rate((*C.int64_t)(x), (*C.double)(e), C.uint64_t(len(events)), C.double(level), &out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

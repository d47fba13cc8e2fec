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

// StayOptions say whose lives are asked for, and how. The zero value is the first life of each customer,
// in calendar days.
type StayOptions struct {
	// SurvivalOptions are those of arrays; of contexts give the one below.
	SurvivalOptions
	Context       context.Context // cancels the question
	Subscriptions bool            // of subscriptions instead of customers
	Months        bool            // in whole calendar months
	AllLives      bool            // who comes back is followed again
	From          time.Time       // watched from then on only (left truncation); default all along
	By            []string        // groups, as of KPI, without churn.
	Policy        string          // a preset instead of the playbook's policy
}

type stayCall func(*C.churn_engine, *C.churn_engine_survival_options, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) stay(options []StayOptions, call stayCall) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	arrays := p.survivalOptions(given.SurvivalOptions)
	to := C.churn_engine_survival_options{
		struct_size: C.sizeof_churn_engine_survival_options,
		from:        saidMicros(given.From),
		by:          p.strs(given.By),
		by_count:    C.uint32_t(len(given.By)),
		time_count:  arrays.time_count,
		times:       arrays.times,
		interval:    arrays.interval,
		estimator:   arrays.estimator,
		hazard:      arrays.hazard,
		test:        arrays.test,
		level:       arrays.level,
		rho:         arrays.rho,
		gamma:       arrays.gamma,
		horizon:     arrays.horizon,
		policy:      p.str(given.Policy),
	}
	if given.Subscriptions {
		to.of = C.CHURN_SURVIVAL_SUBSCRIPTIONS
	}
	if given.Months {
		to.unit = C.CHURN_SURVIVAL_MONTHS
	}
	if given.AllLives {
		to.lives = C.CHURN_SURVIVAL_ALL
	}
	if p.err != nil {
		return nil, p.err
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(engine, &to, out, err)
	})
}

// Survival estimates how long customers or subscriptions stay, of those watched until asOf: the columns
// of By, then those of Survival of arrays from time on.
func (e *Engine) Survival(asOf time.Time, options ...StayOptions) (*Table, error) {
	return e.stay(options, func(engine *C.churn_engine, o *C.churn_engine_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_survival(engine, micros(asOf), o, out, err)
	})
}

// SurvivalSummary sums up how long they stay, a row a group.
func (e *Engine) SurvivalSummary(asOf time.Time, options ...StayOptions) (*Table, error) {
	return e.stay(options, func(engine *C.churn_engine, o *C.churn_engine_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_survival_summary(engine, micros(asOf), o, out, err)
	})
}

// SurvivalTest tests whether the groups of By stay as long as each other.
func (e *Engine) SurvivalTest(asOf time.Time, options ...StayOptions) (*Table, error) {
	return e.stay(options, func(engine *C.churn_engine, o *C.churn_engine_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_survival_test(engine, micros(asOf), o, out, err)
	})
}

// CompetingRisks estimates how much is lost voluntarily and how much otherwise.
func (e *Engine) CompetingRisks(asOf time.Time, options ...StayOptions) (*Table, error) {
	return e.stay(options, func(engine *C.churn_engine, o *C.churn_engine_survival_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_competing_risks(engine, micros(asOf), o, out, err)
	})
}

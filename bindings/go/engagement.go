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

// Who stays, how much the product is used, and how far people get in it. All of it is pure.

// CohortWhat is what is followed in cohorts.
type CohortWhat int32

// What is followed in cohorts.
const (
	CohortCustomers    CohortWhat = 0 // who is still a customer
	CohortGrossRevenue CohortWhat = 1 // MRR, of each customer at most what they began with
	CohortNetRevenue   CohortWhat = 2 // MRR, expansion counted
	CohortActivity     CohortWhat = 3 // who did something
)

// CohortOptions change how cohorts are made. The zero value follows customers by month.
type CohortOptions struct {
	Context     context.Context // cancels the question
	What        CohortWhat
	Every       Every     // the unit; EverySpan is months
	OnOrAfter   bool      // in the unit or in any later one; of customers and activity
	AsOf        time.Time // until when they are followed; default the end of the span
	By          []string  // cohorts by these instead of by when they began; "start": by both
	Events      []string  // of activity: types that count; default those of the playbook
	StartEvents []string  // of activity: the first event of these begins
	MaxAge      int       // oldest age; 0: all there are
	Level       float64   // of intervals; 0: 0.95
	Policy      string    // a preset instead of the playbook's policy
}

// Cohorts follows customers who began from one instant to another (which is not included), unit by
// calendar unit: the columns of By, average, cohort, cohort_start, members, cohort_size, age,
// period_start, value (a share from 0 to 1, of money also above), low, high, numerator, denominator,
// observed (members who have had the whole time), complete, excluded, unit. Averages are of complete
// cells alone.
func (e *Engine) Cohorts(from, to time.Time, options ...CohortOptions) (*Table, error) {
	given := first(options)
	if given.MaxAge < 0 {
		return nil, fail(ErrArgument, "an age cannot be negative")
	}
	var p packer
	defer p.pins.Unpin()
	o := C.churn_cohort_options{
		struct_size:       C.sizeof_churn_cohort_options,
		what:              C.int32_t(given.What),
		every:             C.int32_t(given.Every),
		mode:              flag(given.OnOrAfter),
		as_of:             saidMicros(given.AsOf),
		by:                p.strs(given.By),
		by_count:          C.uint32_t(len(given.By)),
		events:            p.strs(given.Events),
		event_count:       C.uint32_t(len(given.Events)),
		start_events:      p.strs(given.StartEvents),
		start_event_count: C.uint32_t(len(given.StartEvents)),
		max_age:           C.uint32_t(min(given.MaxAge, 1<<30)),
		level:             C.double(given.Level),
		policy:            p.str(given.Policy),
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		o.cancel = cancel
		return C.churn_engine_cohorts(engine, micros(from), micros(to), &o, out, err)
	})
}

// EngagementOptions change how use is counted. The zero value is the default.
type EngagementOptions struct {
	Context context.Context // cancels the question
	Users   bool            // of users that events name instead of customers; not of Adoption
	AsOf    time.Time       // what is known when; default the end of the window
	Events  []string        // types that count; default those of the playbook
	By      []string        // groups
	ByEnd   bool            // groups at the end of the window instead of its start
	Level   float64         // of intervals; 0: 0.95
}

func (p *packer) engagement(given EngagementOptions) C.churn_engagement_options {
	o := C.churn_engagement_options{
		struct_size: C.sizeof_churn_engagement_options,
		of:          flag(given.Users),
		as_of:       saidMicros(given.AsOf),
		events:      p.strs(given.Events),
		event_count: C.uint32_t(len(given.Events)),
		by:          p.strs(given.By),
		by_count:    C.uint32_t(len(given.By)),
		by_at:       flag(given.ByEnd),
		level:       C.double(given.Level),
	}
	return o
}

// Engagement counts on how many days of a window customers or users did something: the columns of By,
// days, customers (or users), share, active_share, at_least, at_least_share (the power-user curve), low,
// high. Shares are from 0 to 1.
func (e *Engine) Engagement(from, to time.Time, options ...EngagementOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	o := p.engagement(given)
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		o.cancel = cancel
		return C.churn_engine_engagement(engine, micros(from), micros(to), &o, out, err)
	})
}

// Adoption counts who uses which feature, by type of event: the columns of By, event, used_by,
// customers (of the period), share (from 0 to 1), low, high, first_time, events, first_use.
func (e *Engine) Adoption(from, to time.Time, options ...EngagementOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	o := p.engagement(given)
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		o.cancel = cancel
		return C.churn_engine_adoption(engine, micros(from), micros(to), &o, out, err)
	})
}

// FunnelStep is an event of a type, perhaps under a condition, or a milestone.
type FunnelStep struct {
	Event     string
	Milestone string
	Where     string // of events: a condition such as "value > 10"
	Name      string // default the event or the milestone
}

// FunnelOptions change how a funnel is counted. The zero value is the default.
type FunnelOptions struct {
	Context  context.Context // cancels the question
	Users    bool            // who enters: users that events name instead of customers
	AsOf     time.Time       // what is known when; default the end of the span
	Within   time.Duration   // from the first step to the last; 0: until AsOf
	AnyOrder bool            // of the steps after the first
	By       []string        // groups
	ByEnd    bool            // groups at the end of the span instead of its start
	Level    float64         // of intervals; 0: 0.95
}

// Funnel says how far those who took the first step in a span got: the columns of By, step (from 1),
// name, reached, share (of the first step, 0 to 1), low, high, share_of_previous, previous_low,
// previous_high, drop_off, median_days, p90_days (from the step before), open (whose time is not over).
func (e *Engine) Funnel(steps []FunnelStep, from, to time.Time, options ...FunnelOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	packed := make([]C.churn_funnel_step, 0, len(steps)+1)
	for _, step := range steps {
		packed = append(packed, C.churn_funnel_step{
			event: p.str(step.Event), milestone: p.str(step.Milestone), where: p.str(step.Where), name: p.str(step.Name)})
	}
	firstStep := pin(&p, packed)
	o := C.churn_funnel_options{
		struct_size: C.sizeof_churn_funnel_options,
		of:          flag(given.Users),
		as_of:       saidMicros(given.AsOf),
		within:      C.int64_t(given.Within / time.Microsecond),
		any_order:   flag(given.AnyOrder),
		by_at:       flag(given.ByEnd),
		by:          p.strs(given.By),
		by_count:    C.uint32_t(len(given.By)),
		level:       C.double(given.Level),
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		o.cancel = cancel
		return C.churn_engine_funnel(engine, firstStep, C.uint32_t(len(packed)), micros(from), micros(to), &o, out, err)
	})
}

type tableAsker func(*C.churn_engine, *C.churn_cancel, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) askTable(context context.Context, call tableAsker) (*Table, error) {
	var out *C.churn_table
	err := e.with(context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		return call(engine, cancel, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

func flag(set bool) C.int32_t {
	if set {
		return 1
	}
	return 0
}

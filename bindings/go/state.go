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

// AdvanceOptions change what an evaluation does. The zero value is the default.
type AdvanceOptions struct {
	NoActions bool // triggers move, plays do not run
}

// Run is what one evaluation did.
type Run struct {
	AsOf       time.Time
	Degraded   bool  // too much was unknown out of ignorance: see RunSummary
	Customers  int64 // evaluated
	Evaluated  int64 // conditions of triggers
	True       int64
	False      int64
	Unknown    int64
	Error      int64
	Fired      int64 // episodes that began
	Resolved   int64 // episodes that ended
	Reminders  int64
	DataGaps   int64
	Suppressed int64 // true, but held back: cooldown, grace, refire
	Actions    int64 // put into the outbox
	Late       int64 // records learned since the last evaluation that happened before it
	Budget     int64 // triggers that fired for more customers than their budget
	// Changes of held bands, see BandChanges, and those of them whose cause was not sought, being
	// too many at once.
	BandChanges, Unexplained int64
	// Customers of whom a condition of `loss` was not known at the last local midnight.
	LossUnknown int64
}

func advanceOptions(options []AdvanceOptions) C.churn_advance_options {
	to := C.churn_advance_options{struct_size: C.sizeof_churn_advance_options}
	if first(options).NoActions {
		to.flags = C.CHURN_ADVANCE_NO_ACTIONS
	}
	return to
}

// Advance evaluates all triggers once and lets plays answer them. asOf is later than the last
// evaluation; the same instant again changes nothing. After any failure the state is what it was.
func (e *Engine) Advance(ctx context.Context, asOf time.Time, options ...AdvanceOptions) (*Run, error) {
	to := advanceOptions(options)
	run := C.churn_run{struct_size: C.sizeof_churn_run}
	err := e.with(ctx, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_advance(engine, micros(asOf), &to, &run, err)
	})
	if err != nil {
		return nil, err
	}
	return &Run{
		AsOf:       instant(run.as_of),
		Degraded:   run.degraded != 0,
		Customers:  int64(run.customers),
		Evaluated:  int64(run.evaluated),
		True:       int64(run.is_true),
		False:      int64(run.is_false),
		Unknown:    int64(run.is_unknown),
		Error:      int64(run.is_error),
		Fired:      int64(run.fired),
		Resolved:   int64(run.resolved),
		Reminders:  int64(run.reminders),
		DataGaps:   int64(run.data_gaps),
		Suppressed: int64(run.suppressed),
		Actions:    int64(run.actions),
		Late:       int64(run.late),
		Budget:     int64(run.budget),

		BandChanges: int64(run.band_changes),
		Unexplained: int64(run.unexplained),
		LossUnknown: int64(run.loss_unknown),
	}, nil
}

// Replay evaluates at from, from + every and so on, up to the last that is not after to. With every 0
// it is the playbook's interval, which keeps local time where it is whole days. The table has a row an
// evaluation, with the fields of [Run]. Evaluations before one that failed stand.
func (e *Engine) Replay(ctx context.Context, from, to time.Time, every time.Duration, options ...AdvanceOptions) (*Table, error) {
	if every < 0 || every%time.Microsecond != 0 {
		return nil, fail(ErrRange, "every is to be whole microseconds, and not negative")
	}
	given := advanceOptions(options)
	return e.replay(ctx, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		given.cancel = cancel
		return C.churn_engine_replay(engine, micros(from), micros(to), C.int64_t(every.Microseconds()), &given, out, err)
	})
}

// WarmUp does what Replay does without actions: what a new installation does before its first day, so
// that conditions which must hold for weeks do not start cold.
func (e *Engine) WarmUp(ctx context.Context, from, to time.Time) (*Table, error) {
	given := advanceOptions(nil)
	return e.replay(ctx, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		given.cancel = cancel
		return C.churn_engine_warm_up(engine, micros(from), micros(to), &given, out, err)
	})
}

func (e *Engine) replay(ctx context.Context, call func(*C.churn_engine, *C.churn_cancel, **C.churn_table, *C.churn_error) C.churn_status) (*Table, error) {
	var out *C.churn_table
	err := e.with(ctx, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		return call(engine, cancel, &out, err)
	})
	if table := takeTable(out); err == nil {
		return table, nil
	}
	return nil, err
}

// Ask an engine for a table of its memory.
func (e *Engine) list(call func(*C.churn_engine, **C.churn_table, *C.churn_error) C.churn_status) (*Table, error) {
	var out *C.churn_table
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return call(engine, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// AsOf returns the instant of the last evaluation, the zero time before the first.
func (e *Engine) AsOf() (time.Time, error) {
	var at time.Time
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, _ *C.churn_error) C.churn_status {
		at = instant(C.churn_engine_as_of(engine))
		return C.CHURN_OK
	})
	return at, err
}

// RunSummary sums up the last evaluation by trigger: trigger, true, false, unknown, error, fired,
// resolved, firing, suppressed, degraded, missing, error_text.
func (e *Engine) RunSummary() (*Table, error) {
	return e.list(func(engine *C.churn_engine, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_run_summary(engine, out, err)
	})
}

// Episodes lists all episodes, from the firing of a trigger for a customer to its end: trigger,
// customer, episode, severity, fired_at, resolved_at, reason, state, reminders, relapses,
// value_at_risk.
func (e *Engine) Episodes() (*Table, error) {
	return e.list(func(engine *C.churn_engine, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_episodes(engine, out, err)
	})
}

// BandChangeOptions narrow a list of changes of bands. The zero value is all of them.
type BandChangeOptions struct {
	Context  context.Context // cancels the call
	Score    string          // of this score
	Customer string          // of this customer
	Since    time.Time       // from then on
	Until    time.Time       // before then
	NoFirst  bool            // without the bands that customers came into first
}

// BandChanges lists when customers changed their held band of a score, and why: customer, score, at,
// band_before (null: the first one), band_after, days_in (days in band_before), value_before,
// value_after, kind (of the cause), name (of the factor or cap), contribution (in points), cause.
func (e *Engine) BandChanges(options ...BandChangeOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_band_change_options{
		struct_size: C.sizeof_churn_band_change_options,
		score:       p.str(given.Score),
		customer:    p.str(given.Customer),
		since:       saidMicros(given.Since),
		until:       saidMicros(given.Until),
	}
	if given.NoFirst {
		to.flags = C.CHURN_BANDS_NO_FIRST
	}
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_band_changes(engine, &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// ---- outbox ----

// Which says which actions are wanted.
type Which int32

// Which actions are wanted.
const (
	ActionsWaiting Which = 0 // not yet acknowledged: what the host is to do now
	ActionsOpen    Which = 1 // tasks not yet done, acknowledged or not
	ActionsAll     Which = 2
)

// ActionOptions narrow a pull from the outbox. The zero value is the default.
type ActionOptions struct {
	Which Which
	Limit int // at most so many; 0: all
}

// Actions pulls actions from the outbox, in the order in which they arose: id, kind, customer,
// trigger, play, episode, step, at, title, owner, role, due, severity, value_at_risk, value, state,
// state_at, about. An action comes again until it is acknowledged.
func (e *Engine) Actions(options ...ActionOptions) (*Table, error) {
	given := first(options)
	if given.Limit < 0 {
		return nil, fail(ErrArgument, "a limit cannot be negative")
	}
	to := C.churn_action_options{
		struct_size: C.sizeof_churn_action_options,
		which:       C.int32_t(given.Which),
		limit:       C.uint64_t(given.Limit),
	}
	return e.list(func(engine *C.churn_engine, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_actions(engine, &to, out, err)
	})
}

// Acknowledge says that actions were taken over. Where one of the ids is unknown none is acknowledged,
// and the error's Row is its place.
func (e *Engine) Acknowledge(ids ...string) error {
	var p packer
	defer p.pins.Unpin()
	packed := p.strs(ids)
	return e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_acknowledge(engine, packed, C.uint64_t(len(ids)), err)
	})
}

// Complete says what became of an action: "done", "failed" or "cancelled", and when; evaluations from
// then on know it.
func (e *Engine) Complete(id, outcome string, at time.Time) error {
	return e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_complete(engine, chars(id), C.size_t(len(id)), chars(outcome),
			C.size_t(len(outcome)), micros(at), err)
	})
}

// ---- state ----

// SetPlaybook takes up a changed playbook. Open episodes are kept and judged by the new rules without
// firing again; those of triggers that are gone resolve.
func (e *Engine) SetPlaybook(playbook *Playbook) error {
	if playbook == nil {
		return fail(ErrArgument, "there is no playbook")
	}
	pointer, err := playbook.acquire()
	if err != nil {
		return err
	}
	defer playbook.release()
	return e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_set_playbook(engine, (*C.churn_playbook)(pointer), err)
	})
}

// Save writes the engine's memory to bytes for [LoadEngine]: versioned, checksummed, keyed by
// customers' ids. Equal states give equal bytes.
func (e *Engine) Save() ([]byte, error) {
	var out *C.churn_buffer
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_save(engine, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeBuffer(out), nil
}

// Hash returns a hash of the engine's memory: equal for equal states.
func (e *Engine) Hash() (uint64, error) {
	var hash C.uint64_t
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, err *C.churn_error) C.churn_status {
		return C.churn_engine_hash(engine, &hash, err)
	})
	return uint64(hash), err
}

// Memory returns how many bytes the engine's memory takes, its store and playbook not counted.
func (e *Engine) Memory() (uint64, error) {
	var memory uint64
	err := e.with(nil, func(engine *C.churn_engine, _ *C.churn_cancel, _ *C.churn_error) C.churn_status {
		memory = uint64(C.churn_engine_memory(engine))
		return C.CHURN_OK
	})
	return memory, err
}

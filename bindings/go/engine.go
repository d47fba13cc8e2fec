// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"slices"
	"time"
	"unsafe"
)

// Engine asks the questions of a playbook to the records of a store. Most calls are pure: they are
// functions of the playbook, the version of the store and the instant, and change nothing.
// [Engine.Advance] and [Engine.Replay] are those with memory: they move triggers, run plays and fill
// the outbox. An evaluation at an instant sees nothing that happened at or after it, nor what was not
// yet known. One call at a time: a second one at the same moment gets [ErrState].
type Engine struct{ handle }

// EngineOptions change how an engine works. The zero value is the default.
type EngineOptions struct {
	Seed    uint64 // of choices by chance; part of the state
	Threads int    // that a call may use at once; 0 or 1: one. They change no result
}

func newEngine(out *C.churn_engine) *Engine {
	engine := new(Engine)
	engine.open(unsafe.Pointer(out), func(p unsafe.Pointer) { C.churn_engine_free((*C.churn_engine)(p)) })
	return engine
}

// NewEngine binds a playbook to a store. Both may be closed before the engine. Close it when done.
func NewEngine(playbook *Playbook, store *Store, options ...EngineOptions) (*Engine, error) {
	to := C.churn_engine_options{
		struct_size: C.sizeof_churn_engine_options,
		seed:        C.uint64_t(first(options).Seed),
		threads:     C.uint32_t(max(0, first(options).Threads)),
	}
	return makeEngine(playbook, store, func(b *C.churn_playbook, s *C.churn_store, out **C.churn_engine, err *C.churn_error) C.churn_status {
		return C.churn_engine_create(b, s, &to, out, err)
	})
}

// LoadEngine makes an engine that goes on where the one that was saved stopped. The store is to hold
// the records again; the playbook may have changed, as in [Engine.SetPlaybook].
func LoadEngine(saved []byte, playbook *Playbook, store *Store) (*Engine, error) {
	bytes := append(saved[:len(saved):len(saved)], 0) // so that there is a first byte
	return makeEngine(playbook, store, func(b *C.churn_playbook, s *C.churn_store, out **C.churn_engine, err *C.churn_error) C.churn_status {
		return C.churn_engine_load(unsafe.Pointer(&bytes[0]), C.size_t(len(saved)), b, s, out, err)
	})
}

type engineMaker func(*C.churn_playbook, *C.churn_store, **C.churn_engine, *C.churn_error) C.churn_status

func makeEngine(playbook *Playbook, store *Store, create engineMaker) (*Engine, error) {
	if playbook == nil || store == nil {
		return nil, fail(ErrArgument, "an engine needs a playbook and a store")
	}
	pointer, err := store.acquire()
	if err != nil {
		return nil, err
	}
	defer store.release()
	var out *C.churn_engine
	err = playbook.with(func(b *C.churn_playbook, err *C.churn_error) C.churn_status {
		return create(b, (*C.churn_store)(pointer), &out, err)
	})
	if err != nil {
		return nil, err
	}
	return newEngine(out), nil
}

// Close frees the engine. It may be called again and always returns nil.
func (e *Engine) Close() error {
	e.close()
	return nil
}

// Call the library with the engine's object, until the context ends.
func (e *Engine) with(ctx context.Context, call func(*C.churn_engine, *C.churn_cancel, *C.churn_error) C.churn_status) error {
	pointer, err := e.acquire()
	if err != nil {
		return err
	}
	defer e.release()
	watched, err := watch(ctx)
	if err != nil {
		return err
	}
	defer watched.end()
	why := newError()
	if status := call((*C.churn_engine)(pointer), watched.cancel, &why); status != C.CHURN_OK {
		return watched.failure(status, why)
	}
	return nil
}

// ---- pure questions ----

// Query narrows a question. The zero value asks for everything.
type Query struct {
	Context  context.Context // cancels the question
	Customer string          // one customer
	// These customers, in any order; nil: all, and an empty list none.
	Customers []string
	Score     string // which score; default the first, or all where a table has them all
	Owner     string // AtRisk: customers of this owner
	Limit     int    // AtRisk: at most so many rows; 0: all
	Reasons   bool   // Metrics: after each of them a column <metric>.reason, why it is missing
}

type asker func(*C.churn_engine, *C.churn_query_options, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) ask(queries []Query, call asker) (*Table, error) {
	query := first(queries)
	var p packer
	defer p.pins.Unpin()
	if query.Limit < 0 {
		return nil, fail(ErrArgument, "a limit cannot be negative")
	}
	to := C.churn_query_options{
		struct_size: C.sizeof_churn_query_options,
		customer:    p.str(query.Customer),
		score:       p.str(query.Score),
		owner:       p.str(query.Owner),
		limit:       C.uint64_t(query.Limit),
	}
	if query.Reasons {
		to.flags |= C.CHURN_QUERY_REASONS
	}
	if query.Customers != nil { // a text more, so that an empty list is given, too
		to.customers = p.strs(append(slices.Clone(query.Customers), ""))
		to.customer_count = C.uint64_t(len(query.Customers))
	}
	var out *C.churn_table
	err := e.with(query.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(engine, &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// Instants as an array; there is always a first one.
func packTimes(times []time.Time) []C.churn_time {
	packed := make([]C.churn_time, len(times), len(times)+1)
	for i, t := range times {
		packed[i] = micros(t)
	}
	return packed
}

// Metrics computes every metric of every customer: customer, then a column a metric, null where it is
// missing.
func (e *Engine) Metrics(asOf time.Time, query ...Query) (*Table, error) {
	return e.MetricsAt([]time.Time{asOf}, query...)
}

// MetricsAt computes metrics at many dates in ascending order. With more than one the table has a
// column as_of, and rows come by customer, then date.
func (e *Engine) MetricsAt(asOf []time.Time, query ...Query) (*Table, error) {
	packed := packTimes(asOf)
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_metrics(engine, unsafe.SliceData(packed), C.uint32_t(len(packed)), o, out, err)
	})
}

// Missing says why metrics are missing: customer, metric, reason.
func (e *Engine) Missing(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_missing(engine, micros(asOf), o, out, err)
	})
}

// Quality reports how good metrics are: metric, customers, valid, how many are missing by reason, and of
// metrics of events skipped, excluded, unknown_zones.
func (e *Engine) Quality(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_quality(engine, micros(asOf), o, out, err)
	})
}

// Scores scores every customer: customer, score, value (null below min_coverage), band ("unknown"
// there), coverage, low, high, certain, card, overridden, churned, and a column a group where one
// score was asked for.
func (e *Engine) Scores(asOf time.Time, query ...Query) (*Table, error) {
	return e.ScoresAt([]time.Time{asOf}, query...)
}

// ScoresAt scores at many dates in ascending order, as MetricsAt does.
func (e *Engine) ScoresAt(asOf []time.Time, query ...Query) (*Table, error) {
	packed := packTimes(asOf)
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_scores(engine, unsafe.SliceData(packed), C.uint32_t(len(packed)), o, out, err)
	})
}

// AtRisk lists the customers at risk, the most valuable first: customer, name, owner, value_at_risk,
// mrr, score, band, coverage, change, trend, reasons, triggers, renews_at, next_task, next_due.
func (e *Engine) AtRisk(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_at_risk(engine, micros(asOf), o, out, err)
	})
}

// Trends tells for every customer whether a score goes up or down: customer, score, value,
// value_before, change (both over the score's trend.over), noise, arrow (up, down, steady; null where
// one is missing).
func (e *Engine) Trends(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_trends(engine, micros(asOf), o, out, err)
	})
}

// Disagreements lists the customers about whose loss subscriptions, churn records and the conditions
// of the playbook disagree: customer, by_subscription, by_record, churned, lost_at, kind, by_condition;
// of each source since when and of which kind; and at how many midnights a condition was unknown.
func (e *Engine) Disagreements(asOf time.Time, query ...Query) (*Table, error) {
	return e.ask(query, func(engine *C.churn_engine, o *C.churn_query_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_disagreements(engine, micros(asOf), o, out, err)
	})
}

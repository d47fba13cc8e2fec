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

// Split names keys of subscriptions, ored: what moves between their values is told, too.
type Split int32

// The keys that a ledger can be split by. SplitCustomer is of Reconciliation alone.
const (
	SplitPlan     Split = 1
	SplitProduct  Split = 2
	SplitCurrency Split = 4
	SplitCustomer Split = 8
)

// LedgerOptions change what a ledger tells. The zero value is the default.
type LedgerOptions struct {
	Context context.Context // cancels the question
	AsOf    time.Time       // what is known when; default the end of the span
	Policy  string          // a preset, such as "stripe"; default the playbook's own
	Split   Split
}

type ledgerAsker func(*C.churn_engine, *C.churn_ledger_options, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) askLedger(options []LedgerOptions, call ledgerAsker) (*Table, error) {
	var p packer
	defer p.pins.Unpin()
	given := first(options)
	to := C.churn_ledger_options{
		struct_size: C.sizeof_churn_ledger_options,
		split:       C.int32_t(given.Split),
		as_of:       saidMicros(given.AsOf),
		policy:      p.str(given.Policy),
	}
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(engine, &to, out, err)
	})
}

// Movements lists the movements of MRR behind the figures, a row a subscription that moved: at, customer,
// subscription, plan, product, own_currency, kind (new, expansion, contraction, churn, reactivation,
// currency, segment_in, segment_out), cause, amount, before, after in minor units of currency, policy. They
// add up to the minor unit.
func (e *Engine) Movements(from, to time.Time, options ...LedgerOptions) (*Table, error) {
	return e.askLedger(options, func(engine *C.churn_engine, o *C.churn_ledger_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_movements(engine, micros(from), micros(to), o, out, err)
	})
}

// Reconciliation proves that MRR at the start plus all movements is MRR at the end, in total and for each
// value of what Split names: scope, value, start, new, expansion, contraction, churn, reactivation,
// currency_moves, segment_in, segment_out, end, difference (0), unknown, note, currency, policy.
func (e *Engine) Reconciliation(from, to time.Time, options ...LedgerOptions) (*Table, error) {
	return e.askLedger(options, func(engine *C.churn_engine, o *C.churn_ledger_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_reconciliation(engine, micros(from), micros(to), o, out, err)
	})
}

// ComparePolicies computes figures under several policies, one beside the other: the columns of KPI, and
// difference to the first policy and reason, the switches that differ. An empty name is the playbook's own
// policy. No names of figures: all of them.
func (e *Engine) ComparePolicies(policies, names []string, from, to time.Time, options ...KPIOptions) (*Table, error) {
	var p packer
	defer p.pins.Unpin()
	packed, figures := p.strs(policies), p.strs(names)
	return e.askKPI(options, func(engine *C.churn_engine, o *C.churn_kpi_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_compare_policies(engine, packed, C.uint32_t(len(policies)), figures, C.uint32_t(len(names)),
			micros(from), micros(to), o, out, err)
	})
}

// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

// Limits are how much a hostile or mistaken input may cost. A field that is 0 has its default;
// [DefaultLimits] returns them all. Going over one is [ErrLimit], and nothing is changed.
type Limits struct {
	MemoryBytes          uint64 // of one handle and all that is made from it
	PlaybookDepth        uint32 // nesting of YAML
	PlaybookBytes        uint64 // of YAML
	PlaybookEvents       uint64 // of the YAML parser
	PlaybookScalarBytes  uint64
	PlaybookRules        uint32 // definitions of one sort
	Diagnostics          uint32 // kept; the rest is counted
	ExpressionBytes      uint32
	ExpressionNodes      uint32
	ExpressionDepth      uint32
	ExpressionListLength uint32
	StringBytes          uint64 // of one value of a record
	Customers            uint64
	Records              uint64 // of one kind
	Rejections           uint64 // listed in a load report; the rest is counted
	Outbox               uint64 // actions not yet acknowledged
}

// DefaultLimits returns the limits that hold where none are given.
func DefaultLimits() Limits {
	var from C.churn_limits
	C.churn_limits_init(&from, C.sizeof_churn_limits)
	return Limits{
		MemoryBytes:          uint64(from.memory_bytes),
		PlaybookDepth:        uint32(from.playbook_depth),
		PlaybookBytes:        uint64(from.playbook_bytes),
		PlaybookEvents:       uint64(from.playbook_events),
		PlaybookScalarBytes:  uint64(from.playbook_scalar_bytes),
		PlaybookRules:        uint32(from.playbook_rules),
		Diagnostics:          uint32(from.diagnostics),
		ExpressionBytes:      uint32(from.expression_bytes),
		ExpressionNodes:      uint32(from.expression_nodes),
		ExpressionDepth:      uint32(from.expression_depth),
		ExpressionListLength: uint32(from.expression_list),
		StringBytes:          uint64(from.string_bytes),
		Customers:            uint64(from.customers),
		Records:              uint64(from.records),
		Rejections:           uint64(from.rejections),
		Outbox:               uint64(from.outbox),
	}
}

// The limits as the library reads them, pinned; NULL where none are given.
func (p *packer) limits(from *Limits) *C.churn_limits {
	if from == nil {
		return nil
	}
	to := &C.churn_limits{
		struct_size:           C.sizeof_churn_limits,
		memory_bytes:          C.uint64_t(from.MemoryBytes),
		playbook_depth:        C.uint32_t(from.PlaybookDepth),
		playbook_bytes:        C.uint64_t(from.PlaybookBytes),
		playbook_events:       C.uint64_t(from.PlaybookEvents),
		playbook_scalar_bytes: C.uint64_t(from.PlaybookScalarBytes),
		playbook_rules:        C.uint32_t(from.PlaybookRules),
		diagnostics:           C.uint32_t(from.Diagnostics),
		expression_bytes:      C.uint32_t(from.ExpressionBytes),
		expression_nodes:      C.uint32_t(from.ExpressionNodes),
		expression_depth:      C.uint32_t(from.ExpressionDepth),
		expression_list:       C.uint32_t(from.ExpressionListLength),
		string_bytes:          C.uint64_t(from.StringBytes),
		customers:             C.uint64_t(from.Customers),
		records:               C.uint64_t(from.Records),
		rejections:            C.uint64_t(from.Rejections),
		outbox:                C.uint64_t(from.Outbox),
	}
	p.pins.Pin(to)
	return to
}

// The options of a call that may be left out.
func first[T any](options []T) T {
	if len(options) > 0 {
		return options[0]
	}
	var none T
	return none
}

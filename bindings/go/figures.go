// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

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

// What of the options is borrowed: pinned by the packer.
func (o KPIOptions) pack(p *packer, to *C.churn_kpi_options) {
	to.rolling_days = C.uint32_t(o.RollingDays)
	to.step_days = C.uint32_t(o.StepDays)
	to.by = p.strs(o.By)
	to.by_count = C.uint32_t(len(o.By))
	to.by_at = C.int32_t(o.ByAt)
	to.policy = p.str(o.Policy)
	to.level = C.double(o.Level)
	if o.Changes {
		to.changes = 1
	}
}

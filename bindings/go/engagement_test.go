// SPDX-License-Identifier: MIT

package churn

import (
	"testing"
	"time"
)

func TestCohortsAndFunnel(t *testing.T) {
	engine := openEngine(t)
	from, to := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	table := must[*Table](t)(engine.Cohorts(from, to, CohortOptions{Every: EveryYear}))
	equal(t, "first column", table.Columns()[0], "average")
	_, err := engine.Cohorts(from, to, CohortOptions{What: CohortNetRevenue, OnOrAfter: true})
	wantStatus(t, err, ErrArgument)
	table = must[*Table](t)(engine.Engagement(from, to, EngagementOptions{Users: true}))
	equal(t, "first column", table.Columns()[0], "days")
	table = must[*Table](t)(engine.Adoption(from, to))
	equal(t, "first column", table.Columns()[0], "event")
	_, err = engine.Funnel([]FunnelStep{{Event: "no such event"}}, from, to)
	wantStatus(t, err, ErrNotFound)
}

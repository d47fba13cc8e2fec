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

func TestEngagementOfAKnownCompany(t *testing.T) {
	engine := openFigures(t)
	days := must[*Table](t)(engine.Engagement(day("2026-01-01"), day("2026-02-01"), EngagementOptions{Events: []string{"login"}}))
	same(t, "columns", days.Columns(), "days", "customers", "share", "active_share", "at_least", "at_least_share", "low", "high")
	same(t, "customers", days.Ints("customers")[:3], 1, 1, 0)
	used := must[*Table](t)(engine.Adoption(day("2026-01-01"), day("2026-02-01")))
	same(t, "events", used.Strings("event"), "export", "login")
	same(t, "shares", used.Floats("share"), 0.5, 0.5)
	steps := []FunnelStep{{Event: "login"}, {Event: "export", Name: "out"}}
	funnel := must[*Table](t)(engine.Funnel(steps, day("2026-01-01"), day("2026-02-01"),
		FunnelOptions{Within: 10 * 24 * time.Hour, AsOf: day("2026-03-01"), By: []string{"plan"}}))
	same(t, "names", funnel.Strings("name"), "login", "out")
	same(t, "reached", funnel.Ints("reached"), 1, 1)
	equal(t, "days between", funnel.Floats("median_days")[1], 3)
	cells := must[*Table](t)(engine.Cohorts(day("2025-11-01"), day("2026-04-01"), CohortOptions{What: CohortNetRevenue, MaxAge: 2}))
	same(t, "columns", cells.Columns(), "average", "cohort", "cohort_start", "members", "cohort_size", "age", "period_start", "value",
		"low", "high", "numerator", "denominator", "observed", "complete", "excluded", "unit")
	equal(t, "unit", cells.Strings("unit")[0], "USD")
	equal(t, "first cohort", cells.Strings("cohort")[0], "2025-11")
}

// SPDX-License-Identifier: MIT

package churn

import (
	"fmt"
	"testing"
	"time"
)

func rowOf(t *testing.T, table *Table, sort, id string) Row {
	t.Helper()
	for row := range table.Rows() {
		if row.String("sort") == sort && row.String("id") == id {
			return row
		}
	}
	t.Fatalf("no %s %s", sort, id)
	panic("not reached")
}

func TestWhatIf(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	before := must[*Table](t)(engine.Scores(at, Query{Customer: "acme"})).Row(0).Float("value")
	table := must[*Table](t)(engine.WhatIf("acme", at, Changes{"logins_28d": 0}))
	score := rowOf(t, table, "score", "health")
	equal(t, "before", score.Float("value_before"), before)
	if after := score.Float("value_after"); after >= before {
		t.Fatalf("%v is not less than %v", after, before)
	}
	equal(t, "metric", rowOf(t, table, "metric", "logins_28d").Float("value_after"), 0)
	_, err := engine.WhatIf("acme", at, Changes{"logins": 1})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.WhatIf("acme", at, Changes{"logins_28d": struct{}{}})
	wantStatus(t, err, ErrArgument)
	must[*Table](t)(engine.WhatIf("acme", at, Changes{"logins_28d": nil}))
}

func TestTargets(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	table := must[*Table](t)(engine.Targets("bolt", at, TargetOptions{Band: "green"}))
	equal(t, "rows", table.Len(), 1)
	equal(t, "needed", table.Row(0).Float("value_needed"), 3)
	equal(t, "reaches", table.Row(0).Float("reaches"), 75)
	equal(t, "reached", must[*Table](t)(engine.Targets("acme", at)).Len(), 0)
	_, err := engine.Targets("bolt", at, TargetOptions{Target: 200})
	wantStatus(t, err, ErrRange)
	_, err = engine.Targets("bolt", at, TargetOptions{Pairs: -1})
	wantStatus(t, err, ErrArgument)
}

func TestLint(t *testing.T) {
	engine := openEngine(t)
	table := must[*Table](t)(engine.Lint(day("2026-02-01")))
	equal(t, "first", table.Row(0).String("code"), "CH1838")
	equal(t, "what", table.Row(0).String("what"), "health.yellow")
}

func TestImpact(t *testing.T) {
	engine := openEngine(t)
	same := openSmall(t)
	made := must[*Impact](t)(engine.Impact(same, []time.Time{day("2026-01-25"), day("2026-02-01")}))
	equal(t, "customers", made.Customers, 4)
	equal(t, "moved", made.Moved.Len(), 0)
	equal(t, "gained", made.AlertsGained, 0)
	equal(t, "sort", made.Counts.Row(0).String("sort"), "score")
	_, err := engine.Impact(nil, nil)
	wantStatus(t, err, ErrArgument)
	_, err = engine.Impact(same, []time.Time{day("2026-02-01")}, ImpactOptions{Score: "none"})
	wantStatus(t, err, ErrNotFound)
}

// What would it take, what if, and what another playbook would do.
func ExampleEngine_Targets() {
	playbook, _ := ParsePlaybook(smallPlaybook)
	defer playbook.Close()
	store, _ := NewStore()
	defer store.Close()
	store.AddCustomers(Customers{ID: []string{"acme"}, Since: []time.Time{day("2025-01-01")}})
	store.AddEvents(Events{Customer: []string{"acme"}, Type: []string{"login"}, At: []time.Time{day("2026-01-20")}})
	engine, _ := NewEngine(playbook, store)
	defer engine.Close()
	at := day("2026-02-01")
	targets, _ := engine.Targets("acme", at, TargetOptions{Band: "green"})
	for row := range targets.Rows() {
		fmt.Println(row.String("metric"), "from", row.Float("value"), "to", row.Float("value_needed"))
	}
	what, _ := engine.WhatIf("acme", at, Changes{"logins_28d": 3})
	for row := range what.Rows() {
		if row.String("sort") == "score" {
			fmt.Println(row.String("id"), row.Float("value_before"), "to", row.Float("value_after"))
		}
	}
	// Output:
	// logins_28d from 1 to 3
	// health 25 to 75
}

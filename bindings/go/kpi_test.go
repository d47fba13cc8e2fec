// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"slices"
	"testing"
	"time"
)

// A company whose figures are plain: acme pays 100 and from February on 150, blue 60 until the middle of
// March, coda 40 from February on.
func openFigures(t *testing.T) *Engine {
	t.Helper()
	store := openStore(t)
	months := []time.Time{day("2025-11-01"), day("2026-02-10"), day("2025-12-05"), day("2026-02-03")}
	must[*LoadReport](t)(store.AddSubscriptions(Subscriptions{
		ID:        []string{"s1", "s1", "s2", "s3"},
		Customer:  []string{"acme", "acme", "blue", "coda"},
		Plan:      []string{"team", "team", "team", "solo"},
		ValidFrom: months,
		EndedAt:   []time.Time{{}, {}, day("2026-03-15"), {}},
		Status:    []string{"active", "active", "active", "active"},
		Amount:    []int64{10000, 15000, 6000, 4000},
		Currency:  []string{"USD", "USD", "USD", "USD"},
		Period:    []string{"month", "month", "month", "month"},
	}))
	for _, at := range []string{"2026-01-05", "2026-02-05", "2026-03-05"} {
		check(t, store.AddEvent(Event{Customer: "acme", Type: "login", At: day(at), User: "ann"}))
	}
	check(t, store.AddEvent(Event{Customer: "acme", Type: "export", At: day("2026-01-08"), User: "ann"}))
	check(t, store.AddMeasure(Measure{Name: "visits", At: day("2026-03-03"), Value: 7}))
	playbook := must[*Playbook](t)(ParsePlaybook("churn: 1\nname: figures\ntime_zone: UTC\ncurrency: USD\n" +
		"loss: {any: [subscription]}\nkpi: {measures: [{name: visits, take: sum}]}\n"))
	t.Cleanup(func() { playbook.Close() })
	engine := must[*Engine](t)(NewEngine(playbook, store))
	t.Cleanup(func() { engine.Close() })
	return engine
}

var figuresFrom, figuresTo = day("2026-01-01"), day("2026-04-01")

func same[T comparable](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func TestKPIByPeriodAndGroup(t *testing.T) {
	engine := openFigures(t)
	months := KPIOptions{Every: EveryMonth}
	table := must[*Table](t)(engine.KPI([]string{"mrr"}, figuresFrom, figuresTo, months))
	same(t, "mrr", table.Floats("value"), 160, 250, 190)
	months.By, months.Changes = []string{"plan"}, true
	table = must[*Table](t)(engine.KPI([]string{"mrr"}, figuresFrom, figuresTo, months))
	same(t, "columns", table.Columns(), "kpi", "period_start", "period_end", "plan", "value", "low", "high", "numerator",
		"denominator", "n", "excluded", "missing", "note", "unit", "currency", "policy", "complete", "marks", "change",
		"change_ratio", "adjusted")
	equal(t, "unit", table.Strings("unit")[0], "currency")
	months.ByEnd = true
	byEnd := must[*Table](t)(engine.KPI([]string{"customers"}, figuresFrom, figuresTo, months))
	equal(t, "currency", byEnd.Strings("unit")[0], "count")
	rolling := must[*Table](t)(engine.KPI([]string{"new_customers"}, figuresFrom, figuresTo,
		KPIOptions{Every: EveryRolling, RollingDays: 30, StepDays: 45, Policy: "stripe"}))
	same(t, "windows", rolling.Strings("policy"), "stripe", "stripe")
	measured := must[*Table](t)(engine.KPI([]string{"visits"}, day("2026-03-01"), figuresTo))
	same(t, "visits", measured.Floats("value"), 7)
	all := must[*Table](t)(engine.KPI(nil, figuresFrom, figuresTo))
	figures := must[*Table](t)(Figures())
	if all.Len() < figures.Len() {
		t.Fatalf("%d rows of %d figures", all.Len(), figures.Len())
	}
}

func TestFiguresAreListed(t *testing.T) {
	table := must[*Table](t)(Figures())
	same(t, "columns", table.Columns(), "id", "unit", "at_end", "set", "title", "formula", "source", "example", "vendors")
	for row, formula := range table.Strings("formula") {
		if formula == "" || table.Strings("example")[row] == "" {
			t.Errorf("%s: no formula or example", table.Strings("id")[row])
		}
	}
}

func TestKPIErrors(t *testing.T) {
	engine := openFigures(t)
	_, err := engine.KPI([]string{"logo_chrun"}, figuresFrom, figuresTo)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.KPI([]string{"mrr"}, figuresFrom, figuresTo, KPIOptions{Policy: "strype"})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.KPI([]string{"mrr"}, figuresFrom, figuresTo, KPIOptions{By: []string{"no such"}})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.KPI([]string{"mrr"}, figuresFrom, figuresTo, KPIOptions{Level: 2})
	wantStatus(t, err, ErrRange)
	_, err = engine.KPI([]string{"mrr"}, figuresTo, figuresFrom)
	wantStatus(t, err, ErrRange)
}

func TestLedger(t *testing.T) {
	engine := openFigures(t)
	moves := must[*Table](t)(engine.Movements(figuresFrom, figuresTo))
	same(t, "kinds", moves.Strings("kind"), "new", "expansion", "churn")
	same(t, "amounts", moves.Ints("amount"), 4000, 5000, -6000)
	proof := must[*Table](t)(engine.Reconciliation(figuresFrom, figuresTo, LedgerOptions{Split: SplitPlan | SplitCustomer}))
	equal(t, "scope", proof.Strings("scope")[0], "total")
	equal(t, "start", proof.Ints("start")[0], 16000)
	equal(t, "end", proof.Ints("end")[0], 19000)
	for row, difference := range proof.Ints("difference") {
		equal(t, proof.Strings("value")[row], difference, 0)
	}
	beside := must[*Table](t)(engine.ComparePolicies([]string{"", "stripe"}, []string{"mrr"}, figuresFrom, figuresTo,
		KPIOptions{Every: EveryQuarter}))
	equal(t, "rows", beside.Len(), 2)
	same(t, "last columns", beside.Columns()[len(beside.Columns())-2:], "difference", "reason")
	_, err := engine.Movements(figuresFrom, figuresTo, LedgerOptions{Split: SplitCustomer})
	wantStatus(t, err, ErrArgument)
	_, err = engine.ComparePolicies(nil, []string{"mrr"}, figuresFrom, figuresTo)
	wantStatus(t, err, ErrArgument)
}

func TestEveryQuestionAboutTheBusinessHearsItsContext(t *testing.T) {
	engine := openFigures(t)
	names := []string{"mrr"}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	data := SurvivalData{Time: []float64{5, 6}, Event: []int32{1, 2}, Group: []string{"a", "b"}}
	questions := map[string]func(ctx context.Context) (*Table, error){
		"KPI": func(ctx context.Context) (*Table, error) {
			return engine.KPI(names, figuresFrom, figuresTo, KPIOptions{Context: ctx})
		},
		"Movements": func(ctx context.Context) (*Table, error) {
			return engine.Movements(figuresFrom, figuresTo, LedgerOptions{Context: ctx})
		},
		"Reconciliation": func(ctx context.Context) (*Table, error) {
			return engine.Reconciliation(figuresFrom, figuresTo, LedgerOptions{Context: ctx})
		},
		"ComparePolicies": func(ctx context.Context) (*Table, error) {
			return engine.ComparePolicies([]string{"stripe"}, names, figuresFrom, figuresTo, KPIOptions{Context: ctx})
		},
		"Cohorts": func(ctx context.Context) (*Table, error) {
			return engine.Cohorts(figuresFrom, figuresTo, CohortOptions{Context: ctx})
		},
		"Engagement": func(ctx context.Context) (*Table, error) {
			return engine.Engagement(figuresFrom, figuresTo, EngagementOptions{Context: ctx})
		},
		"Adoption": func(ctx context.Context) (*Table, error) {
			return engine.Adoption(figuresFrom, figuresTo, EngagementOptions{Context: ctx})
		},
		"Funnel": func(ctx context.Context) (*Table, error) {
			return engine.Funnel([]FunnelStep{{Event: "login"}}, figuresFrom, figuresTo, FunnelOptions{Context: ctx})
		},
		"Survival": func(ctx context.Context) (*Table, error) {
			return engine.Survival(figuresTo, StayOptions{Context: ctx})
		},
		"SurvivalSummary": func(ctx context.Context) (*Table, error) {
			return engine.SurvivalSummary(figuresTo, StayOptions{Context: ctx})
		},
		"SurvivalTest": func(ctx context.Context) (*Table, error) {
			return engine.SurvivalTest(figuresTo, StayOptions{Context: ctx, By: []string{"plan"}})
		},
		"CompetingRisks": func(ctx context.Context) (*Table, error) {
			return engine.CompetingRisks(figuresTo, StayOptions{Context: ctx})
		},
		"Surveys": func(ctx context.Context) (*Table, error) {
			return engine.Surveys(SurveyNPS, figuresFrom, figuresTo, VoiceOptions{Context: ctx})
		},
		"NPSRetention": func(ctx context.Context) (*Table, error) {
			return engine.NPSRetention(figuresFrom, figuresTo, VoiceOptions{Context: ctx})
		},
		"Themes": func(ctx context.Context) (*Table, error) {
			return engine.Themes(figuresFrom, figuresTo, ThemeOptions{Context: ctx})
		},
		"Goals": func(ctx context.Context) (*Table, error) { return engine.Goals(figuresTo, GoalOptions{Context: ctx}) },
		"Benchmarks": func(ctx context.Context) (*Table, error) {
			return engine.Benchmarks(figuresFrom, figuresTo, BenchmarkOptions{Context: ctx})
		},
		"Anomalies": func(ctx context.Context) (*Table, error) {
			return engine.Anomalies(names, figuresFrom, figuresTo, KPIAnomalyOptions{Context: ctx})
		},
		"of arrays: Survival":       func(ctx context.Context) (*Table, error) { return Survival(data, SurvivalOptions{Context: ctx}) },
		"of arrays: SurvivalTest":   func(ctx context.Context) (*Table, error) { return SurvivalTest(data, SurvivalOptions{Context: ctx}) },
		"of arrays: CompetingRisks": func(ctx context.Context) (*Table, error) { return CompetingRisks(data, SurvivalOptions{Context: ctx}) },
		"of arrays: ChangePoints": func(ctx context.Context) (*Table, error) {
			return ChangePoints([]float64{1, 2, 3}, ChangeOptions{Context: ctx})
		},
		"of arrays: Anomalies": func(ctx context.Context) (*Table, error) {
			return Anomalies(Series{Values: []float64{1, 2, 3}}, AnomalyOptions{Context: ctx})
		},
	}
	for name, ask := range questions {
		if _, err := ask(ended); err == nil {
			t.Errorf("%s: not cancelled", name)
		} else {
			wantStatus(t, err, ErrCancelled)
		}
		var told toldAll
		if _, err := ask(WithProgress(context.Background(), told.tell)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if len(told) == 0 || told.last().Done != told.last().Total {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

// SPDX-License-Identifier: MIT

package churn

import (
	"errors"
	"math"
	"testing"
)

func TestSignalsOnArrays(t *testing.T) {
	// stats of github.com/deepcharles/ruptures, pull request 383: one piece is best
	table, err := ChangePoints([]float64{0, 1, 0, 0, 1}, ChangeOptions{MinSize: 2, Penalty: 0.1})
	check(t, err)
	if table.Len() != 1 || math.Abs(table.Floats("rss")[0]-1.2) > 1e-15 {
		t.Errorf("change points: %d rows, rss %v", table.Len(), table.Floats("rss"))
	}
	target := 99.0
	sums, err := Cusum([]float64{102, 94.8, 98.3}, CusumOptions{Target: &target, Slack: 1, Limit: 10})
	check(t, err)
	if got := sums.Floats("above"); got[0] != 2 || got[1] != 0 {
		t.Errorf("cusum: above %v", got)
	}
	values := make([]float64, 40)
	for i := range values {
		values[i] = float64(i * 7 % 5)
	}
	values[30] = 50
	found, err := Anomalies(Series{Values: values})
	check(t, err)
	if found.Len() != 1 || found.Ints("index")[0] != 30 || found.Strings("kind")[0] != "spike" {
		t.Errorf("anomalies: %v %v", found.Ints("index"), found.Strings("kind"))
	}
	all, err := Anomalies(Series{Values: values}, AnomalyOptions{All: true})
	check(t, err)
	if all.Len() != len(values) {
		t.Errorf("all: %d rows", all.Len())
	}
	if _, err := Anomalies(Series{Kind: SeriesShare, Values: values}); !errors.Is(err, ErrArgument) {
		t.Errorf("without trials: %v", err)
	}
	if _, err := ChangePoints([]float64{math.Inf(1)}); !errors.Is(err, ErrRange) {
		t.Errorf("infinite: %v", err)
	}
	if none, err := ChangePoints(nil); err != nil || none.Len() != 0 {
		t.Errorf("nothing: %v", err)
	}
}

func TestSignalsOfAnEngine(t *testing.T) {
	store, err := NewStore()
	check(t, err)
	defer store.Close()
	start := day("2026-01-01")
	for i := range 120 {
		value := float64(100 + i*7%11)
		if i == 100 {
			value = 20
		}
		check(t, store.AddMeasure(Measure{Name: "visits", At: start.AddDate(0, 0, i), Value: value}))
	}
	check(t, store.AddAnnouncement(Announcement{Name: "outage", At: start.AddDate(0, 0, 100)}))
	book, err := ParsePlaybook("churn: 1\nname: signals\nkpi:\n  measures: [{name: visits, take: sum}]\n" +
		"  goals: [{id: seen, kpi: visits, at_least: 3000}]\n" +
		"  benchmarks: [{kpi: customers, low: 1, source: a survey, year: 2024}]\n")
	check(t, err)
	defer book.Close()
	engine, err := NewEngine(book, store)
	check(t, err)
	defer engine.Close()
	goals, err := engine.Goals(day("2026-04-11"))
	check(t, err)
	if goals.Len() != 1 || goals.Strings("goal")[0] != "seen" || !goals.Bools("on_track")[0] {
		t.Errorf("goals: %v", goals)
	}
	found, err := engine.Anomalies([]string{"visits"}, start.AddDate(0, 0, 90), start.AddDate(0, 0, 118),
		KPIAnomalyOptions{Every: EveryDay, FalseAlarms: 0.001})
	check(t, err)
	if found.Len() != 1 || found.Strings("kind")[0] != "drop" || found.Strings("marks")[0] != "outage" {
		t.Errorf("anomalies: %v %v", found.Strings("kind"), found.Strings("marks"))
	}
	beside, err := engine.Benchmarks(start, day("2026-03-01"))
	check(t, err)
	if beside.Len() != 2 || beside.Strings("source")[0] != "a survey" || beside.Strings("position")[0] != "below" {
		t.Errorf("benchmarks: %v", beside)
	}
}

// SPDX-License-Identifier: MIT

package churn

import "testing"

const benchRows = 100_000

// What Go adds to a batch: laying out slices, without the library.
func BenchmarkPackEvents(b *testing.B) {
	events := manyEvents(benchRows)
	b.ReportAllocs()
	for b.Loop() {
		p := packer{rows: benchRows}
		p.texts("Customer", events.Customer)
		p.words("Type", events.Type)
		p.optionalTexts("User", events.User)
		p.micros("AtMicros", events.AtMicros)
		p.pins.Unpin()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkAddEvents(b *testing.B) {
	events := manyEvents(benchRows)
	for b.Loop() {
		store := must[*Store](b)(NewStore())
		must[*LoadReport](b)(store.AddEvents(events))
		store.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkAddEvent(b *testing.B) {
	store := must[*Store](b)(NewStore())
	defer store.Close()
	event := Event{Customer: "acme", Type: "login", At: day("2026-01-01"), User: "ann"}
	b.ReportAllocs()
	for b.Loop() {
		if err := store.AddEvent(event); err != nil {
			b.Fatal(err)
		}
	}
}

// What one crossing costs: part of every call above.
func BenchmarkCrossing(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		VersionNumber()
	}
}

func BenchmarkEvaluateValues(b *testing.B) {
	rule := compile(b, `score < 70.0 && plan in ["free"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.EvaluateValues(61.5, "free", nil, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	rule := compile(b, `score < 70.0 && plan in ["free"]`)
	record := map[string]any{"score": 61.5, "plan": "free"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.Eval(record); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluateColumns(b *testing.B) {
	rule := compile(b, `score < 70.0 && seats > 3`)
	scores, seats := make([]float64, benchRows), make([]int64, benchRows)
	for row := range benchRows {
		scores[row], seats[row] = float64(row%100), int64(row%7)
	}
	columns := Columns{"score": Column[float64]{Values: scores}, "seats": Column[int64]{Values: seats}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.EvaluateColumns(background, columns); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

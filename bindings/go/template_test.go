// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"testing"
	"time"
)

var cardVariables = []Variable{{"name", String}, {"mrr", Float}, {"since", Time}, {"note", String}}

func TestTemplatesRenderRecords(t *testing.T) {
	options := TemplateOptions{TimeZone: "Asia/Tokyo", Currency: "EUR", AsOf: time.Date(2026, 2, 4, 12, 0, 0, 0, time.UTC)}
	card := must[*Template](t)(CompileTemplate(
		`Call {{name}}: {{mrr | money}}, {{note | default("no note") | short(10)}}, {{since | datetime}}, {{since | in_days}}`,
		cardVariables, options))
	defer card.Close()
	equal(t, "uses", card.Uses("mrr"), true)
	for _, c := range []struct {
		record map[string]any
		want   string
	}{
		{map[string]any{"name": "Acme", "mrr": 1234.5, "since": time.Date(2026, 2, 1, 9, 30, 0, 0, time.UTC)},
			"Call Acme: 1,234.50 EUR, no note, 2026-02-01 18:30, 3 days ago"},
		{map[string]any{"name": "Zo\u00eb", "note": "much too long"}, "Call Zo\u00eb: \u2013, much too\u2026, \u2013, \u2013"},
	} {
		got, err := card.Render(c.record)
		if err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.record, got, err, c.want)
		}
	}
	table := must[*Table](t)(card.RenderColumns(context.Background(), Columns{"name": []string{"a", "b"}, "mrr": []float64{1, 2.5}}))
	equal(t, "row 1", table.Row(1).String("value"), "Call b: 2.50 EUR, no note, \u2013, \u2013")
}

func TestBrokenTemplates(t *testing.T) {
	_, err := CompileTemplate("Call {{name | uper}}", cardVariables)
	var fault *Error
	if !errors.As(err, &fault) || fault.Line != 1 || fault.Column != 15 {
		t.Errorf("%v", err)
	}
	_, err = CompileTemplate("{{mrr | money}}", cardVariables, TemplateOptions{Currency: "euro"})
	if err == nil {
		t.Error("a currency that is none")
	}
}

// Each example of the list comes to what the list says, as far as it needs no lists and durations.
func TestTemplateFilters(t *testing.T) {
	table := must[*Table](t)(TemplateFilters())
	if table.Len() < 26 {
		t.Errorf("%d filters", table.Len())
	}
	equal(t, "name", table.Row(0).String("name"), "default")
}

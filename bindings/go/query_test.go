// SPDX-License-Identifier: MIT

package churn

import (
	"errors"
	"strings"
	"testing"
)

func TestQuery(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	made := must[*QueryAnswer](t)(engine.Query("metric.logins_28d >= params.least && customer.id != params.who", at,
		Select{Params: map[string]any{"least": 1, "who": "nobody"}}))
	equal(t, "customers", strings.Join(made.Strings("customer"), " "), "acme")
	equal(t, "columns", strings.Join(made.Columns(), " "), "customer metric.logins_28d customer.id")
	equal(t, "asked", made.Asked, 2)
	equal(t, "matched", made.Matched, 1)
	equal(t, "not matched", made.NotMatched, 1)
	equal(t, "unknown", made.Unknown, 0)
	equal(t, "reasons", made.Reasons.Len(), 0)

	all := must[*QueryAnswer](t)(engine.Query("", at, Select{Columns: []string{"money: metric.mrr", "at: as_of"},
		Order: []string{"money", "-customer.id"}, Limit: 1, Context: background}))
	equal(t, "first", all.Row(0).String("customer"), "bolt")
	equal(t, "mrr", all.Row(0).Float("money"), 50)
	equal(t, "at", all.Row(0).Time("at"), at)
	equal(t, "of", all.Matched, 2)
	none := must[*QueryAnswer](t)(engine.Query("true", at, Select{Customers: []string{}, Columns: []string{}}))
	equal(t, "none", none.Asked, 0)
	equal(t, "no columns", len(none.Columns()), 1)
	unknown := must[*QueryAnswer](t)(engine.Query("churn.days > 3", at))
	equal(t, "unknown", unknown.Unknown, 2)
	equal(t, "reason", unknown.Reasons.Row(0).String("reason"), "never")
}

func TestQueryErrors(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	_, err := engine.Query("metric.mr > 1", at, Select{Order: []string{"metric.mrr +"}})
	var wrong *QueryError
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	equal(t, "findings", len(wrong.Diagnostics), 2)
	equal(t, "part", wrong.Diagnostics[1].File, "order[0]")
	equal(t, "suggestion", wrong.Diagnostics[0].Suggestion, "metric.mrr")
	equal(t, "line", wrong.Err.Line, 1)
	wantStatus(t, err, ErrConfig)
	_, err = engine.Query("metric.mr > 1", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Query("", at, Select{Limit: -1})
	wantStatus(t, err, ErrArgument)
	_, err = engine.Query("", at, Select{Params: map[string]any{"x": struct{}{}}})
	wantStatus(t, err, ErrArgument)
	_, err = engine.Query("", at, Select{Customers: []string{"nobody"}})
	wantStatus(t, err, ErrNotFound)
}

func TestWhy(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	parts := must[*Table](t)(engine.Why("bolt", "quiet", at))
	equal(t, "outcome", parts.Row(0).String("outcome"), "value")
	equal(t, "depth", parts.Row(0).Int("depth"), 0)
	_, err := engine.Why("bolt", "quit", at)
	wantStatus(t, err, ErrNotFound)
}

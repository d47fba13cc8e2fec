// SPDX-License-Identifier: MIT

package churn_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	churn "github.com/libchurn/libchurn/bindings/go"
)

const playbookText = `
churn: 1
name: tiny
currency: USD
evaluate: 1d
roles: {csm: {people: [ana]}}
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d}
scores:
  - id: health
    groups:
      - id: use
        weight: 1
        factors: [{metric: logins_28d, weight: 1, curve: [[0, 0], [4, 100]]}]
    bands: {green: 70, yellow: 40, red: 0}
triggers:
  - {id: quiet, when: 'metric.logins_28d == 0', play: call}
plays:
  - {id: call, steps: [{task: {title: 'Call {{customer.name}}', owner: csm, due: 2d}}]}
`

func date(text string) time.Time {
	at, err := churn.ParseTime(text)
	if err != nil {
		log.Fatal(err)
	}
	return at
}

// Records go in, scores and actions come out.
func Example() {
	playbook, err := churn.ParsePlaybook(playbookText)
	if err != nil {
		log.Fatal(err)
	}
	defer playbook.Close()
	store, err := churn.NewStore()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	since := date("2025-01-01")
	if _, err = store.AddCustomers(churn.Customers{
		ID:         []string{"acme", "bolt"},
		Since:      []time.Time{since, since},
		Attributes: map[string]any{"name": []string{"Acme", "Bolt"}},
	}); err != nil {
		log.Fatal(err)
	}
	if _, err = store.AddEvents(churn.Events{
		Customer: []string{"acme", "acme"},
		Type:     []string{"login", "login"},
		At:       []time.Time{date("2026-01-20"), date("2026-01-21T09:30Z")},
	}); err != nil {
		log.Fatal(err)
	}
	engine, err := churn.NewEngine(playbook, store)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	asOf := date("2026-02-01")
	scores, err := engine.Scores(asOf)
	if err != nil {
		log.Fatal(err)
	}
	for row := range scores.Rows() {
		fmt.Println(row.String("customer"), row.Float("value"), row.String("band"))
	}
	run, err := engine.Advance(context.Background(), asOf)
	if err != nil {
		log.Fatal(err)
	}
	actions, err := engine.Actions()
	if err != nil {
		log.Fatal(err)
	}
	for row := range actions.Rows() {
		fmt.Println(run.Fired, "fired:", row.String("title"), "by", row.Time("due").Format(time.DateOnly), row.String("owner"))
	}
	// Output:
	// acme 50 yellow
	// bolt 0 red
	// 1 fired: Call Bolt by 2026-02-03 ana
}

// Everything that is wrong with a playbook comes at once.
func ExamplePlaybookError() {
	_, err := churn.ParsePlaybook("churn: 1\nname: wrong\nmetrics:\n  - {id: logins, agg: cuont, event: login, window: 28d}\n",
		churn.PlaybookOptions{File: "wrong.yaml"})
	var why *churn.PlaybookError
	if errors.As(err, &why) {
		for _, d := range why.Diagnostics {
			fmt.Println(d.File, d.Line, d.Severity, d.Suggestion)
		}
	}
	fmt.Println(errors.Is(err, churn.ErrConfig))
	// Output:
	// wrong.yaml 4 error count
	// true
}

// One event at a time, as a backend sees them.
func ExampleStore_AddEvent() {
	store, err := churn.NewStore()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	err = store.AddEvent(churn.Event{Customer: "acme", Type: "export", At: date("2026-02-01T09:30Z"), User: "ann",
		Value: churn.Some(3.0)})
	fmt.Println(err)
	err = store.AddEvent(churn.Event{Type: "export", At: date("2026-02-01T09:30Z")})
	fmt.Println(errors.Is(err, churn.ErrArgument))
	// Output:
	// <nil>
	// true
}

// Columns as another system names them.
func ExampleStore_Add() {
	store, err := churn.NewStore()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	report, err := store.Add(churn.KindSubscription, churn.Columns{
		"subscription": []string{"s1", "s2"},
		"account":      []string{"acme", "bolt"},
		"start":        []string{"2025-01-01", "2025-03-01"},
		"status":       []string{"active", "canceled"},
		"mrr":          []float64{99, 49.5},
	}, churn.LoadOptions{
		Columns:   map[string]string{"id": "subscription", "customer": "account", "valid_from": "start", "amount": "mrr"},
		Constants: map[string]string{"currency": "USD", "period": "month"},
		Values:    map[string]map[string]string{"status": {"canceled": "cancelled"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Added, "added,", report.Rejected, "rejected")
	// Output:
	// 2 added, 0 rejected
}

// The language of a playbook's conditions, by itself.
func ExampleExpression_Evaluate() {
	rule, err := churn.CompileExpression(`score < 70.0 && plan in ["free"]`,
		[]churn.Variable{{Name: "score", Type: churn.Float}, {Name: "plan", Type: churn.String}})
	if err != nil {
		log.Fatal(err)
	}
	defer rule.Close()
	for _, record := range []map[string]any{
		{"score": 61.5, "plan": "free"},
		{"score": 80.0},
		{"plan": "free"},
	} {
		answer, err := rule.Evaluate(record)
		fmt.Println(answer, err)
	}
	// Output:
	// true <nil>
	// false <nil>
	// <nil> <nil>
}

// A long call tells how far it is, and ends with its context.
func ExampleWithProgress() {
	playbook, err := churn.ParsePlaybook(playbookText)
	if err != nil {
		log.Fatal(err)
	}
	defer playbook.Close()
	store, err := churn.NewStore()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if err = store.AddEvent(churn.Event{Customer: "acme", Type: "login", At: date("2026-01-20")}); err != nil {
		log.Fatal(err)
	}
	engine, err := churn.NewEngine(playbook, store)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var last churn.Progress
	ctx = churn.WithProgress(ctx, func(p churn.Progress) { last = p })
	if _, err = engine.Replay(ctx, date("2026-01-01"), date("2026-02-01"), 0); err != nil {
		log.Fatal(err)
	}
	fmt.Println(last.Done == last.Total)
	cancel()
	_, err = engine.Replay(ctx, date("2026-02-02"), date("2026-03-01"), 0)
	fmt.Println(errors.Is(err, churn.ErrCancelled), errors.Is(err, context.Canceled))
	// Output:
	// true
	// true true
}

// SPDX-License-Identifier: MIT

package churn

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// Every test closes what it opens or forgets it, and in the end nothing of the library is alive.
func TestMain(m *testing.M) {
	code := m.Run()
	if alive := settle(); alive != 0 {
		fmt.Fprintf(os.Stderr, "%d handles of the library were not freed\n", alive)
		code = 1
	}
	os.Exit(code)
}

// Let cleanups run until nothing is alive, or for two seconds.
func settle() int64 {
	for range 200 {
		runtime.GC()
		if LiveHandles() == 0 {
			return 0
		}
		time.Sleep(10 * time.Millisecond)
	}
	return LiveHandles()
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantStatus(t testing.TB, err error, status Status) {
	t.Helper()
	if !errors.Is(err, status) {
		t.Fatalf("got %v, want %v", err, status)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func day(text string) time.Time {
	at, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return at
}

const smallPlaybook = `
churn: 1
name: small
currency: USD
evaluate: 1d
attributes: {seats: number}
roles: {csm: {people: [ana]}}
loss: {any: [subscription]}
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d}
  - {id: mrr, subscription: mrr}
scores:
  - id: health
    groups:
      - id: use
        weight: 1
        factors:
          - {metric: logins_28d, weight: 1, curve: [[0, 0], [4, 100]]}
    bands: {green: 70, yellow: 40, red: 0}
triggers:
  - {id: quiet, when: 'metric.logins_28d == 0', play: call}
plays:
  - id: call
    steps:
      - {task: {title: 'Call {{customer.name}}', owner: csm, due: 2d}}
tests:
  - name: nobody logs in
    given: {customer: {since: 2026-01-01}}
    as_of: 2026-03-01
    expect: {metric.logins_28d: 0}
`

func openSmall(t testing.TB) *Playbook {
	t.Helper()
	playbook := must[*Playbook](t)(ParsePlaybook(smallPlaybook))
	t.Cleanup(func() { playbook.Close() })
	return playbook
}

func openStore(t testing.TB, options ...StoreOptions) *Store {
	t.Helper()
	store := must[*Store](t)(NewStore(options...))
	t.Cleanup(func() { store.Close() })
	return store
}

// Two customers: acme logs in four times and pays 100 a month, bolt does nothing and pays 50.
func openEngineStore(t testing.TB) *Store {
	t.Helper()
	store := openStore(t)
	must[*LoadReport](t)(store.AddCustomers(Customers{
		ID:    []string{"acme", "bolt"},
		Since: []time.Time{day("2025-01-01"), day("2025-01-01")},
		Attributes: map[string]any{
			"name":  []string{"Acme", "Bolt"},
			"seats": []float64{10, 5},
		},
	}))
	at := []time.Time{day("2026-01-20"), day("2026-01-21"), day("2026-01-22"), day("2026-01-23")}
	must[*LoadReport](t)(store.AddEvents(Events{
		Customer: []string{"acme", "acme", "acme", "acme"},
		Type:     []string{"login", "login", "login", "login"},
		At:       at,
	}))
	must[*LoadReport](t)(store.AddSubscriptions(Subscriptions{
		ID:        []string{"s1", "s2"},
		Customer:  []string{"acme", "bolt"},
		ValidFrom: []time.Time{day("2025-01-01"), day("2025-01-01")},
		Status:    []string{"active", "active"},
		Amount:    []int64{10000, 5000},
		Currency:  []string{"USD", "USD"},
		Period:    []string{"month", "month"},
	}))
	return store
}

func openEngine(t testing.TB) *Engine {
	t.Helper()
	engine := must[*Engine](t)(NewEngine(openSmall(t), openEngineStore(t)))
	t.Cleanup(func() { engine.Close() })
	return engine
}

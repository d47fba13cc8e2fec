// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestClosedHandlesSaySo(t *testing.T) {
	engine := openEngine(t)
	store, playbook, rule := openStore(t), openSmall(t), compile(t, "score < 1.0")
	scores := must[*Table](t)(engine.Scores(day("2026-02-01")))
	for range 2 {
		check(t, engine.Close())
		check(t, store.Close())
		check(t, playbook.Close())
		check(t, rule.Close())
	}
	equal(t, "a table outlives its engine", scores.Row(1).String("customer"), "bolt")
	at, calls := day("2026-01-01"), 0
	for _, call := range []func() error{
		func() error { return store.AddCustomer(Customer{ID: "a"}) },
		func() error { return store.AddEvent(Event{Customer: "a", Type: "x", At: at}) },
		func() error { _, err := store.AddEvents(Events{}); return err },
		func() error { _, err := store.Add(KindEvent, Columns{}); return err },
		func() error { return store.Mark("product", at) },
		func() error { _, err := store.Hash(); return err },
		func() error { _, err := store.CustomerCount(); return err },
		func() error { _, err := playbook.Name(); return err },
		func() error { _, err := playbook.Contents(); return err },
		func() error { _, err := playbook.Factors(); return err },
		func() error { _, err := playbook.Time("2026-01-01"); return err },
		func() error { _, err := playbook.TimeText(at); return err },
		func() error { _, err := playbook.Test(); return err },
		func() error { _, err := NewEngine(playbook, store); return err },
		func() error { _, err := NewEngine(openSmall(t), store); return err },
		func() error { _, err := NewEngine(playbook, openStore(t)); return err },
		func() error { _, err := engine.Scores(at); return err },
		func() error { _, err := engine.KPI(nil, at, at); return err },
		func() error { _, err := engine.Advance(context.Background(), at); return err },
		func() error { _, err := engine.Replay(context.Background(), at, at, 0); return err },
		func() error { _, err := engine.AsOf(); return err },
		func() error { _, err := engine.Actions(); return err },
		func() error { return engine.Acknowledge("x") },
		func() error { return engine.SetPlaybook(playbook) },
		func() error { _, err := engine.Save(); return err },
		func() error { _, err := rule.Evaluate(map[string]any{}); return err },
		func() error { _, err := rule.EvaluateColumns(background, Columns{}); return err },
	} {
		if err := call(); err != ErrClosed || !errors.Is(err, ErrState) {
			t.Errorf("call %d: %v", calls, err)
		}
		calls++
	}
}

func TestAnyOrderOfClosing(t *testing.T) {
	playbook := must[*Playbook](t)(ParsePlaybook(smallPlaybook))
	store := must[*Store](t)(NewStore())
	check(t, store.AddCustomer(Customer{ID: "acme", Since: day("2025-01-01")}))
	engine := must[*Engine](t)(NewEngine(playbook, store))
	check(t, playbook.Close())
	check(t, store.Close())
	equal(t, "rows", must[*Table](t)(engine.Metrics(day("2026-01-01"))).Len(), 1)
	check(t, engine.Close())
}

func TestForgottenHandlesAreFreed(t *testing.T) {
	before := LiveHandles()
	for range 20 {
		store := must[*Store](t)(NewStore())
		check(t, store.AddCustomer(Customer{ID: "acme"}))
		must[*Playbook](t)(ParsePlaybook(smallPlaybook))
		must[*Expression](t)(CompileExpression("1 + 1", nil))
	}
	for range 200 {
		runtime.GC()
		if LiveHandles() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d handles are alive, %d before", LiveHandles(), before)
}

// With the collector at every turn nothing is freed under a running call, and nothing moves that the
// library reads.
func TestCollectingAllTheTime(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	var group sync.WaitGroup
	for worker := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 15 {
				store, err := NewStore()
				if err != nil {
					t.Error(err)
					return
				}
				report, err := store.AddEvents(manyEvents(500))
				if err != nil || report.Added != 500 {
					t.Errorf("%d: %v, %v", worker, report, err)
				}
				if err := store.AddCustomer(Customer{ID: strings.Repeat("n", 9), Attributes: map[string]any{
					"name": strings.Repeat("v", 300), "seats": 3}}); err != nil {
					t.Error(err)
				}
				if count, err := store.RecordCount(KindEvent); err != nil || count != 500 {
					t.Errorf("%d events, %v", count, err)
				}
				rule, err := CompileExpression("score < 70.0 && plan == 'free'", ruleVariables)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := rule.Evaluate(map[string]any{"score": 1, "plan": strings.Repeat("free", 1)}); err != nil || got != true {
					t.Error(got, err)
				}
			} // nothing is closed: cleanups run beside calls
		}()
	}
	group.Wait()
}

// One goroutine writes while others evaluate; each evaluation sees whole batches.
func TestReadersBesideAWriter(t *testing.T) {
	const batches, size = 40, 50
	store := openEngineStore(t)
	playbook := openSmall(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var group sync.WaitGroup
	for range 3 {
		group.Add(1)
		go func() {
			defer group.Done()
			engine, err := NewEngine(playbook, store)
			if err != nil {
				t.Error(err)
				return
			}
			defer engine.Close()
			for last := 0.0; ctx.Err() == nil; {
				table, err := engine.Metrics(day("2026-02-01"), Query{Customer: "bolt"})
				if err != nil {
					t.Error(err)
					return
				}
				seen := table.Row(0).Float("logins_28d")
				if seen < last || int(seen)%size != 0 {
					t.Errorf("saw %v logins after %v", seen, last)
					return
				}
				last = seen
			}
		}()
	}
	events := Events{Customer: make([]string, size), Type: make([]string, size), AtMicros: make([]int64, size)}
	for i := range size {
		events.Customer[i], events.Type[i] = "bolt", "login"
		events.AtMicros[i] = day("2026-01-20").UnixMicro() + int64(i)
	}
	for range batches {
		if _, err := store.AddEvents(events); err != nil {
			t.Error(err)
		}
	}
	cancel()
	group.Wait()
}

func TestClosingWaitsForCalls(t *testing.T) {
	engine := openEngine(t)
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				_, err := engine.Scores(day("2026-02-01"))
				if err == ErrClosed {
					return
				}
				if err != nil && !errors.Is(err, ErrState) {
					t.Error(err)
					return
				}
			}
		}()
	}
	time.Sleep(5 * time.Millisecond)
	check(t, engine.Close())
	group.Wait()
}

func TestLongCallsAreCancelled(t *testing.T) {
	engine := openEngine(t)
	hash := must[uint64](t)(engine.Hash())
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := engine.Advance(ended, day("2026-02-01"))
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	_, err = engine.Scores(day("2026-02-01"), Query{Context: ended})
	wantStatus(t, err, ErrCancelled)
	equal(t, "hash", must[uint64](t)(engine.Hash()), hash)

	ctx, stop := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer stop()
	began := time.Now()
	_, err = engine.Replay(ctx, day("2000-01-01"), day("2026-02-01"), time.Second)
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("it took %v to notice", took)
	}
	// The next call is not touched by the context of the last one.
	must[*Table](t)(engine.Scores(day("2026-02-01")))
}

func TestContextsThatEndInTimeChangeNothing(t *testing.T) {
	engine := openEngine(t)
	for i := range 100 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*5*time.Microsecond)
		_, err := engine.Metrics(day("2026-02-01"), Query{Context: ctx})
		if err != nil && !errors.Is(err, ErrCancelled) {
			t.Fatal(err)
		}
		cancel()
	}
	must[*Table](t)(engine.Metrics(day("2026-02-01"), Query{Context: context.Background()}))
}

func TestWithoutCgoTheMessageSaysWhy(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the package again")
	}
	build := exec.Command("go", "build", ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "libchurn_requires_CGO_ENABLED_1") {
		t.Fatalf("%v: %s", err, said)
	}
	if strings.Count(string(said), "\n") > 3 {
		t.Fatalf("the message is drowned: %s", said)
	}
}

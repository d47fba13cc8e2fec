// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// What was told, in order. No lock: nobody is told any more when the call has returned.
type toldAll []Progress

func (told *toldAll) tell(p Progress) { *told = append(*told, p) }

func (told toldAll) last() Progress { return told[len(told)-1] }

func TestProgressEndsWithTheWhole(t *testing.T) {
	const rows = 20_000
	store := openStore(t)
	var told toldAll
	ctx := WithProgress(context.Background(), told.tell)
	must[*LoadReport](t)(store.AddEvents(manyEvents(rows), LoadOptions{Context: ctx}))
	equal(t, "rows", told.last(), Progress{rows, rows})

	engine := openEngine(t)
	told = nil
	must[*Table](t)(engine.Scores(day("2026-02-01"), Query{Context: ctx}))
	customers := told.last().Total
	if customers == 0 || told.last().Done != customers {
		t.Fatal(told.last())
	}
	told = nil
	must[*Run](t)(engine.Advance(ctx, day("2026-02-02")))
	equal(t, "customers", told.last(), Progress{customers, customers})
	told = nil
	must[*Table](t)(engine.WarmUp(ctx, day("2026-02-03"), day("2026-02-05")))
	if told.last().Done != told.last().Total || told.last().Total/1e6 != 2*86400 {
		t.Fatal(told.last())
	}
}

func TestProgressIsToldWhileACallRuns(t *testing.T) {
	engine := openEngine(t)
	var told toldAll
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	ctx = WithProgress(ctx, func(p Progress) {
		told.tell(p)
		if len(told) == 3 {
			cancel(enough)
		}
	})
	_, err := engine.Replay(ctx, day("1960-01-01"), day("2026-02-01"), time.Second)
	wantStatus(t, err, ErrCancelled)
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if len(told) < 3 {
		t.Fatalf("told %d times", len(told))
	}
	for i, p := range told[1:] {
		if p.Done < told[i].Done || p.Total != told[i].Total {
			t.Fatal(told)
		}
	}
}

func TestProgressOfAContextThatEnded(t *testing.T) {
	engine := openEngine(t)
	var calls atomic.Int64
	ctx, cancel := context.WithCancel(WithProgress(context.Background(), func(Progress) { calls.Add(1) }))
	cancel()
	_, err := engine.Scores(day("2026-02-01"), Query{Context: ctx})
	wantStatus(t, err, ErrCancelled)
	equal(t, "calls", calls.Load(), 0)
}

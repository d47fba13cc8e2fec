// SPDX-License-Identifier: MIT

package churn

import (
	"testing"
	"time"
)

func storeToErase(t *testing.T) *Store {
	t.Helper()
	store, err := NewStore()
	check(t, err)
	t.Cleanup(func() { _ = store.Close() })
	for _, customer := range []string{"acme", "blue"} {
		for _, at := range []string{"2025-01-01", "2026-01-01", "2026-01-02"} {
			check(t, store.AddEvent(Event{Customer: customer, Type: "login", At: day(at), User: "ann"}))
		}
	}
	return store
}

func TestErase(t *testing.T) {
	store := storeToErase(t)
	report, err := store.Erase("acme", "nobody")
	check(t, err)
	if report.Customers != 1 || report.Unknown != 1 || report.Removed[KindEvent] != 3 || report.Records != 3 {
		t.Errorf("erased %+v", report)
	}
	report, err = store.EraseUser("ann")
	check(t, err)
	if report.Changed != 3 || report.Texts != 1 {
		t.Errorf("erased %+v", report)
	}
	report, err = store.Erase()
	check(t, err)
	if report.Customers != 0 {
		t.Errorf("erased %+v", report)
	}
	_, err = store.EraseUser("")
	wantStatus(t, err, ErrArgument)
}

func TestForget(t *testing.T) {
	store := storeToErase(t)
	report, err := store.Forget(day("2026-01-01"))
	check(t, err)
	if report.Records != 2 || !report.Since.Equal(day("2026-01-01")) {
		t.Errorf("forgot %+v", report)
	}
	_, err = store.Forget(time.Time{})
	wantStatus(t, err, ErrRange)
}

func TestMerge(t *testing.T) {
	store := storeToErase(t)
	report, err := store.Merge("acme", "blue")
	check(t, err)
	if report.Records != 3 || report.Moved[KindEvent] != 3 || report.Conflicts != 0 {
		t.Errorf("merged %+v", report)
	}
	_, err = store.Merge("acme", "blue")
	wantStatus(t, err, ErrNotFound)
}

// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestReadingBack(t *testing.T) {
	store := must[*Store](t)(NewStore())
	defer store.Close()
	must[*LoadReport](t)(store.Add(KindTicket, Columns{
		"id": []string{"t1", "t2"}, "customer": []string{"acme", "bolt"},
		"opened_at": []time.Time{day("2026-01-01"), day("2026-01-03")},
		"closed_at": []time.Time{day("2026-01-05"), {}},
		"priority":  []string{"high", ""},
	}))
	all := must[*Table](t)(store.Records(KindTicket))
	equal(t, "ids", strings.Join(all.Strings("id"), " "), "t1 t2")
	equal(t, "closed", all.Row(0).Time("closed_at"), day("2026-01-05"))
	then := must[*Table](t)(store.Records(KindTicket, ReadOptions{Customer: "acme", AsOf: day("2026-01-04")}))
	equal(t, "rows", then.Len(), 1)
	equal(t, "not yet closed", then.Row(0).IsNull("closed_at"), true)
	span := must[Span](t)(store.Span(KindTicket, ReadOptions{From: day("2026-01-02")}))
	equal(t, "records", span.Records, 1)
	equal(t, "first", span.First, day("2026-01-03"))
	story := must[*Table](t)(store.Story("acme"))
	equal(t, "story", strings.Join(story.Strings("what"), ", "), "opened ticket, closed ticket")
	sources := must[*Table](t)(store.Sources())
	equal(t, "first kind", sources.Row(0).String("source"), "customer")

	copied := must[*Store](t)(NewStore())
	defer copied.Close()
	versions := must[*Table](t)(store.Records(KindTicket, ReadOptions{AllVersions: true}))
	must[*LoadReport](t)(copied.Add(KindTicket, Columns{
		"id": versions.Strings("id"), "customer": versions.Strings("customer"),
		"opened_at": versions.Times("opened_at"), "closed_at": versions.Times("closed_at"),
		"known_at": versions.Times("known_at"), "priority": versions.Strings("priority"),
	}))
	equal(t, "hash", must[uint64](t)(copied.Hash()), must[uint64](t)(store.Hash()))

	_, err := store.Records(KindTicket, ReadOptions{Customer: "nobody"})
	wantStatus(t, err, ErrNotFound)
	_, err = store.Story("nobody")
	wantStatus(t, err, ErrNotFound)
	_, err = store.Records(99)
	wantStatus(t, err, ErrArgument)
	_, err = store.Records(KindTicket, ReadOptions{Limit: -1})
	wantStatus(t, err, ErrArgument)
	ended, cancel := context.WithCancel(background)
	cancel()
	_, err = store.Records(KindTicket, ReadOptions{Context: ended})
	wantStatus(t, err, ErrCancelled)
}

func TestStoryOfAnEngine(t *testing.T) {
	engine := openEngine(t)
	story := must[*Table](t)(engine.Story("acme", StoryOptions{AsOf: day("2026-02-01"), Kinds: []string{"event"}, Limit: 2}))
	equal(t, "lines", story.Len(), 2)
	equal(t, "what", story.Row(0).String("what"), "login")
	_, err := engine.Story("acme", StoryOptions{Kinds: []string{"nothing"}})
	wantStatus(t, err, ErrNotFound)
}

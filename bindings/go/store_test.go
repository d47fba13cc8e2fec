// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func counts(t *testing.T, store *Store, kind RecordKind) int64 {
	t.Helper()
	return must[int64](t)(store.RecordCount(kind))
}

// One record of each kind, given one at a time.
func addEach(t *testing.T, store *Store) {
	t.Helper()
	at := day("2026-01-10")
	check(t, store.AddCustomer(Customer{ID: "acme", Since: day("2025-01-01"), Attributes: map[string]any{
		"name": "Acme", "seats": 12, "ratio": 0.5, "vip": true, "signed": day("2025-01-01"), "gone": nil,
	}}))
	check(t, store.AddAttribute(Attribute{Customer: "acme", Name: "seats", ValidFrom: at, Value: 14}))
	check(t, store.AddEvent(Event{ID: "e1", Customer: "acme", Type: "login", At: at, User: "ann", Value: Some(2.5)}))
	check(t, store.AddSubscription(Subscription{ID: "s1", Customer: "acme", ValidFrom: at, Status: "active",
		Plan: "team", Amount: Some(int64(9900)), Currency: "USD", Period: "month", Seats: Some(int64(4)), AutoRenew: True}))
	check(t, store.AddInvoice(Invoice{ID: "i1", Customer: "acme", IssuedAt: at, DueAt: day("2026-01-24"),
		Amount: 9900, Currency: "USD"}))
	check(t, store.AddTicket(Ticket{ID: "t1", Customer: "acme", OpenedAt: at, ClosedAt: day("2026-01-12"), CSAT: Some(4.0)}))
	check(t, store.AddSurvey(Survey{Customer: "acme", Kind: "nps", At: at, User: "ann", Score: 9}))
	check(t, store.AddChurn(Churn{Customer: "acme", Kind: "voluntary", At: at, Reason: "price"}))
	check(t, store.AddContact(Contact{ID: "p1", Customer: "acme", ValidFrom: at, Role: "buyer", Active: False}))
	check(t, store.AddAlias(Alias{Source: "billing", Alias: "7", Customer: "acme"}))
	check(t, store.AddMilestone(Milestone{Customer: "acme", Name: "live", ReachedAt: at}))
	check(t, store.AddTouchpoint(Touchpoint{ID: "c1", Customer: "acme", At: at, Channel: "email", RepliedAt: at}))
	check(t, store.AddSpend(Spend{At: at, Amount: 9900, Currency: "USD", Channel: "ads"}))
	check(t, store.AddRate(Rate{Currency: "EUR", At: at, Rate: 1.1}))
	check(t, store.AddAnnouncement(Announcement{Name: "down", At: at, Kind: "outage"}))
	check(t, store.AddMeasure(Measure{Name: "visits", At: at, Value: 12.5, Unit: "visits"}))
	check(t, store.AddOverride(Override{Customer: "acme", Score: "health", At: at, Value: Some(20.5),
		Reason: "the buyer left", Author: "eve", ExpiresAt: day("2026-03-01")}))
}

// The same records as columns.
func addBatches(t *testing.T, store *Store) {
	t.Helper()
	at, acme := []time.Time{day("2026-01-10")}, []string{"acme"}
	added := func(report *LoadReport, err error) {
		t.Helper()
		check(t, err)
		if report.Added == 0 || report.Rejected != 0 {
			t.Fatalf("%+v", *report)
		}
	}
	added(store.AddCustomers(Customers{ID: acme, Since: []time.Time{day("2025-01-01")}, Attributes: map[string]any{
		"name": acmeName, "seats": []int{12}, "ratio": []float64{0.5}, "vip": []bool{true},
		"signed": []time.Time{day("2025-01-01")},
	}}))
	added(store.AddAttributes(Attributes{Customer: acme, Name: []string{"seats"}, ValidFrom: at, Value: []int64{14}}))
	added(store.AddEvents(Events{ID: []string{"e1"}, Customer: acme, Type: []string{"login"}, At: at,
		User: []string{"ann"}, Value: []float64{2.5}}))
	added(store.AddSubscriptions(Subscriptions{ID: []string{"s1"}, Customer: acme, ValidFrom: at,
		Status: []string{"active"}, Plan: []string{"team"}, Amount: []int64{9900}, Currency: []string{"USD"},
		Period: []string{"month"}, Seats: []int64{4}, AutoRenew: []Truth{True}, EndedAt: []time.Time{{}}}))
	added(store.AddInvoices(Invoices{ID: []string{"i1"}, Customer: acme, IssuedAt: at,
		DueAt: []time.Time{day("2026-01-24")}, Amount: []int64{9900}, Currency: []string{"USD"}}))
	added(store.AddTickets(Tickets{ID: []string{"t1"}, Customer: acme, OpenedAt: at,
		ClosedAt: []time.Time{day("2026-01-12")}, CSAT: []float64{4}}))
	added(store.AddSurveys(Surveys{Customer: acme, Kind: []string{"nps"}, At: at, User: []string{"ann"}, Score: []float64{9}}))
	added(store.AddChurns(Churns{Customer: acme, Kind: []string{"voluntary"}, At: at, Reason: []string{"price"}}))
	added(store.AddContacts(Contacts{ID: []string{"p1"}, Customer: acme, ValidFrom: at, Role: []string{"buyer"}, Active: []Truth{False}}))
	added(store.AddAliases(Aliases{Source: []string{"billing"}, Alias: []string{"7"}, Customer: acme}))
	added(store.AddMilestones(Milestones{Customer: acme, Name: []string{"live"}, ReachedAt: at}))
	added(store.AddTouchpoints(Touchpoints{ID: []string{"c1"}, Customer: acme, At: at, Channel: []string{"email"}, RepliedAt: at}))
	added(store.AddSpends(Spends{At: at, Amount: []int64{9900}, Currency: []string{"USD"}, Channel: []string{"ads"}}))
	added(store.AddRates(Rates{Currency: []string{"EUR"}, At: at, Rate: []float64{1.1}}))
	added(store.AddAnnouncements(Announcements{Name: []string{"down"}, At: at, Kind: []string{"outage"}}))
	added(store.AddMeasures(Measures{Name: []string{"visits"}, At: at, Value: []float64{12.5},
		Unit: []string{"visits"}}))
	added(store.AddOverrides(Overrides{Customer: acme, Score: []string{"health"}, At: at, Value: []float64{20.5},
		Reason: []string{"the buyer left"}, Author: []string{"eve"}, ExpiresAt: []time.Time{day("2026-03-01")}}))
}

var acmeName = []string{"Acme"}

// The same records as columns that are matched by name.
func addColumns(t *testing.T, store *Store) {
	t.Helper()
	add := func(kind RecordKind, columns Columns, options ...LoadOptions) {
		t.Helper()
		report, err := store.Add(kind, columns, options...)
		check(t, err)
		if report.Added == 0 || report.Rejected != 0 {
			t.Fatalf("%v: %+v", kind, *report)
		}
	}
	at, acme := []string{"2026-01-10"}, []string{"acme"}
	add(KindCustomer, Columns{"id": acme, "since": []time.Time{day("2025-01-01")}, "name": acmeName,
		"seats": []int{12}, "ratio": []float64{0.5}, "vip": []bool{true}, "signed": []time.Time{day("2025-01-01")}})
	add(KindAttribute, Columns{"customer": acme, "name": []string{"seats"}, "valid_from": at, "value": []int64{14}})
	add(KindEvent, Columns{"id": []string{"e1"}, "account": acme, "kind": []string{"login"}, "at": at,
		"user": []string{"ann"}, "value": []string{"2.5"}},
		LoadOptions{Columns: map[string]string{"customer": "account", "type": "kind"}})
	add(KindSubscription, Columns{"id": []string{"s1"}, "customer": acme, "valid_from": at,
		"status": []string{"running"}, "plan": []string{"team"}, "amount": []int{99}, "seats": []int{4},
		"auto_renew": []Truth{True}},
		LoadOptions{Money: MoneyMajor, Constants: map[string]string{"currency": "USD", "period": "month"},
			Values: map[string]map[string]string{"status": {"running": "active"}}})
	add(KindInvoice, Columns{"id": []string{"i1"}, "customer": acme, "issued_at": at, "due_at": []string{"2026-01-24"},
		"amount": []string{"99.00"}, "currency": []string{"USD"}})
	add(KindTicket, Columns{"id": []string{"t1"}, "customer": acme, "opened_at": at,
		"closed_at": []string{"2026-01-12"}, "csat": []float64{4}})
	add(KindSurvey, Columns{"customer": acme, "kind": []string{"nps"}, "at": at, "user": []string{"ann"}, "score": []int{9}})
	add(KindChurn, Columns{"customer": acme, "kind": []string{"voluntary"}, "at": at, "reason": []string{"price"}})
	add(KindContact, Columns{"id": []string{"p1"}, "customer": acme, "valid_from": at, "role": []string{"buyer"}, "active": []bool{false}})
	add(KindAlias, Columns{"source": []string{"billing"}, "alias": []int{7}, "customer": acme})
	add(KindMilestone, Columns{"customer": acme, "name": []string{"live"}, "reached_at": at})
	add(KindTouchpoint, Columns{"id": []string{"c1"}, "customer": acme, "at": at, "channel": []string{"email"}, "replied_at": at})
	add(KindSpend, Columns{"at": at, "amount": []string{"99.00"}, "currency": []string{"USD"}, "channel": []string{"ads"}})
	add(KindRate, Columns{"currency": []string{"EUR"}, "at": at, "rate": []float64{1.1}})
	add(KindAnnouncement, Columns{"name": []string{"down"}, "at": at, "kind": []string{"outage"}})
	add(KindMeasure, Columns{"name": []string{"visits"}, "at": at, "value": []float64{12.5},
		"unit": []string{"visits"}})
	add(KindOverride, Columns{"customer": acme, "score": []string{"health"}, "at": at, "value": []float64{20.5},
		"reason": []string{"the buyer left"}, "author": []string{"eve"}, "expires_at": []string{"2026-03-01"}})
}

func TestRecordsInAllWaysAreTheSame(t *testing.T) {
	each, batch, columns := openStore(t), openStore(t), openStore(t)
	addEach(t, each)
	addBatches(t, batch)
	addColumns(t, columns)
	// An attribute that is unset is a record of its own, which a column cannot say.
	unset := Customer{ID: "acme", Since: day("2025-01-01"), Attributes: map[string]any{"gone": nil}}
	check(t, batch.AddCustomer(unset))
	check(t, columns.AddCustomer(unset))
	for kind := range kindNames {
		equal(t, "batch of "+kind.String(), counts(t, batch, kind), counts(t, each, kind))
		equal(t, "columns of "+kind.String(), counts(t, columns, kind), counts(t, each, kind))
	}
	equal(t, "customers", must[int64](t)(each.CustomerCount()), 1)
	equal(t, "hash of columns", must[uint64](t)(columns.Hash()), must[uint64](t)(batch.Hash()))
	equal(t, "hash of single records", must[uint64](t)(each.Hash()), must[uint64](t)(batch.Hash()))
}

func TestReportsCountRowsAndListRejections(t *testing.T) {
	store := openStore(t)
	events := Events{
		ID:       []string{"a", "b", "", "d"},
		Customer: []string{"acme", "", "acme", "bolt"},
		Type:     []string{"login", "login", "export", "login"},
		AtMicros: []int64{1, 2, 3, math.MaxInt64},
	}
	report := must[*LoadReport](t)(store.AddEvents(events))
	equal(t, "seen", report.Seen, 4)
	equal(t, "added", report.Added, 2)
	equal(t, "rejected", report.Rejected, 2)
	equal(t, "rejections", len(report.Rejections), 2)
	equal(t, "first", report.Rejections[0].Row, 1)
	equal(t, "field", report.Rejections[0].Field, "customer")
	equal(t, "second", report.Rejections[1].Row, 3)
	if report.Rejections[0].Code == "" || report.Rejections[0].Reason == "" {
		t.Fatalf("%+v", report.Rejections[0])
	}
	_, err := store.AddEvents(events, LoadOptions{Strict: true})
	var why *Error
	if !errors.As(err, &why) || why.Row != 1 {
		t.Fatalf("strict: %v", err)
	}
	equal(t, "events after a strict failure", counts(t, store, KindEvent), 2)
}

func TestTheSameRowsChangeNothing(t *testing.T) {
	store := openStore(t)
	customers := Customers{ID: []string{"a", "b"}, Since: []time.Time{day("2025-01-01"), {}}}
	must[*LoadReport](t)(store.AddCustomers(customers))
	version := must[uint64](t)(store.Version())
	report := must[*LoadReport](t)(store.AddCustomers(customers))
	equal(t, "unchanged", report.Unchanged, 2)
	equal(t, "version", must[uint64](t)(store.Version()), version)
}

func TestUnknownCustomersCanBeRejected(t *testing.T) {
	store := openStore(t, StoreOptions{UnknownCustomer: UnknownReject})
	wantStatus(t, store.AddEvent(Event{Customer: "nobody", Type: "login", At: day("2026-01-01")}), ErrNotFound)
	events := Events{Customer: []string{"nobody"}, Type: []string{"login"}, At: []time.Time{day("2026-01-01")}}
	equal(t, "rejected", must[*LoadReport](t)(store.AddEvents(events)).Rejected, 1)
	report := must[*LoadReport](t)(store.AddEvents(events, LoadOptions{UnknownCustomer: UnknownCreate}))
	equal(t, "made", report.Customers, 1)
}

func TestFaultsOfTheCallerAreErrors(t *testing.T) {
	store := openStore(t)
	_, err := store.AddEvents(Events{Customer: []string{"a", "b"}, Type: []string{"login"}})
	wantStatus(t, err, ErrArgument)
	if !strings.Contains(err.Error(), "Type has 1 rows, and the batch has 2") {
		t.Fatal(err)
	}
	one := []time.Time{day("2026-01-01")}
	_, err = store.AddEvents(Events{Customer: acmeName, Type: []string{"x"}, At: one, AtMicros: []int64{0}})
	wantStatus(t, err, ErrArgument)
	_, err = store.AddCustomers(Customers{ID: acmeName, Attributes: map[string]any{"x": []uint8{1}}})
	wantStatus(t, err, ErrArgument)
	wantStatus(t, store.AddCustomer(Customer{ID: "a", Attributes: map[string]any{"x": struct{}{}}}), ErrArgument)
	wantStatus(t, store.AddCustomer(Customer{}), ErrArgument)
	wantStatus(t, store.AddCustomer(Customer{ID: "\xff"}), ErrUTF8)
	wantStatus(t, store.AddEvent(Event{Customer: "a", Type: "x", At: time.Unix(1<<60, 0)}), ErrRange)
	_, err = store.Add(KindEvent, Columns{"customer": acmeName, "type": []string{"a", "b"}})
	wantStatus(t, err, ErrArgument)
	_, err = store.Add(KindEvent, Columns{"customer": []any{1}})
	wantStatus(t, err, ErrArgument)
	_, err = store.Add(KindEvent, Columns{"type": []string{"x"}, "at": []string{"2026-01-01"}})
	wantStatus(t, err, ErrNotFound)
	_, err = NewStore(StoreOptions{TimeZone: "Nowhere/Nothing"})
	wantStatus(t, err, ErrNotFound)
	equal(t, "customers", must[int64](t)(store.CustomerCount()), 0)
}

func TestEmptyBatchesAreNothing(t *testing.T) {
	store := openStore(t)
	equal(t, "seen", must[*LoadReport](t)(store.AddEvents(Events{})).Seen, 0)
	equal(t, "seen", must[*LoadReport](t)(store.AddCustomers(Customers{})).Seen, 0)
	report := must[*LoadReport](t)(store.Add(KindEvent, Columns{"customer": []string{}, "type": []string{}, "at": []string{}}))
	equal(t, "seen", report.Seen, 0)
}

func TestSnapshotsHoldFromTheirDate(t *testing.T) {
	store := openStore(t)
	customers := Customers{ID: []string{"a"}, Attributes: map[string]any{"plan": []string{"free"}}}
	must[*LoadReport](t)(store.AddCustomers(customers))
	customers.Attributes["plan"] = []string{"team"}
	report := must[*LoadReport](t)(store.AddCustomers(customers))
	equal(t, "undated", report.Undated, 1)
	report = must[*LoadReport](t)(store.AddCustomers(customers, LoadOptions{ValidFrom: day("2026-02-01"), KnownAt: day("2026-02-02")}))
	equal(t, "rejected", report.Rejected, 0)
}

func TestPropertiesOfEvents(t *testing.T) {
	single, batch := openStore(t), openStore(t)
	check(t, single.AddEvent(Event{Customer: "a", Type: "login", At: day("2026-01-01"),
		Props: map[string]any{"platform": "web", "rows": 3, "trial": true, "due": day("2026-02-01")}}))
	check(t, single.AddEvent(Event{Customer: "a", Type: "login", At: day("2026-01-02"),
		Props: map[string]any{"rows": 2.5, "platform": nil}}))
	events := Events{Customer: []string{"a", "a"}, Type: []string{"login", "login"},
		At: []time.Time{day("2026-01-01"), day("2026-01-02")},
		Props: map[string]any{"platform": []string{"web", ""}, "rows": []float64{3, 2.5},
			"trial": []Truth{True, TruthNone}, "due": []time.Time{day("2026-02-01"), {}}}}
	equal(t, "added", must[*LoadReport](t)(batch.AddEvents(events)).Added, 2)
	equal(t, "hash", must[uint64](t)(batch.Hash()), must[uint64](t)(single.Hash()))
	wantStatus(t, single.AddEvent(Event{Customer: "a", Type: "login", At: day("2026-01-03"),
		Props: map[string]any{"rows": "many"}}), ErrType)
	events.Props = map[string]any{"rows": []string{"many", "more"}}
	_, err := batch.AddEvents(events)
	wantStatus(t, err, ErrType)
	events.Props = map[string]any{"rows": 3}
	_, err = batch.AddEvents(events)
	wantStatus(t, err, ErrArgument)
}

func TestMarks(t *testing.T) {
	store := openStore(t)
	check(t, store.Mark("product", day("2026-01-01")))
	check(t, store.Mark("product", day("2026-01-02"), day("2026-01-03")))
	wantStatus(t, store.Mark("", day("2026-01-01")), ErrArgument)
	wantStatus(t, store.Mark("product", time.Time{}), ErrRange)
}

func TestLimitsOfAStore(t *testing.T) {
	limits := DefaultLimits()
	equal(t, "rejections", limits.Rejections, 1000)
	equal(t, "outbox", limits.Outbox, 1_000_000)
	store := openStore(t, StoreOptions{Limits: &Limits{Customers: 1, Rejections: 1}})
	check(t, store.AddCustomer(Customer{ID: "a"}))
	wantStatus(t, store.AddCustomer(Customer{ID: "b"}), ErrLimit)
	bad := Events{Customer: []string{"a", "a"}, Type: []string{"", ""}, AtMicros: []int64{0, 0}}
	report := must[*LoadReport](t)(store.AddEvents(bad))
	equal(t, "rejected", report.Rejected, 2)
	equal(t, "listed", len(report.Rejections), 1)
}

func TestAStoreIsMeasured(t *testing.T) {
	store := openStore(t)
	check(t, store.AddCustomer(Customer{ID: "a"}))
	if must[uint64](t)(store.Memory()) == 0 || must[uint64](t)(store.Version()) == 0 {
		t.Fatal("a store with a customer takes memory and has a version")
	}
}

func TestLoadingCanBeCancelled(t *testing.T) {
	store := openStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := store.AddEvents(manyEvents(10), LoadOptions{Context: ctx})
	wantStatus(t, err, ErrCancelled)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	equal(t, "events", counts(t, store, KindEvent), 0)
}

func TestWordsAreCoded(t *testing.T) {
	entries, codes := dictionary([]string{"a", "a", "b", "a", ""})
	equal(t, "entries", strings.Join(entries, "|"), "a|b|")
	for i, want := range []uint32{0, 0, 1, 0, 2} {
		equal(t, "code", codes[i], want)
	}
	many := make([]string, maxWords+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	if _, codes = dictionary(many); codes != nil {
		t.Fatal("too many words are no dictionary")
	}
	if _, codes = dictionary(many[:maxWords]); codes == nil {
		t.Fatal("just enough words are a dictionary")
	}
}

// Types that are too many for a dictionary, and ones that are missing, come to the same store.
func TestManyTypes(t *testing.T) {
	coded, plain := openStore(t), openStore(t)
	events := manyEvents(4 * maxWords)
	for i := range events.Type {
		events.Type[i] = strings.Repeat("t", 1+i%(2*maxWords))
	}
	must[*LoadReport](t)(plain.AddEvents(events))
	for from := 0; from < len(events.Type); from += maxWords {
		to := from + maxWords
		must[*LoadReport](t)(coded.AddEvents(Events{Customer: events.Customer[from:to], Type: events.Type[from:to],
			AtMicros: events.AtMicros[from:to], User: events.User[from:to]}))
	}
	equal(t, "hash", must[uint64](t)(coded.Hash()), must[uint64](t)(plain.Hash()))
}

func manyEvents(n int) Events {
	events := Events{Customer: make([]string, n), Type: make([]string, n), AtMicros: make([]int64, n), User: make([]string, n)}
	names := [...]string{"acme", "bolt", "core", "dune", "echo", "flux", "glow", "hive"}
	types := [...]string{"login", "export", "invite"}
	for i := range n {
		events.Customer[i] = names[i*7%len(names)]
		events.Type[i] = types[i%len(types)]
		events.AtMicros[i] = 1767225600_000_000 + int64(i)*1_000_003
		if i%3 != 0 {
			events.User[i] = names[i%len(names)]
		}
	}
	return events
}

func TestRetractingTickets(t *testing.T) {
	store := must[*Store](t)(NewStore())
	defer store.Close()
	check(t, store.AddTicket(Ticket{ID: "t1", Customer: "acme", OpenedAt: day("2026-01-10")}))
	report := must[*LoadReport](t)(store.AddTickets(Tickets{ID: []string{"t1", "t2"}},
		LoadOptions{Retract: true, KnownAt: day("2026-01-20")}))
	if report.Retracted != 1 || report.Rejected != 1 || report.Rejections[0].Code != "not_found" {
		t.Fatalf("%+v", *report)
	}
	report = must[*LoadReport](t)(store.AddTickets(Tickets{ID: []string{"t1"}}, LoadOptions{Retract: true}))
	if report.Retracted != 1 || report.RewroteHistory != 1 || counts(t, store, KindTicket) != 0 {
		t.Fatalf("%+v", *report)
	}
}

func TestRowsOfAnotherSystemFindTheirCustomers(t *testing.T) {
	store := openStore(t)
	check(t, store.AddAlias(Alias{Source: "billing", Alias: "7", Customer: "acme"}))
	at := []time.Time{day("2026-01-01"), day("2026-01-02")}
	report := must[*LoadReport](t)(store.AddEvents(Events{Customer: []string{"7", "acme"},
		Type: []string{"login", "login"}, At: at}, LoadOptions{Source: "billing"}))
	equal(t, "added", report.Added, 1)
	equal(t, "unmapped", report.Unmapped, 1)
	equal(t, "code", report.Rejections[0].Code, "unmapped")
	equal(t, "customers", must[int64](t)(store.CustomerCount()), 1)
}

func TestReplacingASlice(t *testing.T) {
	store := must[*Store](t)(NewStore())
	defer store.Close()
	at := []time.Time{day("2026-01-10"), day("2026-01-11")}
	rows := Events{Customer: []string{"a", "a"}, Type: []string{"x", "x"}, At: at}
	slice := LoadOptions{Replace: &Slice{From: day("2026-01-01"), Types: []string{"x"}}}
	report := must[*LoadReport](t)(store.AddEvents(rows, slice))
	if report.Added != 2 {
		t.Fatalf("%+v", *report)
	}
	version := must[uint64](t)(store.Version())
	report = must[*LoadReport](t)(store.AddEvents(rows, slice))
	if report.Unchanged != 2 || must[uint64](t)(store.Version()) != version {
		t.Fatalf("%+v", *report)
	}
	rows = Events{Customer: []string{"a"}, Type: []string{"x"}, At: at[:1]}
	report = must[*LoadReport](t)(store.AddEvents(rows, slice))
	if report.Unchanged != 1 || report.Retracted != 1 || counts(t, store, KindEvent) != 1 {
		t.Fatalf("%+v", *report)
	}
}

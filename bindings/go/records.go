// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"fmt"
	"math"
	"time"
)

// NoInt in a column of integers means that the row has none.
const NoInt int64 = math.MinInt64

// NoDuration in a column of durations means that the row has none.
const NoDuration time.Duration = math.MinInt64

// Truth is a truth that may be missing.
type Truth uint8

// The truths.
const (
	TruthNone Truth = iota // not given
	False
	True
)

// TruthOf returns True or False.
func TruthOf(is bool) Truth {
	if is {
		return True
	}
	return False
}

// Some returns a pointer to a value, for optional fields of records.
func Some[T any](value T) *T {
	return &value
}

// RecordKind is a kind of record.
type RecordKind int32

// The kinds of records.
const (
	KindCustomer     RecordKind = 1
	KindAttribute    RecordKind = 2
	KindEvent        RecordKind = 5
	KindSubscription RecordKind = 6
	KindInvoice      RecordKind = 7
	KindTicket       RecordKind = 8
	KindSurvey       RecordKind = 9
	KindChurn        RecordKind = 12
	KindContact      RecordKind = 3
	KindAlias        RecordKind = 4
	KindMilestone    RecordKind = 10
	KindTouchpoint   RecordKind = 11
	KindSpend        RecordKind = 13
	KindRate         RecordKind = 14
	KindOverride     RecordKind = 15
	KindAnnouncement RecordKind = 16
	KindMeasure      RecordKind = 17
)

var kindNames = map[RecordKind]string{
	KindCustomer: "customer", KindAttribute: "attribute", KindEvent: "event",
	KindSubscription: "subscription", KindInvoice: "invoice", KindTicket: "ticket",
	KindSurvey: "survey", KindChurn: "churn",
	KindContact:      "contact",
	KindAlias:        "alias",
	KindMilestone:    "milestone",
	KindTouchpoint:   "touchpoint",
	KindSpend:        "spend",
	KindRate:         "rate",
	KindOverride:     "override",
	KindAnnouncement: "announcement",
	KindMeasure:      "measure",
}

// String returns the name of a kind, which is also that of its source of marks.
func (k RecordKind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("record kind %d", int32(k))
}

// UnknownCustomer says what becomes of rows whose customer the store does not have.
type UnknownCustomer int32

// What becomes of rows of unknown customers.
const (
	UnknownDefault UnknownCustomer = 0 // of a load: as the store says; of a store: create
	UnknownCreate  UnknownCustomer = 1 // the customer is made, without Since
	UnknownReject  UnknownCustomer = 2
)

// Money says how the integers of money columns of [Store.Add] are meant.
type Money int32

// The units of money.
const (
	MoneyUnsaid Money = 0 // floats and text are major units, integers are refused
	MoneyMajor  Money = 1 // dollars
	MoneyMinor  Money = 2 // cents
)

// LoadOptions change how a batch is loaded. The zero value is the default.
type LoadOptions struct {
	// Context cancels the load; nothing of the batch is then in.
	Context context.Context
	// Strict makes the first bad row an error, and nothing is loaded.
	Strict bool
	// Retract makes the rows name records that are no more, from their KnownAt (or the one below) on;
	// without it they never were. Only what records are known by is read of them: the ID, or what
	// stands for it; a record that is not there is rejected as not_found.
	Retract bool
	// Replace swaps a slice of records for the rows; nil adds them.
	Replace *Slice
	// UnknownCustomer says what becomes of rows whose customer the store does not have.
	UnknownCustomer UnknownCustomer
	// ValidFrom is since when the attributes of a snapshot of customers hold.
	ValidFrom time.Time
	// KnownAt is when all rows were learned, unless a row says otherwise.
	KnownAt time.Time
	// Source is the system that the rows come from, which is remembered: see [Slice]. Where the store
	// has aliases of it, rows name customers by the IDs of that system: see [Alias].
	Source string
	// TimeZone of this load's dates and naive times; default the store's. [Store.Add] only.
	TimeZone string
	// Money is the unit of integer and other money columns. [Store.Add] only.
	Money Money
	// Columns says in which column a field of the record is; others match by name. [Store.Add] only.
	Columns map[string]string
	// Constants are texts of fields that have no column. [Store.Add] only.
	Constants map[string]string
	// Values maps, by field, texts to those that the field takes: {"status": {"canceled":
	// "cancelled"}}. [Store.Add] only.
	Values map[string]map[string]string
}

// Slice is what a load replaces: all records of its kind whose own instant lies in [From, To), of
// events only those of Types; the zero time is without bound. A row that repeats what is there is
// unchanged; what no row names is retracted at the load's KnownAt, or, without it, never was. With a
// Source only what came from there is replaced. It is the way to load a table without ids again
// every night.
type Slice struct {
	From, To time.Time
	Types    []string
}

// LoadReport says what a load did with each row: Seen = Added + Updated + Unchanged + Conflicting +
// Retracted + Rejected.
type LoadReport struct {
	Seen           int64
	Added          int64 // new records, and new versions by KnownAt
	Updated        int64 // records replaced by what the row says
	Unchanged      int64 // rows that said what was known
	Conflicting    int64 // rows overruled by a later row of the same key in the same call
	Retracted      int64 // records that are no more
	Rejected       int64 // bad rows: see Rejections
	Undated        int64 // of those rejected: attribute changes without a date
	Unmapped       int64 // of those rejected: an ID that is no alias of LoadOptions.Source
	RewroteHistory int64 // of those updated or retracted: without KnownAt, so that past answers change
	Late           int64 // of those added or updated: older than a mark of the store
	Customers      int64 // customers that were made
	Rejections     []Rejection
}

// Rejection is a row that was not loaded. A report lists the first Limits.Rejections of them.
type Rejection struct {
	Row    int64 // from 0
	Field  string
	Code   string
	Reason string
}

// Customer is a customer. Attributes are states from ValidFrom on; without it a first value holds
// from Since, and a later change is refused because it would rewrite the past.
type Customer struct {
	ID         string
	Since      time.Time // optional
	KnownAt    time.Time // optional
	ValidFrom  time.Time // optional
	Attributes map[string]any
}

// Customers is a batch of customers. Attributes are columns by name: []string, []float64, []int64,
// []bool, []Truth or []time.Time.
type Customers struct {
	ID         []string
	Since      []time.Time
	KnownAt    []time.Time
	ValidFrom  []time.Time
	Attributes map[string]any
}

// Attribute is a value of an attribute from an instant on, until the next of its name.
type Attribute struct {
	Customer  string
	Name      string
	ValidFrom time.Time // optional
	KnownAt   time.Time // optional
	Value     any       // nil: unset from then on; bool, int, int64, float64, string, time.Time
}

// Attributes is a batch of attribute values.
type Attributes struct {
	Customer  []string
	Name      []string
	ValidFrom []time.Time
	KnownAt   []time.Time
	Value     any // []string, []float64, []int64, []bool, []Truth or []time.Time
}

// Event is something that happened. Without ID every one is new.
type Event struct {
	ID       string // optional
	Customer string
	Type     string
	At       time.Time
	KnownAt  time.Time // optional
	User     string    // optional
	Value    *float64  // optional
	// Props are properties by name: string, float64, int64, int, bool, time.Time; nil is not given.
	Props map[string]any
}

// Events is a batch of events. Props are columns by name, of the types that Customers.Attributes
// may have; each name has one type in a whole store, that of its first value.
type Events struct {
	ID       []string
	Customer []string
	Type     []string
	At       []time.Time
	AtMicros []int64 // in place of At: microseconds since 1970 in UTC, taken as they are
	KnownAt  []time.Time
	User     []string
	Value    []float64
	Props    map[string]any
}

// Subscription is a state of a subscription, which lasts until the next of its ID or its own EndedAt.
// Money is in minor units.
type Subscription struct {
	ID                string
	Customer          string
	ValidFrom         time.Time
	KnownAt           time.Time // optional
	Status            string    // trial, active, paused, past_due, unpaid, cancelled
	Plan              string    // optional
	Amount            *int64    // optional: the whole charge of a period, before discount
	Currency          string    // needed with Amount
	Period            string    // needed with Amount: day, week, month, quarter, year, "3 months"
	Seats             *int64    // optional
	Discount          *int64    // optional: money a period
	DiscountUntil     time.Time // optional
	RenewsAt          time.Time // optional
	EndsAt            time.Time // optional
	EndedAt           time.Time // optional
	CancelRequestedAt time.Time // optional
	TrialEndsAt       time.Time // optional
	AutoRenew         Truth     // optional
	UsageBased        Truth     // optional
	Notice            string    // optional: a duration, 30d
	Product           string    // optional
}

// Subscriptions is a batch of subscription states.
type Subscriptions struct {
	ID                []string
	Customer          []string
	ValidFrom         []time.Time
	KnownAt           []time.Time
	Status            []string
	Plan              []string
	Amount            []int64
	Currency          []string
	Period            []string
	Seats             []int64
	Discount          []int64
	DiscountUntil     []time.Time
	RenewsAt          []time.Time
	EndsAt            []time.Time
	EndedAt           []time.Time
	CancelRequestedAt []time.Time
	TrialEndsAt       []time.Time
	AutoRenew         []Truth
	UsageBased        []Truth
	Notice            []string
	Product           []string
}

// Invoice is an invoice. Money is in minor units.
type Invoice struct {
	ID         string
	Customer   string
	IssuedAt   time.Time
	KnownAt    time.Time // optional
	DueAt      time.Time
	Amount     int64
	Currency   string
	PaidAt     time.Time // optional
	FailedAt   time.Time // optional
	Failure    string    // optional: why the payment failed
	Refunded   *int64    // optional
	RefundedAt time.Time // optional
}

// Invoices is a batch of invoices.
type Invoices struct {
	ID         []string
	Customer   []string
	IssuedAt   []time.Time
	KnownAt    []time.Time
	DueAt      []time.Time
	Amount     []int64
	Currency   []string
	PaidAt     []time.Time
	FailedAt   []time.Time
	Failure    []string
	Refunded   []int64
	RefundedAt []time.Time
}

// Ticket is a request to the help desk.
type Ticket struct {
	ID              string
	Customer        string
	OpenedAt        time.Time
	KnownAt         time.Time // optional
	User            string    // optional
	FirstResponseAt time.Time // optional
	ClosedAt        time.Time // optional
	ReopenedAt      time.Time // optional
	Priority        string    // optional
	Category        string    // optional
	CSAT            *float64  // optional
	Text            string    // optional
}

// Tickets is a batch of tickets.
type Tickets struct {
	ID              []string
	Customer        []string
	OpenedAt        []time.Time
	KnownAt         []time.Time
	User            []string
	FirstResponseAt []time.Time
	ClosedAt        []time.Time
	ReopenedAt      []time.Time
	Priority        []string
	Category        []string
	CSAT            []float64
	Text            []string
}

// Survey is an answer to a survey.
type Survey struct {
	ID       string // optional
	Customer string
	Kind     string // nps, csat, ces, custom
	At       time.Time
	KnownAt  time.Time // optional
	User     string    // optional
	Score    float64   // nps: 0 to 10
	Text     string    // optional
	Category string    // optional
	Moment   string    // optional
}

// Surveys is a batch of answers to surveys.
type Surveys struct {
	ID       []string
	Customer []string
	Kind     []string
	At       []time.Time
	KnownAt  []time.Time
	User     []string
	Score    []float64
	Text     []string
	Category []string
	Moment   []string
}

// Churn says that a customer was lost, or part of one. Money is monthly, in minor units.
type Churn struct {
	Customer   string
	Kind       string // voluntary, involuntary, downgrade, pause
	At         time.Time
	KnownAt    time.Time // optional
	Reason     string    // optional
	Competitor string    // optional
	Amount     *int64    // optional
	Currency   string    // needed with Amount
}

// Churns is a batch of churn records.
type Churns struct {
	Customer   []string
	Kind       []string
	At         []time.Time
	KnownAt    []time.Time
	Reason     []string
	Competitor []string
	Amount     []int64
	Currency   []string
}

// Contact is a person at a customer, as they stand from ValidFrom on until the next of their ID.
type Contact struct {
	ID        string
	Customer  string
	ValidFrom time.Time
	KnownAt   time.Time // optional
	Role      string    // optional
	Name      string    // optional
	Active    Truth     // not given: True
}

// Contacts is a batch of states of contacts.
type Contacts struct {
	ID        []string
	Customer  []string
	ValidFrom []time.Time
	KnownAt   []time.Time
	Role      []string
	Name      []string
	Active    []Truth
}

// Alias is the ID under which another system knows a customer: see LoadOptions.Source. It names one
// customer for good.
type Alias struct {
	Source   string
	Alias    string
	Customer string
	KnownAt  time.Time // optional
}

// Aliases is a batch of aliases.
type Aliases struct {
	Source   []string
	Alias    []string
	Customer []string
	KnownAt  []time.Time
}

// Milestone is a step that a customer reached. The earliest stands.
type Milestone struct {
	Customer  string
	Name      string
	ReachedAt time.Time
	KnownAt   time.Time // optional
}

// Milestones is a batch of milestones.
type Milestones struct {
	Customer  []string
	Name      []string
	ReachedAt []time.Time
	KnownAt   []time.Time
}

// Touchpoint is a contact of the business with a customer.
type Touchpoint struct {
	ID        string
	Customer  string
	At        time.Time
	KnownAt   time.Time // optional
	Channel   string
	User      string    // optional
	Play      string    // optional
	Action    string    // optional
	Offer     string    // optional
	OpenedAt  time.Time // optional
	ClickedAt time.Time // optional
	RepliedAt time.Time // optional
	Outcome   string    // optional
	OutcomeAt time.Time // optional
}

// Touchpoints is a batch of touchpoints.
type Touchpoints struct {
	ID        []string
	Customer  []string
	At        []time.Time
	KnownAt   []time.Time
	Channel   []string
	User      []string
	Play      []string
	Action    []string
	Offer     []string
	OpenedAt  []time.Time
	ClickedAt []time.Time
	RepliedAt []time.Time
	Outcome   []string
	OutcomeAt []time.Time
}

// Spend is money spent to win customers, in minor units. It belongs to no customer.
type Spend struct {
	ID       string // optional
	At       time.Time
	KnownAt  time.Time // optional
	Amount   int64
	Currency string
	Channel  string // optional
}

// Spends is a batch of spends.
type Spends struct {
	ID       []string
	At       []time.Time
	KnownAt  []time.Time
	Amount   []int64
	Currency []string
	Channel  []string
}

// Rate is what a unit of a currency is worth in the reporting currency from At on.
type Rate struct {
	Currency string
	At       time.Time
	KnownAt  time.Time // optional
	Rate     float64
}

// Rates is a batch of rates.
type Rates struct {
	Currency []string
	At       []time.Time
	KnownAt  []time.Time
	Rate     []float64
}

// Announcement is a release, a change of prices, an outage.
type Announcement struct {
	Name    string
	At      time.Time
	KnownAt time.Time // optional
	Kind    string    // optional
}

// Announcements is a batch of announcements.
type Announcements struct {
	Name    []string
	At      []time.Time
	KnownAt []time.Time
	Kind    []string
}

// Override is a score that a person set by hand, from At on. Without a value it takes back what was
// judged before.
type Override struct {
	Customer  string
	Score     string
	At        time.Time
	KnownAt   time.Time // optional
	Value     *float64  // 0 to 100; nil: the judgement is taken back
	Reason    string    // optional
	Author    string    // optional
	ExpiresAt time.Time // optional; after At
}

// Overrides is a batch of overrides; a value that is NaN takes a judgement back.
type Overrides struct {
	Customer  []string
	Score     []string
	At        []time.Time
	KnownAt   []time.Time
	Value     []float64
	Reason    []string
	Author    []string
	ExpiresAt []time.Time
}

// Measure is a figure that the host measures itself: visits of a site, what a team cost, an index.
type Measure struct {
	Name    string
	At      time.Time
	KnownAt time.Time // optional
	Value   float64
	Unit    string // optional
}

// Measures is a batch of measures.
type Measures struct {
	Name    []string
	At      []time.Time
	KnownAt []time.Time
	Value   []float64
	Unit    []string
}

// SPDX-License-Identifier: MIT

// Package churn is the engine of a churn-reduction playbook: customer records go in; metrics, health
// scores, customers at risk with reasons, actions to take and key figures come out. It is a thin
// binding of the C library libchurn, which pkg-config must find under the name churn.
//
//	playbook, err := churn.LoadPlaybook("saas.yaml") // errors.As(err, **churn.PlaybookError): every finding
//	defer playbook.Close()
//	store, err := churn.NewStore()
//	defer store.Close()
//	report, err := store.AddEvents(churn.Events{Customer: ids, Type: types, At: times})
//	engine, err := churn.NewEngine(playbook, store)
//	defer engine.Close()
//	scores, err := engine.Scores(asOf)
//	for row := range scores.Rows() {
//		fmt.Println(row.String("customer"), row.Float("value"), row.String("band"))
//	}
//	run, err := engine.Advance(ctx, asOf)
//
// # Handles
//
// [Playbook], [Store], [Engine] and [Expression] hold memory that Go's collector does not see: close
// them when done, in any order. Close may be called again, and waits for calls that are running. One
// that is forgotten is freed some time after it was last used. Methods of a closed handle return
// [ErrClosed]. A [Table] lives in Go's memory and needs no closing.
//
// # Threads
//
// All handles may be used from many goroutines. A store takes one writer and any number of readers
// at a time, an engine one call at a time: a second one at the same moment gets [ErrState] and
// changes nothing. Playbooks, expressions and tables are shared freely.
//
// # Long calls
//
// Every call that may take long takes a [context.Context], as an argument or in its options, stops
// within milliseconds when that ends, undoes what it began and returns [ErrCancelled] with the
// context's cause. A context of [WithProgress] tells how far the call is.
//
// # Missing values
//
// An optional field of a record that is not given is a nil pointer, a zero [time.Time], an empty
// string or [TruthNone]. In the columns of a batch a nil slice means that no row has a value; single
// rows are left out by a zero time, an empty string, NaN, [NoInt] or [TruthNone]. In results a missing
// number is NaN, a missing instant the zero time; [Row.IsNull] tells missing from empty.
//
// # Time
//
// Instants are given as [time.Time] of any location, to the microsecond; results are in UTC.
package churn

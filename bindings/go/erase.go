// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import "time"

// EraseReport says what was taken out of a store and its engines.
type EraseReport struct {
	Customers int64                // who were there and are gone
	Unknown   int64                // ids that no customer had
	Records   int64                // taken out, of all kinds, all versions of each counted
	Removed   map[RecordKind]int64 // the same by kind, without the zeros
	Changed   int64                // records that stay and lost what they said
	Mentions  int64                // of a user: records in which another field has the same text
	Texts     int64                // ids and texts that nobody else used
	Pinned    int64                // older versions that are still being read
	Engines   int64                // that had anything of it
	Episodes  int64                // of engines
	Actions   int64                // of engines, whatever became of them
	Waiting   int64                // of those actions: not yet acknowledged; they will not come out
	Tasks     int64                // of those actions: tasks that were open
}

func byKind(counts [C.CHURN_RECORD_KINDS]C.uint64_t) map[RecordKind]int64 {
	kinds := map[RecordKind]int64{}
	for kind, count := range counts {
		if count > 0 {
			kinds[RecordKind(kind)] = int64(count)
		}
	}
	return kinds
}

func eraseReport(from *C.churn_erase_report) *EraseReport {
	return &EraseReport{
		Customers: int64(from.customers),
		Unknown:   int64(from.unknown),
		Records:   int64(from.records),
		Removed:   byKind(from.removed),
		Changed:   int64(from.changed),
		Mentions:  int64(from.mentions),
		Texts:     int64(from.texts),
		Pinned:    int64(from.pinned),
		Engines:   int64(from.engines),
		Episodes:  int64(from.episodes),
		Actions:   int64(from.actions),
		Waiting:   int64(from.waiting),
		Tasks:     int64(from.tasks),
	}
}

// Erase takes customers out: every record, every trace in indexes and dictionaries, and what engines
// remember of them, actions in the outbox too. An id that no customer has is counted and no error.
// Saved states, tables and logs are the host's own.
func (s *Store) Erase(customers ...string) (*EraseReport, error) {
	var p packer
	defer p.pins.Unpin()
	report := C.churn_erase_report{struct_size: C.sizeof_churn_erase_report}
	ids := p.strs(customers)
	if err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_erase(store, ids, C.size_t(len(customers)), &report, err)
	}); err != nil {
		return nil, err
	}
	return eraseReport(&report), nil
}

// EraseUser takes a person out: records by them stay as numbers and lose the name and what they
// wrote; contacts with this id go.
func (s *Store) EraseUser(user string) (*EraseReport, error) {
	report := C.churn_erase_report{struct_size: C.sizeof_churn_erase_report}
	if err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_erase_user(store, chars(user), C.size_t(len(user)), &report, err)
	}); err != nil {
		return nil, err
	}
	return eraseReport(&report), nil
}

// ForgetReport says what a store forgot.
type ForgetReport struct {
	Since   time.Time            // coverage of every kind begins here now; zero: nothing was ever forgotten
	Records int64                // taken out, of all kinds
	Removed map[RecordKind]int64 // the same by kind, without the zeros
	Texts   int64                // ids and texts that nobody else used
	Pinned  int64                // older versions that are still being read
}

// Forget takes out what happened before an instant and is over. What held at that instant stays.
// For windows that look back further it is as if tracking had begun then: they are missing with
// short_history unless the playbook says otherwise.
func (s *Store) Forget(before time.Time) (*ForgetReport, error) {
	report := C.churn_forget_report{struct_size: C.sizeof_churn_forget_report}
	if err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_forget(store, optionalMicros(before), &report, err)
	}); err != nil {
		return nil, err
	}
	out := &ForgetReport{
		Records: int64(report.records),
		Removed: byKind(report.removed),
		Texts:   int64(report.texts),
		Pinned:  int64(report.pinned),
	}
	if report.since != C.CHURN_TIME_NONE {
		out.Since = time.UnixMicro(int64(report.since)).UTC()
	}
	return out, nil
}

// MergeReport says what became of the records of a customer who became another.
type MergeReport struct {
	Records   int64                // that are the other's now, of all kinds
	Moved     map[RecordKind]int64 // the same by kind, without the zeros
	Conflicts int64                // records that gave way to one of the other's, and are gone
	Texts     int64                // ids and texts that nobody else used
	Pinned    int64                // older versions that are still being read
}

// Merge makes one customer of two: every record of from becomes one of into, and from is gone. Where
// both have a record that a customer can have only one of, that of into stands.
func (s *Store) Merge(from, into string) (*MergeReport, error) {
	report := C.churn_merge_report{struct_size: C.sizeof_churn_merge_report}
	if err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_merge(store, chars(from), C.size_t(len(from)), chars(into),
			C.size_t(len(into)), &report, err)
	}); err != nil {
		return nil, err
	}
	return &MergeReport{
		Records:   int64(report.records),
		Moved:     byKind(report.moved),
		Conflicts: int64(report.conflicts),
		Texts:     int64(report.texts),
		Pinned:    int64(report.pinned),
	}, nil
}

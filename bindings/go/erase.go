// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

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

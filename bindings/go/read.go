// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"time"
	"unsafe"
)

// ReadOptions say which records are meant. The zero value is all of them.
type ReadOptions struct {
	Context     context.Context // cancels the call
	Customer    string          // of one customer
	From        time.Time       // the record's instant is at or after it
	To          time.Time       // and before it
	AsOf        time.Time       // as an evaluation at AsOf sees them; default all that is known now
	Types       []string        // events of these types, attributes of these names
	AllVersions bool            // every version of every record, with a column known_until
	Limit       int             // Records: at most so many rows; 0: all
}

// Span says how many records there are, and between which instants.
type Span struct {
	Records   int64
	Customers int64     // who have any
	First     time.Time // zero: none has an instant
	Last      time.Time
}

func (p *packer) readOptions(from ReadOptions) C.churn_read_options {
	to := C.churn_read_options{
		struct_size: C.sizeof_churn_read_options,
		customer:    p.str(from.Customer),
		from:        saidMicros(from.From),
		to:          saidMicros(from.To),
		as_of:       saidMicros(from.AsOf),
		types:       p.strs(from.Types),
		type_count:  C.uint32_t(len(from.Types)),
		limit:       C.uint64_t(max(from.Limit, 0)),
	}
	if from.AllVersions {
		to.flags = C.CHURN_READ_ALL_VERSIONS
	}
	return to
}

type reader func(*C.churn_store, *C.churn_read_options, *C.churn_error) C.churn_status

func (s *Store) read(given ReadOptions, call reader) error {
	if given.Limit < 0 {
		return fail(ErrArgument, "a limit cannot be negative")
	}
	pointer, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release()
	watched, err := watch(given.Context)
	if err != nil {
		return err
	}
	defer watched.end()
	var p packer
	defer p.pins.Unpin()
	to := p.readOptions(given)
	to.cancel = watched.cancel
	why := newError()
	if status := call((*C.churn_store)(pointer), &to, &why); status != C.CHURN_OK {
		return watched.failure(status, why)
	}
	return nil
}

// Records gives the records of a kind as a table, a column a field, rows by customer, then instant.
// Money is in minor units. Customers come with their attributes as columns, events with their
// properties, attributes with type, value, truth, number and time. With AsOf what was not yet dated is
// null. The tables of all kinds with AllVersions, loaded into a new store, give the same Hash.
func (s *Store) Records(kind RecordKind, options ...ReadOptions) (*Table, error) {
	var out *C.churn_table
	err := s.read(first(options), func(store *C.churn_store, o *C.churn_read_options, err *C.churn_error) C.churn_status {
		return C.churn_store_records(store, C.churn_record_kind(kind), o, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// Span counts the records of a kind and says from when to when they are.
func (s *Store) Span(kind RecordKind, options ...ReadOptions) (Span, error) {
	span := C.churn_span{struct_size: C.sizeof_churn_span}
	err := s.read(first(options), func(store *C.churn_store, o *C.churn_read_options, err *C.churn_error) C.churn_status {
		return C.churn_store_span(store, C.churn_record_kind(kind), o, &span, err)
	})
	if err != nil {
		return Span{}, err
	}
	return Span{int64(span.records), int64(span.customers), instant(span.first), instant(span.last)}, nil
}

// Sources says of every kind of record, type of event and marked source how far it reaches: source,
// type, provided, records, customers, first, last, mark, watermark. Without asOf: all that is known now.
func (s *Store) Sources(asOf ...time.Time) (*Table, error) {
	var out *C.churn_table
	at := optionalMicros(first(asOf))
	err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_sources(store, at, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// StoryOptions say which part of a story is told. The zero value is all of it.
type StoryOptions struct {
	Context context.Context // cancels the call
	From    time.Time       // lines at or after it
	To      time.Time       // and before it
	AsOf    time.Time       // as seen then; default all that is known now
	Kinds   []string        // lines of these kinds, by the names in column kind
	Limit   int             // the last so many lines; 0: all
}

func (p *packer) storyOptions(from StoryOptions) C.churn_story_options {
	return C.churn_story_options{
		struct_size: C.sizeof_churn_story_options,
		from:        saidMicros(from.From),
		to:          saidMicros(from.To),
		kinds:       p.strs(from.Kinds),
		kind_count:  C.uint32_t(len(from.Kinds)),
		limit:       C.uint64_t(max(from.Limit, 0)),
	}
}

// Story tells one customer's whole story in the order of time, a line a dated fact: at, kind, id, what,
// user, value, amount (in minor units), currency, text, details.
func (s *Store) Story(customer string, options ...StoryOptions) (*Table, error) {
	given := first(options)
	pointer, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release()
	watched, err := watch(given.Context)
	if err != nil {
		return nil, err
	}
	defer watched.end()
	var p packer
	defer p.pins.Unpin()
	to := p.storyOptions(given)
	to.as_of = saidMicros(given.AsOf)
	to.cancel = watched.cancel
	var out *C.churn_table
	why := newError()
	status := C.churn_store_story((*C.churn_store)(unsafe.Pointer(pointer)), chars(customer), C.size_t(len(customer)), &to, &out, &why)
	if status != C.CHURN_OK {
		return nil, watched.failure(status, why)
	}
	return takeTable(out), nil
}

// Story tells one customer's whole story with what the engine did: episodes of triggers, actions of
// plays and what became of them, changes of status and tags. The columns are those of Store.Story.
func (e *Engine) Story(customer string, options ...StoryOptions) (*Table, error) {
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := p.storyOptions(given)
	var out *C.churn_table
	err := e.with(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return C.churn_engine_story(engine, chars(customer), C.size_t(len(customer)), optionalMicros(given.AsOf), &to, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

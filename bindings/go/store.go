// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"time"
	"unsafe"
)

// Store keeps customer records and their history, in memory. One goroutine writes while any number
// ask: an evaluation sees whole batches or none of them. A second writer at the same time gets
// [ErrState].
//
// Rows may come late, in any order, and again: the same row changes nothing, a changed row replaces
// what it said before, a row with a later KnownAt is a new version that earlier evaluations do not
// see. In a batch a bad row is rejected with its reason and never takes good ones with it. A call
// that fails leaves the store as it was.
type Store struct{ handle }

// StoreOptions change what a store takes. The zero value is the default.
type StoreOptions struct {
	// UnknownCustomer says what becomes of rows whose customer the store does not have.
	UnknownCustomer UnknownCustomer
	// Limits are how much the store may cost.
	Limits *Limits
	// TimeZone of dates and naive times that are loaded; default UTC.
	TimeZone string
	// Zoneinfo is the directory of time zone files; default the system's.
	Zoneinfo string
}

// NewStore creates an empty store. Close it when done.
func NewStore(options ...StoreOptions) (*Store, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_store_options{
		struct_size:      C.sizeof_churn_store_options,
		unknown_customer: C.int32_t(given.UnknownCustomer),
		limits:           p.limits(given.Limits),
		time_zone:        p.str(given.TimeZone),
		zoneinfo:         p.str(given.Zoneinfo),
	}
	var out *C.churn_store
	err := newError()
	if status := C.churn_store_create(&to, &out, &err); status != C.CHURN_OK {
		return nil, failure(status, err)
	}
	store := new(Store)
	store.open(unsafe.Pointer(out), func(p unsafe.Pointer) { C.churn_store_free((*C.churn_store)(p)) })
	return store, nil
}

// Close frees the store. Engines made from it keep what they need. It may be called again and always
// returns nil.
func (s *Store) Close() error {
	s.close()
	return nil
}

// Call the library with the store's object.
func (s *Store) with(call func(*C.churn_store, *C.churn_error) C.churn_status) error {
	pointer, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release()
	why := newError()
	if status := call((*C.churn_store)(pointer), &why); status != C.CHURN_OK {
		return failure(status, why)
	}
	return nil
}

// Mark says that a source is complete up to an instant: silence until then is silence. source is the
// name of a source of playbooks, or of a kind of record ("ticket"). With knownAt the mark counts for
// evaluations from then on, else for all.
func (s *Store) Mark(source string, through time.Time, knownAt ...time.Time) error {
	known := optionalMicros(first(knownAt))
	return s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_mark(store, chars(source), C.size_t(len(source)), optionalMicros(through), known, err)
	})
}

// Ask a store for a number that it always has.
func ask[T any](s *Store, call func(*C.churn_store) T) (T, error) {
	var answer T
	err := s.with(func(store *C.churn_store, _ *C.churn_error) C.churn_status {
		answer = call(store)
		return C.CHURN_OK
	})
	return answer, err
}

// CustomerCount returns how many customers the store has.
func (s *Store) CustomerCount() (int64, error) {
	return ask(s, func(store *C.churn_store) int64 { return int64(C.churn_store_customer_count(store)) })
}

// RecordCount returns how many records of a kind the store has, all versions of each counted.
func (s *Store) RecordCount(kind RecordKind) (int64, error) {
	return ask(s, func(store *C.churn_store) int64 {
		return int64(C.churn_store_record_count(store, C.churn_record_kind(kind)))
	})
}

// Version returns a number that grows with every change of the store.
func (s *Store) Version() (uint64, error) {
	return ask(s, func(store *C.churn_store) uint64 { return uint64(C.churn_store_version(store)) })
}

// Memory returns how many bytes the store, and what was made from it and is alive, take.
func (s *Store) Memory() (uint64, error) {
	return ask(s, func(store *C.churn_store) uint64 { return uint64(C.churn_store_memory(store)) })
}

// Hash returns a hash of everything that the store holds: equal for equal records, whatever the order
// in which they came. It reads the whole store.
func (s *Store) Hash() (uint64, error) {
	var hash C.uint64_t
	err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status {
		return C.churn_store_hash(store, &hash, err)
	})
	return uint64(hash), err
}

// ---- loading ----

// What one load is called with.
type load struct {
	store   *C.churn_store
	options *C.churn_load_options
	report  *C.churn_load_report
	err     *C.churn_error
}

// Load rows with what the packer holds; fill builds the batch while the store is held.
func (s *Store) load(rows int, options []LoadOptions, call func(*packer, load) C.churn_status) (*LoadReport, error) {
	pointer, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release()
	p := packer{rows: rows}
	defer p.pins.Unpin()
	given := first(options)
	to := p.loadOptions(given)
	watched, err := watch(given.Context)
	if err != nil {
		return nil, err
	}
	defer watched.end()
	to.cancel = watched.cancel
	report := C.churn_load_report{struct_size: C.sizeof_churn_load_report}
	why := newError()
	status := call(&p, load{(*C.churn_store)(pointer), to, &report, &why})
	rejections := takeTable(report.rejections)
	if p.err != nil {
		return nil, p.err
	}
	if status != C.CHURN_OK {
		return nil, watched.failure(status, why)
	}
	return loadReport(&report, rejections), nil
}

func loadReport(from *C.churn_load_report, rejections *Table) *LoadReport {
	report := &LoadReport{
		Seen:           int64(from.seen),
		Added:          int64(from.added),
		Updated:        int64(from.updated),
		Unchanged:      int64(from.unchanged),
		Conflicting:    int64(from.conflicting),
		Retracted:      int64(from.retracted),
		Rejected:       int64(from.rejected),
		Undated:        int64(from.undated),
		Unmapped:       int64(from.unmapped),
		RewroteHistory: int64(from.rewrote_history),
		Late:           int64(from.late),
		Customers:      int64(from.customers),
	}
	if rejections != nil {
		for row := range rejections.Rows() {
			report.Rejections = append(report.Rejections, Rejection{row.Int("row"), row.String("field"),
				row.String("code"), row.String("reason")})
		}
	}
	return report
}

func (p *packer) slice(from *Slice) *C.churn_slice {
	if from == nil {
		return nil
	}
	to := &C.churn_slice{
		struct_size: C.sizeof_churn_slice,
		from:        optionalMicros(from.From),
		to:          optionalMicros(from.To),
		types:       p.strs(from.Types),
		type_count:  C.uint32_t(len(from.Types)),
	}
	p.pins.Pin(to)
	return to
}

func (p *packer) loadOptions(from LoadOptions) *C.churn_load_options {
	to := &C.churn_load_options{
		struct_size:      C.sizeof_churn_load_options,
		unknown_customer: C.int32_t(from.UnknownCustomer),
		money:            C.int32_t(from.Money),
		valid_from:       saidMicros(from.ValidFrom),
		known_at:         saidMicros(from.KnownAt),
		time_zone:        p.str(from.TimeZone),
		source:           p.str(from.Source),
		column_count:     C.uint32_t(len(from.Columns)),
		columns:          p.fields(from.Columns),
		constant_count:   C.uint32_t(len(from.Constants)),
		constants:        p.fields(from.Constants),
	}
	if from.Strict {
		to.flags = C.CHURN_LOAD_STRICT
	}
	if from.Retract {
		to.flags |= C.CHURN_LOAD_RETRACT
	}
	to.values, to.value_count = p.valueMaps(from.Values)
	to.replace = p.slice(from.Replace)
	return to
}

// Fields and their texts, by name of the field.
func (p *packer) fields(of map[string]string) *C.churn_field_text {
	if len(of) == 0 {
		return nil
	}
	packed := make([]C.churn_field_text, 0, len(of))
	for _, field := range sortedKeys(of) {
		packed = append(packed, C.churn_field_text{field: p.str(field), text: p.str(of[field])})
	}
	return pin(p, packed)
}

func (p *packer) valueMaps(of map[string]map[string]string) (*C.churn_field_value, C.uint32_t) {
	var packed []C.churn_field_value
	for _, field := range sortedKeys(of) {
		for _, from := range sortedKeys(of[field]) {
			value := C.churn_field_value{field: p.str(field), from: p.str(from), to: p.str(of[field][from])}
			value.to.ptr = p.notNull(value.to.ptr)
			value.from.ptr = p.notNull(value.from.ptr)
			packed = append(packed, value)
		}
	}
	if packed == nil {
		return nil, 0
	}
	return pin(p, packed), C.uint32_t(len(packed))
}

// Columns are columns of a load by name: []string, []float64, []int64, []int, []bool, []Truth or
// []time.Time.
type Columns map[string]any

// Add adds rows of any kind from columns that are matched to fields by name, after options.Columns
// were applied: what a file or a query gives. Text is read as a number, truth or instant where the
// field is one, empty text is not given, and money is in major units unless options.Money says
// otherwise. For customers every column that is no field is an attribute; for other kinds columns that
// are no field are ignored.
func (s *Store) Add(kind RecordKind, columns Columns, options ...LoadOptions) (*LoadReport, error) {
	names := sortedKeys(columns)
	rows := 0
	if len(names) > 0 {
		rows = max(0, lengthOf(columns[names[0]]))
	}
	return s.load(rows, options, func(p *packer, l load) C.churn_status {
		packed := make([]C.churn_go_column, 0, len(names)+1)
		for _, name := range names {
			packed = append(packed, p.arrow(name, columns[name]))
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		packed = append(packed, C.churn_go_column{})
		return C.churn_go_add_columns(l.store, C.churn_record_kind(kind), pin(p, packed),
			C.size_t(len(names)), C.int64_t(rows), l.options, l.report, l.err)
	})
}

func lengthOf(values any) int {
	switch values := values.(type) {
	case []string:
		return len(values)
	case []float64:
		return len(values)
	case []int64:
		return len(values)
	case []int:
		return len(values)
	case []bool:
		return len(values)
	case []Truth:
		return len(values)
	case []time.Time:
		return len(values)
	}
	return -1
}

// One of Arrow's formats, as a C string that lives as long as the program.
func arrowFormat(format string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(format)))
}

// A column as Arrow has it. Sentinels become bits, because Arrow knows none.
func (p *packer) arrow(name string, values any) C.churn_go_column {
	if !p.fits(name, values, lengthOf(values)) {
		return C.churn_go_column{}
	}
	if p.rows == 0 {
		values = []string{}
	}
	switch values := values.(type) {
	case []string:
		return p.arrowTexts(name, values)
	case []float64:
		return p.arrowNumbers(name, "g\x00", unsafe.Pointer(pin(p, values)), func(row int) bool { return values[row] == values[row] })
	case []int64:
		return p.arrowNumbers(name, "l\x00", unsafe.Pointer(pin(p, values)), func(row int) bool { return values[row] != NoInt })
	case []int:
		return p.arrow(name, int64sOf(values))
	case []bool:
		return p.arrow(name, truthsOf(values))
	case []Truth:
		bits := make([]byte, (len(values)+7)/8)
		for row, value := range values {
			if value == True {
				bits[row>>3] |= 1 << (row & 7)
			}
		}
		return p.arrowNumbers(name, "b\x00", unsafe.Pointer(pin(p, bits)), func(row int) bool { return values[row] != TruthNone })
	case []time.Time:
		packed := make([]C.churn_time, len(values))
		for row, value := range values {
			packed[row] = optionalMicros(value)
		}
		return p.arrowNumbers(name, "tsu:UTC\x00", unsafe.Pointer(pin(p, packed)), func(row int) bool { return !values[row].IsZero() })
	}
	return C.churn_go_column{}
}

// Whether a column is a slice with a value for each row; length is -1 for no slice of a known type.
func (p *packer) fits(name string, values any, length int) bool {
	switch {
	case length < 0:
		p.fail("column %s cannot be a %T", name, values)
	case length != p.rows:
		p.fail("column %s has %d rows, and the batch has %d", name, length, p.rows)
	}
	return length == p.rows
}

func (p *packer) arrowTexts(name string, values []string) C.churn_go_column {
	bytes, offsets := p.layOut(values)
	return C.churn_go_column{
		name: p.cString(name), format: arrowFormat("U\x00"),
		values: unsafe.Pointer(bytes), offsets: offsets,
		valid: p.bits(bitsWhere(len(values), func(row int) bool { return values[row] != "" })),
	}
}

func (p *packer) arrowNumbers(name, format string, values unsafe.Pointer, keep func(row int) bool) C.churn_go_column {
	return C.churn_go_column{
		name: p.cString(name), format: arrowFormat(format), values: values,
		valid: p.bits(bitsWhere(p.rows, keep)),
	}
}

// A name with a NUL at its end, pinned.
func (p *packer) cString(text string) *C.char {
	return (*C.char)(unsafe.Pointer(pin(p, append([]byte(text), 0))))
}

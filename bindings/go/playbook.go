// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"strings"
	"time"
	"unsafe"
)

// Playbook is a compiled playbook. It never changes and is shared freely.
type Playbook struct {
	handle
	warnings []Diagnostic
}

// PlaybookOptions change how a playbook is compiled. The zero value is the default.
type PlaybookOptions struct {
	// File is the name shown in diagnostics; default the path, or "playbook".
	File string
	// Zoneinfo is the directory of time zone files; default the system's.
	Zoneinfo string
	// Limits are how much the playbook may cost.
	Limits *Limits
	// Strict makes every warning an error.
	Strict bool
	// NoLints asks not to be told what compiles but looks wrong (CH17..).
	NoLints bool
}

// LoadPlaybook compiles a playbook from a file. Where it is none, the error is a *[PlaybookError] that
// holds every finding. Close the playbook when done.
func LoadPlaybook(path string, options ...PlaybookOptions) (*Playbook, error) {
	if strings.IndexByte(path, 0) >= 0 {
		return nil, fail(ErrArgument, "the path holds a NUL")
	}
	terminated := []byte(path + "\x00")
	return compilePlaybook(options, func(o *C.churn_playbook_options, out **C.churn_playbook, found **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_playbook_open((*C.char)(unsafe.Pointer(&terminated[0])), o, out, found, err)
	})
}

// ParsePlaybook compiles a playbook from text, as LoadPlaybook does from a file.
func ParsePlaybook(text string, options ...PlaybookOptions) (*Playbook, error) {
	return compilePlaybook(options, func(o *C.churn_playbook_options, out **C.churn_playbook, found **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_playbook_parse(chars(text), C.size_t(len(text)), o, out, found, err)
	})
}

type compiler func(*C.churn_playbook_options, **C.churn_playbook, **C.churn_table, *C.churn_error) C.churn_status

func compilePlaybook(options []PlaybookOptions, compile compiler) (*Playbook, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_playbook_options{
		struct_size: C.sizeof_churn_playbook_options,
		limits:      p.limits(given.Limits),
		zoneinfo:    p.str(given.Zoneinfo),
		file:        p.str(given.File),
	}
	if given.Strict {
		to.flags |= C.CHURN_PLAYBOOK_STRICT
	}
	if given.NoLints {
		to.flags |= C.CHURN_PLAYBOOK_NO_LINTS
	}
	var out *C.churn_playbook
	var found *C.churn_table
	why := newError()
	status := compile(&to, &out, &found, &why)
	diagnostics := diagnosticsOf(takeTable(found))
	if status != C.CHURN_OK {
		return nil, playbookFailure(failure(status, why), diagnostics)
	}
	playbook := &Playbook{warnings: diagnostics}
	playbook.open(unsafe.Pointer(out), func(p unsafe.Pointer) { C.churn_playbook_free((*C.churn_playbook)(p)) })
	return playbook, nil
}

// What is wrong with the text is a PlaybookError; a file that cannot be read is not.
func playbookFailure(err *Error, found []Diagnostic) error {
	switch err.Status {
	case ErrParse, ErrConfig, ErrUnsupported, ErrUTF8, ErrLimit:
		return &PlaybookError{err, found}
	}
	if len(found) > 0 {
		return &PlaybookError{err, found}
	}
	return err
}

func diagnosticsOf(table *Table) []Diagnostic {
	if table == nil {
		return nil
	}
	found := make([]Diagnostic, 0, table.Len())
	for row := range table.Rows() {
		found = append(found, Diagnostic{
			Severity:   row.String("severity"),
			Code:       row.String("code"),
			File:       row.String("file"),
			Line:       int(row.Int("line")),
			Column:     int(row.Int("column")),
			Message:    row.String("message"),
			Expected:   row.String("expected"),
			Suggestion: row.String("suggestion"),
		})
	}
	return found
}

// Close frees the playbook. Engines made from it keep what they need. It may be called again and
// always returns nil.
func (b *Playbook) Close() error {
	b.close()
	return nil
}

// Call the library with the playbook's object.
func (b *Playbook) with(call func(*C.churn_playbook, *C.churn_error) C.churn_status) error {
	pointer, err := b.acquire()
	if err != nil {
		return err
	}
	defer b.release()
	why := newError()
	if status := call((*C.churn_playbook)(pointer), &why); status != C.CHURN_OK {
		return failure(status, why)
	}
	return nil
}

// Warnings returns what was found in the playbook although it could be compiled.
func (b *Playbook) Warnings() []Diagnostic {
	return append([]Diagnostic(nil), b.warnings...)
}

// Name returns the name that the playbook gives itself.
func (b *Playbook) Name() (string, error) {
	var name string
	err := b.with(func(playbook *C.churn_playbook, _ *C.churn_error) C.churn_status {
		name = goString(C.churn_playbook_name(playbook))
		return C.CHURN_OK
	})
	return name, err
}

// TimeZone returns the zone in which the playbook's dates are: what [StoreOptions.TimeZone] wants.
func (b *Playbook) TimeZone() (string, error) {
	var zone string
	err := b.with(func(playbook *C.churn_playbook, _ *C.churn_error) C.churn_status {
		zone = goString(C.churn_playbook_time_zone(playbook))
		return C.CHURN_OK
	})
	return zone, err
}

// Hash returns a hash of what the playbook means: equal for texts that differ only in comments and
// layout.
func (b *Playbook) Hash() (uint64, error) {
	var hash uint64
	err := b.with(func(playbook *C.churn_playbook, _ *C.churn_error) C.churn_status {
		hash = uint64(C.churn_playbook_hash(playbook))
		return C.CHURN_OK
	})
	return hash, err
}

// Memory returns how many bytes the playbook, and what was made from it and is alive, take.
func (b *Playbook) Memory() (uint64, error) {
	var memory uint64
	err := b.with(func(playbook *C.churn_playbook, _ *C.churn_error) C.churn_status {
		memory = uint64(C.churn_playbook_memory(playbook))
		return C.CHURN_OK
	})
	return memory, err
}

// Interval returns how often the playbook wants to be evaluated.
func (b *Playbook) Interval() (time.Duration, error) {
	var every time.Duration
	err := b.with(func(playbook *C.churn_playbook, _ *C.churn_error) C.churn_status {
		every = time.Duration(C.churn_playbook_interval(playbook)) * time.Microsecond
		return C.CHURN_OK
	})
	return every, err
}

// Contents lists what the playbook defines: sort (attribute, source, role, metric, segment, score,
// band, trigger, play, test), id, parent (of a band: its score), detail, line.
func (b *Playbook) Contents() (*Table, error) {
	var out *C.churn_table
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_contents(playbook, &out, err)
	})
	return takeTable(out), err
}

// Diff lists what changes when another playbook takes the place of this one: sort, id, change, key,
// before, after. Comments, layout and the spelling of expressions are no changes.
func (b *Playbook) Diff(other *Playbook) (*Table, error) {
	pointer, err := other.acquire()
	if err != nil {
		return nil, err
	}
	defer other.release()
	var out *C.churn_table
	err = b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_diff(playbook, (*C.churn_playbook)(pointer), &out, err)
	})
	if err != nil {
		return nil, err
	}
	return takeTable(out), nil
}

// DiffText tells what Diff lists for people who review it: a line a change, "no changes" where there are
// none.
func (b *Playbook) DiffText(other *Playbook) (string, error) {
	pointer, err := other.acquire()
	if err != nil {
		return "", err
	}
	defer other.release()
	var out *C.churn_buffer
	err = b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_diff_text(playbook, (*C.churn_playbook)(pointer), &out, err)
	})
	if err != nil {
		return "", err
	}
	return string(takeBuffer(out)), nil
}

// Metrics lists the metrics for people: id, type, unit, currency (of money), description, dependencies,
// sources, line.
func (b *Playbook) Metrics() (*Table, error) {
	var out *C.churn_table
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_metrics(playbook, &out, err)
	})
	return takeTable(out), err
}

// Factors lists what the scores are made of, a row for each factor of each card: score, card, group,
// factor, of, as, among, direction, declared, unit, weight, share, missing, points, line.
func (b *Playbook) Factors() (*Table, error) {
	var out *C.churn_table
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_factors(playbook, &out, err)
	})
	return takeTable(out), err
}

// Time reads an instant as people write it for the playbook: a date is local midnight at its start,
// and a time without zone is local, both in the playbook's zone.
func (b *Playbook) Time(text string) (time.Time, error) {
	at := C.churn_time(C.CHURN_TIME_NONE)
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_time(playbook, chars(text), C.size_t(len(text)), &at, err)
	})
	return instant(at), err
}

// Bytes that hold any instant in any zone.
const timeTextSize = 64

// TimeText writes an instant in the playbook's zone: as a date where it is local midnight, else as
// local time with its offset.
func (b *Playbook) TimeText(at time.Time) (string, error) {
	var text [timeTextSize]C.char
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		return C.churn_playbook_time_text(playbook, optionalMicros(at), &text[0], timeTextSize, nil, err)
	})
	if err != nil {
		return "", err
	}
	return C.GoString(&text[0]), nil
}

// PlaybookTest is what came of the tests that a playbook carries.
type PlaybookTest struct {
	Passed, Failed int
	// Expectations has a row each: test, line, passed, what, expected, got, message, customer.
	Expectations *Table
}

// Test runs the tests that the playbook carries. Failed ones are no error. With a name it runs that
// one alone: the name of a test with cases means all of its cases, "name [row 2]" means one; a name that no
// test has is an error.
func (b *Playbook) Test(name ...string) (*PlaybookTest, error) {
	if len(name) > 1 {
		return nil, fail(ErrArgument, "one name at a time")
	}
	var p packer
	defer p.pins.Unpin()
	options := C.churn_playbook_test_options{
		struct_size: C.sizeof_churn_playbook_test_options,
		name:        p.str(first(name)),
	}
	var passed, failed C.uint64_t
	var out *C.churn_table
	err := b.with(func(playbook *C.churn_playbook, err *C.churn_error) C.churn_status {
		if len(name) == 0 {
			return C.churn_playbook_test(playbook, &passed, &failed, &out, err)
		}
		return C.churn_playbook_test_some(playbook, &options, &passed, &failed, &out, err)
	})
	if err != nil {
		return nil, err
	}
	return &PlaybookTest{int(passed), int(failed), takeTable(out)}, nil
}

// PlaybookSchema returns the JSON Schema (draft-07) of playbook files, for editors.
func PlaybookSchema() ([]byte, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var out *C.churn_buffer
	why := newError()
	if status := C.churn_playbook_schema(&out, &why); status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeBuffer(out), nil
}

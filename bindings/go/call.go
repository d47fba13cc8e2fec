// SPDX-License-Identifier: MIT

package churn

/*
#cgo pkg-config: churn
#include "cshim.h"

#cgo noescape churn_cancel_set
#cgo nocallback churn_cancel_set
#cgo noescape churn_time_parse
#cgo nocallback churn_time_parse
#cgo noescape churn_time_format
#cgo nocallback churn_time_format
*/
import "C"

import (
	"context"
	"math"
	"sync"
	"time"
	"unsafe"
)

// Version returns the version of the C library that is loaded, such as "0.1.0".
func Version() string {
	return C.GoString(C.churn_version())
}

// VersionNumber returns the version of the C library as one number: major * 1,000,000 + minor *
// 1,000 + patch.
func VersionNumber() int {
	return int(C.churn_version_number())
}

// LiveHandles returns how many objects of the C library this process has not yet freed. For tests: 0
// after everything was closed.
func LiveHandles() int64 {
	return int64(C.churn_live_handles())
}

// Whether the library that was loaded fits the headers that this package was compiled with. Every
// constructor asks.
var checkABI = sync.OnceValue(func() error {
	if got := uint32(C.churn_abi_version()); got != C.CHURN_ABI_VERSION {
		return fail(ErrABI, "the library %s has ABI %d, and this program was built for ABI %d",
			Version(), got, uint32(C.CHURN_ABI_VERSION))
	}
	return nil
})

func newError() C.churn_error {
	return C.churn_error{struct_size: C.sizeof_churn_error}
}

// What a failed call has to say. The struct is copied, so that a call that succeeds allocates none.
func failure(status C.churn_status, from C.churn_error) *Error {
	e := &Error{Status: Status(status), Row: -1}
	if from.status == 0 {
		return e
	}
	e.Detail = int(from.detail)
	e.Line = int(from.line)
	e.Column = int(from.column)
	e.Message = C.GoString(&from.message[0])
	if from.row <= math.MaxInt64 {
		e.Row = int64(from.row)
	}
	return e
}

// ---- cancelling ----

// Progress is how far a call is: units of work done, and in all, 0 while that is not known. Units are
// rows of a load, customers of an evaluation, microseconds of the time that is replayed.
type Progress struct {
	Done, Total int64
}

type progressKey struct{}

// How often somebody is told.
const tellEvery = 100 * time.Millisecond

// WithProgress returns a context for a call, wherever one is taken: told is called every tenth of a
// second with how far the call is, and once at its end. It runs in a goroutine of its own, once at a
// time and not after the call has returned, and does not hold up the work. It may cancel the context.
func WithProgress(ctx context.Context, told func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, told)
}

// A token stops a call of the C library when a context ends, and tells how far it is. It belongs to
// one call.
type token struct {
	ctx    context.Context
	cancel *C.churn_cancel
	stop   func() bool
	fired  chan struct{}
	over   chan struct{} // closed when the call has returned; nil: nobody is told
	told   chan struct{} // closed when nobody is told any more
}

func cancelled(ctx context.Context) error {
	return &Error{Status: ErrCancelled, Row: -1, Message: "the call was cancelled", cause: context.Cause(ctx)}
}

// Watch a context, which may be nil, for the time of one call; every success is followed by end.
func watch(ctx context.Context) (token, error) {
	t := token{ctx: ctx}
	if ctx == nil {
		return t, nil
	}
	tell, _ := ctx.Value(progressKey{}).(func(Progress))
	if ctx.Done() == nil && tell == nil {
		return t, nil
	}
	if ctx.Err() != nil {
		return t, cancelled(ctx)
	}
	err := newError()
	if status := C.churn_cancel_create(&t.cancel, &err); status != C.CHURN_OK {
		return t, failure(status, err)
	}
	fired, cancel := make(chan struct{}), t.cancel
	t.fired = fired
	t.stop = context.AfterFunc(ctx, func() {
		C.churn_cancel_set(cancel)
		close(fired)
	})
	if tell != nil {
		t.over, t.told = make(chan struct{}), make(chan struct{})
		go report(t.cancel, t.over, t.told, tell)
	}
	return t, nil
}

func progressOf(cancel *C.churn_cancel) Progress {
	var done, total C.uint64_t
	C.churn_cancel_progress(cancel, &done, &total)
	return Progress{int64(done), int64(total)}
}

// Tell until the call is over.
func report(cancel *C.churn_cancel, over, told chan struct{}, tell func(Progress)) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	defer close(told)
	for {
		select {
		case <-ticker.C:
			tell(progressOf(cancel))
		case <-over:
			tell(progressOf(cancel))
			return
		}
	}
}

// End the watch; no goroutine touches the token's memory any more when it is freed.
func (t *token) end() {
	if t.cancel == nil {
		return
	}
	if t.over != nil {
		close(t.over)
		<-t.told
	}
	if !t.stop() {
		<-t.fired
	}
	C.churn_cancel_free(t.cancel)
	t.cancel = nil
}

// As failure, with the cause of a cancelled context.
func (t *token) failure(status C.churn_status, from C.churn_error) error {
	e := failure(status, from)
	if e.Status == ErrCancelled && t.ctx != nil {
		e.cause = context.Cause(t.ctx)
	}
	return e
}

// ---- instants ----

// Beyond what the library takes, and within what time.Time turns into microseconds without overflow.
const (
	firstSecond = -62135596800 - 1
	lastSecond  = 253402300799 + 1
)

// Microseconds since 1970 of an instant; one that is out of range stays so.
func micros(t time.Time) C.churn_time {
	if second := t.Unix(); second < firstSecond || second > lastSecond {
		return C.churn_time(min(max(second, firstSecond), lastSecond) * 1e6)
	}
	return C.churn_time(t.UnixMicro())
}

// As micros, and the zero time is none.
func optionalMicros(t time.Time) C.churn_time {
	if t.IsZero() {
		return C.CHURN_TIME_NONE
	}
	return micros(t)
}

// As micros, and the zero time is 0, which options take for not said.
func saidMicros(t time.Time) C.churn_time {
	if t.IsZero() {
		return 0
	}
	return micros(t)
}

func instant(t C.churn_time) time.Time {
	if t == C.CHURN_TIME_NONE {
		return time.Time{}
	}
	return time.UnixMicro(int64(t)).UTC()
}

// ParseTime reads an instant as people write it: a date, which means midnight UTC at its start, or
// ISO 8601 with a zone. [Playbook.Time] reads dates and local times in a playbook's zone.
func ParseTime(text string) (time.Time, error) {
	var at C.churn_time
	err := newError()
	if status := C.churn_time_parse(chars(text), C.size_t(len(text)), &at, &err); status != C.CHURN_OK {
		return time.Time{}, failure(status, err)
	}
	return instant(at), nil
}

// FormatTime writes an instant in UTC as the library does, such as "2026-02-01T09:30:00Z".
func FormatTime(t time.Time) (string, error) {
	var text [C.CHURN_TIME_CHARS]C.char
	err := newError()
	if status := C.churn_time_format(micros(t), &text[0], C.CHURN_TIME_CHARS, nil, &err); status != C.CHURN_OK {
		return "", failure(status, err)
	}
	return C.GoString(&text[0]), nil
}

// ---- strings ----

var noChars [1]byte

// The bytes of a string for the time of a call; never NULL, which would mean "not given".
func chars(text string) *C.char {
	if text == "" {
		return (*C.char)(unsafe.Pointer(&noChars[0]))
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
}

func goString(text C.churn_str) string {
	if text.len == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(text.ptr)), int(text.len)))
}

// Take the bytes of a buffer and free it.
func takeBuffer(buffer *C.churn_buffer) []byte {
	defer C.churn_buffer_free(buffer)
	size := int(C.churn_buffer_size(buffer))
	if size == 0 {
		return []byte{}
	}
	return append([]byte(nil), unsafe.Slice((*byte)(C.churn_buffer_data(buffer)), size)...)
}

// Read a table into Go's memory and free it; nil for NULL.
func takeTable(from *C.churn_table) *Table {
	if from == nil {
		return nil
	}
	defer C.churn_table_free(from)
	rows, count := int(C.churn_table_row_count(from)), int(C.churn_table_column_count(from))
	table := &Table{rows: rows, columns: make([]column, count), index: make(map[string]int, count)}
	views := make([]C.churn_go_view, count+1)
	C.churn_go_views(from, &views[0])
	for i := range table.columns {
		table.columns[i] = readColumn(&views[i], rows)
		table.index[table.columns[i].name] = i
	}
	return table
}

func readColumn(from *C.churn_go_view, rows int) column {
	c := column{name: C.GoString(from.name), typ: Type(from._type)}
	bytes := (rows + 7) / 8
	if from.valid != nil {
		c.valid = copyOf[byte](unsafe.Pointer(from.valid), bytes)
	}
	switch c.typ {
	case Bool:
		c.bits = copyOf[byte](from.data, bytes)
	case Float:
		c.floats = copyOf[float64](from.data, rows)
	case String:
		c.ints = copyOf[int64](from.data, rows+1)
		c.text = string(copyOf[byte](unsafe.Pointer(from.bytes), int(c.ints[rows])))
	default:
		c.ints = copyOf[int64](from.data, rows)
	}
	return c
}

func copyOf[T any](from unsafe.Pointer, count int) []T {
	values := make([]T, count)
	if from != nil {
		copy(values, unsafe.Slice((*T)(from), count))
	}
	return values
}

// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"math"
	"runtime"
	"slices"
	"sort"
	"time"
	"unsafe"
)

// A packer lays slices out as the library reads them: texts as bytes with offsets, what is missing as
// bits. It pins what it made, so that the structs of a batch may point to it during the call. The
// first thing that does not fit is kept in err.
type packer struct {
	pins runtime.Pinner
	rows int
	err  error
}

func (p *packer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fail(ErrArgument, format, args...)
	}
}

// Whether a column is given; one that is has a value for each row.
func (p *packer) given(name string, length int) bool {
	if length == 0 || length == p.rows {
		return length > 0
	}
	p.fail("column %s has %d rows, and the batch has %d", name, length, p.rows)
	return false
}

// The first value of a slice that is not empty, pinned.
func pin[T any](p *packer, values []T) *T {
	first := unsafe.SliceData(values)
	p.pins.Pin(first)
	return first
}

func (p *packer) bits(bits []byte) *C.uint8_t {
	if bits == nil {
		return nil
	}
	return (*C.uint8_t)(pin(p, bits))
}

// Bits of the rows for which keep holds; nil where it holds for all.
func bitsWhere(rows int, keep func(row int) bool) []byte {
	var bits []byte
	for row := range rows {
		if keep(row) {
			continue
		}
		if bits == nil {
			bits = slices.Repeat([]byte{0xff}, (rows+7)/8)
		}
		bits[row>>3] &^= 1 << (row & 7)
	}
	return bits
}

// Bits of the values other than one that means nothing; nil where no value is that.
func bitsUnlike[T comparable](values []T, nothing T) []byte {
	first := slices.Index(values, nothing)
	if first < 0 {
		return nil
	}
	bits := slices.Repeat([]byte{0xff}, (len(values)+7)/8)
	for row := first; row < len(values); row++ {
		if values[row] == nothing {
			bits[row>>3] &^= 1 << (row & 7)
		}
	}
	return bits
}

// Bits of the numbers that are no NaN; nil where none is.
func bitsOfNumbers(values []float64) []byte {
	var bits []byte
	for row, value := range values {
		if value == value {
			continue
		}
		if bits == nil {
			bits = slices.Repeat([]byte{0xff}, (len(values)+7)/8)
		}
		bits[row>>3] &^= 1 << (row & 7)
	}
	return bits
}

// Bytes and offsets of texts, one after the other.
func layOut(values []string) ([]byte, []int64) {
	size := 0
	for _, value := range values {
		size += len(value)
	}
	bytes, offsets := make([]byte, 0, size+1), make([]int64, len(values)+1)
	for i, value := range values {
		bytes = append(bytes, value...)
		offsets[i+1] = int64(len(bytes))
	}
	return bytes[:size+1], offsets
}

func (p *packer) layOut(values []string) (*C.char, *C.int64_t) {
	bytes, offsets := layOut(values)
	return (*C.char)(unsafe.Pointer(pin(p, bytes))), (*C.int64_t)(pin(p, offsets))
}

// Texts that a row may lack: an empty one is not given.
func (p *packer) optionalTexts(name string, values []string) C.churn_string_column {
	column := p.texts(name, values)
	if column.bytes != nil {
		column.valid = p.bits(bitsWhere(len(values), func(row int) bool { return values[row] != "" }))
	}
	return column
}

func (p *packer) texts(name string, values []string) C.churn_string_column {
	var column C.churn_string_column
	if p.given(name, len(values)) {
		column.bytes, column.offsets = p.layOut(values)
	}
	return column
}

// Words of which few are different: types, statuses, currencies.
func (p *packer) words(name string, values []string) C.churn_string_column {
	var column C.churn_string_column
	if !p.given(name, len(values)) {
		return column
	}
	entries, codes := dictionary(values)
	if codes == nil {
		return p.optionalTexts(name, values)
	}
	column.bytes, column.offsets = p.layOut(entries)
	column.codes = (*C.uint32_t)(pin(p, codes))
	column.value_count = C.uint64_t(len(entries))
	if slices.Contains(entries, "") {
		column.valid = p.bits(bitsWhere(len(values), func(row int) bool { return values[row] != "" }))
	}
	return column
}

// More different words than this are not worth a dictionary.
const maxWords = 256

// The different values, and which of them each row has; nil where they are too many. Programs often
// give the same string over and over, which is seen without reading it.
func dictionary(values []string) ([]string, []uint32) {
	var entries []string
	var recent [16]struct {
		data   *byte
		length int
		code   uint32
	}
	index, codes := map[string]uint32{}, make([]uint32, len(values))
	for i, value := range values {
		data := unsafe.StringData(value)
		slot := &recent[(uintptr(unsafe.Pointer(data))>>3^uintptr(len(value)))%uintptr(len(recent))]
		if slot.data != data || slot.length != len(value) || data == nil {
			code, known := index[value]
			if !known {
				if len(entries) == maxWords {
					return nil, nil
				}
				code = uint32(len(entries))
				index[value] = code
				entries = append(entries, value)
			}
			slot.data, slot.length, slot.code = data, len(value), code
		}
		codes[i] = slot.code
	}
	return entries, codes
}

func (p *packer) times(name string, values []time.Time) C.churn_time_column {
	if !p.given(name, len(values)) {
		return C.churn_time_column{}
	}
	packed := make([]C.churn_time, len(values))
	for i, value := range values {
		packed[i] = optionalMicros(value)
	}
	return C.churn_time_column{values: pin(p, packed)}
}

func (p *packer) micros(name string, values []int64) C.churn_time_column {
	if !p.given(name, len(values)) {
		return C.churn_time_column{}
	}
	return C.churn_time_column{values: (*C.churn_time)(pin(p, values))}
}

func (p *packer) ints(name string, values []int64) C.churn_int_column {
	if !p.given(name, len(values)) {
		return C.churn_int_column{}
	}
	return C.churn_int_column{values: (*C.int64_t)(pin(p, values))}
}

func (p *packer) floats(name string, values []float64) C.churn_double_column {
	if !p.given(name, len(values)) {
		return C.churn_double_column{}
	}
	return C.churn_double_column{values: (*C.double)(pin(p, values))}
}

func (p *packer) truths(name string, values []Truth) C.churn_bool_column {
	if !p.given(name, len(values)) {
		return C.churn_bool_column{}
	}
	packed := make([]C.uint8_t, len(values))
	for i, value := range values {
		if value == True {
			packed[i] = 1
		}
	}
	valid := bitsWhere(len(values), func(row int) bool { return values[row] != TruthNone })
	return C.churn_bool_column{values: pin(p, packed), valid: p.bits(valid)}
}

func truthsOf(values []bool) []Truth {
	truths := make([]Truth, len(values))
	for i, value := range values {
		truths[i] = TruthOf(value)
	}
	return truths
}

func int64sOf(values []int) []int64 {
	ints := make([]int64, len(values))
	for i, value := range values {
		ints[i] = int64(value)
	}
	return ints
}

// A column whose type the caller chose.
func (p *packer) any(name string, values any) C.churn_any_column {
	column := C.churn_any_column{name: p.str(name)}
	switch values := values.(type) {
	case []string:
		column._type, column.strings = C.CHURN_TYPE_STRING, p.optionalTexts(name, values)
	case []float64:
		column._type, column.numbers = C.CHURN_TYPE_DOUBLE, p.floats(name, values)
	case []int64:
		column._type, column.integers = C.CHURN_TYPE_INT, p.ints(name, values)
	case []int:
		column._type, column.integers = C.CHURN_TYPE_INT, p.ints(name, int64sOf(values))
	case []Truth:
		column._type, column.truths = C.CHURN_TYPE_BOOL, p.truths(name, values)
	case []bool:
		column._type, column.truths = C.CHURN_TYPE_BOOL, p.truths(name, truthsOf(values))
	case []time.Time:
		column._type, column.times = C.CHURN_TYPE_TIME, p.times(name, values)
	default:
		p.fail("column %s cannot be a %T", name, values)
	}
	return column
}

func sortedKeys[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// ---- single values ----

// A text that may be missing: an empty one is not given.
func (p *packer) str(text string) C.churn_str {
	if text == "" {
		return C.churn_str{}
	}
	p.pins.Pin(unsafe.StringData(text))
	return C.churn_str{ptr: chars(text), len: C.size_t(len(text))}
}

// Texts as an array; an empty one is given.
func (p *packer) strs(texts []string) *C.churn_str {
	if len(texts) == 0 {
		return nil
	}
	bytes, offsets := layOut(texts)
	first := unsafe.Pointer(pin(p, bytes))
	packed := make([]C.churn_str, len(texts))
	for i := range texts {
		packed[i].ptr = (*C.char)(unsafe.Add(first, offsets[i]))
		packed[i].len = C.size_t(offsets[i+1] - offsets[i])
	}
	return pin(p, packed)
}

// A value of any type that the library knows; nil is missing.
func (p *packer) value(name string, from any) C.churn_value {
	if text, ok := from.(string); ok {
		given := C.churn_value{_type: C.CHURN_TYPE_STRING, string: p.str(text)}
		given.string.ptr = p.notNull(given.string.ptr)
		return given
	}
	value, ok := scalar(from)
	if !ok {
		p.fail("%s cannot be a %T", name, from)
	}
	return value
}

// A value of any type but text; false where the library has no such type.
func scalar(from any) (value C.churn_value, ok bool) {
	switch from := from.(type) {
	case nil:
	case bool:
		value._type, value.truth = C.CHURN_TYPE_BOOL, C.int32_t(truth(TruthOf(from)))
	case int:
		value._type, value.integer = C.CHURN_TYPE_INT, C.int64_t(from)
	case int32:
		value._type, value.integer = C.CHURN_TYPE_INT, C.int64_t(from)
	case int64:
		value._type, value.integer = C.CHURN_TYPE_INT, C.int64_t(from)
	case float32:
		value._type, value.number = C.CHURN_TYPE_DOUBLE, C.double(from)
	case float64:
		value._type, value.number = C.CHURN_TYPE_DOUBLE, C.double(from)
	case time.Time:
		value._type, value.integer = C.CHURN_TYPE_TIME, C.int64_t(micros(from))
	case Truth:
		if from != TruthNone {
			value._type, value.truth = C.CHURN_TYPE_BOOL, C.int32_t(truth(from))
		}
	default:
		return value, false
	}
	return value, true
}

func (p *packer) notNull(text *C.char) *C.char {
	if text == nil {
		return chars("")
	}
	return text
}

func truth(value Truth) C.churn_truth {
	switch value {
	case TruthNone:
		return C.CHURN_TRUTH_NONE
	case True:
		return 1
	}
	return 0
}

func optionalInt(value *int64) C.int64_t {
	if value == nil {
		return C.CHURN_INT_NONE
	}
	return C.int64_t(*value)
}

func optionalFloat(value *float64) C.double {
	if value == nil {
		return C.double(math.NaN())
	}
	return C.double(*value)
}

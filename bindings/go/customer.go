// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
#include <stdlib.h>
*/
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// CustomerAnswer is what is known of one customer at a date.
type CustomerAnswer struct {
	// Exists is false where the customer is not there yet at that date: all the rest is then empty.
	Exists bool
	// Churned: lost, as the playbook's loss says.
	Churned  bool
	Metrics  []MetricValue
	Scores   []ScoreValue
	Segments []SegmentValue
}

// MetricValue is a metric of one customer.
type MetricValue struct {
	ID     string
	Value  any    // float64, bool, string or time.Time; nil where it is missing
	Reason string // why it is missing; "" where it is not
}

// ScoreValue is a score of one customer.
type ScoreValue struct {
	ID                  string
	Known               bool    // false below min_coverage
	Value               float64 // NaN there
	Band                string  // "unknown" there
	Coverage, Low, High float64
	Certain             bool   // Low and High are in one band
	Card                string // the segment whose numbers it was computed with, or "default"
	Overridden          bool   // set by hand
}

// SegmentValue says whether a customer is of a segment.
type SegmentValue struct {
	ID    string
	Known bool
	Is    bool
}

// Metric finds a metric by its id; nil where there is none.
func (c *CustomerAnswer) Metric(id string) *MetricValue {
	for i := range c.Metrics {
		if c.Metrics[i].ID == id {
			return &c.Metrics[i]
		}
	}
	return nil
}

// Score finds a score by its id; nil where there is none.
func (c *CustomerAnswer) Score(id string) *ScoreValue {
	for i := range c.Scores {
		if c.Scores[i].ID == id {
			return &c.Scores[i]
		}
	}
	return nil
}

const customerRoom = 8192 // bytes of most answers

// Customer computes metrics and scores of one customer within microseconds, for a backend that scores
// on each request: the same numbers as Metrics and Scores give. What playbook and store come to is
// worked out by the first call, and again once the store has changed.
func (e *Engine) Customer(customer string, asOf time.Time) (*CustomerAnswer, error) {
	pointer, err := e.acquire()
	if err != nil {
		return nil, err
	}
	defer e.release()
	one := C.churn_customer_answer{struct_size: C.sizeof_churn_customer_answer}
	why := newError()
	for size := C.size_t(customerRoom); ; size = one.room_needed {
		one.room, one.room_size = C.malloc(size), size
		status := C.churn_engine_customer((*C.churn_engine)(pointer), chars(customer), C.size_t(len(customer)), micros(asOf), &one, &why)
		if status == C.CHURN_OK {
			defer C.free(one.room)
			return takeCustomer(&one), nil
		}
		C.free(one.room)
		if status != C.CHURN_E_RANGE || one.room_needed <= size {
			return nil, failure(status, why)
		}
	}
}

func takeCustomer(one *C.churn_customer_answer) *CustomerAnswer {
	made := &CustomerAnswer{
		Exists:   one.exists != 0,
		Churned:  one.churned != 0,
		Metrics:  make([]MetricValue, int(one.metric_count)),
		Scores:   make([]ScoreValue, int(one.score_count)),
		Segments: make([]SegmentValue, int(one.segment_count)),
	}
	metrics, scores, segments := len(made.Metrics), len(made.Scores), len(made.Segments)
	ids, reasons := unsafe.Slice(one.metric_ids, metrics), unsafe.Slice(one.reasons, metrics)
	for i := range made.Metrics {
		made.Metrics[i] = MetricValue{ID: goString(ids[i]), Reason: goString(reasons[i])}
		if reasons[i].ptr == nil {
			made.Metrics[i].Value = takeMetric(one, i, metrics)
		}
	}
	names, bands := unsafe.Slice(one.score_ids, scores), unsafe.Slice(one.bands, scores)
	values, coverages := unsafe.Slice(one.scores, scores), unsafe.Slice(one.coverages, scores)
	lows, highs := unsafe.Slice(one.lows, scores), unsafe.Slice(one.highs, scores)
	certains, overridden := unsafe.Slice(one.certains, scores), unsafe.Slice(one.overridden, scores)
	cards := unsafe.Slice(one.cards, scores)
	for i := range made.Scores {
		value := float64(values[i])
		made.Scores[i] = ScoreValue{ID: goString(names[i]), Known: !math.IsNaN(value), Value: value,
			Band: goString(bands[i]), Coverage: float64(coverages[i]), Low: float64(lows[i]), High: float64(highs[i]),
			Certain: certains[i] != 0, Card: goString(cards[i]), Overridden: overridden[i] != 0}
	}
	groups, truths := unsafe.Slice(one.segment_ids, segments), unsafe.Slice(one.segments, segments)
	for i := range made.Segments {
		made.Segments[i] = SegmentValue{ID: goString(groups[i]), Known: truths[i] != C.CHURN_TRUTH_NONE, Is: truths[i] == 1}
	}
	return made
}

func takeMetric(one *C.churn_customer_answer, i, count int) any {
	switch unsafe.Slice(one.metric_types, count)[i] {
	case C.CHURN_COLUMN_BOOL:
		return unsafe.Slice(one.numbers, count)[i] != 0
	case C.CHURN_COLUMN_STRING:
		return goString(unsafe.Slice(one.texts, count)[i])
	case C.CHURN_COLUMN_TIME:
		return instant(unsafe.Slice(one.times, count)[i])
	default:
		return float64(unsafe.Slice(one.numbers, count)[i])
	}
}

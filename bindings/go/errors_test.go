// SPDX-License-Identifier: MIT

package churn

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestStatusesAreErrors(t *testing.T) {
	equal(t, "name", ErrNotFound.String(), "NOT_FOUND")
	equal(t, "text", ErrNotFound.Error(), "churn: There is nothing of that name or id")
	equal(t, "unknown name", Status(999).String(), "STATUS_999")
	equal(t, "unknown text", Status(999).Error(), "churn: STATUS_999")
	equal(t, "none", Status(0).String(), "OK")
}

func TestErrorsHaveStatusAndCause(t *testing.T) {
	var err error = &Error{Status: ErrRange, Row: -1, Message: "column at: too late", cause: context.Canceled}
	equal(t, "text", err.Error(), "churn: column at: too late")
	var status Status
	if !errors.Is(err, ErrRange) || errors.Is(err, ErrState) || !errors.Is(err, context.Canceled) ||
		!errors.As(err, &status) || status != ErrRange {
		t.Fatal(err, status)
	}
	equal(t, "without message", (&Error{Status: ErrRange}).Error(), ErrRange.Error())
	if !errors.Is(ErrClosed, ErrState) {
		t.Fatal("a closed handle is in a state that allows nothing")
	}
}

func TestDiagnosticsReadAsCompilersWriteThem(t *testing.T) {
	d := Diagnostic{"error", "CH0203", "a.yaml", 3, 5, "unknown metric `x`", "a metric", "`y`"}
	equal(t, "text", d.String(), "a.yaml:3:5: error CH0203: unknown metric `x`; expected a metric; did you mean `y`?")
}

func TestTheLibraryHasAVersion(t *testing.T) {
	if strings.Count(Version(), ".") != 2 || VersionNumber() <= 0 {
		t.Fatal(Version(), VersionNumber())
	}
}

func TestInstants(t *testing.T) {
	at := must[time.Time](t)(ParseTime("2026-02-01T09:30:00.25+02:00"))
	if !at.Equal(time.Date(2026, 2, 1, 7, 30, 0, 250_000_000, time.UTC)) || at.Location() != time.UTC {
		t.Fatal(at)
	}
	equal(t, "text", must[string](t)(FormatTime(at)), "2026-02-01T07:30:00.250000Z")
	zoned := at.In(time.FixedZone("x", 3600))
	equal(t, "zone", must[string](t)(FormatTime(zoned)), "2026-02-01T07:30:00.250000Z")
	_, err := ParseTime("2026-02-30")
	wantStatus(t, err, ErrRange)
	_, err = ParseTime("")
	wantStatus(t, err, ErrParse)
	for _, far := range []time.Time{time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64/2, 0), time.Unix(1<<58, 0)} {
		_, err = FormatTime(far)
		wantStatus(t, err, ErrRange)
	}
	equal(t, "zero", optionalMicros(time.Time{}), math.MinInt64)
	equal(t, "before 1970", micros(time.Unix(0, -1)), -1)
}

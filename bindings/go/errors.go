// SPDX-License-Identifier: MIT

package churn

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the name of a status, such as "NOT_FOUND".
func (s Status) String() string {
	if s == 0 {
		return "OK"
	}
	if name, ok := statusNames[s]; ok {
		return name
	}
	return "STATUS_" + strconv.Itoa(int(s))
}

// Error says what a status means. A status is an error to compare with: errors.Is(err, churn.ErrState).
func (s Status) Error() string {
	if text, ok := statusTexts[s]; ok {
		return "churn: " + text
	}
	return "churn: " + s.String()
}

// Error is why a call failed. Compare it with a status by errors.Is, or take the status out by
// errors.As. Messages name columns, keys and rules, never values of records.
type Error struct {
	// Status is the kind of failure. A newer library may know more than the constants of this package.
	Status Status
	// Detail is finer than Status: the number in a code such as CH0203, or 0.
	Detail int
	// Line and Column are where in a text the fault is, from 1; 0 where there is no text.
	Line, Column int
	// Row is which row of a batch is at fault, from 0; -1 where it is none.
	Row int64
	// Message is one line for a person.
	Message string

	cause error
}

// ErrClosed is returned by methods of a handle that was closed. It is an [ErrState].
var ErrClosed error = &Error{Status: ErrState, Row: -1, Message: "the handle is closed"}

// Error returns the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Status.Error()
	}
	return "churn: " + e.Message
}

// Is tells whether target is the status of the error.
func (e *Error) Is(target error) bool {
	status, ok := target.(Status)
	return ok && status == e.Status
}

// As stores the status of the error where target is a *Status.
func (e *Error) As(target any) bool {
	status, ok := target.(*Status)
	if ok {
		*status = e.Status
	}
	return ok
}

// Unwrap returns the cause: for a cancelled call that of its context, else nil.
func (e *Error) Unwrap() error {
	return e.cause
}

func fail(status Status, format string, args ...any) error {
	return &Error{Status: status, Row: -1, Message: fmt.Sprintf(format, args...)}
}

// Diagnostic is one finding about a playbook.
type Diagnostic struct {
	Severity     string // "error" or "warning"
	Code         string // "CH0203"
	File         string
	Line, Column int // from 1
	Message      string
	Expected     string // what may stand there, or ""
	Suggestion   string // the name that was probably meant, or ""
}

// String writes a finding as compilers do: file:line:column: severity CODE: message.
func (d Diagnostic) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s:%d:%d: %s %s: %s", d.File, d.Line, d.Column, d.Severity, d.Code, d.Message)
	if d.Expected != "" {
		text.WriteString("; expected " + d.Expected)
	}
	if d.Suggestion != "" {
		text.WriteString("; did you mean " + d.Suggestion + "?")
	}
	return text.String()
}

// PlaybookError says why a playbook cannot be used, with everything that was found in it.
type PlaybookError struct {
	Err         *Error
	Diagnostics []Diagnostic
}

// Error returns the first error, and how many there are.
func (e *PlaybookError) Error() string {
	return e.Err.Error()
}

// Unwrap returns the error of the call, so that errors.Is finds its status.
func (e *PlaybookError) Unwrap() error {
	return e.Err
}

// QueryError says why a question cannot be asked, with everything that was found in its texts.
type QueryError struct {
	Err         *Error
	Diagnostics []Diagnostic
}

// Error returns the first error, and how many there are.
func (e *QueryError) Error() string {
	return e.Err.Error()
}

// Unwrap returns the error of the call, so that errors.Is finds its status.
func (e *QueryError) Unwrap() error {
	return e.Err
}

// EvaluationError says why an expression has no value for a record: division of integers by zero,
// overflow and the like. Missing values are no error but make an expression unknown.
type EvaluationError struct {
	Line, Column int // where in the expression, from 1; 0 where that is not known
	Message      string
}

// Error returns the message.
func (e *EvaluationError) Error() string {
	return "churn: " + e.Message
}

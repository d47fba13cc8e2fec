// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"time"
)

// Template is text with values in it, as the titles of a playbook's tasks are: between {{ and }} stands
// an expression, behind it filters, which [TemplateFilters] lists. What is missing or cannot be computed
// is a dash, or what the filter default says. It never changes and is shared freely.
type Template struct {
	expression *Expression
}

// TemplateOptions change how a template is compiled and what it writes. The zero value is the default.
type TemplateOptions struct {
	// TimeZone is where dates are: an IANA name or an offset; "" is UTC.
	TimeZone string
	// Currency is that of the filter money without an argument, an ISO 4217 code.
	Currency string
	// AsOf is what ago and in_days count from; without it they are refused.
	AsOf time.Time
	// StrictCEL asks for exactly CEL's typing and IEEE comparisons.
	StrictCEL bool
	// Limits are how much the template may cost.
	Limits *Limits
}

// CompileTemplate compiles a template over variables. An error has the line and column of the fault.
// Close the template when done.
func CompileTemplate(text string, variables []Variable, options ...TemplateOptions) (*Template, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	given := first(options)
	var p packer
	defer p.pins.Unpin()
	to := C.churn_expression_options{
		struct_size: C.sizeof_churn_expression_options,
		flags:       C.CHURN_EXPRESSION_TEMPLATE,
		limits:      p.limits(given.Limits),
		time_zone:   p.str(given.TimeZone),
		currency:    p.str(given.Currency),
	}
	if given.StrictCEL {
		to.flags |= C.CHURN_EXPRESSION_STRICT_CEL
	}
	if !given.AsOf.IsZero() {
		to.as_of = C.churn_time(given.AsOf.UnixMicro())
	}
	var packed *C.churn_variable
	if len(variables) > 0 {
		packed = p.variables(variables)
	}
	var out *C.churn_expression
	why := newError()
	status := C.churn_expression_compile(chars(text), C.size_t(len(text)), packed, C.uint32_t(len(variables)), &to, &out, &why)
	if status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return &Template{newExpression(out, variables)}, nil
}

// Close frees the template. It may be called again and always returns nil.
func (t *Template) Close() error { return t.expression.Close() }

// Text returns the text that the template was compiled from.
func (t *Template) Text() string { return t.expression.Text() }

// Uses tells whether the template reads a variable.
func (t *Template) Uses(variable string) bool { return t.expression.Uses(variable) }

// Render gives the text for one record, which is as in [Expression.Evaluate]. A text that grows longer
// than the limit string_bytes gives an *[EvaluationError].
func (t *Template) Render(record any) (string, error) {
	text, err := t.expression.Evaluate(record)
	if err != nil {
		return "", err
	}
	return text.(string), nil
}

// RenderColumns gives the texts for many rows, as [Expression.EvaluateColumns] gives values.
func (t *Template) RenderColumns(ctx context.Context, columns Columns) (*Table, error) {
	return t.expression.EvaluateColumns(ctx, columns)
}

// TemplateFilters lists the filters of templates: a table of name, takes, arguments, doc, example and
// shows.
func TemplateFilters() (*Table, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var out *C.churn_table
	why := newError()
	if status := C.churn_template_filters(&out, &why); status != C.CHURN_OK {
		return nil, failure(status, why)
	}
	return takeTable(out), nil
}

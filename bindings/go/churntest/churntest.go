// SPDX-License-Identifier: MIT

// Package churntest runs the tests that a playbook carries as tests of Go:
//
//	func TestPlaybook(t *testing.T) {
//		churntest.Run(t, "saas.yaml")
//	}
//
// Each test and each case is a subtest with its own name, so that
//
//	go test -run 'TestPlaybook/failed_payments'
//
// runs it alone.
package churntest

import (
	"fmt"
	"strings"
	"testing"

	churn "github.com/libchurn/libchurn/bindings/go"
)

// Run compiles a playbook and runs each of its tests as a subtest.
func Run(t *testing.T, path string, options ...churn.PlaybookOptions) {
	t.Helper()
	playbook, err := churn.LoadPlaybook(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer playbook.Close()
	RunPlaybook(t, path, playbook)
}

// RunPlaybook runs each test of a playbook as a subtest; name is what failures say of where it stands.
func RunPlaybook(t *testing.T, name string, playbook *churn.Playbook) {
	t.Helper()
	contents, err := playbook.Contents()
	if err != nil {
		t.Fatal(err)
	}
	for row := range contents.Rows() {
		if row.String("sort") != "test" {
			continue
		}
		test := row.String("id")
		t.Run(test, func(t *testing.T) {
			for _, failure := range Failures(t, name, playbook, test) {
				t.Error(failure)
			}
		})
	}
}

// Failures runs one test and says what was not met: a text each, with the line of the expectation, and
// below it why the value is what it is.
func Failures(t testing.TB, name string, playbook *churn.Playbook, test string) []string {
	t.Helper()
	result, err := playbook.Test(test)
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for row := range result.Expectations.Rows() {
		if !row.Bool("passed") {
			failures = append(failures, failure(name, row))
		}
	}
	return failures
}

func failure(name string, row churn.Row) string {
	place := fmt.Sprintf("%s:%d: ", name, row.Int("line"))
	if row.String("what") == "" {
		return place + "the test cannot be run: " + row.String("message")
	}
	if !row.IsNull("customer") {
		place += row.String("customer") + ": "
	}
	said := fmt.Sprintf("%s%s: expected %s, got %s", place, row.String("what"), row.String("expected"), row.String("got"))
	if row.IsNull("message") {
		return said
	}
	return said + "\n    " + strings.ReplaceAll(row.String("message"), "\n", "\n    ")
}

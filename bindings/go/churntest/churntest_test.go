// SPDX-License-Identifier: MIT

package churntest_test

import (
	"strings"
	"testing"

	churn "github.com/libchurn/libchurn/bindings/go"
	"github.com/libchurn/libchurn/bindings/go/churntest"
)

func TestSamplePlaybook(t *testing.T) {
	churntest.Run(t, "../../../examples/playbooks/saas.yaml")
}

const wrong = `
churn: 1
name: wrong
time_zone: UTC
metrics: [{id: logins, agg: count, event: login, window: 28d, history: clip}]
scores:
- id: health
  groups: [{id: use, factors: [{metric: logins, curve: [[0, 0], [10, 100]]}]}]
  bands: {good: 50, bad: 0}
tests:
- name: logins
  given: {customers: {acme: {events: [{type: login, at: 2026-01-10, times: $n, every: 1h}]}}}
  as_of: 2026-01-20
  expect: {acme: {health.score: {at_least: 50}}}
  cases: [{n: 4}, {n: 5}]
- name: no record
  given: {surveys: [{kind: nonsense, at: 2026-01-01, score: 1}]}
  as_of: 2026-01-20
  expect: {health.score: 0}
`

func TestFailuresSayWhere(t *testing.T) {
	playbook, err := churn.ParsePlaybook(wrong)
	if err != nil {
		t.Fatal(err)
	}
	defer playbook.Close()
	for test, want := range map[string]string{
		"logins [row 1]": "w.yaml:14: acme: health.score: expected at least 50, got 40\n    health is made of\n",
		"logins [row 2]": "",
		"no record":      "w.yaml:17: the test cannot be run: ",
	} {
		got := strings.Join(churntest.Failures(t, "w.yaml", playbook, test), "\n")
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", test, got)
		}
	}
}

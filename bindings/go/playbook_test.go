// SPDX-License-Identifier: MIT

package churn

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const samplePlaybook = "../../examples/playbooks/saas.yaml"

func TestPlaybooksKnowThemselves(t *testing.T) {
	playbook := must[*Playbook](t)(LoadPlaybook(samplePlaybook))
	defer playbook.Close()
	equal(t, "name", must[string](t)(playbook.Name()), "saas")
	equal(t, "zone", must[string](t)(playbook.TimeZone()), "Europe/Budapest")
	equal(t, "interval", must[time.Duration](t)(playbook.Interval()), 24*time.Hour)
	contents := must[*Table](t)(playbook.Contents())
	if !slices.Contains(contents.Strings("id"), "low_health") {
		t.Fatal(contents.Strings("id"))
	}
	factors := must[*Table](t)(playbook.Factors())
	if !slices.Contains(factors.Strings("of"), "logins_28d") {
		t.Fatal(factors.Strings("of"))
	}
	if must[uint64](t)(playbook.Memory()) == 0 {
		t.Fatal("a playbook takes memory")
	}
	text := must[[]byte](t)(os.ReadFile(samplePlaybook))
	again := must[*Playbook](t)(ParsePlaybook("# a comment\n" + string(text)))
	defer again.Close()
	equal(t, "hash", must[uint64](t)(again.Hash()), must[uint64](t)(playbook.Hash()))
}

func TestPlaybooksReadTimesInTheirZone(t *testing.T) {
	playbook := must[*Playbook](t)(LoadPlaybook(samplePlaybook))
	defer playbook.Close()
	at := must[time.Time](t)(playbook.Time("2026-02-01"))
	equal(t, "midnight in Budapest", at, time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC))
	equal(t, "as text", must[string](t)(playbook.TimeText(at)), "2026-02-01")
	noon := must[string](t)(playbook.TimeText(at.Add(12 * time.Hour)))
	if !strings.HasPrefix(noon, "2026-02-01") || !strings.Contains(noon, "12:00") {
		t.Fatal(noon)
	}
	_, err := playbook.Time("yesterday")
	wantStatus(t, err, ErrParse)
	_, err = playbook.TimeText(time.Time{})
	wantStatus(t, err, ErrRange)
}

func TestPlaybookErrorsHoldEveryFinding(t *testing.T) {
	text := strings.Replace(smallPlaybook, "{metric: logins_28d, weight: 1", "{metric: login_28d, weight: 1", 1)
	text = strings.Replace(text, "play: call", "play: cal", 1)
	_, err := ParsePlaybook(text, PlaybookOptions{File: "mine.yaml"})
	var why *PlaybookError
	if !errors.As(err, &why) || !errors.Is(err, ErrConfig) {
		t.Fatal(err)
	}
	var plain *Error
	if !errors.As(err, &plain) || plain.Line == 0 {
		t.Fatal(err)
	}
	suggestions := map[string]bool{}
	for _, d := range why.Diagnostics {
		if d.Severity == "error" {
			equal(t, "file", d.File, "mine.yaml")
			suggestions[d.Suggestion] = true
		}
		if d.Line == 0 || d.Column == 0 || d.Message == "" || !strings.HasPrefix(d.Code, "CH") {
			t.Errorf("%+v", d)
		}
	}
	if !suggestions["logins_28d"] || !suggestions["call"] {
		t.Fatal(suggestions, why.Diagnostics)
	}
}

func TestTextsThatAreNoPlaybooks(t *testing.T) {
	for text, status := range map[string]Status{
		"":           ErrParse,
		"a: [":       ErrParse,
		"\xff\xfe\n": ErrUTF8,
		"churn: 1\nname: x\n" + strings.Repeat("a: {", 5) + strings.Repeat("}", 5): ErrConfig,
	} {
		_, err := ParsePlaybook(text)
		var why *PlaybookError
		if !errors.As(err, &why) {
			t.Errorf("%q: %v", text, err)
		}
		if !errors.Is(err, status) {
			t.Errorf("%q: got %v (%v), want %v", text, err, why.Err.Status, status)
		}
	}
	_, err := ParsePlaybook(smallPlaybook, PlaybookOptions{Limits: &Limits{PlaybookBytes: 10}})
	wantStatus(t, err, ErrLimit)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := LoadPlaybook(filepath.Join(t.TempDir(), "none.yaml"))
	wantStatus(t, err, ErrIO)
	var why *PlaybookError
	if errors.As(err, &why) {
		t.Fatal("a file that is not there has no findings")
	}
	_, err = LoadPlaybook("a\x00b")
	wantStatus(t, err, ErrArgument)
}

func TestTheSchemaIsJSON(t *testing.T) {
	schema := must[[]byte](t)(PlaybookSchema())
	if !json.Valid(schema) || !bytes.Contains(schema, []byte("draft-07")) {
		t.Fatalf("%.80s", schema)
	}
}

func TestPlaybooksTestThemselves(t *testing.T) {
	playbook := must[*Playbook](t)(LoadPlaybook(samplePlaybook))
	defer playbook.Close()
	result := must[*PlaybookTest](t)(playbook.Test())
	if result.Passed == 0 || result.Failed != 0 {
		for row := range result.Expectations.Rows() {
			if !row.Bool("passed") {
				t.Log(row.String("test"), row.String("what"), row.String("message"))
			}
		}
		t.Fatal(result.Passed, result.Failed)
	}
	wrong := must[*Playbook](t)(ParsePlaybook(strings.Replace(smallPlaybook, "metric.logins_28d: 0", "metric.logins_28d: 1", 1)))
	defer wrong.Close()
	equal(t, "failed", must[*PlaybookTest](t)(wrong.Test()).Failed, 1)
}

func TestPlaybooksAreCompared(t *testing.T) {
	const text = "churn: 1\nname: x\nattributes: {seats: number}\nsegments:\n- {id: a, when: 'customer.seats == 0.5'}\n"
	if _, err := ParsePlaybook(text, PlaybookOptions{Strict: true}); err == nil {
		t.Fatal("a warning is no error")
	}
	before, err := ParsePlaybook(text, PlaybookOptions{NoLints: true})
	if err != nil || len(before.Warnings()) != 0 {
		t.Fatal(err)
	}
	defer before.Close()
	after, err := ParsePlaybook(strings.Replace(text, "==", "<", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	table, err := before.Diff(after)
	if err != nil || table.Len() != 1 {
		t.Fatal(table, err)
	}
	for row := range table.Rows() {
		if row.String("key") != "when" || row.String("after") != "customer.seats < 0.5" {
			t.Fatal(row)
		}
	}
	said := must[string](t)(before.DiffText(after))
	equal(t, "text", said, "~ segment a: when customer.seats == 0.5 -> customer.seats < 0.5\n")
	equal(t, "text of none", must[string](t)(before.DiffText(before)), "no changes\n")
}

func TestPlaybooksRunOneTest(t *testing.T) {
	playbook := must[*Playbook](t)(LoadPlaybook(samplePlaybook))
	defer playbook.Close()
	result := must[*PlaybookTest](t)(playbook.Test("two weeks without a first login"))
	equal(t, "expectations", result.Passed, 3)
	_, err := playbook.Test("two weeks without a frist login")
	wantStatus(t, err, ErrNotFound)
}

// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	churn "github.com/libchurn/libchurn/bindings/go"
)

const root = "../../../../"

func reviewAt(t *testing.T, date string, more ...string) []byte {
	t.Helper()
	var out, log bytes.Buffer
	args := append([]string{"--data", root + "examples/data", "--playbook", root + "examples/playbooks/saas.yaml",
		"--as-of", date}, more...)
	if err := run(args, &out, &log); err != nil {
		t.Fatal(err, log.String())
	}
	if alive := churn.LiveHandles(); alive != 0 {
		t.Fatalf("%d handles are alive", alive)
	}
	return out.Bytes()
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	gots, wants := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(gots), len(wants)) {
		if !bytes.Equal(gots[i], wants[i]) {
			t.Fatalf("%s: line %d:\n got %s\nwant %s", what, i+1, gots[i], wants[i])
		}
	}
	if len(gots) != len(wants) {
		t.Fatalf("%s: %d lines, want %d", what, len(gots), len(wants))
	}
}

// The file was written by examples/review.c.
func TestTheReviewIsThatOfTheCProgram(t *testing.T) {
	want, err := os.ReadFile(root + "tests/golden/review.txt")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "review", reviewAt(t, "2026-02-01"), want)
}

func TestAReviewGoesOnFromItsState(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.bin")
	at := func(date string) []byte { return reviewAt(t, date, "--state", state, "--from", "2025-11-01") }
	at("2025-12-01")
	later := at("2026-02-01")
	same(t, "in two steps", later, reviewAt(t, "2026-02-01", "--from", "2025-11-01"))
	same(t, "again", at("2026-02-01"), later)
	same(t, "back", at("2025-12-01"), reviewAt(t, "2025-12-01", "--from", "2025-11-01"))
}

func TestFaults(t *testing.T) {
	var out, log bytes.Buffer
	if err := run(nil, &out, &log); !errors.Is(err, flag.ErrHelp) || log.Len() == 0 {
		t.Fatal(err)
	}
	err := run([]string{"--data", "x", "--playbook", "none.yaml", "--as-of", "2026-02-01"}, &out, &log)
	if !errors.Is(err, churn.ErrIO) {
		t.Fatal(err)
	}
	if out.Len() != 0 || churn.LiveHandles() != 0 {
		t.Fatal(out.String(), churn.LiveHandles())
	}
}

func TestText(t *testing.T) {
	for value, want := range map[float64]string{0: "0.00", -0.005: "-0.01", 1234567.891: "1,234,567.89", 999.995: "1,000.00"} {
		if got := number(value, 2); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := right("–", 3) + left("é", 2) + "|"; got != "  –é |" {
		t.Error(got)
	}
	hundredths, sum := addUp([]int64{3333, 3333, 3334, -15000})
	total := int64(0)
	for _, h := range hundredths {
		total += h
	}
	if total != sum || sum != 0 {
		t.Error(hundredths, sum)
	}
	if yearBefore("2024-02-29") != "2023-02-28" {
		t.Error(yearBefore("2024-02-29"))
	}
}

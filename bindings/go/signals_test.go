// SPDX-License-Identifier: MIT

package churn

import (
	"errors"
	"math"
	"testing"
)

func TestSignalsOnArrays(t *testing.T) {
	// stats of github.com/deepcharles/ruptures, pull request 383: one piece is best
	table, err := ChangePoints([]float64{0, 1, 0, 0, 1}, ChangeOptions{MinSize: 2, Penalty: 0.1})
	check(t, err)
	if table.Len() != 1 || math.Abs(table.Floats("rss")[0]-1.2) > 1e-15 {
		t.Errorf("change points: %d rows, rss %v", table.Len(), table.Floats("rss"))
	}
	target := 99.0
	sums, err := Cusum([]float64{102, 94.8, 98.3}, CusumOptions{Target: &target, Slack: 1, Limit: 10})
	check(t, err)
	if got := sums.Floats("above"); got[0] != 2 || got[1] != 0 {
		t.Errorf("cusum: above %v", got)
	}
	values := make([]float64, 40)
	for i := range values {
		values[i] = float64(i * 7 % 5)
	}
	values[30] = 50
	found, err := Anomalies(Series{Values: values})
	check(t, err)
	if found.Len() != 1 || found.Ints("index")[0] != 30 || found.Strings("kind")[0] != "spike" {
		t.Errorf("anomalies: %v %v", found.Ints("index"), found.Strings("kind"))
	}
	all, err := Anomalies(Series{Values: values}, AnomalyOptions{All: true})
	check(t, err)
	if all.Len() != len(values) {
		t.Errorf("all: %d rows", all.Len())
	}
	if _, err := Anomalies(Series{Kind: SeriesShare, Values: values}); !errors.Is(err, ErrArgument) {
		t.Errorf("without trials: %v", err)
	}
	if _, err := ChangePoints([]float64{math.Inf(1)}); !errors.Is(err, ErrRange) {
		t.Errorf("infinite: %v", err)
	}
	if none, err := ChangePoints(nil); err != nil || none.Len() != 0 {
		t.Errorf("nothing: %v", err)
	}
}

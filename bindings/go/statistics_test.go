// SPDX-License-Identifier: MIT

package churn

import (
	"errors"
	"math"
	"testing"
)

// Maintained and non-maintained chemotherapy (Miller 1981), R's data set aml.
var aml = SurvivalData{
	Time:  []float64{9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45},
	Event: []int32{1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1},
	Group: []string{"m", "m", "m", "m", "m", "m", "m", "m", "m", "m", "m", "n", "n", "n", "n", "n", "n", "n", "n", "n", "n",
		"n", "n"},
}

func number(t *testing.T, table *Table, row int, name string) float64 {
	t.Helper()
	if !table.Has(name) || table.Len() <= row {
		t.Fatalf("there is no %s of row %d", name, row)
	}
	return table.Floats(name)[row]
}

func TestSurvivalOfLeukaemia(t *testing.T) {
	table, err := SurvivalTest(aml)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, table, 0, "chi2"); math.Abs(got-3.3963886989776) > 1e-9 {
		t.Errorf("chi2 is %v", got)
	}
	summary, err := SurvivalSummary(aml, SurvivalOptions{Interval: IntervalLog, Horizon: 30})
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, summary, 1, "median"); got != 23 {
		t.Errorf("the median is %v", got)
	}
	if got := number(t, summary, 0, "restricted_mean"); math.Abs(got-24.6022727272727) > 1e-9 {
		t.Errorf("the mean is %v", got)
	}
	curve, err := Survival(aml, SurvivalOptions{Times: []float64{10, 20}})
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, curve, 0, "survival"); math.Abs(got-10.0/11) > 1e-12 {
		t.Errorf("S(10) is %v", got)
	}
	quantiles, err := SurvivalQuantiles(aml, []float64{0.5})
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, quantiles, 0, "time"); got != 31 {
		t.Errorf("the median is %v", got)
	}
	risks, err := CompetingRisks(aml)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, risks, 0, "incidence"); math.Abs(got-1.0/11) > 1e-12 {
		t.Errorf("the incidence is %v", got)
	}
}

func TestSurvivalRefuses(t *testing.T) {
	if _, err := Survival(SurvivalData{Time: []float64{1, 2}, Event: []int32{1}}); !errors.Is(err, ErrArgument) {
		t.Errorf("columns of different lengths: %v", err)
	}
	_, err := Survival(SurvivalData{Time: []float64{1, -2}})
	var why *Error
	if !errors.As(err, &why) || why.Row != 1 || !errors.Is(err, ErrRange) {
		t.Errorf("a negative time: %v", err)
	}
}

func TestProportions(t *testing.T) {
	table, err := Proportion([]int64{3}, []int64{10}, ClopperPearson, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, table, 0, "low"); math.Abs(got-0.0872644339141503) > 1e-9 {
		t.Errorf("low is %v", got)
	}
	table, err = ProportionDifference(56, 70, 48, 80, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, table, 0, "low"); math.Abs(got-0.0524) > 5e-5 {
		t.Errorf("low is %v", got)
	}
	table, err = PoissonRate([]int64{0}, []float64{10}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := number(t, table, 0, "high"); math.Abs(got-0.368887945411394) > 1e-9 {
		t.Errorf("high is %v", got)
	}
	if _, err := PoissonRate([]int64{0}, nil, 0); !errors.Is(err, ErrArgument) {
		t.Errorf("events without exposures: %v", err)
	}
	if _, err := Proportion(nil, []int64{1}, Wilson, 0); !errors.Is(err, ErrArgument) {
		t.Errorf("trials without successes: %v", err)
	}
}

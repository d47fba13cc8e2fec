// SPDX-License-Identifier: MIT

package churn

import "testing"

func TestSurvivalOfAnEngine(t *testing.T) {
	engine := openFigures(t)
	// acme and coda are still there, blue left on day 100 after 2025-12-05
	curve := must[*Table](t)(engine.Survival(figuresTo, StayOptions{SurvivalOptions: SurvivalOptions{Times: []float64{99, 100}}}))
	same(t, "columns", curve.Columns(), "time", "n_risk", "n_event", "n_censored", "n_entered", "survival", "se", "low", "high",
		"cumulative_hazard", "ch_se", "ch_low", "ch_high")
	same(t, "survival", curve.Floats("survival"), 1, 0.5)
	by := StayOptions{By: []string{"plan"}, Months: true, AllLives: true}
	summary := must[*Table](t)(engine.SurvivalSummary(figuresTo, by))
	same(t, "plans", summary.Strings("plan"), "solo", "team")
	same(t, "events", summary.Floats("events"), 0, 1)
	tested := must[*Table](t)(engine.SurvivalTest(figuresTo, by))
	same(t, "observed", tested.Floats("observed"), 0, 1)
	risks := must[*Table](t)(engine.CompetingRisks(figuresTo))
	equal(t, "kind", risks.Strings("kind")[0], "voluntary")
	late := must[*Table](t)(engine.SurvivalSummary(figuresTo, StayOptions{From: day("2026-03-20")}))
	same(t, "watched later", late.Floats("events"), 0)
	lives := must[*Table](t)(engine.SurvivalSummary(figuresTo, StayOptions{Subscriptions: true}))
	same(t, "subscriptions", lives.Floats("n"), 3)
}

func TestSurvivalOfAnEngineRefuses(t *testing.T) {
	engine := openFigures(t)
	_, err := engine.Survival(figuresTo, StayOptions{By: []string{"churn.reason"}})
	wantStatus(t, err, ErrArgument)
	_, err = engine.Survival(figuresTo, StayOptions{SurvivalOptions: SurvivalOptions{Level: 1.5}})
	wantStatus(t, err, ErrRange)
	_, err = engine.Survival(figuresTo, StayOptions{Policy: "strype"})
	wantStatus(t, err, ErrNotFound)
}

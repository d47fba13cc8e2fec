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

var background = context.Background()

func TestPureQuestions(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	metrics := must[*Table](t)(engine.Metrics(at))
	equal(t, "metrics", strings.Join(metrics.Columns(), " "), "customer logins_28d mrr")
	equal(t, "customers", strings.Join(metrics.Strings("customer"), " "), "acme bolt")
	equal(t, "logins", metrics.Row(0).Float("logins_28d"), 4)
	equal(t, "mrr", metrics.Row(1).Float("mrr"), 50)

	scores := must[*Table](t)(engine.Scores(at))
	equal(t, "score", scores.Row(0).Float("value"), 100)
	equal(t, "band", scores.Row(1).String("band"), "red")
	one := must[*Table](t)(engine.Scores(at, Query{Customer: "bolt", Score: "health"}))
	equal(t, "one", one.Len(), 1)
	two := must[*Table](t)(engine.ScoresAt([]time.Time{day("2026-01-21"), at}))
	equal(t, "rows", two.Len(), 4)
	equal(t, "date", two.Row(1).Time("as_of"), at)
	equal(t, "before", two.Row(0).Float("value"), 25)

	lines := must[*Table](t)(engine.Explain("acme", at))
	sum := 0.0
	for row := range lines.Rows() {
		if !row.IsNull("contribution") {
			sum += row.Float("contribution")
		}
	}
	equal(t, "first line", lines.Row(0).String("kind"), "baseline")
	if math.Abs(sum-100) > 1e-9 {
		t.Fatal(sum)
	}
	many := must[*Table](t)(engine.MetricsAt([]time.Time{day("2026-01-21"), at}, Query{Customer: "acme"}))
	equal(t, "then", many.Row(0).Float("logins_28d"), 1)
	equal(t, "missing", must[*Table](t)(engine.Missing(at)).Len(), 0)
	equal(t, "disagreements", must[*Table](t)(engine.Disagreements(at)).Len(), 0)
}

func TestAnswersAboutMetrics(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	said := must[*Table](t)(engine.Metrics(at, Query{Reasons: true}))
	equal(t, "columns", strings.Join(said.Columns(), " "), "customer logins_28d logins_28d.reason mrr mrr.reason")
	equal(t, "reason", said.Row(0).IsNull("mrr.reason"), true)
	quality := must[*Table](t)(engine.Quality(at))
	equal(t, "metrics", strings.Join(quality.Strings("metric"), " "), "logins_28d mrr")
	equal(t, "valid", quality.Row(0).Int("valid"), 2)
	_, err := engine.Scores(at, Query{Reasons: true})
	wantStatus(t, err, ErrArgument)
}

func TestOneCustomer(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	one := must[*CustomerAnswer](t)(engine.Customer("acme", at))
	equal(t, "exists", one.Exists, true)
	equal(t, "churned", one.Churned, false)
	equal(t, "metric", one.Metric("logins_28d").Value, any(4.0))
	equal(t, "reason", one.Metric("logins_28d").Reason, "")
	equal(t, "score", *one.Score("health"), ScoreValue{ID: "health", Known: true, Value: 100, Band: one.Score("health").Band,
		Coverage: 1, Low: 100, High: 100, Certain: true, Card: "default"})
	if one.Metric("none") != nil || one.Score("none") != nil {
		t.Fatal("found what is not there")
	}
	before := must[*CustomerAnswer](t)(engine.Customer("acme", day("1999-01-01")))
	equal(t, "before", before.Exists, false)
	equal(t, "nothing", len(before.Metrics)+len(before.Scores)+len(before.Segments), 0)
	_, err := engine.Customer("nobody", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Customer("acme", time.Time{}.AddDate(-10, 0, 0))
	wantStatus(t, err, ErrRange)
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Customer("acme", at); err == nil {
		t.Fatal("a closed engine answered")
	}
}

func TestExplainLines(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	kinds := []string{"baseline", "factor", "cap", "floor", "override", "missing"}
	for _, options := range []ExplainOptions{{}, {Score: "health", Baseline: BaselineNumber, Value: 12.5}, {Baseline: BaselineBook}} {
		table := must[*Table](t)(engine.Explain("acme", at, options))
		lines := must[*ExplainedLines](t)(engine.ExplainLines("acme", at, options))
		equal(t, "lines", len(lines.Lines), table.Len())
		sum := int64(0)
		for i, line := range lines.Lines {
			row := table.Row(i)
			equal(t, "kind", kinds[line.Kind], row.String("kind"))
			equal(t, "name", line.Name, row.String("name"))
			equal(t, "group", line.Group, row.String("group"))
			equal(t, "metric", line.Metric, row.String("metric"))
			equal(t, "points", line.Points, row.Float("points"))
			equal(t, "contribution", line.Contribution, row.Float("contribution"))
			equal(t, "micros", float64(line.Micros)/1e6, line.Contribution)
			sum += line.Micros
		}
		equal(t, "sum", float64(sum)/1e6, lines.Score)
		equal(t, "score", lines.Score, 100.0)
		equal(t, "known", lines.Known && lines.Certain, true)
		equal(t, "card", lines.Card, "default")
	}
	_, err := engine.ExplainLines("nobody", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.ExplainLines("acme", at, ExplainOptions{Score: "wealth"})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.ExplainLines("acme", at, ExplainOptions{Baseline: BaselineNumber, Value: 101})
	wantStatus(t, err, ErrRange)
}

func TestQuestionsThatHaveNoAnswer(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	_, err := engine.Metrics(at, Query{Customer: "nobody"})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Scores(at, Query{Score: "wealth"})
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Explain("nobody", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Explain("", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.MetricsAt([]time.Time{at, day("2026-01-01")})
	wantStatus(t, err, ErrRange)
	_, err = engine.AtRisk(at, Query{Limit: -1})
	wantStatus(t, err, ErrArgument)
	_, err = engine.KPI([]string{"mr"}, day("2026-01-01"), at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Replay(background, at, at, -time.Second)
	wantStatus(t, err, ErrRange)
	_, err = engine.Actions(ActionOptions{Limit: -1})
	wantStatus(t, err, ErrArgument)
	_, err = NewEngine(nil, nil)
	wantStatus(t, err, ErrArgument)
	wantStatus(t, engine.SetPlaybook(nil), ErrArgument)
}

func TestFigures(t *testing.T) {
	engine := openEngine(t)
	from, to := day("2025-12-01"), day("2026-02-01")
	table := must[*Table](t)(engine.KPI([]string{"mrr", "customers"}, from, to, KPIOptions{Every: EveryMonth}))
	equal(t, "rows", table.Len(), 4)
	equal(t, "mrr", table.Row(0).Float("value"), 150)
	equal(t, "customers", table.Row(3).Float("value"), 2)
	equal(t, "start", table.Row(1).Time("period_start"), day("2026-01-01"))
	all := must[*Table](t)(engine.KPI(nil, from, to))
	if all.Len() < 10 {
		t.Fatal(all.Len())
	}
	sum := int64(0)
	for row := range must[*Table](t)(engine.Movements(day("2024-01-01"), to, LedgerOptions{AsOf: to, Split: SplitPlan})).Rows() {
		sum += row.Int("amount")
	}
	equal(t, "movements", sum, 15000)
	proof := must[*Table](t)(engine.Reconciliation(day("2024-01-01"), to, LedgerOptions{Policy: "stripe", Split: SplitCustomer}))
	equal(t, "end", proof.Row(0).Int("end"), 15000)
	equal(t, "difference", proof.Row(0).Int("difference"), 0)
	both := must[*Table](t)(engine.ComparePolicies([]string{"", "stripe"}, []string{"mrr"}, from, to))
	equal(t, "policies", both.Len(), 2)
	equal(t, "difference", both.Row(1).Float("difference"), 0)
}

func TestAdvancingFillsTheOutbox(t *testing.T) {
	engine := openEngine(t)
	equal(t, "before", must[time.Time](t)(engine.AsOf()).IsZero(), true)
	at := day("2026-02-01")
	run := must[*Run](t)(engine.Advance(background, at))
	equal(t, "customers", run.Customers, 2)
	equal(t, "fired", run.Fired, 1)
	equal(t, "actions", run.Actions, 1)
	equal(t, "as of", run.AsOf, at)
	equal(t, "after", must[time.Time](t)(engine.AsOf()), at)
	equal(t, "summary", must[*Table](t)(engine.RunSummary()).Row(0).String("trigger"), "quiet")
	equal(t, "episode", must[*Table](t)(engine.Episodes()).Row(0).String("customer"), "bolt")
	risks := must[*Table](t)(engine.AtRisk(at, Query{Limit: 1}))
	equal(t, "at risk", risks.Row(0).String("customer"), "bolt")
	equal(t, "bands", run.BandChanges+run.Unexplained, 0)
	bands := must[*Table](t)(engine.BandChanges(BandChangeOptions{Customer: "bolt", Since: at}))
	equal(t, "first bands", bands.Len(), 1)
	equal(t, "kind", bands.Row(0).String("kind"), "first")
	equal(t, "no first bands", must[*Table](t)(engine.BandChanges(BandChangeOptions{NoFirst: true})).Len(), 0)
	trends := must[*Table](t)(engine.Trends(at, Query{Customer: "bolt"}))
	equal(t, "trend of", trends.Row(0).String("score"), bands.Row(0).String("score"))

	actions := must[*Table](t)(engine.Actions())
	equal(t, "waiting", actions.Len(), 1)
	action := actions.Row(0)
	equal(t, "title", action.String("title"), "Call Bolt")
	equal(t, "owner", action.String("owner"), "ana")
	equal(t, "due", action.Time("due"), day("2026-02-03"))
	id := action.String("id")
	err := engine.Acknowledge(id, strings.Repeat("0", 32))
	var why *Error
	if !errors.As(err, &why) || why.Status != ErrNotFound || why.Row != 1 {
		t.Fatal(err)
	}
	check(t, engine.Acknowledge(id))
	check(t, engine.Acknowledge())
	equal(t, "waiting", must[*Table](t)(engine.Actions()).Len(), 0)
	equal(t, "open", must[*Table](t)(engine.Actions(ActionOptions{Which: ActionsOpen})).Len(), 1)
	check(t, engine.Complete(id, "done", day("2026-02-02")))
	wantStatus(t, engine.Complete(id, "failed", day("2026-02-02")), ErrExists)
	wantStatus(t, engine.Complete("x", "done", at), ErrNotFound)
	wantStatus(t, engine.Complete(id, "lost", day("2026-02-02")), ErrRange)
	all := must[*Table](t)(engine.Actions(ActionOptions{Which: ActionsAll, Limit: 1}))
	equal(t, "state", all.Row(0).String("state"), "done")
	_, err = engine.Advance(background, day("2026-01-01"))
	wantStatus(t, err, ErrRange)
	if must[uint64](t)(engine.Memory()) == 0 {
		t.Fatal("an engine takes memory")
	}
}

func TestStateGoesOnWhereItStopped(t *testing.T) {
	whole, first := openEngine(t), openEngine(t)
	from, middle, to := day("2026-01-01"), day("2026-02-01"), day("2026-03-01")
	runs := must[*Table](t)(whole.Replay(background, from, to, 0))
	equal(t, "runs", runs.Len(), 60)
	must[*Table](t)(first.Replay(background, from, middle, 24*time.Hour))
	saved := must[[]byte](t)(first.Save())
	store := openEngineStore(t)
	second := must[*Engine](t)(LoadEngine(saved, openSmall(t), store))
	defer second.Close()
	must[*Table](t)(second.Replay(background, middle, to, 0))
	equal(t, "hash", must[uint64](t)(second.Hash()), must[uint64](t)(whole.Hash()))
	want, got := must[*Table](t)(whole.Actions()).Strings("id"), must[*Table](t)(second.Actions()).Strings("id")
	equal(t, "actions", strings.Join(got, " "), strings.Join(want, " "))
	for _, damaged := range [][]byte{nil, saved[:len(saved)-1], append([]byte{1}, saved[1:]...)} {
		_, err := LoadEngine(damaged, openSmall(t), store)
		wantStatus(t, err, ErrCorrupt)
	}
}

func TestWarmingUpMovesTriggersAlone(t *testing.T) {
	engine := openEngine(t)
	equal(t, "runs", must[*Table](t)(engine.WarmUp(background, day("2026-01-30"), day("2026-02-01"))).Len(), 3)
	equal(t, "actions", must[*Table](t)(engine.Actions()).Len(), 0)
	equal(t, "episodes", must[*Table](t)(engine.Episodes()).Len(), 1)
	run := must[*Run](t)(engine.Advance(background, day("2026-02-02"), AdvanceOptions{NoActions: true}))
	equal(t, "actions", run.Actions, 0)
}

func TestAChangedPlaybookIsTakenUp(t *testing.T) {
	engine := openEngine(t)
	must[*Run](t)(engine.Advance(background, day("2026-02-01")))
	text := strings.Replace(smallPlaybook, "{id: quiet, when", "{id: silent, when", 1)
	changed := must[*Playbook](t)(ParsePlaybook(text))
	check(t, engine.SetPlaybook(changed))
	check(t, changed.Close())
	must[*Run](t)(engine.Advance(background, day("2026-02-02")))
	episodes := must[*Table](t)(engine.Episodes())
	equal(t, "reason", episodes.Row(0).String("reason"), "rule_removed")
	other := must[*Playbook](t)(ParsePlaybook(strings.Replace(smallPlaybook, "name: small", "name: big", 1)))
	defer other.Close()
	wantStatus(t, engine.SetPlaybook(other), ErrConfig)
	wantStatus(t, engine.SetPlaybook(changed), ErrState)
}

func TestZonesMustAgree(t *testing.T) {
	playbook := must[*Playbook](t)(LoadPlaybook(samplePlaybook))
	defer playbook.Close()
	store := openStore(t)
	must[*LoadReport](t)(store.Add(KindEvent, Columns{"customer": acmeName, "type": []string{"login"}, "at": []string{"2026-01-01 09:00"}}))
	_, err := NewEngine(playbook, store)
	wantStatus(t, err, ErrConfig)
	zoned := openStore(t, StoreOptions{TimeZone: must[string](t)(playbook.TimeZone())})
	engine := must[*Engine](t)(NewEngine(playbook, zoned, EngineOptions{Seed: 7}))
	check(t, engine.Close())
}

func TestReference(t *testing.T) {
	engine := openEngine(t)
	at := day("2026-02-01")
	made := must[Reference](t)(engine.Reference("logins_28d", at, ReferenceOptions{Name: "mine"}))
	equal(t, "values", made.Table.Len(), 2)
	equal(t, "most", made.Table.Row(1).Float("value"), 4)
	equal(t, "text", made.Text, "  # Of all customers: 2 values, exact.\n  mine:\n    metric: logins_28d\n"+
		"    made_at: 2026-02-01T00:00:00Z\n    values: [0, 4]\n")
	_, err := engine.Reference("nobody", at)
	wantStatus(t, err, ErrNotFound)
	_, err = engine.Reference("logins_28d", at, ReferenceOptions{MaxValues: -1})
	wantStatus(t, err, ErrRange)
}

func TestExplanationsOfScores(t *testing.T) {
	engine := openEngine(t)
	before, at := day("2026-01-21"), day("2026-02-01")
	lines := must[*Table](t)(engine.Explain("acme", at, ExplainOptions{Score: "health", Baseline: BaselineNumber, Value: 20}))
	equal(t, "baseline", lines.Row(0).Float("contribution"), 20)
	equal(t, "events", lines.Row(1).Int("events"), 4)
	lines = must[*Table](t)(engine.Explain("acme", at, ExplainOptions{Baseline: BaselineOwn, Over: at.Sub(before)}))
	equal(t, "own", lines.Row(0).Float("contribution"), 25)
	_, err := engine.Explain("acme", at, ExplainOptions{Score: "wealth"})
	wantStatus(t, err, ErrNotFound)

	lines = must[*Table](t)(engine.ExplainChange("acme", before, at))
	sum, last := 0.0, lines.Len()-1
	for row := range last {
		sum += lines.Row(row).Float("contribution")
	}
	equal(t, "kind", lines.Row(1).String("kind"), "behaviour")
	if math.Abs(sum-lines.Row(last).Float("contribution")) > 1e-9 {
		t.Fatal(sum)
	}
	_, err = engine.ExplainChange("acme", at, before)
	wantStatus(t, err, ErrRange)

	rows := must[*Table](t)(engine.Evidence("acme", "logins_28d", at, EvidenceOptions{Since: before}))
	equal(t, "records", rows.Len(), 4)
	equal(t, "kind", rows.Row(0).String("kind"), "event")
	equal(t, "change", rows.Row(3).String("change"), "entered")
	_, err = engine.Evidence("acme", "login_28d", at)
	wantStatus(t, err, ErrNotFound)
}

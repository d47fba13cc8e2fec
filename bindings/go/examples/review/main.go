// SPDX-License-Identifier: MIT

// Review prints the review of a company's customers at a date: how many are healthy, who is at risk
// and why, what is to be done, and how the last twelve months went.
//
//	go run ./examples/review --data FOLDER --playbook FILE --as-of DATE [--state FILE] [--from DATE]
//
// The folder holds CSV files. The playbook is evaluated day by day from --from (default: a year before
// --as-of) to --as-of, because rules such as `for: 2d` need the days before. With --state the engine's
// memory is kept in a file and the next review goes on from there.
//
// It prints the same bytes as examples/review.c.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	churn "github.com/libchurn/libchurn/bindings/go"
)

const (
	atRisk = 10 // customers shown
	tasks  = 15 // tasks shown
)

type arguments struct {
	data, playbook, asOf, state, from string
}

type review struct {
	playbook *churn.Playbook
	store    *churn.Store
	engine   *churn.Engine
	contents *churn.Table
	asOf     time.Time
	date     string // asOf as text
	score    string // the first score of the playbook, or ""
	out      *bufio.Writer
	log      io.Writer
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		var found *churn.PlaybookError
		if errors.As(err, &found) {
			for _, d := range found.Diagnostics {
				fmt.Fprintln(os.Stderr, d)
			}
		} else if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

func run(args []string, out, log io.Writer) error {
	var given arguments
	flags := flag.NewFlagSet("review", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&given.data, "data", "", "`folder` of CSV files")
	flags.StringVar(&given.playbook, "playbook", "", "`file` of the playbook")
	flags.StringVar(&given.asOf, "as-of", "", "`date` of the review")
	flags.StringVar(&given.state, "state", "", "`file` in which the engine's memory is kept")
	flags.StringVar(&given.from, "from", "", "first `date` that is evaluated")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if given.data == "" || given.playbook == "" || given.asOf == "" || flags.NArg() > 0 {
		flags.Usage()
		return flag.ErrHelp
	}
	r := review{out: bufio.NewWriter(out), log: log}
	defer r.close()
	if err := r.open(given); err != nil {
		return err
	}
	if err := r.print(); err != nil {
		return err
	}
	return r.out.Flush()
}

// ---- the engine at the date ----

func (r *review) open(given arguments) (err error) {
	if r.playbook, err = churn.LoadPlaybook(given.playbook); err != nil {
		return err
	}
	for _, warning := range r.playbook.Warnings() {
		fmt.Fprintln(r.log, warning)
	}
	if r.asOf, err = r.playbook.Time(given.asOf); err != nil {
		return err
	}
	if r.date, err = r.playbook.TimeText(r.asOf); err != nil {
		return err
	}
	if r.contents, err = r.playbook.Contents(); err != nil {
		return err
	}
	zone, err := r.playbook.TimeZone()
	if err != nil {
		return err
	}
	if r.store, err = churn.NewStore(churn.StoreOptions{TimeZone: zone}); err != nil {
		return err
	}
	if err = loadFolder(r.store, r.playbook, r.contents, given.data, r.log); err != nil {
		return err
	}
	return r.openEngine(given)
}

func (r *review) close() {
	if r.engine != nil {
		r.engine.Close()
	}
	if r.store != nil {
		r.store.Close()
	}
	if r.playbook != nil {
		r.playbook.Close()
	}
}

func (r *review) openEngine(given arguments) (err error) {
	if err = r.loadState(given.state); err != nil {
		return err
	}
	if r.engine == nil {
		if r.engine, err = churn.NewEngine(r.playbook, r.store); err != nil {
			return err
		}
	}
	if err = r.replay(given.from); err != nil {
		return err
	}
	return r.saveState(given.state)
}

// Take up the engine that was saved, unless it is already past the date.
func (r *review) loadState(path string) error {
	bytes, err := os.ReadFile(path)
	if err != nil || len(bytes) == 0 {
		return nil // a first review
	}
	engine, err := churn.LoadEngine(bytes, r.playbook, r.store)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	at, err := engine.AsOf()
	if err == nil && at.After(r.asOf) {
		fmt.Fprintf(r.log, "%s is of a later date: beginning anew\n", path)
		return engine.Close()
	}
	r.engine = engine
	return err
}

func (r *review) saveState(path string) error {
	if path == "" {
		return nil
	}
	bytes, err := r.engine.Save()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", bytes, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// The date a year before one of the form YYYY-MM-DD; the 29th of February becomes the 28th.
func yearBefore(date string) string {
	year, _ := strconv.Atoi(date[:4])
	day := date[4:10]
	if day == "-02-29" {
		day = "-02-28"
	}
	return fmt.Sprintf("%04d%s", year-1, day)
}

func (r *review) replay(first string) error {
	from, err := r.engine.AsOf()
	if err != nil || from.Equal(r.asOf) {
		return err
	}
	if from.IsZero() {
		if first == "" {
			first = yearBefore(r.date)
		}
		if from, err = r.playbook.Time(first); err != nil {
			return err
		}
	}
	runs, err := r.engine.Replay(context.Background(), from, r.asOf, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.log, "Evaluated %d dates up to %s\n", runs.Len(), r.date)
	return nil
}

// ---- all of it ----

func (r *review) print() error {
	for row := range r.contents.Rows() {
		if row.String("sort") == "score" && r.score == "" {
			r.score = row.String("id")
		}
	}
	name, err := r.playbook.Name()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s, %s\n\n", name, r.date)
	if r.score != "" {
		if err := r.printHealth(); err != nil {
			return err
		}
	}
	for _, print := range []func() error{r.printRisks, r.printActions, r.printFigures} {
		if err := print(); err != nil {
			return err
		}
	}
	return nil
}

// ---- health: how many customers are in each band ----

// The bands of the first score, best first, then those without a score and those who have left.
func (r *review) printHealth() error {
	scores, err := r.engine.Scores(r.asOf, churn.Query{Score: r.score})
	if err != nil {
		return err
	}
	counts, lost := map[string]int{}, 0
	for row := range scores.Rows() {
		if row.Bool("churned") {
			lost++
		} else {
			counts[row.String("band")]++
		}
	}
	line := func(band string, count int) {
		fmt.Fprintf(r.out, "  %s%s\n", left(band, 16), right(number(float64(count), 0), 8))
	}
	fmt.Fprintf(r.out, "CUSTOMERS BY %s\n\n", r.score)
	for row := range r.contents.Rows() {
		if row.String("sort") == "band" && row.String("parent") == r.score {
			line(row.String("id"), counts[row.String("id")])
		}
	}
	line("unknown", counts["unknown"])
	line("lost", lost)
	return nil
}

// ---- customers at risk ----

func (r *review) printRisks() error {
	risks, err := r.engine.AtRisk(r.asOf)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "\nAT RISK, BY VALUE\n")
	for i := range min(atRisk, risks.Len()) {
		if err := r.printCustomer(risks.Row(i)); err != nil {
			return err
		}
	}
	if risks.Len() > atRisk {
		fmt.Fprintf(r.out, "\nand %d more\n", risks.Len()-atRisk)
	}
	return nil
}

func (r *review) printCustomer(risk churn.Row) error {
	id := risk.String("customer")
	fmt.Fprintf(r.out, "\n%2d. %s, %s, owner %s\n", risk.Index()+1, id, shown(risk.String("name")),
		shown(risk.String("owner")))
	fmt.Fprintf(r.out, "    at risk %s of MRR %s, %s\n", cell(risk, "value_at_risk"), cell(risk, "mrr"), risk.String("band"))
	lines, err := r.engine.Explain(id, r.asOf, churn.ExplainOptions{Score: r.score})
	if err != nil {
		return err
	}
	if !risk.IsNull("score") {
		r.printLines(lines)
	}
	fmt.Fprintf(r.out, "    firing: %s\n", shown(risk.String("triggers")))
	return nil
}

// A text, or what stands for none.
func shown(text string) string {
	if text == "" {
		return undefined
	}
	return text
}

// A number with two digits, or what stands for none.
func cell(row churn.Row, name string) string {
	if row.IsNull(name) {
		return undefined
	}
	return number(row.Float(name), 2)
}

// Lines that add up to the score in the digits shown; then what was not known.
func (r *review) printLines(lines *churn.Table) {
	var micro []int64
	var told []churn.Row
	for row := range lines.Rows() {
		if row.String("kind") != "missing" {
			micro = append(micro, int64(math.Round(row.Float("contribution")*1e6)))
			told = append(told, row)
		}
	}
	hundredths, score := addUp(micro)
	for i, row := range told {
		r.printLine(row, hundredths[i])
	}
	fmt.Fprintf(r.out, "%s  = score\n", right(units(score, 2), 14))
	for row := range lines.Rows() {
		if row.String("kind") == "missing" {
			fmt.Fprintf(r.out, "    not known: %s\n", row.String("name"))
		}
	}
}

// "-12.34  logins_28d is 3.00": one line of what makes up a score.
func (r *review) printLine(row churn.Row, hundredths int64) {
	name := row.String("name")
	switch kind := row.String("kind"); kind {
	case "cap", "floor":
		name = kind + " " + name
	case "factor":
		name += " is " + cell(row, "value")
	}
	fmt.Fprintf(r.out, "%s  %s\n", right(units(hundredths, 2), 14), name)
}

// ---- what is to be done ----

// How many actions of each kind wait, in the order of their first one, and the tasks, the latest first.
func (r *review) printActions() error {
	actions, err := r.engine.Actions()
	if err != nil {
		return err
	}
	var kinds []string
	counts := map[string]int{}
	for _, kind := range actions.Strings("kind") {
		if counts[kind] == 0 {
			kinds = append(kinds, kind)
		}
		counts[kind]++
	}
	fmt.Fprint(r.out, "\nACTIONS WAITING")
	separator := ": "
	for _, kind := range kinds {
		fmt.Fprintf(r.out, "%s%d %s", separator, counts[kind], kind)
		separator = ", "
	}
	fmt.Fprint(r.out, "\n\n  since       due         owner   customer  task\n")
	printed := 0
	for i := actions.Len() - 1; i >= 0 && printed < tasks; i-- {
		if row := actions.Row(i); row.String("kind") == "task" {
			r.printTask(row)
			printed++
		}
	}
	if counts["task"] > printed {
		fmt.Fprintf(r.out, "  and %d tasks from before\n", counts["task"]-printed)
	}
	return nil
}

func (r *review) printTask(row churn.Row) {
	fmt.Fprintf(r.out, "  %s%s%s %s %s\n", left(r.day(row.Time("at")), 12), left(r.day(row.Time("due")), 12),
		left(shown(row.String("owner")), 7), left(row.String("customer"), 9), row.String("title"))
}

// The day of an instant in the playbook's zone, or what stands for none.
func (r *review) day(at time.Time) string {
	text, err := r.playbook.TimeText(at)
	if err != nil {
		return undefined
	}
	return text[:10]
}

// ---- twelve months ----

var figures = []struct {
	kpi, title string
	width      int
}{
	{"customers", "customers", 10},
	{"mrr", "MRR", 13},
	{"new_mrr", "new", 11},
	{"expansion_mrr", "expansion", 11},
	{"contraction_mrr", "contraction", 13},
	{"churned_mrr", "churned", 12},
	{"reactivation_mrr", "reactivation", 14},
	{"logo_churn", "logo churn", 12},
	{"grr", "GRR", 10},
	{"nrr", "NRR", 10},
}

// The twelve whole months before the date.
func (r *review) printFigures() error {
	last := r.date[:7] + "-01"
	from, err := r.playbook.Time(yearBefore(last))
	if err != nil {
		return err
	}
	to, err := r.playbook.Time(last)
	if err != nil {
		return err
	}
	names := make([]string, len(figures))
	for i, figure := range figures {
		names[i] = figure.kpi
	}
	table, err := r.engine.KPI(names, from, to, churn.KPIOptions{Every: churn.EveryMonth, AsOf: r.asOf})
	if err != nil {
		return err
	}
	months := table.Len() / len(figures)
	fmt.Fprint(r.out, "\nTWELVE MONTHS")
	if months > 0 {
		fmt.Fprintf(r.out, ", in %s", table.Row(months).String("currency"))
	}
	fmt.Fprint(r.out, "\n\n")
	r.printMonths(table, months)
	return nil
}

// A row a month; the table has all months of the first figure, then those of the next.
func (r *review) printMonths(table *churn.Table, months int) {
	fmt.Fprint(r.out, left("month", 7))
	for _, figure := range figures {
		fmt.Fprint(r.out, " ", right(figure.title, figure.width-1))
	}
	fmt.Fprintln(r.out)
	for month := range months {
		fmt.Fprint(r.out, left(r.day(table.Row(month).Time("period_start"))[:7], 7))
		for i, figure := range figures {
			fmt.Fprint(r.out, " ", right(figureText(table.Row(i*months+month)), figure.width-1))
		}
		fmt.Fprintln(r.out)
	}
}

func figureText(row churn.Row) string {
	value := row.Float("value")
	switch {
	case row.IsNull("value"):
		return undefined
	case row.String("unit") == "ratio":
		return number(value*100, 2) + "%"
	case row.String("unit") == "count":
		return number(value, 0)
	}
	return number(value, 2)
}

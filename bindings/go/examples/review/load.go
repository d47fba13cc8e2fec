// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	churn "github.com/libchurn/libchurn/bindings/go"
)

// A loader reads a folder of CSV files into a store. The files have the names of the fields as columns
// and money in major units; those that are not there are left out. Instants without a zone are in the
// zone of the store.
type loader struct {
	store    *churn.Store
	playbook *churn.Playbook
	numbers  map[string]bool // attributes that the playbook declares to be numbers
	folder   string
	log      io.Writer
	files    int // found
}

var kinds = []struct {
	file string
	kind churn.RecordKind
}{
	{"customers", churn.KindCustomer},
	{"events", churn.KindEvent},
	{"subscriptions", churn.KindSubscription},
	{"invoices", churn.KindInvoice},
	{"tickets", churn.KindTicket},
	{"surveys", churn.KindSurvey},
	{"churns", churn.KindChurn},
}

func loadFolder(store *churn.Store, playbook *churn.Playbook, contents *churn.Table, folder string, log io.Writer) error {
	l := loader{store, playbook, map[string]bool{}, folder, log, 0}
	for row := range contents.Rows() {
		if row.String("sort") == "attribute" && row.String("detail") == "number" {
			l.numbers[row.String("id")] = true
		}
	}
	for _, k := range kinds {
		if err := l.addKind(k.file, k.kind); err != nil {
			return err
		}
	}
	if l.files == 0 {
		return fmt.Errorf("%s: there is no file of records, such as customers.csv", folder)
	}
	if err := l.eachRow("attributes", l.addAttribute); err != nil {
		return err
	}
	return l.eachRow("marks", l.addMark)
}

// A file as columns of text; nil where there is none.
func (l *loader) read(name string) (path string, columns map[string][]string, err error) {
	path = filepath.Join(l.folder, name+".csv")
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil, nil
	}
	if err != nil {
		return path, nil, err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	if mark, _ := in.Peek(3); string(mark) == "\xEF\xBB\xBF" {
		in.Discard(3) // as spreadsheets write it
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return path, nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 {
		return path, nil, fmt.Errorf("%s: there is no row with the names of the columns", path)
	}
	columns = map[string][]string{}
	for i, name := range rows[0] {
		column := make([]string, 0, len(rows)-1)
		for _, row := range rows[1:] {
			column = append(column, row[i])
		}
		columns[name] = column
	}
	return path, columns, nil
}

func (l *loader) addKind(name string, kind churn.RecordKind) error {
	path, texts, err := l.read(name)
	if err != nil || texts == nil {
		return err
	}
	l.files++
	columns := churn.Columns{}
	for name, column := range texts {
		columns[name] = column
		if kind == churn.KindCustomer && l.numbers[name] {
			if columns[name], err = floats(column); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	report, err := l.store.Add(kind, columns, churn.LoadOptions{Money: churn.MoneyMajor})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	l.printRejections(path, report)
	return nil
}

func floats(column []string) ([]float64, error) {
	values := make([]float64, len(column))
	for i, text := range column {
		values[i] = math.NaN() // not given
		if text == "" {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

func (l *loader) printRejections(path string, report *churn.LoadReport) {
	if report.Rejected > 0 {
		fmt.Fprintf(l.log, "%s: %d of %d rows rejected\n", path, report.Rejected, report.Seen)
	}
	for _, r := range report.Rejections[:min(10, len(report.Rejections))] {
		fmt.Fprintf(l.log, "  row %d: %s: %s\n", r.Row+1, r.Field, r.Reason)
	}
}

// Call add for each row of a file, with its cells by name.
func (l *loader) eachRow(name string, add func(map[string]string) error) error {
	path, columns, err := l.read(name)
	if err != nil {
		return err
	}
	rows := 0
	for _, column := range columns {
		rows = len(column)
	}
	for i := range rows {
		row := map[string]string{}
		for name, column := range columns {
			row[name] = column[i]
		}
		if err := add(row); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// An instant as text; the zero time where there is none.
func (l *loader) instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return l.playbook.Time(text)
}

// One row of attributes.csv, where each row may have a value of another type.
func (l *loader) addAttribute(row map[string]string) error {
	var value any
	if text := row["value"]; text != "" && l.numbers[row["name"]] {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		value = number
	} else if text != "" {
		value = text
	}
	from, err := l.instant(row["valid_from"])
	if err != nil {
		return err
	}
	known, err := l.instant(row["known_at"])
	if err != nil {
		return err
	}
	return l.store.AddAttribute(churn.Attribute{Customer: row["customer"], Name: row["name"],
		ValidFrom: from, KnownAt: known, Value: value})
}

func (l *loader) addMark(row map[string]string) error {
	through, err := l.instant(row["through"])
	if err != nil {
		return err
	}
	known, err := l.instant(row["known_at"])
	if err != nil {
		return err
	}
	return l.store.Mark(row["source"], through, known)
}

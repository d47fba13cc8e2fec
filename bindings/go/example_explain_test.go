// SPDX-License-Identifier: MIT

package churn_test

import (
	"fmt"
	"log"
	"time"

	churn "github.com/libchurn/libchurn/bindings/go"
)

// Why a score is what it is, and why it is not what it was.
func ExampleEngine_ExplainChange() {
	playbook, err := churn.ParsePlaybook(playbookText)
	if err != nil {
		log.Fatal(err)
	}
	defer playbook.Close()
	store, err := churn.NewStore()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	logins := churn.Events{}
	for _, day := range []string{"2026-01-05", "2026-01-12", "2026-01-19"} {
		logins.Customer = append(logins.Customer, "acme")
		logins.Type = append(logins.Type, "login")
		logins.At = append(logins.At, date(day))
	}
	if _, err := store.AddCustomers(churn.Customers{ID: []string{"acme"}, Since: []time.Time{date("2025-06-01")}}); err != nil {
		log.Fatal(err)
	}
	if _, err := store.AddEvents(logins); err != nil {
		log.Fatal(err)
	}
	engine, err := churn.NewEngine(playbook, store)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	lines, err := engine.Explain("acme", date("2026-01-20"))
	if err != nil {
		log.Fatal(err)
	}
	for row := range lines.Rows() {
		fmt.Printf("%-10s %+6.1f  %s\n", row.String("name"), row.Float("contribution"), row.String("text"))
	}
	lines, err = engine.ExplainChange("acme", date("2026-01-20"), date("2026-02-10"))
	if err != nil {
		log.Fatal(err)
	}
	for row := range lines.Rows() {
		fmt.Printf("%-10s %+6.1f  %s\n", row.String("kind"), row.Float("contribution"), row.String("text"))
	}
	// Output:
	// baseline    +50.0  where explanations start
	// logins_28d  +25.0  logins_28d is 3 (28 days up to 20 Jan; last on 19 Jan): 75 of 100 points, 100 % of the score
	// before      +75.0  the score on 20 Jan
	// behaviour   -50.0  logins_28d went from 3 to 1: 75 to 25 points, 100 % of the score
	// after       +25.0  the score on 10 Feb
}

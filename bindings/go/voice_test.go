// SPDX-License-Identifier: MIT

package churn

import (
	"fmt"
	"testing"
	"time"
)

// A company whose customers complain of exports from December on.
func openVoice(t *testing.T) *Engine {
	t.Helper()
	playbook, err := ParsePlaybook("churn: 1\nname: voice\ntime_zone: UTC\ncurrency: USD\nloss: {any: [record]}\n")
	if err != nil {
		t.Fatal(err)
	}
	store, err := NewStore()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		customer := fmt.Sprintf("c%02d", i%20)
		for month, text := range []string{"Where is my invoice?", "The export is too slow"} {
			at := time.Date(2025, time.Month(11+month), 2, i%24, i%60, 0, 0, time.UTC)
			if err := store.AddTicket(Ticket{ID: fmt.Sprintf("t%d-%d", month, i), Customer: customer, OpenedAt: at, Text: text}); err != nil {
				t.Fatal(err)
			}
			if err := store.AddSurvey(Survey{Customer: customer, Kind: "nps", At: at.Add(time.Duration(i) * time.Second), Score: float64(10 - 4*month)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	engine, err := NewEngine(playbook, store)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestVoice(t *testing.T) {
	engine := openVoice(t)
	december, newYear := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	surveys, err := engine.Surveys(SurveyNPS, december, newYear, VoiceOptions{Every: EveryMonth})
	if err != nil {
		t.Fatal(err)
	}
	if n := surveys.Len(); n != 1 {
		t.Fatalf("%d rows of surveys", n)
	}
	retention, err := engine.NPSRetention(december, newYear, VoiceOptions{Days: 7})
	if err != nil || retention.Len() != 4 {
		t.Fatalf("%v", err)
	}
	themes, err := engine.Themes(december, newYear, ThemeOptions{
		Every: EveryMonth, Longest: 2, Languages: []string{"en"}, StopWords: []string{"where"},
		Tags: []TagPhrase{{"speed", "too slow"}}, Lexicon: []PhraseWeight{{"slow", -1}},
	})
	if err != nil || themes.Len() == 0 {
		t.Fatalf("%v", err)
	}
	if _, err := engine.Themes(december, newYear, ThemeOptions{NoTickets: true, NoSurveys: true}); err == nil {
		t.Fatal("no source, and no error")
	}
	if _, err := engine.Surveys(0, december, newYear); err == nil {
		t.Fatal("no kind, and no error")
	}
}

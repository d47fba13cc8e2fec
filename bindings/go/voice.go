// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

import (
	"context"
	"time"
)

// What customers say: surveys, and the themes of what they write.

// SurveyKind is a kind of survey.
type SurveyKind int32

// The kinds of surveys.
const (
	SurveyNPS    SurveyKind = 1 // 0 to 10
	SurveyCSAT   SurveyKind = 2 // 1 to 5
	SurveyCES    SurveyKind = 3 // 1 to 7
	SurveyCustom SurveyKind = 4 // any number
)

// VoiceOptions change how answers are compared. The zero value is the default.
type VoiceOptions struct {
	Context context.Context // cancels the question
	Every   Every
	AsOf    time.Time // what is known when; default the end of the span
	By      []string  // names of groups
	ByEnd   bool      // the group at the end of a period, not at its start
	Level   float64   // of intervals and of what counts as a change; default 0.95
	Days    int       // of NPSRetention: after the answer; default 90
}

func (p *packer) voice(given VoiceOptions) C.churn_voice_options {
	to := C.churn_voice_options{
		struct_size: C.sizeof_churn_voice_options,
		every:       C.int32_t(given.Every),
		as_of:       saidMicros(given.AsOf),
		by:          p.strs(given.By),
		by_count:    C.uint32_t(len(given.By)),
		level:       C.double(given.Level),
		days:        C.uint32_t(given.Days),
	}
	to.by_at = flag(given.ByEnd)
	return to
}

type voiceAsker func(*C.churn_engine, *C.churn_voice_options, **C.churn_table, *C.churn_error) C.churn_status

func (e *Engine) askVoice(options []VoiceOptions, call voiceAsker) (*Table, error) {
	var p packer
	defer p.pins.Unpin()
	given := first(options)
	to := p.voice(given)
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		to.cancel = cancel
		return call(engine, &to, out, err)
	})
}

// Surveys compares the answers to a kind of survey with those of the period before: survey,
// period_start, period_end, the columns of By, value, low, high, n, excluded, previous, previous_n,
// change, change_low, change_high, test, p, p_adjusted, signal ("up", "down", "noise", null where
// nothing can be compared), complete.
func (e *Engine) Surveys(kind SurveyKind, from, to time.Time, options ...VoiceOptions) (*Table, error) {
	return e.askVoice(options, func(engine *C.churn_engine, o *C.churn_voice_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_surveys(engine, C.int32_t(kind), micros(from), micros(to), o, out, err)
	})
}

// NPSRetention tells whether NPS leads retention: how many promoters, passives and detractors of a
// period were still customers so many days after their answer, and the difference: period_start,
// period_end, the columns of By, days, answered, n, retained, value, low, high, p, excluded, complete.
func (e *Engine) NPSRetention(from, to time.Time, options ...VoiceOptions) (*Table, error) {
	return e.askVoice(options, func(engine *C.churn_engine, o *C.churn_voice_options, out **C.churn_table, err *C.churn_error) C.churn_status {
		return C.churn_engine_nps_retention(engine, micros(from), micros(to), o, out, err)
	})
}

// ---- themes ----

// TagPhrase is a phrase that means a tag.
type TagPhrase struct{ Tag, Phrase string }

// PhraseWeight says how good (positive) or bad a phrase is.
type PhraseWeight struct {
	Phrase string
	Weight float64
}

// ThemeOptions change which themes are found. The zero value is the default.
type ThemeOptions struct {
	Context      context.Context // cancels the question
	Every        Every
	AsOf         time.Time // what is known when; default the end of the span
	By           []string  // names of groups
	ByEnd        bool      // the group at the end of a period, not at its start
	Others       bool      // compare with all other groups of the period, not with the period before
	NoTickets    bool      // leave out texts of tickets
	NoSurveys    bool      // leave out texts of answers
	Longest      int       // words of a phrase, 1 to 3; default 3
	MinCount     int       // records that must have a phrase; default 5
	MinCustomers int       // customers who must have used it; default 2
	Top          int       // phrases that rise, and that fall, a period and group; default 20
	Prior        float64   // strength of the prior; default 0.1
	Level        float64   // 1 - share of false discoveries; default 0.95
	Languages    []string  // whose stop words are left out; default "en"
	StopWords    []string  // more words to leave out
	Tags         []TagPhrase
	Lexicon      []PhraseWeight
}

func (p *packer) themes(given ThemeOptions) C.churn_theme_options {
	to := C.churn_theme_options{
		struct_size:     C.sizeof_churn_theme_options,
		every:           C.int32_t(given.Every),
		as_of:           saidMicros(given.AsOf),
		by:              p.strs(given.By),
		by_count:        C.uint32_t(len(given.By)),
		longest:         C.uint32_t(given.Longest),
		min_count:       C.uint32_t(given.MinCount),
		min_customers:   C.uint32_t(given.MinCustomers),
		top:             C.uint32_t(given.Top),
		prior:           C.double(given.Prior),
		level:           C.double(given.Level),
		languages:       p.strs(given.Languages),
		language_count:  C.uint32_t(len(given.Languages)),
		stop_words:      p.strs(given.StopWords),
		stop_word_count: C.uint32_t(len(given.StopWords)),
		tag_count:       C.uint32_t(len(given.Tags)),
		lexicon_count:   C.uint32_t(len(given.Lexicon)),
	}
	to.by_at = flag(given.ByEnd)
	if given.Others {
		to.compare = C.CHURN_THEMES_OTHERS
	}
	if !given.NoTickets {
		to.sources |= C.CHURN_THEMES_TICKETS
	}
	if !given.NoSurveys {
		to.sources |= C.CHURN_THEMES_SURVEYS
	}
	if len(given.Tags) > 0 {
		tags := make([]C.churn_tag_phrase, len(given.Tags))
		for i, tag := range given.Tags {
			tags[i] = C.churn_tag_phrase{tag: p.str(tag.Tag), phrase: p.str(tag.Phrase)}
		}
		to.tags = pin(p, tags)
	}
	if len(given.Lexicon) > 0 {
		lexicon := make([]C.churn_phrase_weight, len(given.Lexicon))
		for i, entry := range given.Lexicon {
			lexicon[i] = C.churn_phrase_weight{phrase: p.str(entry.Phrase), weight: C.double(entry.Weight)}
		}
		to.lexicon = pin(p, lexicon)
	}
	return to
}

// Themes finds the phrases in texts of tickets and answers that are used more, or less, than before:
// period_start, period_end, the columns of By, kind ("tag", "phrase"), phrase, words, times, documents,
// customers, total, share, low, high, previous_documents, previous_total, previous_share, log_odds, z,
// p, p_adjusted, change ("rises", "falls", "noise"), sentiment (only with a Lexicon), sentiment_n,
// example_1, example_2, example_3, complete.
func (e *Engine) Themes(from, to time.Time, options ...ThemeOptions) (*Table, error) {
	given := first(options)
	if given.NoTickets && given.NoSurveys {
		return nil, fail(ErrArgument, "themes: no source is left")
	}
	var p packer
	defer p.pins.Unpin()
	asked := p.themes(given)
	return e.askTable(given.Context, func(engine *C.churn_engine, cancel *C.churn_cancel, out **C.churn_table, err *C.churn_error) C.churn_status {
		asked.cancel = cancel
		return C.churn_engine_themes(engine, micros(from), micros(to), &asked, out, err)
	})
}

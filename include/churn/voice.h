/* SPDX-License-Identifier: MIT */
#ifndef CHURN_VOICE_H
#define CHURN_VOICE_H

#include <churn/kpi.h>

CHURN_BEGIN_DECLS

/*
 * What customers say: answers to surveys and whether a change of them is more than noise, whether
 * NPS tells who stays, and the themes of what they write. The figures themselves (nps, csat, ces,
 * response_rate, first_response_hours ...) are among those of churn_engine_kpi().
 *
 *     churn_voice_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
 *     churn_engine_surveys(engine, CHURN_SURVEY_NPS, from, to, &options, &table, &err);
 *     churn_engine_themes(engine, from, to, NULL, &table, &err);
 */

/** Kind of survey. */
#define CHURN_SURVEY_NPS 1    /* 0 to 10 */
#define CHURN_SURVEY_CSAT 2   /* 1 to 5 */
#define CHURN_SURVEY_CES 3    /* 1 to 7 */
#define CHURN_SURVEY_CUSTOM 4 /* any number */

/** For churn_engine_surveys() and churn_engine_nps_retention(). */
typedef struct churn_voice_options {
    uint32_t struct_size;
    int32_t every;        /* CHURN_EVERY_SPAN to CHURN_EVERY_YEAR */
    churn_time as_of;     /* what is known when; 0: the end of the span */
    churn_cancel *cancel; /* may be NULL */
    const churn_str *by;  /* names, as churn_kpi_options has them; borrowed */
    uint32_t by_count;
    int32_t by_at;     /* CHURN_BY_*: the group at the start of a period, or at its end */
    double level;      /* of intervals and of what counts as a change; 0: 0.95 */
    uint32_t days;     /* of churn_engine_nps_retention(): after the answer; 0: 90 */
    uint32_t reserved; /* zero */
} churn_voice_options;

/**
 * Compare the answers to a kind of survey with those of the period before.
 *
 * All answers count, several of a customer too. NPS: promoters (9, 10) less detractors (below 7) in
 * points of -100 to 100; its interval is the adjusted Wald one, whose middle is not the value; the
 * change is judged by z = difference / sqrt(v1/n1 + v2/n2). CSAT: share of 4 and 5; interval:
 * Wilson; the change: Newcombe's interval, p of Pearson's chi-squared or, where fewer than 5 are
 * expected somewhere, of Fisher's exact test. CES and custom: mean; Student's t; Welch's t. The
 * first period is compared with the one before `from`, of the same calendar unit, or as long.
 * Many comparisons are made at once: `p_adjusted` are Benjamini and Hochberg's over the whole
 * table, and `signal` goes by them.
 *
 * @param kind CHURN_SURVEY_*
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults
 * @param[out] out `survey`, `period_start`, `period_end`, the columns of `by`, `value` (null
 *        without answers), `low`, `high`, `n`, `excluded` (scores outside the scale), `previous`,
 *        `previous_n`, `change`, `change_low`, `change_high`, `test` ("z", "chi2", "fisher",
 *        "welch"; null where nothing can be compared), `p`, `p_adjusted`, `signal` ("up", "down",
 *        "noise"; null as `test`), `complete`; by period, then group. NPS and its change are in
 *        points. Returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi(); CHURN_E_ARG for a kind that is none
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_surveys(churn_engine *engine, int32_t kind, churn_time from,
                                            churn_time to, const churn_voice_options *options,
                                            churn_table **out, churn_error *err);

/**
 * Tell whether NPS leads retention: how many of the promoters, passives and detractors of a period
 * were still customers so many days after their answer.
 *
 * Of each customer the last answer of a period counts. Left out, and counted in `excluded`: who was
 * no customer when they answered, and whose days are not over at as_of. Retained is who is a
 * customer just before their last day ends, as the playbook's `loss:` has it. A difference says
 * that the answer goes with staying, not that it makes customers stay.
 *
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults; `days`
 * @param[out] out `period_start`, `period_end`, the columns of `by`, `days`, `answered`
 *        ("promoters", "passives", "detractors", and "difference": promoters less detractors), `n`
 *        (null of the difference), `retained`, `value` (share), `low`, `high` (Wilson; of the
 *        difference Newcombe), `p` (of the difference: chi-squared or Fisher), `excluded`,
 *        `complete` (nobody's days are still running); returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_nps_retention(churn_engine *engine, churn_time from,
                                                  churn_time to, const churn_voice_options *options,
                                                  churn_table **out, churn_error *err);

/* ---- themes ---- */

/** A phrase that means a tag. */
typedef struct churn_tag_phrase {
    churn_str tag;
    churn_str phrase;
} churn_tag_phrase;

/** How good (positive) or bad a phrase is, in a unit of the host's. */
typedef struct churn_phrase_weight {
    churn_str phrase;
    double weight; /* finite */
} churn_phrase_weight;

/** What a period, or a group, is compared with. */
#define CHURN_THEMES_PREVIOUS 0 /* the period before, of the same group */
#define CHURN_THEMES_OTHERS 1   /* all other groups in the same period; needs `by` */

/** Where texts come from; 0 is all of them. */
#define CHURN_THEMES_TICKETS 1u
#define CHURN_THEMES_SURVEYS 2u

typedef struct churn_theme_options {
    uint32_t struct_size;
    int32_t every;        /* CHURN_EVERY_SPAN to CHURN_EVERY_YEAR */
    churn_time as_of;     /* what is known when; 0: the end of the span */
    churn_cancel *cancel; /* may be NULL */
    const churn_str *by;  /* names, as churn_kpi_options has them; borrowed */
    uint32_t by_count;
    int32_t by_at;          /* CHURN_BY_*: the group at the start of a period, or at its end */
    int32_t compare;        /* CHURN_THEMES_PREVIOUS, _OTHERS */
    uint32_t sources;       /* CHURN_THEMES_TICKETS | CHURN_THEMES_SURVEYS */
    uint32_t longest;       /* words of a phrase: 1 to 3; 0: 3 */
    uint32_t min_count;     /* records, of both that are compared, that must have a phrase; 0: 5 */
    uint32_t min_customers; /* customers who must have used it in one of both; 0: 2 */
    uint32_t top;           /* phrases listed that rise, and that fall, a period and group; 0: 20 */
    double prior;           /* strength of the prior: share of the counts of both; 0: 0.1 */
    double level;           /* 1 - share of false discoveries; 0: 0.95 */
    const churn_str *languages;  /* whose stop words are left out: en de fr es it pt nl hu, or none;
                                    NULL: en */
    const churn_str *stop_words; /* more words to leave out */
    const churn_tag_phrase *tags;
    const churn_phrase_weight *lexicon;
    uint32_t language_count;
    uint32_t stop_word_count;
    uint32_t tag_count;
    uint32_t lexicon_count;
} churn_theme_options;

/**
 * Find the phrases in texts of tickets and surveys that are used more, or less, than before.
 *
 * Words are runs of letters and digits of Unicode without regard to case, with accents however they
 * are written; phrases are one to three of them in a row within a clause, which neither begin nor
 * end with a stop word. A phrase counts once a record, however often it is in it, and the records
 * of a period are those that have a text: tickets by `opened_at`, answers by `at`. The share of
 * records with it is compared by the log-odds ratio with an informative Dirichlet prior (Monroe,
 * Colaresi and Quinn 2008); `p_adjusted` holds the share of false discoveries among what is said to
 * rise or fall in one period and group (Benjamini and Hochberg). A phrase that is never apart from
 * a longer one is not listed beside it. A group without texts in a period has no rows.
 *
 * What it cannot do: nothing is stemmed or translated, so that fail, fails and failure are three
 * words, and each language has phrases of its own. Where a script puts no spaces between words,
 * every letter is one, so that phrases are pieces of words of up to three letters. Nothing is
 * understood: irony, negation and context are not seen, `not working` is seen only because
 * negations are no stop words. Records of one customer are taken as independent, though they are
 * not, which is why more than one customer must have used a phrase. What few say is not found.
 *
 * Tags are the host's own themes: a record has a tag if it has one of its phrases. They are listed
 * before phrases, all of them, and judged by themselves. Sentiment is only what the host's lexicon
 * says: of a text the mean weight of the phrases found, longest first, none twice; negation is not
 * handled but by phrases of the lexicon (`not good`). Without a lexicon there is none.
 *
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults
 * @param[out] out `period_start`, `period_end`, the columns of `by`, `kind` ("tag", "phrase"),
 *        `phrase`, `words`, `times` (how often), `documents` (records), `customers`, `total`
 *        (records with a text), `share`, `low`, `high` (Wilson), `previous_documents`,
 *        `previous_total`, `previous_share`, `log_odds`, `z`, `p`, `p_adjusted` (null without
 *        anything to compare with), `change` ("rises", "falls", "noise", null likewise),
 *        `sentiment` (mean of the records with a weighted phrase; null: none), `sentiment_n`,
 *        `example_1`, `example_2`, `example_3` (the newest records, of different customers: "ticket
 *        <id>", "survey <id>", or of an answer without an id "survey of <customer> at <instant>"),
 *        `complete`; by period, group, tags as given, then phrases from the one that rises most to
 *        the one that falls most. Returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi(); CHURN_E_NOT_FOUND for a language without stop words; CHURN_E_ARG
 *         for a choice that is none, a tag without a name or a phrase without a word;
 *         CHURN_E_LIMIT for more phrases than can be counted: 16,777,216 candidates of a length, or
 *         67,108,864 phrases times periods and groups
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_themes(churn_engine *engine, churn_time from, churn_time to,
                                           const churn_theme_options *options, churn_table **out,
                                           churn_error *err);

CHURN_END_DECLS

#endif

/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/records.h"

static bool fits(const churn__moment *m, const churn__survey *s)
{
    uint8_t kind = m->bound->def->survey_kind;
    return s->at < m->at && !isnan(s->score) && (kind == 0 || kind == s->kind) &&
           churn__moment_fits(m, CHURN__FILTER_MOMENT, s->moment);
}

/* The newest answer among the first n that fits, NULL: none. */
static const churn__survey *newest(const churn__moment *m, const churn__survey *rows, size_t n)
{
    while (n > 0 && !fits(m, &rows[n - 1])) {
        n--;
    }
    return n > 0 ? &rows[n - 1] : NULL;
}

static bool expired(const churn__moment *m, const churn__survey *s)
{
    int64_t max_age = m->bound->def->max_age;
    return max_age > 0 && s->at < churn__metric_back(m->at, max_age);
}

/* The last answer, the one before it, and what lies between them. */
static churn__value survey_newest(const churn__moment *m, const churn__survey *rows, size_t n)
{
    const churn__survey *last = newest(m, rows, n);
    if (last == NULL) {
        return churn__moment_none(CHURN__NEVER);
    }
    if (churn__moment_what(m) == CHURN__SURVEY_DAYS_SINCE) {
        return churn__moment_whole_days(m, last->at);
    }
    if (expired(m, last)) {
        return churn__moment_none(CHURN__EXPIRED);
    }
    if (churn__moment_what(m) == CHURN__SURVEY_LAST) {
        return churn__moment_number(last->score);
    }
    const churn__survey *previous = newest(m, rows, (size_t)(last - rows));
    if (previous == NULL) {
        return churn__moment_none(CHURN__NEVER);
    }
    bool change = churn__moment_what(m) == CHURN__SURVEY_CHANGE;
    return churn__moment_number(change ? last->score - previous->score : previous->score);
}

static size_t survey_collect(churn__moment *m, const churn__survey *rows, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (fits(m, &rows[i]) && churn__moment_in_window(m, rows[i].at)) {
            churn__moment_collect(m, &count, rows[i].score);
        }
    }
    return count;
}

churn__value churn__metric_of_surveys(churn__moment *m, const churn__survey *rows, size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__SURVEY_COUNT:
        return churn__moment_number((double)survey_collect(m, rows, n));
    case CHURN__SURVEY_MEAN:
        return churn__moment_statistic(m, survey_collect(m, rows, n));
    default:
        return survey_newest(m, rows, n);
    }
}

/* ---- which count ---- */

/* The newest answer; of changes the one before it, too. */
static bool is_newest(const churn__moment *m, const churn__survey *rows, size_t n,
                      const churn__survey *row)
{
    const churn__survey *last = newest(m, rows, n);
    churn__metric_what what = churn__moment_what(m);
    if (last == NULL || (what != CHURN__SURVEY_DAYS_SINCE && expired(m, last))) {
        return false;
    }
    bool before = what == CHURN__SURVEY_PREVIOUS || what == CHURN__SURVEY_CHANGE;
    if (before && row == newest(m, rows, (size_t)(last - rows))) {
        return true;
    }
    return what != CHURN__SURVEY_PREVIOUS && row == last;
}

churn_time churn__metric_survey_part(const churn__moment *m, const churn__survey *rows, size_t n,
                                     size_t i)
{
    bool counts = false;
    switch (churn__moment_what(m)) {
    case CHURN__SURVEY_COUNT:
    case CHURN__SURVEY_MEAN:
        counts = fits(m, &rows[i]) && churn__moment_in_window(m, rows[i].at);
        break;
    default:
        counts = is_newest(m, rows, n, &rows[i]);
        break;
    }
    return counts ? rows[i].at : CHURN_TIME_NONE;
}

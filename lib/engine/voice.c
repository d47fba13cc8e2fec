/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/kpi.h"

/* What customers say: surveys and themes. */

#define MOST_TEXT 65536

/* ---- what all of them share ---- */

static churn_status check_texts(const churn_str *items, uint32_t count, const char *what,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    if (count > 0 && items == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_themes", what));
    }
    for (uint32_t i = 0; i < count; i++) {
        churn_str text;
        CHURN_TRY(churn__take_str(items[i].ptr, items[i].len, false, MOST_TEXT, what, &text, err));
    }
done:
    return st;
}

/* Walk one set alone; with `before`, its first period is the one before the span. */
static churn_status walk(churn_engine *engine, churn_time from, churn_time to,
                         const churn_kpi_options *options, const churn__kpi_own_set *only,
                         bool before, churn_error *err)
{
    churn__kpi_asked asked = {.cut = {.from = from, .to = to, .before = before},
                              .own = only,
                              .own_count = 1,
                              .alone = true};
    if (options->every < CHURN_EVERY_SPAN || options->every > CHURN_EVERY_YEAR) {
        return churn__fail(err, CHURN_E_ARG, 0, "kpi: every: no such period");
    }
    return churn__engine_figures(engine, options, &asked, NULL, err);
}

static churn_kpi_options kpi_options(const churn_voice_options *mine)
{
    return (churn_kpi_options){.struct_size = sizeof(churn_kpi_options),
                               .every = mine->every,
                               .as_of = mine->as_of,
                               .cancel = mine->cancel,
                               .by = mine->by,
                               .by_count = mine->by_count,
                               .by_at = mine->by_at,
                               .level = mine->level};
}

/* ---- surveys ---- */

churn_status churn_engine_surveys(churn_engine *engine, int32_t kind, churn_time from,
                                  churn_time to, const churn_voice_options *options,
                                  churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_voice_options mine;
    const churn__surveys_want want = {kind, out};
    const churn__kpi_own_set only = {&churn__surveys_table, &want};
    if (!out) {
        return churn__fail_null(err, "churn_engine_surveys", "out");
    }
    *out = NULL;
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_surveys", err));
    st = churn__copy_struct(&mine, sizeof mine, options, "churn_voice_options", err);
    if (st == CHURN_OK && (kind < CHURN_SURVEY_NPS || kind > CHURN_SURVEY_CUSTOM)) {
        st = churn__fail(err, CHURN_E_ARG, 0, "surveys: kind is none of CHURN_SURVEY_*");
    }
    if (st == CHURN_OK) {
        const churn_kpi_options asked = kpi_options(&mine);
        st = walk(engine, from, to, &asked, &only, true, err);
    }
    churn__engine_leave(engine);
done:
    return st;
}

#define USUAL_DAYS 90
#define MOST_DAYS 36500

churn_status churn_engine_nps_retention(churn_engine *engine, churn_time from, churn_time to,
                                        const churn_voice_options *options, churn_table **out,
                                        churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_voice_options mine;
    churn__nps_retention_want want = {USUAL_DAYS, out};
    const churn__kpi_own_set only = {&churn__nps_retention_table, &want};
    if (!out) {
        return churn__fail_null(err, "churn_engine_nps_retention", "out");
    }
    *out = NULL;
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_nps_retention", err));
    st = churn__copy_struct(&mine, sizeof mine, options, "churn_voice_options", err);
    if (st == CHURN_OK && mine.days > MOST_DAYS) {
        st = churn__fail(err, CHURN_E_RANGE, 0, "nps_retention: days: at most %u",
                         (uint64_t)MOST_DAYS);
    }
    if (st == CHURN_OK) {
        const churn_kpi_options asked = kpi_options(&mine);
        want.days = mine.days != 0 ? mine.days : USUAL_DAYS;
        st = walk(engine, from, to, &asked, &only, false, err);
    }
    churn__engine_leave(engine);
done:
    return st;
}

/* ---- themes ---- */

static churn_status check_pairs(const churn_theme_options *o, churn_error *err)
{
    churn_status st = CHURN_OK;
    if ((o->tag_count > 0 && !o->tags) || (o->lexicon_count > 0 && !o->lexicon)) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_themes", o->lexicon ? "tags" : "lexicon"));
    }
    for (uint32_t i = 0; i < o->tag_count; i++) {
        CHURN_TRY(check_texts(&o->tags[i].tag, 1, "tags", err));
        CHURN_TRY(check_texts(&o->tags[i].phrase, 1, "tags", err));
    }
    for (uint32_t i = 0; i < o->lexicon_count; i++) {
        CHURN_TRY(check_texts(&o->lexicon[i].phrase, 1, "lexicon", err));
    }
done:
    return st;
}

static churn_status check_choices(const churn_theme_options *o, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (o->compare != CHURN_THEMES_PREVIOUS && o->compare != CHURN_THEMES_OTHERS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "themes: compare is none of CHURN_THEMES_*");
    }
    if (o->compare == CHURN_THEMES_OTHERS && o->by_count == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "themes: to compare with other groups, say by what: `by`");
    }
    if ((o->sources & ~(CHURN_THEMES_TICKETS | CHURN_THEMES_SURVEYS)) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "themes: sources: no such source");
    }
    if (o->longest > 3) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "themes: longest: a phrase has from 1 to 3 words");
    }
    if (!(o->prior >= 0 && o->prior <= 1000)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "themes: prior: it must be above 0 and at most 1000");
    }
    if (!(o->level >= 0 && o->level < 1)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "themes: level: it must be above 0 and below 1");
    }
done:
    return st;
}

static uint32_t or_else(uint32_t given, uint32_t usual)
{
    return given != 0 ? given : usual;
}

static void fill_defaults(churn_theme_options *o)
{
    o->sources = or_else(o->sources, CHURN_THEMES_TICKETS | CHURN_THEMES_SURVEYS);
    o->longest = or_else(o->longest, 3);
    o->min_count = or_else(o->min_count, 5);
    o->min_customers = or_else(o->min_customers, 2);
    o->top = or_else(o->top, 20);
    o->prior = o->prior > 0 ? o->prior : 0.1;
    o->level = o->level > 0 ? o->level : 0.95;
}

static churn_status find_themes(churn_engine *engine, churn_time from, churn_time to,
                                const churn_theme_options *options, churn_table **out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_theme_options mine;
    const churn__themes_want want = {&mine, out};
    const churn__kpi_own_set only = {&churn__themes_table, &want};
    churn_kpi_options asked = {.struct_size = sizeof asked};
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_theme_options", err));
    CHURN_TRY(check_choices(&mine, err));
    CHURN_TRY(check_texts(mine.languages, mine.language_count, "languages", err));
    CHURN_TRY(check_texts(mine.stop_words, mine.stop_word_count, "stop_words", err));
    CHURN_TRY(check_pairs(&mine, err));
    fill_defaults(&mine);
    asked.every = mine.every;
    asked.as_of = mine.as_of;
    asked.cancel = mine.cancel;
    asked.by = mine.by;
    asked.by_count = mine.by_count;
    asked.by_at = mine.by_at;
    asked.level = mine.level;
    CHURN_TRY(walk(engine, from, to, &asked, &only, true, err));
done:
    return st;
}

churn_status churn_engine_themes(churn_engine *engine, churn_time from, churn_time to,
                                 const churn_theme_options *options, churn_table **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    if (!out) {
        return churn__fail_null(err, "churn_engine_themes", "out");
    }
    *out = NULL;
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_themes", err));
    st = find_themes(engine, from, to, options, out, err);
    churn__engine_leave(engine);
done:
    return st;
}

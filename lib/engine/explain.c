/* SPDX-License-Identifier: MIT */
#include "engine/explain.h"

#include <math.h>

#include "engine/one.h"

/* Why a score is what it is: a table of lines that add up to it in units of 1e-6, with sentences
 * and what stands behind them. */

/* ---- the table ---- */

enum {
    COL_KIND,
    COL_NAME,
    COL_GROUP,
    COL_METRIC,
    COL_VALUE,
    COL_WORD,
    COL_UNIT,
    COL_POINTS,
    COL_WEIGHT,
    COL_CONTRIBUTION,
    COL_TEXT,
    COL_WINDOW_START,
    COL_WINDOW_END,
    COL_EVENTS,
    COL_LAST_EVENT,
    COL_CARD,
    COL_PLAYBOOK
};

/* All that a line is written with. */
typedef struct telling {
    churn_engine *engine;
    churn__explained what;
    churn__frame *frame;
    churn__score_level *level;
    churn__saying saying;
    churn__buf *text;
    churn__evidence *evidence;
    churn__table_builder *to;
} telling;

static uint8_t kind_code(churn__line_kind kind)
{
    return (uint8_t)kind; /* they are the first of the enumeration, in this order */
}

static churn__table_builder *begin_table(const telling *t, churn__heap *heap, uint32_t rows)
{
    static const churn_str kinds[] = {{"baseline", 8}, {"factor", 6},   {"cap", 3},
                                      {"floor", 5},    {"override", 8}, {"missing", 7}};
    char digits[CHURN__HASH_DIGITS + 1];
    const churn_str hash = {digits, CHURN__HASH_DIGITS};
    churn__table_builder *to = churn__table_begin(heap, rows);
    if (to == NULL) {
        return NULL;
    }
    churn__shown_hash(t->frame->playbook, digits);
    churn__table_expect(to, COL_PLAYBOOK + 1);
    churn__table_choice_column(to, "kind", kinds, sizeof kinds / sizeof *kinds);
    churn__table_column(to, "name", CHURN_COLUMN_STRING);
    churn__table_column(to, "group", CHURN_COLUMN_STRING);
    churn__table_column(to, "metric", CHURN_COLUMN_STRING);
    churn__table_column(to, "value", CHURN_COLUMN_DOUBLE);
    churn__table_column(to, "word", CHURN_COLUMN_STRING);
    churn__table_column(to, "unit", CHURN_COLUMN_STRING);
    churn__table_column(to, "points", CHURN_COLUMN_DOUBLE);
    churn__table_column(to, "weight", CHURN_COLUMN_DOUBLE);
    churn__table_column(to, "contribution", CHURN_COLUMN_DOUBLE);
    churn__table_column(to, "text", CHURN_COLUMN_STRING);
    churn__table_column(to, "window_start", CHURN_COLUMN_TIME);
    churn__table_column(to, "window_end", CHURN_COLUMN_TIME);
    churn__table_column(to, "events", CHURN_COLUMN_INT);
    churn__table_column(to, "last_event", CHURN_COLUMN_TIME);
    churn__table_choice_column(to, "card", &t->what.card, 1);
    churn__table_choice_column(to, "playbook", &hash, 1);
    churn__table_expect_bytes(to, COL_NAME, 16 * (size_t)rows);
    churn__table_expect_bytes(to, COL_GROUP, 16 * (size_t)rows);
    churn__table_expect_bytes(to, COL_METRIC, 16 * (size_t)rows);
    churn__table_expect_bytes(to, COL_TEXT, 128 * (size_t)rows);
    return to;
}

static void add_text(const telling *t, uint32_t column)
{
    churn__table_add_string(t->to, column, churn__buf_view(t->text));
}

/* What every line has. */
static void add_common(const telling *t, const churn__score_line *line, churn_str name)
{
    static const uint8_t only = 0;
    uint8_t kind = kind_code(line->kind);
    churn__table_add_codes(t->to, COL_KIND, &kind, 1);
    churn__table_add_string(t->to, COL_NAME, name);
    churn__table_add_double(t->to, COL_POINTS, line->points);
    churn__table_add_double(t->to, COL_WEIGHT, churn__explained_weight(line));
    churn__table_add_double(t->to, COL_CONTRIBUTION, churn__explained_points(&t->what, line));
    churn__table_add_codes(t->to, COL_CARD, &only, 1);
    churn__table_add_codes(t->to, COL_PLAYBOOK, &only, 1);
}

static void add_evidence(const telling *t, const churn__evidence *found)
{
    churn__table_add_time(t->to, COL_WINDOW_START, found != NULL ? found->start : CHURN_TIME_NONE);
    churn__table_add_time(t->to, COL_WINDOW_END, found != NULL ? found->end : CHURN_TIME_NONE);
    if (found != NULL) {
        churn__table_add_int(t->to, COL_EVENTS, (int64_t)found->count);
    } else {
        churn__table_add_null(t->to, COL_EVENTS);
    }
    churn_time last = found != NULL && found->last > CHURN_TIME_MIN ? found->last : CHURN_TIME_NONE;
    churn__table_add_time(t->to, COL_LAST_EVENT, last);
}

static void add_shown(const telling *t, const churn__shown *shown)
{
    churn__table_add_string(t->to, COL_METRIC, shown->metric);
    churn__table_add_double(t->to, COL_VALUE, shown->value);
    churn__table_add_string(t->to, COL_WORD, shown->word);
    churn__table_add_string(t->to, COL_UNIT, shown->unit);
}

static churn_status say_score(const telling *t, uint32_t score, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__score_level *level = churn__one_level(t->engine, score);
    if (level == NULL) {
        CHURN_TRY(churn__fail_memory(err, t->frame->heap));
    }
    CHURN_TRY(churn__shown_take(t->frame, score, 0, level, err));
    churn__score_explain(level, churn__round6(level->def->baseline));
    churn__say_largest(t->text, level);
done:
    return st;
}

/* What a factor that stands on other scores is made of. */
static churn_status say_parts(const telling *t, const churn__factor_def *factor,
                              const churn__factor_state *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool own = !state->substituted && !state->carried;
    if (own && factor->kind == CHURN__OF_ROLL_UP) {
        CHURN_TRY(churn__say_children(t->text, t->frame,
                                      t->frame->playbook->slots[factor->slot].index, 0, err));
    } else if (own && factor->kind == CHURN__OF_SCORE) {
        CHURN_TRY(say_score(t, t->frame->playbook->slots[factor->slot].index, err));
    }
done:
    return st;
}

static churn_status tell_factor(const telling *t, const churn__score_line *line, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__factor_def *factor = &t->level->card->factors[line->after];
    const churn__factor_state *state = &t->level->states[line->after];
    const churn__evidence *found = NULL;
    churn__shown shown;
    churn__shown_of(t->frame, t->level, line->after, 0, &shown);
    if (shown.number != CHURN__NONE && t->frame->plan != NULL) {
        CHURN_TRY(churn__metric_evidence(t->frame->plan, t->frame->reader, t->frame->customers[0],
                                         shown.number, 0, false, t->evidence, err));
        found = t->evidence;
    }
    add_common(t, line, factor->id);
    add_shown(t, &shown);
    add_evidence(t, found);
    churn__shown_path(t->text, t->level->card, factor->group);
    add_text(t, COL_GROUP);
    churn__buf_reset(t->text);
    if (line->kind == CHURN__LINE_MISSING) {
        churn__say_missing(t->text, factor, state, &shown);
    } else {
        churn__say_input(t->text, &t->saying, factor, state, &shown, found);
        CHURN_TRY(say_parts(t, factor, state, err));
        churn__say_weight(t->text, state);
    }
    add_text(t, COL_TEXT);
done:
    return st;
}

/* The baseline, or a cap. */
static void tell_other(const telling *t, const churn__score_line *line)
{
    const churn__shown nothing = {.value = (double)NAN};
    bool cap = line->kind != CHURN__LINE_BASELINE;
    churn_str name = CHURN__STR("baseline");
    if (cap) {
        const churn__cap_def *def = &t->level->card->caps[line->after];
        churn__override_told told = {.at = CHURN_TIME_NONE};
        if (def->kind == CHURN__CAP_OVERRIDE) {
            told = churn__override_told_of(t->frame, 0, t->level->def->id);
        }
        name = def->id;
        churn__say_cap(t->text, &t->saying, def, line->points, &told);
        if (def->kind == CHURN__CAP_CRITICAL) {
            churn__say_critical(t->text, t->level, def);
        }
    } else {
        churn__say_baseline(t->text, &t->saying, &t->what.baseline, t->what.card);
    }
    add_common(t, line, name);
    add_shown(t, &nothing);
    add_evidence(t, NULL);
    churn__table_add_null(t->to, COL_GROUP);
    add_text(t, COL_TEXT);
}

static churn_status tell_lines(telling *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < t->level->line_count; i++) {
        const churn__score_line *line = &t->level->lines[i];
        churn__buf_reset(t->text);
        if (line->kind == CHURN__LINE_FACTOR || line->kind == CHURN__LINE_MISSING) {
            CHURN_TRY(tell_factor(t, line, err));
        } else {
            tell_other(t, line);
        }
    }
    if (t->text->failed) {
        CHURN_TRY(churn__fail_memory(err, t->frame->heap));
    }
done:
    return st;
}

/* ---- all of it ---- */

static churn_status explain_one(churn_engine *engine, const churn__explain_asked *asked,
                                churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    telling t = {.engine = engine};
    CHURN_TRY(churn__explain_take(engine, asked, &t.what, err));
    t.frame = t.what.frame;
    t.level = t.what.level;
    t.saying = (churn__saying){.playbook = t.frame->playbook, .as_of = asked->as_of};
    churn__one_room(engine, &t.text, &t.evidence);
    t.to = begin_table(&t, churn__store_heap(engine->store), t.level->line_count);
    if (t.to == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(tell_lines(&t, err));
    st = churn__table_finish(t.to, out, err);
    t.to = NULL;
done:
    churn__table_abandon(t.to);
    if (st != CHURN_OK) {
        churn__one_drop(engine); /* it may be half moved, or have lacked memory */
    }
    return st;
}

churn_status churn_engine_explain(churn_engine *engine, const char *customer, size_t len,
                                  churn_time as_of, const churn_explain_options *options,
                                  churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__explain_asked asked;
    if (!out) {
        return churn__fail_null(err, "churn_engine_explain", "out");
    }
    *out = NULL;
    CHURN_TRY(churn__explain_ask(customer, len, as_of, options, &asked, err));
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_explain", err));
    st = explain_one(engine, &asked, out, err);
    churn__engine_leave(engine);
done:
    return st;
}

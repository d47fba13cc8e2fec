/* SPDX-License-Identifier: MIT */
#include "engine/explain.h"

#include <math.h>
#include <stddef.h>

#include "engine/one.h"

/*
 * The lines of an explanation as plain arrays, for a backend that explains on each request: no
 * sentences, no evidence, and no memory taken once the arrays are there.
 */

_Static_assert((int)CHURN_LINE_BASELINE == (int)CHURN__LINE_BASELINE &&
                   (int)CHURN_LINE_FACTOR == (int)CHURN__LINE_FACTOR &&
                   (int)CHURN_LINE_CAP == (int)CHURN__LINE_CAP &&
                   (int)CHURN_LINE_FLOOR == (int)CHURN__LINE_FLOOR &&
                   (int)CHURN_LINE_OVERRIDE == (int)CHURN__LINE_OVERRIDE &&
                   (int)CHURN_LINE_MISSING == (int)CHURN__LINE_MISSING,
               "kinds of lines are what callers call them");

/* ---- room ---- */

static size_t most_lines(const churn_playbook *playbook)
{
    size_t most = 0;
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        const churn__score_def *def = &playbook->scores[i];
        size_t lines = (size_t)def->factor_count + def->cap_count + 1;
        most = lines > most ? lines : most;
    }
    return most;
}

static bool make_arrays(const churn_playbook *playbook, churn__arena *arena, churn__one_lines *to)
{
    size_t n = most_lines(playbook);
    to->kinds = churn__arena_array(arena, n, sizeof *to->kinds);
    to->names = churn__arena_array(arena, n, sizeof *to->names);
    to->groups = churn__arena_array(arena, n, sizeof *to->groups);
    to->metrics = churn__arena_array(arena, n, sizeof *to->metrics);
    to->words = churn__arena_array(arena, n, sizeof *to->words);
    to->values = churn__arena_array(arena, n, sizeof *to->values);
    to->points = churn__arena_array(arena, n, sizeof *to->points);
    to->weights = churn__arena_array(arena, n, sizeof *to->weights);
    to->contributions = churn__arena_array(arena, n, sizeof *to->contributions);
    to->micros = churn__arena_array(arena, n, sizeof *to->micros);
    to->paths = churn__arena_array(arena, playbook->score_count, sizeof *to->paths);
    return to->kinds != NULL && to->names != NULL && to->groups != NULL && to->metrics != NULL &&
           to->words != NULL && to->values != NULL && to->points != NULL && to->weights != NULL &&
           to->contributions != NULL && to->micros != NULL && to->paths != NULL;
}

/* Groups have the same ids in every card. */
static const churn_str *make_paths(const churn__score_def *def, churn__arena *arena,
                                   churn__buf *text)
{
    churn_str *paths = churn__arena_array(arena, (size_t)def->group_count + 1, sizeof *paths);
    for (uint32_t g = 0; paths != NULL && g < def->group_count; g++) {
        churn__buf_reset(text);
        churn__shown_path(text, def->cards, g);
        churn_str path = churn__buf_view(text);
        paths[g] = churn__arena_str(arena, path.ptr, path.len);
        if (text->failed || paths[g].ptr == NULL) {
            return NULL;
        }
    }
    return paths;
}

/* NULL: no memory. */
static churn__one_lines *room_for(churn_engine *engine, uint32_t score)
{
    churn__arena *arena = NULL;
    churn__buf *text = NULL;
    churn__evidence *evidence = NULL;
    churn__one_lines *to = churn__one_lines_room(engine, &arena);
    if (to->paths == NULL && !make_arrays(engine->playbook, arena, to)) {
        return NULL;
    }
    if (to->paths[score] == NULL) {
        churn__one_room(engine, &text, &evidence);
        to->paths[score] = make_paths(&engine->playbook->scores[score], arena, text);
    }
    return to->paths[score] == NULL ? NULL : to;
}

/* ---- lines ---- */

static void put_line(const churn__explained *from, uint32_t i, churn__one_lines *to)
{
    const churn__score_line *line = &from->level->lines[i];
    churn__shown shown = {.value = (double)NAN};
    double contribution = churn__explained_points(from, line);
    to->groups[i] = (churn_str){NULL, 0};
    if (line->kind == CHURN__LINE_FACTOR || line->kind == CHURN__LINE_MISSING) {
        churn__shown_of(from->frame, from->level, line->after, 0, &shown);
        to->groups[i] = to->paths[from->score][from->level->card->factors[line->after].group];
    }
    to->kinds[i] = (int32_t)line->kind;
    to->names[i] = churn__score_line_name(from->level, line);
    to->metrics[i] = shown.metric;
    to->values[i] = shown.value;
    to->words[i] = shown.word;
    to->points[i] = line->points;
    to->weights[i] = churn__explained_weight(line);
    to->contributions[i] = contribution;
    to->micros[i] = isnan(contribution) ? 0 : line->contribution;
}

static void put_lines(const churn__explained *from, churn__one_lines *to, churn_explanation *out)
{
    const churn__score_out *score = &from->frame->scores[from->score];
    for (uint32_t i = 0; i < from->level->line_count; i++) {
        put_line(from, i, to);
    }
    out->as_of = from->frame->dates[0];
    out->score = score->missing[0] ? (double)NAN : score->score[0] + 0.0; /* as tables: no -0 */
    out->coverage = score->coverage[0];
    out->low = score->low[0] + 0.0;
    out->high = score->high[0] + 0.0;
    out->certain = score->certain[0];
    out->band = churn__frame_band(from->frame, from->score, 0);
    out->card = from->card;
    out->line_count = from->level->line_count;
    out->kinds = to->kinds;
    out->names = to->names;
    out->groups = to->groups;
    out->metrics = to->metrics;
    out->values = to->values;
    out->words = to->words;
    out->points = to->points;
    out->weights = to->weights;
    out->contributions = to->contributions;
    out->micros = to->micros;
}

static churn_status explain_lines(churn_engine *engine, const churn__explain_asked *asked,
                                  churn_explanation *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__explained found = {.score = CHURN__NONE};
    CHURN_TRY(churn__explain_take(engine, asked, &found, err));
    churn__one_lines *to = room_for(engine, found.score);
    if (to == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    put_lines(&found, to, out);
done:
    if (st != CHURN_OK) {
        churn__one_drop(engine); /* it may be half moved, or have lacked memory */
    }
    return st == CHURN_OK ? churn__one_pack_lines(out, err) : st;
}

/* Said also where the room was too small. */
static void tell_needed(churn_explanation *out, size_t needed)
{
    if (out->struct_size >= offsetof(churn_explanation, room_needed) + sizeof needed) {
        out->room_needed = needed;
    }
}

churn_status churn_engine_explain_lines(churn_engine *engine, const char *customer, size_t len,
                                        churn_time as_of, const churn_explain_options *options,
                                        churn_explanation *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__explain_asked asked;
    churn_explanation given;
    if (!out) {
        return churn__fail_null(err, "churn_engine_explain_lines", "out");
    }
    CHURN_TRY(churn__copy_struct(&given, sizeof given, out, "churn_explanation", err));
    CHURN_TRY(churn__explain_ask(customer, len, as_of, options, &asked, err));
    if (given.reserved) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_explanation: reserved must be zero");
    }
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_explain_lines", err));
    given.room_needed = 0;
    st = explain_lines(engine, &asked, &given, err);
    if (st == CHURN_OK) {
        st = churn__give_struct(out, &given, sizeof given, "churn_explanation", err);
    } else if (given.room_needed > 0) {
        tell_needed(out, given.room_needed);
    }
    churn__engine_leave(engine);
done:
    return st;
}

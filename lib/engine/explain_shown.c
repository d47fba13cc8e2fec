/* SPDX-License-Identifier: MIT */
#include "engine/explain.h"

#include <math.h>

/* ---- what a factor shows ---- */

static churn_str str_of(const char *text)
{
    return churn__str_nts(text);
}

/* Money is in the playbook's currency. Numbers and counts speak for themselves. */
static void show_unit(const churn_playbook *playbook, const churn__factor_def *factor,
                      churn__shown *out)
{
    out->unit = factor->unit;
    out->speaks = true;
    if (out->unit.ptr != NULL || out->number == CHURN__NONE) {
        return;
    }
    out->unit = str_of(churn__words_unit(playbook, out->number));
    if (churn__str_eq(out->unit, CHURN__STR("money"))) {
        out->unit = playbook->currency;
        return;
    }
    out->speaks = churn__str_eq(out->unit, CHURN__STR("days")) ||
                  churn__str_eq(out->unit, CHURN__STR("hours"));
}

static void show_value(const churn__column *column, uint32_t row, churn__shown *out)
{
    out->missing = column->missing == NULL ? CHURN__PRESENT : column->missing[row];
    if (out->missing != CHURN__PRESENT) {
        return;
    }
    switch (column->type) {
    case CHURN__TYPE_STRING:
        out->word = churn__column_string(column, row);
        break;
    case CHURN__TYPE_BOOL:
        out->value = ((const uint8_t *)column->values)[row] != 0;
        out->word = out->value > 0 ? CHURN__STR("true") : CHURN__STR("false");
        break;
    case CHURN__TYPE_INT:
        out->value = (double)((const int64_t *)column->values)[row];
        break;
    case CHURN__TYPE_DOUBLE:
        out->value = ((const double *)column->values)[row] + 0.0; /* no -0 */
        out->missing = isfinite(out->value) ? CHURN__PRESENT : CHURN__NON_FINITE;
        break;
    default:
        break;
    }
}

static void show_name(const churn_playbook *playbook, uint32_t slot, churn__shown *out)
{
    const churn__slot *what = &playbook->slots[slot];
    switch (what->kind) {
    case CHURN__SLOT_METRIC:
        out->number = what->index;
        out->metric = playbook->metrics[what->index].id;
        break;
    case CHURN__SLOT_SCORE:
        out->metric = playbook->scores[what->index].id;
        break;
    case CHURN__SLOT_ROLL_UP:
        out->metric = playbook->roll_ups[what->index].name;
        break;
    default:
        out->metric = what->name;
        break;
    }
}

void churn__shown_of(const churn__frame *frame, const churn__score_level *level, uint32_t factor,
                     uint32_t row, churn__shown *out)
{
    const churn__factor_def *def = &level->card->factors[factor];
    const churn__factor_state *state = &level->states[factor];
    uint32_t slot = def->shown_slot != CHURN__NONE ? def->shown_slot : def->slot;
    *out = (churn__shown){.number = CHURN__NONE, .value = (double)NAN, .missing = state->missing};
    if (slot == CHURN__NONE) {
        return;
    }
    show_name(frame->playbook, slot, out);
    show_value(&frame->columns[slot], row, out);
    show_unit(frame->playbook, def, out);
    if (state->carried && isnan(out->value)) {
        out->value = state->value;
    }
    out->missing = out->missing == CHURN__PRESENT ? state->missing : out->missing;
}

void churn__shown_path(churn__buf *buf, const churn__card_def *card, uint32_t group)
{
    uint32_t path[CHURN__SCORE_DEPTH];
    uint32_t depth = 0;
    for (; group != CHURN__NONE && depth < CHURN__SCORE_DEPTH; group = card->groups[group].parent) {
        path[depth++] = group;
    }
    while (depth > 0) {
        churn__buf_str(buf, card->groups[path[--depth]].id);
        churn__buf_text(buf, depth > 0 ? "." : "");
    }
}

void churn__shown_hash(const churn_playbook *playbook, char *out)
{
    for (int i = 0; i < CHURN__HASH_DIGITS; i++) {
        out[i] = "0123456789abcdef"[playbook->hash >> (60 - 4 * i) & 15];
    }
    out[CHURN__HASH_DIGITS] = '\0';
}

uint32_t churn__shown_score(const churn_playbook *playbook, churn_str id)
{
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        if (churn__str_eq(playbook->scores[i].id, id)) {
            return i;
        }
    }
    return CHURN__NONE;
}

churn_status churn__shown_take(churn__frame *frame, uint32_t score, uint32_t row,
                               churn__score_level *level, churn_error *err)
{
    churn__score_in in = churn__frame_score_in(frame, score);
    return churn__score_level_take(level, &in, row, frame->scores[score].cards[row], frame->scratch,
                                   err);
}

churn__override_told churn__override_told_of(const churn__frame *frame, uint32_t date, churn_str id)
{
    const churn__dict_view *texts = churn__version_texts(frame->version);
    uint32_t score = churn__dict_view_find(texts, id);
    churn__override found;
    churn__override_told told = {.at = CHURN_TIME_NONE};
    if (score == CHURN__NO_CODE || !churn__reader_override(frame->reader, frame->customers[0],
                                                           score, frame->dates[date], &found)) {
        return told;
    }
    told.at = found.at;
    if (found.author != CHURN__NO_CODE) {
        told.author = churn__dict_view_get(texts, found.author);
    }
    if (found.reason != CHURN__NO_CODE) {
        told.reason = churn__dict_view_get(texts, found.reason);
    }
    return told;
}

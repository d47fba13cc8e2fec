/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "core/fail.h"
#include "playbook/metric_words.h"
#include "playbook/schema.h"
#include "table/table.h"

/* What scores are made of, as a table, for user interfaces and documents. */

/* ---- shares ---- */

void churn__playbook_shares(const churn__score_def *def, const churn__card_def *card, double *room,
                            double *shares)
{
    double *sums = room, *whole = room + def->group_count + 1;
    for (uint32_t g = 0; g <= def->group_count; g++) {
        sums[g] = 0;
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        sums[card->factors[f].group] += card->factors[f].weight;
    }
    for (uint32_t g = 0; g < def->group_count; g++) {
        uint32_t parent = card->groups[g].parent;
        sums[parent == CHURN__NO_SLOT ? def->group_count : parent] += card->groups[g].weight;
    }
    for (uint32_t g = 0; g < def->group_count; g++) { /* a group stands before those in it */
        bool top = card->groups[g].parent == CHURN__NO_SLOT;
        uint32_t parent = top ? def->group_count : card->groups[g].parent;
        double share = sums[parent] > 0 ? card->groups[g].weight / sums[parent] : 0;
        whole[g] = top ? share : whole[parent] * share;
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        uint32_t group = card->factors[f].group;
        shares[f] = sums[group] > 0 ? whole[group] * card->factors[f].weight / sums[group] : 0;
    }
}

/* ---- rows ---- */

enum {
    COLUMN_SCORE,
    COLUMN_CARD,
    COLUMN_GROUP,
    COLUMN_FACTOR,
    COLUMN_OF,
    COLUMN_AS,
    COLUMN_AMONG,
    COLUMN_DIRECTION,
    COLUMN_DECLARED,
    COLUMN_UNIT,
    COLUMN_WEIGHT,
    COLUMN_SHARE,
    COLUMN_MISSING,
    COLUMN_POINTS,
    COLUMN_LINE
};

static const churn__table_head columns[] = {
    [COLUMN_SCORE] = {"score", CHURN_COLUMN_STRING},
    [COLUMN_CARD] = {"card", CHURN_COLUMN_STRING},
    [COLUMN_GROUP] = {"group", CHURN_COLUMN_STRING},
    [COLUMN_FACTOR] = {"factor", CHURN_COLUMN_STRING},
    [COLUMN_OF] = {"of", CHURN_COLUMN_STRING},
    [COLUMN_AS] = {"as", CHURN_COLUMN_STRING},
    [COLUMN_AMONG] = {"among", CHURN_COLUMN_STRING},
    [COLUMN_DIRECTION] = {"direction", CHURN_COLUMN_STRING},
    [COLUMN_DECLARED] = {"declared", CHURN_COLUMN_BOOL},
    [COLUMN_UNIT] = {"unit", CHURN_COLUMN_STRING},
    [COLUMN_WEIGHT] = {"weight", CHURN_COLUMN_DOUBLE},
    [COLUMN_SHARE] = {"share", CHURN_COLUMN_DOUBLE},
    [COLUMN_MISSING] = {"missing", CHURN_COLUMN_STRING},
    [COLUMN_POINTS] = {"points", CHURN_COLUMN_STRING},
    [COLUMN_LINE] = {"line", CHURN_COLUMN_INT},
};

typedef struct factor_rows {
    const churn_playbook *playbook;
    churn__table_builder *table;
    churn__buf text; /* of the next cell */
    const churn__score_def *score;
    const churn__card_def *card;
} factor_rows;

static void give_text(factor_rows *to, uint32_t column)
{
    churn_str text = churn__buf_view(&to->text);
    churn__table_add_string(to->table, column, text.len > 0 ? text : (churn_str){NULL, 0});
    churn__buf_reset(&to->text);
}

static void give_word(factor_rows *to, uint32_t column, const char *word)
{
    churn__table_add_string(to->table, column,
                            word == NULL ? (churn_str){NULL, 0} : churn__str_nts(word));
}

/* "adoption.depth" */
static void give_path(factor_rows *to, uint32_t group)
{
    uint32_t path[CHURN__SCORE_DEPTH], depth = 0;
    for (uint32_t g = group; g != CHURN__NO_SLOT && depth < CHURN__SCORE_DEPTH;
         g = to->card->groups[g].parent) {
        path[depth++] = g;
    }
    while (depth > 0) {
        churn__buf_text(&to->text, to->text.size > 0 ? "." : "");
        churn__buf_str(&to->text, to->card->groups[path[--depth]].id);
    }
    give_text(to, COLUMN_GROUP);
}

static const churn__metric_def *metric_at(const churn_playbook *pb, uint32_t slot)
{
    bool metric = slot != CHURN__NO_SLOT && pb->slots[slot].kind == CHURN__SLOT_METRIC;
    return metric ? &pb->metrics[pb->slots[slot].index] : NULL;
}

/* The id of the metric or score, the roll-up, the text of the expression. */
static void give_input(factor_rows *to, const churn__factor_def *def)
{
    const churn_playbook *pb = to->playbook;
    const churn__metric_def *metric = metric_at(pb, def->shown_slot);
    if (def->kind == CHURN__OF_EXPRESSION) {
        churn__buf_str(&to->text, churn__expr_text(def->expr));
    } else if (metric != NULL) {
        churn__buf_str(&to->text, metric->id);
    } else if (def->kind == CHURN__OF_SCORE) {
        churn__buf_str(&to->text, pb->scores[pb->slots[def->slot].index].id);
    } else {
        churn__buf_str(&to->text, pb->slots[def->slot].name);
    }
    give_text(to, COLUMN_OF);
}

static const char *form_word(churn__factor_kind kind)
{
    static const char *const words[] = {
        [CHURN__OF_METRIC] = "value",         [CHURN__OF_PERCENTILE] = "percentile",
        [CHURN__OF_ROBUST_Z] = "robust_z",    [CHURN__OF_TREND] = "trend",
        [CHURN__OF_SCORE] = "score",          [CHURN__OF_ROLL_UP] = "roll_up",
        [CHURN__OF_EXPRESSION] = "expression"};
    return words[kind];
}

static void give_among(factor_rows *to, const churn__factor_def *def)
{
    const churn__metric_def *metric = metric_at(to->playbook, def->slot);
    if (metric == NULL || def->kind < CHURN__OF_PERCENTILE || def->kind > CHURN__OF_TREND) {
        give_word(to, COLUMN_AMONG, NULL);
        return;
    }
    switch (metric->baseline) {
    case CHURN__BASELINE_SELF:
        churn__buf_text(&to->text, "self");
        break;
    case CHURN__BASELINE_ALL:
        churn__buf_text(&to->text, "book");
        break;
    case CHURN__BASELINE_FROZEN:
        churn__buf_str(&to->text, metric->reference->id);
        break;
    default:
        churn__buf_text(&to->text, "segment");
        if (metric->segment != UINT32_MAX) {
            churn__buf_char(&to->text, '.');
            churn__buf_str(&to->text, to->playbook->segments[metric->segment].id);
        }
    }
    give_text(to, COLUMN_AMONG);
}

static void give_unit(factor_rows *to, const churn__factor_def *def)
{
    const churn_playbook *pb = to->playbook;
    const churn__metric_def *metric = metric_at(pb, def->shown_slot);
    if (def->unit.ptr != NULL) {
        churn__table_add_string(to->table, COLUMN_UNIT, def->unit);
    } else if (metric != NULL) {
        give_word(to, COLUMN_UNIT, churn__words_unit(pb, pb->slots[def->shown_slot].index));
    } else {
        give_word(to, COLUMN_UNIT, "points");
    }
}

static const char *missing_word(churn__factor_missing missing)
{
    static const char *const words[] = {
        [CHURN__FACTOR_EXCLUDE] = "exclude", [CHURN__FACTOR_VALUE] = "value",
        [CHURN__FACTOR_WORST] = "worst",     [CHURN__FACTOR_BEST] = "best",
        [CHURN__FACTOR_CARRY] = "carry",     [CHURN__FACTOR_ERROR] = "error"};
    return words[missing];
}

static void put_pair(churn__buf *out, const char *before, double x, double y)
{
    char digits[CHURN__DOUBLE_CHARS];
    churn__buf_text(out, before);
    churn__buf_bytes(out, digits, churn__double_print_short(x, digits));
    churn__buf_text(out, ": ");
    churn__buf_bytes(out, digits, churn__double_print_short(y, digits));
}

static void put_named(churn__buf *out, churn_str name, double y)
{
    char digits[CHURN__DOUBLE_CHARS];
    churn__buf_text(out, out->size > 0 ? ", " : "");
    churn__buf_str(out, name);
    churn__buf_text(out, ": ");
    churn__buf_bytes(out, digits, churn__double_print_short(y, digits));
}

/* "0: 0, 4: 40", of steps "from 3: 20" or "to 3: 20", "free: 20, otherwise: 50" */
static void give_points(factor_rows *to, const churn__factor_def *def)
{
    const char *word = def->points_kind == CHURN__POINTS_STEPS         ? "from "
                       : def->points_kind == CHURN__POINTS_STEPS_RIGHT ? "to "
                                                                       : "";
    for (uint32_t i = 0; i < def->point_count; i++) {
        churn__buf_text(&to->text, i > 0 ? ", " : "");
        put_pair(&to->text, word, def->points[i].x, def->points[i].y);
    }
    for (uint32_t i = 0; i < def->category_count; i++) {
        put_named(&to->text, def->categories[i].word, def->categories[i].y);
    }
    if (def->has_otherwise) {
        put_named(&to->text, CHURN__STR("otherwise"), def->otherwise);
    }
    give_text(to, COLUMN_POINTS);
}

static void add_factor(factor_rows *to, const churn__factor_def *def, churn_str card, double share)
{
    static const char *const directions[] = {NULL, "higher", "lower"};
    churn__table_add_string(to->table, COLUMN_SCORE, to->score->id);
    churn__table_add_string(to->table, COLUMN_CARD, card);
    give_path(to, def->group);
    churn__table_add_string(to->table, COLUMN_FACTOR, def->id);
    give_input(to, def);
    give_word(to, COLUMN_AS, form_word(def->kind));
    give_among(to, def);
    give_word(to, COLUMN_DIRECTION, directions[def->direction]);
    churn__table_add_bool(to->table, COLUMN_DECLARED, def->direction_declared);
    give_unit(to, def);
    churn__table_add_double(to->table, COLUMN_WEIGHT, def->weight);
    churn__table_add_double(to->table, COLUMN_SHARE, share);
    give_word(to, COLUMN_MISSING, missing_word(def->missing));
    give_points(to, def);
    churn__table_add_int(to->table, COLUMN_LINE, def->line);
}

/* All cards of a score, that of the score itself first. */
static bool add_score(factor_rows *to, const churn__score_def *def)
{
    churn__heap *heap = to->playbook->heap;
    size_t size = 2 * (size_t)def->group_count + 1 + def->factor_count;
    double *room = churn__alloc_array(heap, size, sizeof *room);
    if (room == NULL) {
        return false;
    }
    double *shares = room + 2 * (size_t)def->group_count + 1;
    to->score = def;
    for (uint32_t c = 0; c < def->card_count && !to->text.failed; c++) {
        to->card = &def->cards[c];
        churn__playbook_shares(def, to->card, room, shares);
        for (uint32_t f = 0; f < def->factor_count; f++) {
            add_factor(to, &to->card->factors[f], churn__card_name(to->playbook, def, c),
                       shares[f]);
        }
    }
    churn__free_array(heap, room, size, sizeof *room);
    return !to->text.failed;
}

static uint64_t row_count(const churn_playbook *playbook)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        count += (uint64_t)playbook->scores[i].card_count * playbook->scores[i].factor_count;
    }
    return count;
}

churn_status churn_playbook_factors(const churn_playbook *playbook, churn_table **out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    if (playbook == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_factors",
                                playbook == NULL ? "playbook" : "out");
    }
    *out = NULL;
    factor_rows to = {.playbook = playbook,
                      .table = churn__table_begin(playbook->heap, row_count(playbook))};
    churn__buf_init(&to.text, playbook->heap);
    if (to.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, playbook->heap));
    }
    churn__table_columns(to.table, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        if (!add_score(&to, &playbook->scores[i])) {
            CHURN_TRY(churn__fail_memory(err, playbook->heap));
        }
    }
    st = churn__table_finish(to.table, out, err);
    to.table = NULL;
done:
    churn__table_abandon(to.table);
    churn__buf_clear(&to.text);
    return st;
}

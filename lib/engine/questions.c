/* SPDX-License-Identifier: MIT */
#include "engine/losses.h"

#include <math.h>

#include <churn/kpi.h>

/* Pure questions: functions of playbook, version and date, which change nothing. */

/* ---- answers ---- */

churn_status churn__answer(churn__asking *asking, const churn_time *dates, uint32_t date_count,
                           const churn__frame_options *want, churn__frame_use use, void *context,
                           churn__table_builder *builder, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__walk walk = {.engine = asking->engine,
                        .version = asking->version,
                        .order = asking->order,
                        .count = asking->count,
                        .dates = dates,
                        .date_count = date_count,
                        .want = want,
                        .named = true,
                        .use = use,
                        .context = context,
                        .cancel = asking->options.cancel,
                        .counter = asking->options.cancel};
    if (!builder) {
        CHURN_TRY(churn__fail_memory(err, asking->engine->heap));
    }
    CHURN_TRY(churn__walk_all(&walk, err));
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    return st;
}

/* ---- scores ---- */

churn_str churn__playbook_hash_text(const churn_playbook *playbook, char room[17])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = churn_playbook_hash(playbook);
    for (int i = 15; i >= 0; i--) {
        room[i] = digits[hash & 15];
        hash >>= 4;
    }
    room[16] = '\0';
    return (churn_str){room, 16};
}

typedef struct scores_table {
    churn__table_builder *builder;
    bool dated;
    uint32_t only; /* CHURN__NONE: all */
} scores_table;

static void add_score(const scores_table *table, const churn__frame *frame, uint32_t index,
                      uint32_t row)
{
    const churn__score_out *score = &frame->scores[index];
    churn__table_builder *builder = table->builder;
    uint32_t to = 0;
    churn__table_add_string(builder, to++, churn__frame_id(frame, row));
    if (table->dated) {
        churn__table_add_time(builder, to++, churn__frame_date(frame, row));
    }
    churn__table_add_string(builder, to++, frame->playbook->scores[index].id);
    churn__table_add_double(builder, to++, score->missing[row] ? (double)NAN : score->score[row]);
    churn__table_add_string(builder, to++, churn__frame_band(frame, index, row));
    churn__table_add_double(builder, to++, score->coverage[row]);
    churn__table_add_double(builder, to++, score->low[row]);
    churn__table_add_double(builder, to++, score->high[row]);
    churn__table_add_bool(builder, to++, score->certain[row]);
    churn__table_add_string(
        builder, to++,
        churn__card_name(frame->playbook, &frame->playbook->scores[index], score->cards[row]));
    churn__table_add_bool(builder, to++, score->overridden[row]);
    churn__table_add_bool(builder, to++, frame->losses[row].churned);
    churn__table_add_codes(builder, to++, &(uint8_t){0}, 1);
    if (table->only != CHURN__NONE) {
        for (uint32_t g = 0; g < frame->playbook->scores[index].group_count; g++) {
            churn__table_add_double(builder, to++, score->groups[(size_t)g * frame->rows + row]);
        }
    }
}

static churn_status use_scores(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    const scores_table *table = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        for (uint32_t i = 0; frame->exists[row] && i < frame->playbook->score_count; i++) {
            if (table->only == CHURN__NONE || table->only == i) {
                add_score(table, frame, i, row);
            }
        }
    }
    return CHURN_OK;
}

static churn__table_builder *begin_scores(const churn__asking *asking, const scores_table *table)
{
    const churn_playbook *playbook = asking->engine->playbook;
    churn__table_builder *builder =
        churn__table_begin(churn__store_heap(asking->engine->store), asking->count);
    if (!builder) {
        return NULL;
    }
    churn__table_column(builder, "customer", CHURN_COLUMN_STRING);
    if (table->dated) {
        churn__table_column(builder, "as_of", CHURN_COLUMN_TIME);
    }
    churn__table_column(builder, "score", CHURN_COLUMN_STRING);
    churn__table_column(builder, "value", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "band", CHURN_COLUMN_STRING);
    churn__table_column(builder, "coverage", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "low", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "high", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "certain", CHURN_COLUMN_BOOL);
    churn__table_column(builder, "card", CHURN_COLUMN_STRING);
    churn__table_column(builder, "overridden", CHURN_COLUMN_BOOL);
    churn__table_column(builder, "churned", CHURN_COLUMN_BOOL);
    char hash[17];
    churn_str only = churn__playbook_hash_text(playbook, hash);
    churn__table_choice_column(builder, "playbook", &only, 1);
    for (uint32_t g = 0;
         table->only != CHURN__NONE && g < playbook->scores[table->only].group_count; g++) {
        churn__table_column(builder, playbook->scores[table->only].cards[0].groups[g].id.ptr,
                            CHURN_COLUMN_DOUBLE);
    }
    return builder;
}

churn_status churn_engine_scores(churn_engine *engine, const churn_time *as_of, uint32_t count,
                                 const churn_query_options *options, churn_table **out,
                                 churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_scores", "out");
    }
    *out = NULL;
    churn__asking asking;
    scores_table table = {NULL, count > 1, CHURN__NONE};
    churn_status st = churn__asking_begin(engine, options, 0, as_of, count, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    if (asking.options.score.ptr || engine->playbook->score_count == 1) {
        CHURN_TRY(churn__find_score(engine->playbook, asking.options.score, &table.only, err));
    }
    churn__frame_options want = {
        .all_scores = table.only == CHURN__NONE, .only_score = table.only, .losses = true};
    table.builder = begin_scores(&asking, &table);
    st = churn__answer(&asking, as_of, count, &want, use_scores, &table, table.builder, out, err);
done:
    churn__asking_end(&asking);
    return st;
}

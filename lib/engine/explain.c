/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <math.h>

/* Why a score is what it is: lines that add up to it in units of 1e-6. */

static const char *line_name(churn__line_kind kind)
{
    switch (kind) {
    case CHURN__LINE_BASELINE:
        return "baseline";
    case CHURN__LINE_FACTOR:
        return "factor";
    case CHURN__LINE_CAP:
        return "cap";
    case CHURN__LINE_FLOOR:
        return "floor";
    default:
        return "missing";
    }
}

static void write_factor(churn__buf *text, const churn__score_line *line)
{
    churn__buf_str(text, line->name);
    if (line->missing) {
        churn__buf_text(text, " is missing (");
        churn__buf_text(text, churn__missing_name(line->missing));
        churn__buf_text(text, ")");
    } else {
        char value[CHURN__DOUBLE_CHARS];
        churn__double_print_short(churn__round6(line->value), value);
        churn__buf_text(text, " is ");
        churn__buf_text(text, value);
    }
    churn__buf_text(text, ": ");
    churn__buf_fixed(text, line->points, 1);
    churn__buf_text(text, " of 100 points, ");
    churn__buf_fixed(text, line->weight * 100.0, 1);
    churn__buf_text(text, " % of the score");
}

static void write_line(churn__buf *text, const churn__score_line *line)
{
    churn__buf_reset(text);
    switch (line->kind) {
    case CHURN__LINE_BASELINE:
        churn__buf_text(text, "where explanations start");
        break;
    case CHURN__LINE_FACTOR:
        write_factor(text, line);
        break;
    case CHURN__LINE_CAP:
        churn__buf_str(text, line->name);
        churn__buf_text(text, " holds the score at most at ");
        churn__buf_fixed(text, line->points, 1);
        break;
    case CHURN__LINE_OVERRIDE:
        churn__buf_text(text, "the score was set by hand to ");
        churn__buf_fixed(text, line->points, 1);
        break;
    case CHURN__LINE_FLOOR:
        churn__buf_str(text, line->name);
        churn__buf_text(text, " holds the score at least at ");
        churn__buf_fixed(text, line->points, 1);
        break;
    default:
        churn__buf_str(text, line->name);
        churn__buf_text(text, " is missing (");
        churn__buf_text(text, churn__missing_name(line->missing));
        churn__buf_text(text, ") and does not count");
        break;
    }
}

static void add_line(churn__table_builder *builder, const churn__score_line *line,
                     const churn__buf *text)
{
    bool factor = line->kind == CHURN__LINE_FACTOR;
    bool pointed = factor || line->kind == CHURN__LINE_CAP || line->kind == CHURN__LINE_FLOOR ||
                   line->kind == CHURN__LINE_OVERRIDE;
    churn__table_add_string(builder, 0, churn__str_nts(line_name(line->kind)));
    churn__table_add_string(builder, 1, line->name);
    churn__table_add_string(builder, 2,
                            factor || line->kind == CHURN__LINE_MISSING ? line->group
                                                                        : (churn_str){NULL, 0});
    churn__table_add_double(builder, 3, factor && !line->missing ? line->value : (double)NAN);
    churn__table_add_double(builder, 4, pointed ? line->points : (double)NAN);
    churn__table_add_double(builder, 5, factor ? line->weight : (double)NAN);
    churn__table_add_double(builder, 6,
                            line->kind == CHURN__LINE_MISSING ? (double)NAN
                                                              : (double)line->contribution / 1e6);
    churn__table_add_string(builder, 7, churn__buf_view(text));
}

static churn__table_builder *begin_explain(churn__heap *heap)
{
    churn__table_builder *builder = churn__table_begin(heap, 16);
    if (builder) {
        churn__table_column(builder, "kind", CHURN_COLUMN_STRING);
        churn__table_column(builder, "name", CHURN_COLUMN_STRING);
        churn__table_column(builder, "group", CHURN_COLUMN_STRING);
        churn__table_column(builder, "value", CHURN_COLUMN_DOUBLE);
        churn__table_column(builder, "points", CHURN_COLUMN_DOUBLE);
        churn__table_column(builder, "weight", CHURN_COLUMN_DOUBLE);
        churn__table_column(builder, "contribution", CHURN_COLUMN_DOUBLE);
        churn__table_column(builder, "text", CHURN_COLUMN_STRING);
    }
    return builder;
}

static churn_status fill_explain(churn__frame *frame, uint32_t score, churn__table_builder *builder,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arena arena;
    churn__buf text;
    churn__score_line *lines = NULL;
    uint32_t count = 0;
    churn__arena_init(&arena, frame->heap);
    churn__buf_init(&text, frame->heap);
    churn__score_in in = churn__frame_score_in(frame, score);
    CHURN_TRY(churn__score_explain(&frame->playbook->scores[score],
                                   churn__frame_card(frame, score, 0), &in, 0, frame->scratch,
                                   &arena, &lines, &count, err));
    for (uint32_t i = 0; i < count; i++) {
        write_line(&text, &lines[i]);
        if (text.failed) {
            CHURN_TRY(churn__fail_memory(err, frame->heap));
        }
        add_line(builder, &lines[i], &text);
    }
done:
    churn__buf_clear(&text);
    churn__arena_clear(&arena);
    return st;
}

churn_status churn_engine_explain(churn_engine *engine, const char *customer, size_t len,
                                  churn_time as_of, const churn_query_options *options,
                                  churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_explain", "out");
    }
    *out = NULL;
    churn__asking asking = {.engine = NULL};
    churn__frame *frame = NULL;
    churn__table_builder *builder = NULL;
    uint32_t score = 0;
    churn_query_options mine;
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_query_options", err));
    mine.struct_size = sizeof mine;
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &mine.customer, err));
    CHURN_TRY(churn__asking_begin(engine, &mine, 0, &as_of, 1, &asking, err));
    CHURN_TRY(churn__find_score(engine->playbook, mine.score, &score, err));
    churn__frame_options want = {.only_score = score};
    CHURN_TRY(churn__frame_open(engine, asking.version, &as_of, 1, &want, &frame, err));
    CHURN_TRY(churn__frame_survey(frame, engine, &want, mine.cancel, err));
    CHURN_TRY(churn__frame_fill(frame, asking.order, 1, err));
    if (!frame->exists[0]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    builder = begin_explain(churn__store_heap(engine->store));
    if (!builder) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(fill_explain(frame, score, builder, err));
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__frame_close(frame);
    churn__asking_end(&asking);
    return st;
}

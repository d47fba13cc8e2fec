/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "engine/engine_internal.h"

/* What is asked of metrics: their values, why they are missing, and how good they are. */

/* ---- metrics ---- */

typedef struct metrics_table {
    churn__table_builder *builder;
    bool dated, reasons;
} metrics_table;

static void add_cell(churn__table_builder *builder, uint32_t to, const churn__column *column,
                     uint32_t row)
{
    if (column->missing && column->missing[row]) {
        churn__table_add_null(builder, to);
        return;
    }
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        churn__table_add_bool(builder, to, ((const uint8_t *)column->values)[row]);
        return;
    case CHURN__TYPE_INT:
        churn__table_add_int(builder, to, ((const int64_t *)column->values)[row]);
        return;
    case CHURN__TYPE_STRING:
        churn__table_add_string(builder, to, churn__column_string(column, row));
        return;
    case CHURN__TYPE_TIME:
        churn__table_add_time(builder, to, ((const churn_time *)column->values)[row]);
        return;
    default:
        churn__table_add_double(builder, to, ((const double *)column->values)[row]);
        return;
    }
}

/* Rows [from, to) of one column. */
static void add_cells(churn__table_builder *builder, uint32_t column, const churn__column *cells,
                      uint32_t from, uint32_t to)
{
    if (cells->type == CHURN__TYPE_DOUBLE) {
        churn__table_add_doubles(builder, column, (const double *)cells->values + from,
                                 cells->missing + from, to - from);
        return;
    }
    for (uint32_t row = from; row < to; row++) {
        add_cell(builder, column, cells, row);
    }
}

/* Why cells of rows [from, to) are missing: mostly the same reason for many of them. */
static void add_reasons(churn__table_builder *builder, uint32_t column, const churn__column *cells,
                        uint32_t from, uint32_t to)
{
    for (uint32_t row = from, end = from; row < to; row = end) {
        churn__missing reason = cells->missing[row];
        while (end < to && cells->missing[end] == reason) {
            end++;
        }
        if (reason == CHURN__PRESENT) {
            churn__table_add_null_strings(builder, column, end - row);
        } else {
            churn__table_add_repeated(builder, column, churn__str_nts(churn__missing_name(reason)),
                                      end - row);
        }
    }
}

/* Whose rows [from, to) are, and of when. */
static void add_names(const metrics_table *table, const churn__frame *frame, uint32_t from,
                      uint32_t to)
{
    for (uint32_t row = from; row < to;) {
        uint32_t date = row % frame->date_count, n = frame->date_count - date;
        n = n < to - row ? n : to - row;
        churn__table_add_repeated(table->builder, 0, churn__frame_id(frame, row), n);
        if (table->dated) {
            churn__table_add_times(table->builder, 1, frame->dates + date, n);
        }
        row += n;
    }
}

static uint32_t rows_like(const churn__frame *frame, uint32_t from)
{
    uint32_t to = from;
    while (to < frame->rows && frame->exists[to] == frame->exists[from]) {
        to++;
    }
    return to;
}

/* Column by column over stretches of rows that exist, which are mostly the whole batch. */
static churn_status use_metrics(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    const metrics_table *table = context;
    for (uint32_t from = 0, to = 0; from < frame->rows; from = to) {
        to = rows_like(frame, from);
        if (!frame->exists[from]) {
            continue;
        }
        add_names(table, frame, from, to);
        uint32_t column = table->dated ? 2 : 1;
        for (uint32_t m = 0; m < frame->playbook->declared_count; m++) {
            add_cells(table->builder, column++, &frame->metric_out[m], from, to);
            if (table->reasons) {
                add_reasons(table->builder, column++, &frame->metric_out[m], from, to);
            }
        }
    }
    return CHURN_OK;
}

static void name_reasons(churn__table_builder *builder, churn_str metric, churn__buf *name)
{
    churn__buf_reset(name);
    churn__buf_str(name, metric);
    churn__buf_text(name, ".reason");
    churn__table_column(builder, churn__buf_view(name).ptr, CHURN_COLUMN_STRING);
}

/* NULL: no memory. */
static churn__table_builder *begin_metrics(const churn__asking *asking, uint32_t dates,
                                           bool reasons)
{
    const churn_playbook *playbook = asking->engine->playbook;
    churn__buf name;
    churn__table_builder *builder = churn__table_begin(churn__store_heap(asking->engine->store),
                                                       (uint64_t)asking->count * dates);
    if (!builder) {
        return NULL;
    }
    churn__buf_init(&name, asking->engine->heap);
    churn__table_column(builder, "customer", CHURN_COLUMN_STRING);
    if (dates > 1) {
        churn__table_column(builder, "as_of", CHURN_COLUMN_TIME);
    }
    for (uint32_t m = 0; m < playbook->declared_count && !name.failed; m++) {
        churn_str id = playbook->metrics[m].id;
        churn__table_column(builder, id.ptr, churn__table_type(playbook->metrics[m].type));
        if (reasons) {
            name_reasons(builder, id, &name);
        }
    }
    if (name.failed) {
        churn__table_abandon(builder);
        builder = NULL;
    }
    churn__buf_clear(&name);
    return builder;
}

churn_status churn_engine_metrics(churn_engine *engine, const churn_time *as_of, uint32_t count,
                                  const churn_query_options *options, churn_table **out,
                                  churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_metrics", "out");
    }
    *out = NULL;
    churn__asking asking;
    metrics_table table = {.dated = count > 1};
    churn__frame_options want = {.all_metrics = true, .only_score = CHURN__NONE};
    churn_status st =
        churn__asking_begin(engine, options, CHURN_QUERY_REASONS, as_of, count, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    table.reasons = asking.options.flags & CHURN_QUERY_REASONS;
    table.builder = begin_metrics(&asking, count, table.reasons);
    st = churn__answer(&asking, as_of, count, &want, use_metrics, &table, table.builder, out, err);
done:
    churn__asking_end(&asking);
    return st;
}

/* ---- why metrics are missing ---- */

static churn_status use_missing(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    churn__table_builder *builder = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        for (uint32_t m = 0; frame->exists[row] && m < frame->playbook->declared_count; m++) {
            churn__missing reason =
                frame->metric_out[m].missing ? frame->metric_out[m].missing[row] : CHURN__PRESENT;
            if (reason) {
                churn__table_add_string(builder, 0, churn__frame_id(frame, row));
                churn__table_add_string(builder, 1, frame->playbook->metrics[m].id);
                churn__table_add_string(builder, 2, churn__str_nts(churn__missing_name(reason)));
            }
        }
    }
    return CHURN_OK;
}

static churn__table_builder *begin_missing(const churn__asking *asking)
{
    churn__table_builder *builder = churn__table_begin(churn__store_heap(asking->engine->store), 0);
    if (builder) {
        churn__table_column(builder, "customer", CHURN_COLUMN_STRING);
        churn__table_column(builder, "metric", CHURN_COLUMN_STRING);
        churn__table_column(builder, "reason", CHURN_COLUMN_STRING);
    }
    return builder;
}

churn_status churn_engine_missing(churn_engine *engine, churn_time as_of,
                                  const churn_query_options *options, churn_table **out,
                                  churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_missing", "out");
    }
    *out = NULL;
    churn__asking asking;
    churn__frame_options want = {.all_metrics = true, .only_score = CHURN__NONE};
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    churn__table_builder *builder = begin_missing(&asking);
    st = churn__answer(&asking, &as_of, 1, &want, use_missing, builder, builder, out, err);
done:
    churn__asking_end(&asking);
    return st;
}

/* ---- how good they are ---- */

/* Reasons of the same name are counted together. */
static const struct {
    const char *name;
    churn__missing is, also;
} quality_reasons[] = {
    {"stale_source", CHURN__STALE_SOURCE, CHURN__STALE_SOURCE},
    {"not_provided", CHURN__NOT_PROVIDED, CHURN__NOT_PROVIDED},
    {"non_finite", CHURN__NON_FINITE, CHURN__NON_FINITE},
    {"low_coverage", CHURN__LOW_COVERAGE, CHURN__LOW_COVERAGE},
    {"no_rate", CHURN__NO_RATE, CHURN__NO_RATE},
    {"short_history", CHURN__SHORT_HISTORY_FROM, CHURN__SHORT_HISTORY_SINCE},
    {"cycle", CHURN__CYCLE, CHURN__CYCLE},
    {"never", CHURN__NEVER, CHURN__NEVER},
    {"empty", CHURN__EMPTY, CHURN__EMPTY},
    {"expired", CHURN__EXPIRED, CHURN__EXPIRED},
};
#define QUALITY_REASONS (sizeof quality_reasons / sizeof *quality_reasons)

/* What all threads counted, by metric. */
typedef struct quality_sums {
    churn__metric_quality *each;
    uint32_t count;
} quality_sums;

static churn_status use_nothing(churn__frame *frame, void *context, churn_error *err)
{
    (void)frame;
    (void)context;
    (void)err;
    return CHURN_OK;
}

static churn_status add_quality(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    quality_sums *sums = context;
    for (uint32_t m = 0; frame->plan && m < sums->count; m++) {
        const churn__metric_quality *from = churn__metric_plan_quality(frame->plan, m);
        churn__metric_quality *to = &sums->each[m];
        to->valid += from->valid;
        to->skipped += from->skipped;
        to->excluded += from->excluded;
        to->zones += from->zones;
        for (uint32_t reason = 0; reason < CHURN__METRIC_REASONS; reason++) {
            to->missing[reason] += from->missing[reason];
        }
    }
    return CHURN_OK;
}

static void quality_row(churn__table_builder *builder, churn_str metric,
                        const churn__metric_quality *quality)
{
    uint32_t to = 3;
    uint64_t customers = quality->valid;
    churn__table_add_string(builder, 0, metric);
    churn__table_add_int(builder, 2, (int64_t)quality->valid);
    for (size_t i = 0; i < QUALITY_REASONS; i++) {
        churn__missing is = quality_reasons[i].is, also = quality_reasons[i].also;
        uint64_t count = quality->missing[is] + (is == also ? 0 : quality->missing[also]);
        churn__table_add_int(builder, to++, (int64_t)count);
        customers += count;
    }
    churn__table_add_int(builder, 1, (int64_t)customers);
    churn__table_add_int(builder, to++, (int64_t)quality->skipped);
    churn__table_add_int(builder, to++, (int64_t)quality->excluded);
    churn__table_add_int(builder, to, (int64_t)quality->zones);
}

static churn_status quality_table(const churn__asking *asking, const quality_sums *sums,
                                  churn_table **out, churn_error *err)
{
    const churn_playbook *playbook = asking->engine->playbook;
    churn__table_builder *builder =
        churn__table_begin(churn__store_heap(asking->engine->store), sums->count);
    if (!builder) {
        return churn__fail_memory(err, asking->engine->heap);
    }
    churn__table_column(builder, "metric", CHURN_COLUMN_STRING);
    churn__table_column(builder, "customers", CHURN_COLUMN_INT);
    churn__table_column(builder, "valid", CHURN_COLUMN_INT);
    for (size_t i = 0; i < QUALITY_REASONS; i++) {
        churn__table_column(builder, quality_reasons[i].name, CHURN_COLUMN_INT);
    }
    churn__table_column(builder, "skipped", CHURN_COLUMN_INT);
    churn__table_column(builder, "excluded", CHURN_COLUMN_INT);
    churn__table_column(builder, "unknown_zones", CHURN_COLUMN_INT);
    for (uint32_t m = 0; m < sums->count; m++) {
        quality_row(builder, playbook->metrics[m].id, &sums->each[m]);
    }
    return churn__table_finish(builder, out, err);
}

churn_status churn_engine_quality(churn_engine *engine, churn_time as_of,
                                  const churn_query_options *options, churn_table **out,
                                  churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_quality", "out");
    }
    *out = NULL;
    churn__asking asking;
    quality_sums sums = {.each = NULL};
    churn__frame_options want = {.all_metrics = true, .measure = true, .only_score = CHURN__NONE};
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    sums.count = engine->playbook->declared_count;
    sums.each = churn__alloc_array_zero(engine->heap, sums.count, sizeof *sums.each);
    if (!sums.each) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    churn__walk walk = {.engine = engine,
                        .version = asking.version,
                        .order = asking.order,
                        .count = asking.count,
                        .dates = &as_of,
                        .date_count = 1,
                        .want = &want,
                        .use = use_nothing,
                        .leave = add_quality,
                        .context = &sums,
                        .cancel = asking.options.cancel,
                        .counter = asking.options.cancel};
    CHURN_TRY(churn__walk_all(&walk, err));
    CHURN_TRY(quality_table(&asking, &sums, out, err));
done:
    if (asking.engine) {
        churn__free_array(engine->heap, sums.each, sums.count, sizeof *sums.each);
    }
    churn__asking_end(&asking);
    return st;
}

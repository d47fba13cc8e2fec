/* SPDX-License-Identifier: MIT */
#include "engine/trends.h"

#include <math.h>
#include <string.h>

#include "base/sort.h"

/*
 * The list that a team works through: customers with a trigger firing or out of the best band, by
 * value at risk. Of those who are on it a second frame is filled at the dates of the score's trend.
 */
#define REASONS 3

typedef struct risk_row {
    uint32_t customer;
    int64_t mrr;
    bool mrr_known;
    double value_at_risk; /* minor units; NaN: no score */
    double score, coverage, change;
    churn_str band, trend, reasons, triggers, name, owner; /* of the arena, or constant */
    churn_time renews_at;
    uint32_t task; /* index of the next open task; CHURN__NONE */
} risk_row;

typedef struct risk_list {
    churn__heap *heap;
    churn__arena arena;
    churn__frame *now, *past;
    churn__trend_dates dates; /* of the past */
    uint32_t *picked, *picked_rows;
    risk_row *rows;
    size_t count, capacity;
} risk_list;

/* ---- what is told of one customer ---- */

/* "gone_quiet, low_health", in the playbook's order. */
static void write_triggers(const churn__frame *frame, uint32_t person, churn_time as_of,
                           churn__buf *out)
{
    for (uint32_t i = 0; i < frame->playbook->trigger_count; i++) {
        if (churn__history_firing(frame->engine, person, frame->trigger_codes[i], as_of)) {
            churn__buf_text(out, out->size ? ", " : "");
            churn__buf_str(out, frame->playbook->triggers[i].id);
        }
    }
}

/* The line that pulls down most of those not yet told; of equals the one that comes first. */
static churn__score_line *worst_line(churn__score_line *lines, uint32_t count)
{
    churn__score_line *worst = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (lines[i].kind != CHURN__LINE_MISSING && lines[i].kind != CHURN__LINE_BASELINE &&
            lines[i].contribution < (worst ? worst->contribution : 0)) {
            worst = &lines[i];
        }
    }
    return worst;
}

static void write_reasons(const churn__score_level *level, churn__buf *out)
{
    for (uint32_t told = 0; told < REASONS; told++) {
        churn__score_line *line = worst_line(level->lines, level->line_count);
        if (!line) {
            return;
        }
        churn__buf_text(out, told ? ", " : "");
        churn__buf_str(out, churn__score_line_name(level, line));
        churn__buf_char(out, ' ');
        churn__buf_fixed(out, (double)line->contribution / 1e6, 1);
        line->contribution = 0;
    }
}

static churn_time next_renewal(churn__frame *frame, uint32_t customer, churn_time as_of)
{
    const churn__subscription *rows = NULL;
    size_t count = churn__reader_subscriptions(frame->reader, customer, as_of, &rows);
    churn_time next = CHURN_TIME_NONE;
    for (size_t i = 0; i < count; i++) {
        bool current = i + 1 == count || rows[i + 1].id != rows[i].id;
        if (current && churn__subscription_live(&rows[i], as_of) &&
            rows[i].renews_at != CHURN_TIME_NONE && rows[i].renews_at >= as_of &&
            (next == CHURN_TIME_NONE || rows[i].renews_at < next)) {
            next = rows[i].renews_at;
        }
    }
    return next;
}

/* Due first; without a due date last; of equals the older one. */
static uint32_t next_task(const churn_engine *engine, uint32_t person, churn_time as_of)
{
    uint32_t best = CHURN__NONE;
    uint32_t i = person == CHURN__NONE ? CHURN__NONE : engine->people[person].action;
    for (; i != CHURN__NONE; i = engine->actions[i].before) {
        const churn__action *action = &engine->actions[i];
        if (!churn__history_task_open(action, as_of)) {
            continue;
        }
        churn_time due = action->due == CHURN_TIME_NONE ? CHURN_TIME_MAX : action->due;
        churn_time old = best == CHURN__NONE || engine->actions[best].due == CHURN_TIME_NONE
                             ? CHURN_TIME_MAX
                             : engine->actions[best].due;
        if (best == CHURN__NONE || due <= old) {
            best = i;
        }
    }
    return best;
}

/* ---- collecting ---- */

static bool best_band(const churn__frame *frame, uint32_t row)
{
    const churn_playbook *playbook = frame->playbook;
    if (playbook->score_count == 0 || playbook->scores[0].band_count == 0) {
        return true;
    }
    return frame->scores[0].band_codes[row] == 0;
}

static churn_status tell_score(risk_list *list, uint32_t row, uint32_t place, churn__buf *text,
                               risk_row *out, churn_error *err)
{
    churn__frame *now = list->now;
    churn_status st = CHURN_OK;
    churn__score_level level;
    out->score = out->change = out->coverage = (double)NAN;
    if (now->playbook->score_count == 0) {
        return CHURN_OK;
    }
    out->coverage = now->scores[0].coverage[row];
    out->band = churn__frame_band(now, 0, row);
    out->score = now->scores[0].missing[row] ? (double)NAN : now->scores[0].score[row];
    churn__trend trend = churn__trend_of(list->past, &list->dates, 0, place);
    out->change = trend.change;
    out->trend = churn__trend_arrow(&trend);
    churn__buf_reset(text);
    churn__score_in in = churn__frame_score_in(now, 0);
    if (!churn__score_level_make(&now->playbook->scores[0], &now->strings, &level)) {
        CHURN_TRY(churn__fail_memory(err, list->heap));
    }
    CHURN_TRY(
        churn__score_level_take(&level, &in, row, now->scores[0].cards[row], now->scratch, err));
    churn__score_explain(&level, now->playbook->scores[0].baseline);
    write_reasons(&level, text);
    out->reasons = churn__arena_str(&list->arena, text->data ? text->data : "", text->size);
done:
    return st;
}

static churn_status tell_row(risk_list *list, uint32_t row, uint32_t place, churn__buf *text,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *now = list->now;
    uint32_t customer = now->customers[row];
    churn_time as_of = now->dates[0];
    uint32_t person = churn__engine_person(now->engine, customer);
    risk_row out = {.customer = customer};
    if (!churn__grow(list->heap, (void **)&list->rows, &list->capacity, list->count + 1,
                     sizeof *list->rows)) {
        CHURN_TRY(churn__fail_memory(err, list->heap));
    }
    CHURN_TRY(tell_score(list, row, place, text, &out, err));
    churn__buf_reset(text);
    write_triggers(now, person, as_of, text);
    out.triggers = churn__arena_str(&list->arena, text->data ? text->data : "", text->size);
    out.mrr_known = churn__frame_mrr(now, customer, as_of, &out.mrr) == CHURN__PRESENT;
    out.value_at_risk = out.mrr_known ? churn__value_at_risk(now, row, out.mrr) : (double)NAN;
    out.name = churn__frame_attribute_text(now, customer, CHURN__STR("name"), as_of);
    out.owner = churn__frame_attribute_text(now, customer, CHURN__STR("owner"), as_of);
    out.renews_at = next_renewal(now, customer, as_of);
    out.task = next_task(now->engine, person, as_of);
    if (text->failed || !out.triggers.ptr) {
        CHURN_TRY(churn__fail_memory(err, list->heap));
    }
    list->rows[list->count++] = out;
done:
    return st;
}

static bool owned_by(churn__frame *frame, uint32_t customer, churn_str owner)
{
    return !owner.ptr || churn__str_eq(churn__frame_attribute_text(
                                           frame, customer, CHURN__STR("owner"), frame->dates[0]),
                                       owner);
}

static bool at_risk(churn__frame *frame, uint32_t row)
{
    if (!frame->exists[row] || frame->losses[row].churned) {
        return false;
    }
    uint32_t person = churn__engine_person(frame->engine, frame->customers[row]);
    for (uint32_t i = 0; i < frame->playbook->trigger_count; i++) {
        if (churn__history_firing(frame->engine, person, frame->trigger_codes[i],
                                  frame->dates[0])) {
            return true;
        }
    }
    return !best_band(frame, row) && !frame->scores[0].missing[row];
}

/* Who is on the list of the batch, by row; returns how many. */
static uint32_t pick(const churn__asking *asking, risk_list *list)
{
    churn__frame *now = list->now;
    uint32_t count = 0;
    for (uint32_t row = 0; row < now->rows; row++) {
        if (at_risk(now, row) && owned_by(now, now->customers[row], asking->options.owner)) {
            list->picked[count] = now->customers[row];
            list->picked_rows[count++] = row;
        }
    }
    return count;
}

static churn_status tell_batch(const churn__asking *asking, risk_list *list, churn__buf *text,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = pick(asking, list), most = list->past->max_customers;
    for (uint32_t from = 0; from < count; from += most) {
        uint32_t n = count - from < most ? count - from : most;
        CHURN_TRY(churn__frame_fill(list->past, list->picked + from, n, err));
        for (uint32_t place = 0; place < n; place++) {
            CHURN_TRY(tell_row(list, list->picked_rows[from + place], place, text, err));
        }
    }
done:
    return st;
}

static churn_status collect(churn__asking *asking, risk_list *list, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf text;
    churn__buf_init(&text, list->heap);
    uint32_t most = list->now->max_customers;
    for (uint32_t from = 0; from < asking->count; from += most) {
        uint32_t n = asking->count - from < most ? asking->count - from : most;
        CHURN_TRY(churn__cancel_check(asking->options.cancel, err));
        CHURN_TRY(churn__frame_fill(list->now, asking->order + from, n, err));
        CHURN_TRY(tell_batch(asking, list, &text, err));
    }
done:
    churn__buf_clear(&text);
    return st;
}

/* ---- order and table ---- */

/* Value at risk first, greatest first; those without come last, by MRR; the sort is stable and the
 * rows arrive by id. */
static int compare_risk(const void *left, const void *right, const void *context)
{
    (void)context;
    const risk_row *a = left, *b = right;
    bool a_known = !isnan(a->value_at_risk), b_known = !isnan(b->value_at_risk);
    if (a_known != b_known) {
        return a_known ? -1 : 1;
    }
    if (a_known && a->value_at_risk != b->value_at_risk) {
        return a->value_at_risk > b->value_at_risk ? -1 : 1;
    }
    return (a->mrr < b->mrr) - (a->mrr > b->mrr);
}

static const churn__table_head risk_columns[] = {
    {"customer", CHURN_COLUMN_STRING}, {"name", CHURN_COLUMN_STRING},
    {"owner", CHURN_COLUMN_STRING},    {"value_at_risk", CHURN_COLUMN_DOUBLE},
    {"mrr", CHURN_COLUMN_DOUBLE},      {"score", CHURN_COLUMN_DOUBLE},
    {"band", CHURN_COLUMN_STRING},     {"coverage", CHURN_COLUMN_DOUBLE},
    {"change", CHURN_COLUMN_DOUBLE},   {"arrow", CHURN_COLUMN_STRING},
    {"reasons", CHURN_COLUMN_STRING},  {"triggers", CHURN_COLUMN_STRING},
    {"renews_at", CHURN_COLUMN_TIME},  {"next_task", CHURN_COLUMN_STRING},
    {"next_due", CHURN_COLUMN_TIME},
};

static double major_or_nan(const churn_playbook *playbook, double minor)
{
    return isnan(minor) ? minor : churn__round6(minor * churn__major(playbook, 1));
}

static void add_risk(churn__table_builder *builder, const churn_engine *engine,
                     const churn__version *version, const risk_row *row)
{
    const churn_playbook *playbook = engine->playbook;
    const churn__action *task = row->task == CHURN__NONE ? NULL : &engine->actions[row->task];
    churn__table_add_string(builder, 0, churn__version_customer_id(version, row->customer));
    churn__table_add_string(builder, 1, row->name);
    churn__table_add_string(builder, 2, row->owner);
    churn__table_add_double(builder, 3, major_or_nan(playbook, row->value_at_risk));
    churn__table_add_double(builder, 4,
                            row->mrr_known ? churn__major(playbook, row->mrr) : (double)NAN);
    churn__table_add_double(builder, 5, row->score);
    churn__table_add_string(builder, 6, row->band);
    churn__table_add_double(builder, 7, row->coverage);
    churn__table_add_double(builder, 8, row->change);
    churn__table_add_string(builder, 9, row->trend);
    churn__table_add_string(builder, 10, row->reasons);
    churn__table_add_string(builder, 11, row->triggers);
    churn__table_add_time(builder, 12, row->renews_at);
    churn__table_add_string(
        builder, 13, task ? churn__dict_get(engine->texts, task->title) : (churn_str){NULL, 0});
    churn__table_add_time(builder, 14, task ? task->due : CHURN_TIME_NONE);
}

static churn_status make_table(const churn__asking *asking, const risk_list *list,
                               churn_table **out, churn_error *err)
{
    churn__heap *heap = churn__store_heap(asking->engine->store);
    churn__table_builder *builder = churn__table_begin(heap, list->count);
    if (!builder) {
        return churn__fail_memory(err, heap);
    }
    churn__table_columns(builder, risk_columns, sizeof risk_columns / sizeof *risk_columns);
    uint64_t limit = asking->options.limit ? asking->options.limit : UINT64_MAX;
    for (size_t i = 0; i < list->count && i < limit; i++) {
        add_risk(builder, asking->engine, asking->version, &list->rows[i]);
    }
    return churn__table_finish(builder, out, err);
}

static churn_status open_list(churn__asking *asking, churn_time as_of, risk_list *list,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = asking->engine;
    churn__frame_options today = {.triggers = true, .only_score = 0};
    churn__frame_options past = {.only_score = 0};
    list->heap = engine->heap;
    churn__arena_init(&list->arena, list->heap);
    if (!churn__trend_dates_open(list->heap, engine->playbook, 0, as_of, &list->dates)) {
        CHURN_TRY(churn__fail_memory(err, list->heap));
    }
    CHURN_TRY(
        churn__frame_open(engine, asking->version, &list->dates.as_of, 1, &today, &list->now, err));
    CHURN_TRY(churn__frame_open(engine, asking->version, list->dates.each, list->dates.count, &past,
                                &list->past, err));
    CHURN_TRY(churn__frame_survey(list->now, engine, &today, asking->options.cancel, err));
    CHURN_TRY(churn__frame_survey(list->past, engine, &past, asking->options.cancel, err));
    uint32_t most = list->now->max_customers;
    list->picked = churn__alloc_array(list->heap, most, sizeof *list->picked);
    list->picked_rows = churn__alloc_array(list->heap, most, sizeof *list->picked_rows);
    if (!list->picked || !list->picked_rows) {
        CHURN_TRY(churn__fail_memory(err, list->heap));
    }
done:
    return st;
}

static void close_list(risk_list *list)
{
    if (!list->heap) {
        return;
    }
    size_t most = churn__frame_customers(1);
    churn__free_array(list->heap, list->picked, most, sizeof *list->picked);
    churn__free_array(list->heap, list->picked_rows, most, sizeof *list->picked_rows);
    churn__free_array(list->heap, list->rows, list->capacity, sizeof *list->rows);
    churn__frame_close(list->past);
    churn__frame_close(list->now);
    churn__trend_dates_close(list->heap, &list->dates);
    churn__arena_clear(&list->arena);
}

churn_status churn_engine_at_risk(churn_engine *engine, churn_time as_of,
                                  const churn_query_options *options, churn_table **out,
                                  churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_at_risk", "out");
    }
    *out = NULL;
    churn__asking asking;
    risk_list list = {.heap = NULL};
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    CHURN_TRY(open_list(&asking, as_of, &list, err));
    CHURN_TRY(collect(&asking, &list, err));
    if (!churn__sort(list.heap, list.rows, list.count, sizeof *list.rows, compare_risk, NULL)) {
        CHURN_TRY(churn__fail_memory(err, list.heap));
    }
    CHURN_TRY(make_table(&asking, &list, out, err));
done:
    close_list(&list);
    churn__asking_end(&asking);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "engine/losses.h"

#include <math.h>

/* Filling a frame: what every slot that is needed holds, for each row of a batch. */

static uint32_t row_customer(const churn__frame *frame, uint32_t row)
{
    return frame->customers[churn__frame_place(frame, row)];
}

static void put(churn__frame *frame, uint32_t slot, uint32_t row, churn__value value)
{
    churn__column *column = &frame->columns[slot];
    churn__missing *missing = (churn__missing *)column->missing;
    void *values = (void *)column->values;
    missing[row] = value.missing;
    if (frame->words[slot]) {
        churn_str none = {NULL, 0};
        churn__frame_words_put(frame->words[slot], column, row, value.missing ? none : value.as.s);
        return;
    }
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        ((uint8_t *)values)[row] = value.missing ? 0 : value.as.b;
        break;
    case CHURN__TYPE_STRING:
        ((churn_str *)values)[row] = value.missing ? CHURN__STR("") : value.as.s;
        break;
    case CHURN__TYPE_DOUBLE:
        ((double *)values)[row] = value.missing ? 0.0 : value.as.d;
        break;
    default:
        ((int64_t *)values)[row] = value.missing ? 0 : value.as.i;
        break;
    }
}

static churn__value missing_value(churn__type type, churn__missing reason)
{
    return (churn__value){.type = type, .missing = reason, .as = {.i = 0}};
}

static churn__value double_value(double d)
{
    return (churn__value){.type = CHURN__TYPE_DOUBLE, .missing = CHURN__PRESENT, .as = {.d = d}};
}

static churn__value string_value(churn_str s)
{
    return (churn__value){.type = CHURN__TYPE_STRING,
                          .missing = s.ptr ? CHURN__PRESENT : CHURN__EMPTY,
                          .as = {.s = s}};
}

static churn__value bool_value(bool b)
{
    return (churn__value){.type = CHURN__TYPE_BOOL, .missing = CHURN__PRESENT, .as = {.b = b}};
}

/* A value of another type than declared is not provided as declared; ints serve as numbers. */
static churn__value attribute_value(churn__frame *frame, uint32_t index, uint32_t row)
{
    const churn__attribute_def *def = &frame->playbook->attributes[index];
    uint32_t name = frame->attribute_codes[index];
    const churn__value *given = churn__frame_given_attribute(frame, def->name, row);
    if (given != NULL) {
        return *given;
    }
    if (name == CHURN__NO_CODE) {
        return missing_value(def->type, CHURN__NOT_PROVIDED);
    }
    churn__value value = churn__reader_attribute(frame->reader, row_customer(frame, row), name,
                                                 churn__frame_date(frame, row));
    if (!value.missing && value.type == CHURN__TYPE_INT && def->type == CHURN__TYPE_DOUBLE) {
        return double_value((double)value.as.i);
    }
    if (!value.missing && value.type != def->type) {
        return missing_value(def->type, CHURN__NOT_PROVIDED);
    }
    return value;
}

static churn__value age_value(churn__frame *frame, uint32_t row)
{
    churn_time as_of = churn__frame_date(frame, row);
    const churn__value *given = churn__frame_given_attribute(frame, CHURN__STR("age_days"), row);
    if (given != NULL) {
        return *given;
    }
    churn_time since = churn__reader_since(frame->reader, row_customer(frame, row), as_of);
    if (since == CHURN_TIME_NONE) {
        return missing_value(CHURN__TYPE_DOUBLE, CHURN__NOT_PROVIDED);
    }
    return double_value((double)((as_of - since) / CHURN__DAY));
}

static churn__value loss_value(const churn__frame *frame, churn__slot_kind kind, uint32_t row)
{
    const churn__loss *loss = &frame->losses[row];
    const churn__dict_view *texts = churn__version_texts(frame->version);
    if (kind == CHURN__SLOT_CHURNED) {
        return bool_value(loss->churned);
    }
    if (!loss->ever) {
        return missing_value(CHURN__TYPE_DOUBLE, CHURN__NEVER);
    }
    switch (kind) {
    case CHURN__SLOT_CHURN_DAYS:
        return double_value((double)((churn__frame_date(frame, row) - loss->at) / CHURN__DAY));
    case CHURN__SLOT_CHURN_REASON:
        return loss->reason == CHURN__NO_CODE
                   ? missing_value(CHURN__TYPE_STRING, CHURN__NOT_PROVIDED)
                   : string_value(churn__dict_view_get(texts, loss->reason));
    case CHURN__SLOT_CHURN_KIND:
        return string_value(loss->kind == CHURN__CHURN_INVOLUNTARY ? CHURN__STR("involuntary")
                                                                   : CHURN__STR("voluntary"));
    default:
        return loss->mrr == CHURN_INT_NONE ? missing_value(CHURN__TYPE_DOUBLE, CHURN__NOT_PROVIDED)
                                           : double_value(churn__major(frame->playbook, loss->mrr));
    }
}

static bool trigger_firing(const churn__frame *frame, uint32_t index, uint32_t person, uint32_t row)
{
    if (!frame->now) {
        return churn__history_firing(frame->engine, person, frame->trigger_codes[index],
                                     churn__frame_date(frame, row));
    }
    const churn__held *held = churn__watch_find(&frame->engine->watches[index], person);
    return held && held->episode != CHURN__NONE;
}

static churn_status fill_tags(churn__frame *frame, uint32_t slot, uint32_t person, uint32_t row,
                              churn_error *err)
{
    churn__strs *tags = (churn__strs *)frame->columns[slot].values + row;
    return churn__history_tags(frame->engine, person, churn__frame_date(frame, row),
                               &frame->strings, tags)
               ? CHURN_OK
               : churn__fail_memory(err, frame->heap);
}

static churn_status fill_history(churn__frame *frame, uint32_t slot, uint32_t row, churn_error *err)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    uint32_t person = churn__engine_person(frame->engine, row_customer(frame, row));
    churn_time as_of = churn__frame_date(frame, row);
    switch (what->kind) {
    case CHURN__SLOT_TRIGGER:
        put(frame, slot, row, bool_value(trigger_firing(frame, what->index, person, row)));
        return CHURN_OK;
    case CHURN__SLOT_PLAY_RUNNING:
        put(frame, slot, row,
            bool_value(churn__history_running(frame->engine, person, frame->play_codes[what->index],
                                              as_of)));
        return CHURN_OK;
    case CHURN__SLOT_STATUS:
        put(frame, slot, row, string_value(churn__history_status(frame->engine, person, as_of)));
        return CHURN_OK;
    default:
        return fill_tags(frame, slot, person, row, err);
    }
}

static churn_status fill_cell(churn__frame *frame, uint32_t slot, uint32_t row, churn_error *err)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    switch (what->kind) {
    case CHURN__SLOT_ATTRIBUTE:
        put(frame, slot, row, attribute_value(frame, what->index, row));
        return CHURN_OK;
    case CHURN__SLOT_CUSTOMER_ID:
        put(frame, slot, row,
            string_value(churn__version_customer_id(frame->version, row_customer(frame, row))));
        return CHURN_OK;
    case CHURN__SLOT_AGE_DAYS:
        put(frame, slot, row, age_value(frame, row));
        return CHURN_OK;
    case CHURN__SLOT_CHURNED:
    case CHURN__SLOT_CHURN_DAYS:
    case CHURN__SLOT_CHURN_REASON:
    case CHURN__SLOT_CHURN_KIND:
    case CHURN__SLOT_CHURN_MRR:
        put(frame, slot, row, loss_value(frame, what->kind, row));
        return CHURN_OK;
    case CHURN__SLOT_AS_OF:
        ((churn_time *)frame->columns[slot].values)[row] = churn__frame_date(frame, row);
        return CHURN_OK;
    default:
        return fill_history(frame, slot, row, err);
    }
}

static bool filled_by_row(const churn__slot *slot)
{
    return slot->kind != CHURN__SLOT_METRIC && slot->kind != CHURN__SLOT_SEGMENT &&
           slot->kind != CHURN__SLOT_SCORE && slot->kind != CHURN__SLOT_ROLL_UP;
}

static churn_status fill_records(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t slot = 0; slot < frame->playbook->slot_count; slot++) {
        if (!frame->needed[slot] || !filled_by_row(&frame->playbook->slots[slot])) {
            continue;
        }
        if (frame->words[slot]) {
            churn__frame_words_begin(frame->words[slot], &frame->columns[slot]);
        }
        for (uint32_t row = 0; row < frame->rows; row++) {
            CHURN_TRY(fill_cell(frame, slot, row, err));
        }
    }
done:
    return st;
}

churn_status churn__frame_losses(const churn__frame *frame, const uint32_t *customers,
                                 uint32_t count, churn_cancel *cancel,
                                 const churn__loss_book **book, churn_error *err)
{
    const churn__losses_want want = {.playbook = frame->playbook,
                                     .version = frame->version,
                                     .customers = customers,
                                     .count = count,
                                     .dates = frame->dates,
                                     .date_count = frame->date_count,
                                     .kinds = frame->loss_kinds ? CHURN__LOSS_KINDS_LAST
                                                                : CHURN__LOSS_KINDS_NONE,
                                     .cancel = cancel};
    return churn__losses_prepare(frame->asker, &want, book, err);
}

static churn_status fill_people(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_book *book = NULL;
    if (frame->loss_needed && !frame->loss_ready && churn__losses_needed(frame->playbook)) {
        CHURN_TRY(
            churn__frame_losses(frame, frame->customers, frame->customer_count, NULL, &book, err));
        churn__loss_judge_read(frame->judge, book);
    }
    for (uint32_t i = 0; i < frame->customer_count; i++) {
        churn__reader_exists_dates(frame->reader, frame->customers[i], frame->dates,
                                   frame->date_count, frame->exists + i * frame->date_count);
    }
    for (uint32_t row = 0; frame->loss_needed && row < frame->rows; row++) {
        CHURN_TRY(churn__loss_judge_at(frame->judge, frame->reader, row_customer(frame, row),
                                       churn__frame_date(frame, row), &frame->losses[row], err));
    }
done:
    return st;
}

uint32_t churn__frame_blame(churn__frame *frame, const churn__expr *expr, uint32_t row,
                            const uint32_t **slots)
{
    uint32_t count = 0;
    *slots = churn__expr_slots(expr, &count);
    if (count == 1) {
        return 1; /* who else */
    }
    *slots = frame->blamed;
    return churn__expr_blame(expr, frame->columns, row, frame->scratch, frame->blamed,
                             frame->playbook->slot_count);
}

churn__missing churn__frame_reason(churn__frame *frame, const churn__expr *expr, uint32_t row)
{
    const uint32_t *slots = NULL;
    uint32_t count = churn__frame_blame(frame, expr, row, &slots);
    churn__missing worst = CHURN__PRESENT;
    for (uint32_t i = 0; i < count; i++) {
        worst = churn__missing_worse(worst, churn__frame_missing(frame, slots[i], row));
    }
    return worst;
}

#define AHEAD_NAMES 16u

/* All at once: they lie far apart, and the processor waits for several at the same time. */
void churn__frame_name(churn__frame *frame)
{
    for (uint32_t i = 0; i < frame->customer_count; i++) {
        if (i + AHEAD_NAMES < frame->customer_count) {
            churn__version_customer_ahead(frame->version, frame->customers[i + AHEAD_NAMES]);
        }
        frame->ids[i] = churn__version_customer_id(frame->version, frame->customers[i]);
        __builtin_prefetch(frame->ids[i].ptr);
    }
}

churn_str churn__frame_attribute_text(churn__frame *frame, uint32_t customer, churn_str name,
                                      churn_time as_of)
{
    uint32_t code = churn__dict_view_find(churn__version_texts(frame->version), name);
    if (code == CHURN__NO_CODE) {
        return (churn_str){NULL, 0};
    }
    churn__value value = churn__reader_attribute(frame->reader, customer, code, as_of);
    return !value.missing && value.type == CHURN__TYPE_STRING ? value.as.s : (churn_str){NULL, 0};
}

static churn__missing why_no_segment(churn__frame *frame, const churn__expr *when, uint32_t row,
                                     churn__truth truth)
{
    churn__missing reason =
        truth == CHURN__UNKNOWN ? churn__frame_reason(frame, when, row) : CHURN__NON_FINITE;
    return reason ? reason : CHURN__NOT_PROVIDED;
}

static void put_segment(churn__frame *frame, uint32_t index, const churn__truth *truth)
{
    uint32_t slot = churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, index, 0);
    const churn__expr *when = frame->playbook->segments[index].when;
    uint8_t *values = (uint8_t *)frame->columns[slot].values;
    churn__missing *missing = (churn__missing *)frame->columns[slot].missing;
    for (uint32_t row = 0; row < frame->rows; row++) {
        values[row] = truth[row] == CHURN__TRUE;
        missing[row] = truth[row] <= CHURN__TRUE ? CHURN__PRESENT
                                                 : why_no_segment(frame, when, row, truth[row]);
    }
}

static churn_status fill_segment(churn__frame *frame, uint32_t index, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__expr_truth(frame->playbook->segments[index].when, frame->columns, frame->rows,
                                frame->scratch, frame->truth, err));
    put_segment(frame, index, frame->truth);
done:
    return st;
}

/* The segments that stand in the order from one place to another: one level. */
static churn_status fill_segments(churn__frame *frame, uint32_t from, uint32_t to, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__expr_group *program = frame->levels ? frame->levels[from].program : NULL;
    if (program) {
        CHURN_TRY(churn__expr_group_truth(program, frame->columns, frame->rows, frame->scratch,
                                          frame->outcomes, err));
    }
    for (uint32_t i = from, judged = 0; i < to; i++) {
        uint32_t index = frame->playbook->order[i].index;
        if (!churn__frame_needs_segment(frame, index)) {
            continue;
        }
        if (program) {
            put_segment(frame, index, frame->outcomes[judged++]);
        } else {
            CHURN_TRY(fill_segment(frame, index, err));
        }
    }
done:
    return st;
}

/* In which segments customers are: of those whom a baseline may ask for. */
static const churn__column *point_at_members(churn__frame *frame, const churn__metric_def *def)
{
    if (def->baseline != CHURN__BASELINE_SEGMENT || def->segment != CHURN__NONE) {
        return NULL;
    }
    for (uint32_t i = 0; i < frame->playbook->segment_count; i++) {
        frame->members[i] =
            frame->columns[churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, i, 0)];
    }
    return frame->members;
}

/* Metrics that stand on other customers, too. */
static churn_status fill_metric(churn__frame *frame, uint32_t index, churn_error *err)
{
    const churn_playbook *playbook = frame->playbook;
    const churn__metric_def *def = &playbook->metrics[index];
    if (!frame->needed[churn__playbook_slot(playbook, CHURN__SLOT_METRIC, index, 0)]) {
        return CHURN_OK;
    }
    const churn__metric_usual *usual = NULL;
    const churn__column *members = NULL;
    if (churn__metric_is_grouped(def)) {
        usual = churn__usual_of(frame->usual, index);
        members = point_at_members(frame, def);
    }
    return churn__metric_plan_eval_late(frame->plan, index, usual, members, frame->reader,
                                        frame->customers, frame->customer_count, frame->metric_out,
                                        err);
}

static churn_status fill_nodes(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < frame->playbook->order_count; i++) {
        const churn__node *node = &frame->playbook->order[i];
        switch (node->kind) {
        case CHURN__NODE_METRIC:
            CHURN_TRY(fill_metric(frame, node->index, err));
            break;
        case CHURN__NODE_SEGMENT:
            CHURN_TRY(fill_segments(frame, i, churn__frame_level(frame, i), err));
            i = churn__frame_level(frame, i) - 1;
            break;
        case CHURN__NODE_ROLL_UP:
            CHURN_TRY(churn__frame_fill_roll_up(frame, node->index, err));
            break;
        default:
            CHURN_TRY(churn__frame_fill_score(frame, node->index, err));
            break;
        }
    }
done:
    return st;
}

churn_status churn__frame_gather(churn__frame *frame, const uint32_t *customers, uint32_t count,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    frame->customers = customers;
    frame->customer_count = count;
    frame->rows = count * frame->date_count;
    churn__arena_clear(&frame->strings);
    if (frame->plan) {
        CHURN_TRY(churn__metric_plan_eval(frame->plan, frame->reader, customers, count,
                                          frame->metric_out, err));
    }
    CHURN_TRY(fill_people(frame, err));
done:
    return st;
}

churn_status churn__frame_finish(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(fill_records(frame, err));
    CHURN_TRY(fill_nodes(frame, err));
    if (churn__reader_failed(frame->reader)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
done:
    return st;
}

churn_status churn__frame_fill(churn__frame *frame, const uint32_t *customers, uint32_t count,
                               churn_error *err)
{
    churn_status st = churn__frame_gather(frame, customers, count, err);
    return st == CHURN_OK ? churn__frame_finish(frame, err) : st;
}

bool churn__frame_reads_history(const churn__frame *frame)
{
    bool changing = frame->now || frame->moved; /* where bands are held, an evaluation goes on */
    for (uint32_t slot = 0; changing && slot < frame->playbook->slot_count; slot++) {
        churn__slot_kind kind = frame->playbook->slots[slot].kind;
        bool history = kind == CHURN__SLOT_TRIGGER || kind == CHURN__SLOT_PLAY_RUNNING ||
                       kind == CHURN__SLOT_STATUS || kind == CHURN__SLOT_TAGS;
        if (history && frame->needed[slot]) {
            return true;
        }
    }
    return false;
}

/* ---- what rows are worth ---- */

double churn__major(const churn_playbook *playbook, int64_t minor)
{
    static const double unit[] = {1.0, 10.0, 100.0, 1000.0, 10000.0};
    int scale = playbook->currency_scale;
    return (double)minor / unit[scale >= 0 && scale <= 4 ? scale : 2];
}

churn__missing churn__frame_mrr(churn__frame *frame, uint32_t customer, churn_time as_of,
                                int64_t *out)
{
    if (!churn__version_provided(frame->version, CHURN_RECORD_SUBSCRIPTION, as_of)) {
        return CHURN__NOT_PROVIDED;
    }
    const churn__subscription *rows = NULL;
    size_t count = churn__reader_subscriptions(frame->reader, customer, as_of, &rows);
    const churn__exchange *exchange = churn__exchange_at(frame->exchange, as_of);
    return exchange == NULL
               ? CHURN__NO_RATE
               : churn__mrr_at(&frame->playbook->kpi, rows, count, exchange, as_of, out);
}

double churn__value_at_risk(const churn__frame *frame, uint32_t row, int64_t mrr)
{
    if (frame->playbook->score_count == 0 || frame->scores[0].missing[row]) {
        return (double)NAN;
    }
    return churn__round6((double)mrr * (100.0 - frame->scores[0].score[row]) / 100.0);
}

/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* What an evaluation counts for each trigger, and its summary. */

bool churn__tallies_open(churn__heap *heap, const churn_playbook *playbook, churn__tallies *out)
{
    size_t inputs = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        churn__expr_slots(playbook->triggers[i].when, &n);
        inputs += n;
    }
    *out = (churn__tallies){.count = playbook->trigger_count,
                            .missing_count = inputs * CHURN__REASONS};
    out->each = churn__alloc_array_zero(heap, out->count, sizeof *out->each);
    out->missing = churn__alloc_array_zero(heap, out->missing_count, sizeof *out->missing);
    if (!out->each || !out->missing) {
        churn__tallies_close(heap, out);
        return false;
    }
    inputs = 0;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        out->each[i].missing = out->missing + inputs * CHURN__REASONS;
        churn__expr_slots(playbook->triggers[i].when, &n);
        inputs += n;
    }
    return true;
}

void churn__tallies_close(churn__heap *heap, churn__tallies *tallies)
{
    churn__free_array(heap, tallies->each, tallies->count, sizeof *tallies->each);
    churn__free_array(heap, tallies->missing, tallies->missing_count, sizeof *tallies->missing);
    *tallies = (churn__tallies){.each = NULL};
}

bool churn__tally_degraded(uint64_t not_judged, uint64_t evaluated)
{
    return (double)not_judged > CHURN__DEGRADED_SHARE * (double)evaluated;
}

/* ---- the summary of a run ---- */

static const churn__table_head summary_columns[] = {
    {"trigger", CHURN_COLUMN_STRING}, {"true", CHURN_COLUMN_INT},
    {"false", CHURN_COLUMN_INT},      {"unknown", CHURN_COLUMN_INT},
    {"error", CHURN_COLUMN_INT},      {"fired", CHURN_COLUMN_INT},
    {"resolved", CHURN_COLUMN_INT},   {"firing", CHURN_COLUMN_INT},
    {"suppressed", CHURN_COLUMN_INT}, {"degraded", CHURN_COLUMN_BOOL},
    {"missing", CHURN_COLUMN_STRING}, {"error_text", CHURN_COLUMN_STRING},
};

/* How many inputs are named; the others are counted. */
#define INPUTS_TOLD 5u

static uint64_t input_count(const churn__tally *tally, uint32_t input)
{
    uint64_t count = 0;
    for (uint32_t reason = 0; reason < CHURN__REASONS; reason++) {
        count += tally->missing[input * CHURN__REASONS + reason];
    }
    return count;
}

/* The input that was missing most often, of those that come after (count, input) in that order; of
 * equals the one whose slot comes first. CHURN__NONE: no more. */
static uint32_t next_input(const churn__tally *tally, uint32_t inputs, uint64_t *count,
                           uint32_t after)
{
    uint32_t best = CHURN__NONE;
    uint64_t best_count = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        uint64_t n = input_count(tally, i);
        bool later = n < *count || (n == *count && after != CHURN__NONE && i > after);
        if (later && n > best_count) {
            best = i;
            best_count = n;
        }
    }
    *count = best_count;
    return best;
}

static void write_input(const churn__tally *tally, uint32_t input, churn__buf *out)
{
    const char *between = ": ";
    for (uint32_t reason = 1; reason < CHURN__REASONS; reason++) {
        uint64_t count = tally->missing[input * CHURN__REASONS + reason];
        if (count) {
            churn__buf_text(out, between);
            churn__buf_text(out, churn__missing_name((churn__missing)reason));
            churn__buf_char(out, ' ');
            churn__buf_int(out, (int64_t)count);
            between = ", ";
        }
    }
}

/* "metric.nps: expired 12, never 3; metric.mrr: no_rate 1; 2 more" */
static void write_missing(const churn_engine *engine, const churn__tally *tally,
                          const churn__expr *when, churn__buf *out)
{
    uint32_t inputs = 0, told = 0, more = 0;
    const uint32_t *slots = churn__expr_slots(when, &inputs);
    uint64_t count = UINT64_MAX;
    uint32_t i = next_input(tally, inputs, &count, CHURN__NONE);
    for (; i != CHURN__NONE; i = next_input(tally, inputs, &count, i)) {
        if (told == INPUTS_TOLD) {
            more++;
            continue;
        }
        churn__buf_text(out, told++ ? "; " : "");
        churn__buf_str(out, engine->playbook->slots[slots[i]].name);
        write_input(tally, i, out);
    }
    if (more) {
        churn__buf_text(out, "; ");
        churn__buf_int(out, more);
        churn__buf_text(out, " more");
    }
}

static int64_t count_open(const churn__watch *watch)
{
    int64_t open = 0;
    for (size_t i = 0; i < watch->held_count; i++) {
        open += watch->held[i].episode != CHURN__NONE;
    }
    return open;
}

static void add_summary(churn__table_builder *builder, const churn_engine *engine, size_t i,
                        churn__buf *text)
{
    const churn__tally *tally = &engine->tallies.each[i];
    const churn__trigger_def *def = &engine->playbook->triggers[i];
    uint64_t all = tally->is_true + tally->is_false + tally->is_unknown + tally->is_error;
    const uint64_t counts[] = {tally->is_true,  tally->is_false, tally->is_unknown,
                               tally->is_error, tally->fired,    tally->resolved};
    uint32_t to = 0;
    churn__buf_reset(text);
    write_missing(engine, tally, def->when, text);
    churn__table_add_string(builder, to++, def->id);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        churn__table_add_int(builder, to++, (int64_t)counts[c]);
    }
    churn__table_add_int(builder, to++, count_open(&engine->watches[i]));
    churn__table_add_int(builder, to++, (int64_t)tally->suppressed);
    churn__table_add_bool(builder, to++,
                          churn__tally_degraded(tally->ignorant + tally->is_error, all));
    churn__table_add_string(builder, to++,
                            text->size ? churn__buf_view(text) : (churn_str){NULL, 0});
    churn__table_add_string(builder, to,
                            tally->error_text[0] ? churn__str_nts(tally->error_text)
                                                 : (churn_str){NULL, 0});
}

churn_status churn_engine_run_summary(churn_engine *engine, churn_table **out, churn_error *err)
{
    churn__buf text;
    churn__table_builder *builder = NULL;
    if (!out) {
        return churn__fail_null(err, "churn_engine_run_summary", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_run_summary", err);
    if (st != CHURN_OK) {
        return st;
    }
    churn__buf_init(&text, engine->heap);
    builder = churn__table_begin(churn__store_heap(engine->store), engine->tallies.count);
    churn__table_columns(builder, summary_columns,
                         sizeof summary_columns / sizeof *summary_columns);
    for (size_t i = 0; i < engine->tallies.count; i++) {
        add_summary(builder, engine, i, &text);
    }
    if (text.failed) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__buf_clear(&text);
    churn__engine_leave(engine);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* Many evaluations, one after the other. */

static const churn__table_head run_columns[] = {
    {"as_of", CHURN_COLUMN_TIME},      {"customers", CHURN_COLUMN_INT},
    {"evaluated", CHURN_COLUMN_INT},   {"true", CHURN_COLUMN_INT},
    {"false", CHURN_COLUMN_INT},       {"unknown", CHURN_COLUMN_INT},
    {"error", CHURN_COLUMN_INT},       {"fired", CHURN_COLUMN_INT},
    {"resolved", CHURN_COLUMN_INT},    {"reminders", CHURN_COLUMN_INT},
    {"data_gaps", CHURN_COLUMN_INT},   {"suppressed", CHURN_COLUMN_INT},
    {"actions", CHURN_COLUMN_INT},     {"late", CHURN_COLUMN_INT},
    {"budget", CHURN_COLUMN_INT},      {"band_changes", CHURN_COLUMN_INT},
    {"unexplained", CHURN_COLUMN_INT}, {"loss_unknown", CHURN_COLUMN_INT},
    {"degraded", CHURN_COLUMN_BOOL},
};

static void add_run(churn__table_builder *builder, const churn_run *run)
{
    const uint64_t counts[] = {
        run->customers,   run->evaluated,   run->is_true,  run->is_false,  run->is_unknown,
        run->is_error,    run->fired,       run->resolved, run->reminders, run->data_gaps,
        run->suppressed,  run->actions,     run->late,     run->budget,    run->band_changes,
        run->unexplained, run->loss_unknown};
    uint32_t to = 0;
    churn__table_add_time(builder, to++, run->as_of);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        churn__table_add_int(builder, to++, (int64_t)counts[i]);
    }
    churn__table_add_bool(builder, to, run->degraded != 0);
}

/* Whole calendar days keep local midnight across changes of the clock. */
static churn_time next_instant(const churn_playbook *playbook, churn_time at, int64_t every)
{
    if (every > 0) {
        churn__duration step = {every, CHURN__UNIT_MICRO};
        return churn__time_shift(at, step, 1, playbook->zone, NULL);
    }
    churn__duration step = playbook->evaluate;
    if (step.unit == CHURN__UNIT_MICRO && step.amount % CHURN__DAY == 0) {
        step.unit = CHURN__UNIT_CD;
        step.amount /= CHURN__DAY;
    }
    return churn__time_shift(at, step, 1, playbook->zone, &playbook->calendar);
}

static churn_status run_all(churn_engine *engine, churn_time from, churn_time to, int64_t every,
                            const churn_advance_options *options, churn__table_builder *builder,
                            churn_error *err)
{
    churn_status st = CHURN_OK;
    uint64_t span = to < from ? 0 : (uint64_t)(to - from) + 1;
    churn__cancel_total(options->cancel, span);
    for (churn_time at = from; at <= to;) {
        churn_run run;
        CHURN_TRY(churn__cancel_check(options->cancel, err));
        CHURN_TRY(churn__engine_tick(engine, at, options, NULL, &run, err));
        add_run(builder, &run);
        churn_time next = next_instant(engine->playbook, at, every);
        churn__cancel_step(options->cancel, next > to ? span : (uint64_t)(next - from));
        if (next <= at) {
            break; /* the end of time */
        }
        at = next;
    }
done:
    return st;
}

static churn_status replay(churn_engine *engine, churn_time from, churn_time to, int64_t every,
                           const churn_advance_options *given, uint32_t flags, churn_table **runs,
                           churn_error *err)
{
    churn_advance_options options;
    churn__table_builder *builder = NULL;
    churn_table *table = NULL;
    if (runs) {
        *runs = NULL;
    }
    churn_status st = churn__engine_enter(engine, "churn_engine_replay", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__advance_options(given, &options, err));
    options.flags |= flags;
    if (from < CHURN_TIME_MIN || from > CHURN_TIME_MAX || to < CHURN_TIME_MIN ||
        to > CHURN_TIME_MAX || every < 0) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "replay: from, to or every out of range");
    }
    builder = churn__table_begin(churn__store_heap(engine->store), 0);
    if (!builder) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    churn__table_columns(builder, run_columns, sizeof run_columns / sizeof *run_columns);
    CHURN_TRY(run_all(engine, from, to, every, &options, builder, err));
    st = churn__table_finish(builder, &table, err);
    builder = NULL;
    if (st == CHURN_OK && runs) {
        *runs = table;
        table = NULL;
    }
done:
    churn_table_free(table);
    churn__table_abandon(builder);
    churn__engine_leave(engine);
    return st;
}

churn_status churn_engine_replay(churn_engine *engine, churn_time from, churn_time to,
                                 int64_t every, const churn_advance_options *options,
                                 churn_table **runs, churn_error *err)
{
    return replay(engine, from, to, every, options, 0, runs, err);
}

churn_status churn_engine_warm_up(churn_engine *engine, churn_time from, churn_time to,
                                  const churn_advance_options *options, churn_table **runs,
                                  churn_error *err)
{
    return replay(engine, from, to, 0, options, CHURN_ADVANCE_NO_ACTIONS, runs, err);
}

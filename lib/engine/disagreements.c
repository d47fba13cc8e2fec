/* SPDX-License-Identifier: MIT */
#include "engine/losses.h"

/* Customers about whose loss subscriptions, records and conditions do not say the same. */

static const churn__table_head columns[] = {
    {"customer", CHURN_COLUMN_STRING},
    {"by_subscription", CHURN_COLUMN_BOOL},
    {"by_record", CHURN_COLUMN_BOOL},
    {"churned", CHURN_COLUMN_BOOL},
    {"lost_at", CHURN_COLUMN_TIME},
    {"kind", CHURN_COLUMN_STRING},
    {"by_condition", CHURN_COLUMN_BOOL},
    {"subscription_at", CHURN_COLUMN_TIME},
    {"subscription_kind", CHURN_COLUMN_STRING},
    {"record_at", CHURN_COLUMN_TIME},
    {"record_kind", CHURN_COLUMN_STRING},
    {"condition_at", CHURN_COLUMN_TIME},
    {"condition_kind", CHURN_COLUMN_STRING},
    {"unknown", CHURN_COLUMN_INT},
    {"kind_unknown", CHURN_COLUMN_BOOL},
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static churn__table_builder *begin_table(churn_engine *engine)
{
    churn__table_builder *builder = churn__table_begin(churn__store_heap(engine->store), 0);
    churn__table_columns(builder, columns, COLUMNS);
    return builder;
}

static void add_truth(churn__table_builder *builder, uint32_t to, int8_t truth)
{
    if (truth < 0) {
        churn__table_add_null(builder, to);
    } else {
        churn__table_add_bool(builder, to, truth != 0);
    }
}

static void add_kind(churn__table_builder *builder, uint32_t to, bool lost, uint8_t kind)
{
    if (!lost) {
        churn__table_add_null(builder, to);
    } else {
        churn__table_add_string(builder, to,
                                kind == CHURN__CHURN_INVOLUNTARY ? CHURN__STR("involuntary")
                                                                 : CHURN__STR("voluntary"));
    }
}

static void add_source(churn__table_builder *builder, uint32_t to, const churn__loss_source *source)
{
    churn__table_add_time(builder, to, source->at);
    add_kind(builder, to + 1, source->lost == 1, source->kind);
}

static void add_row(churn__table_builder *builder, churn_str id, const churn__loss *loss,
                    const churn__loss_sources *sources)
{
    churn__table_add_string(builder, 0, id);
    add_truth(builder, 1, sources->subscription.lost);
    add_truth(builder, 2, sources->record.lost);
    churn__table_add_bool(builder, 3, loss->churned);
    churn__table_add_time(builder, 4, loss->churned ? loss->at : CHURN_TIME_NONE);
    add_kind(builder, 5, loss->churned, loss->kind);
    add_truth(builder, 6, sources->condition.lost);
    add_source(builder, 7, &sources->subscription);
    add_source(builder, 9, &sources->record);
    add_source(builder, 11, &sources->condition);
    churn__table_add_int(builder, 13, sources->unknown);
    add_truth(builder, 14, sources->kind_unknown);
}

/* A source that says nothing of a customer does not say that they are lost. A condition that the
 * playbook does not have says nothing at all. */
static bool disagree(const churn__loss_sources *sources)
{
    const bool lost = sources->subscription.lost == 1;
    return (sources->record.lost == 1) != lost ||
           (sources->condition.lost != CHURN_TRUTH_NONE && (sources->condition.lost == 1) != lost);
}

static churn_status list_rows(churn__asking *asking, churn_time as_of, churn__reader *reader,
                              churn__loss_judge *judge, churn__table_builder *builder,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < asking->count; i++) {
        const uint32_t customer = asking->order[i];
        churn__loss loss;
        churn__loss_sources sources;
        CHURN_TRY(churn__cancel_check(asking->options.cancel, err));
        if (!churn__reader_exists(reader, customer, as_of)) {
            continue;
        }
        CHURN_TRY(churn__loss_judge_sources(judge, reader, customer, as_of, &loss, &sources, err));
        if (disagree(&sources)) {
            add_row(builder, churn__version_customer_id(asking->version, customer), &loss,
                    &sources);
        }
    }
    if (churn__reader_failed(reader)) {
        CHURN_TRY(churn__fail_memory(err, asking->engine->heap));
    }
done:
    return st;
}

static churn_status make_table(churn__asking *asking, churn_time as_of, churn_table **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = asking->engine;
    churn__loss_judge *judge = NULL;
    const churn__losses_want want = {.playbook = engine->playbook,
                                     .version = asking->version,
                                     .customers = asking->order,
                                     .count = asking->count,
                                     .dates = &as_of,
                                     .date_count = 1,
                                     .kinds = CHURN__LOSS_KINDS_ALL,
                                     .cancel = asking->options.cancel};
    churn__reader *reader = churn__reader_create(engine->heap, asking->version);
    churn__table_builder *builder = begin_table(engine);
    if (reader == NULL || builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(churn__losses_judge(engine, &want, &judge, err));
    CHURN_TRY(list_rows(asking, as_of, reader, judge, builder, err));
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__loss_judge_free(judge);
    churn__reader_free(reader);
    return st;
}

churn_status churn_engine_disagreements(churn_engine *engine, churn_time as_of,
                                        const churn_query_options *options, churn_table **out,
                                        churn_error *err)
{
    churn__asking asking;
    if (!out) {
        return churn__fail_null(err, "churn_engine_disagreements", "out");
    }
    *out = NULL;
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &asking, err);
    if (st == CHURN_OK) {
        st = make_table(&asking, as_of, out, err);
    }
    churn__asking_end(&asking);
    return st;
}

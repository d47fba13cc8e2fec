/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* Why a trigger's condition holds of a customer, or does not. */

static churn_str nearest_trigger(const churn_engine *engine, churn_str name)
{
    const churn_playbook *playbook = engine->playbook;
    churn_str near = {NULL, 0};
    churn_str *names = churn__alloc_array(engine->heap, playbook->trigger_count, sizeof *names);
    for (uint32_t i = 0; names && i < playbook->trigger_count; i++) {
        names[i] = playbook->triggers[i].id;
    }
    if (names) {
        near = churn__nearest(name, names, playbook->trigger_count);
    }
    churn__free_array(engine->heap, names, playbook->trigger_count, sizeof *names);
    return near;
}

static churn_status find_trigger(const churn_engine *engine, churn_str name,
                                 const churn__trigger_def **out, churn_error *err)
{
    const churn_playbook *playbook = engine->playbook;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        if (churn__str_eq(playbook->triggers[i].id, name)) {
            *out = &playbook->triggers[i];
            return CHURN_OK;
        }
    }
    churn_str near = nearest_trigger(engine, name);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown trigger %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown trigger %q; did you mean %q?", &name,
                       &near);
}

static churn_status explain_when(churn__asking *asking, const churn__expr *when, churn_time as_of,
                                 churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = asking->engine;
    churn__frame *frame = NULL;
    const churn__expr *const reads[] = {when};
    const churn__frame_options want = {
        .only_score = CHURN__NONE, .one_customer = true, .reads = reads, .read_count = 1};
    CHURN_TRY(churn__frame_open(engine, asking->version, &as_of, 1, &want, &frame, err));
    CHURN_TRY(churn__frame_survey(frame, engine, &want, NULL, err));
    CHURN_TRY(churn__frame_fill(frame, asking->order, 1, err));
    if (!frame->exists[0]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    CHURN_TRY(
        churn__expr_explain(when, frame->columns, 0, churn__store_heap(engine->store), out, err));
done:
    churn__frame_close(frame);
    return st;
}

churn_status churn_engine_why(churn_engine *engine, const char *customer, size_t customer_len,
                              const char *trigger, size_t trigger_len, churn_time as_of,
                              churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_why", "out");
    }
    *out = NULL;
    churn__asking asking = {.engine = NULL};
    const churn__trigger_def *def = NULL;
    churn_query_options mine = {.struct_size = sizeof mine};
    churn_str name = {NULL, 0};
    churn_status st = CHURN_OK;
    CHURN_TRY(
        churn__take_str(customer, customer_len, false, 1024, "customer", &mine.customer, err));
    CHURN_TRY(churn__take_str(trigger, trigger_len, false, 1024, "trigger", &name, err));
    CHURN_TRY(churn__asking_begin(engine, &mine, 0, &as_of, 1, &asking, err));
    CHURN_TRY(find_trigger(engine, name, &def, err));
    CHURN_TRY(explain_when(&asking, def->when, as_of, out, err));
done:
    churn__asking_end(&asking);
    return st;
}

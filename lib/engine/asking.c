/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "engine/one.h"

/* What all questions have in common: their dates, the version that they see, whom they are about.
 */

/* ---- beginning and end of a question ---- */

static churn_status check_dates(const churn_time *dates, uint32_t count, churn_error *err)
{
    if (!dates || count == 0) {
        return churn__fail(err, CHURN_E_ARG, 0, "as_of: give at least one date");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (dates[i] < CHURN_TIME_MIN || dates[i] > CHURN_TIME_MAX) {
            return churn__fail(err, CHURN_E_RANGE, 0, "as_of: outside the years 1 to 9999");
        }
        if (i > 0 && dates[i] <= dates[i - 1]) {
            return churn__fail(err, CHURN_E_RANGE, 0, "as_of: dates must ascend");
        }
    }
    return CHURN_OK;
}

static churn_status no_customer(uint64_t row, churn_error *err)
{
    return churn__fail_at(err, CHURN_E_NOT_FOUND, 0, 0, 0, row, "the store has no such customer");
}

static int compare_ids(const void *left, const void *right, const void *context)
{
    const churn__version *version = context;
    return churn__str_cmp(churn__version_customer_id(version, *(const uint32_t *)left),
                          churn__version_customer_id(version, *(const uint32_t *)right));
}

/* The customers of a list, by id, each once: what it costs depends on the list alone. */
static churn_status pick_some(churn__asking *asking, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_str *ids = asking->options.customers;
    uint64_t n = asking->options.customer_count;
    churn__heap *heap = asking->engine->heap;
    if (n > UINT32_MAX) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "customers: too many");
    }
    asking->some = churn__alloc_array(heap, (size_t)n, sizeof *asking->some);
    asking->some_count = (size_t)n;
    for (uint64_t i = 0; asking->some && i < n; i++) {
        asking->some[i] = churn__version_find_customer(asking->version, ids[i]);
        if (asking->some[i] == CHURN__NO_CODE) {
            CHURN_TRY(no_customer(i, err));
        }
    }
    if (!asking->some || !churn__sort(heap, asking->some, (size_t)n, sizeof *asking->some,
                                      compare_ids, asking->version)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint64_t i = 0; i < n; i++) {
        if (asking->count == 0 || asking->some[asking->count - 1] != asking->some[i]) {
            asking->some[asking->count++] = asking->some[i];
        }
    }
    asking->order = asking->some;
done:
    return st;
}

static churn_status pick_customer(churn__asking *asking, churn_error *err)
{
    churn_str id = asking->options.customer;
    if (asking->options.customers && id.ptr) {
        return churn__fail(err, CHURN_E_ARG, 0, "customer and customers: give one of them");
    }
    if (asking->options.customers) {
        return pick_some(asking, err);
    }
    if (asking->options.customer_count > 0) {
        return churn__fail_null(err, "churn_query_options", "customers");
    }
    if (!id.ptr) {
        asking->order = churn__version_order(asking->version);
        asking->count = churn__version_listed(asking->version);
        return CHURN_OK;
    }
    asking->one = churn__version_find_customer(asking->version, id);
    if (asking->one == CHURN__NO_CODE) {
        return no_customer(CHURN_ROW_NONE, err);
    }
    asking->order = &asking->one;
    asking->count = 1;
    return CHURN_OK;
}

churn_status churn__asking_begin(churn_engine *engine, const churn_query_options *options,
                                 uint32_t flags, const churn_time *dates, uint32_t date_count,
                                 churn__asking *out, churn_error *err)
{
    churn_status st = churn__engine_enter(engine, "churn_engine", err);
    *out = (churn__asking){.engine = NULL};
    if (st != CHURN_OK) {
        return st;
    }
    out->engine = engine;
    CHURN_TRY(churn__copy_struct(&out->options, sizeof out->options, options, "churn_query_options",
                                 err));
    if (out->options.flags & ~flags) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_query_options: flags: unknown to this question");
    }
    CHURN_TRY(check_dates(dates, date_count, err));
    CHURN_TRY(churn__engine_check_store(engine->playbook, engine->store, err));
    CHURN_TRY(churn__store_pin(engine->store, &out->version, err));
    churn__one_outdate(engine, out->version);
    CHURN_TRY(churn__engine_meet(engine, out->version, err));
    CHURN_TRY(pick_customer(out, err));
done:
    return st;
}

void churn__asking_end(churn__asking *asking)
{
    if (asking->engine) {
        churn__free_array(asking->engine->heap, asking->some, asking->some_count,
                          sizeof *asking->some);
        churn__version_release(asking->version);
        churn__engine_leave(asking->engine);
    }
}

churn_status churn__find_score(const churn_playbook *playbook, churn_str name, uint32_t *out,
                               churn_error *err)
{
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        if (!name.ptr || name.len == 0 || churn__str_eq(playbook->scores[i].id, name)) {
            *out = i;
            return CHURN_OK;
        }
    }
    if (playbook->score_count == 0) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "the playbook has no score");
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown score %q; the first is %q", &name,
                       &playbook->scores[0].id);
}

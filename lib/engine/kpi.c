/* SPDX-License-Identifier: MIT */
#include "engine/kpi.h"

#include "engine/losses.h"

#include "engine/own_figures.h"

/* Figures by period and group. */

/* ---- losses ---- */

typedef struct kpi_lives {
    churn_engine *engine;
    churn__version *version;
    churn__loss_judge *judge; /* NULL: no figure has asked yet */
    const churn__kpi_policy *policy;
    churn_time as_of;
    churn_cancel *cancel;
} kpi_lives;

/* Figures of money alone need none of it. */
static churn_status begin_lives(kpi_lives *lives, churn_error *err)
{
    const churn__losses_want want = {.playbook = lives->engine->playbook,
                                     .version = lives->version,
                                     .customers = churn__version_order(lives->version),
                                     .count = churn__version_listed(lives->version),
                                     .dates = &lives->as_of,
                                     .date_count = 1,
                                     .kinds = CHURN__LOSS_KINDS_ALL,
                                     .policy = lives->policy,
                                     .cancel = lives->cancel};
    return churn__losses_judge(lives->engine, &want, &lives->judge, err);
}

static churn_status lives_of(void *context, churn__reader *reader, uint32_t customer,
                             const churn__life_span **spans, size_t *count, churn_error *err)
{
    kpi_lives *lives = context;
    const churn_status st = lives->judge == NULL ? begin_lives(lives, err) : CHURN_OK;
    return st != CHURN_OK ? st
                          : churn__loss_judge_spans(lives->judge, reader, customer, lives->as_of,
                                                    spans, count, err);
}

/* ---- options ---- */

static churn_status fail_preset(churn_str name, churn_error *err)
{
    churn_str names[CHURN__PRESETS], near;
    size_t count = 0;
    for (; churn__policy_preset_name((int32_t)count + 1) != NULL; count++) {
        names[count] = churn__str_nts(churn__policy_preset_name((int32_t)count + 1));
    }
    near = churn__nearest(name, names, count);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: policy: there is no preset %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0,
                       "kpi: policy: there is no preset %q; did you mean %q?", &name, &near);
}

churn_status churn__kpi_policy_of(const churn_engine *engine, churn_str name,
                                  churn__kpi_policy *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str preset;
    int32_t number = 0;
    *out = engine->playbook->kpi;
    CHURN_TRY(churn__take_str(name.ptr, name.len, true, 64, "policy", &preset, err));
    if (preset.len == 0) {
        goto done;
    }
    number = churn__policy_find(preset);
    if (number == 0) {
        CHURN_TRY(fail_preset(preset, err));
    }
    *out = churn__kpi_policy_preset(number);
done:
    return st;
}

churn_status churn__kpi_check_strs(const churn_str *items, uint32_t count, const char *what,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    if (count > 0 && items == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_kpi", what));
    }
    for (uint32_t i = 0; i < count; i++) {
        churn_str text;
        CHURN_TRY(churn__take_str(items[i].ptr, items[i].len, false, 65536, what, &text, err));
    }
done:
    return st;
}

static churn_status check_options(const churn_kpi_options *options, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__kpi_check_strs(options->by, options->by_count, "by", err));
    if (options->by_count > CHURN__KPI_MOST_DIMENSIONS) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: by: more than %u names",
                   (uint64_t)CHURN__KPI_MOST_DIMENSIONS);
    }
    if (options->by_at != CHURN_BY_START && options->by_at != CHURN_BY_END) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kpi: by_at is none of CHURN_BY_*");
    }
    if (options->changes != 0 && options->changes != 1) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kpi: changes is 0 or 1");
    }
done:
    return st;
}

/* ---- the question ---- */

/* The names that customers' attributes are known to have. */
static churn_status known_attributes(const churn_engine *engine, churn_str **out, uint32_t *count,
                                     churn_error *err)
{
    static const char *const always[] = {"name", "owner", "parent", "time_zone"};
    const churn_playbook *playbook = engine->playbook;
    uint32_t n = 0;
    *count = (uint32_t)(sizeof always / sizeof *always) + playbook->attribute_count;
    *out = churn__alloc_array(engine->heap, *count, sizeof **out);
    if (*out == NULL) {
        return churn__fail_memory(err, engine->heap);
    }
    for (; n < sizeof always / sizeof *always; n++) {
        (*out)[n] = churn__str_nts(always[n]);
    }
    for (uint32_t i = 0; i < playbook->attribute_count; i++) {
        (*out)[n++] = playbook->attributes[i].name;
    }
    return CHURN_OK;
}

static void ask_as_said(const churn_engine *engine, const churn_kpi_options *options,
                        churn__kpi_asked *asked)
{
    asked->cut.as_of = options->as_of != 0 ? options->as_of : asked->cut.to;
    asked->cut.every = options->every;
    asked->cut.rolling_days = options->rolling_days;
    asked->cut.step_days = options->step_days;
    asked->cut.zone = engine->playbook->zone;
    asked->currency = engine->playbook->currency;
    asked->level = options->level;
    asked->by = options->by;
    asked->by_count = options->by_count;
    asked->by_end = options->by_at == CHURN_BY_END;
    asked->changes = options->changes != 0;
    asked->cancel = options->cancel;
    asked->lives = lives_of;
}

churn_status churn__engine_figures(churn_engine *engine, const churn_kpi_options *options,
                                   churn__kpi_asked *asked, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_kpi_options mine;
    churn__version *version = NULL;
    kpi_lives lives = {.engine = engine};
    churn__kpi_policy policy;
    churn__kpi_settings settings = engine->playbook->figures;
    churn_str *attributes = NULL;
    uint32_t attribute_count = 0;
    churn__kpi_groups *groups = NULL;
    churn__own_figures_set *own = NULL;
    churn__kpi_own_set plugged;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_kpi_options", err));
    CHURN_TRY(check_options(&mine, err));
    CHURN_TRY(churn__kpi_policy_of(engine, mine.policy, &policy, err));
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    ask_as_said(engine, &mine, asked);
    CHURN_TRY(known_attributes(engine, &attributes, &attribute_count, err));
    lives.version = version;
    lives.policy = &policy;
    lives.as_of = asked->cut.as_of;
    lives.cancel = mine.cancel;
    asked->policy = &policy;
    settings.voice = engine->playbook->voice;
    settings.engagement = engine->playbook->engagement;
    asked->settings = &settings;
    asked->attributes = attributes;
    asked->attribute_count = attribute_count;
    asked->lives_context = &lives;
    CHURN_TRY(churn__kpi_groups_open(engine, version, asked, &groups, err));
    asked->given = churn__kpi_groups_given(groups);
    CHURN_TRY(churn__own_figures_open(engine, version, asked->cut.as_of, &own, err));
    if (own != NULL && asked->own_count == 0) {
        plugged = churn__own_figures_plug(own);
        asked->own = &plugged;
        asked->own_count = 1;
    }
    CHURN_TRY(churn__kpi_figures(churn__store_heap(engine->store), version, asked, out, err));
done:
    churn__kpi_groups_close(groups);
    churn__free_array(engine->heap, attributes, attribute_count, sizeof *attributes);
    churn__own_figures_close(own);
    churn__loss_judge_free(lives.judge);
    churn__version_release(version);
    return st;
}

churn_status churn_engine_kpi(churn_engine *engine, const churn_str *kpis, uint32_t count,
                              churn_time from, churn_time to, const churn_kpi_options *options,
                              churn_table **out, churn_error *err)
{
    if (!out || (count && !kpis)) {
        return churn__fail_null(err, "churn_engine_kpi", out ? "kpis" : "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_kpi", err);
    if (st != CHURN_OK) {
        return st;
    }
    st = churn__kpi_check_strs(kpis, count, "kpis", err);
    if (st == CHURN_OK) {
        churn__kpi_asked asked = {
            .kpis = kpis, .kpi_count = count, .cut = {.from = from, .to = to}};
        st = churn__engine_figures(engine, options, &asked, out, err);
    }
    churn__engine_leave(engine);
    return st;
}

churn_status churn_figures(churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_figures", "out");
    }
    *out = NULL;
    churn__heap *heap = churn__heap_create(NULL, 0);
    if (heap == NULL) {
        return churn__fail_memory(err, NULL);
    }
    const churn_status st = churn__figures_table(heap, out, err);
    churn__heap_release(heap);
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "playbook/playbook.h"

#include "base/checked.h"
#include "base/file.h"
#include "core/fail.h"
#include "playbook/build.h"

/* Names compared in search of suggestions, over all findings of one file: a bound on time. */
#define SUGGEST_BUDGET 200000

/* ---- the handle ---- */

/* The cards of a score share what is compiled. */
static void score_free(const churn__score_def *def)
{
    const churn__card_def *card = def->card_count == 0 ? NULL : &def->cards[0];
    for (uint32_t i = 0; card != NULL && card->caps != NULL && i < def->cap_count; i++) {
        churn__expr_free((churn__expr *)card->caps[i].when);
    }
    for (uint32_t i = 0; card != NULL && i < def->factor_count; i++) {
        churn__expr_free((churn__expr *)card->factors[i].expr);
    }
}

static void expressions_free(churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->metric_count; i++) {
        churn__expr_free((churn__expr *)pb->metrics[i].expr);
    }
    for (uint32_t i = 0; i < pb->segment_count; i++) {
        churn__expr_free(pb->segments[i].when);
    }
    for (uint32_t i = 0; i < pb->loss.condition_count; i++) {
        churn__expr_free(pb->loss.conditions[i].when);
    }
    churn__expr_free(pb->loss.involuntary_when);
    for (uint32_t i = 0; i < pb->own.define_count; i++) {
        churn__expr_free(pb->own.defines[i].num);
        churn__expr_free(pb->own.defines[i].den);
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        score_free(&pb->scores[i]);
    }
    for (uint32_t i = 0; i < pb->trigger_count; i++) {
        churn__expr_free(pb->triggers[i].when);
        churn__expr_free(pb->triggers[i].clear_when);
    }
    for (uint32_t i = 0; i < pb->play_count; i++) {
        for (uint32_t j = 0; j < pb->plays[i].step_count; j++) {
            churn__template_free(pb->plays[i].steps[j].title);
            churn__template_free(pb->plays[i].steps[j].text);
        }
    }
}

static churn_playbook *playbook_make(churn__heap *heap, const churn_limits *limits)
{
    churn_playbook *pb = churn__alloc_zero(heap, sizeof *pb);
    if (pb == NULL) {
        return NULL;
    }
    atomic_init(&pb->references, 1);
    pb->heap = churn__heap_retain(heap);
    pb->limits = *limits;
    churn__arena_init(&pb->arena, heap);
    churn__live_add(1);
    return pb;
}

static void playbook_destroy(churn_playbook *pb)
{
    churn__heap *heap = pb->heap;
    expressions_free(pb);
    churn__zone_release(pb->zone);
    churn__zone_release(pb->calendar_zone);
    churn__arena_clear(&pb->arena);
    churn__free(heap, pb, sizeof *pb);
    churn__heap_release(heap);
    churn__live_add(-1);
}

churn_playbook *churn__playbook_retain(churn_playbook *playbook)
{
    atomic_fetch_add_explicit(&playbook->references, 1, memory_order_relaxed);
    return playbook;
}

void churn_playbook_free(churn_playbook *playbook)
{
    if (playbook == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&playbook->references, 1, memory_order_acq_rel) == 1) {
        playbook_destroy(playbook);
    }
}

churn_str churn_playbook_name(const churn_playbook *playbook)
{
    return playbook == NULL ? (churn_str){NULL, 0} : playbook->name;
}

uint64_t churn_playbook_hash(const churn_playbook *playbook)
{
    return playbook == NULL ? 0 : playbook->hash;
}

int64_t churn_playbook_interval(const churn_playbook *playbook)
{
    return playbook == NULL ? 0 : playbook->evaluate.amount;
}

uint64_t churn_playbook_memory(const churn_playbook *playbook)
{
    return playbook == NULL ? 0 : churn__heap_used(playbook->heap);
}

/* ---- compiling ---- */

/* What a call was given, resolved. */
typedef struct request {
    churn_playbook_options options;
    churn_limits limits;
    churn__heap *heap;
    churn_str file;
} request;

/* From a checked tree to definitions: each step uses what those before it made. */
static void build(builder *b)
{
    static void (*const steps[])(builder * b) = {
        b_header,      b_register,        b_attributes, b_properties, b_sources,
        b_calendar,    b_roles,           b_kpi,        b_loss,       b_declare,
        b_slots,       b_references,      b_metrics,    b_segments,   b_loss_conditions,
        b_own_figures, b_scores,          b_triggers,   b_plays,      b_tests,
        b_called,      b_metrics_sources, b_order,      b_lints,      b_score_lints,
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && b->st == CHURN_OK; i++) {
        steps[i](b);
    }
    if (b->st == CHURN_OK) {
        b->pb->hash = canon_hash(b, b->root, "tests");
        b_facts(b);
    }
}

static void report_yaml(builder *b, const churn__yaml_finding *findings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        report_place place = {.line = findings[i].line, .column = findings[i].column};
        report_add(&b->report, (diagnostic)findings[i].code, place, "%s", findings[i].message.ptr);
    }
}

static churn_status read_tree(builder *b, churn_str text, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__yaml_finding *findings = NULL;
    uint32_t count = 0;
    CHURN_TRY(
        churn__yaml_read(&b->scratch, &b->pb->limits, text, &b->root, &findings, &count, err));
    report_yaml(b, findings, count);
    if (b->root != NULL && b->root->kind == CHURN__YAML_MAP) {
        b_cases(b);
    }
    if (b->root != NULL) {
        b_check(b, &schema_playbook, b->root, CHURN__STR("playbook"));
    }
    if (b->root != NULL && b->root->kind == CHURN__YAML_MAP) {
        build(b);
    }
    b_allow(b, text);
    if (b->st == CHURN_OK && b->report.failed) {
        b_no_memory(b);
    }
    st = b->st == CHURN_OK ? CHURN_OK : churn__fail_memory(err, b->heap);
done:
    return st;
}

/* The verdict, and the findings as a table also where the verdict is bad. */
static churn_status conclude(builder *b, bool strict, churn_str file, churn_table **diagnostics,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    if (strict) {
        report_strict(&b->report);
    }
    report_sort(&b->report);
    if (b->report.failed) {
        return churn__fail_memory(err, b->heap);
    }
    if (diagnostics != NULL) {
        CHURN_TRY(report_table(&b->report, b->heap, file, diagnostics, err));
    }
    st = report_status(&b->report, file, err);
done:
    return st;
}

static const char *zoneinfo_keep(builder *b, churn_str zoneinfo)
{
    return zoneinfo.ptr == NULL || zoneinfo.len == 0 ? NULL : b_keep(b, zoneinfo).ptr;
}

static churn_status compile(const request *call, churn_str text, churn_playbook **out,
                            churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_playbook *pb = playbook_make(call->heap, &call->limits);
    if (pb == NULL) {
        return churn__fail_memory(err, call->heap);
    }
    builder b = {
        .pb = pb, .heap = call->heap, .arena = &pb->arena, .suggest_budget = SUGGEST_BUDGET};
    b.no_lints = (call->options.flags & CHURN_PLAYBOOK_NO_LINTS) != 0;
    churn__arena_init(&b.scratch, call->heap);
    report_init(&b.report, &b.scratch, call->limits.diagnostics);
    pb->file = b_keep(&b, call->file);
    pb->zoneinfo = zoneinfo_keep(&b, call->options.zoneinfo);
    CHURN_TRY(read_tree(&b, text, err));
    bool strict = (call->options.flags & CHURN_PLAYBOOK_STRICT) != 0;
    CHURN_TRY(conclude(&b, strict, call->file, diagnostics, err));
    *out = pb;
    pb = NULL;
done:
    b_registries_clear(&b);
    b_called_clear(&b);
    report_clear(&b.report);
    churn__arena_clear(&b.scratch);
    churn_playbook_free(pb);
    return st;
}

/* ---- calls ---- */

#define PATH_MAX_BYTES 4096

static churn_status request_make(request *call, const churn_playbook_options *options,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook_options *own = &call->options;
    CHURN_TRY(churn__copy_struct(&call->options, sizeof call->options, options,
                                 "churn_playbook_options", err));
    if ((own->flags & ~(CHURN_PLAYBOOK_STRICT | CHURN_PLAYBOOK_NO_LINTS)) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_playbook_options: flags has unknown bits");
    }
    CHURN_TRY(churn__take_str(own->file.ptr, own->file.len, true, PATH_MAX_BYTES,
                              "churn_playbook_options: file", &call->file, err));
    CHURN_TRY(churn__take_str(own->zoneinfo.ptr, own->zoneinfo.len, true, PATH_MAX_BYTES,
                              "churn_playbook_options: zoneinfo", &call->options.zoneinfo, err));
    CHURN_TRY(churn__limits_resolve(own->limits, &call->limits, err));
    call->heap = churn__heap_create(own->allocator, call->limits.memory_bytes);
    if (call->heap == NULL) {
        st = churn__fail_memory(err, NULL);
    }
done:
    return st;
}

static void outputs_clear(churn_playbook **out, churn_table **diagnostics)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (diagnostics != NULL) {
        *diagnostics = NULL;
    }
}

churn_status churn_playbook_parse(const char *text, size_t len,
                                  const churn_playbook_options *options, churn_playbook **out,
                                  churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    request call = {0};
    outputs_clear(out, diagnostics);
    if (text == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_parse", text == NULL ? "text" : "out");
    }
    CHURN_TRY(request_make(&call, options, err));
    if (call.file.ptr == NULL) {
        call.file = CHURN__STR("playbook");
    }
    CHURN_TRY(compile(&call, churn__str_arg(text, len), out, diagnostics, err));
done:
    churn__heap_release(call.heap);
    return st;
}

static churn_status file_fail(const request *call, const char *path, churn__file_result result,
                              churn_error *err)
{
    if (result == CHURN__FILE_NOMEM) {
        return churn__fail_memory(err, call->heap);
    }
    if (result == CHURN__FILE_TOO_BIG) {
        return churn__fail(err, CHURN_E_LIMIT, 0, "%s: larger than %u bytes (playbook_bytes)", path,
                           call->limits.playbook_bytes);
    }
    return churn__fail(err, CHURN_E_IO, 0, "%s: %s", path, churn__file_result_text(result));
}

churn_status churn_playbook_open(const char *path, const churn_playbook_options *options,
                                 churn_playbook **out, churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    request call = {0};
    char *data = NULL;
    size_t size = 0;
    outputs_clear(out, diagnostics);
    if (path == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_open", path == NULL ? "path" : "out");
    }
    CHURN_TRY(request_make(&call, options, err));
    churn__file_result result =
        churn__file_read(call.heap, path, (size_t)call.limits.playbook_bytes, &data, &size);
    if (result != CHURN__FILE_OK) {
        st = file_fail(&call, path, result, err);
        goto done;
    }
    if (call.file.ptr == NULL) {
        call.file = churn__str_nts(path);
    }
    CHURN_TRY(compile(&call, (churn_str){data, size}, out, diagnostics, err));
done:
    if (data != NULL) {
        churn__free(call.heap, data, size + 1);
    }
    churn__heap_release(call.heap);
    return st;
}

churn_status churn_playbook_schema(churn_buffer **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf json;
    if (out == NULL) {
        return churn__fail_null(err, "churn_playbook_schema", "out");
    }
    *out = NULL;
    churn__heap *heap = churn__heap_create(NULL, 0);
    if (heap == NULL) {
        return churn__fail_memory(err, NULL);
    }
    churn__buf_init(&json, heap);
    schema_json(&json);
    churn_buffer *made = json.failed ? NULL : churn__buffer_make(heap, json.data, json.size);
    if (made == NULL) {
        st = churn__fail_memory(err, heap);
    }
    *out = made;
    churn__buf_clear(&json);
    churn__heap_release(heap);
    return st;
}

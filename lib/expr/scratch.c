/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

#include "base/checked.h"

/* Memory for evaluation, and the loop of the vector machine over one chunk of rows. */

struct churn__expr_scratch {
    churn__heap *heap;
    uint32_t chunk; /* rows at a time */
    char *lanes;    /* states of slots, then registers */
    size_t lane_bytes;
    expr_vector *vectors; /* the frame, as columns */
    expr_cell *cells;     /* the frame, as cells */
    size_t frame_capacity;
    uint32_t *trace; /* for blame: two words an instruction or entry */
    size_t trace_capacity;
    churn__arena text;
};

churn__expr_scratch *churn__expr_scratch_create(churn__heap *heap, uint32_t max_rows)
{
    churn__expr_scratch *scratch = churn__alloc_zero(heap, sizeof *scratch);
    if (scratch == NULL) {
        return NULL;
    }
    scratch->heap = churn__heap_retain(heap);
    scratch->chunk = max_rows < EXPR_CHUNK ? (max_rows + 63u) / 64u * 64u : EXPR_CHUNK;
    scratch->chunk = scratch->chunk > 0 ? scratch->chunk : 64;
    churn__arena_init(&scratch->text, heap);
    return scratch;
}

void churn__expr_scratch_free(churn__expr_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    churn__heap *heap = scratch->heap;
    churn__arena_clear(&scratch->text);
    churn__free(heap, scratch->lanes, scratch->lane_bytes);
    churn__free_array(heap, scratch->vectors, scratch->frame_capacity, sizeof(expr_vector));
    churn__free_array(heap, scratch->cells, scratch->frame_capacity, sizeof(expr_cell));
    churn__free_array(heap, scratch->trace, scratch->trace_capacity, sizeof(uint32_t));
    churn__free(heap, scratch, sizeof *scratch);
    churn__heap_release(heap);
}

static size_t register_bytes(const churn__expr_scratch *scratch)
{
    return (size_t)scratch->chunk * (sizeof(churn_str) + 1);
}

static bool fit_lanes(churn__expr_scratch *scratch, const churn__expr *expr)
{
    size_t states, registers, need;
    if (!churn__mul_size(expr->slot_count, scratch->chunk, &states) ||
        !churn__mul_size(expr->reg_count, register_bytes(scratch), &registers) ||
        !churn__add_size(states, registers, &need)) {
        return false;
    }
    if (need <= scratch->lane_bytes) {
        return true;
    }
    char *lanes = churn__alloc_zero(scratch->heap, need);
    if (lanes == NULL) {
        return false;
    }
    churn__free(scratch->heap, scratch->lanes, scratch->lane_bytes);
    scratch->lanes = lanes;
    scratch->lane_bytes = need;
    return true;
}

static bool fit_frame(churn__expr_scratch *scratch, uint32_t need)
{
    if (need <= scratch->frame_capacity) {
        return true;
    }
    expr_vector *vectors = churn__alloc_array_zero(scratch->heap, need, sizeof *vectors);
    expr_cell *cells = churn__alloc_array_zero(scratch->heap, need, sizeof *cells);
    if (vectors == NULL || cells == NULL) {
        churn__free_array(scratch->heap, vectors, need, sizeof *vectors);
        churn__free_array(scratch->heap, cells, need, sizeof *cells);
        return false;
    }
    churn__free_array(scratch->heap, scratch->vectors, scratch->frame_capacity, sizeof *vectors);
    churn__free_array(scratch->heap, scratch->cells, scratch->frame_capacity, sizeof *cells);
    scratch->vectors = vectors;
    scratch->cells = cells;
    scratch->frame_capacity = need;
    return true;
}

static bool fit_trace(churn__expr_scratch *scratch, const churn__expr *expr)
{
    size_t need = churn__expr_trace_size(expr);
    if (need <= scratch->trace_capacity) {
        return true;
    }
    uint32_t *trace = churn__alloc_array(scratch->heap, need, sizeof *trace);
    if (trace == NULL) {
        return false;
    }
    churn__free_array(scratch->heap, scratch->trace, scratch->trace_capacity, sizeof *trace);
    scratch->trace = trace;
    scratch->trace_capacity = need;
    return true;
}

churn_status churn__expr_scratch_fit(churn__expr_scratch *scratch, const churn__expr *expr,
                                     churn_error *err)
{
    bool fits = fit_lanes(scratch, expr) && fit_frame(scratch, expr->frame_count) &&
                fit_trace(scratch, expr);
    return fits ? CHURN_OK : churn__fail_memory(err, scratch->heap);
}

expr_cell *churn__expr_scratch_frame(churn__expr_scratch *scratch)
{
    return scratch->cells;
}

uint32_t *churn__expr_scratch_trace(churn__expr_scratch *scratch)
{
    return scratch->trace;
}

churn__arena *churn__expr_scratch_text(churn__expr_scratch *scratch)
{
    churn__arena_clear(&scratch->text);
    return &scratch->text;
}

uint32_t churn__expr_scratch_chunk(const churn__expr_scratch *scratch)
{
    return scratch->chunk;
}

/* ---- vectors of a frame ---- */

static void bool_states(const uint8_t *restrict values, const churn__missing *restrict missing,
                        uint32_t n, uint8_t *restrict to)
{
    EXPR_EACH_LANE(n, to[i] = values[i] != 0 ? EXPR_TRUE : EXPR_FALSE);
    if (missing != NULL) {
        EXPR_EACH_LANE(n, to[i] = missing[i] != CHURN__PRESENT ? EXPR_UNKNOWN : to[i]);
    }
}

/* Whether any is missing: eight reasons at a time. */
static bool any_missing(const churn__missing *missing, uint32_t n)
{
    uint64_t any = 0, word = 0;
    uint32_t i = 0;
    for (; i + sizeof word <= n; i += (uint32_t)sizeof word) {
        memcpy(&word, missing + i, sizeof word);
        any |= word;
    }
    for (; i < n; i++) {
        any |= missing[i];
    }
    return any != 0;
}

static void missing_states(const churn__missing *restrict missing, uint32_t n, uint8_t *restrict to)
{
    EXPR_EACH_LANE(n, to[i] = missing[i] != CHURN__PRESENT ? EXPR_UNKNOWN : EXPR_OK);
}

static void open_slot(const churn__column *column, churn__type type, uint32_t row, uint32_t n,
                      uint8_t *states, expr_vector *out)
{
    const churn__missing *missing = column->missing != NULL ? column->missing + row : NULL;
    out->values = (const char *)column->values + row * churn__expr_width(type);
    out->states = NULL;
    out->step = 1;
    if (type == CHURN__TYPE_BOOL) {
        bool_states(out->values, missing, n, states);
        out->states = states;
    } else if (missing != NULL && any_missing(missing, n)) {
        missing_states(missing, n, states);
        out->states = states;
    }
}

static void open_constant(const expr_cell *cell, expr_vector *out)
{
    out->values = &cell->as;
    out->states = cell->state != EXPR_OK ? &cell->state : NULL;
    out->step = 0;
}

static void open_frame(const churn__expr *expr, const churn__column *columns, uint32_t row,
                       uint32_t n, churn__expr_scratch *scratch)
{
    uint8_t *states = (uint8_t *)scratch->lanes;
    expr_vector *frame = scratch->vectors;
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        open_slot(&columns[expr->slots[i]], expr->slot_types[i], row, n,
                  states + (size_t)i * scratch->chunk, &frame[i]);
    }
    for (uint32_t i = 0; i < expr->const_count; i++) {
        open_constant(&expr->consts[i], &frame[expr->slot_count + i]);
    }
}

static void run_code(const churn__expr *expr, const expr_code *code, uint32_t n,
                     churn__expr_scratch *scratch, expr_run *run)
{
    expr_vector *frame = scratch->vectors, *to = &frame[code->to];
    size_t reg = code->to - expr->slot_count - expr->const_count;
    char *values =
        scratch->lanes + (size_t)expr->slot_count * scratch->chunk + reg * register_bytes(scratch);
    uint8_t *states = (uint8_t *)values + (size_t)scratch->chunk * sizeof(churn_str);
    bool all_ok = false;
    expr_target out = {.values = values, .states = states, .all_ok = &all_ok};
    churn__expr_kernel(code, &frame[code->a], &frame[code->b], &frame[code->c], n, &out, run);
    *to = (expr_vector){.values = values, .states = all_ok ? NULL : states, .step = 1};
}

churn_status churn__expr_run_chunk(const churn__expr *expr, const churn__column *columns,
                                   uint32_t row, uint32_t n, churn__expr_scratch *scratch,
                                   expr_vector *out, churn_error *err)
{
    expr_run run = {.text_limit = expr->text_limit};
    run.text = expr->makes_text ? churn__expr_scratch_text(scratch) : NULL;
    open_frame(expr, columns, row, n, scratch);
    for (uint32_t i = 0; i < expr->code_count; i++) {
        run_code(expr, &expr->code[i], n, scratch, &run);
    }
    *out = scratch->vectors[expr->result];
    return run.no_memory ? churn__fail_memory(err, scratch->heap) : CHURN_OK;
}

/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

#include "base/checked.h"

/* Memory for evaluation. */

struct churn__expr_scratch {
    churn__heap *heap;
    uint32_t chunk; /* rows at a time */
    char *lanes;    /* what a plan runs in: expr_room */
    size_t lane_bytes;
    char *coded; /* tables and texts of coded columns */
    size_t coded_bytes;
    expr_room room;
    expr_machine machine; /* with the plan that was opened last */
    expr_cell *cells;     /* the frame of an expression */
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
    churn__free(heap, scratch->coded, scratch->coded_bytes);
    churn__free_array(heap, scratch->cells, scratch->frame_capacity, sizeof(expr_cell));
    churn__free_array(heap, scratch->trace, scratch->trace_capacity, sizeof(uint32_t));
    churn__free(heap, scratch, sizeof *scratch);
    churn__heap_release(heap);
}

/* A larger block in place of one whose contents are not needed any more. */
static bool fit_block(churn__heap *heap, char **block, size_t *bytes, size_t need)
{
    if (need <= *bytes) {
        return true;
    }
    char *larger = churn__alloc_zero(heap, need);
    if (larger == NULL) {
        return false;
    }
    churn__free(heap, *block, *bytes);
    *block = larger;
    *bytes = need;
    return true;
}

/* Takes `count` things of `size` bytes from the end of what was taken before, in whole words. */
static bool take(size_t *at, size_t count, size_t size, size_t *from)
{
    size_t bytes;
    *from = *at;
    return churn__mul_size(count, size, &bytes) && churn__add_size(bytes, 7, &bytes) &&
           churn__add_size(*at, bytes / 8 * 8, at);
}

/* Where the parts of a room begin in its block. */
typedef struct room_plan {
    size_t vecs, homes, bits, masks, values, tails, tables, texts, bytes;
} room_plan;

static bool plan_room(const churn__expr_scratch *scratch, const struct expr_plan *plan,
                      room_plan *out)
{
    size_t word = sizeof(uint64_t) * (scratch->chunk / 64);
    size_t bitmaps = 3 * ((size_t)plan->slot_count + plan->bits_count);
    *out = (room_plan){0};
    return take(&out->bytes, plan->value_count, sizeof(expr_vec), &out->vecs) &&
           take(&out->bytes, plan->value_count, sizeof(expr_vec), &out->homes) &&
           take(&out->bytes, bitmaps, word, &out->bits) &&
           take(&out->bytes, plan->region_count, word, &out->masks) &&
           take(&out->bytes, plan->table_count, sizeof(expr_table), &out->tables) &&
           take(&out->bytes, plan->slot_count, sizeof(churn_str *), &out->texts) &&
           take(&out->bytes, plan->slot_count, 64 * sizeof(churn_str), &out->tails) &&
           take(&out->bytes, plan->value_bytes, scratch->chunk, &out->values);
}

churn_status churn__expr_plan_fit(churn__expr_scratch *scratch, const struct expr_plan *plan,
                                  churn_error *err)
{
    room_plan need;
    bool fits = plan_room(scratch, plan, &need) &&
                fit_block(scratch->heap, &scratch->lanes, &scratch->lane_bytes, need.bytes);
    return fits ? CHURN_OK : churn__fail_memory(err, scratch->heap);
}

static bool fit_frame(churn__expr_scratch *scratch, uint32_t need)
{
    if (need <= scratch->frame_capacity) {
        return true;
    }
    expr_cell *cells = churn__alloc_array_zero(scratch->heap, need, sizeof *cells);
    if (cells == NULL) {
        return false;
    }
    churn__free_array(scratch->heap, scratch->cells, scratch->frame_capacity, sizeof *cells);
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
    bool fits = fit_frame(scratch, expr->frame_count) && fit_trace(scratch, expr);
    return fits ? churn__expr_plan_fit(scratch, expr->plan, err)
                : churn__fail_memory(err, scratch->heap);
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

/* ---- running a plan ---- */

static void open_home(expr_room *room, uint32_t value, size_t number, churn__type type,
                      char *values)
{
    uint64_t *bits = room->bits + 3 * number * room->words;
    room->homes[value] = (expr_vec){.values = values,
                                    .t = bits,
                                    .f = type == 0 ? churn__expr_zeros : bits + room->words,
                                    .e = bits + 2 * (size_t)room->words,
                                    .step = 1};
}

static void open_constant(expr_room *room, const plan_const *constant)
{
    const expr_cell *cell = &constant->cell;
    room->homes[constant->value] =
        (expr_vec){.values = &cell->as,
                   .t = cell->state == EXPR_OK ? churn__expr_ones : churn__expr_zeros,
                   .f = cell->state == EXPR_FALSE ? churn__expr_ones : churn__expr_zeros,
                   .e = cell->state == EXPR_ERROR ? churn__expr_ones : NULL};
}

static void open_homes(const churn__expr_scratch *scratch, const struct expr_plan *plan,
                       expr_room *room)
{
    for (uint32_t i = 0; i < plan->slot_count; i++) {
        const plan_slot *slot = &plan->slots[i];
        bool is_bool = slot->type == CHURN__TYPE_BOOL;
        open_home(room, slot->value, i, is_bool ? slot->type : 0, NULL);
        room->homes[slot->value].e = NULL;
    }
    for (uint32_t i = 0; i < plan->register_count; i++) {
        const plan_register *reg = &plan->registers[i];
        open_home(room, reg->value, (size_t)plan->slot_count + reg->bits, CHURN__TYPE_BOOL,
                  room->values + (size_t)reg->offset * scratch->chunk);
    }
    for (uint32_t i = 0; i < plan->const_count; i++) {
        open_constant(room, &plan->consts[i]);
    }
    memcpy(room->vecs, room->homes, plan->value_count * sizeof *room->vecs);
    for (uint32_t i = 0; i < plan->register_count; i++) {
        room->vecs[plan->registers[i].value].e = NULL; /* what is left out is no error */
    }
}

static void open_room(churn__expr_scratch *scratch, const struct expr_plan *plan,
                      const room_plan *at)
{
    char *block = scratch->lanes;
    scratch->room = (expr_room){.vecs = (void *)(block + at->vecs),
                                .homes = (void *)(block + at->homes),
                                .bits = (void *)(block + at->bits),
                                .masks = (void *)(block + at->masks),
                                .values = block + at->values,
                                .tails = block + at->tails,
                                .tables = (void *)(block + at->tables),
                                .texts = (void *)(block + at->texts),
                                .words = scratch->chunk / 64};
    memset(block + at->vecs, 0, at->bits - at->vecs);
    memset(block + at->tables, 0, at->tails - at->tables);
    open_homes(scratch, plan, &scratch->room);
}

/* ---- coded columns ---- */

/* A dictionary that is larger than the column is not worth going through. */
static bool pays(const churn__column *column, uint64_t rows)
{
    return column->codes != NULL && column->dict_count > 0 &&
           (column->dict_count <= 64 || column->dict_count <= rows);
}

static bool reads(const plan_step *step, uint32_t value)
{
    return step->a == value || step->b == value || step->c == value;
}

/* What one coded column needs: tables of the instructions that go by its entries, and, where it
 * has to be read as text, room for a chunk of that. With `block` they are made. */
static bool open_coded(churn__expr_scratch *scratch, const struct expr_plan *plan, uint32_t i,
                       uint64_t rows, const churn__column *column, char *block, size_t *bytes)
{
    bool by_entry = pays(column, rows), as_text = plan->slots[i].as_text;
    size_t from;
    for (uint32_t k = 0; k < plan->step_count; k++) {
        const plan_step *step = &plan->steps[k];
        if (step->kind != STEP_CODE || step->table == EXPR_NONE ||
            !reads(step, plan->slots[i].value)) {
            continue;
        }
        as_text = as_text || !by_entry;
        if (!by_entry) {
            continue;
        }
        if (!take(bytes, churn__expr_table_bytes(step, column->dict_count), 1, &from)) {
            return false;
        }
        if (block != NULL) {
            churn__expr_fill_table(plan, step, column, block + from,
                                   &scratch->room.tables[step->table]);
        }
    }
    if (as_text) {
        if (!take(bytes, scratch->chunk, sizeof(churn_str), &from)) {
            return false;
        }
        scratch->room.texts[i] = block != NULL ? (void *)(block + from) : NULL;
    }
    return true;
}

static bool open_all_coded(churn__expr_scratch *scratch, const struct expr_plan *plan,
                           const churn__column *columns, uint64_t rows, char *block, size_t *bytes)
{
    *bytes = 0;
    for (uint32_t i = 0; i < plan->slot_count; i++) {
        const churn__column *column = &columns[plan->slots[i].slot];
        if (plan->slots[i].type == CHURN__TYPE_STRING && column->codes != NULL &&
            !open_coded(scratch, plan, i, rows, column, block, bytes)) {
            return false;
        }
    }
    return true;
}

churn_status churn__expr_plan_open(churn__expr_scratch *scratch, const struct expr_plan *plan,
                                   const churn__column *columns, uint64_t rows,
                                   const void *const *wanted, churn_error *err)
{
    churn_status st = CHURN_OK;
    room_plan at;
    size_t need = 0;
    CHURN_TRY(churn__expr_plan_fit(scratch, plan, err));
    if (!plan_room(scratch, plan, &at)) {
        CHURN_TRY(churn__fail_memory(err, scratch->heap));
    }
    open_room(scratch, plan, &at);
    if (!open_all_coded(scratch, plan, columns, rows, NULL, &need) ||
        !fit_block(scratch->heap, &scratch->coded, &scratch->coded_bytes, need)) {
        CHURN_TRY(churn__fail_memory(err, scratch->heap));
    }
    if (need > 0) {
        open_all_coded(scratch, plan, columns, rows, scratch->coded, &need);
    }
    scratch->machine = (expr_machine){.plan = plan,
                                      .kernels = churn__expr_kernels(),
                                      .room = &scratch->room,
                                      .columns = columns,
                                      .wanted = wanted};
done:
    return st;
}

churn_status churn__expr_plan_run(churn__expr_scratch *scratch, uint64_t row, uint32_t n,
                                  churn_error *err)
{
    expr_machine *m = &scratch->machine;
    m->run = (expr_run){.text = m->plan->makes_text ? churn__expr_scratch_text(scratch) : NULL};
    churn__expr_machine_run(m, row, n);
    return m->run.no_memory ? churn__fail_memory(err, scratch->heap) : CHURN_OK;
}

uint32_t churn__expr_plan_piece(const churn__expr_scratch *scratch, uint64_t left)
{
    return left >= scratch->chunk ? scratch->chunk
           : left >= 64           ? (uint32_t)left / 64 * 64
                                  : (uint32_t)left;
}

const expr_vec *churn__expr_plan_result(const churn__expr_scratch *scratch, uint32_t output)
{
    return &scratch->room.vecs[scratch->machine.plan->outputs[output].value];
}

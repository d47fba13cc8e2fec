/* SPDX-License-Identifier: MIT */
#include "engine/bands.h"

#include <string.h>

#include "engine/engine_internal.h"

/* Held bands: how the memory fits the playbook's scores, and what a frame reads of it. */

const char *churn__band_cause_name(uint8_t cause)
{
    static const char *const names[CHURN__BECAUSE_COUNT] = {
        NULL,       "behaviour",     "missing", "card",       "cap",   "floor",
        "override", "configuration", "stay",    "correction", "first",
    };
    return cause < CHURN__BECAUSE_COUNT ? names[cause] : NULL;
}

/* ---- as the playbook has it ---- */

static churn__band_memory *find_memory(churn__bands *bands, uint32_t id)
{
    for (size_t i = 0; i < bands->count; i++) {
        if (bands->each[i].id == id) {
            return &bands->each[i];
        }
    }
    return NULL;
}

static size_t find_name(const churn__band_memory *memory, uint32_t text)
{
    size_t i = 0;
    while (i < memory->name_count && memory->names[i] != text) {
        i++;
    }
    return i;
}

bool churn__bands_memory(churn_engine *engine, uint32_t id, uint32_t *out)
{
    churn__bands *bands = &engine->bands;
    const churn__band_memory *known = find_memory(bands, id);
    *out = known ? (uint32_t)(known - bands->each) : (uint32_t)bands->count;
    if (known) {
        return true;
    }
    if (!churn__grow(engine->heap, (void **)&bands->each, &bands->capacity, bands->count + 1,
                     sizeof *bands->each)) {
        return false;
    }
    bands->each[bands->count++] = (churn__band_memory){.id = id, .score = CHURN__NONE};
    return true;
}

/* Whoever is in a band of a name that is new has not come into it yet: its code may wait. */
bool churn__bands_name(churn_engine *engine, uint32_t index, uint32_t text, uint32_t *out)
{
    churn__band_memory *memory = &engine->bands.each[index];
    *out = (uint32_t)find_name(memory, text);
    if (*out < memory->name_count) {
        return true;
    }
    if (!churn__grow(engine->heap, (void **)&memory->names, &memory->name_capacity,
                     memory->name_count + 1, sizeof *memory->names) ||
        !churn__grow(engine->heap, (void **)&memory->codes, &memory->code_capacity,
                     memory->name_count + 1, sizeof *memory->codes)) {
        return false;
    }
    memory->codes[memory->name_count] = CHURN__NONE;
    memory->names[memory->name_count++] = text;
    return true;
}

static churn_status reserve_names(churn_engine *engine, uint32_t index,
                                  const churn__score_def *score, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__band_memory *memory = &engine->bands.each[index];
    if (!churn__grow(engine->heap, (void **)&memory->name_of, &memory->name_of_capacity,
                     score->band_count, sizeof *memory->name_of)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (uint32_t b = 0; b < score->band_count; b++) {
        uint32_t name = 0, text = churn__dict_add(engine->texts, score->cards[0].bands[b].id);
        if (text == CHURN__NO_CODE || !churn__bands_name(engine, index, text, &name)) {
            CHURN_TRY(churn__fail_memory(err, engine->heap));
        }
    }
    if (memory->name_count >= UINT16_MAX) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "engine: the score %q has had %u bands and more", &score->id,
                   (uint64_t)UINT16_MAX);
    }
done:
    return st;
}

churn_status churn__bands_reserve(churn_engine *engine, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < engine->playbook->score_count; i++) {
        const churn__score_def *score = &engine->playbook->scores[i];
        uint32_t index = 0, id = churn__dict_add(engine->texts, score->id);
        if (id == CHURN__NO_CODE || !churn__bands_memory(engine, id, &index)) {
            CHURN_TRY(churn__fail_memory(err, engine->heap));
        }
        CHURN_TRY(reserve_names(engine, index, score, err));
    }
done:
    return st;
}

static void match_names(const churn_engine *engine, churn__band_memory *memory,
                        const churn__score_def *score)
{
    for (size_t i = 0; i < memory->name_count; i++) {
        memory->codes[i] = score->band_count;
    }
    for (uint32_t b = 0; b < score->band_count; b++) {
        uint32_t text = churn__dict_find(engine->texts, score->cards[0].bands[b].id);
        size_t name = find_name(memory, text);
        memory->codes[name] = b;
        memory->name_of[b] = (uint32_t)name;
    }
}

/* The places of two are exchanged, and what waits for them follows. */
static void swap_memories(churn__bands *bands, size_t a, size_t b)
{
    churn__band_memory moved = bands->each[a];
    bands->each[a] = bands->each[b];
    bands->each[b] = moved;
    for (size_t i = 0; a != b && i < bands->waiting_count; i++) {
        uint32_t *of = &bands->waiting[i].memory;
        *of = *of == a ? (uint32_t)b : *of == b ? (uint32_t)a : *of;
    }
}

void churn__bands_order(churn_engine *engine)
{
    churn__bands *bands = &engine->bands;
    for (size_t i = 0; i < bands->count; i++) {
        bands->each[i].score = CHURN__NONE;
    }
    for (uint32_t i = 0; i < engine->playbook->score_count; i++) {
        const churn__score_def *score = &engine->playbook->scores[i];
        uint32_t id = churn__dict_find(engine->texts, score->id);
        swap_memories(bands, i, (size_t)(find_memory(bands, id) - bands->each));
        bands->each[i].score = i;
        match_names(engine, &bands->each[i], score);
    }
}

void churn__bands_free(churn_engine *engine)
{
    churn__heap *heap = engine->heap;
    churn__bands *bands = &engine->bands;
    for (size_t i = 0; i < bands->count; i++) {
        churn__band_memory *memory = &bands->each[i];
        churn__free_array(heap, memory->names, memory->name_capacity, sizeof *memory->names);
        churn__free_array(heap, memory->codes, memory->code_capacity, sizeof *memory->codes);
        churn__free_array(heap, memory->name_of, memory->name_of_capacity, sizeof(uint32_t));
        churn__free_array(heap, memory->cells, memory->cell_count, sizeof *memory->cells);
    }
    churn__free_array(heap, bands->each, bands->capacity, sizeof *bands->each);
    churn__free_array(heap, bands->ticks, bands->tick_capacity, sizeof *bands->ticks);
    churn__free_array(heap, bands->changes, bands->change_capacity, sizeof *bands->changes);
    churn__free_array(heap, bands->waiting, bands->waiting_capacity, sizeof *bands->waiting);
}

/* ---- room for customers ---- */

static bool reach(churn__heap *heap, churn__band_memory *memory, size_t customers)
{
    size_t before = memory->cell_count;
    if (!churn__grow(heap, (void **)&memory->cells, &memory->cell_count, customers,
                     sizeof *memory->cells)) {
        return false;
    }
    if (memory->cell_count > before) {
        memset(memory->cells + before, 0, (memory->cell_count - before) * sizeof *memory->cells);
    }
    return true;
}

/* Those who are customers now take their places; the others keep their order. */
static void seat_waiting(churn_engine *engine, const churn__version *version)
{
    churn__bands *bands = &engine->bands;
    size_t kept = 0;
    for (size_t i = 0; i < bands->waiting_count; i++) {
        churn__band_waiting one = bands->waiting[i];
        uint32_t customer =
            churn__version_find_customer(version, churn__dict_get(engine->ids, one.person));
        if (customer < bands->each[one.memory].cell_count) {
            bands->each[one.memory].cells[customer] = one.cell;
        } else {
            bands->waiting[kept++] = one;
        }
    }
    bands->waiting_count = kept;
}

churn_status churn__bands_reach(churn_engine *engine, const churn__version *version,
                                churn_error *err)
{
    churn__bands *bands = &engine->bands;
    for (size_t i = 0; i < bands->count; i++) {
        if (!reach(engine->heap, &bands->each[i], churn__version_customers(version))) {
            return churn__fail_memory(err, engine->heap);
        }
    }
    seat_waiting(engine, version);
    return CHURN_OK;
}

churn__band_cell churn__bands_cell(const churn__band_memory *memory, uint32_t customer)
{
    return customer < memory->cell_count ? memory->cells[customer] : (churn__band_cell){.band = 0};
}

/* ---- in a frame ---- */

bool churn__frame_hold_open(churn__frame *frame)
{
    uint32_t scores = frame->playbook->score_count;
    frame->moved = churn__alloc_array_zero(frame->heap, scores, sizeof *frame->moved);
    for (uint32_t i = 0; frame->moved && i < scores; i++) {
        frame->moved[i] = churn__alloc_array_zero(frame->heap, frame->max_rows, 1);
        if (!frame->moved[i]) {
            return false;
        }
    }
    return frame->moved != NULL;
}

void churn__frame_hold_close(churn__frame *frame)
{
    uint32_t scores = frame->playbook->score_count;
    for (uint32_t i = 0; frame->moved && i < scores; i++) {
        churn__free_array(frame->heap, frame->moved[i], frame->max_rows, 1);
    }
    churn__free_array(frame->heap, frame->moved, scores, sizeof *frame->moved);
}

/* The band at the last evaluation, as conditions see it; band_count: unknown. */
static uint32_t band_before(const churn__band_memory *memory, churn__band_cell cell,
                            uint32_t band_count)
{
    return cell.band == 0 || cell.unknown ? band_count : memory->codes[cell.band - 1];
}

/* A first band of the evaluation that is going on may already stand in its cell: it is not there.
 */
static churn__band_cell committed(const churn_engine *engine, churn__band_cell cell)
{
    return cell.since < engine->bands.tick_count ? cell : (churn__band_cell){.band = 0};
}

static uint8_t hold_row(const churn__frame *frame, const churn__band_memory *memory,
                        const churn__score_out *out, uint32_t row)
{
    const churn__score_def *def = &frame->playbook->scores[memory->score];
    const churn_engine *engine = frame->engine;
    uint32_t customer = frame->customers[churn__frame_place(frame, row)];
    churn__band_cell cell = committed(engine, churn__bands_cell(memory, customer));
    churn_time now = churn__frame_date(frame, row);
    if (now <= engine->as_of) {
        out->band_codes[row] = band_before(memory, cell, def->band_count);
        return CHURN__BAND_STAYS;
    }
    if (out->missing[row]) {
        return cell.band && !cell.unknown ? CHURN__BAND_MOVES : CHURN__BAND_STAYS;
    }
    churn__held_band held = {.code = def->band_count, .since = now};
    if (cell.band) {
        held.code = memory->codes[cell.band - 1];
        held.since = engine->bands.ticks[cell.since];
    }
    const churn__card_def *card = &def->cards[out->cards[row]];
    uint32_t code = churn__score_hold(def, card, out->score[row], now, &held);
    out->band_codes[row] = code;
    if (!cell.band) {
        return CHURN__BAND_BEGINS;
    }
    bool same = !cell.unknown && memory->name_of[code] + 1 == cell.band;
    return same ? CHURN__BAND_STAYS : CHURN__BAND_MOVES;
}

churn_status churn__frame_hold(churn__frame *frame, uint32_t score, churn_error *err)
{
    (void)err;
    if (!frame->moved || frame->playbook->scores[score].band_count == 0) {
        return CHURN_OK;
    }
    const churn__band_memory *memory = &frame->engine->bands.each[score];
    uint8_t *moved = frame->moved[score];
    for (uint32_t row = 0; row < frame->rows; row++) {
        moved[row] = frame->exists[row] ? hold_row(frame, memory, &frame->scores[score], row)
                                        : CHURN__BAND_STAYS;
    }
    return CHURN_OK;
}

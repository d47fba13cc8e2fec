/* SPDX-License-Identifier: MIT */
#include "engine/tick.h"

#include <math.h>

/*
 * Held bands in one evaluation. A change of a band is staged like everything else; a first band
 * goes into its cell at once, as there are as many of them as customers: its number of an
 * evaluation that is not yet counted tells it from what was there before.
 */

/* Before anybody is looked at: other threads read the instants meanwhile, which must not move. */
churn_status churn__bands_room(churn_engine *engine, churn_error *err)
{
    churn__bands *bands = &engine->bands;
    if (bands->tick_count >= CHURN__NONE) {
        return churn__fail(err, CHURN_E_LIMIT, 0,
                           "advance: an engine remembers at most 2^32 - 1 evaluations");
    }
    if (!churn__grow(engine->heap, (void **)&bands->ticks, &bands->tick_capacity,
                     bands->tick_count + 1, sizeof *bands->ticks)) {
        return churn__fail_memory(err, engine->heap);
    }
    return CHURN_OK;
}

static churn__band_cell entered(const churn__staging *staging, const churn__band_memory *memory,
                                uint32_t code)
{
    const churn__bands *bands = &staging->engine->bands;
    return (churn__band_cell){.since = (uint32_t)bands->tick_count,
                              .band = (uint16_t)(memory->name_of[code] + 1)};
}

/* What a cell becomes; nothing else has entered it in this evaluation. */
static churn__band_cell next_cell(const churn__staging *staging, const churn__band_memory *memory,
                                  churn__band_cell cell, uint32_t code, uint32_t band_count)
{
    if (code == band_count || memory->name_of[code] + 1 == cell.band) {
        cell.unknown = code == band_count;
        cell.first = 0;
        return cell;
    }
    return entered(staging, memory, code);
}

/* Since when the band is not known that is known again now. */
static churn_time unknown_since(const churn_engine *engine, uint32_t person, uint32_t score)
{
    uint32_t i = engine->people[person].band;
    while (i != CHURN__NONE && engine->bands.changes[i].score != score) {
        i = engine->bands.changes[i].before;
    }
    return i == CHURN__NONE ? CHURN_TIME_NONE : engine->bands.changes[i].at;
}

static churn__band_change change_of(const churn__staging *staging, const churn__frame *frame,
                                    uint32_t score, uint32_t row, uint32_t person,
                                    churn__band_cell cell)
{
    const churn_engine *engine = staging->engine;
    const churn__band_memory *memory = &engine->bands.each[score];
    const churn__score_out *out = &frame->scores[score];
    uint32_t code = out->band_codes[row];
    bool unknown = code == frame->playbook->scores[score].band_count;
    churn__band_change change = {.person = person,
                                 .before = CHURN__NONE,
                                 .score = memory->id,
                                 .from = CHURN__NO_CODE,
                                 .to = CHURN__NO_CODE,
                                 .first = cell.first,
                                 .name = CHURN__NO_CODE,
                                 .word_before = CHURN__NO_CODE,
                                 .word = CHURN__NO_CODE,
                                 .at = staging->at,
                                 .value_before = (double)NAN,
                                 .value = unknown ? (double)NAN : out->score[row],
                                 .input_before = (double)NAN,
                                 .input = (double)NAN,
                                 .moved = (double)NAN};
    change.to = unknown ? CHURN__NO_CODE : memory->names[memory->name_of[code]];
    change.from = cell.unknown ? CHURN__NO_CODE : memory->names[cell.band - 1];
    change.since =
        cell.unknown ? unknown_since(engine, person, memory->id) : engine->bands.ticks[cell.since];
    return change;
}

static churn_status append_change(churn__staging *staging, const churn__band_change *change,
                                  uint32_t customer, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    churn__bands *bands = &engine->bands;
    size_t staged = staging->band_changes - bands->change_count;
    if (staging->band_changes >= CHURN__NONE) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "advance: an engine remembers at most 2^32 - 1 %s",
                   "changes of bands");
    }
    if (!churn__grow(engine->heap, (void **)&bands->changes, &bands->change_capacity,
                     staging->band_changes + 1, sizeof *bands->changes) ||
        !churn__grow(engine->heap, (void **)&staging->band_customers, &staging->band_capacity,
                     staged + 1, sizeof *staging->band_customers)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    bands->changes[staging->band_changes++] = *change;
    staging->band_customers[staged] = customer;
    staging->run.band_changes++;
done:
    return st;
}

static churn_status stage_move(churn__staging *staging, const churn__frame *frame, uint32_t score,
                               uint32_t row, uint32_t *person, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__band_memory *memory = &staging->engine->bands.each[score];
    uint32_t customer = frame->customers[row];
    churn__band_cell cell = churn__bands_cell(memory, customer);
    if (*person == CHURN__NONE) {
        CHURN_TRY(churn__stage_person(staging, frame->version, customer, person, err));
    }
    churn__band_change change = change_of(staging, frame, score, row, *person, cell);
    CHURN_TRY(append_change(staging, &change, customer, err));
    uint32_t code = frame->scores[score].band_codes[row];
    uint32_t band_count = frame->playbook->scores[score].band_count;
    churn__op op = {.kind = CHURN__OP_BAND,
                    .a = score,
                    .b = customer,
                    .cell = next_cell(staging, memory, cell, code, band_count)};
    staging->band_entered |= op.cell.since == staging->engine->bands.tick_count;
    CHURN_TRY(churn__stage_op(staging, op, err));
done:
    return st;
}

churn_status churn__stage_band(churn__staging *staging, const churn__frame *frame, uint32_t score,
                               uint32_t row, uint32_t *person, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__band_memory *memory = &staging->engine->bands.each[score];
    if (frame->moved[score][row] == CHURN__BAND_MOVES) {
        CHURN_TRY(stage_move(staging, frame, score, row, person, err));
        goto done;
    }
    churn__band_cell cell = entered(staging, memory, frame->scores[score].band_codes[row]);
    cell.first = 1;
    memory->cells[frame->customers[row]] = cell;
    staging->band_entered = staging->band_began = true;
done:
    return st;
}

void churn__bands_commit(churn__staging *staging)
{
    churn_engine *engine = staging->engine;
    churn__bands *bands = &engine->bands;
    for (size_t i = bands->change_count; i < staging->band_changes; i++) {
        churn__person *person = &engine->people[bands->changes[i].person];
        bands->changes[i].before = person->band;
        person->band = (uint32_t)i;
    }
    bands->change_count = staging->band_changes;
    if (staging->band_entered) {
        bands->ticks[bands->tick_count++] = staging->at;
    }
    bands->playbook = churn_playbook_hash(engine->playbook);
    staging->band_began = false;
}

void churn__bands_undo(churn__staging *staging)
{
    churn__bands *bands = &staging->engine->bands;
    for (size_t i = 0; staging->band_began && i < bands->count; i++) {
        churn__band_memory *memory = &bands->each[i];
        for (size_t c = 0; c < memory->cell_count; c++) {
            if (memory->cells[c].band && memory->cells[c].since >= bands->tick_count) {
                memory->cells[c] = (churn__band_cell){.band = 0};
            }
        }
    }
}

/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/engine_internal.h"

/* Held bands from bytes, as bands_save.c describes them; every number is checked against what was
 * read before it. */

static uint64_t read_number(churn__reading *in, uint64_t limit)
{
    uint64_t number = 0;
    for (uint32_t shift = 0; shift < 63; shift += 7) {
        uint8_t byte = churn__read_u8(in);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            in->failed |= number >= limit || (byte == 0 && shift > 0);
            return in->failed ? 0 : number;
        }
    }
    in->failed = true;
    return 0;
}

typedef struct reading {
    churn_engine *engine;
    const churn__version *version;
    churn__reading *in;
    uint32_t people;    /* those read before */
    uint32_t *memories; /* in the order of the bytes: memory */
    uint32_t **names;   /* the same: by number, index in the memory's names */
    uint32_t *name_counts;
    uint32_t memory_count;
    churn__buf id; /* of the customer in hand */
    bool no_memory;
} reading;

static bool going_on(const reading *r)
{
    return !r->in->failed && !r->no_memory;
}

static uint64_t read_count(reading *r, uint64_t least)
{
    uint64_t count = churn__read_u64(r->in);
    if (r->in->failed || count > (r->in->size - r->in->at) / least) {
        r->in->failed = true;
        return 0;
    }
    return count;
}

static uint32_t add_text(reading *r, churn_str text)
{
    if (!text.ptr || r->in->failed) {
        return CHURN__NO_CODE;
    }
    r->in->failed |= churn__utf8_fault(text.ptr, text.len) != SIZE_MAX;
    uint32_t code = r->in->failed ? CHURN__NO_CODE : churn__dict_add(r->engine->texts, text);
    r->no_memory |= code == CHURN__NO_CODE && !r->in->failed;
    return code;
}

/* A text that must be there. */
static uint32_t read_name(reading *r)
{
    uint32_t code = add_text(r, churn__read_lenstr(r->in));
    r->in->failed |= code == CHURN__NO_CODE && !r->no_memory;
    return code;
}

static churn_time read_instant(reading *r)
{
    churn_time at = (churn_time)churn__read_u64(r->in);
    bool fits = at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX;
    r->in->failed |= !fits;
    return fits ? at : 0;
}

static double read_double(reading *r)
{
    double d = churn__read_f64(r->in);
    return isfinite(d) ? d : (double)NAN;
}

static void read_band_change(reading *r)
{
    churn_engine *engine = r->engine;
    churn__bands *bands = &engine->bands;
    churn__band_change c = {.person = churn__read_u32(r->in)};
    r->in->failed |= c.person >= r->people;
    c.score = read_name(r);
    c.from = add_text(r, churn__read_lenstr(r->in));
    c.to = add_text(r, churn__read_lenstr(r->in));
    c.name = add_text(r, churn__read_lenstr(r->in));
    c.word_before = add_text(r, churn__read_lenstr(r->in));
    c.word = add_text(r, churn__read_lenstr(r->in));
    c.cause = churn__read_u8(r->in);
    c.first = churn__read_u8(r->in);
    c.at = read_instant(r);
    c.since = read_instant(r);
    c.value_before = read_double(r);
    c.value = read_double(r);
    c.input_before = read_double(r);
    c.input = read_double(r);
    c.moved = read_double(r);
    r->in->failed |= c.cause >= CHURN__BECAUSE_FIRST || c.first > 1 || c.since > c.at;
    if (!going_on(r)) {
        return;
    }
    if (!churn__grow(engine->heap, (void **)&bands->changes, &bands->change_capacity,
                     bands->change_count + 1, sizeof c)) {
        r->no_memory = true;
        return;
    }
    c.before = engine->people[c.person].band;
    engine->people[c.person].band = (uint32_t)bands->change_count;
    bands->changes[bands->change_count++] = c;
}

static void read_ticks(reading *r)
{
    churn__bands *bands = &r->engine->bands;
    uint64_t count = read_count(r, 8);
    r->in->failed |= count >= CHURN__NONE;
    for (uint64_t i = 0; i < count && going_on(r); i++) {
        churn_time at = read_instant(r);
        r->in->failed |= i > 0 && at <= bands->ticks[i - 1];
        r->in->failed |= at > r->engine->as_of;
        if (!churn__grow(r->engine->heap, (void **)&bands->ticks, &bands->tick_capacity,
                         (size_t)i + 1, sizeof *bands->ticks)) {
            r->no_memory = true;
            return;
        }
        bands->ticks[i] = at;
        bands->tick_count = (size_t)i + 1;
    }
}

/* Index of a name, made if there is none such. */
static uint32_t name_index(reading *r, uint32_t memory, uint32_t text)
{
    uint32_t index = 0;
    r->no_memory |= !churn__bands_name(r->engine, memory, text, &index);
    return index;
}

static void read_memory(reading *r, uint32_t i)
{
    uint32_t id = read_name(r);
    uint64_t count = read_number(r->in, UINT16_MAX + UINT64_C(1));
    if (!going_on(r) || !churn__bands_memory(r->engine, id, &r->memories[i])) {
        r->no_memory |= going_on(r);
        return;
    }
    for (uint32_t k = 0; k < i; k++) {
        r->in->failed |= r->memories[k] == r->memories[i];
    }
    r->in->failed |= count == 0 || count > (r->in->size - r->in->at) / 4;
    if (!going_on(r)) {
        return;
    }
    r->names[i] = churn__alloc_array(r->engine->heap, (size_t)count, sizeof **r->names);
    r->name_counts[i] = r->names[i] ? (uint32_t)count : 0;
    r->no_memory |= !r->names[i];
    for (uint32_t n = 0; n < r->name_counts[i] && going_on(r); n++) {
        uint32_t text = read_name(r);
        if (going_on(r)) {
            r->names[i][n] = name_index(r, r->memories[i], text);
        }
    }
}

static void read_memories(reading *r)
{
    uint32_t count = churn__read_u32(r->in);
    r->in->failed |= count > (r->in->size - r->in->at) / 5;
    if (!going_on(r)) {
        return;
    }
    churn__heap *heap = r->engine->heap;
    r->memories = churn__alloc_array_zero(heap, count, sizeof *r->memories);
    r->names = churn__alloc_array_zero(heap, count, sizeof *r->names);
    r->name_counts = churn__alloc_array_zero(heap, count, sizeof *r->name_counts);
    r->memory_count = count;
    r->no_memory |= !r->memories || !r->names || !r->name_counts;
    for (uint32_t i = 0; i < count && going_on(r); i++) {
        read_memory(r, i);
    }
}

/* The id is greater than the one before, and there are no two ways to write it. */
static void read_id(reading *r)
{
    size_t same = (size_t)read_number(r->in, r->id.size + 1);
    size_t rest = (size_t)read_number(r->in, r->in->size);
    if (!going_on(r) || rest == 0 || rest > r->in->size - r->in->at) {
        r->in->failed |= !r->no_memory;
        return;
    }
    const uint8_t *bytes = r->in->data + r->in->at;
    r->in->failed |= same < r->id.size && bytes[0] <= (uint8_t)r->id.data[same];
    r->id.size = same;
    churn__buf_bytes(&r->id, bytes, rest);
    r->in->at += rest;
    r->no_memory |= r->id.failed;
    if (going_on(r)) {
        churn_str id = churn__buf_view(&r->id);
        r->in->failed |= churn__utf8_fault(id.ptr, id.len) != SIZE_MAX;
    }
}

static churn__band_cell read_cell(reading *r, uint32_t i)
{
    churn__band_cell cell = {.band = 0};
    uint64_t code = read_number(r->in, 4 * (uint64_t)r->name_counts[i] + 1);
    if (r->in->failed || code == 0) {
        return cell;
    }
    code--;
    cell.since = (uint32_t)read_number(r->in, r->engine->bands.tick_count);
    cell.band = (uint16_t)(r->names[i][code / 4] + 1);
    cell.unknown = (uint8_t)(code / 2 % 2);
    cell.first = (uint8_t)(code % 2);
    return cell;
}

/* Somebody whom the store does not have becomes one of the engine's people. */
static void wait_for(reading *r, uint32_t memory, churn__band_cell cell)
{
    churn_engine *engine = r->engine;
    churn__bands *bands = &engine->bands;
    uint32_t known = churn__dict_count(engine->ids);
    uint32_t person = churn__dict_add(engine->ids, churn__buf_view(&r->id));
    if (person == CHURN__NO_CODE ||
        !churn__grow(engine->heap, (void **)&engine->people, &engine->people_capacity,
                     (size_t)person + 1, sizeof *engine->people) ||
        !churn__grow(engine->heap, (void **)&bands->waiting, &bands->waiting_capacity,
                     bands->waiting_count + 1, sizeof *bands->waiting)) {
        r->no_memory = true;
        return;
    }
    if (person >= known) {
        engine->people[person] = CHURN__NOBODY;
    }
    bands->waiting[bands->waiting_count++] = (churn__band_waiting){person, memory, cell};
}

static void read_holder(reading *r)
{
    read_id(r);
    uint32_t customer = going_on(r)
                            ? churn__version_find_customer(r->version, churn__buf_view(&r->id))
                            : CHURN__NO_CODE;
    bool any = false;
    for (uint32_t i = 0; i < r->memory_count && going_on(r); i++) {
        churn__band_cell cell = read_cell(r, i);
        if (r->in->failed || cell.band == 0) {
            continue;
        }
        any = true;
        if (customer == CHURN__NO_CODE) {
            wait_for(r, r->memories[i], cell);
        } else {
            r->engine->bands.each[r->memories[i]].cells[customer] = cell;
        }
    }
    r->in->failed |= !any && !r->no_memory;
}

static void read_all(reading *r)
{
    r->engine->bands.playbook = churn__read_u64(r->in);
    uint64_t changes = read_count(r, 86);
    for (uint64_t i = 0; i < changes && going_on(r); i++) {
        read_band_change(r);
    }
    read_ticks(r);
    read_memories(r);
    r->no_memory |= going_on(r) && churn__bands_reach(r->engine, r->version, NULL) != CHURN_OK;
    uint64_t count = read_count(r, 3);
    for (uint64_t i = 0; i < count && going_on(r); i++) {
        read_holder(r);
    }
}

bool churn__bands_read(churn_engine *engine, const churn__version *version, uint32_t people,
                       churn__reading *in)
{
    reading r = {.engine = engine, .version = version, .in = in, .people = people};
    churn__buf_init(&r.id, engine->heap);
    read_all(&r);
    churn__buf_clear(&r.id);
    for (uint32_t i = 0; r.names && r.name_counts && i < r.memory_count; i++) {
        churn__free_array(engine->heap, r.names[i], r.name_counts[i], sizeof **r.names);
    }
    churn__free_array(engine->heap, r.memories, r.memory_count, sizeof *r.memories);
    churn__free_array(engine->heap, r.names, r.memory_count, sizeof *r.names);
    churn__free_array(engine->heap, r.name_counts, r.memory_count, sizeof *r.name_counts);
    return !r.no_memory;
}

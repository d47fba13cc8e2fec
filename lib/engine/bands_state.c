/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "engine/engine_internal.h"

/*
 * Held bands as bytes, behind what an engine's memory was in version 1 (save.c):
 *
 *   hash of the last evaluation's playbook
 *   changes, in the order in which they arose
 *   evaluations in which somebody entered the band he is in: their instants
 *   scores of which any band is held, by id: id, names of the bands that are, by bytes
 *   customers who are in any, by id: how many bytes of the id are those of the one before, the
 *   others, and for each score 0, or 1 + 4 * its band's name + 2 * unknown + first, and evaluation
 *
 * There is one for each customer, so that numbers are written in sevens of bits, least first. Only
 * what is referred to is written: equal states are equal bytes.
 */
#define GONE UINT32_MAX

/* ---- numbers ---- */

static void write_number(churn__buf *out, uint64_t number)
{
    while (number > 0x7f) {
        churn__buf_u8(out, (uint8_t)(number | 0x80));
        number >>= 7;
    }
    churn__buf_u8(out, (uint8_t)number);
}

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

/* ---- writing ---- */

typedef struct writing {
    const churn_engine *engine;
    const churn__version *version;
    churn__buf *out;
    uint32_t *tick_rank;   /* by evaluation: its number among those that are written; GONE */
    uint32_t *order;       /* memories that are written, by id */
    uint32_t **name_rank;  /* by memory, then name: number among those that are written; GONE */
    uint32_t order_count;
} writing;

/* Who is in the list: customers of the store and those who wait, together by id. */
typedef struct holder {
    churn_str id;
    uint32_t customer; /* GONE: waits */
    size_t waiting;    /* first of his */
} holder;

typedef struct holders {
    const writing *w;
    uint32_t next;
    size_t waiting;
} holders;

static holder waiting_holder(const writing *w, size_t at)
{
    const churn__bands *bands = &w->engine->bands;
    return (holder){churn__dict_get(w->engine->ids, bands->waiting[at].person), GONE, at};
}

/* False: there is no more. */
static bool next_holder(holders *all, holder *out)
{
    const writing *w = all->w;
    const churn__bands *bands = &w->engine->bands;
    bool customer = all->next < churn__version_listed(w->version);
    bool waits = all->waiting < bands->waiting_count;
    if (customer) {
        uint32_t number = churn__version_order(w->version)[all->next];
        *out = (holder){churn__version_customer_id(w->version, number), number, 0};
    }
    if (waits) {
        holder other = waiting_holder(w, all->waiting);
        if (!customer || churn__str_cmp(other.id, out->id) < 0) {
            *out = other;
            uint32_t person = bands->waiting[all->waiting].person;
            while (all->waiting < bands->waiting_count &&
                   bands->waiting[all->waiting].person == person) {
                all->waiting++;
            }
            return true;
        }
    }
    all->next += customer;
    return customer;
}

static churn__band_cell cell_of(const writing *w, const holder *one, uint32_t memory)
{
    const churn__bands *bands = &w->engine->bands;
    if (one->customer != GONE) {
        return churn__bands_cell(&bands->each[memory], one->customer);
    }
    uint32_t person = bands->waiting[one->waiting].person;
    for (size_t i = one->waiting;
         i < bands->waiting_count && bands->waiting[i].person == person; i++) {
        if (bands->waiting[i].memory == memory) {
            return bands->waiting[i].cell;
        }
    }
    return (churn__band_cell){.band = 0};
}

static bool open_ranks(writing *w)
{
    const churn__bands *bands = &w->engine->bands;
    churn__heap *heap = w->engine->heap;
    w->tick_rank = churn__alloc_array(heap, bands->tick_count, sizeof *w->tick_rank);
    w->order = churn__alloc_array(heap, bands->count, sizeof *w->order);
    w->name_rank = churn__alloc_array_zero(heap, bands->count, sizeof *w->name_rank);
    bool good = w->tick_rank && w->order && w->name_rank;
    for (size_t i = 0; good && i < bands->count; i++) {
        size_t names = bands->each[i].name_count;
        w->name_rank[i] = churn__alloc_array(heap, names, sizeof **w->name_rank);
        good = w->name_rank[i] != NULL;
        for (size_t n = 0; good && n < names; n++) {
            w->name_rank[i][n] = GONE;
        }
    }
    for (size_t i = 0; good && i < bands->tick_count; i++) {
        w->tick_rank[i] = GONE;
    }
    return good;
}

static void close_ranks(writing *w)
{
    const churn__bands *bands = &w->engine->bands;
    churn__heap *heap = w->engine->heap;
    for (size_t i = 0; w->name_rank && i < bands->count; i++) {
        churn__free_array(heap, w->name_rank[i], bands->each[i].name_count, sizeof **w->name_rank);
    }
    churn__free_array(heap, w->name_rank, bands->count, sizeof *w->name_rank);
    churn__free_array(heap, w->order, bands->count, sizeof *w->order);
    churn__free_array(heap, w->tick_rank, bands->tick_count, sizeof *w->tick_rank);
}

/* What is referred to has rank 0 for now. */
static void mark_used(writing *w, uint64_t *customers)
{
    holders all = {.w = w};
    holder one;
    while (next_holder(&all, &one)) {
        bool any = false;
        for (uint32_t m = 0; m < w->engine->bands.count; m++) {
            churn__band_cell cell = cell_of(w, &one, m);
            if (cell.band) {
                w->tick_rank[cell.since] = 0;
                w->name_rank[m][cell.band - 1] = 0;
                any = true;
            }
        }
        *customers += any;
    }
}

static bool any_name(const writing *w, uint32_t memory)
{
    for (size_t n = 0; n < w->engine->bands.each[memory].name_count; n++) {
        if (w->name_rank[memory][n] != GONE) {
            return true;
        }
    }
    return false;
}

static churn_str memory_id(const writing *w, uint32_t memory)
{
    return churn__engine_text(w->engine, w->engine->bands.each[memory].id);
}

/* Few: by insertion. */
static void order_memories(writing *w)
{
    for (uint32_t m = 0; m < w->engine->bands.count; m++) {
        uint32_t at = w->order_count;
        if (!any_name(w, m)) {
            continue;
        }
        for (; at > 0 && churn__str_cmp(memory_id(w, m), memory_id(w, w->order[at - 1])) < 0;
             at--) {
            w->order[at] = w->order[at - 1];
        }
        w->order[at] = m;
        w->order_count++;
    }
}

static void write_ticks(writing *w)
{
    const churn__bands *bands = &w->engine->bands;
    uint64_t count = 0;
    for (size_t i = 0; i < bands->tick_count; i++) {
        w->tick_rank[i] = w->tick_rank[i] == GONE ? GONE : (uint32_t)count++;
    }
    churn__buf_u64(w->out, count);
    for (size_t i = 0; i < bands->tick_count; i++) {
        if (w->tick_rank[i] != GONE) {
            churn__buf_u64(w->out, (uint64_t)bands->ticks[i]);
        }
    }
}

static churn_str name_text(const writing *w, uint32_t memory, size_t name)
{
    return churn__engine_text(w->engine, w->engine->bands.each[memory].names[name]);
}

/* The least name by bytes that is used and greater than another one; name_count: there is none. */
static size_t next_name(const writing *w, uint32_t memory, churn_str after)
{
    size_t names = w->engine->bands.each[memory].name_count, best = names;
    for (size_t n = 0; n < names; n++) {
        churn_str name = name_text(w, memory, n);
        bool later = w->name_rank[memory][n] != GONE &&
                     (!after.ptr || churn__str_cmp(name, after) > 0);
        if (later && (best == names || churn__str_cmp(name, name_text(w, memory, best)) < 0)) {
            best = n;
        }
    }
    return best;
}

static void write_memory(writing *w, uint32_t memory)
{
    size_t names = w->engine->bands.each[memory].name_count;
    uint32_t count = 0;
    for (size_t n = 0; n < names; n++) {
        count += w->name_rank[memory][n] != GONE;
    }
    churn__buf_lenstr(w->out, memory_id(w, memory));
    write_number(w->out, count);
    churn_str last = {NULL, 0};
    for (uint32_t rank = 0; rank < count; rank++) {
        size_t name = next_name(w, memory, last);
        last = name_text(w, memory, name);
        w->name_rank[memory][name] = rank;
        churn__buf_lenstr(w->out, last);
    }
}

static size_t common(churn_str a, churn_str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n]) {
        n++;
    }
    return n;
}

static bool holds_any(const writing *w, const holder *one)
{
    for (uint32_t i = 0; i < w->order_count; i++) {
        if (cell_of(w, one, w->order[i]).band) {
            return true;
        }
    }
    return false;
}

static void write_holders(writing *w, uint64_t count)
{
    holders all = {.w = w};
    holder one;
    churn_str last = {"", 0};
    churn__buf_u64(w->out, count);
    while (next_holder(&all, &one)) {
        if (!holds_any(w, &one)) {
            continue;
        }
        size_t same = common(last, one.id);
        write_number(w->out, same);
        write_number(w->out, one.id.len - same);
        churn__buf_bytes(w->out, one.id.ptr + same, one.id.len - same);
        last = one.id;
        for (uint32_t i = 0; i < w->order_count; i++) {
            churn__band_cell cell = cell_of(w, &one, w->order[i]);
            if (cell.band == 0) {
                write_number(w->out, 0);
                continue;
            }
            uint64_t name = w->name_rank[w->order[i]][cell.band - 1];
            write_number(w->out, 1 + 4 * name + 2u * cell.unknown + cell.first);
            write_number(w->out, w->tick_rank[cell.since]);
        }
    }
}

static void write_band_change(const writing *w, const uint32_t *rank, const churn__band_change *c)
{
    const uint32_t texts[] = {c->score, c->from, c->to, c->name, c->word_before, c->word};
    const double numbers[] = {c->value_before, c->value, c->input_before, c->input, c->moved};
    churn__buf_u32(w->out, rank[c->person]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        churn__buf_lenstr(w->out, churn__engine_text(w->engine, texts[i]));
    }
    churn__buf_u8(w->out, c->cause);
    churn__buf_u8(w->out, c->first);
    churn__buf_u64(w->out, (uint64_t)c->at);
    churn__buf_u64(w->out, (uint64_t)c->since);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        churn__buf_f64(w->out, numbers[i]);
    }
}

bool churn__bands_write(churn_engine *engine, const churn__version *version, const uint32_t *rank,
                        churn__buf *out)
{
    writing w = {.engine = engine, .version = version, .out = out};
    const churn__bands *bands = &engine->bands;
    bool good = open_ranks(&w);
    if (good) {
        uint64_t customers = 0;
        churn__buf_u64(out, bands->playbook);
        churn__buf_u64(out, bands->change_count);
        for (size_t i = 0; i < bands->change_count; i++) {
            write_band_change(&w, rank, &bands->changes[i]);
        }
        mark_used(&w, &customers);
        order_memories(&w);
        write_ticks(&w);
        churn__buf_u32(out, w.order_count);
        for (uint32_t i = 0; i < w.order_count; i++) {
            write_memory(&w, w.order[i]);
        }
        write_holders(&w, customers);
    }
    close_ranks(&w);
    return good;
}

/* ---- reading ---- */

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
    uint32_t customer = going_on(r) ? churn__version_find_customer(r->version,
                                                                   churn__buf_view(&r->id))
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
    uint64_t holders = read_count(r, 3);
    for (uint64_t i = 0; i < holders && going_on(r); i++) {
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

/* SPDX-License-Identifier: MIT */
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

/* ---- writing ---- */

typedef struct writing {
    const churn_engine *engine;
    const churn__version *version;
    churn__buf *out;
    uint32_t *tick_rank;  /* by evaluation: its number among those that are written; GONE */
    uint32_t *order;      /* memories that are written, by id */
    uint32_t **name_rank; /* by memory, then name: number among those that are written; GONE */
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
    for (size_t i = one->waiting; i < bands->waiting_count && bands->waiting[i].person == person;
         i++) {
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
        bool later =
            w->name_rank[memory][n] != GONE && (!after.ptr || churn__str_cmp(name, after) > 0);
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

/* SPDX-License-Identifier: MIT */
#include "store/stage.h"

/*
 * Versions, and dated states, that say what the one before them says: which of them are left out of
 * a block, and which come back. See beats.h.
 */

/* Rows in a row that say the same and cannot be told from each other: from here on they are left
 * out all the same. */
#define ECHOES_MANY 16

static uint32_t epoch_of(const row_head *row)
{
    return row->origin & TAG_EPOCH;
}

static void set_epoch(row_head *row, uint32_t epoch)
{
    row->origin = (row->origin & ~TAG_EPOCH) | epoch;
}

static bool is_new(const row_head *row)
{
    return (row->flags & ROW_NEW) != 0;
}

static bool is_end(const row_head *row)
{
    return (row->flags & ROW_END) != 0;
}

static uint32_t source_of(const row_head *row)
{
    return row->origin >> TAG_SOURCE_SHIFT;
}

/* What a version of a record says; and a state of an attribute, whenever it begins. */
static bool says_same(const resolver *r, const row_head *a, const row_head *b)
{
    return !is_end(a) && !is_end(b) && churn__store_same_content(r->kind, a, b);
}

static bool same_value(const row_head *a, const row_head *b)
{
    return a->id == b->id && memcmp(a + 1, b + 1, sizeof(attribute_row) - sizeof *a) == 0;
}

/* ---- coming back ---- */

/* The row that was left out before `last` comes back at an instant, unless it has already. `dated`:
 * as a state from then on, which was known at once. */
static void show(resolver *r, const row_head *last, churn_time at, bool dated, uint32_t epoch)
{
    size_t size = r->kind->row_size;
    if (at == CHURN_TIME_NONE || r->shown_count == r->shown_most) {
        return;
    }
    for (size_t i = r->shown_count; i-- > 0;) {
        const row_head *other = (const void *)(r->shown + i * size);
        bool same = churn__store_key_cmp(r->kind, other, last) == 0 && other->known == at;
        bool same_state = other->id == last->id && other->when == at;
        if (dated ? same_state : same) {
            return;
        }
    }
    row_head *row = (void *)(r->shown + r->shown_count++ * size);
    memcpy(row, last, size);
    row->known = at;
    row->until = dated ? FOREVER : at;
    row->when = dated ? at : row->when;
    set_epoch(row, epoch);
}

/* What was said just before and just after a new row, between two old ones; and the state at its
 * very instant. */
static void show_beside(resolver *r, const beats *b, const row_head *first, const row_head *last,
                        churn_time at, bool dated)
{
    churn_time from = dated ? first->when : first->known, to = dated ? last->when : last->known;
    uint32_t epoch = epoch_of(last);
    if (at < from || at > to) {
        return;
    }
    show(r, last, churn__beats_last(b, from, at, epoch), dated, epoch);
    show(r, last, churn__beats_first(b, at, to, epoch), dated, 0);
    uint32_t own = dated && from < at && at < to ? churn__beats_number(b, at) : 0;
    if (own != 0 && own <= epoch) {
        show(r, last, at, dated, 0);
    }
}

/* Old rows of a key [begin, middle), new ones [middle, end). */
static void show_versions(resolver *r, size_t begin, size_t middle, size_t end)
{
    for (size_t i = begin + 1; i < middle; i++) {
        const row_head *first = r->refs[i - 1], *last = r->refs[i];
        for (size_t j = middle; j < end && epoch_of(last) != 0; j++) {
            const row_head *row = r->refs[j];
            if (!says_same(r, last, row)) {
                show_beside(r, r->said, first, last, row->known, false);
            }
        }
    }
}

/* It only says again what holds, and is left out like those that are. */
static bool confirms(const resolver *r, const row_head *first, const row_head *last,
                     const row_head *row)
{
    bool between = first->when < row->when && row->when < last->when;
    return between && !is_end(row) && row->known == row->when && same_value(last, row) &&
           source_of(last) == r->source;
}

/* What stands before a row with nothing left out in between may go: what then lies between is not
 * meant by that row's number. */
static void unnote(const resolver *r, const row_head *first, row_head *last)
{
    if (churn__beats_count(r->dated, first->when, last->when, epoch_of(last)) == 0) {
        set_epoch(last, 0);
    }
}

/* References [begin, end) are states of one attribute. */
static void show_states(resolver *r, size_t begin, size_t end)
{
    const row_head *first = NULL;
    for (size_t i = begin; i < end; i++) {
        row_head *last = r->refs[i];
        bool begins = !is_new(last) && (first == NULL || last->when != first->when);
        if (!begins) {
            continue;
        }
        bool meant = first != NULL && epoch_of(last) != 0, away = false;
        for (size_t j = begin; j < end && meant; j++) {
            const row_head *row = r->refs[j];
            if (is_new(row) && !confirms(r, first, last, row)) {
                show_beside(r, r->dated, first, last, row->when, true);
                away = away || row->when == last->when;
                if (row->when == first->when) {
                    unnote(r, first, last);
                }
            }
        }
        if (away) {
            set_epoch(last, 0);
        }
        first = last;
    }
}

static void show_group(resolver *r, size_t begin, size_t end)
{
    size_t middle = begin;
    while (middle < end && !is_new(r->refs[middle])) {
        middle++;
    }
    if (middle > begin + 1 && middle < end) {
        show_versions(r, begin, middle, end);
    }
}

size_t churn__store_echoes_show(resolver *r, size_t n)
{
    size_t size = r->kind->row_size;
    if (r->shown_most == 0) {
        return n;
    }
    for (size_t begin = 0, end = 0; begin < n && r->said != NULL; begin = end) {
        while (end < n && churn__store_key_cmp(r->kind, r->refs[begin], r->refs[end]) == 0) {
            end++;
        }
        show_group(r, begin, end);
    }
    for (size_t begin = 0, end = 0; begin < n && r->dated != NULL; begin = end) {
        const row_head *first = r->refs[begin];
        while (end < n && ((const row_head *)r->refs[end])->id == first->id) {
            end++;
        }
        show_states(r, begin, end);
    }
    for (size_t i = 0; i < r->shown_count; i++) {
        r->refs[n + i] = r->shown + i * size;
    }
    return n + r->shown_count;
}

/* ---- being left out ---- */

/* `row`, between two others, is left out if it can be told from the beats. */
static bool fold(beats *b, churn_time from, churn_time at, churn_time to, const row_head *row,
                 row_head *last)
{
    uint32_t before = epoch_of(row), after = epoch_of(last);
    uint32_t number = churn__beats_number(b, at);
    bool fresh = number == 0;
    number = fresh ? (b->list == NULL ? 0 : b->list->count) + 1 : number;
    uint32_t epoch = before > after ? before : after;
    epoch = number > epoch ? number : epoch;
    uint32_t meant =
        churn__beats_count(b, from, at, before) + 1 + churn__beats_count(b, at, to, after);
    uint32_t all = churn__beats_count(b, from, to, epoch) + fresh;
    if (meant != all || churn__beats_add(b, at) == 0) {
        return false;
    }
    set_epoch(last, epoch);
    return true;
}

/* New rows came between what an old one was noted with and that one. */
static void inherit(row_head *row, const row_head *next)
{
    if (is_new(row) && epoch_of(row) == 0) {
        set_epoch(row, epoch_of(next));
    }
}

void churn__store_echoes_fold(resolver *r, row_head **rows, size_t count)
{
    size_t many = 0;
    if (r->said == NULL || count < 3) {
        return;
    }
    for (size_t i = count - 1; i-- > 0;) {
        if (says_same(r, rows[i], rows[i + 1])) {
            inherit(rows[i], rows[i + 1]);
        }
    }
    const row_head *first = rows[0];
    for (size_t i = 1; i + 1 < count; i++) {
        row_head *row = rows[i], *last = rows[i + 1];
        bool same = says_same(r, first, row) && says_same(r, row, last);
        if (same && row_is_echo(row) &&
            (fold(r->said, first->known, row->known, last->known, row, last) ||
             many >= ECHOES_MANY)) {
            row->flags |= ROW_GONE;
            continue;
        }
        many = same ? many + 1 : 0;
        first = row;
    }
}

/* ---- states ---- */

static bool is_gone(const row_head *row)
{
    return (row->flags & ROW_GONE) != 0;
}

/* Rows of an attribute's states that have but one version each, and NULL between what is apart. */
static size_t list_states(const resolver *r, size_t n, row_head **list)
{
    size_t count = 0;
    const row_head *key = NULL;
    for (size_t i = 0; i < n; i++) {
        row_head *row = r->refs[i];
        if (is_gone(row)) {
            continue;
        }
        bool same = key != NULL && churn__store_key_cmp(r->kind, key, row) == 0;
        if (same) {
            list[count - 1] = NULL;
            continue;
        }
        list[count++] = row->until == FOREVER ? row : NULL;
        key = row;
    }
    return count;
}

/* Rows of states that have but one version each, or NULL. */
static bool is_between(const row_head *a, const row_head *row, const row_head *last)
{
    return a != NULL && row != NULL && last != NULL && same_value(a, row) &&
           same_value(row, last) && a->known <= row->known && row->known == row->when;
}

/* The nearest row before or after row i that is no echo; NULL: none. */
static const row_head *neighbour(const kind_info *kind, const char *rows, size_t i, size_t n,
                                 int step)
{
    for (size_t at = i + (size_t)step; at < n; at += (size_t)step) {
        const row_head *row = (const void *)(rows + at * kind->row_size);
        if (!row_is_echo(row)) {
            return row;
        }
    }
    return NULL;
}

bool churn__store_is_record(const kind_info *kind, const void *rows, size_t i, size_t n)
{
    const row_head *row = (const void *)((const char *)rows + i * kind->row_size);
    if (row_is_echo(row) || kind->record != CHURN_RECORD_ATTRIBUTE || row->until != FOREVER) {
        return !row_is_echo(row);
    }
    const row_head *a = neighbour(kind, rows, i, n, -1), *c = neighbour(kind, rows, i, n, 1);
    bool between = is_between(a, row, c) && a->until == FOREVER && c->until == FOREVER &&
                   a->when < row->when && row->when < c->when;
    return !between;
}

uint64_t churn__store_records(const kind_info *kind, const void *rows, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += churn__store_is_record(kind, rows, i, n);
    }
    return count;
}

churn_time churn__store_left_out(const beat_list *dated, const row_head *first,
                                 const row_head *last, churn_time at)
{
    const beats b = {.list = dated};
    if (first->id != last->id || epoch_of(last) == 0) {
        return CHURN_TIME_NONE;
    }
    return churn__beats_first(&b, at > first->when ? at : first->when, last->when, epoch_of(last));
}

uint64_t churn__store_event_records(const event_columns *cells, size_t begin, size_t end)
{
    uint64_t count = end - begin;
    for (size_t i = begin; cells->until != NULL && i < end; i++) {
        churn_time known = cells->known == NULL ? cells->at[i] : cells->known[i];
        count -= cells->until[i] == known;
    }
    return count;
}

void churn__store_echoes_fold_states(resolver *r, size_t n)
{
    row_head **list = (row_head **)r->chain;
    size_t many = 0, count = r->dated == NULL ? 0 : list_states(r, n, list);
    for (size_t i = count; i-- > 1;) {
        const row_head *row = list[i - 1], *last = list[i];
        bool same = row != NULL && last != NULL && same_value(row, last);
        if (same && row->known == row->when) {
            inherit(list[i - 1], list[i]);
        }
    }
    for (size_t i = 1, first = 0; i + 1 < count; i++) {
        row_head *a = list[first], *row = list[i], *last = list[i + 1];
        /* What is left out is taken to come from where `last` does. */
        bool same = is_between(a, row, last) && source_of(row) == source_of(last);
        if (same &&
            (fold(r->dated, a->when, row->when, last->when, row, last) || many >= ECHOES_MANY)) {
            row->flags |= ROW_GONE;
            continue;
        }
        many = same ? many + 1 : 0;
        first = i;
    }
}

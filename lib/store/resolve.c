/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/stage.h"

/*
 * A record is a chain of versions by known_at. Rows that came at once with the same key and
 * known_at: the last wins. A row without known_at that says something else replaces the whole chain
 * that was there before; a row with one is a version from then on.
 *
 * An end is a version as well, the one that says that there is no such record. In a chain it is a
 * row of its own; in a block it is where `until` of a row comes before `known` of the next.
 *
 * A version that says what the one before it says is an echo: no news, but it counts as soon as one
 * that says otherwise comes between the two. So what holds when does not depend on the order in
 * which versions came.
 */

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int cmp_text(const churn__dict_view *texts, uint32_t a, uint32_t b)
{
    if (a == b || a == CHURN__NO_CODE || b == CHURN__NO_CODE) {
        return a == b ? 0 : a == CHURN__NO_CODE ? -1 : 1;
    }
    return churn__str_cmp(churn__dict_view_get(texts, a), churn__dict_view_get(texts, b));
}

/* By key; then, unless rows count in order of arrival, by known_at. Old rows come first among
 * equals because the sort is stable. */
static int cmp_chain(const void *a, const void *b, const void *context)
{
    const resolver *r = context;
    const row_head *x = *(void *const *)a, *y = *(void *const *)b;
    int by_key = churn__store_key_cmp(r->kind, x, y);
    if (by_key != 0) {
        return by_key;
    }
    int by_age = cmp_i64(x->flags & ROW_NEW, y->flags & ROW_NEW);
    bool arrival = r->tally->in_sequence && (x->flags & y->flags & ROW_NEW) != 0;
    return by_age != 0 ? by_age : arrival ? 0 : cmp_i64(x->known, y->known);
}

/* The order in which readers give rows of a kind out. */
static int cmp_reading(const void *a, const void *b, const void *context)
{
    const resolver *r = context;
    const row_head *x = *(void *const *)a, *y = *(void *const *)b;
    int by_when = cmp_i64(x->when, y->when), by = 0;
    switch (r->kind->record) {
    case CHURN_RECORD_SUBSCRIPTION:
    case CHURN_RECORD_CONTACT:
    case CHURN_RECORD_RATE:
    case CHURN_RECORD_OVERRIDE:
    case CHURN_RECORD_MEASURE:
        by = cmp_text(r->order.ids, x->id, y->id);
        by = by != 0 ? by : by_when;
        break;
    case CHURN_RECORD_ATTRIBUTE: /* looked up by code */
        by = x->id != y->id ? (x->id < y->id ? -1 : 1) : by_when;
        break;
    case CHURN_RECORD_SURVEY: {
        const survey_row *s = *(void *const *)a, *t = *(void *const *)b;
        by = by_when != 0 ? by_when : cmp_i64(s->data.kind, t->data.kind);
        by = by != 0 ? by : cmp_text(r->order.texts, s->data.user, t->data.user);
        by = by != 0 ? by : cmp_text(r->order.ids, x->id, y->id);
        break;
    }
    case CHURN_RECORD_CHURN: {
        const churn_row *s = *(void *const *)a, *t = *(void *const *)b;
        by = by_when != 0 ? by_when : cmp_i64(s->data.kind, t->data.kind);
        break;
    }
    case CHURN_RECORD_SPEND: {
        const spend_row *s = *(void *const *)a, *t = *(void *const *)b;
        by = by_when != 0 ? by_when : cmp_text(r->order.ids, x->id, y->id);
        by = by != 0 ? by : cmp_text(r->order.texts, s->data.channel, t->data.channel);
        by = by != 0 ? by : cmp_text(r->order.texts, s->data.currency, t->data.currency);
        break;
    }
    case CHURN_RECORD_CUSTOMER:
        break;
    default:
        by = by_when != 0 ? by_when : cmp_text(r->order.ids, x->id, y->id);
        break;
    }
    return by != 0 ? by : cmp_i64(x->known, y->known);
}

void churn__store_rows_reorder(uint32_t kind, event_order order, char *rows, size_t count)
{
    const resolver r = {.kind = &churn__store_kinds[kind], .order = order};
    size_t size = r.kind->row_size;
    char moved[ROW_MAX];
    for (size_t i = 1; i < count; i++) {
        const void *one = moved;
        size_t at = i;
        memcpy(moved, rows + i * size, size);
        for (; at > 0; at--) {
            const void *before = rows + (at - 1) * size;
            if (cmp_reading(&before, &one, &r) <= 0) {
                break;
            }
            memcpy(rows + at * size, before, size);
        }
        memcpy(rows + at * size, moved, size);
    }
}

static bool is_gone(const row_head *row)
{
    return (row->flags & ROW_GONE) != 0;
}

static bool is_end(const row_head *row)
{
    return (row->flags & ROW_END) != 0;
}

static bool same_row(const resolver *r, const row_head *a, const row_head *b)
{
    return !is_end(a) && !is_end(b) && churn__store_same_content(r->kind, a, b);
}

/* Rows of one key while they become a chain, ascending by known_at. */
typedef struct chain {
    row_head **rows;
    size_t count;
    const row_head *before; /* attributes: the state that held until this one */
} chain;

static void note(resolver *r, const row_head *row, uint32_t outcome)
{
    bool part = r->tally->by_origin != NULL && r->kind->record == CHURN_RECORD_ATTRIBUTE;
    uint32_t news = OUTCOME_ADDED | OUTCOME_UPDATED | OUTCOME_RETRACTED;
    r->changed = r->changed || (outcome & news) != 0;
    churn__store_note(r->tally, row, outcome, part);
}

/* Everything that was there before goes; what came in the same call stays. */
static void wipe(const resolver *r, chain *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        bool stays = !r->tally->in_sequence && (c->rows[i]->flags & ROW_NEW) != 0;
        if (stays) {
            c->rows[kept++] = c->rows[i];
        } else {
            c->rows[i]->flags |= ROW_GONE;
        }
    }
    c->count = kept;
}

/* From now on `origin` is the tag. */
static void keep(const resolver *r, row_head *row)
{
    row->origin = is_end(row) ? 0 : r->source << TAG_SOURCE_SHIFT;
}

static void insert(const resolver *r, chain *c, size_t at, row_head *row)
{
    memmove(c->rows + at + 1, c->rows + at, (c->count - at) * sizeof(row_head *));
    c->rows[at] = row;
    c->count++;
    keep(r, row);
}

static size_t chain_place(const chain *c, churn_time known)
{
    size_t at = c->count;
    while (at > 0 && c->rows[at - 1]->known >= known) {
        at--;
    }
    return at;
}

static bool chain_has_old(const resolver *r, const chain *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (r->tally->in_sequence || (c->rows[i]->flags & ROW_NEW) == 0) {
            return true;
        }
    }
    return false;
}

/* A dated value that says what held already is kept, because an earlier one may still come in
 * between, but it is no news. */
static bool says_the_same(const resolver *r, const chain *c, const row_head *row)
{
    return r->kind->record == CHURN_RECORD_ATTRIBUTE && c->before != NULL &&
           memcmp(row + 1, c->before + 1, r->kind->row_size - sizeof *row) == 0;
}

/* A customer without `since`: no news about one that is known. */
static bool says_nothing(const resolver *r, const row_head *row)
{
    return r->kind->record == CHURN_RECORD_CUSTOMER &&
           ((const customer_row *)(const void *)row)->since == CHURN_TIME_NONE;
}

/* No news after `before`. */
static bool is_echo_of(const resolver *r, const row_head *before, const row_head *row)
{
    return !is_end(before) && !is_end(row) && (says_nothing(r, row) || same_row(r, before, row));
}

static void drop(resolver *r, row_head *row, uint32_t outcome)
{
    row->flags |= ROW_GONE;
    note(r, row, outcome);
}

static void place_dateless(resolver *r, chain *c, row_head *row)
{
    if (chain_has_old(r, c)) {
        wipe(r, c);
        note(r, row, OUTCOME_UPDATED | OUTCOME_REWROTE);
    } else if (says_the_same(r, c, row)) {
        r->changed = true;
        note(r, row, OUTCOME_UNCHANGED);
    } else {
        note(r, row, OUTCOME_ADDED);
    }
    insert(r, c, chain_place(c, row->known), row);
}

static void place_version(resolver *r, chain *c, row_head *row)
{
    size_t at = chain_place(c, row->known);
    bool echo = at > 0 && is_echo_of(r, c->rows[at - 1], row);
    if (echo || (c->count == 0 && says_the_same(r, c, row))) {
        r->changed = true;
        note(r, row, OUTCOME_UNCHANGED);
    } else {
        note(r, row, OUTCOME_ADDED);
    }
    insert(r, c, at, row);
}

/* The row that holds when an end comes at `at`; NULL: none does. */
static row_head *ended_by(const chain *c, size_t at, churn_time known)
{
    row_head *same = at < c->count && c->rows[at]->known == known ? c->rows[at] : NULL;
    row_head *held = same != NULL ? same : at > 0 ? c->rows[at - 1] : NULL;
    return held == NULL || is_end(held) ? NULL : held;
}

/* An end without known_at: the record never was. */
static void place_end_always(resolver *r, chain *c, row_head *end)
{
    if (c->count == 0) {
        drop(r, end, OUTCOME_UNCHANGED);
        return;
    }
    end->when = c->rows[0]->when;
    wipe(r, c);
    drop(r, end, OUTCOME_RETRACTED | OUTCOME_REWROTE);
}

static void place_end(resolver *r, chain *c, row_head *end)
{
    size_t at = chain_place(c, end->known);
    row_head *held = ended_by(c, at, end->known);
    if ((end->flags & ROW_DATELESS) != 0) {
        place_end_always(r, c, end);
        return;
    }
    if (held == NULL) {
        drop(r, end, OUTCOME_UNCHANGED);
        return;
    }
    end->when = held->when;
    note(r, end, OUTCOME_RETRACTED);
    if (held->known == end->known) {
        held->flags |= ROW_GONE;
        c->rows[at] = end;
    } else {
        insert(r, c, at, end);
    }
}

static void place(resolver *r, chain *c, row_head *row)
{
    if (is_end(row)) {
        place_end(r, c, row);
        return;
    }
    bool dateless = (row->flags & ROW_DATELESS) != 0;
    size_t at = chain_place(c, row->known);
    bool same_time = at < c->count && c->rows[at]->known == row->known;
    bool said = c->count > 0 && (dateless || same_time) && says_nothing(r, row);
    if (said || (same_time && same_row(r, c->rows[at], row))) {
        drop(r, row, OUTCOME_UNCHANGED);
    } else if (dateless && (!same_time || r->tally->in_sequence)) {
        place_dateless(r, c, row);
    } else if (same_time) {
        c->rows[at]->flags |= ROW_GONE;
        c->rows[at] = row;
        note(r, row, OUTCOME_UPDATED | (dateless ? OUTCOME_REWROTE : 0));
        keep(r, row);
        if (dateless) {
            wipe(r, c);
        }
    } else {
        place_version(r, c, row);
    }
}

/* Of the rows of a key that came at once without known_at, the one that came last: rows lie in
 * memory in order of arrival. */
static const row_head *last_dateless(void *const *refs, size_t n)
{
    const row_head *last = NULL;
    for (size_t i = 0; i < n; i++) {
        const row_head *row = refs[i];
        bool dateless = (row->flags & ROW_NEW) != 0 && (row->flags & ROW_DATELESS) != 0;
        last = dateless && (last == NULL || row > last) ? row : last;
    }
    return last;
}

/* Of rows that came at once with the same known_at, or without any, only the last is placed. */
static bool overruled(const resolver *r, void *const *refs, size_t i, size_t n,
                      const row_head *last)
{
    const row_head *row = refs[i], *next = i + 1 < n ? refs[i + 1] : NULL;
    bool dateless = (row->flags & ROW_DATELESS) != 0;
    return !r->tally->in_sequence &&
           ((dateless && row != last) || (next != NULL && row->known == next->known));
}

/* A customer row without `since` beside one with it, at once: it only says that there is one. */
static void drop_sinceless(const resolver *r, chain *c)
{
    bool given = false;
    if (r->kind->record != CHURN_RECORD_CUSTOMER) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        const customer_row *row = (const void *)c->rows[i];
        if (is_end(&row->head)) {
            return;
        }
        given = given || (row->since != CHURN_TIME_NONE && (row->head.flags & ROW_DATELESS) != 0);
    }
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        customer_row *row = (void *)c->rows[i];
        if (given && row->since == CHURN_TIME_NONE && (row->head.flags & ROW_DATELESS) != 0) {
            row->head.flags |= ROW_GONE;
        } else {
            c->rows[kept++] = &row->head;
        }
    }
    c->count = kept;
}

/* At once, what has no known_at comes first: it replaces what was there, and not what came along.
 */
static void place_new(resolver *r, chain *c, void *const *refs, size_t n, bool dateless)
{
    const row_head *last = last_dateless(refs, n);
    for (size_t i = 0; i < n; i++) {
        row_head *row = refs[i];
        bool is_dateless = (row->flags & ROW_DATELESS) != 0;
        if ((row->flags & ROW_NEW) == 0 || (!r->tally->in_sequence && is_dateless != dateless)) {
            continue;
        }
        if (overruled(r, refs, i, n, last)) {
            drop(r, row, OUTCOME_CONFLICTING);
        } else {
            place(r, c, row);
        }
    }
}

/* Of the same key: `other` says nothing any more once `row` is known. */
static bool yields_to(const row_head *other, const row_head *row)
{
    return other->known == row->known || (!is_end(other) && other->when >= row->when);
}

/* The earliest instant stands: a row is news where nothing that is known by then is as early, and
 * what was learned later and is no earlier goes. */
static void place_earliest(resolver *r, chain *c, row_head *row)
{
    size_t at = 0, gone = 0;
    while (at < c->count && c->rows[at]->known <= row->known) {
        at++;
    }
    const row_head *held = at > 0 ? c->rows[at - 1] : NULL;
    if (held != NULL && !is_end(held) && held->when <= row->when) {
        drop(r, row, OUTCOME_UNCHANGED);
        return;
    }
    at -= held != NULL && held->known == row->known;
    while (at + gone < c->count && yields_to(c->rows[at + gone], row)) {
        c->rows[at + gone++]->flags |= ROW_GONE;
    }
    memmove(c->rows + at, c->rows + at + gone, (c->count - at - gone) * sizeof(row_head *));
    c->count -= gone;
    bool dateless = (row->flags & ROW_DATELESS) != 0;
    uint32_t rewrote = dateless && gone > 0 ? OUTCOME_REWROTE : 0;
    note(r, row, gone > 0 ? OUTCOME_UPDATED | rewrote : OUTCOME_ADDED);
    insert(r, c, at, row);
}

static void place_all_earliest(resolver *r, chain *c, void *const *refs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        row_head *row = refs[i];
        if ((row->flags & ROW_NEW) == 0) {
            continue;
        }
        if (is_end(row)) {
            place_end(r, c, row);
        } else {
            place_earliest(r, c, row);
        }
    }
}

/* `row` held no longer than until before `next`. */
static void note_end(resolver *r, chain *c, const row_head *row, churn_time next)
{
    if (row != NULL && row->until < next) {
        row_head *end = &r->ends[r->end_count++];
        *end = (row_head){.when = row->when, .known = row->until, .flags = ROW_END};
        c->rows[c->count++] = end;
    }
}

/* What there was, with an end wherever a row held no longer than until then. */
static void begin_chain(resolver *r, chain *c, void *const *refs, size_t n)
{
    const row_head *held = NULL;
    c->rows = (row_head **)r->chain;
    c->count = 0;
    for (size_t i = 0; i < n; i++) {
        row_head *row = refs[i];
        if ((row->flags & ROW_NEW) != 0) {
            break; /* old ones come first */
        }
        if (!row_is_echo(row)) {
            note_end(r, c, held, row->known);
            held = row;
        }
        c->rows[c->count++] = row;
    }
    note_end(r, c, held, FOREVER);
}

/* From when to when each row of the chain holds. */
static void end_chain(resolver *r, chain *c)
{
    row_head *held = NULL;
    for (size_t i = 0; i < c->count; i++) {
        row_head *row = c->rows[i];
        if (held != NULL && is_echo_of(r, held, row)) {
            row->until = row->known;
            continue;
        }
        if (held != NULL) {
            held->until = row->known;
        }
        row->until = FOREVER;
        row->flags |= is_end(row) ? ROW_GONE : 0;
        held = is_end(row) ? NULL : row;
    }
    churn__store_echoes_fold(r, c->rows, c->count);
}

static void resolve_key(resolver *r, chain *c, void *const *refs, size_t n)
{
    begin_chain(r, c, refs, n);
    if (r->kind->earliest) {
        place_all_earliest(r, c, refs, n);
    } else {
        place_new(r, c, refs, n, true);
    }
    if (!r->kind->earliest && !r->tally->in_sequence) {
        place_new(r, c, refs, n, false);
    }
    drop_sinceless(r, c);
    end_chain(r, c);
}

static void resolve_keys(resolver *r, size_t n)
{
    chain c = {.before = NULL};
    r->end_count = 0;
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        const row_head *first = r->refs[begin];
        if (c.before != NULL && c.before->id != first->id) {
            c.before = NULL;
        }
        while (end < n && churn__store_key_cmp(r->kind, first, r->refs[end]) == 0) {
            end++;
        }
        resolve_key(r, &c, r->refs + begin, end - begin);
        bool holds = c.count > 0 && !is_end(c.rows[c.count - 1]);
        c.before = holds ? c.rows[c.count - 1] : c.before;
    }
}

static bool make_room(resolver *r, size_t n)
{
    size_t old = r->ref_capacity;
    bool ok = churn__grow(r->heap, (void **)&r->rows, &r->capacity, 2 * n, r->kind->row_size);
    if (!ok || n <= r->ref_capacity) {
        return ok;
    }
    churn__free_array(r->heap, r->refs, old, sizeof *r->refs);
    churn__free_array(r->heap, r->chain, 2 * old, sizeof *r->chain);
    churn__free_array(r->heap, r->ends, old, sizeof *r->ends);
    r->ref_capacity = n * 2;
    r->refs = churn__alloc_array(r->heap, r->ref_capacity, sizeof *r->refs);
    r->chain = churn__alloc_array(r->heap, 2 * r->ref_capacity, sizeof *r->chain);
    r->ends = churn__alloc_array(r->heap, r->ref_capacity, sizeof *r->ends);
    return r->refs != NULL && r->chain != NULL && r->ends != NULL;
}

/* What stays, in reading order, from the second half of the memory to the first. */
static bool collect(resolver *r, size_t n)
{
    size_t kept = 0, size = r->kind->row_size;
    for (size_t i = 0; i < n; i++) {
        if (!is_gone(r->refs[i])) {
            r->refs[kept++] = r->refs[i];
        }
    }
    if (!churn__sort(r->heap, r->refs, kept, sizeof *r->refs, cmp_reading, r)) {
        return false;
    }
    for (size_t i = 0; i < kept; i++) {
        row_head *row = r->refs[i];
        row->flags &= ROW_UNDATED;
        memcpy(r->rows + i * size, row, size);
    }
    r->count = kept;
    return true;
}

static bool any_epoch(const kind_info *kind, const char *rows, size_t count)
{
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++) {
        const row_head *row = (const void *)(rows + i * kind->row_size);
        all |= row->origin & TAG_EPOCH;
    }
    return all != 0;
}

bool churn__store_resolve(resolver *r, const void *old_rows, size_t old_count, const void *new_rows,
                          size_t new_count)
{
    size_t n = old_count + new_count, size = r->kind->row_size;
    size_t most = any_epoch(r->kind, old_rows, old_count) ? ECHOES_SHOWN * new_count : 0;
    r->changed = false;
    r->count = 0;
    if (n == 0) {
        return true;
    }
    if (!make_room(r, n + most)) {
        return false;
    }
    char *work = r->rows + (n + most) * size;
    r->shown = work + n * size;
    r->shown_count = 0;
    r->shown_most = most;
    if (old_count > 0) {
        memcpy(work, old_rows, old_count * size);
    }
    if (new_count > 0) {
        memcpy(work + old_count * size, new_rows, new_count * size);
    }
    for (size_t i = 0; i < n; i++) {
        row_head *row = (void *)(work + i * size);
        row->flags = i < old_count ? row->flags & ~ROW_NEW : row->flags | ROW_NEW;
        r->refs[i] = row;
    }
    if (!churn__sort(r->heap, r->refs, n, sizeof *r->refs, cmp_chain, r)) {
        return false;
    }
    size_t all = churn__store_echoes_show(r, n);
    if (all > n && !churn__sort(r->heap, r->refs, all, sizeof *r->refs, cmp_chain, r)) {
        return false;
    }
    n = all;
    resolve_keys(r, n);
    churn__store_echoes_fold_states(r, n);
    if (!collect(r, n)) {
        return false;
    }
    bool same =
        r->count == old_count && old_count > 0 && memcmp(r->rows, old_rows, old_count * size) == 0;
    r->changed = r->changed && !same;
    return true;
}

void churn__store_resolver_clear(resolver *r)
{
    if (r->kind != NULL) {
        churn__free_array(r->heap, r->rows, r->capacity, r->kind->row_size);
    }
    churn__free_array(r->heap, r->refs, r->ref_capacity, sizeof *r->refs);
    churn__free_array(r->heap, r->chain, 2 * r->ref_capacity, sizeof *r->chain);
    churn__free_array(r->heap, r->ends, r->ref_capacity, sizeof *r->ends);
    *r = (resolver){0};
}

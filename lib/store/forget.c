/* SPDX-License-Identifier: MIT */
#include <churn/erase.h>

#include <math.h>

#include "store/edit.h"

/*
 * Retention. What happened before an instant goes once it is over; of what holds since before it,
 * the state that reached it stays, so that everything from then on is answered as it was.
 */

static bool is_past(churn_time at, churn_time before)
{
    return at != CHURN_TIME_NONE && at < before;
}

/* Learned, or learned otherwise, no later than the instant: from then on it says nothing. */
static bool is_overruled(const row_head *row, churn_time before)
{
    return row->until <= before;
}

static bool ticket_is_over(const ticket_row *row, churn_time before)
{
    const churn__ticket *t = &row->data;
    bool again = t->reopened_at != CHURN_TIME_NONE && t->reopened_at >= t->closed_at;
    return is_past(t->closed_at, before) && !again;
}

static bool invoice_is_over(const invoice_row *row, churn_time before)
{
    const churn__invoice *i = &row->data;
    bool open = i->refunded_at != CHURN_TIME_NONE && !is_past(i->refunded_at, before);
    return is_past(i->paid_at, before) && !open;
}

/* A state of the same record has taken over by then, and is known. */
static bool has_successor(const edit *e, const kind_info *info, const char *rows, size_t count,
                          const row_head *row)
{
    for (size_t i = 0; i < count; i++) {
        const row_head *other = (const void *)(rows + i * info->row_size);
        bool same = !info->key_id || other->id == row->id;
        if (same && other->when > row->when && other->when <= e->before &&
            row_known(other, e->before)) {
            return true;
        }
    }
    return false;
}

/* Nothing is set any more, and nothing older comes to light when it goes: whatever is older has
 * this for a successor, and goes too. */
static bool override_is_over(const edit *e, const override_row *row)
{
    bool ended = isnan(row->data.value) || is_past(row->data.expires_at, e->before);
    return ended && row_known(&row->head, e->before);
}

static bool is_over(const edit *e, uint32_t kind, const char *rows, size_t count,
                    const row_head *row)
{
    const kind_info *info = &churn__store_kinds[kind];
    churn_time before = e->before;
    bool past = is_past(row->when, before);
    switch (info->record) {
    case CHURN_RECORD_CUSTOMER:
    case CHURN_RECORD_ALIAS:
    case CHURN_RECORD_MILESTONE:
        return is_overruled(row, before);
    case CHURN_RECORD_ATTRIBUTE:
    case CHURN_RECORD_SUBSCRIPTION:
    case CHURN_RECORD_CONTACT:
    case CHURN_RECORD_RATE:
    case CHURN_RECORD_CHURN:
        return is_overruled(row, before) || (past && has_successor(e, info, rows, count, row));
    case CHURN_RECORD_OVERRIDE:
        return is_overruled(row, before) || (past && (has_successor(e, info, rows, count, row) ||
                                                      override_is_over(e, (const void *)row)));
    case CHURN_RECORD_TICKET:
        return is_overruled(row, before) || (past && ticket_is_over((const void *)row, before));
    case CHURN_RECORD_INVOICE:
        return is_overruled(row, before) || (past && invoice_is_over((const void *)row, before));
    default: /* surveys, touchpoints, spends, announcements, measures */
        return is_overruled(row, before) || past;
    }
}

/* Decided for all rows before any of them moves: they look at each other. */
static size_t forget_rows(edit *e, uint32_t kind, char *rows, size_t count, bool *hit)
{
    size_t size = churn__store_kinds[kind].row_size, kept = 0;
    for (size_t i = 0; i < count; i++) {
        row_head *row = (void *)(rows + i * size);
        bool over = is_over(e, kind, rows, count, row);
        if (e->dry && over) {
            churn__edit_note_row(e, kind, row);
        }
        if (!e->dry && over) {
            row->flags |= ROW_GONE;
        }
        kept += !over;
        *hit = *hit || over;
    }
    for (size_t i = 0, to = 0; !e->dry && i < count; i++) {
        const row_head *row = (const void *)(rows + i * size);
        if ((row->flags & ROW_GONE) == 0) {
            memmove(rows + to++ * size, row, size);
        }
    }
    return kept;
}

/* Events lie in order of time. */
static size_t forget_events(edit *e, event_run *run, size_t begin, size_t end, bool *hit)
{
    size_t first = begin, last = end;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        bool past = run->cells.at[middle] < e->before;
        first = past ? middle + 1 : first;
        last = past ? last : middle;
    }
    *hit = *hit || first > begin;
    for (size_t i = begin; e->dry && i < first; i++) {
        churn__edit_note_event(e, run, i);
    }
    if (!e->dry) {
        churn__store_columns_move(&run->cells, begin, first, end - first);
    }
    return end - first;
}

static void set_forgotten(edit *e, churn__version *version)
{
    version->forgotten = e->before;
}

static churn_status forget(churn_store *store, churn_time before, churn_forget_report *own,
                           churn_error *err)
{
    churn_status st = CHURN_OK;
    edit e;
    churn__edit_init(&e, store);
    e.before = before;
    own->since = store->current->forgotten;
    if (store->current->forgotten >= before) {
        goto done; /* nothing so old is left */
    }
    e.rows = forget_rows;
    e.events = forget_events;
    e.finish = set_forgotten;
    CHURN_TRY(churn__edit_run(&e, NULL, NULL, err));
    own->since = before;
    own->texts = e.died;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        own->removed[churn__store_kinds[kind].record] = e.removed[kind];
        own->records += e.removed[kind];
    }
    own->pinned = churn__store_versions(store) - 1;
done:
    churn__edit_clear(&e);
    return st;
}

churn_status churn_store_forget(churn_store *store, churn_time before, churn_forget_report *report,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_forget_report own = {.struct_size = sizeof own};
    if (store == NULL) {
        return churn__fail_null(err, "churn_store_forget", "store");
    }
    CHURN_TRY(churn__check_struct(report, "churn_forget_report", err));
    if (before < CHURN_TIME_MIN || before > CHURN_TIME_MAX) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "forget: before lies outside the years 1 to %d",
                   (int64_t)9999);
    }
    CHURN_TRY(churn__store_begin_batch(store, err));
    st = forget(store, before, &own, err);
    churn__store_end(store);
    CHURN_TRY(st);
    (void)churn__give_struct(report, &own, sizeof own, "churn_forget_report", err);
done:
    return st;
}

churn_time churn__version_forgotten(const churn__version *version)
{
    return version->forgotten;
}

/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

/* Marks: what the host says is complete. */

/* A mark that counts whenever `other` does and reaches as far makes it superfluous. */
static bool covers(const mark *m, const mark *other)
{
    bool at_once = m->known == CHURN_TIME_NONE ||
                   (other->known != CHURN_TIME_NONE && m->known <= other->known);
    return m->source == other->source && m->through >= other->through && at_once;
}

/* NULL: no memory. Gives the number of marks that the new list has. */
static mark_list *with_mark(churn__heap *heap, const mark_list *old, const mark *m)
{
    size_t n = old == NULL ? 0 : old->count, kept = 0;
    for (size_t i = 0; i < n; i++) {
        kept += !covers(m, &old->data[i]);
    }
    mark_list *marks = churn__alloc(heap, sizeof *marks + (kept + 1) * sizeof *marks->data);
    if (marks == NULL) {
        return NULL;
    }
    atomic_init(&marks->refs, 1);
    marks->heap = churn__heap_retain(heap);
    marks->count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!covers(m, &old->data[i])) {
            marks->data[marks->count++] = old->data[i];
        }
    }
    marks->data[marks->count++] = *m;
    return marks;
}

static bool is_covered(const mark_list *marks, const mark *m)
{
    for (size_t i = 0; marks != NULL && i < marks->count; i++) {
        if (covers(&marks->data[i], m)) {
            return true;
        }
    }
    return false;
}

static churn_status write_mark(churn_store *store, churn_str source, mark m, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *draft = NULL;
    m.source = churn__dict_add(store->texts, source);
    if (m.source == CHURN__NO_CODE) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    if (is_covered(store->current->marks, &m)) {
        goto done;
    }
    draft = churn__version_draft(store, store->current);
    mark_list *marks = draft == NULL ? NULL : with_mark(store->heap, draft->marks, &m);
    if (marks == NULL) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    churn__version_set_marks(draft, marks);
    churn__store_publish(store, draft);
    draft = NULL;
    churn__store_stage_mark(store, &store->pending);
done:
    churn__version_release(draft);
    if (st != CHURN_OK) {
        churn__store_rollback(store, &store->pending);
    }
    return st;
}

static churn_status check_instant(churn_time at, const char *what, churn_error *err)
{
    if (at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX) {
        return CHURN_OK;
    }
    return churn__fail(err, CHURN_E_RANGE, 0, "mark: %s lies outside the years 1 to 9999", what);
}

churn_status churn_store_mark(churn_store *store, const char *source, size_t len,
                              churn_time through, churn_time known_at, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str name;
    if (store == NULL) {
        return churn__fail_null(err, "churn_store_mark", "store");
    }
    CHURN_TRY(churn__take_str(source, len, false, ID_BYTES, "source", &name, err));
    if (name.len == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "source: must not be empty");
    }
    CHURN_TRY(check_instant(through, "through", err));
    if (known_at != CHURN_TIME_NONE) {
        CHURN_TRY(check_instant(known_at, "known_at", err));
    }
    CHURN_TRY(churn__store_begin_batch(store, err));
    st = write_mark(store, name, (mark){.through = through, .known = known_at}, err);
    churn__store_end(store);
done:
    return st;
}

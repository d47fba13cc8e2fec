/* SPDX-License-Identifier: MIT */
#include "core/fail.h"
#include "playbook/playbook.h"
#include "table/table.h"

/* What changes between two playbooks: both say their facts in one order, which is walked once. */

typedef struct changes {
    churn__table_builder *table;
    uint32_t sort, id, change, key, before, after;
} changes;

static const churn_str nothing = {NULL, 0};

static void row(changes *to, const churn__facts *of, const char *change, churn_str key,
                churn_str before, churn_str after)
{
    churn__table_add_string(to->table, to->sort, churn__str_nts(of->sort));
    churn__table_add_string(to->table, to->id, of->id.len > 0 ? of->id : nothing);
    churn__table_add_string(to->table, to->change, churn__str_nts(change));
    churn__table_add_string(to->table, to->key, key);
    churn__table_add_string(to->table, to->before, before);
    churn__table_add_string(to->table, to->after, after);
}

/* What is said of a thing itself, as `- a` for a list of names or `plan: string`, has no key. */
static churn_str key_of(const churn__fact *fact)
{
    return fact->key.len > 0 ? fact->key : nothing;
}

static void compare(changes *to, const churn__facts *before, const churn__facts *after)
{
    uint32_t i = 0, j = 0;
    while (i < before->count || j < after->count) {
        const churn__fact *a = i < before->count ? &before->facts[i] : NULL;
        const churn__fact *b = j < after->count ? &after->facts[j] : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1 : churn__str_cmp(a->key, b->key);
        if (order < 0) {
            row(to, after, "changed", key_of(a), a->text, nothing);
        } else if (order > 0) {
            row(to, after, "changed", key_of(b), nothing, b->text);
        } else if (!churn__str_eq(a->text, b->text)) {
            row(to, after, "changed", key_of(a), a->text, b->text);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static int order_of(const churn__facts *a, const churn__facts *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    return churn__str_cmp(a->id, b->id);
}

/* The places, among those of one sort that both have, that a definition has on both sides. */
typedef struct places {
    uint32_t before, after;
} places;

/* Things of one sort in both, in the order of `before`: do their places in `after` ascend? */
static bool is_moved(places *shared, uint32_t count, uint32_t *slots)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < count; i++) {
        slots[shared[i].before] = shared[i].after;
        highest = shared[i].before > highest ? shared[i].before : highest;
    }
    uint32_t last = 0;
    bool moved = false;
    for (uint32_t i = 1; count > 0 && i <= highest; i++) {
        if (slots[i] != 0) {
            moved = moved || slots[i] < last;
            last = slots[i];
            slots[i] = 0;
        }
    }
    return moved;
}

typedef struct walk {
    places *shared;
    uint32_t *slots; /* by place; zero between uses */
    uint32_t count, rank;
    const churn__facts *of;
} walk;

static void end_sort(changes *to, walk *w)
{
    if (w->count > 1 && is_moved(w->shared, w->count, w->slots)) {
        churn__facts all = {.sort = w->of->sort};
        row(to, &all, "moved", nothing, nothing, nothing);
    }
    w->count = 0;
}

static void share(changes *to, walk *w, const churn__facts *before, const churn__facts *after)
{
    if (w->rank != before->rank) {
        end_sort(to, w);
        w->rank = before->rank;
    }
    compare(to, before, after);
    if (before->place > 0) {
        w->of = after;
        w->shared[w->count++] = (places){before->place, after->place};
    }
}

static void list_changes(changes *to, walk *w, const churn_playbook *before,
                         const churn_playbook *after)
{
    uint32_t i = 0, j = 0;
    while (i < before->said_count || j < after->said_count) {
        const churn__facts *a = i < before->said_count ? &before->said[i] : NULL;
        const churn__facts *b = j < after->said_count ? &after->said[j] : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1 : order_of(a, b);
        if (order < 0) {
            row(to, a, "removed", nothing, nothing, nothing);
        } else if (order > 0) {
            row(to, b, "added", nothing, nothing, nothing);
        } else {
            share(to, w, a, b);
        }
        i += order <= 0;
        j += order >= 0;
    }
    end_sort(to, w);
}

static changes begin(churn__heap *heap)
{
    changes to = {.table = churn__table_begin(heap, 16)};
    if (to.table != NULL) {
        to.sort = churn__table_column(to.table, "sort", CHURN_COLUMN_STRING);
        to.id = churn__table_column(to.table, "id", CHURN_COLUMN_STRING);
        to.change = churn__table_column(to.table, "change", CHURN_COLUMN_STRING);
        to.key = churn__table_column(to.table, "key", CHURN_COLUMN_STRING);
        to.before = churn__table_column(to.table, "before", CHURN_COLUMN_STRING);
        to.after = churn__table_column(to.table, "after", CHURN_COLUMN_STRING);
    }
    return to;
}

churn_status churn_playbook_diff(const churn_playbook *before, const churn_playbook *after,
                                 churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (before == NULL || after == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_diff",
                                before == NULL  ? "before"
                                : after == NULL ? "after"
                                                : "out");
    }
    *out = NULL;
    churn__heap *heap = after->heap;
    size_t most = (size_t)before->said_count + 1;
    walk w = {.shared = churn__alloc_array(heap, most, sizeof(places)),
              .slots = churn__alloc_array_zero(heap, most, sizeof(uint32_t))};
    changes to = begin(heap);
    if (to.table == NULL || w.shared == NULL || w.slots == NULL) {
        churn__table_abandon(to.table);
        st = churn__fail_memory(err, heap);
        goto done;
    }
    list_changes(&to, &w, before, after);
    st = churn__table_finish(to.table, out, err);
done:
    churn__free_array(heap, w.shared, most, sizeof(places));
    churn__free_array(heap, w.slots, most, sizeof(uint32_t));
    return st;
}

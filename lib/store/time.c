/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "store/inside.h"

/* What a version says about time: marks, lateness, the newest record, the span. */

churn_time churn__version_mark(const churn__version *v, churn_str source, churn_time as_of)
{
    uint32_t code = churn__dict_view_find(v->texts, source);
    churn_time newest = CHURN_TIME_NONE;
    for (size_t i = 0; v->marks != NULL && i < v->marks->count; i++) {
        const mark *m = &v->marks->data[i];
        bool counts = m->source == code && (m->known == CHURN_TIME_NONE || m->known <= as_of);
        newest = counts && m->through > newest ? m->through : newest;
    }
    return newest > as_of ? as_of : newest;
}

static uint32_t kind_of_name(churn_str name)
{
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (churn__str_eq(churn__str_nts(churn__store_kinds[kind].name), name)) {
            return kind;
        }
    }
    return KIND_NONE;
}

churn_time churn__version_late_mark(const churn__version *v, uint32_t kind)
{
    churn_time own = CHURN_TIME_NONE, other = CHURN_TIME_NONE;
    for (size_t i = 0; v->marks != NULL && i < v->marks->count; i++) {
        const mark *m = &v->marks->data[i];
        uint32_t named = kind_of_name(churn__dict_view_get(v->texts, m->source));
        if (named == kind && m->through > own) {
            own = m->through;
        }
        if (named == KIND_NONE && m->through > other) {
            other = m->through;
        }
    }
    return own != CHURN_TIME_NONE ? own : other;
}

static uint64_t count_before(const late_node *node, int64_t quarter)
{
    uint64_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        count += node->data[i].quarter < quarter ? node->data[i].count : 0;
    }
    return count;
}

uint64_t churn__version_late(const churn__version *v, uint64_t since, churn_time before)
{
    uint64_t count = 0;
    int64_t quarter = churn__floor_div(before, QUARTER);
    for (const late_node *node = v->late; node != NULL && node->number > since;
         node = node->older) {
        count += count_before(node, quarter);
    }
    return count;
}

void churn__version_span(const churn__version *v, churn_time *first, churn_time *last)
{
    *first = *last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        bool earlier =
            run->first != CHURN_TIME_NONE && (*first == CHURN_TIME_NONE || run->first < *first);
        *first = earlier ? run->first : *first;
        *last = run->last > *last ? run->last : *last;
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            const row_run *run = v->rows[kind][i];
            bool earlier =
                run->first != CHURN_TIME_NONE && (*first == CHURN_TIME_NONE || run->first < *first);
            *first = earlier ? run->first : *first;
            *last = run->last > *last ? run->last : *last;
        }
    }
}

/* ---- the newest record ---- */

typedef struct search {
    const churn__version *version;
    const uint32_t *types;
    uint32_t type_count;
    churn_time as_of, enough, best;
} search;

static bool type_wanted(const search *s, uint32_t type)
{
    bool wanted = s->type_count == 0;
    for (uint32_t i = 0; !wanted && i < s->type_count; i++) {
        wanted = s->types[i] == type;
    }
    return wanted;
}

/* The first event of [begin, end) that is not before as_of. */
static uint32_t first_from(const churn_time *at, uint32_t begin, uint32_t end, churn_time as_of)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (at[middle] < as_of) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

static bool event_known(const event_columns *cells, uint32_t i, churn_time as_of)
{
    return (cells->known == NULL || cells->known[i] <= as_of) &&
           (cells->until == NULL || as_of < cells->until[i]);
}

static void search_list(search *s, const event_run *run, const event_list *list)
{
    const event_columns *cells = &run->cells;
    uint32_t at = first_from(cells->at, list->begin, list[1].begin, s->as_of);
    while (at > list->begin && cells->at[at - 1] > s->best &&
           !event_known(cells, at - 1, s->as_of)) {
        at--;
    }
    if (at > list->begin && cells->at[at - 1] > s->best) {
        s->best = cells->at[at - 1];
    }
}

static void search_events(search *s, uint32_t run_number, bool newest_run)
{
    const churn__version *v = s->version;
    const event_run *run = v->events[run_number];
    for (uint32_t slot = 0; slot < run->index.slots && s->best < s->enough; slot++) {
        uint32_t customer = index_customer(&run->index, slot);
        if (!newest_run &&
            churn__store_event_base(v->events, v->event_runs, customer) > run_number) {
            continue;
        }
        for (uint32_t l = run->index.begin[slot]; l < run->index.begin[slot + 1]; l++) {
            const event_list *list = &run->lists[l];
            bool later = run->cells.at[list[1].begin - 1] > s->best;
            if (later && type_wanted(s, list->type)) {
                search_list(s, run, list);
            }
        }
    }
}

static void search_rows(search *s, uint32_t kind, uint32_t run_number)
{
    const churn__version *v = s->version;
    const kind_info *info = &churn__store_kinds[kind];
    const row_run *run = v->rows[kind][run_number];
    bool newest_run = run_number + 1 == v->row_runs[kind];
    for (uint32_t slot = 0; slot < run->index.slots && s->best < s->enough; slot++) {
        uint32_t begin = run->index.begin[slot], end = run->index.begin[slot + 1];
        const void *block = run->rows + (size_t)begin * info->row_size, *newest = block;
        if (!newest_run && begin < end) {
            (void)churn__store_row_block(v->rows[kind], v->row_runs[kind],
                                         index_customer(&run->index, slot), &newest);
        }
        for (uint32_t i = begin; newest == block && i < end; i++) {
            const row_head *row = (const void *)(run->rows + (size_t)i * info->row_size);
            if (row->when > s->best && row_seen(info, row, s->as_of)) {
                s->best = row->when;
            }
        }
    }
}

churn_time churn__version_newest(const churn__version *v, churn_record_kind record,
                                 const uint32_t *types, uint32_t type_count, churn_time as_of,
                                 churn_time enough)
{
    uint32_t kind = churn__store_kind(record);
    /* What holds "always" happened at no instant. */
    search s = {v, types, type_count, as_of, enough, CHURN_TIME_MIN};
    s.enough = enough <= CHURN_TIME_MIN ? CHURN_TIME_MIN + 1 : enough;
    if (kind == KIND_ATTRIBUTE) { /* states that are left out between two that say the same */
        churn_time said = churn__beats_until(v->dated, as_of);
        s.best = said > s.best ? said : s.best;
    }
    for (uint32_t i = kind == KIND_EVENT ? v->event_runs : 0; i-- > 0 && s.best < s.enough;) {
        search_events(&s, i, i + 1 == v->event_runs);
    }
    uint32_t runs = kind == KIND_EVENT || kind == KIND_NONE ? 0 : v->row_runs[kind];
    for (uint32_t i = runs; i-- > 0 && s.best < s.enough;) {
        search_rows(&s, kind, i);
    }
    return s.best == CHURN_TIME_MIN ? CHURN_TIME_NONE : s.best;
}

/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "kpi/themes.h"

#define CHECK_EVERY 4096u

/* ---- the items of a text ---- */

/* Every phrase of a tag that begins at a word, the longest first. */
static uint32_t tags_at(churn__themes *t, const uint32_t *ids, size_t left, uint32_t stamp,
                        uint32_t n)
{
    uint32_t value = 0, length = UINT32_MAX;
    while ((length = churn__dictionary_match_below(t->tags, ids, left, length, &value)) > 0) {
        for (uint32_t i = value; i != CHURN__THEME_NONE; i = t->next_tag[i]) {
            const uint32_t tag = t->tag_of[i];
            if (t->tag_seen[tag] != stamp) {
                t->tag_seen[tag] = stamp;
                t->tag_times[tag] = 0;
                t->list[n++].item = churn__phrases_count(t->phrases) + tag;
            }
            t->tag_times[tag]++;
        }
        length--;
    }
    return n;
}

static uint32_t tags_of(churn__themes *t, size_t text, uint32_t n)
{
    const size_t begin = text == 0 ? 0 : t->corpus.ends[text - 1], end = t->corpus.ends[text];
    const uint32_t first = n;
    for (uint32_t tag = 0; tag < t->tag_count; tag++) {
        t->tag_seen[tag] = 0;
    }
    for (size_t i = begin; i < end; i++) {
        n = tags_at(t, t->corpus.ids.data + i, end - i, 1, n);
    }
    for (uint32_t i = first; i < n; i++) {
        t->list[i].times = t->tag_times[t->list[i].item - churn__phrases_count(t->phrases)];
    }
    return n;
}

uint32_t churn__themes_items(churn__themes *t, size_t text, const churn__theme_item **out)
{
    const uint32_t *phrases = NULL;
    uint32_t n = churn__phrases_of(t->phrases, &t->corpus, text, &phrases);
    if (n == CHURN__NO_PHRASE || !churn__grow(t->heap, (void **)&t->list, &t->list_capacity,
                                              (size_t)n + t->tag_count + 1, sizeof *t->list)) {
        return CHURN__THEME_NONE;
    }
    for (uint32_t i = 0; i < n; i++) {
        t->list[i] =
            (churn__theme_item){phrases[i], churn__phrases_get(t->phrases, phrases[i])->times};
    }
    *out = t->list;
    return t->tag_count == 0 ? n : tags_of(t, text, n);
}

/* ---- counts ---- */

static churn_status room_for_counts(churn__themes *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t cells = 0, total = 0;
    if (!churn__mul_size(t->groups, t->periods, &cells) ||
        !churn__mul_size(cells, t->items, &total) || total > CHURN__THEME_COUNTS_MAX) {
        CHURN_FAIL(CHURN_E_LIMIT, 0,
                   "themes: %u phrases in %u periods of %u groups are more than %u counts: ask for "
                   "a higher `min_count`, fewer periods or groups",
                   (uint64_t)t->items, (uint64_t)t->periods, (uint64_t)t->groups,
                   (uint64_t)CHURN__THEME_COUNTS_MAX);
    }
    t->totals = churn__alloc_array_zero(t->heap, cells, sizeof *t->totals);
    t->counts = churn__alloc_array_zero(t->heap, total, sizeof *t->counts);
    t->count_total = total;
    if (t->totals == NULL || t->counts == NULL) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
done:
    return st;
}

static churn_status count_record(churn__themes *t, const churn__theme_record *record,
                                 churn_error *err)
{
    const churn__theme_item *items = NULL;
    uint32_t n = churn__themes_items(t, record->text, &items);
    if (n == CHURN__THEME_NONE) {
        return churn__fail_memory(err, t->heap);
    }
    t->totals[(size_t)record->group * t->periods + record->period]++;
    for (uint32_t i = 0; i < n; i++) {
        churn__theme_count *count =
            churn__themes_at(t, items[i].item, record->group, record->period);
        count->documents++;
        count->times += items[i].times;
        if (count->last != record->rank + 1) { /* records of a customer come together */
            count->last = record->rank + 1;
            count->customers++;
        }
    }
    return CHURN_OK;
}

churn_status churn__themes_count(churn__themes *t, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_theme_options *o = t->options;
    const uint32_t groups = churn__run_group_count(run);
    CHURN_TRY(churn__phrases_find(t->heap, t->words, &t->corpus, t->weights, o->longest,
                                  o->min_count, run->cancel, &t->phrases, err));
    t->items = churn__phrases_count(t->phrases) + t->tag_count;
    t->groups = groups;
    t->periods = run->period_count;
    CHURN_TRY(room_for_counts(t, err));
    for (size_t i = 0; i < t->record_count; i++) {
        if (i % CHECK_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(run->cancel, err));
        }
        CHURN_TRY(count_record(t, &t->records[i], err));
    }
done:
    return st;
}

/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

#include "base/sort.h"

/* Text with {{expressions | filters}}: the handle. */

/* ---- slots ---- */

static int by_number(const void *a, const void *b, const void *context)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    (void)context;
    return (x > y) - (x < y);
}

static size_t all_slots(const churn__template *tmpl, uint32_t *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < tmpl->count; i++) {
        uint32_t own = 0;
        const uint32_t *slots =
            tmpl->parts[i].expr != NULL ? churn__expr_slots(tmpl->parts[i].expr, &own) : NULL;
        if (out != NULL && own > 0) {
            memcpy(out + count, slots, own * sizeof *out);
        }
        count += own;
    }
    return count;
}

static void collect_slots(template_comp *with)
{
    churn__template *tmpl = with->tmpl;
    const size_t count = all_slots(tmpl, NULL);
    uint32_t *slots = churn__arena_array(&tmpl->arena, count, sizeof *slots), kept = 0;
    if (slots == NULL) {
        churn__template_no_memory(with);
        return;
    }
    all_slots(tmpl, slots);
    if (!churn__sort(tmpl->heap, slots, count, sizeof *slots, by_number, NULL)) {
        churn__template_no_memory(with);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || slots[kept - 1] != slots[i]) {
            slots[kept++] = slots[i];
        }
    }
    tmpl->slots = slots;
    tmpl->slot_count = kept;
}

/* ---- the handle ---- */

static churn__template *make_template(churn__heap *heap)
{
    churn__template *tmpl = churn__alloc_zero(heap, sizeof *tmpl);
    if (tmpl != NULL) {
        tmpl->heap = churn__heap_retain(heap);
        churn__arena_init(&tmpl->arena, heap);
    }
    return tmpl;
}

static void compile_all(template_comp *with)
{
    churn__template *tmpl = with->tmpl;
    const churn_str currency = with->options.currency;
    if (currency.len > 0) {
        tmpl->currency = churn__arena_str(&tmpl->arena, currency.ptr, currency.len);
        if (tmpl->currency.ptr == NULL) {
            churn__template_no_memory(with);
            return;
        }
    }
    churn__template_compile_parts(with);
    if (with->st == CHURN_OK) {
        collect_slots(with);
    }
}

churn_status churn__template_compile(churn__heap *heap, const churn_limits *limits,
                                     const churn__expr_source *source,
                                     const churn__template_options *options, churn__template **out,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_limits known;
    template_comp with = {.source = source, .limits = &known, .err = err};
    *out = NULL;
    CHURN_TRY(churn__limits_resolve(limits, &known, err));
    with.tmpl = make_template(heap);
    if (with.tmpl == NULL) {
        return churn__fail_memory(err, heap);
    }
    with.tmpl->limit = known.string_bytes;
    if (options != NULL) {
        with.options = *options;
    }
    compile_all(&with);
    st = with.st;
    if (st == CHURN_OK) {
        *out = with.tmpl;
        with.tmpl = NULL;
    }
done:
    churn__template_free(with.tmpl);
    return st;
}

static void clear_part(const text_part *part)
{
    churn__expr_free(part->expr);
    for (uint32_t i = 0; i < part->filter_count; i++) {
        churn__zone_release(part->filters[i].zone);
    }
}

void churn__template_free(churn__template *tmpl)
{
    if (tmpl == NULL) {
        return;
    }
    churn__heap *heap = tmpl->heap;
    for (uint32_t i = 0; i < tmpl->count; i++) {
        clear_part(&tmpl->parts[i]);
    }
    churn__arena_clear(&tmpl->arena);
    churn__free(heap, tmpl, sizeof *tmpl);
    churn__heap_release(heap);
}

const uint32_t *churn__template_slots(const churn__template *tmpl, uint32_t *count)
{
    *count = tmpl->slot_count;
    return tmpl->slots;
}

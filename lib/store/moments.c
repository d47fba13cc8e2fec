/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/sort.h"
#include "store/stage.h"

/* Quarters of an hour from year 1 to year 9999, so that page numbers begin at 0. */
#define FIRST_QUARTER (CHURN_TIME_MIN / QUARTER)
#define PAGES ((size_t)((CHURN_TIME_MAX / QUARTER - FIRST_QUARTER) / MOMENT_PAGE + 1))

static void page_note(moments *m, int32_t quarter, uint32_t count)
{
    size_t offset = (size_t)(quarter - FIRST_QUARTER);
    uint32_t **page = &m->pages[offset / MOMENT_PAGE];
    if (*page == NULL) {
        *page = churn__alloc_array_zero(m->heap, MOMENT_PAGE, sizeof **page);
    }
    if (*page == NULL) {
        m->failed = true;
        return;
    }
    (*page)[offset % MOMENT_PAGE] += count;
}

static void spill(moments *m)
{
    m->pages = churn__alloc_array_zero(m->heap, PAGES, sizeof *m->pages);
    m->failed = m->failed || m->pages == NULL;
    for (size_t i = 0; !m->failed && i < m->few_count; i++) {
        page_note(m, m->few[i].quarter, m->few[i].count);
    }
}

void churn__store_moments_note(moments *m, churn_time at, uint32_t count)
{
    int32_t quarter = (int32_t)churn__floor_div(at, QUARTER);
    if (m->failed) {
        return;
    }
    if (m->pages != NULL) {
        page_note(m, quarter, count);
        return;
    }
    if (m->few_count > 0 && m->few[m->few_count - 1].quarter == quarter) {
        m->few[m->few_count - 1].count += count;
        return;
    }
    if (m->few_count == MOMENTS_FEW) {
        spill(m);
        churn__store_moments_note(m, at, count);
        return;
    }
    m->few[m->few_count++] = (moment){quarter, count};
}

void churn__store_moments_clear(moments *m)
{
    for (size_t i = 0; m->pages != NULL && i < PAGES; i++) {
        churn__free_array(m->heap, m->pages[i], MOMENT_PAGE, sizeof **m->pages);
    }
    churn__free_array(m->heap, m->pages, PAGES, sizeof *m->pages);
    m->pages = NULL;
    m->few_count = 0;
}

/* ---- one publication ---- */

static size_t page_moments(const moments *m, moment *out)
{
    size_t count = 0;
    for (size_t offset = 0; offset < PAGES * MOMENT_PAGE; offset++) {
        const uint32_t *page = m->pages[offset / MOMENT_PAGE];
        if (page == NULL) {
            offset += MOMENT_PAGE - 1;
        } else if (page[offset % MOMENT_PAGE] > 0) {
            if (out != NULL) {
                int64_t quarter = (int64_t)offset + FIRST_QUARTER;
                out[count] = (moment){(int32_t)quarter, page[offset % MOMENT_PAGE]};
            }
            count++;
        }
    }
    return count;
}

late_node *churn__store_late_create(churn__heap *heap, moments *m, uint64_t number,
                                    late_node *older)
{
    size_t count = m->pages == NULL ? m->few_count : page_moments(m, NULL);
    late_node *node = churn__alloc(heap, sizeof *node + count * sizeof *node->data);
    if (node == NULL) {
        return NULL;
    }
    atomic_init(&node->refs, 1);
    node->heap = churn__heap_retain(heap);
    node->older = older;
    node->number = number;
    node->count = count;
    if (m->pages == NULL) {
        memcpy(node->data, m->few, count * sizeof *node->data);
    } else {
        (void)page_moments(m, node->data);
    }
    if (older != NULL) {
        atomic_fetch_add_explicit(&older->refs, 1, memory_order_relaxed);
    }
    return node;
}

/* A loop: the list is as long as the store's life. */
void churn__store_late_release(late_node *node)
{
    while (node != NULL && atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) == 1) {
        late_node *older = node->older;
        churn__heap *heap = node->heap;
        churn__free(heap, node, sizeof *node + node->count * sizeof *node->data);
        churn__heap_release(heap);
        node = older;
    }
}

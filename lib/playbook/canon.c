/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "base/sort.h"
#include "playbook/build.h"

/* A tree as bytes, without what means nothing: a letter for the kind, then the parts; keys in
 * order. Nesting is bounded by the limit on depth of the text. */

static int compare_entries(const void *a, const void *b, const void *context)
{
    const churn__yaml_node *map = context;
    const uint32_t *left = a, *right = b;
    return churn__str_cmp(map->keys[*left]->text, map->keys[*right]->text);
}

static bool is_word(churn_str text)
{
    return b_is_truth(text) || churn__str_eq(text, CHURN__STR("null")) ||
           churn__str_eq(text, CHURN__STR("~")) || text.len == 0;
}

static bool needs_quotes(const churn__yaml_node *node)
{
    return !node->plain && (b_is_number(node->text) || is_word(node->text));
}

void canon_text(churn__buf *out, const churn__yaml_node *node)
{
    if (node->meaning.ptr != NULL) {
        churn__buf_str(out, node->meaning);
        return;
    }
    bool quoted = needs_quotes(node);
    churn__buf_text(out, quoted ? "'" : "");
    churn__buf_str(out, node->text);
    churn__buf_text(out, quoted ? "'" : "");
}

static void write_scalar(churn__buf *out, const churn__yaml_node *node)
{
    if (node->meaning.ptr != NULL) {
        churn__buf_char(out, 's');
        churn__buf_lenstr(out, node->meaning);
        return;
    }
    /* Quotes matter only where they keep a text from being a number, a truth or null. */
    churn__buf_char(out, needs_quotes(node) ? 'q' : 's');
    churn__buf_lenstr(out, node->text);
}

static void write_entry(churn__buf *out, const churn__yaml_node *map, uint32_t i)
{
    churn__buf_lenstr(out, map->keys[i]->text);
    canon_write(out, map->items[i], NULL);
}

static void write_map(churn__buf *out, const churn__yaml_node *map, const char *skip)
{
    uint32_t *order = churn__alloc_array(out->heap, map->count, sizeof *order);
    bool sorted = order != NULL;
    for (uint32_t i = 0; sorted && i < map->count; i++) {
        order[i] = i;
    }
    sorted =
        sorted && churn__sort(out->heap, order, map->count, sizeof *order, compare_entries, map);
    out->failed = out->failed || !sorted;
    churn__buf_char(out, 'm');
    for (uint32_t i = 0; sorted && i < map->count; i++) {
        bool skipped =
            skip != NULL && churn__str_eq(map->keys[order[i]]->text, churn__str_nts(skip));
        if (!skipped) {
            write_entry(out, map, order[i]);
        }
    }
    churn__buf_char(out, 'e');
    churn__free_array(out->heap, order, map->count, sizeof *order);
}

void canon_write(churn__buf *out, const churn__yaml_node *node, const char *skip)
{
    if (node == NULL) {
        churn__buf_char(out, 'n');
    } else if (node->kind == CHURN__YAML_SCALAR) {
        write_scalar(out, node);
    } else if (node->kind == CHURN__YAML_MAP) {
        write_map(out, node, skip);
    } else {
        churn__buf_char(out, 'l');
        churn__buf_u32(out, node->count);
        for (uint32_t i = 0; i < node->count; i++) {
            canon_write(out, node->items[i], NULL);
        }
    }
}

uint64_t canon_hash(builder *b, const churn__yaml_node *node, const char *skip)
{
    churn__buf out;
    churn__buf_init(&out, b->heap);
    canon_write(&out, node, skip);
    if (out.failed) {
        b_no_memory(b);
    }
    uint64_t hash = out.failed ? 0 : churn__hash64(out.data, out.size, 0);
    churn__buf_clear(&out);
    return hash;
}

/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* Names whose text is one of few words, such as the band of a score: a comparison with any other
 * word would never be true, and no row would show the mistake. */

#define WORDS_MAX 32

static uint32_t words_of(const expr_comp *comp, const expr_node *name, churn_str *words)
{
    uint32_t count = 0;
    while (count < WORDS_MAX) {
        churn_str word = comp->scope->word(comp->scope->context, name->slot, count);
        if (word.ptr == NULL) {
            return count;
        }
        words[count++] = word;
    }
    return 0; /* too many to be told apart here */
}

static void list_words(churn__buf *out, const churn_str *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        churn__buf_text(out, i > 0 ? ", `" : "`");
        churn__buf_str(out, words[i]);
        churn__buf_text(out, "`");
    }
}

static churn_status fail_word(expr_comp *comp, const expr_node *name, const expr_node *text,
                              const churn_str *words, uint32_t count)
{
    churn_str near = churn__nearest(text->value.as.s, words, count);
    if (near.ptr != NULL) {
        churn__expr_suggest(comp, near);
        return churn__expr_fail(comp, text->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_WORD,
                                "%q is never %q; did you mean %q?", &name->name, &text->value.as.s,
                                &near);
    }
    churn__buf list;
    churn__buf_init(&list, comp->heap);
    list_words(&list, words, count);
    churn_status st =
        list.failed ? churn__fail_memory(comp->err, comp->heap)
                    : churn__expr_fail(comp, text->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_WORD,
                                       "%q is never %q: it is one of %s, or missing", &name->name,
                                       &text->value.as.s, list.data);
    churn__buf_clear(&list);
    return st;
}

churn_status churn__expr_check_word(expr_comp *comp, const expr_node *name, const expr_node *text)
{
    churn_str words[WORDS_MAX];
    bool is_text = text->kind == NODE_CONST && text->type == CHURN__TYPE_STRING;
    if (comp->scope->word == NULL || name->kind != NODE_NAME || name->slot == UINT32_MAX ||
        name->type != CHURN__TYPE_STRING || !is_text) {
        return CHURN_OK;
    }
    uint32_t count = words_of(comp, name, words);
    for (uint32_t i = 0; i < count; i++) {
        if (churn__str_eq(words[i], text->value.as.s)) {
            return CHURN_OK;
        }
    }
    return count == 0 ? CHURN_OK : fail_word(comp, name, text, words, count);
}

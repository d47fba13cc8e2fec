/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* From tree to program. Every instruction goes on with the next one unless it says otherwise, so
 * pieces of code are joined by standing one after another. */

typedef struct assembler {
    churn__regex *regex;
    const regex_tree *tree;
    churn_status st; /* stays at the first failure */
} assembler;

static uint32_t emit(assembler *as, regex_code code)
{
    churn__regex *regex = as->regex;
    uint32_t at = regex->code_count;
    if (at >= CHURN__REGEX_MAX_CODE) {
        as->st = as->st == CHURN_OK ? CHURN_E_LIMIT : as->st;
        return 0;
    }
    code.out = at + 1;
    regex->code[at] = code;
    regex->code_count++;
    return at;
}

static void emit_node(assembler *as, uint32_t number);

static void emit_children(assembler *as, const regex_node *node)
{
    for (uint32_t i = node->first; i != REGEX_NONE; i = as->tree->nodes[i].next) {
        emit_node(as, i);
    }
}

/* Let a chain of instructions, each of which names the one before in `arg`, lead here. */
static void land(assembler *as, uint32_t chain, bool by_out)
{
    while (chain != REGEX_NONE) {
        regex_code *code = &as->regex->code[chain];
        chain = code->arg;
        if (by_out) {
            code->out = as->regex->code_count;
            code->arg = 0;
        } else {
            code->arg = as->regex->code_count;
        }
    }
}

/* split first, next; first; jump to the end; next: ... */
static void emit_alternatives(assembler *as, const regex_node *node)
{
    uint32_t jumps = REGEX_NONE;
    for (uint32_t i = node->first; i != REGEX_NONE && as->st == CHURN_OK;
         i = as->tree->nodes[i].next) {
        if (as->tree->nodes[i].next == REGEX_NONE) {
            emit_node(as, i);
            break;
        }
        uint32_t split = emit(as, (regex_code){.op = REGEX_OP_SPLIT});
        emit_node(as, i);
        jumps = emit(as, (regex_code){.op = REGEX_OP_NOP, .arg = jumps});
        as->regex->code[split].arg = as->regex->code_count;
    }
    if (as->st == CHURN_OK) {
        land(as, jumps, true);
    }
}

/* again: split x, end; x; jump to again. Or, at least once: again: x; split on, again. */
static void emit_endless(assembler *as, const regex_node *node, bool at_least_one)
{
    uint32_t again = as->regex->code_count;
    if (at_least_one) {
        emit_node(as, node->first);
        emit(as, (regex_code){.op = REGEX_OP_SPLIT, .arg = again});
        return;
    }
    uint32_t split = emit(as, (regex_code){.op = REGEX_OP_SPLIT});
    emit_node(as, node->first);
    uint32_t jump = emit(as, (regex_code){.op = REGEX_OP_NOP});
    as->regex->code[jump].out = again;
    as->regex->code[split].arg = as->regex->code_count;
}

/* As many as must be one after another, then those that may be, with a way to the end from each. */
static void emit_repeat(assembler *as, const regex_node *node)
{
    bool endless = node->max == REGEX_NONE;
    uint32_t splits = REGEX_NONE, sure = endless && node->min > 0 ? node->min - 1 : node->min;
    if (node->max == 0) {
        emit(as, (regex_code){.op = REGEX_OP_NOP});
        return;
    }
    for (uint32_t i = 0; i < sure && as->st == CHURN_OK; i++) {
        emit_node(as, node->first);
    }
    if (endless) {
        emit_endless(as, node, node->min > 0);
        return;
    }
    for (uint32_t i = node->min; i < node->max && as->st == CHURN_OK; i++) {
        splits = emit(as, (regex_code){.op = REGEX_OP_SPLIT, .arg = splits});
        emit_node(as, node->first);
    }
    if (as->st == CHURN_OK) {
        land(as, splits, false);
    }
}

/* As deep as groups stand in each other, which the parser limits. */
static void emit_node(assembler *as, uint32_t number)
{
    const regex_node *node = &as->tree->nodes[number];
    if (as->st != CHURN_OK) {
        return;
    }
    switch (node->kind) {
    case REGEX_LITERAL:
        emit(as, (regex_code){.op = REGEX_OP_CHAR,
                              .arg = churn__regex_class_of(as->regex, node->value)});
        break;
    case REGEX_CLASS:
        emit(as, (regex_code){.op = REGEX_OP_SET, .arg = node->value});
        break;
    case REGEX_ASSERT:
        emit(as, (regex_code){.op = REGEX_OP_ASSERT, .assertion = node->assertion});
        break;
    case REGEX_CONCAT:
        emit_children(as, node);
        break;
    case REGEX_ALT:
        emit_alternatives(as, node);
        break;
    case REGEX_REPEAT:
        emit_repeat(as, node);
        break;
    default: /* an instruction all the same, so that repetitions of nothing meet the limit too */
        emit(as, (regex_code){.op = REGEX_OP_NOP});
        break;
    }
}

/* Does every match begin where the text begins? */
static bool leads_with_begin(const regex_tree *tree, uint32_t number)
{
    const regex_node *node = &tree->nodes[number];
    switch (node->kind) {
    case REGEX_ASSERT:
        return node->assertion == REGEX_BEGIN_TEXT;
    case REGEX_CONCAT:
        return leads_with_begin(tree, node->first);
    case REGEX_REPEAT:
        return node->min > 0 && leads_with_begin(tree, node->first);
    case REGEX_ALT:
        for (uint32_t i = node->first; i != REGEX_NONE; i = tree->nodes[i].next) {
            if (!leads_with_begin(tree, i)) {
                return false;
            }
        }
        return true;
    default:
        return false;
    }
}

churn_status churn__regex_compile_tree(churn__regex *regex, const regex_tree *tree)
{
    churn_status st = CHURN_OK;
    regex_code *code = churn__alloc_array(regex->heap, CHURN__REGEX_MAX_CODE, sizeof *code);
    if (code == NULL) {
        return CHURN_E_NOMEM;
    }
    assembler as = {.regex = regex, .tree = tree};
    regex->code = code;
    emit_node(&as, tree->root);
    emit(&as, (regex_code){.op = REGEX_OP_MATCH});
    CHURN_TRY(as.st);
    regex->code = churn__arena_array(&regex->arena, regex->code_count, sizeof *code);
    if (regex->code == NULL) {
        st = CHURN_E_NOMEM;
        goto done;
    }
    memcpy(regex->code, code, regex->code_count * sizeof *code);
    regex->anchored = leads_with_begin(tree, tree->root);
done:
    churn__free_array(regex->heap, code, CHURN__REGEX_MAX_CODE, sizeof *code);
    return st;
}

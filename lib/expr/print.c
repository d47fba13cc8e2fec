/* SPDX-License-Identifier: MIT */
#include "expr/print.h"

#include "base/num.h"

/*
 * The canonical text of a tree: one line, as few parentheses as the tree needs, one spelling for
 * every literal. What is printed reads back as the same tree, so that texts are equal exactly where
 * trees are.
 *
 * What is still to be printed stands on a stack: chains of operators make trees as deep as there
 * are nodes.
 */

typedef struct task {
    churn_str text; /* {NULL, 0}: a node */
    uint32_t node;
    bool wrapped; /* in parentheses */
} task;

typedef struct printer {
    const expr_comp *comp;
    churn__buf *out;
    task *tasks;
    size_t count, capacity;
} printer;

/* ---- literals ---- */

/* Printing nothing, or something else than they are: control characters, marks of direction,
 * spaces of no width, what is not assigned to anybody. */
static bool is_hidden(uint32_t c)
{
    static const struct {
        uint32_t low, high;
    } ranges[] = {{0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},     {0x061C, 0x061C},
                  {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E}, {0x2060, 0x206F},
                  {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},
                  {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (c >= ranges[i].low && c <= ranges[i].high) {
            return true;
        }
    }
    return (c & 0xFFFE) == 0xFFFE;
}

static void put_hex(churn__buf *out, uint32_t c)
{
    static const char digits[] = "0123456789abcdef";
    int count = c > 0xFFFF ? 8 : 4;
    churn__buf_text(out, c > 0xFFFF ? "\\U" : "\\u");
    for (int i = count - 1; i >= 0; i--) {
        churn__buf_char(out, digits[(c >> (4 * i)) & 15]);
    }
}

/* One character of checked UTF-8; returns how many bytes it takes. */
static size_t take_utf8(const char *s, uint32_t *out)
{
    uint8_t lead = (uint8_t)*s;
    size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t c = n == 1 ? lead : lead & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | ((uint8_t)s[i] & 0x3Fu);
    }
    *out = c;
    return n;
}

static void put_character(churn__buf *out, const char *s, size_t n, uint32_t c)
{
    static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
    const char *simple = c > 0 && c < 0x80 ? memchr(from, (int)c, sizeof from - 1) : NULL;
    if (simple != NULL) {
        churn__buf_char(out, '\\');
        churn__buf_char(out, to[simple - from]);
    } else if (is_hidden(c)) {
        put_hex(out, c);
    } else {
        churn__buf_bytes(out, s, n);
    }
}

void churn__expr_print_string(churn_str text, churn__buf *out)
{
    churn__buf_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        uint32_t c = 0;
        size_t n = take_utf8(text.ptr + i, &c);
        put_character(out, text.ptr + i, n, c);
        i += n;
    }
    churn__buf_char(out, '"');
}

static void put_constant(churn__buf *out, const expr_node *node)
{
    char digits[CHURN__DOUBLE_CHARS];
    churn__type type = node->to_double ? CHURN__TYPE_INT : node->type;
    switch (type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, node->value.state == EXPR_TRUE ? "true" : "false");
        break;
    case CHURN__TYPE_INT:
        churn__buf_int(out, node->value.as.i);
        break;
    case CHURN__TYPE_DOUBLE:
        churn__buf_bytes(out, digits, churn__double_print(node->value.as.d, digits));
        break;
    case CHURN__TYPE_STRING:
        churn__expr_print_string(node->value.as.s, out);
        break;
    default:
        churn__buf_text(out, "null");
        break;
    }
}

/* ---- operators ---- */

static const char *sign_text(uint8_t token)
{
    static const char *const signs[] = {
        [TOK_IN] = " in ", [TOK_EQ] = " == ", [TOK_NE] = " != ", [TOK_LE] = " <= ",
        [TOK_GE] = " >= ", [TOK_LT] = " < ",  [TOK_GT] = " > ",  [TOK_AND] = " && ",
        [TOK_OR] = " || ", [TOK_ADD] = " + ", [TOK_SUB] = " - ", [TOK_MUL] = " * ",
        [TOK_DIV] = " / ", [TOK_MOD] = " % "};
    return signs[token];
}

enum { LEVEL_TERNARY, LEVEL_OR, LEVEL_UNARY = 6, LEVEL_MEMBER };

static unsigned operator_level(uint8_t token)
{
    return token == TOK_OR                                            ? LEVEL_OR
           : token == TOK_AND                                         ? 2
           : token == TOK_ADD || token == TOK_SUB                     ? 4
           : token == TOK_MUL || token == TOK_DIV || token == TOK_MOD ? 5
                                                                      : 3;
}

static bool is_negative(const expr_node *node)
{
    bool is_int = node->kind == NODE_CONST && (node->type == CHURN__TYPE_INT || node->to_double);
    return is_int && node->value.as.i < 0;
}

static unsigned level_of(const expr_node *node)
{
    switch (node->kind) {
    case NODE_TERNARY:
        return LEVEL_TERNARY;
    case NODE_BINARY:
        return operator_level(node->token);
    case NODE_UNARY:
        return LEVEL_UNARY;
    default:
        return is_negative(node) ? LEVEL_UNARY : LEVEL_MEMBER;
    }
}

/* How many signs of one kind stand in a row where a node is printed as it is. */
static unsigned sign_run(const expr_comp *comp, const expr_node *node, uint8_t sign)
{
    if (node->kind == NODE_UNARY && node->token == sign) {
        const expr_node *inner = expr_arg(comp, node, 0);
        bool again = inner->kind == NODE_UNARY && inner->token == sign;
        return again || (sign == TOK_SUB && is_negative(inner)) ? 2 : 1;
    }
    return sign == TOK_SUB && is_negative(node) ? 1 : 0;
}

/* The grammar takes one kind of sign in a row and reads three as one; a sign before digits is part
 * of the number. */
static bool sign_wraps(const expr_comp *comp, const expr_node *node, const expr_node *operand)
{
    if (level_of(operand) == LEVEL_UNARY) {
        unsigned run = sign_run(comp, operand, node->token);
        return run != 1;
    }
    bool digits =
        operand->kind == NODE_CONST && (operand->type == CHURN__TYPE_INT || operand->to_double);
    return level_of(operand) < LEVEL_UNARY || (node->token == TOK_SUB && digits);
}

/* ---- nodes ---- */

static void push(printer *p, task next)
{
    if (!churn__grow(p->out->heap, (void **)&p->tasks, &p->capacity, p->count + 1,
                     sizeof *p->tasks)) {
        p->out->failed = true;
        return;
    }
    p->tasks[p->count++] = next;
}

static void push_text(printer *p, const char *text)
{
    push(p, (task){.text = churn__str_nts(text)});
}

static void push_operand(printer *p, const expr_node *node, uint32_t i, unsigned least)
{
    uint32_t index = p->comp->args[node->first + i];
    bool wrapped = level_of(&p->comp->nodes[index]) < least;
    push(p, (task){.node = index, .wrapped = wrapped});
}

/* Tasks are done last first, so they are pushed from the right. */
static void push_items(printer *p, const expr_node *node, uint32_t from, const char *close)
{
    push_text(p, close);
    for (uint32_t i = node->count; i > from; i--) {
        push_operand(p, node, i - 1, LEVEL_TERNARY);
        if (i - 1 > from) {
            push_text(p, ", ");
        }
    }
}

static void print_call(printer *p, const expr_node *node)
{
    if (!node->method) {
        churn__buf_str(p->out, node->name);
        churn__buf_char(p->out, '(');
        push_items(p, node, 0, ")");
        return;
    }
    push_items(p, node, 1, ")");
    push_text(p, "(");
    push(p, (task){.text = node->name});
    push_text(p, ".");
    push_operand(p, node, 0, LEVEL_MEMBER);
}

static void print_unary(printer *p, const expr_node *node)
{
    uint32_t operand = p->comp->args[node->first];
    churn__buf_char(p->out, node->token == TOK_NOT ? '!' : '-');
    push(p,
         (task){.node = operand, .wrapped = sign_wraps(p->comp, node, &p->comp->nodes[operand])});
}

static void print_binary(printer *p, const expr_node *node)
{
    unsigned level = operator_level(node->token);
    push_operand(p, node, 1, level + 1);
    push_text(p, sign_text(node->token));
    push_operand(p, node, 0, level);
}

static void print_ternary(printer *p, const expr_node *node)
{
    push_operand(p, node, 2, LEVEL_TERNARY);
    push_text(p, " : ");
    push_operand(p, node, 1, LEVEL_OR);
    push_text(p, " ? ");
    push_operand(p, node, 0, LEVEL_OR);
}

static void print_node(printer *p, const expr_node *node)
{
    switch (node->kind) {
    case NODE_NAME:
        if (node->count > 0) { /* count("login", "30d"), found by its scope */
            print_call(p, node);
            break;
        }
        churn__buf_str(p->out, node->name);
        break;
    case NODE_UNARY:
        print_unary(p, node);
        break;
    case NODE_BINARY:
        print_binary(p, node);
        break;
    case NODE_TERNARY:
        print_ternary(p, node);
        break;
    case NODE_LIST:
        churn__buf_char(p->out, '[');
        push_items(p, node, 0, "]");
        break;
    case NODE_CALL:
        print_call(p, node);
        break;
    default:
        put_constant(p->out, node);
        break;
    }
}

void churn__expr_print(const expr_comp *comp, uint32_t root, churn__buf *out)
{
    printer p = {.comp = comp, .out = out};
    push(&p, (task){.node = root});
    while (p.count > 0 && !out->failed) {
        task next = p.tasks[--p.count];
        if (next.text.ptr != NULL) {
            churn__buf_str(out, next.text);
            continue;
        }
        if (next.wrapped) {
            churn__buf_char(out, '(');
            push_text(&p, ")");
        }
        print_node(&p, &comp->nodes[next.node]);
    }
    churn__free_array(out->heap, p.tasks, p.capacity, sizeof *p.tasks);
}
